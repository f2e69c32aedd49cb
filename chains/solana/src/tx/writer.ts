import { type Bytes, defineErrors } from '@ninefold/base';

const fail = defineErrors({
  SOLANA_FIELD_RANGE: (c: { readonly value: string; readonly bits: number }) =>
    `${c.value} does not fit into a field of ${c.bits} bits`,
});

/** Collects bytes. Integers are little-endian; what does not fit throws `SOLANA_FIELD_RANGE`. */
export type Writer = {
  readonly u8: (value: number) => void;
  readonly u16: (value: number) => void;
  readonly u32: (value: number) => void;
  readonly u64: (value: bigint) => void;
  readonly bytes: (bytes: Bytes) => void;
  /** A length of one to three bytes ("compact-u16"). */
  readonly compact: (value: number) => void;
  /** Everything written, copied. */
  readonly finish: () => Bytes;
};

const INITIAL_BYTES = 256;

/** @example const writer = createWriter(); writer.compact(128); writer.finish(); // [0x80, 0x01] */
export function createWriter(): Writer {
  let buffer = new Uint8Array(INITIAL_BYTES);
  let view = new DataView(buffer.buffer);
  let length = 0;

  const grow = (needed: number): number => {
    if (length + needed > buffer.length) {
      const larger = new Uint8Array(Math.max(2 * buffer.length, length + needed));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
      view = new DataView(buffer.buffer);
    }
    const at = length;
    length += needed;
    return at;
  };
  const requireFit = (value: number, bits: number): number => {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits)
      throw fail('SOLANA_FIELD_RANGE', { value: String(value), bits });
    return value;
  };
  const u8 = (value: number): void => {
    requireFit(value, 8);
    const at = grow(1);
    buffer[at] = value;
  };

  return {
    u8,
    u16: (value) => {
      requireFit(value, 16);
      const at = grow(2);
      view.setUint16(at, value, true);
    },
    u32: (value) => {
      requireFit(value, 32);
      const at = grow(4);
      view.setUint32(at, value, true);
    },
    u64: (value) => {
      if (value < 0n || value >= 2n ** 64n)
        throw fail('SOLANA_FIELD_RANGE', { value: String(value), bits: 64 });
      const at = grow(8);
      view.setBigUint64(at, value, true);
    },
    bytes: (bytes) => {
      const at = grow(bytes.length);
      buffer.set(bytes, at);
    },
    compact: (value) => {
      requireFit(value, 16);
      let rest = value;
      for (; rest >= 0x80; rest >>= 7) u8((rest & 0x7f) | 0x80);
      u8(rest);
    },
    finish: () => buffer.slice(0, length),
  };
}
