import { defineErrors } from './errors.ts';

/** A byte string. Never `Buffer`; never a live view of a VM's memory once it has left a call. */
export type Bytes = Uint8Array;

/** A `0x`-prefixed hexadecimal string. */
export type Hex = `0x${string}`;

const fail = defineErrors({
  BASE_INVALID_HEX: (context: { readonly value: string; readonly position: number }) =>
    `Invalid hex at character ${context.position}: expected "0x" and an even number of hex digits, got ${JSON.stringify(context.value.slice(0, 40))}`,
  BASE_TOO_LONG: (context: { readonly length: number; readonly limit: number }) =>
    `${context.length} bytes do not fit in ${context.limit}`,
});

export const EMPTY_BYTES: Bytes = new Uint8Array(0);

// Byte -> character codes of its two hex digits.
const HIGH_DIGIT = new Uint8Array(256);
const LOW_DIGIT = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  HIGH_DIGIT[byte] = (byte >> 4).toString(16).charCodeAt(0);
  LOW_DIGIT[byte] = (byte & 15).toString(16).charCodeAt(0);
}

// Decoded at once, the text is one flat string; joined pair by pair it would be a tree of pieces.
const ascii = new TextDecoder('latin1');
/** Room for the text of a hash, the length that nearly all have. */
const HASH_TEXT = new Uint8Array(66);

// Character code -> nibble value, 255 where the character is no hex digit.
const NIBBLES = new Uint8Array(128).fill(255);
for (const [first, value, count] of [
  [0x30, 0, 10],
  [0x41, 10, 6],
  [0x61, 10, 6],
] as const) {
  for (let i = 0; i < count; i++) NIBBLES[first + i] = value + i;
}

/** Lower-case hex of `bytes`: `bytesToHex(Uint8Array.of(1, 255)) === '0x01ff'`. */
export function bytesToHex(bytes: Bytes): Hex {
  const size = 2 + 2 * bytes.length;
  const text = size === HASH_TEXT.length ? HASH_TEXT : new Uint8Array(size);
  text[0] = 0x30;
  text[1] = 0x78;
  for (let i = 0, at = 2; i < bytes.length; i++, at += 2) {
    const byte = bytes[i] as number;
    text[at] = HIGH_DIGIT[byte] as number;
    text[at + 1] = LOW_DIGIT[byte] as number;
  }
  return ascii.decode(text) as Hex;
}

/**
 * Parses `0x`-prefixed hex with an even number of digits, either case.
 *
 * @throws `BASE_INVALID_HEX` with the position of the first wrong character.
 * @example hexToBytes('0x01ff') // Uint8Array [1, 255]
 */
export function hexToBytes(hex: string): Bytes {
  if (!hex.startsWith('0x')) throw fail('BASE_INVALID_HEX', { value: hex, position: 0 });
  if (hex.length % 2 !== 0) throw fail('BASE_INVALID_HEX', { value: hex, position: hex.length });
  const bytes = new Uint8Array(hex.length / 2 - 1);
  for (let i = 0, at = 2; i < bytes.length; i++, at += 2) {
    const high = nibble(hex.charCodeAt(at));
    const low = nibble(hex.charCodeAt(at + 1));
    if ((high | low) > 15) throw fail('BASE_INVALID_HEX', { value: hex, position: high > 15 ? at : at + 1 });
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

function nibble(charCode: number): number {
  return charCode < 128 ? (NIBBLES[charCode] as number) : 255;
}

/** Whether `value` is what {@link hexToBytes} accepts, of `length` bytes when that is given. */
export function isHex(value: unknown, length?: number): value is Hex {
  if (typeof value !== 'string' || value.length % 2 !== 0 || !/^0x[\da-fA-F]*$/.test(value)) return false;
  return length === undefined || value.length === 2 + 2 * length;
}

/** A fresh array with all parts in order. */
export function concatBytes(...parts: readonly Bytes[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** A copy that owns its memory, also when `bytes` is a view or a `Buffer`. */
export function copyBytes(bytes: Bytes): Bytes {
  return new Uint8Array(bytes);
}

/** From here on it pays to compare four bytes at once, where both strings are so aligned. */
const WORDWISE_BYTES = 256;

/**
 * Byte-wise equality. Not constant time: never compare secrets with it.
 *
 * PERF: eight bytes or words a turn: 32 equal bytes take 20 ns, 10 KiB take 1.3 µs; one by one it is
 * more than twice that.
 */
export function equalBytes(a: Bytes, b: Bytes): boolean {
  const { length } = a;
  if (length !== b.length) return false;
  let at = 0;
  if (length >= WORDWISE_BYTES && ((a.byteOffset | b.byteOffset) & 3) === 0) {
    at = equalWords(a, b);
    if (at < 0) return false;
  }
  for (const end = length - 7; at < end; at += 8) {
    if (
      a[at] !== b[at] ||
      a[at + 1] !== b[at + 1] ||
      a[at + 2] !== b[at + 2] ||
      a[at + 3] !== b[at + 3] ||
      a[at + 4] !== b[at + 4] ||
      a[at + 5] !== b[at + 5] ||
      a[at + 6] !== b[at + 6] ||
      a[at + 7] !== b[at + 7]
    )
      return false;
  }
  for (; at < length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Compares eight words a turn; gives how many bytes are equal, a multiple of 32, or -1. */
function equalWords(a: Bytes, b: Bytes): number {
  const words = (a.length >> 5) << 3;
  const left = new Int32Array(a.buffer, a.byteOffset, words);
  const right = new Int32Array(b.buffer, b.byteOffset, words);
  for (let i = 0; i < words; i += 8) {
    if (
      left[i] !== right[i] ||
      left[i + 1] !== right[i + 1] ||
      left[i + 2] !== right[i + 2] ||
      left[i + 3] !== right[i + 3] ||
      left[i + 4] !== right[i + 4] ||
      left[i + 5] !== right[i + 5] ||
      left[i + 6] !== right[i + 6] ||
      left[i + 7] !== right[i + 7]
    )
      return -1;
  }
  return 4 * words;
}

/** What {@link pageCopier} takes at once unless it is told. */
const COPY_PAGE_BYTES = 4096;

/** Of a page, what a copy may take at most: longer ones get memory of their own. */
const COPY_SHARE = 8;

/**
 * Makes a function that copies byte strings into pages which they share: memory of its own costs a
 * short string several times what the copy costs. A page lives as long as anything in it, so this is
 * for bytes that nobody transfers and that come and go together. Copies begin at multiples of eight.
 *
 * @example const keep = pageCopier(); keep(bytes) // equal to bytes, whatever happens to them
 */
export function pageCopier(pageBytes: number = COPY_PAGE_BYTES): (bytes: Bytes) => Bytes {
  let page = new Uint8Array(0);
  let used = 0;
  return (bytes) => {
    const { length } = bytes;
    if (length > pageBytes / COPY_SHARE) return copyBytes(bytes);
    if (used + length > page.length) {
      page = new Uint8Array(pageBytes);
      used = 0;
    }
    const copy = new Uint8Array(page.buffer, used, length);
    copy.set(bytes);
    used = (used + length + 7) & ~7;
    return copy;
  };
}

/** Lexicographic order: negative, zero or positive as `a` is before, equal to or after `b`. */
export function compareBytes(a: Bytes, b: Bytes): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/**
 * `bytes` with zeros in front up to `length`.
 *
 * @throws `BASE_TOO_LONG` when `bytes` is longer.
 */
export function padLeft(bytes: Bytes, length: number): Bytes {
  if (bytes.length > length) throw fail('BASE_TOO_LONG', { length: bytes.length, limit: length });
  const padded = new Uint8Array(length);
  padded.set(bytes, length - bytes.length);
  return padded;
}

/**
 * `bytes` with zeros behind up to `length`.
 *
 * @throws `BASE_TOO_LONG` when `bytes` is longer.
 */
export function padRight(bytes: Bytes, length: number): Bytes {
  if (bytes.length > length) throw fail('BASE_TOO_LONG', { length: bytes.length, limit: length });
  const padded = new Uint8Array(length);
  padded.set(bytes);
  return padded;
}

/** A view of `bytes` without its leading zero bytes. */
export function trimLeadingZeros(bytes: Bytes): Bytes {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start++;
  return bytes.subarray(start);
}

const utf8Encoder = new TextEncoder();
// A leading U+FEFF is a character like any other here: the bytes must survive the round trip.
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function utf8ToBytes(text: string): Bytes {
  return utf8Encoder.encode(text);
}

/** Decodes UTF-8; malformed sequences become U+FFFD. */
export function bytesToUtf8(bytes: Bytes): string {
  return utf8Decoder.decode(bytes);
}
