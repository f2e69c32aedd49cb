import { bigintToBytes, bytesToBigint, bytesToHex } from '@ninefold/base';
import { secp256k1 as noble } from '@noble/curves/secp256k1.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ethereumAddress } from '../src/ethereum-address.ts';
import { HALF_N, N, publicKey, recover, sign, verify } from '../src/secp256k1.ts';
import { codeOf } from './support/code-of.ts';

const P = noble.Point.Fp.ORDER;
const word = (value: bigint) => bigintToBytes(value, 32);
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const privateKey = fc
  .oneof(fc.bigInt({ min: 1n, max: N - 1n }), fc.constantFrom(1n, 2n, HALF_N, HALF_N + 1n, N - 2n, N - 1n))
  .map(word);
const hash = fc.oneof(bytes32, fc.constantFrom(0n, 1n, N - 1n, N, N + 1n, (1n << 256n) - 1n).map(word));

/** The oracle's answer: 64 bytes, or undefined where it throws. */
function nobleRecover(digest: Uint8Array, r: bigint, s: bigint, id: number): Uint8Array | undefined {
  try {
    const signature = new noble.Signature(r, s, id);
    return signature.recoverPublicKey(digest).toBytes(false).slice(1);
  } catch {
    return undefined;
  }
}

describe('sign', () => {
  it('equals the oracle: RFC 6979 nonces, low s, parity', () => {
    fc.assert(
      fc.property(hash, privateKey, (digest, key) => {
        const compact = noble.sign(digest, key, { prehash: false, format: 'recovered' });
        const { r, s, yParity } = sign(digest, key);
        expect([BigInt(yParity), r, s]).toEqual([
          BigInt(compact[0]!),
          bytesToBigint(compact.subarray(1, 33)),
          bytesToBigint(compact.subarray(33)),
        ]);
        expect(s <= HALF_N).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('does not remember the key or change its arguments', () => {
    const key = word(12345n);
    const digest = word(99n);
    expect(sign(digest, key)).toEqual(sign(digest, key));
    expect(key).toEqual(word(12345n));
    expect(digest).toEqual(word(99n));
  });

  it.each([0n, N, N + 1n, (1n << 256n) - 1n])('refuses the private key %s', (value) => {
    expect(codeOf(() => sign(word(1n), word(value)))).toBe('CRYPTO_INVALID_PRIVATE_KEY');
    expect(codeOf(() => publicKey(word(value)))).toBe('CRYPTO_INVALID_PRIVATE_KEY');
  });

  it('refuses other lengths than 32', () => {
    expect(codeOf(() => sign(new Uint8Array(31), word(1n)))).toBe('CRYPTO_INVALID_LENGTH');
    expect(codeOf(() => sign(word(1n), new Uint8Array(33)))).toBe('CRYPTO_INVALID_LENGTH');
    expect(codeOf(() => recover(new Uint8Array(0), 1n, 1n, 0))).toBe('CRYPTO_INVALID_LENGTH');
    expect(codeOf(() => verify(word(1n), 1n, 1n, new Uint8Array(65)))).toBe('CRYPTO_INVALID_LENGTH');
  });
});

describe('recover', () => {
  it('gives the signer back, also for the high s with the other parity', () => {
    fc.assert(
      fc.property(hash, privateKey, (digest, key) => {
        const { r, s, yParity } = sign(digest, key);
        const expected = publicKey(key);
        expect(recover(digest, r, s, yParity)).toEqual(expected);
        expect(recover(digest, r, N - s, 1 - yParity)).toEqual(expected);
        expect(recover(digest, r, s, 1 - yParity)).not.toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('equals the oracle on arbitrary r and s, most of them no signature', () => {
    const scalar = fc.oneof(
      fc.bigInt({ min: 1n, max: N - 1n }),
      fc.bigInt({ min: 1n, max: 40n }),
      fc.bigInt({ min: N - 40n, max: N - 1n }),
      fc.bigInt({ min: P - N - 20n, max: P - N + 20n }),
    );
    fc.assert(
      fc.property(hash, scalar, scalar, fc.nat({ max: 3 }), (digest, r, s, id) => {
        expect(recover(digest, r, s, id)).toEqual(nobleRecover(digest, r, s, id));
      }),
      { numRuns: 200 },
    );
  });

  it.each([0n, N, N + 1n, -1n, 1n << 256n])('has no key for r or s = %s', (value) => {
    expect(recover(word(5n), value, 1n, 0)).toBeUndefined();
    expect(recover(word(5n), 1n, value, 0)).toBeUndefined();
  });

  it('has no key where r + n is not below p, and one where it is', () => {
    expect(recover(word(5n), P - N, 1n, 2)).toBeUndefined();
    expect(recover(word(5n), P - N + 1n, 1n, 3)).toBeUndefined();
    let found = 0;
    for (let r = 1n; r < 12n; r++) {
      const ours = recover(word(5n), r, 7n, 2);
      expect(ours).toEqual(nobleRecover(word(5n), r, 7n, 2));
      if (ours) found++;
    }
    expect(found).toBeGreaterThan(0);
  });

  it('has no key where no point has the x', () => {
    // x^3 + 7 is no square for x = 5.
    expect(recover(word(5n), 5n, 1n, 0)).toBeUndefined();
    expect(recover(word(5n), 5n, 1n, 1)).toBeUndefined();
  });

  it('has no key when it would be the point at infinity', () => {
    // R = G and hash = s: Q = (s R - hash G) / r = 0. The generator has an even y.
    const { x } = noble.Point.BASE.toAffine();
    expect(recover(word(9n), x, 9n, 0)).toBeUndefined();
    expect(recover(word(9n), x, 9n, 1)).toBeDefined();
    expect(recover(word(9n), x, 10n, 0)).toBeDefined();
  });

  it('takes recovery ids 0 to 3 only', () => {
    const { r, s } = sign(word(5n), word(6n));
    for (const id of [-1, 4, 27, 28, 0.5, Number.NaN]) expect(recover(word(5n), r, s, id)).toBeUndefined();
  });
});

describe('publicKey', () => {
  it('equals the oracle', () => {
    fc.assert(
      fc.property(privateKey, (key) => {
        expect(publicKey(key)).toEqual(noble.getPublicKey(key, false).slice(1));
      }),
      { numRuns: 40 },
    );
  });

  it('is additive: (a + b) G = a G + b G', () => {
    const sum = noble.Point.fromBytes(Uint8Array.of(4, ...publicKey(word(20n)))).add(
      noble.Point.fromBytes(Uint8Array.of(4, ...publicKey(word(22n)))),
    );
    expect(publicKey(word(42n))).toEqual(sum.toBytes(false).slice(1));
  });
});

describe('verify', () => {
  const key = word(0xabcdefn);
  const digest = word(1n << 200n);
  const { r, s } = sign(digest, key);
  const signer = publicKey(key);

  it('accepts what sign made and nothing near it', () => {
    expect(verify(digest, r, s, signer)).toBe(true);
    expect(verify(word(2n), r, s, signer)).toBe(false);
    expect(verify(digest, r + 1n, s, signer)).toBe(false);
    expect(verify(digest, r, s + 1n, signer)).toBe(false);
    expect(verify(digest, r, s, publicKey(word(2n)))).toBe(false);
  });

  it('refuses a high s, scalars out of range and keys that are no point', () => {
    expect(verify(digest, r, N - s, signer)).toBe(false);
    for (const bad of [0n, -1n, N, 1n << 256n]) {
      expect(verify(digest, bad, s, signer)).toBe(false);
      expect(verify(digest, r, bad, signer)).toBe(false);
    }
    expect(verify(digest, r, s, new Uint8Array(64))).toBe(false);
    const off = signer.slice();
    off[63]! ^= 1;
    expect(verify(digest, r, s, off)).toBe(false);
    expect(verify(digest, r, s, new Uint8Array(64).fill(0xff))).toBe(false);
  });
});

describe('ethereumAddress', () => {
  it.each([
    [1n, '0x7e5f4552091a69125d5dfcb7b8c2659029395bdf'],
    [2n, '0x2b5ad5c4795c026514f8317c7a215e218dccd6cf'],
    [
      0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80n,
      '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
    ],
  ])('of private key %s', (key, address) => {
    expect(bytesToHex(ethereumAddress(publicKey(word(key))))).toBe(address);
  });

  it('takes 64 bytes', () => {
    expect(codeOf(() => ethereumAddress(new Uint8Array(65)))).toBe('CRYPTO_INVALID_LENGTH');
  });
});
