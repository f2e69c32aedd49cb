import { bigintToBytes, concatBytes, isNinefoldError } from '@ninefold/base';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bn254 } from '@noble/curves/bn254.js';
import { ripemd160 as nobleRipemd160 } from '@noble/hashes/legacy.js';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { blake3 } from '../src/blake3.ts';
import { bls12G1Add, bls12G1Msm, bls12G2Add, bls12G2Msm, bls12Pairing } from '../src/bls12-381.ts';
import { bn254Add, bn254Mul, bn254Pairing } from '../src/curves.ts';
import { keccakF1600, ripemd160, sha256 } from '../src/hashes.ts';
import { MAX_INPUT_BYTES, MAX_SCRATCHED_BYTES } from '../src/instance.ts';
import { modexp } from '../src/modexp.ts';

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    return isNinefoldError(error) ? error.code : String(error);
  }
};

/** Bytes that are longer than anyone would make them: only their length is looked at. */
const pretended = (length: number): Uint8Array => {
  const bytes = { length, 0: 1, subarray: () => bytes } as unknown as Uint8Array;
  return bytes;
};

describe('inputs whose scratch areas would not fit 32 bits', () => {
  it.each([
    ['terms of G1', 160, bls12G1Msm],
    ['terms of G2', 288, bls12G2Msm],
    ['pairs of BLS12-381', 384, bls12Pairing],
    ['pairs of BN254', 192, bn254Pairing],
  ] as const)('are refused: %s', (_, size, run) => {
    // Just above the limit, where the area has its 31st and its 32nd bit, and up to the largest input.
    for (const bytes of [MAX_SCRATCHED_BYTES, 2 ** 28, 2 ** 29, 3 * 2 ** 28, MAX_INPUT_BYTES]) {
      const length = size * (Math.floor(bytes / size) + 1);
      expect(
        codeOf(() => run(pretended(length))),
        String(length),
      ).toBe('KERNELS_INPUT_TOO_LARGE');
    }
  });

  it('are refused: moduli and bases', () => {
    const three = Uint8Array.of(3);
    for (const length of [MAX_SCRATCHED_BYTES + 1, 2 ** 28]) {
      expect(
        codeOf(() => modexp(three, three, pretended(length))),
        String(length),
      ).toBe('KERNELS_INPUT_TOO_LARGE');
      expect(codeOf(() => modexp(pretended(length), three, three))).toBe('KERNELS_INPUT_TOO_LARGE');
      expect(codeOf(() => modexp(three, pretended(length), three))).toBe('KERNELS_INPUT_TOO_LARGE');
    }
    // And work goes on.
    expect(modexp(three, three, Uint8Array.of(5))).toEqual(Uint8Array.of(2));
  });
});

describe('hashes at lengths of many blocks', () => {
  it.each([
    ['sha256', sha256, (input: Uint8Array) => createHash('sha256').update(input).digest()],
    ['ripemd160', ripemd160, nobleRipemd160],
  ] as const)('%s agrees with another one where the padding takes a block more', (_, hash, other) => {
    const [block, tail] = [64, 9];
    for (const blocks of [1, 2, 63, 64, 65, 1024]) {
      for (const length of [block * blocks - tail - 1, block * blocks - tail, block * blocks - tail + 1]) {
        for (const more of [0, 1, tail - 1, tail, tail + 1]) {
          const input = Uint8Array.from({ length: length + more }, (_, i) => (i * 31 + 7) & 255);
          expect(hash(input), `${length + more}`).toEqual(new Uint8Array(other(input)));
        }
      }
    }
  });

  it('keccak-f moves single bits to where the specification says', () => {
    // A permutation: other bits in, other states out, and none is lost.
    const seen = new Set<string>();
    for (let bit = 0; bit < 1600; bit += 7) {
      const state = new Uint8Array(200);
      state[bit >> 3] = 1 << (bit & 7);
      seen.add(keccakF1600(state).join());
    }
    expect(seen.size).toBe(Math.ceil(1600 / 7));
  });

  it('BLAKE3 gives as much as is asked for, nothing included', () => {
    const input = [Uint8Array.of(1, 2, 3)];
    expect(blake3(input, 0)).toEqual(new Uint8Array(0));
    expect(blake3([], 32)).toEqual(blake3([new Uint8Array(0)], 32));
    const long = blake3(input, 1000);
    for (const bytes of [1, 31, 33, 63, 64, 65, 127, 128, 129, 999]) {
      expect(blake3(input, bytes), String(bytes)).toEqual(long.subarray(0, bytes));
    }
  });
});

describe('BN254 where formulas have exceptions', () => {
  const { p, n } = { p: bn254.fields.Fp.ORDER, n: bn254.fields.Fr.ORDER };
  const word = (value: bigint): Uint8Array => bigintToBytes(value, 32);
  const point = (k: bigint): Uint8Array => {
    if (k % n === 0n) return new Uint8Array(64);
    const { x, y } = bn254.G1.Point.BASE.multiplyUnsafe(((k % n) + n) % n).toAffine();
    return concatBytes(word(x), word(y));
  };

  it('adds a point to itself, to its opposite and to none', () => {
    for (const k of [1n, 2n, 12345n]) {
      expect(bn254Add(concatBytes(point(k), point(k)))).toEqual(point(2n * k));
      expect(bn254Add(concatBytes(point(k), point(-k)))).toEqual(point(0n));
      expect(bn254Add(concatBytes(point(k), point(0n)))).toEqual(point(k));
      expect(bn254Add(concatBytes(point(0n), point(k)))).toEqual(point(k));
    }
    expect(bn254Add(new Uint8Array(128))).toEqual(point(0n));
    expect(bn254Mul(concatBytes(point(0n), word(7n)))).toEqual(point(0n));
    expect(bn254Mul(concatBytes(point(5n), word(n)))).toEqual(point(0n));
  });

  it('knows coordinates by their one form, and points of the curve alone', () => {
    for (const [x, y] of [
      [p, 0n],
      [0n, p],
      [p, p],
      [1n + p, 2n],
      [1n, 2n + p],
      [2n ** 256n - 1n, 2n],
      [1n, 3n],
      [0n, 1n],
      [1n, 0n],
    ] as const) {
      const wrong = concatBytes(word(x), word(y));
      expect(bn254Add(concatBytes(wrong, point(1n))), `${x} ${y}`).toBeUndefined();
      expect(bn254Add(concatBytes(point(1n), wrong))).toBeUndefined();
      expect(bn254Add(concatBytes(wrong, new Uint8Array(64)))).toBeUndefined();
      // Also where the product does not depend on it.
      expect(bn254Mul(concatBytes(wrong, word(0n)))).toBeUndefined();
      expect(bn254Pairing(concatBytes(wrong, new Uint8Array(128)))).toBeUndefined();
    }
    expect(bn254Pairing(new Uint8Array(0))).toBe(true);
    expect(bn254Pairing(new Uint8Array(3 * 192))).toBe(true);
  });
});

describe('BLS12-381 where formulas have exceptions', () => {
  const { p, n } = { p: bls12_381.fields.Fp.ORDER, n: bls12_381.fields.Fr.ORDER };
  const element = (value: bigint): Uint8Array => bigintToBytes(value, 64);
  const scalar = (value: bigint): Uint8Array => bigintToBytes(value, 32);
  const factor = (k: bigint): bigint => ((k % n) + n) % n;
  const g1 = (k: bigint): Uint8Array => {
    if (factor(k) === 0n) return new Uint8Array(128);
    const { x, y } = bls12_381.G1.Point.BASE.multiplyUnsafe(factor(k)).toAffine();
    return concatBytes(element(x), element(y));
  };
  const g2 = (k: bigint): Uint8Array => {
    if (factor(k) === 0n) return new Uint8Array(256);
    const { x, y } = bls12_381.G2.Point.BASE.multiplyUnsafe(factor(k)).toAffine();
    return concatBytes(...[x.c0, x.c1, y.c0, y.c1].map(element));
  };

  it.each([
    ['G1', g1, bls12G1Add, bls12G1Msm],
    ['G2', g2, bls12G2Add, bls12G2Msm],
  ] as const)('adds points of %s to themselves, their opposites and none', (_, point, add, msm) => {
    for (const k of [1n, 7n]) {
      expect(add(concatBytes(point(k), point(k)))).toEqual(point(2n * k));
      expect(add(concatBytes(point(k), point(-k)))).toEqual(point(0n));
      expect(add(concatBytes(point(0n), point(k)))).toEqual(point(k));
      expect(add(concatBytes(point(k), point(0n)))).toEqual(point(k));
    }
    // Sums that meet their own terms on the way, and scalars at and above the order.
    const terms = (...list: readonly (readonly [bigint, bigint])[]): Uint8Array =>
      concatBytes(...list.flatMap(([k, times]) => [point(k), scalar(times)]));
    expect(msm(terms([1n, n]))).toEqual(point(0n));
    expect(msm(terms([3n, 2n ** 256n - 1n]))).toEqual(point(3n * (2n ** 256n - 1n)));
    expect(msm(terms([1n, 5n], [1n, 5n], [-1n, 10n]))).toEqual(point(0n));
    expect(msm(terms([2n, 1n], [2n, 1n], [0n, 9n], [4n, 0n]))).toEqual(point(4n));
  });

  it('knows elements by their one form', () => {
    const { x, y } = bls12_381.G1.Point.BASE.toAffine();
    const high = element(x);
    // The sixteen bytes in front have to be zeros.
    high[15] = 1;
    for (const wrong of [
      concatBytes(element(x + p), element(y)),
      concatBytes(element(x), element(y + p)),
      concatBytes(element(p), element(0n)),
      concatBytes(high, element(y)),
      concatBytes(element(x), element(y + 1n)),
    ]) {
      expect(bls12G1Add(concatBytes(wrong, g1(1n)))).toBeUndefined();
      expect(bls12G1Add(concatBytes(g1(1n), wrong))).toBeUndefined();
      expect(bls12G1Msm(concatBytes(wrong, scalar(0n)))).toBeUndefined();
      expect(bls12Pairing(concatBytes(wrong, g2(0n)))).toBeUndefined();
    }
    expect(bls12Pairing(concatBytes(g1(0n), g2(1n), g1(1n), g2(0n)))).toBe(true);
  });
});
