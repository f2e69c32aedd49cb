import type { Bytes } from './bytes.ts';
import { defineErrors } from './errors.ts';

const fail = defineErrors({
  BASE_INVALID_LEB128: (context: { readonly at: number; readonly bits: number }) =>
    `Invalid LEB128 integer of ${context.bits} bits at byte ${context.at}`,
  BASE_NEGATIVE_LEB128: (context: { readonly value: string }) =>
    `${context.value} is negative and has no unsigned LEB128 form`,
});

/**
 * Unsigned LEB128, minimal length.
 *
 * @throws `BASE_NEGATIVE_LEB128`
 */
export function encodeLeb128Unsigned(value: bigint | number): Bytes {
  const bytes: number[] = [];
  let rest = BigInt(value);
  // An arithmetic shift never brings a negative value to zero: the loop below would not end.
  if (rest < 0n) throw fail('BASE_NEGATIVE_LEB128', { value: String(value) });
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

/** Signed LEB128 (two's complement), minimal length. */
export function encodeLeb128Signed(value: bigint | number): Bytes {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const last = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    bytes.push(last ? low : low | 0x80);
    if (last) return Uint8Array.from(bytes);
  }
}

/**
 * Reads an unsigned LEB128 integer of at most `bits` bits at `at`. Padding within the maximal
 * length is accepted, as WebAssembly and DWARF do.
 *
 * @throws `BASE_INVALID_LEB128` when truncated or too large.
 */
export function decodeLeb128Unsigned(
  bytes: Bytes,
  at: number,
  bits: number,
): { readonly value: bigint; readonly next: number } {
  const { raw, next } = readGroups(bytes, at, bits);
  if (raw >> BigInt(bits) !== 0n) throw fail('BASE_INVALID_LEB128', { at, bits });
  return { value: raw, next };
}

/** As {@link decodeLeb128Unsigned}, two's complement. */
export function decodeLeb128Signed(
  bytes: Bytes,
  at: number,
  bits: number,
): { readonly value: bigint; readonly next: number } {
  const { raw, next } = readGroups(bytes, at, bits);
  const value = BigInt.asIntN(7 * (next - at), raw);
  if (BigInt.asIntN(bits, value) !== value) throw fail('BASE_INVALID_LEB128', { at, bits });
  return { value, next };
}

function readGroups(bytes: Bytes, at: number, bits: number): { raw: bigint; next: number } {
  const longest = Math.ceil(bits / 7);
  let raw = 0n;
  for (let i = 0; i < longest; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) break;
    raw |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { raw, next: at + i + 1 };
  }
  throw fail('BASE_INVALID_LEB128', { at, bits });
}
