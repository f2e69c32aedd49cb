import { bigintToBytes, concatBytes, isNinefoldError } from '@ninefold/base';
import { bn254 } from '@noble/curves/bn254.js';
import { p256 } from '@noble/curves/nist.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bn254Add, bn254Mul, bn254Pairing, p256Verify } from '../src/curves.ts';

const { Fp, Fp2, Fr } = bn254.fields;
const R = Fr.ORDER;
const word = (value: bigint) => bigintToBytes(value, 32);
const words = (...values: bigint[]) => concatBytes(...values.map(word));
const mod = (value: bigint) => ((value % R) + R) % R;

type G1 = InstanceType<typeof bn254.G1.Point>;
type G2 = InstanceType<typeof bn254.G2.Point>;
const encodeG1 = (point: G1): Uint8Array => {
  if (point.is0()) return new Uint8Array(64);
  const { x, y } = point.toAffine();
  return words(x, y);
};
const encodeG2 = (point: G2): Uint8Array => {
  if (point.is0()) return new Uint8Array(128);
  const { x, y } = point.toAffine();
  return words(x.c1, x.c0, y.c1, y.c0);
};
const g1 = (k: bigint) => encodeG1(bn254.G1.Point.BASE.multiplyUnsafe(mod(k)));
const g2 = (k: bigint) => encodeG2(bn254.G2.Point.BASE.multiplyUnsafe(mod(k)));
const scalar = fc.bigInt({ min: 1n, max: R - 1n });

describe('bn254', () => {
  it('adds and multiplies as the oracle does', () => {
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        expect(bn254Add(concatBytes(g1(a), g1(b)))).toEqual(g1(a + b));
        expect(bn254Mul(concatBytes(g1(a), word(b)))).toEqual(g1(a * b));
      }),
      { numRuns: 40 },
    );
  });

  it('multiplies by factors whose windows are all zeros or all ones', () => {
    for (const factor of [0n, 1n, 15n, 16n, 0xf0f0f0n, (1n << 256n) - 1n, 1n << 252n, R, R - 1n, R + 1n]) {
      expect(bn254Mul(concatBytes(g1(3n), word(factor))), String(factor)).toEqual(g1(3n * factor));
    }
  });

  it.each([1, 2, 3, 5, 9])('checks %i pairs at once', (count) => {
    // The last pair makes up for all others.
    const factors = Array.from({ length: count }, (_, i) => [BigInt(3 * i + 2), BigInt(i * i + 5)] as const);
    const sum = factors.reduce((total, [a, b]) => total + a * b, 0n);
    const pairs = factors.map(([a, b]) => concatBytes(g1(a), g2(b)));
    expect(bn254Pairing(concatBytes(...pairs, g1(-sum), g2(1n)))).toBe(true);
    expect(bn254Pairing(concatBytes(...pairs, g1(1n - sum), g2(1n)))).toBe(false);
    expect(bn254Pairing(concatBytes(...pairs))).toBe(false);
  });

  it('agrees with the oracle on random pairs', () => {
    fc.assert(
      fc.property(scalar, scalar, scalar, scalar, fc.boolean(), (a, b, c, d, makeTrue) => {
        const last = makeTrue ? mod(-a * b) : c;
        const pairs = [
          [a, b],
          [last, makeTrue ? 1n : d],
        ] as const;
        const theirs = bn254.pairingBatch(
          pairs.map(([x, y]) => ({
            g1: bn254.G1.Point.BASE.multiplyUnsafe(x),
            g2: bn254.G2.Point.BASE.multiplyUnsafe(y),
          })),
        );
        const ours = bn254Pairing(concatBytes(...pairs.map(([x, y]) => concatBytes(g1(x), g2(y)))));
        expect(ours).toBe(bn254.fields.Fp12.eql(theirs, bn254.fields.Fp12.ONE));
        if (makeTrue) expect(ours).toBe(true);
      }),
      { numRuns: 8 },
    );
  });

  it('refuses points of the twist outside the subgroup, whatever their order', () => {
    const b = Fp2.div(Fp2.fromBigTuple([3n, 0n]), Fp2.fromBigTuple([9n, 1n]));
    // The twist has n (2p - n) points; these primes divide the cofactor.
    const cofactor = 2n * Fp.ORDER - R;
    const small = [10069n, 5864401n];
    for (const prime of small) expect(cofactor % prime).toBe(0n);
    let seen = 0;
    for (let i = 1n; seen < 3; i++) {
      const x = Fp2.fromBigTuple([i, 1n]);
      const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), b);
      let y;
      try {
        y = Fp2.sqrt(square);
      } catch {
        continue;
      }
      seen++;
      const point = bn254.G2.Point.fromAffine({ x, y });
      expect(bn254Pairing(concatBytes(g1(1n), encodeG2(point)))).toBeUndefined();
      // With the subgroup's part removed: the order divides the cofactor.
      const outside = times(point, R);
      expect(bn254Pairing(concatBytes(g1(1n), encodeG2(outside)))).toBeUndefined();
      for (const prime of small) {
        const tiny = times(outside, cofactor / prime);
        if (!tiny.is0()) expect(bn254Pairing(concatBytes(g1(1n), encodeG2(tiny)))).toBeUndefined();
      }
      // With the other part removed it is inside.
      expect(bn254Pairing(concatBytes(g1(0n), encodeG2(times(point, cofactor))))).toBe(true);
    }
  });

  it('takes only whole inputs', () => {
    for (const run of [
      () => bn254Add(new Uint8Array(127)),
      () => bn254Mul(new Uint8Array(97)),
      () => bn254Pairing(new Uint8Array(191)),
      () => p256Verify(new Uint8Array(161)),
    ]) {
      let code: string | undefined;
      try {
        run();
      } catch (error) {
        code = isNinefoldError(error) ? error.code : String(error);
      }
      expect(code).toBe('KERNELS_INVALID_LENGTH');
    }
  });
});

/** point times a number above the order: the library takes factors below it only. */
function times(point: G2, factor: bigint): G2 {
  let result: G2 = bn254.G2.Point.ZERO;
  for (const bit of factor.toString(2)) {
    result = result.double();
    if (bit === '1') result = result.add(point);
  }
  return result;
}

describe('p256Verify', () => {
  const { Point } = p256;
  const N = Point.Fn.ORDER;
  const P = Point.Fp.ORDER;

  /** hash, r, s and the key under which R is the signature's point. */
  function forge(point: InstanceType<typeof Point>, hash: bigint, s: bigint): Uint8Array {
    const r = point.toAffine().x % N;
    const inverse = Point.Fn.inv(r);
    const left = point.multiplyUnsafe(Point.Fn.mul(s, inverse));
    const key = left.subtract(Point.BASE.multiplyUnsafe(Point.Fn.mul(hash, inverse))).toAffine();
    return words(hash, r, s, key.x, key.y);
  }

  it('accepts signatures whose point has an x above the order', () => {
    let seen = 0;
    for (let x = N; seen < 3; x++) {
      let y;
      try {
        y = Point.Fp.sqrt(Point.Fp.create(x ** 3n - 3n * x + Point.CURVE().b));
      } catch {
        continue;
      }
      if (x === N) continue;
      seen++;
      const input = forge(Point.fromAffine({ x, y }), 77n, 12345n);
      expect(p256Verify(input)).toBe(true);
      expect(
        p256.verify(
          input.subarray(32, 96),
          input.subarray(0, 32),
          concatBytes(Uint8Array.of(4), input.subarray(96)),
          { prehash: false, lowS: false },
        ),
      ).toBe(true);
      input[31]! ^= 1;
      expect(p256Verify(input)).toBe(false);
    }
  });

  it('does not take r + n where that is above p', () => {
    const point = Point.BASE.multiplyUnsafe(5n);
    const { x } = point.toAffine();
    expect(x > P - N).toBe(true);
    expect(p256Verify(forge(point, 3n, 4n))).toBe(true);
    expect(p256Verify(forge(point, 0n, 4n))).toBe(true);
  });

  it('agrees with the oracle on signatures and near misses', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.bigInt({ min: 1n, max: N - 1n }),
        fc.nat({ max: 159 }),
        fc.nat({ max: 255 }),
        (hash, secret, at, value) => {
          const key = p256.getPublicKey(word(secret), false);
          const signature = p256.sign(hash, word(secret), { prehash: false, lowS: false });
          const input = concatBytes(hash, signature, key.subarray(1));
          expect(p256Verify(input)).toBe(true);
          const same = input[at] === value;
          input[at] = value;
          expect(p256Verify(input)).toBe(same);
        },
      ),
      { numRuns: 40 },
    );
  });
});
