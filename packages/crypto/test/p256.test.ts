import { bigintToBytes, concatBytes } from '@ninefold/base';
import { p256 } from '@noble/curves/nist.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { p256Verify } from '../src/p256.ts';

const N = p256.Point.Fn.ORDER;
const P = p256.Point.Fp.ORDER;
const word = (value: bigint) => bigintToBytes(value, 32);
const scalar = fc.bigInt({ min: 1n, max: N - 1n });

function signed(hash: Uint8Array, key: bigint): Uint8Array {
  const secret = word(key);
  const signature = p256.sign(hash, secret, { prehash: false, lowS: false });
  return concatBytes(hash, signature, p256.getPublicKey(secret, false).subarray(1));
}

/** `input` with the word at `index` replaced. */
function withWord(input: Uint8Array, index: number, value: bigint): Uint8Array {
  const changed = input.slice();
  changed.set(word(value), 32 * index);
  return changed;
}

describe('p256Verify', () => {
  const input = signed(word(0x1234n << 100n), 99n);
  const s = BigInt(`0x${Buffer.from(input.subarray(64, 96)).toString('hex')}`);

  it('accepts the oracle’s signatures, and refuses them with any bit flipped', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        scalar,
        fc.nat({ max: 1279 }),
        (hash, key, bit) => {
          const good = signed(hash, key);
          expect(p256Verify(good)).toBe(true);
          good[bit >> 3]! ^= 1 << (bit & 7);
          expect(p256Verify(good)).toBe(false);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('accepts both s and n - s', () => {
    expect(p256Verify(input)).toBe(true);
    expect(p256Verify(withWord(input, 2, N - s))).toBe(true);
  });

  it('takes hashes at and above the order', () => {
    for (const hash of [0n, N - 1n, N, N + 1n, (1n << 256n) - 1n]) {
      expect(p256Verify(signed(word(hash), 5n)), String(hash)).toBe(true);
    }
  });

  it('refuses scalars out of range', () => {
    for (const index of [1, 2]) {
      for (const value of [0n, N, N + 1n, (1n << 256n) - 1n]) {
        expect(p256Verify(withWord(input, index, value))).toBe(false);
      }
    }
  });

  it('refuses keys at infinity, off the curve and not reduced', () => {
    expect(p256Verify(withWord(withWord(input, 3, 0n), 4, 0n))).toBe(false);
    expect(p256Verify(withWord(input, 4, 1n))).toBe(false);
    expect(p256Verify(withWord(input, 3, P))).toBe(false);
    expect(p256Verify(withWord(input, 4, (1n << 256n) - 1n))).toBe(false);
  });

  it('refuses when u1 G + u2 Q is infinity', () => {
    // Q = G and hash = -r: u1 + u2 = (hash + r) / s = 0.
    const { x, y } = p256.Point.BASE.toAffine();
    expect(p256Verify(concatBytes(word(N - 7n), word(7n), word(1n), word(x), word(y)))).toBe(false);
  });

  it('adds equal and opposite points inside the sum', () => {
    for (const key of [1n, 2n, 3n, N - 1n, N - 2n]) {
      for (const hash of [1n, 2n, 3n]) expect(p256Verify(signed(word(hash), key))).toBe(true);
    }
  });

  it.each([0, 159, 161, 320])('refuses %i bytes', (length) => {
    expect(p256Verify(new Uint8Array(length))).toBe(false);
  });
});
