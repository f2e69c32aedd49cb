import type { Bytes } from '@ninefold/base';
import { bigintToBytes, bytesToBigint, defineErrors, EMPTY_BYTES } from '@ninefold/base';

/**
 * Recursive Length Prefix, the serialisation of Ethereum's execution layer (Yellow Paper,
 * appendix B). An item is a byte string or a list of items; there is exactly one encoding of each.
 */
export type RlpValue = Bytes | readonly RlpValue[];

/** Lists inside lists beyond this are refused, in both directions; Ethereum's own data needs eight. */
export const RLP_MAX_DEPTH = 1024;

// First byte of an item: below 0x80 the byte itself, then strings and lists, each short (the
// length is in the prefix) or long (the prefix says how many bytes of length follow).
const SHORT_STRING = 0x80;
const LONG_STRING = 0xb7;
const SHORT_LIST = 0xc0;
const LONG_LIST = 0xf7;
const MAX_SHORT_LENGTH = 55;

const fail = defineErrors({
  RLP_TRUNCATED: (c: { readonly at: number; readonly needed: number; readonly available: number }) =>
    `RLP item at byte ${c.at} needs ${c.needed} bytes, ${c.available} are there`,
  RLP_TRAILING_BYTES: (c: { readonly at: number; readonly length: number }) =>
    `RLP item ends at byte ${c.at}, but ${c.length} bytes follow`,
  RLP_NOT_CANONICAL: (c: { readonly at: number; readonly reason: string }) =>
    `RLP item at byte ${c.at} is not canonical: ${c.reason}`,
  RLP_TOO_DEEP: (c: { readonly at?: number | undefined; readonly limit: number }) =>
    `RLP lists are nested deeper than ${c.limit}${c.at === undefined ? '' : ` at byte ${c.at}`}`,
  RLP_INVALID_VALUE: (c: { readonly type: string }) =>
    `RLP encodes byte strings and lists of them, not ${c.type}`,
  RLP_INVALID_INTEGER: (c: { readonly reason: string }) => `Invalid RLP integer: ${c.reason}`,
  RLP_UNEXPECTED_ITEM: (c: { readonly name: string; readonly expected: string; readonly actual: string }) =>
    `${c.name}: expected ${c.expected}, got ${c.actual}`,
});

/**
 * The RLP encoding of `value`, in one allocation of exactly its size.
 *
 * @throws `RLP_TOO_DEEP`, `RLP_INVALID_VALUE`
 * @example encodeRlp([Uint8Array.of(1), Uint8Array.of()]) // c2 01 80
 */
export function encodeRlp(value: RlpValue): Bytes {
  const out = new Uint8Array(encodedLength(value, 0));
  writeBefore(value, out, out.length);
  return out;
}

function encodedLength(value: RlpValue, depth: number): number {
  if (!isList(value)) {
    if (!(value instanceof Uint8Array)) throw fail('RLP_INVALID_VALUE', { type: typeof value });
    const length = value.length;
    return length === 1 && (value[0] as number) < SHORT_STRING ? 1 : headerLength(length) + length;
  }
  if (depth === RLP_MAX_DEPTH) throw fail('RLP_TOO_DEEP', { limit: RLP_MAX_DEPTH });
  let length = 0;
  for (const item of value) length += encodedLength(item, depth + 1);
  return headerLength(length) + length;
}

/**
 * Writes `value` so that it ends before `end`, and returns where it starts. From the back, because
 * the length of a list is then known when its header is due.
 */
function writeBefore(value: RlpValue, out: Bytes, end: number): number {
  if (isList(value)) {
    let start = end;
    for (let i = value.length - 1; i >= 0; i--) start = writeBefore(value[i] as RlpValue, out, start);
    return writeHeaderBefore(SHORT_LIST, end - start, out, start);
  }
  const start = end - value.length;
  out.set(value, start);
  if (value.length === 1 && (value[0] as number) < SHORT_STRING) return start;
  return writeHeaderBefore(SHORT_STRING, value.length, out, start);
}

function writeHeaderBefore(short: number, length: number, out: Bytes, end: number): number {
  if (length <= MAX_SHORT_LENGTH) {
    out[end - 1] = short + length;
    return end - 1;
  }
  let start = end;
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) out[--start] = rest & 0xff;
  const prefix = start - 1;
  out[prefix] = short + MAX_SHORT_LENGTH + (end - start);
  return prefix;
}

function headerLength(payload: number): number {
  if (payload <= MAX_SHORT_LENGTH) return 1;
  let length = 1;
  for (let rest = payload; rest > 0; rest = Math.floor(rest / 256)) length++;
  return length;
}

/**
 * Decodes the one item that `bytes` is. Only the canonical encoding is accepted, so
 * `encodeRlp(decodeRlp(bytes))` gives `bytes` again. Byte strings in the result are views of
 * `bytes`, not copies.
 *
 * @throws `RLP_TRUNCATED`, `RLP_TRAILING_BYTES`, `RLP_NOT_CANONICAL`, `RLP_TOO_DEEP`, each with the
 * byte position
 * @example decodeRlp(Uint8Array.of(0xc2, 0x01, 0x80)) // [[1], []] as byte strings
 */
export function decodeRlp(bytes: Bytes): RlpValue {
  const { value, next } = decodeRlpItem(bytes, 0);
  if (next < bytes.length) throw fail('RLP_TRAILING_BYTES', { at: next, length: bytes.length - next });
  return value;
}

/**
 * Decodes the item that starts at byte `at`; `next` is where it ends. For streams of concatenated
 * items, such as a file of consecutive blocks.
 *
 * @throws as {@link decodeRlp}, without `RLP_TRAILING_BYTES`
 */
export function decodeRlpItem(bytes: Bytes, at: number): { readonly value: RlpValue; readonly next: number } {
  const reader: Reader = { bytes, at, payloadEnd: 0 };
  const value = readItem(reader, bytes.length, 0);
  return { value, next: reader.at };
}

/** `at` moves on as items are read; `payloadEnd` is the second result of {@link readPayload}. */
type Reader = { readonly bytes: Bytes; at: number; payloadEnd: number };

function readItem(reader: Reader, limit: number, depth: number): RlpValue {
  const { bytes } = reader;
  const start = reader.at;
  if (start >= limit) throw fail('RLP_TRUNCATED', { at: start, needed: 1, available: 0 });
  const prefix = bytes[start] as number;

  if (prefix < SHORT_STRING) {
    reader.at = start + 1;
    return view(bytes, start, start + 1);
  }

  if (prefix < SHORT_LIST) {
    const from = readPayload(reader, prefix, SHORT_STRING, LONG_STRING, limit);
    const end = reader.payloadEnd;
    if (end - from === 1 && (bytes[from] as number) < SHORT_STRING) {
      throw fail('RLP_NOT_CANONICAL', { at: start, reason: 'a byte below 0x80 stands for itself' });
    }
    reader.at = end;
    return view(bytes, from, end);
  }

  if (depth === RLP_MAX_DEPTH) throw fail('RLP_TOO_DEEP', { at: start, limit: RLP_MAX_DEPTH });
  reader.at = readPayload(reader, prefix, SHORT_LIST, LONG_LIST, limit);
  const end = reader.payloadEnd;
  const items: RlpValue[] = [];
  while (reader.at < end) items.push(readItem(reader, end, depth + 1));
  return items;
}

/** Reads the header at `reader.at`: returns where the payload begins, leaves its end in `payloadEnd`. */
function readPayload(reader: Reader, prefix: number, short: number, long: number, limit: number): number {
  const { bytes, at } = reader;
  let from = at + 1;
  let length = prefix - short;
  if (prefix > long) {
    const lengthBytes = prefix - long;
    from += lengthBytes;
    if (from > limit) {
      throw fail('RLP_TRUNCATED', { at, needed: 1 + lengthBytes, available: limit - at });
    }
    if (bytes[at + 1] === 0) {
      throw fail('RLP_NOT_CANONICAL', { at, reason: 'the length has leading zeros' });
    }
    // Beyond 2^53 the sum is rounded, and far larger than any array all the same.
    length = 0;
    for (let i = at + 1; i < from; i++) length = length * 256 + (bytes[i] as number);
    if (length <= MAX_SHORT_LENGTH) {
      throw fail('RLP_NOT_CANONICAL', { at, reason: `a length of ${length} fits in the prefix` });
    }
  }
  if (length > limit - from) {
    throw fail('RLP_TRUNCATED', { at, needed: from - at + length, available: limit - at });
  }
  reader.payloadEnd = from + length;
  return from;
}

// Not `subarray`: of a `Buffer` that gives a `Buffer`.
function view(bytes: Bytes, from: number, end: number): Bytes {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + from, end - from);
}

function isList(value: RlpValue): value is readonly RlpValue[] {
  return Array.isArray(value);
}

const WORD = new DataView(new ArrayBuffer(32));
const WORD_BYTES = new Uint8Array(WORD.buffer);

/**
 * The byte string that stands for an unsigned integer: big-endian without leading zeros, 0 is empty.
 *
 * @throws `RLP_INVALID_INTEGER` when negative, or a number that is no safe integer
 * @example rlpFromUint(1024) // 04 00
 */
export function rlpFromUint(value: bigint | number): Bytes {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0) throw fail('RLP_INVALID_INTEGER', { reason: `${value}` });
    return smallUint(value);
  }
  if (value < 0n) throw fail('RLP_INVALID_INTEGER', { reason: `${value} is negative` });
  if (value <= 0xffff_ffff_ffffn) return smallUint(Number(value));
  if (value >> 256n !== 0n) return bigintToBytes(value);
  WORD.setBigUint64(24, BigInt.asUintN(64, value));
  WORD.setBigUint64(16, BigInt.asUintN(64, value >> 64n));
  WORD.setBigUint64(8, BigInt.asUintN(64, value >> 128n));
  WORD.setBigUint64(0, value >> 192n);
  let start = 0;
  while (WORD_BYTES[start] === 0) start++;
  return WORD_BYTES.slice(start);
}

function smallUint(value: number): Bytes {
  if (value === 0) return EMPTY_BYTES;
  let length = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) length++;
  const bytes = new Uint8Array(length);
  for (let rest = value; length > 0; rest = Math.floor(rest / 256)) bytes[--length] = rest % 256;
  return bytes;
}

/**
 * The unsigned integer of at most `maxBytes` bytes that a byte string stands for.
 *
 * @throws `RLP_INVALID_INTEGER` for leading zeros or more bytes
 * @example rlpToUint(Uint8Array.of(4, 0), 8) // 1024n
 */
export function rlpToUint(bytes: Bytes, maxBytes: number): bigint {
  if (bytes.length > maxBytes) {
    throw fail('RLP_INVALID_INTEGER', { reason: `${bytes.length} bytes, at most ${maxBytes} allowed` });
  }
  if (bytes[0] === 0) throw fail('RLP_INVALID_INTEGER', { reason: 'leading zeros' });
  return bytesToBigint(bytes);
}

/**
 * `value` as a list of `minLength` to `maxLength` items (`minLength` alone: exactly so many).
 * `name` says in the error what was being read.
 *
 * @throws `RLP_UNEXPECTED_ITEM`
 * @example const [nonce, balance] = expectList(decodeRlp(bytes), 'account', 4);
 */
export function expectList(
  value: RlpValue,
  name: string,
  minLength = 0,
  maxLength: number = minLength === 0 ? Infinity : minLength,
): readonly RlpValue[] {
  if (isList(value) && value.length >= minLength && value.length <= maxLength) return value;
  const range = minLength === maxLength ? `${minLength}` : `${minLength} to ${maxLength}`;
  throw fail('RLP_UNEXPECTED_ITEM', { name, expected: `a list of ${range} items`, actual: describe(value) });
}

/**
 * `value` as a byte string, of exactly `length` bytes when that is given.
 *
 * @throws `RLP_UNEXPECTED_ITEM`
 */
export function expectBytes(value: RlpValue, name: string, length?: number): Bytes {
  if (!isList(value) && (length === undefined || value.length === length)) return value;
  const expected = length === undefined ? 'bytes' : `${length} bytes`;
  throw fail('RLP_UNEXPECTED_ITEM', { name, expected, actual: describe(value) });
}

function describe(value: RlpValue): string {
  return isList(value) ? `a list of ${value.length} items` : `${value.length} bytes`;
}
