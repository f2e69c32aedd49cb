import { type Bytes, bytesToUtf8, equalBytes, utf8ToBytes } from '@ninefold/base';
import { InstructionFailure } from '../failure.ts';
import { ADDRESS_BYTES } from '../known-address.ts';

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

class InstructionReader implements Reader {
  readonly #data: Bytes;
  readonly #view: DataView;
  readonly #problem: string;
  #at = 0;

  constructor(data: Bytes, limit: number, problem: string) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, Math.min(data.length, limit));
    this.#problem = problem;
  }

  #take(length: number): number {
    if (this.#at + length > this.#view.byteLength) this.refuse();
    this.#at += length;
    return this.#at - length;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  key(): Bytes {
    return this.bytes(ADDRESS_BYTES);
  }

  bytes(length: number): Bytes {
    const from = this.#take(length);
    return this.#data.slice(from, from + length);
  }

  count(itemBytes: number): number {
    const count = this.u64();
    const left = this.#view.byteLength - this.#at;
    return count * BigInt(itemBytes) > BigInt(left) ? this.refuse() : Number(count);
  }

  text(): Bytes {
    const text = this.bytes(this.count(1));
    return equalBytes(utf8ToBytes(bytesToUtf8(text)), text) ? text : this.refuse();
  }

  option<Value>(read: () => Value): Value | undefined {
    const tag = this.u8();
    if (tag > 1) this.refuse();
    return tag === 1 ? read() : undefined;
  }

  refuse(): never {
    throw new InstructionFailure(this.#problem);
  }
}

/** Reads `data` from its start, by default as an instruction. */
export function createReader(
  data: Bytes,
  limit: number = MAX_INSTRUCTION_BYTES,
  problem: string = 'InvalidInstructionData',
): Reader {
  return new InstructionReader(data, limit, problem);
}
