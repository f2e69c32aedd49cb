import type { Bytes } from '@ninefold/base';

/**
 * Reads an ECDSA signature the way OpenSSL once did, and Bitcoin's consensus therefore does for the
 * blocks before BIP 66: lengths in any form, the sequence's length not checked, bytes left over, and
 * integers of any sign and length.
 *
 * @returns r and s in 64 bytes, all zero when one of them has more than 256 bits; undefined when the
 * structure cannot be followed
 */
export function parseDerLax(input: Bytes): Bytes | undefined {
  let at = 0;

  /** A length at `at`, moving behind it; -1 when it is cut off or absurdly long. */
  const readLength = (): number => {
    const first = input[at++];
    if (first === undefined) return -1;
    if ((first & 0x80) === 0) return first;
    let count = first - 0x80;
    if (count > input.length - at) return -1;
    while (count > 0 && input[at] === 0) {
      at++;
      count--;
    }
    if (count >= 4) return -1;
    let length = 0;
    for (; count > 0; count--) length = length * 256 + (input[at++] as number);
    return length;
  };

  /** The bytes of an integer at `at`, moving behind it. */
  const readInteger = (): Bytes | undefined => {
    if (input[at++] !== 0x02) return undefined;
    const length = readLength();
    if (length < 0 || length > input.length - at) return undefined;
    let start = at;
    at += length;
    while (start < at && input[start] === 0) start++;
    return input.subarray(start, at);
  };

  if (input[at++] !== 0x30) return undefined;
  const first = input[at++];
  if (first === undefined) return undefined;
  if ((first & 0x80) !== 0) {
    // The sequence's own length is skipped, whatever it says.
    if (first - 0x80 > input.length - at) return undefined;
    at += first - 0x80;
  }
  const r = readInteger();
  if (r === undefined) return undefined;
  const s = readInteger();
  if (s === undefined) return undefined;
  const compact = new Uint8Array(64);
  if (r.length > 32 || s.length > 32) return compact;
  compact.set(r, 32 - r.length);
  compact.set(s, 64 - s.length);
  return compact;
}

/**
 * r and s as strict DER (BIP 66), without a hash type.
 *
 * @param compact 64 bytes
 */
export function encodeDer(compact: Bytes): Bytes {
  const r = derInteger(compact.subarray(0, 32));
  const s = derInteger(compact.subarray(32, 64));
  return Uint8Array.of(0x30, r.length + s.length, ...r, ...s);
}

function derInteger(word: Bytes): Bytes {
  let start = 0;
  while (start < 31 && word[start] === 0) start++;
  const digits = word.subarray(start);
  // A set highest bit would make the integer negative.
  const sign = (digits[0] as number) >= 0x80 ? [0] : [];
  return Uint8Array.of(0x02, digits.length + sign.length, ...sign, ...digits);
}
