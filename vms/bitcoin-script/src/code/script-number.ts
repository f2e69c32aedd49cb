import type { Bytes } from '@ninefold/base';
import { EMPTY_BYTES } from '@ninefold/base';

/*
 * Numbers on the stack: little-endian magnitude, the highest bit of the last byte is the sign, zero
 * is empty. All of them fit a double: operands have at most 5 bytes, results one more.
 */

/**
 * The number of `bytes`, or NaN when it has more than `maxSize` bytes or, if `minimal` asks for it,
 * a shorter form.
 *
 * @example decodeScriptNumber(Uint8Array.of(0x81), 4, true) // -1
 */
export function decodeScriptNumber(bytes: Bytes, maxSize: number, minimal: boolean): number {
  const size = bytes.length;
  if (size > maxSize) return Number.NaN;
  if (size === 0) return 0;
  const last = bytes[size - 1] as number;
  // A last byte that holds nothing but the sign is needed only when the byte before uses its top bit.
  if (minimal && (last & 0x7f) === 0 && (size === 1 || ((bytes[size - 2] as number) & 0x80) === 0)) {
    return Number.NaN;
  }
  let magnitude = last & 0x7f;
  for (let i = size - 2; i >= 0; i--) magnitude = magnitude * 256 + (bytes[i] as number);
  // Negative zero is zero: `-0` would show in divisions only, but `Object.is` and tests see it.
  return (last & 0x80) !== 0 && magnitude !== 0 ? -magnitude : magnitude;
}

/** The shortest form of a whole number between -2^53 and 2^53. */
export function encodeScriptNumber(value: number): Bytes {
  if (value === 0) return EMPTY_BYTES;
  if (value >= 1 && value <= 16) return SMALL_NUMBERS[value - 1] as Bytes;
  return encode(value);
}

function encode(value: number): Bytes {
  const bytes: number[] = [];
  for (let rest = Math.abs(value); rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  const last = bytes.length - 1;
  if (((bytes[last] as number) & 0x80) !== 0) bytes.push(value < 0 ? 0x80 : 0);
  else if (value < 0) bytes[last] = (bytes[last] as number) | 0x80;
  return Uint8Array.from(bytes);
}

// Elements are never written to, so that equal ones may be one.
const SMALL_NUMBERS: readonly Bytes[] = Array.from({ length: 16 }, (_, i) => Uint8Array.of(i + 1));

/** The truth of an element: false is zero in any length, negative zero included. */
export function isTrue(bytes: Bytes): boolean {
  const last = bytes.length - 1;
  for (let i = 0; i < last; i++) if (bytes[i] !== 0) return true;
  return last >= 0 && bytes[last] !== 0 && bytes[last] !== 0x80;
}
