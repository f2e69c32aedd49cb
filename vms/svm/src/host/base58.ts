import { type Bytes, defineErrors } from '@ninefold/base';
import { ADDRESS_BYTES, knownAddress } from './known-address.ts';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const DIGITS: ReadonlyMap<string, number> = new Map([...ALPHABET].map((digit, value) => [digit, value]));

const fail = defineErrors({
  SVM_INVALID_BASE58: (c: { readonly value: string }) =>
    `${JSON.stringify(c.value.slice(0, 80))} is no base58 text`,
  SVM_INVALID_ADDRESS: (c: { readonly value: string }) =>
    `${JSON.stringify(c.value.slice(0, 80))} is no address: expected base58 of ${ADDRESS_BYTES} bytes`,
});

/** Longest base58 text of 32 bytes. */
const MAX_ADDRESS_TEXT = 44;

/** Bitcoin's base58: each leading zero byte is a `1`. Quadratic in the length. */
export function toBase58(bytes: Bytes): string {
  if (bytes.length !== ADDRESS_BYTES) return encodeBase58(bytes);
  const known = knownAddress(bytes);
  // PERF: base58 of an address takes some 3 µs.
  if (known.text === '') known.text = encodeBase58(bytes);
  return known.text;
}

/** Four digits of base58 at once, and three bytes: products stay far below 2^53. */
const LIMB = 58 ** 4;
const BYTES_PER_STEP = 3;
const STEP = 2 ** (8 * BYTES_PER_STEP);

function encodeBase58(bytes: Bytes): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  const limbs: number[] = [];
  // The first step takes what is left over, so that all others are whole.
  let at = zeros;
  let size = (bytes.length - zeros) % BYTES_PER_STEP || BYTES_PER_STEP;
  for (; at < bytes.length; at += size, size = BYTES_PER_STEP) {
    let carry = 0;
    for (let i = 0; i < size; i++) carry = carry * 256 + (bytes[at + i] as number);
    for (let j = 0; j < limbs.length; j++) {
      carry += (limbs[j] as number) * STEP;
      const quotient = Math.floor(carry / LIMB);
      limbs[j] = carry - quotient * LIMB;
      carry = quotient;
    }
    while (carry > 0) {
      limbs.push(carry % LIMB);
      carry = Math.floor(carry / LIMB);
    }
  }
  let text = '';
  for (let limb of limbs) {
    for (let digit = 0; digit < 4; digit++, limb = Math.floor(limb / 58))
      text = (ALPHABET[limb % 58] as string) + text;
  }
  // The highest limb has digits to spare.
  return '1'.repeat(zeros) + text.replace(/^1+/, '');
}

/**
 * The bytes of a base58 text.
 *
 * @throws `SVM_INVALID_BASE58`
 */
export function fromBase58(text: string): Bytes {
  const bytes: number[] = [];
  let zeros = 0;
  while (text[zeros] === '1') zeros++;
  for (const digit of text.slice(zeros)) {
    let carry = DIGITS.get(digit);
    if (carry === undefined) throw fail('SVM_INVALID_BASE58', { value: text });
    for (let j = 0; j < bytes.length; j++) {
      carry += (bytes[j] as number) * 58;
      bytes[j] = carry & 255;
      carry >>= 8;
    }
    for (; carry > 0; carry >>= 8) bytes.push(carry & 255);
  }
  const out = new Uint8Array(zeros + bytes.length);
  for (let j = 0; j < bytes.length; j++) out[out.length - 1 - j] = bytes[j] as number;
  return out;
}

/**
 * The 32 bytes of an address.
 *
 * @throws `SVM_INVALID_BASE58`, `SVM_INVALID_ADDRESS`
 */
export function addressBytes(text: string): Bytes {
  if (text.length > MAX_ADDRESS_TEXT) throw fail('SVM_INVALID_ADDRESS', { value: text });
  const bytes = fromBase58(text);
  if (bytes.length !== ADDRESS_BYTES) throw fail('SVM_INVALID_ADDRESS', { value: text });
  return bytes;
}
