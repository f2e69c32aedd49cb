import { concatBytes } from '@ninefold/base';
import { ed25519 } from '@noble/curves/ed25519.js';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ED25519_BATCH, isEd25519Point, verifyAllEd25519, verifyEd25519 } from '../src/ed25519.ts';
import { useCryptoEngine } from '../src/engine.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const secret = new Uint8Array(32).fill(3);
const key = ed25519.getPublicKey(secret);
const message = Uint8Array.of(1, 2, 3);
const signature = ed25519.sign(message, secret);

let restore: (() => void) | undefined;
afterEach(() => {
  restore?.();
  restore = undefined;
});

describe('verifyEd25519', () => {
  it('takes what the oracle signs, and refuses it with any bit flipped', () => {
    fc.assert(
      fc.property(bytes(32), bytes(50), fc.nat({ max: 511 }), (secretKey, text, bit) => {
        const signed = ed25519.sign(text, secretKey);
        const publicKey = ed25519.getPublicKey(secretKey);
        expect(verifyEd25519(signed, text, publicKey)).toBe(true);
        signed[bit >> 3]! ^= 1 << (bit & 7);
        expect(verifyEd25519(signed, text, publicKey)).toBe(false);
        expect(ed25519.verify(signed, text, publicKey, { zip215: false })).toBe(false);
      }),
      { numRuns: 20 },
    );
  });

  it.each([0, 63, 65, 96])('refuses a signature of %d bytes', (length) => {
    expect(verifyEd25519(new Uint8Array(length), message, key)).toBe(false);
  });

  it('is replaced for one and for many, after lengths were checked', () => {
    restore = useCryptoEngine({ ed25519Verify: (_signature, text) => text.length === 1 });
    expect(verifyEd25519(signature, message, key)).toBe(false);
    expect(verifyEd25519(signature, Uint8Array.of(1), key)).toBe(true);
    expect(verifyEd25519(signature, Uint8Array.of(1), key.subarray(1))).toBe(false);
    expect(
      verifyAllEd25519([
        { signature, message, key },
        { signature, message: Uint8Array.of(1), key },
        { signature: key, message: Uint8Array.of(1), key },
      ]),
    ).toEqual([false, true, false]);
  });
});

describe('verifyAllEd25519', () => {
  it('answers for each', () => {
    const right = { signature, message, key };
    const wrong = { signature, message: concatBytes(message, message), key };
    const many = Array.from({ length: 2 * ED25519_BATCH + 1 }, (_, i) => (i % 3 === 1 ? wrong : right));
    expect(verifyAllEd25519(many)).toEqual(many.map((each) => each === right));
    expect(verifyAllEd25519([])).toEqual([]);
  });
});

describe('isEd25519Point', () => {
  it('takes keys and refuses what the oracle cannot decode', () => {
    expect(isEd25519Point(key)).toBe(true);
    fc.assert(
      fc.property(bytes(32), (point) => {
        let isPoint = true;
        try {
          ed25519.Point.fromBytes(point, true);
        } catch {
          isPoint = false;
        }
        expect(isEd25519Point(point)).toBe(isPoint);
      }),
      { numRuns: 60 },
    );
  });

  it.each([0, 31, 33])('refuses %d bytes', (length) => {
    expect(isEd25519Point(new Uint8Array(length))).toBe(false);
  });
});
