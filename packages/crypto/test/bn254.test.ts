import { bigintToBytes, concatBytes, hexToBytes } from '@ninefold/base';
import { bn254 } from '@noble/curves/bn254.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bn254Add, bn254Mul, bn254Pairing } from '../src/bn254.ts';

const { Fp, Fp2, Fr } = bn254.fields;
const P = Fp.ORDER;
const R = Fr.ORDER;
const ZERO = new Uint8Array(64);
const word = (value: bigint) => bigintToBytes(value, 32);
const words = (...values: bigint[]) => concatBytes(...values.map(word));

/** k G in the precompile's encoding, by the oracle. */
function g1(k: bigint): Uint8Array {
  const point = bn254.G1.Point.BASE.multiplyUnsafe(((k % R) + R) % R);
  if (point.is0()) return ZERO;
  const { x, y } = point.toAffine();
  return words(x, y);
}

function g2(k: bigint): Uint8Array {
  const point = bn254.G2.Point.BASE.multiplyUnsafe(((k % R) + R) % R);
  if (point.is0()) return new Uint8Array(128);
  const { x, y } = point.toAffine();
  return words(x.c1, x.c0, y.c1, y.c0);
}

const scalar = fc.oneof(fc.bigInt({ min: 0n, max: R - 1n }), fc.constantFrom(0n, 1n, 2n, R - 1n, R - 2n));
const factor = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }),
  fc.bigInt({ min: 0n, max: 20n }),
  fc.constantFrom(R - 1n, R, R + 1n, 2n * R, (1n << 256n) - 1n, 1n << 255n),
);

describe('bn254Add', () => {
  it('adds as the oracle does: doubling, inverses and infinity included', () => {
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        expect(bn254Add(concatBytes(g1(a), g1(b)))).toEqual(g1(a + b));
      }),
      { numRuns: 60 },
    );
    for (const a of [0n, 1n, 2n, 5n]) {
      for (const b of [-5n, -2n, -1n, 0n, 1n, 2n, 5n]) {
        expect(bn254Add(concatBytes(g1(a), g1(b)))).toEqual(g1(a + b));
      }
    }
  });

  it('is associative and commutative', () => {
    const [a, b, c] = [g1(3n), g1(1n << 200n), g1(R - 77n)];
    const add = (x: Uint8Array, y: Uint8Array) => bn254Add(concatBytes(x, y))!;
    expect(add(a, b)).toEqual(add(b, a));
    expect(add(add(a, b), c)).toEqual(add(a, add(b, c)));
  });

  it('fills short input with zeros and cuts long input', () => {
    expect(bn254Add(new Uint8Array(0))).toEqual(ZERO);
    expect(bn254Add(g1(7n))).toEqual(g1(7n));
    expect(bn254Add(concatBytes(g1(7n), g1(8n), new Uint8Array(5).fill(9)))).toEqual(g1(15n));
    expect(bn254Add(g1(7n).subarray(0, 63))).toBeUndefined();
  });

  it.each([
    ['x = p', words(P, 0n)],
    ['y = p', words(0n, P)],
    ['x + p', words(1n + P, 2n)],
    ['y + p', words(1n, 2n + P)],
    ['all ones', new Uint8Array(64).fill(0xff)],
    ['off the curve', words(1n, 3n)],
    ['x = 0, y = 1', words(0n, 1n)],
    ['x = 1, y = 0', words(1n, 0n)],
  ])('fails for %s, on either side', (_, point) => {
    expect(bn254Add(concatBytes(point, g1(1n)))).toBeUndefined();
    expect(bn254Add(concatBytes(g1(1n), point))).toBeUndefined();
    expect(bn254Add(concatBytes(point, ZERO))).toBeUndefined();
    expect(bn254Mul(concatBytes(point, word(0n)))).toBeUndefined();
    expect(bn254Pairing(concatBytes(point, new Uint8Array(128)))).toBeUndefined();
  });
});

describe('bn254Mul', () => {
  it('multiplies as the oracle does, factors above the order included', () => {
    fc.assert(
      fc.property(scalar, factor, (a, k) => {
        expect(bn254Mul(concatBytes(g1(a), word(k)))).toEqual(g1(a * k));
      }),
      { numRuns: 60 },
    );
  });

  it('distributes over addition', () => {
    fc.assert(
      fc.property(factor, factor, (a, b) => {
        const sum = bn254Add(
          concatBytes(bn254Mul(concatBytes(g1(5n), word(a)))!, bn254Mul(concatBytes(g1(5n), word(b)))!),
        );
        expect(sum).toEqual(bn254Mul(concatBytes(g1(5n), word((a + b) % R))));
      }),
      { numRuns: 25 },
    );
  });

  it('fills short input with zeros and cuts long input', () => {
    expect(bn254Mul(new Uint8Array(0))).toEqual(ZERO);
    expect(bn254Mul(g1(3n))).toEqual(ZERO);
    // A factor cut after its first byte is that byte times 2^248.
    expect(bn254Mul(concatBytes(g1(3n), Uint8Array.of(2)))).toEqual(g1(3n * (2n << 248n)));
    expect(bn254Mul(concatBytes(g1(3n), word(2n), Uint8Array.of(1)))).toEqual(g1(6n));
  });

  it('matches the vector of EIP-196’s first implementation', () => {
    const input = hexToBytes(
      '0x2bd3e6d0f3b142924f5ca7b49ce5b9d54c4703d7ae5648e61d02268b1a0a9fb721611ce0a6af85915e2f1d70300909ce2e49dfad4a4619c8390cae66cefdb20400000000000000000000000000000000000000000000000011138ce750fa15c2',
    );
    expect(bn254Mul(input)).toEqual(
      hexToBytes(
        '0x070a8d6a982153cae4be29d434e8faef8a47b274a053f5a4ee2a6c9c13c31e5c031b8ce914eba3a9ffb989f9cdd5b0f01943074bf4f0f315690ec3cec6981afc',
      ),
    );
  });
});

describe('bn254Pairing', () => {
  it('is true for no pairs and for pairs with infinity', () => {
    expect(bn254Pairing(new Uint8Array(0))).toBe(true);
    expect(bn254Pairing(new Uint8Array(192))).toBe(true);
    expect(bn254Pairing(concatBytes(g1(3n), new Uint8Array(128)))).toBe(true);
    expect(bn254Pairing(concatBytes(ZERO, g2(3n)))).toBe(true);
  });

  it('is bilinear: e(aP, bQ) e(-abP, Q) = 1', () => {
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        const pairs = concatBytes(g1(a), g2(b), g1(-a * b), g2(1n));
        expect(bn254Pairing(pairs)).toBe(true);
      }),
      { numRuns: 8 },
    );
  });

  it('is additive in both arguments and not degenerate', () => {
    expect(bn254Pairing(concatBytes(g1(2n), g2(7n), g1(3n), g2(7n), g1(-5n), g2(7n)))).toBe(true);
    expect(bn254Pairing(concatBytes(g1(7n), g2(2n), g1(7n), g2(3n), g1(7n), g2(-5n)))).toBe(true);
    expect(bn254Pairing(concatBytes(g1(1n), g2(1n)))).toBe(false);
    expect(bn254Pairing(concatBytes(g1(2n), g2(3n), g1(-5n), g2(1n)))).toBe(false);
  });

  it.each([1, 191, 193, 383])('fails for %i bytes', (length) => {
    expect(bn254Pairing(new Uint8Array(length))).toBeUndefined();
  });

  it('fails for coordinates of G2 that are not below p or off the twist', () => {
    for (let i = 0; i < 4; i++) {
      const large = g2(1n);
      large.set(word(P), 32 * i);
      expect(bn254Pairing(concatBytes(ZERO, large))).toBeUndefined();
      const off = g2(1n);
      off[32 * i + 31]! ^= 1;
      expect(bn254Pairing(concatBytes(g1(1n), off))).toBeUndefined();
    }
  });

  it('fails for a point of the twist outside the subgroup', () => {
    const b = Fp2.div(Fp2.fromBigTuple([3n, 0n]), Fp2.fromBigTuple([9n, 1n]));
    let outside: Uint8Array | undefined;
    for (let i = 1n; outside === undefined; i++) {
      const x = Fp2.fromBigTuple([i, 0n]);
      try {
        const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), b));
        outside = words(0n, i, y.c1, y.c0);
      } catch {
        // No point has this x.
      }
    }
    expect(bn254Pairing(concatBytes(ZERO, outside))).toBeUndefined();
    expect(bn254Pairing(concatBytes(g1(1n), outside))).toBeUndefined();
  });

  it('fails when a later pair is wrong', () => {
    expect(bn254Pairing(concatBytes(g1(1n), g2(1n), words(1n, 3n), g2(1n)))).toBeUndefined();
  });
});
