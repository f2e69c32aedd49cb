import { bigintToBytes, concatBytes, isNinefoldError } from '@ninefold/base';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bls12G1Add, bls12G1Msm, bls12G2Add, bls12G2Msm, bls12Pairing } from '../src/bls12-381.ts';

const { Fp, Fp2, Fp12, Fr } = bls12_381.fields;
const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;
type G1Point = InstanceType<typeof G1>;
type G2Point = InstanceType<typeof G2>;

const element = (value: bigint) => bigintToBytes(value, 64);
const word = (value: bigint) => bigintToBytes(value, 32);
const encodeG1 = (point: G1Point): Uint8Array => {
  if (point.is0()) return new Uint8Array(128);
  const { x, y } = point.toAffine();
  return concatBytes(element(x), element(y));
};
const encodeG2 = (point: G2Point): Uint8Array => {
  if (point.is0()) return new Uint8Array(256);
  const { x, y } = point.toAffine();
  return concatBytes(element(x.c0), element(x.c1), element(y.c0), element(y.c1));
};
const g1 = (k: bigint) => encodeG1(G1.BASE.multiplyUnsafe(Fr.create(k)));
const g2 = (k: bigint) => encodeG2(G2.BASE.multiplyUnsafe(Fr.create(k)));

/** Any point of a curve times any number: the library takes factors below the order only. */
function times<Point extends { double(): Point; add(other: Point): Point }>(
  point: Point,
  factor: bigint,
  zero: Point,
): Point {
  let result = zero;
  for (const bit of factor.toString(2)) {
    result = result.double();
    if (bit === '1') result = result.add(point);
  }
  return result;
}

/** The first points of the twist, nearly all outside the subgroup. */
function* pointsOfTwist(): Generator<G2Point> {
  for (let i = 1n; ; i++) {
    const x = Fp2.fromBigTuple([i, 2n]);
    try {
      const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), Fp2.fromBigTuple([4n, 4n])));
      yield G2.fromAffine({ x, y });
    } catch {
      // No point has this x.
    }
  }
}

const scalar = fc.bigInt({ min: 1n, max: Fr.ORDER - 1n });

describe('membership of G1', () => {
  it('refuses points of the small orders in the cofactor', () => {
    // (0, 2) has order 3; other orders come from any point of the curve.
    const cofactor = 0x396c8c005555e1568c00aaab0000aaabn;
    const points = [G1.fromAffine({ x: 0n, y: 2n })];
    for (let x = 1n; points.length < 6; x++) {
      const square = Fp.add(Fp.pow(x, 3n), 4n);
      const y = Fp.pow(square, (Fp.ORDER + 1n) / 4n);
      if (Fp.sqr(y) !== square) continue;
      const point = G1.fromAffine({ x, y });
      const outside = times(point, Fr.ORDER, G1.ZERO);
      points.push(point, outside);
      for (const prime of [3n, 11n, 10177n]) {
        expect(cofactor % prime).toBe(0n);
        const tiny = times(outside, cofactor / prime, G1.ZERO);
        if (!tiny.is0()) points.push(tiny);
      }
      const inside = times(point, cofactor, G1.ZERO);
      expect(bls12G1Msm(concatBytes(encodeG1(inside), word(1n)))).toEqual(encodeG1(inside));
    }
    for (const point of points) {
      const encoded = encodeG1(point);
      expect(bls12G1Msm(concatBytes(encoded, word(1n)))).toBeUndefined();
      expect(bls12Pairing(concatBytes(encoded, g2(1n)))).toBeUndefined();
      expect(bls12G1Add(concatBytes(encoded, encoded))).toEqual(encodeG1(point.double()));
    }
  });
});

describe('membership of G2', () => {
  it('refuses points of the small orders in the cofactor', () => {
    const cofactor = bls12_381.G2.Point.CURVE().h;
    const primes = [13n, 23n, 2713n].filter((prime) => cofactor % prime === 0n);
    let seen = 0;
    for (const point of pointsOfTwist()) {
      const outside = times(point, Fr.ORDER, G2.ZERO);
      const tiny = primes.map((prime) => times(outside, cofactor / prime, G2.ZERO));
      for (const each of [point, outside, ...tiny]) {
        if (each.is0()) continue;
        const encoded = encodeG2(each);
        expect(bls12G2Msm(concatBytes(encoded, word(1n)))).toBeUndefined();
        expect(bls12Pairing(concatBytes(g1(1n), encoded))).toBeUndefined();
        expect(bls12G2Add(concatBytes(encoded, encoded))).toEqual(encodeG2(each.double()));
      }
      const inside = encodeG2(times(point, cofactor, G2.ZERO));
      expect(bls12G2Msm(concatBytes(inside, word(1n)))).toEqual(inside);
      if (++seen === 2) break;
    }
  });
});

describe('bls12Pairing', () => {
  it('agrees with the oracle on random pairs', () => {
    fc.assert(
      fc.property(scalar, scalar, scalar, fc.boolean(), (a, b, c, makeTrue) => {
        const last = makeTrue ? Fr.create(-a * b) : c;
        const theirs = bls12_381.pairingBatch([
          { g1: G1.BASE.multiplyUnsafe(a), g2: G2.BASE.multiplyUnsafe(b) },
          { g1: G1.BASE.multiplyUnsafe(last), g2: G2.BASE },
        ]);
        const ours = bls12Pairing(concatBytes(g1(a), g2(b), g1(last), g2(1n)));
        expect(ours).toBe(Fp12.eql(theirs, Fp12.ONE));
        if (makeTrue) expect(ours).toBe(true);
      }),
      { numRuns: 5 },
    );
  });

  it.each([1, 2, 4])('checks %i pairs and the one that makes up for them', (count) => {
    const factors = Array.from({ length: count }, (_, i) => [BigInt(7 * i + 3), BigInt(i + 11)] as const);
    const total = factors.reduce((sum, [a, b]) => sum + a * b, 0n);
    const pairs = factors.map(([a, b]) => concatBytes(g1(a), g2(b)));
    expect(bls12Pairing(concatBytes(...pairs, g1(-total), g2(1n)))).toBe(true);
    expect(bls12Pairing(concatBytes(...pairs, g1(-total), g2(2n)))).toBe(false);
  });
});

describe('lengths', () => {
  it.each([
    ['G1 addition', () => bls12G1Add(new Uint8Array(255))],
    ['G2 addition', () => bls12G2Add(new Uint8Array(513))],
    ['G1 sum', () => bls12G1Msm(new Uint8Array(0))],
    ['G1 sum', () => bls12G1Msm(new Uint8Array(161))],
    ['G2 sum', () => bls12G2Msm(new Uint8Array(287))],
    ['pairing', () => bls12Pairing(new Uint8Array(0))],
    ['pairing', () => bls12Pairing(new Uint8Array(385))],
  ])('of a %s are checked', (_, run) => {
    let code: string | undefined;
    try {
      run();
    } catch (error) {
      code = isNinefoldError(error) ? error.code : String(error);
    }
    expect(code).toBe('KERNELS_INVALID_LENGTH');
  });
});
