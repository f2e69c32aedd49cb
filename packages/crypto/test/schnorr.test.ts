import { bigintToBytes, bytesToBigint, bytesToHex, concatBytes, hexToBytes } from '@ninefold/base';
import { schnorr as noble, secp256k1 as nobleCurve } from '@noble/curves/secp256k1.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { useCryptoEngine } from '../src/engine.ts';
import { publicKey, sign, tweakPrivateKey, tweakPublicKey, verify } from '../src/schnorr.ts';
import { N } from '../src/secp256k1.ts';
import { taggedHash } from '../src/tagged-hash.ts';
import { codeOf } from './support/code-of.ts';

const P = nobleCurve.Point.Fp.ORDER;
const word = (value: bigint) => bigintToBytes(value, 32);
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const privateKey = fc
  .oneof(fc.bigInt({ min: 1n, max: N - 1n }), fc.constantFrom(1n, 2n, 3n, N - 2n, N - 1n))
  .map(word);
const message = fc.oneof(bytes32, fc.uint8Array({ maxLength: 100 }));

describe('sign', () => {
  it('equals the oracle and verifies', () => {
    fc.assert(
      fc.property(message, privateKey, bytes32, (text, key, aux) => {
        const signature = sign(text, key, aux);
        expect(bytesToHex(signature)).toBe(bytesToHex(noble.sign(text, key, aux)));
        expect(verify(text, signature, publicKey(key))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses keys out of range and lengths', () => {
    for (const key of [word(0n), word(N), word(N + 1n)]) {
      expect(codeOf(() => sign(word(1n), key))).toBe('CRYPTO_INVALID_PRIVATE_KEY');
    }
    expect(codeOf(() => sign(word(1n), new Uint8Array(31)))).toBe('CRYPTO_INVALID_LENGTH');
    expect(codeOf(() => sign(word(1n), word(1n), new Uint8Array(33)))).toBe('CRYPTO_INVALID_LENGTH');
  });
});

describe('verify', () => {
  const key = word(7n);
  const text = word(99n);
  const signature = sign(text, key);
  const x = publicKey(key);

  it('refuses every change of a bit', () => {
    for (let bit = 0; bit < 512; bit += 13) {
      const changed = signature.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(verify(text, changed, x)).toBe(false);
    }
    expect(verify(word(98n), signature, x)).toBe(false);
    expect(verify(text, signature, publicKey(word(8n)))).toBe(false);
  });

  it('refuses r and s beyond the field and the order, and x of no point', () => {
    const r = signature.subarray(0, 32);
    const s = signature.subarray(32);
    expect(verify(text, concatBytes(r, word(N)), x)).toBe(false);
    expect(verify(text, concatBytes(r, word(0n)), x)).toBe(false);
    expect(verify(text, concatBytes(word(P), s), x)).toBe(false);
    for (const bad of [0n, P, P + 1n, N, (1n << 256n) - 1n, 5n]) {
      expect(verify(text, signature, word(bad))).toBe(false);
    }
  });

  it('refuses an R whose y is odd', () => {
    // The other nonce point: R' = -R has the same x, and s' = n - k + e·d goes with it.
    const secret = bytesToBigint(key);
    const e = bytesToBigint(taggedHash('BIP0340/challenge')(signature.subarray(0, 32), x, text)) % N;
    const even = (nobleCurve.Point.BASE.multiply(secret).toAffine().y & 1n) === 0n ? secret : N - secret;
    const k = (((bytesToBigint(signature.subarray(32)) - e * even) % N) + N) % N;
    const s = (N - k + e * even) % N;
    expect(verify(text, concatBytes(signature.subarray(0, 32), word(s)), x)).toBe(false);
  });

  it('takes lengths as they are promised, and an engine in its place', () => {
    expect(codeOf(() => verify(text, new Uint8Array(63), x))).toBe('CRYPTO_INVALID_LENGTH');
    expect(codeOf(() => verify(text, signature, new Uint8Array(33)))).toBe('CRYPTO_INVALID_LENGTH');
    const restore = useCryptoEngine({ schnorrVerify: () => true });
    expect(verify(text, new Uint8Array(64), x)).toBe(true);
    restore();
    expect(verify(text, new Uint8Array(64), x)).toBe(false);
  });
});

describe('tweaks', () => {
  it('meet: the tweaked secret is the tweaked key’s', () => {
    fc.assert(
      fc.property(privateKey, fc.bigInt({ min: 0n, max: N - 3n }).map(word), (key, tweak) => {
        const tweaked = tweakPublicKey(publicKey(key), tweak);
        // The sum is the point at infinity only for a tweak that cancels the key.
        if (tweaked === undefined) return;
        expect(bytesToHex(publicKey(tweakPrivateKey(key, tweak)))).toBe(bytesToHex(tweaked.key));
        const point = nobleCurve.Point.BASE.multiply(bytesToBigint(tweakPrivateKey(key, tweak)));
        expect(point.toAffine().x).toBe(bytesToBigint(tweaked.key));
      }),
      { numRuns: 30 },
    );
  });

  it('says the parity of the sum', () => {
    const { key, parity } = tweakPublicKey(publicKey(word(3n)), word(5n))!;
    const even = nobleCurve.Point.fromHex(
      bytesToHex(concatBytes(Uint8Array.of(2), publicKey(word(3n)))).slice(2),
    );
    const sum = even.add(nobleCurve.Point.BASE.multiply(5n)).toAffine();
    expect(bytesToBigint(key)).toBe(sum.x);
    expect(parity).toBe(Number(sum.y & 1n));
  });

  it('are refused beyond the order and for no point', () => {
    expect(tweakPublicKey(publicKey(word(3n)), word(N))).toBeUndefined();
    expect(tweakPublicKey(word(5n), word(1n))).toBeUndefined();
    const even = publicKey(word(1n));
    expect(tweakPublicKey(even, word(N - 1n))).toBeUndefined();
    expect(codeOf(() => tweakPrivateKey(word(1n), word(N - 1n)))).toBe('CRYPTO_INVALID_PRIVATE_KEY');
    expect(codeOf(() => tweakPublicKey(even, new Uint8Array(31)))).toBe('CRYPTO_INVALID_LENGTH');
  });
});

describe('taggedHash', () => {
  it('is the hash of BIP 340', () => {
    // sha256 of two tag hashes and nothing else.
    expect(bytesToHex(taggedHash('TapLeaf')())).toBe(
      bytesToHex(noble.utils.taggedHash('TapLeaf', new Uint8Array(0))),
    );
    expect(bytesToHex(taggedHash('x')(hexToBytes('0x01'), hexToBytes('0x0203')))).toBe(
      bytesToHex(noble.utils.taggedHash('x', hexToBytes('0x010203'))),
    );
  });
});
