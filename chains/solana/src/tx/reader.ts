import { type Bytes, defineErrors } from '@ninefold/base';

const fail = defineErrors({
  SOLANA_TRUNCATED: (c: { readonly at: number; readonly needed: number; readonly length: number }) =>
    `Input ends early: ${c.needed} bytes are needed at ${c.at}, but it has ${c.length}`,
  SOLANA_INVALID_LENGTH: (c: { readonly at: number }) =>
    `The compact length at ${c.at} is not in its shortest form or exceeds 65535`,
  SOLANA_TRAILING_BYTES: (c: { readonly at: number; readonly length: number }) =>
    `${c.length - c.at} bytes are left over at ${c.at}`,
});

/** Reads a byte string from front to back. Every method throws `SOLANA_TRUNCATED` beyond the end. */
export type Reader = {
  /** Where the next byte is read. */
  readonly at: () => number;
  /** The next byte, which is read again; 0 at the end. */
  readonly peek: () => number;
  /** A view of what was read from `start` on. */
  readonly since: (start: number) => Bytes;
  readonly u8: () => number;
  readonly u16: () => number;
  readonly u32: () => number;
  readonly u64: () => bigint;
  /** A view of the next `length` bytes. */
  readonly take: (length: number) => Bytes;
  /**
   * A length of one to three bytes ("compact-u16").
   *
   * @throws `SOLANA_INVALID_LENGTH`
   */
  readonly compact: () => number;
  /** @throws `SOLANA_TRAILING_BYTES` */
  readonly end: () => void;
};

const MAX_U16 = 0xffff;

// PERF: a class and no view: transactions are read from a few hundred bytes, and what stands ready
// beside them would cost more than the reading.
class ByteReader implements Reader {
  readonly #bytes: Bytes;
  #position = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  #advance(needed: number): number {
    const at = this.#position;
    const { length } = this.#bytes;
    if (at + needed > length) throw fail('SOLANA_TRUNCATED', { at, needed, length });
    this.#position = at + needed;
    return at;
  }

  at(): number {
    return this.#position;
  }

  peek(): number {
    return this.#bytes[this.#position] ?? 0;
  }

  since(start: number): Bytes {
    return this.#view(start, this.#position - start);
  }

  #view(at: number, length: number): Bytes {
    const { buffer, byteOffset } = this.#bytes;
    return new Uint8Array(buffer, byteOffset + at, length);
  }

  u8(): number {
    return this.#bytes[this.#advance(1)] as number;
  }

  u16(): number {
    const at = this.#advance(2);
    return (this.#bytes[at] as number) | ((this.#bytes[at + 1] as number) << 8);
  }

  u32(): number {
    const at = this.#advance(4);
    const bytes = this.#bytes;
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
    return low + (bytes[at + 3] as number) * 2 ** 24;
  }

  u64(): bigint {
    const low = this.u32();
    return BigInt(low) | (BigInt(this.u32()) << 32n);
  }

  take(length: number): Bytes {
    return this.#view(this.#advance(length), length);
  }

  compact(): number {
    const at = this.#position;
    let value = this.u8();
    if (value < 0x80) return value;
    value &= 0x7f;
    for (let shift = 7; shift <= 14; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      // A last byte of zero adds nothing: the length has a shorter form.
      if (byte === 0 || value > MAX_U16) break;
      return value;
    }
    throw fail('SOLANA_INVALID_LENGTH', { at });
  }

  end(): void {
    const at = this.#position;
    const { length } = this.#bytes;
    if (at !== length) throw fail('SOLANA_TRAILING_BYTES', { at, length });
  }
}

/** @example createReader(Uint8Array.of(0x80, 0x01)).compact() // 128 */
export function createReader(bytes: Bytes): Reader {
  return new ByteReader(bytes);
}
