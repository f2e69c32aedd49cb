import type { Bytes } from '@ninefold/base';
import type { Xlen } from '../../src/spec/opcodes.ts';

export type TestSegment = {
  readonly address: number;
  readonly bytes: Bytes;
  /** Size in memory; that of `bytes` where absent. */
  readonly size?: number;
  /** PF_X 1, PF_W 2, PF_R 4. */
  readonly flags: number;
};

export const TEXT_ADDRESS = 0x1_0000;

/** Words as little-endian bytes. */
export function wordsToBytes(words: readonly number[]): Bytes {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(4 * i, word, true));
  return bytes;
}

/** A program file with these segments, as a linker would write it. */
export function buildElf(xlen: Xlen, segments: readonly TestSegment[], entry: number): Bytes {
  const wide = xlen === 64;
  const [headerSize, segmentSize] = wide ? [64, 56] : [52, 32];
  const start = headerSize + segmentSize * segments.length;
  const bytes = new Uint8Array(start + segments.reduce((sum, segment) => sum + segment.bytes.length, 0));
  const view = new DataView(bytes.buffer);
  const word = (at: number, value: number): void =>
    wide ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, value, true);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 243, true);
  view.setUint32(20, 1, true);
  word(24, entry);
  word(wide ? 32 : 28, headerSize);
  view.setUint16(wide ? 52 : 40, headerSize, true);
  view.setUint16(wide ? 54 : 42, segmentSize, true);
  view.setUint16(wide ? 56 : 44, segments.length, true);
  let offset = start;
  segments.forEach((segment, index) => {
    const at = headerSize + index * segmentSize;
    view.setUint32(at, 1, true);
    view.setUint32(at + (wide ? 4 : 24), segment.flags, true);
    word(at + (wide ? 8 : 4), offset);
    word(at + (wide ? 16 : 8), segment.address);
    word(at + (wide ? 32 : 16), segment.bytes.length);
    word(at + (wide ? 40 : 20), segment.size ?? segment.bytes.length);
    bytes.set(segment.bytes, offset);
    offset += segment.bytes.length;
  });
  return bytes;
}

/** A program file of one executable segment at {@link TEXT_ADDRESS}. */
export function programElf(xlen: Xlen, words: readonly number[], others: readonly TestSegment[] = []): Bytes {
  return buildElf(
    xlen,
    [{ address: TEXT_ADDRESS, bytes: wordsToBytes(words), flags: 5 }, ...others],
    TEXT_ADDRESS,
  );
}
