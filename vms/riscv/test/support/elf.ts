import type { Bytes } from '@ninefold/base';
import { instructionBytes, type SegmentContent, writeElf } from '../../src/code/write-elf.ts';
import type { Xlen } from '../../src/spec/opcodes.ts';

export const TEXT_ADDRESS = 0x1_0000;

/** A program file of one executable segment at {@link TEXT_ADDRESS}. */
export function programElf(
  xlen: Xlen,
  words: readonly number[],
  others: readonly SegmentContent[] = [],
): Bytes {
  const text = { address: TEXT_ADDRESS, bytes: instructionBytes(words), flags: 5 };
  return writeElf(xlen, [text, ...others], TEXT_ADDRESS);
}
