import { type Bytes, bytesToUtf8, equalBytes, utf8ToBytes } from '@ninefold/base';
import { InstructionFailure } from '../failure.ts';

/** Bytes of an instruction that native programs read; what follows is ignored. */
const MAX_INSTRUCTION_BYTES = 1232;

/** Reads bincode's fields one after the other; each throws `InvalidInstructionData` at the end. */
export type Reader = {
  readonly u8: () => number;
  readonly u16: () => number;
  readonly u32: () => number;
  readonly u64: () => bigint;
  readonly i64: () => bigint;
  /** An address or a hash. */
  readonly key: () => Bytes;
  readonly bytes: (length: number) => Bytes;
  /** The length before a list whose items take at least `itemBytes`. */
  readonly count: (itemBytes: number) => number;
  /** UTF-8 behind its length. */
  readonly text: () => Bytes;
  readonly option: <Value>(read: () => Value) => Value | undefined;
  /** What only `problem` could make wrong. */
  readonly refuse: () => never;
};

/** Reads `data` from its start, by default as an instruction. */
export function createReader(
  data: Bytes,
  limit: number = MAX_INSTRUCTION_BYTES,
  problem: string = 'InvalidInstructionData',
): Reader {
  const view = new DataView(data.buffer, data.byteOffset, Math.min(data.length, limit));
  let at = 0;
  const refuse = (): never => {
    throw new InstructionFailure(problem);
  };
  const take = (length: number): number => {
    if (at + length > view.byteLength) refuse();
    at += length;
    return at - length;
  };
  const bytes = (length: number): Bytes => {
    const from = take(length);
    return data.slice(from, from + length);
  };
  const reader: Reader = {
    u8: () => view.getUint8(take(1)),
    u16: () => view.getUint16(take(2), true),
    u32: () => view.getUint32(take(4), true),
    u64: () => view.getBigUint64(take(8), true),
    i64: () => view.getBigInt64(take(8), true),
    key: () => bytes(32),
    bytes,
    count(itemBytes) {
      const count = reader.u64();
      return count * BigInt(itemBytes) > BigInt(view.byteLength - at) ? refuse() : Number(count);
    },
    text() {
      const text = bytes(reader.count(1));
      return equalBytes(utf8ToBytes(bytesToUtf8(text)), text) ? text : refuse();
    },
    option(read) {
      const tag = reader.u8();
      if (tag > 1) refuse();
      return tag === 1 ? read() : undefined;
    },
    refuse,
  };
  return reader;
}
