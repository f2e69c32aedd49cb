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

/** @example createReader(Uint8Array.of(0x80, 0x01)).compact() // 128 */
export function createReader(bytes: Bytes): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { length } = bytes;
  let position = 0;

  const advance = (needed: number): number => {
    if (position + needed > length) throw fail('SOLANA_TRUNCATED', { at: position, needed, length });
    const at = position;
    position += needed;
    return at;
  };
  const u8 = (): number => bytes[advance(1)] as number;

  return {
    at: () => position,
    peek: () => bytes[position] ?? 0,
    since: (start) => bytes.subarray(start, position),
    u8,
    u16: () => view.getUint16(advance(2), true),
    u32: () => view.getUint32(advance(4), true),
    u64: () => view.getBigUint64(advance(8), true),
    take: (size) => {
      const at = advance(size);
      return bytes.subarray(at, at + size);
    },
    compact: () => {
      const at = position;
      let value = u8();
      if (value < 0x80) return value;
      value &= 0x7f;
      for (let shift = 7; shift <= 14; shift += 7) {
        const byte = u8();
        value |= (byte & 0x7f) << shift;
        if (byte >= 0x80) continue;
        // A last byte of zero adds nothing: the length has a shorter form.
        if (byte === 0 || value > MAX_U16) break;
        return value;
      }
      throw fail('SOLANA_INVALID_LENGTH', { at });
    },
    end: () => {
      if (position !== length) throw fail('SOLANA_TRAILING_BYTES', { at: position, length });
    },
  };
}
