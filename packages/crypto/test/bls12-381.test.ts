import { bigintToBytes, bytesToBigint, concatBytes } from '@ninefold/base';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bls12G1Add,
  bls12G1Msm,
  bls12G2Add,
  bls12G2Msm,
  bls12MapFp2ToG2,
  bls12MapFpToG1,
  bls12Pairing,
} from '../src/bls12-381.ts';

const { Fp, Fp2, Fr } = bls12_381.fields;
const P = Fp.ORDER;
const R = Fr.ORDER;
const element = (value: bigint) => bigintToBytes(value, 64);
const scalarBytes = (value: bigint) => bigintToBytes(value, 32);

function g1(k: bigint): Uint8Array {
  const point = bls12_381.G1.Point.BASE.multiplyUnsafe(((k % R) + R) % R);
  if (point.is0()) return new Uint8Array(128);
  const { x, y } = point.toAffine();
  return concatBytes(element(x), element(y));
}

function g2(k: bigint): Uint8Array {
  const point = bls12_381.G2.Point.BASE.multiplyUnsafe(((k % R) + R) % R);
  if (point.is0()) return new Uint8Array(256);
  const { x, y } = point.toAffine();
  return concatBytes(element(x.c0), element(x.c1), element(y.c0), element(y.c1));
}

/** Points of the curves outside the subgroups: the first x that has one. */
const G1_OUTSIDE = ((): Uint8Array => {
  for (let x = 1n; ; x++) {
    const square = Fp.add(Fp.pow(x, 3n), 4n);
    const y = Fp.pow(square, (P + 1n) / 4n);
    if (Fp.sqr(y) === square) return concatBytes(element(x), element(y));
  }
})();
const G2_OUTSIDE = ((): Uint8Array => {
  for (let i = 1n; ; i++) {
    const x = Fp2.fromBigTuple([i, 0n]);
    try {
      const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), Fp2.fromBigTuple([4n, 4n])));
      return concatBytes(element(i), element(0n), element(y.c0), element(y.c1));
    } catch {
      // No point has this x.
    }
  }
})();

const scalar = fc.oneof(fc.bigInt({ min: 0n, max: R - 1n }), fc.constantFrom(0n, 1n, 2n, R - 1n));
const wideScalar = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }),
  fc.constantFrom(0n, 1n, R - 1n, R, R + 1n, 2n * R, (1n << 256n) - 1n),
);

const GROUPS = [
  { name: 'G1', add: bls12G1Add, msm: bls12G1Msm, point: g1, bytes: 128, outside: G1_OUTSIDE },
  { name: 'G2', add: bls12G2Add, msm: bls12G2Msm, point: g2, bytes: 256, outside: G2_OUTSIDE },
];

describe.each(GROUPS)('$name', ({ add, msm, point, bytes, outside }) => {
  const zero = new Uint8Array(bytes);
  const terms = (...pairs: [k: bigint, scalar: bigint][]) =>
    concatBytes(...pairs.flatMap(([k, s]) => [point(k), scalarBytes(s)]));

  it('adds as the oracle does', () => {
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        expect(add(concatBytes(point(a), point(b)))).toEqual(point(a + b));
      }),
      { numRuns: 15 },
    );
    for (const [a, b] of [
      [3n, 3n],
      [3n, -3n],
      [0n, 3n],
      [3n, 0n],
      [0n, 0n],
    ] as const) {
      expect(add(concatBytes(point(a), point(b)))).toEqual(point(a + b));
    }
  });

  it('adds points outside the subgroup, and refuses them in sums of products', () => {
    const doubled = add(concatBytes(outside, outside))!;
    expect(add(concatBytes(doubled, outside))).toEqual(add(concatBytes(outside, doubled)));
    expect(add(concatBytes(outside, zero))).toEqual(outside);
    expect(msm(concatBytes(outside, scalarBytes(1n)))).toBeUndefined();
    expect(msm(concatBytes(outside, scalarBytes(0n)))).toBeUndefined();
    expect(msm(concatBytes(terms([1n, 1n]), outside, scalarBytes(1n)))).toBeUndefined();
  });

  it('sums products, scalars above the order and infinity included', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(scalar, wideScalar), { minLength: 1, maxLength: 4 }), (pairs) => {
        const expected = pairs.reduce((sum, [k, s]) => sum + k * s, 0n);
        expect(msm(terms(...pairs))).toEqual(point(expected));
      }),
      { numRuns: 12 },
    );
    expect(msm(terms([0n, 5n], [5n, 0n], [7n, R]))).toEqual(zero);
  });

  it('sums the same by tables and by buckets', () => {
    const pairs = Array.from({ length: 66 }, (_, i): [bigint, bigint] => [
      BigInt(i + 1),
      BigInt(i * i) << 9n,
    ]);
    const expected = pairs.reduce((sum, [k, s]) => sum + k * s, 0n);
    expect(msm(terms(...pairs))).toEqual(point(expected));
    const less = pairs.slice(0, 64);
    expect(msm(terms(...less))).toEqual(point(less.reduce((sum, [k, s]) => sum + k * s, 0n)));
  });

  it('fails for other lengths', () => {
    for (const length of [0, 1, bytes, 2 * bytes - 1, 2 * bytes + 1, 4 * bytes]) {
      expect(add(new Uint8Array(length))).toBeUndefined();
    }
    for (const length of [0, 1, bytes, bytes + 31, bytes + 33]) {
      expect(msm(new Uint8Array(length))).toBeUndefined();
    }
  });

  it('fails for elements that are padded wrongly, not below p, or off the curve', () => {
    const good = point(5n);
    for (let at = 0; at < bytes; at += 64) {
      for (let i = 0; i < 16; i++) {
        const padded = good.slice();
        padded[at + i] = 1;
        expect(add(concatBytes(padded, good))).toBeUndefined();
      }
      const large = good.slice();
      large.set(element(P), at);
      expect(add(concatBytes(large, good))).toBeUndefined();
      const off = good.slice();
      off[at + 63]! ^= 1;
      expect(add(concatBytes(off, good))).toBeUndefined();
      expect(add(concatBytes(good, off))).toBeUndefined();
      expect(msm(concatBytes(off, scalarBytes(1n)))).toBeUndefined();
    }
    expect(add(concatBytes(concatBytes(new Uint8Array(bytes - 1), Uint8Array.of(1)), good))).toBeUndefined();
  });
});

describe('bls12Pairing', () => {
  it('is bilinear', () => {
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        expect(bls12Pairing(concatBytes(g1(a), g2(b), g1(-a * b), g2(1n)))).toBe(true);
      }),
      { numRuns: 5 },
    );
  });

  it('is not degenerate, and true with infinity', () => {
    expect(bls12Pairing(concatBytes(g1(1n), g2(1n)))).toBe(false);
    expect(bls12Pairing(new Uint8Array(384))).toBe(true);
    expect(bls12Pairing(concatBytes(g1(1n), g2(0n)))).toBe(true);
    expect(bls12Pairing(concatBytes(g1(0n), g2(1n)))).toBe(true);
  });

  it('fails for no pairs, a partial one and points outside the subgroups', () => {
    for (const length of [0, 383, 385]) expect(bls12Pairing(new Uint8Array(length))).toBeUndefined();
    expect(bls12Pairing(concatBytes(G1_OUTSIDE, g2(1n)))).toBeUndefined();
    expect(bls12Pairing(concatBytes(g1(1n), G2_OUTSIDE))).toBeUndefined();
    expect(bls12Pairing(concatBytes(G1_OUTSIDE, g2(0n)))).toBeUndefined();
    expect(bls12Pairing(concatBytes(g1(0n), G2_OUTSIDE))).toBeUndefined();
  });
});

describe('maps to the curves', () => {
  it('land in the subgroups', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: P - 1n }), fc.bigInt({ min: 0n, max: P - 1n }), (a, b) => {
        const one = bls12MapFpToG1(element(a))!;
        const two = bls12MapFp2ToG2(concatBytes(element(a), element(b)))!;
        expect(bls12G1Msm(concatBytes(one, scalarBytes(R)))).toEqual(new Uint8Array(128));
        expect(bls12G2Msm(concatBytes(two, scalarBytes(1n)))).toEqual(two);
        expect(bytesToBigint(one)).not.toBe(0n);
      }),
      { numRuns: 4 },
    );
  });

  it('fail for other lengths and elements not below p', () => {
    expect(bls12MapFpToG1(element(P))).toBeUndefined();
    expect(bls12MapFpToG1(new Uint8Array(63))).toBeUndefined();
    expect(bls12MapFpToG1(new Uint8Array(64).fill(1))).toBeUndefined();
    expect(bls12MapFp2ToG2(concatBytes(element(1n), element(P)))).toBeUndefined();
    expect(bls12MapFp2ToG2(concatBytes(element(P), element(1n)))).toBeUndefined();
    expect(bls12MapFp2ToG2(new Uint8Array(127))).toBeUndefined();
  });
});
