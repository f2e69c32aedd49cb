import type { Bytes, Hex } from './bytes.ts';
import { bytesToHex } from './bytes.ts';
import { defineErrors } from './errors.ts';

const fail = defineErrors({
  BASE_INTEGER_RANGE: (context: { readonly value: string; readonly bytes: number }) =>
    `${context.value} is not an unsigned integer of at most ${context.bytes} bytes`,
  BASE_INVALID_QUANTITY: (context: { readonly value: string }) =>
    `Invalid quantity ${JSON.stringify(context.value.slice(0, 80))}: expected "0x" and hex digits`,
});

const HEX_BYTE = /../g;

/** Big-endian unsigned integer; the empty string of bytes is 0. */
export function bytesToBigint(bytes: Bytes): bigint {
  let value = 0n;
  let at = 0;
  // Eight bytes a step: one BigInt shift per 64 bits instead of one per byte.
  const head = bytes.length % 8;
  for (; at < head; at++) value = (value << 8n) | BigInt(bytes[at] as number);
  if (at < bytes.length) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (; at < bytes.length; at += 8) value = (value << 64n) | view.getBigUint64(at);
  }
  return value;
}

/**
 * Big-endian bytes of `value`: minimal without `length` (0 gives no bytes), else padded to it.
 *
 * @throws `BASE_INTEGER_RANGE` when negative or longer than `length`.
 */
export function bigintToBytes(value: bigint, length?: number): Bytes {
  if (value < 0n) throw fail('BASE_INTEGER_RANGE', { value: String(value), bytes: length ?? 0 });
  let digits = value === 0n ? '' : value.toString(16);
  if (digits.length % 2 !== 0) digits = `0${digits}`;
  const size = length ?? digits.length / 2;
  if (digits.length > 2 * size) throw fail('BASE_INTEGER_RANGE', { value: String(value), bytes: size });
  const bytes = new Uint8Array(size);
  let at = size - digits.length / 2;
  for (const pair of digits.match(HEX_BYTE) ?? []) bytes[at++] = Number.parseInt(pair, 16);
  return bytes;
}

/**
 * Big-endian unsigned integer below 2^53.
 *
 * @throws `BASE_INTEGER_RANGE` beyond.
 */
export function bytesToNumber(bytes: Bytes): number {
  let value = 0;
  for (const byte of bytes) value = value * 256 + byte;
  if (!Number.isSafeInteger(value))
    throw fail('BASE_INTEGER_RANGE', { value: bytesToHex(bytes.subarray(0, 40)), bytes: 6 });
  return value;
}

/**
 * As {@link bigintToBytes} for a safe integer.
 *
 * @throws `BASE_INTEGER_RANGE` when negative, fractional, unsafe or longer than `length`.
 */
export function numberToBytes(value: number, length?: number): Bytes {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw fail('BASE_INTEGER_RANGE', { value: String(value), bytes: length ?? 7 });
  }
  return bigintToBytes(BigInt(value), length);
}

/**
 * JSON-RPC quantity: `0x` and no leading zeros; zero is `0x0`.
 *
 * @throws `BASE_INTEGER_RANGE` when negative, fractional or a number beyond 2^53.
 */
export function toQuantity(value: bigint | number): Hex {
  if (value < 0 || (typeof value === 'number' && !Number.isSafeInteger(value))) {
    throw fail('BASE_INTEGER_RANGE', { value: String(value), bytes: 32 });
  }
  return `0x${value.toString(16)}`;
}

/**
 * Parses a JSON-RPC quantity; leading zeros are tolerated.
 *
 * @throws `BASE_INVALID_QUANTITY`
 */
export function fromQuantity(value: string): bigint {
  if (!/^0x[\da-fA-F]+$/.test(value)) throw fail('BASE_INVALID_QUANTITY', { value });
  return BigInt(value);
}
