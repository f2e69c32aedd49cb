import type { Bytes } from '@ninefold/base';

/** Bytes that a sequence beginning with `lead` has; 0 where nothing may begin so. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/** Range of the second byte: shorter forms, surrogates and what is above U+10FFFF are excluded. */
function secondRange(lead: number): readonly [low: number, high: number] {
  if (lead === 0xe0) return [0xa0, 0xbf];
  if (lead === 0xed) return [0x80, 0x9f];
  if (lead === 0xf0) return [0x90, 0xbf];
  return lead === 0xf4 ? [0x80, 0x8f] : [0x80, 0xbf];
}

/**
 * What Rust says of the first malformed place in `bytes`, which are no UTF-8: texts of faults hold it.
 *
 * @example describeUtf8Error(Uint8Array.of(255)) // 'invalid utf-8 sequence of 1 bytes from index 0'
 */
export function describeUtf8Error(bytes: Bytes): string {
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] as number;
    const length = sequenceLength(lead);
    if (length === 0) return `invalid utf-8 sequence of 1 bytes from index ${at}`;
    for (let i = 1; i < length; i++) {
      const byte = bytes[at + i];
      if (byte === undefined) return `incomplete utf-8 byte sequence from index ${at}`;
      const [low, high] = i === 1 ? secondRange(lead) : [0x80, 0xbf];
      if (byte < low || byte > high) return `invalid utf-8 sequence of ${i} bytes from index ${at}`;
    }
    at += length;
  }
  return '';
}
