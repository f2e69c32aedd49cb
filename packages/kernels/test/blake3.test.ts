import { bytesToHex, isNinefoldError, utf8ToBytes } from '@ninefold/base';
import { blake3 as nobleBlake3 } from '@noble/hashes/blake3.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blake3 } from '../src/blake3.ts';
import { MAX_INPUT_BYTES } from '../src/instance.ts';

const CHUNK_BYTES = 1024;

const filled = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);

describe('BLAKE3', () => {
  it.each<[text: string, digest: string]>([
    ['', '0xaf1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
    ['abc', '0x6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85'],
  ])('of %j is known', (text, digest) => {
    expect(bytesToHex(blake3([utf8ToBytes(text)]))).toBe(digest);
  });

  it('agrees with another implementation around the ends of blocks and chunks', () => {
    for (const chunks of [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33]) {
      for (const more of [0, 1, 63, 64, 65, 128, 1023]) {
        const input = filled(chunks * CHUNK_BYTES + more);
        expect(bytesToHex(blake3([input]))).toBe(bytesToHex(nobleBlake3(input)));
      }
    }
  });

  it('agrees in all of a long output', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.integer({ min: 1, max: 2100 }), (input, bytes) => {
        expect(bytesToHex(blake3([input], bytes))).toBe(bytesToHex(nobleBlake3(input, { dkLen: bytes })));
      }),
    );
  });

  it('is that of the parts put together', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 }), (parts) => {
        const whole = Uint8Array.from(parts.flatMap((part) => [...part]));
        expect(blake3(parts)).toEqual(blake3([whole]));
      }),
    );
  });

  it('of much is right, and of little right after it', () => {
    const large = filled(3_000_001);
    expect(bytesToHex(blake3([large]))).toBe(bytesToHex(nobleBlake3(large)));
    expect(bytesToHex(blake3([filled(5)]))).toBe(bytesToHex(nobleBlake3(filled(5))));
  });

  it('gives bytes of its own', () => {
    const first = blake3([filled(10)]);
    const copy = first.slice();
    blake3([filled(20)]);
    expect(first).toEqual(copy);
  });

  it('refuses more than a kernel takes', () => {
    // The same bytes again and again: the sum is looked at before anything is copied.
    const part = new Uint8Array(2 ** 26);
    const parts = Array.from({ length: MAX_INPUT_BYTES / part.length + 1 }, () => part);
    const refused = (): boolean => {
      try {
        blake3(parts);
      } catch (error) {
        return isNinefoldError(error, 'KERNELS_INPUT_TOO_LARGE');
      }
      return false;
    };
    expect(refused()).toBe(true);
  });
});
