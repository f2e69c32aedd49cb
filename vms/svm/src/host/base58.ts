import { type Bytes, defineErrors } from '@ninefold/base';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const DIGITS: ReadonlyMap<string, number> = new Map([...ALPHABET].map((digit, value) => [digit, value]));

const fail = defineErrors({
  SVM_INVALID_BASE58: (c: { readonly value: string }) =>
    `${JSON.stringify(c.value.slice(0, 80))} is no base58 text`,
  SVM_INVALID_ADDRESS: (c: { readonly value: string }) =>
    `${JSON.stringify(c.value.slice(0, 80))} is no address: expected base58 of ${ADDRESS_BYTES} bytes`,
});

export const ADDRESS_BYTES = 32;

/** Longest base58 text of 32 bytes. */
const MAX_ADDRESS_TEXT = 44;

/** Bitcoin's base58: each leading zero byte is a `1`. Quadratic in the length. */
export function toBase58(bytes: Bytes): string {
  const digits: number[] = [];
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  for (let i = zeros; i < bytes.length; i++) {
    let carry = bytes[i] as number;
    for (let j = 0; j < digits.length; j++) {
      carry += (digits[j] as number) * 256;
      digits[j] = carry % 58;
      carry = Math.floor(carry / 58);
    }
    for (; carry > 0; carry = Math.floor(carry / 58)) digits.push(carry % 58);
  }
  let text = '1'.repeat(zeros);
  for (let j = digits.length - 1; j >= 0; j--) text += ALPHABET[digits[j] as number];
  return text;
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
