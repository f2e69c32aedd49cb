import { seededRng } from '@ninefold/base';
import { sha512 } from '@noble/hashes/sha2.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromLittleEndian, L, mod, P, toLittleEndian } from './support/ed25519.ts';
import { bytesAt, HEAP, parts, view } from './support/ed25519-parts.ts';

/** Bits of all digits but the uppermost, and how many digits there are. */
const BITS = 29;
const DIGITS = 9;
const [OUT, A, B] = [HEAP, HEAP + 256, HEAP + 512];

/** Digits of elements as sums of `terms` elements may have them. */
function digitsBelow(terms: number): fc.Arbitrary<number[]> {
  const carried = 2 ** 16;
  const digit = (bits: number, extra: number) =>
    fc.oneof(
      fc.nat({ max: terms * (2 ** bits - 1 + extra) }),
      fc.constantFrom(0, 1, 2 ** bits - 1, terms * (2 ** bits - 1 + extra)),
    );
  return fc.tuple(
    ...Array.from({ length: DIGITS - 1 }, (_, i) => digit(BITS, i === 1 ? carried : 0)),
    digit(23, 8),
  ) as fc.Arbitrary<number[]>;
}

const valueOf = (digits: readonly number[]): bigint =>
  digits.reduceRight((sum, digit) => (sum << BigInt(BITS)) + BigInt(digit), 0n);

const put = (at: number, digits: readonly number[], stride = 4): void =>
  digits.forEach((digit, i) => view.setUint32(at + stride * i, digit, true));
const get = (at: number, stride = 4): number[] =>
  Array.from({ length: DIGITS }, (_, i) => view.getUint32(at + stride * i, true));

/** Whether digits are as the next operation needs them: with little above 29 bits. */
const isLoose = (digits: readonly number[]): boolean =>
  digits.every((digit, i) => digit <= (i === 8 ? 2 ** 23 + 8 : 2 ** BITS + 2 ** 16));

const word = (value: bigint): number[] =>
  Array.from({ length: DIGITS }, (_, i) => Number((value >> BigInt(BITS * i)) & (2n ** BigInt(BITS) - 1n)));
const element = fc.oneof(
  fc.bigInt({ min: 0n, max: P - 1n }),
  fc.constantFrom(0n, 1n, 2n, 19n, P - 1n, P - 2n),
);

describe('field elements', () => {
  it.each([
    ['mul', (a: bigint, b: bigint) => a * b],
    ['add', (a: bigint, b: bigint) => a + b],
    ['sub', (a: bigint, b: bigint) => a - b],
  ] as const)('%s', (name, expected) => {
    fc.assert(
      fc.property(digitsBelow(1), digitsBelow(1), fc.nat({ max: 2 }), (a, b, place) => {
        const out = [OUT, A, B][place] as number;
        put(A, a);
        put(B, b);
        parts[name]!(out, A, B);
        expect(isLoose(get(out))).toBe(true);
        expect(mod(valueOf(get(out)), P)).toBe(mod(expected(valueOf(a), valueOf(b)), P));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['square', (a: bigint) => a * a],
    ['negate', (a: bigint) => -a],
  ] as const)('%s', (name, expected) => {
    fc.assert(
      fc.property(digitsBelow(1), fc.boolean(), (a, isInPlace) => {
        put(A, a);
        parts[name]!(isInPlace ? A : OUT, A);
        const result = get(isInPlace ? A : OUT);
        expect(isLoose(result)).toBe(true);
        expect(mod(valueOf(result), P)).toBe(mod(expected(valueOf(a)), P));
      }),
      { numRuns: 300 },
    );
  });

  it('have one form as bytes', () => {
    fc.assert(
      fc.property(digitsBelow(1), (a) => {
        fc.pre(valueOf(a) < 2n * P);
        put(A, a);
        parts['toBytes']!(OUT, A);
        expect(fromLittleEndian(bytesAt(OUT, 32))).toBe(mod(valueOf(a), P));
      }),
      { numRuns: 300 },
    );
  });

  it('are read from 255 bits, whether or not below p', () => {
    for (const value of [0n, 1n, P - 1n, P, P + 18n, (1n << 255n) - 1n, (1n << 256n) - 1n]) {
      bytesAt(A, 32).set(toLittleEndian(value));
      parts['fromBytes']!(OUT, A);
      expect(valueOf(get(OUT))).toBe(value & ((1n << 255n) - 1n));
      parts['toBytes']!(B, OUT);
      expect(fromLittleEndian(bytesAt(B, 32))).toBe(mod(value & ((1n << 255n) - 1n), P));
    }
  });

  it('know 0 and their sign', () => {
    for (const value of [0n, 1n, 2n, P - 1n, P, P + 1n, 2n * P - 1n]) {
      put(A, word(value));
      expect(parts['isZero']!(A)).toBe(Number(mod(value, P) === 0n));
      expect(parts['isNegative']!(A)).toBe(Number(mod(value, P) & 1n));
    }
  });

  it('have inverses', () => {
    fc.assert(
      fc.property(element, (a) => {
        put(A, word(a));
        parts['inverse']!(OUT, A);
        expect(mod(valueOf(get(OUT)) * a, P)).toBe(a === 0n ? 0n : 1n);
      }),
      { numRuns: 100 },
    );
  });

  it('have square roots of ratios, or of the root of -1 times them', () => {
    const rootOfMinusOne = 19681161376707505956807079304988542015446066515923890162744021073123829784752n;
    expect(mod(rootOfMinusOne ** 2n, P)).toBe(P - 1n);
    fc.assert(
      fc.property(element, element, (u, v) => {
        put(A, word(u));
        put(B, word(v));
        const hasRoot = parts['squareRootOfRatio']!(OUT, A, B) !== 0;
        const root = valueOf(get(OUT));
        // Nothing times 0 is u, and the root that is given is 0.
        expect(mod(root * root * v, P)).toBe(hasRoot ? u : v === 0n ? 0n : mod(rootOfMinusOne * u, P));
        expect(parts['isNegative']!(OUT)).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});

describe('two square roots at once', () => {
  it('are what they are one by one', () => {
    const [U0, V0, U1, V1] = [A, B, HEAP + 768, HEAP + 1024];
    const OUT1 = HEAP + 1280;
    fc.assert(
      fc.property(element, element, element, element, (u0, v0, u1, v1) => {
        for (const [at, value] of [
          [U0, u0],
          [V0, v0],
          [U1, u1],
          [V1, v1],
        ] as const)
          put(at, word(value));
        const found = parts['squareRootsOfRatios']!(OUT, U0, V0, OUT1, U1, V1);
        const both = [valueOf(get(OUT)), valueOf(get(OUT1))].map((root) => mod(root, P));
        const first = parts['squareRootOfRatio']!(OUT, U0, V0);
        const second = parts['squareRootOfRatio']!(OUT1, U1, V1);
        expect(found).toBe(first | (second << 1));
        expect(both).toEqual([valueOf(get(OUT)), valueOf(get(OUT1))].map((root) => mod(root, P)));
      }),
      { numRuns: 60 },
    );
  });
});

describe('two elements', () => {
  const STRIDE = 16;
  const pair = fc.tuple(digitsBelow(1), digitsBelow(1));
  const putTwo = (at: number, elements: readonly number[][]): void =>
    elements.forEach((digits, i) => put(at + 4 * i, digits, STRIDE));

  it('are multiplied', () => {
    fc.assert(
      fc.property(pair, pair, fc.nat({ max: 2 }), (a, b, place) => {
        const out = [OUT, A, B][place] as number;
        putTwo(A, a);
        putTwo(B, b);
        parts['mulPair']!(out, A, B);
        for (const i of [0, 1] as const) {
          const result = get(out + 4 * i, STRIDE);
          expect(isLoose(result)).toBe(true);
          expect(mod(valueOf(result), P)).toBe(mod(valueOf(a[i]) * valueOf(b[i]), P));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('are squared', () => {
    fc.assert(
      fc.property(pair, fc.boolean(), (a, isInPlace) => {
        const out = isInPlace ? A : OUT;
        putTwo(A, a);
        parts['squarePair']!(out, A);
        for (const i of [0, 1] as const) {
          const result = get(out + 4 * i, STRIDE);
          expect(isLoose(result)).toBe(true);
          expect(mod(valueOf(result), P)).toBe(mod(valueOf(a[i]) ** 2n, P));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('four lanes', () => {
  const LANES = [0, 1, 2, 3] as const;
  const LANE_DIGITS = 20;
  const LANE_BITS = 13n;
  /** What digits of products are within, beside those that carry one more. */
  const MAX_DIGIT = 4195;

  const digitsWithin = (limit: number): fc.Arbitrary<number[]> => {
    const digit = fc.oneof(fc.integer({ min: -limit, max: limit }), fc.constantFrom(-limit, -1, 0, 1, limit));
    const all = { minLength: LANE_DIGITS, maxLength: LANE_DIGITS };
    return fc.oneof(
      { arbitrary: fc.array(digit, all), weight: 4 },
      { arbitrary: fc.array(fc.constantFrom(-limit, limit), all), weight: 2 },
      {
        arbitrary: fc.constantFrom(-limit, limit).map((d) => new Array<number>(LANE_DIGITS).fill(d)),
        weight: 2,
      },
    );
  };
  const four = (limit: number) => {
    const digits = digitsWithin(limit);
    return fc.tuple(digits, digits, digits, digits);
  };
  const laneValue = (digits: readonly number[]): bigint =>
    digits.reduceRight((sum, digit) => (sum << LANE_BITS) + BigInt(digit), 0n);
  const placeOf = (at: number, lane: number, i: number): number =>
    at + 16 * (i >> 1) + 4 * lane + 2 * (i & 1);
  const putLane = (at: number, lane: number, digits: readonly number[]): void =>
    digits.forEach((digit, i) => view.setInt16(placeOf(at, lane, i), digit, true));
  const getLane = (at: number, lane: number): number[] =>
    Array.from({ length: LANE_DIGITS }, (_, i) => view.getInt16(placeOf(at, lane, i), true));

  it('multiply sums of two elements by such sums, of whatever signs', () => {
    fc.assert(
      fc.property(four(2 * MAX_DIGIT), four(2 * MAX_DIGIT), fc.nat({ max: 2 }), (a, b, place) => {
        const out = [OUT, A, B][place] as number;
        for (const lane of LANES) putLane(A, lane, a[lane]);
        for (const lane of LANES) putLane(B, lane, b[lane]);
        parts['mulLanes']!(out, A, B);
        for (const lane of LANES) {
          const result = getLane(out, lane);
          expect(Math.max(...result.map(Math.abs))).toBeLessThanOrEqual(MAX_DIGIT);
          expect(mod(laneValue(result), P)).toBe(mod(laneValue(a[lane]) * laneValue(b[lane]), P));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('keep their digits small over thousands of products', () => {
    const rng = seededRng(31);
    for (const lane of LANES)
      putLane(
        A,
        lane,
        Array.from({ length: LANE_DIGITS }, () => (rng.bytes(1)[0]! & 1 ? MAX_DIGIT : -MAX_DIGIT)),
      );
    const values = LANES.map((lane) => mod(laneValue(getLane(A, lane)), P));
    for (let i = 0; i < 4000; i++) {
      parts['mulLanes']!(A, A, A);
      for (const lane of LANES) values[lane] = values[lane]! ** 2n % P;
    }
    for (const lane of LANES) {
      expect(Math.max(...getLane(A, lane).map(Math.abs))).toBeLessThanOrEqual(MAX_DIGIT);
      expect(mod(laneValue(getLane(A, lane)), P)).toBe(values[lane]);
    }
  });

  it('are scaled by small numbers, each its own', () => {
    const factor = fc.tuple(fc.integer({ min: -4096, max: 4096 }), fc.integer({ min: -64, max: 64 }));
    fc.assert(
      fc.property(four(2 * MAX_DIGIT), fc.tuple(factor, factor, factor, factor), (a, factors) => {
        for (const lane of LANES) {
          putLane(A, lane, a[lane]);
          const [low, high] = factors[lane];
          view.setInt16(B + 4 * lane, low, true);
          view.setInt16(B + 4 * lane + 2, high, true);
        }
        parts['scaleLanes']!(OUT, A, B);
        for (const lane of LANES) {
          const result = getLane(OUT, lane);
          const [low, high] = factors[lane];
          expect(Math.max(...result.map(Math.abs))).toBeLessThanOrEqual(MAX_DIGIT);
          expect(mod(laneValue(result), P)).toBe(mod(laneValue(a[lane]) * BigInt(low + 8192 * high), P));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('take elements in and give them back', () => {
    fc.assert(
      fc.property(digitsBelow(1), fc.nat({ max: 3 }), (a, lane) => {
        fc.pre(valueOf(a) < 1n << 256n);
        for (const other of LANES) putLane(B, other, new Array<number>(LANE_DIGITS).fill(other + 1));
        put(A, a);
        parts['insertLane']!(B, lane, A);
        const digits = getLane(B, lane);
        expect(Math.max(...digits.map(Math.abs))).toBeLessThanOrEqual(4096);
        expect(laneValue(digits)).toBe(valueOf(a));
        for (const other of LANES)
          if (other !== lane) expect(getLane(B, other)).toEqual(new Array(LANE_DIGITS).fill(other + 1));
        parts['extractLane']!(OUT, B, lane);
        expect(isLoose(get(OUT))).toBe(true);
        expect(mod(valueOf(get(OUT)), P)).toBe(mod(valueOf(a), P));
      }),
      { numRuns: 300 },
    );
  });

  it('give elements back from digits of any sign', () => {
    fc.assert(
      fc.property(digitsWithin(MAX_DIGIT), fc.nat({ max: 3 }), (digits, lane) => {
        putLane(A, lane, digits);
        parts['extractLane']!(OUT, A, lane);
        expect(isLoose(get(OUT))).toBe(true);
        expect(mod(valueOf(get(OUT)), P)).toBe(mod(laneValue(digits), P));
      }),
      { numRuns: 300 },
    );
    for (const value of [-609, -608, -607, -1, 0, 1]) {
      putLane(A, 0, [value, ...new Array<number>(LANE_DIGITS - 1).fill(0)]);
      parts['extractLane']!(OUT, A, 0);
      expect(mod(valueOf(get(OUT)), P)).toBe(mod(BigInt(value), P));
    }
  });
});

describe('scalars', () => {
  it('are reduced from 64 bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.bigInt({ min: 0n, max: (1n << 512n) - 1n }),
          fc
            .tuple(fc.bigInt({ min: 0n, max: 1n << 259n }), fc.integer({ min: -1, max: 1 }))
            .map(([times, more]) => mod(times * L + BigInt(more), 1n << 512n)),
        ),
        (value) => {
          bytesAt(A, 64).set(toLittleEndian(value, 64));
          parts['reduce']!(OUT, A);
          expect(fromLittleEndian(bytesAt(OUT, 32))).toBe(value % L);
        },
      ),
      { numRuns: 300 },
    );
  });

  const scalar = fc.oneof(
    fc.bigInt({ min: 0n, max: L - 1n }),
    fc.constantFrom(0n, 1n, L - 1n, (1n << 252n) - 1n, 1n << 252n, (1n << 252n) / 3n, (1n << 252n) / 17n),
  );

  it('have negatives', () => {
    for (const value of [0n, 1n, 2n, L - 1n, L / 2n, 1n << 252n]) {
      bytesAt(A, 32).set(toLittleEndian(value));
      parts['negateScalar']!(A, A);
      expect(fromLittleEndian(bytesAt(A, 32))).toBe(mod(-value, L));
    }
  });

  it('are ratios of numbers of half their length, the denominator odd', () => {
    const check = (k: bigint): readonly [u: bigint, v: bigint] => {
      bytesAt(A, 32).set(toLittleEndian(k));
      const sign = parts['halve']!(OUT, B, A) === 0 ? -1n : 1n;
      const [u, v] = [fromLittleEndian(bytesAt(OUT, 32)), fromLittleEndian(bytesAt(B, 32))];
      expect(mod(u - sign * v * k, 8n * L)).toBe(0n);
      expect(u < 1n << 128n && v % 2n === 1n).toBe(true);
      return [u, v];
    };
    const rng = seededRng(9);
    for (let i = 0; i < 500; i++)
      expect(check(fromLittleEndian(rng.bytes(40)) % L)[1]).toBeLessThan(1n << 145n);
    // Numbers that no hash is: short ones, and those near simple parts of 8 L.
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: L - 1n }), (k) => void check(k)),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(
        fc.nat({ max: 255 }),
        fc.bigInt({ min: -3n, max: 3n }),
        fc.integer({ min: 1, max: 9 }),
        (bits, near, part) => {
          check(mod((1n << BigInt(bits)) / BigInt(part) + near, L));
          check(mod((8n * L) / ((1n << BigInt(bits)) + near + 4n) + near, L));
        },
      ),
      { numRuns: 500 },
    );
    for (const k of [0n, 1n, 2n, 3n, 8n, L - 1n, L - 2n, (L + 1n) / 2n, L / 3n]) check(k);
    expect(check(0n)).toEqual([0n, 1n]);
    expect(check(12n)).toEqual([12n, 1n]);
  });

  it.each([
    [8, 32],
    [6, 43],
    [5, 51],
    [4, 64],
  ])('are sums of digits of %d bits', (width, count) => {
    fc.assert(
      fc.property(scalar, (value) => {
        bytesAt(A, 32).set(toLittleEndian(value));
        parts['windowDigits']!(OUT, count, A, width);
        let sum = 0n;
        for (let i = count - 1; i >= 0; i--) {
          const digit = view.getInt16(OUT + 2 * i, true);
          expect(digit).toBeGreaterThan(-(2 ** (width - 1)));
          expect(digit).toBeLessThanOrEqual(2 ** (width - 1));
          sum = (sum << BigInt(width)) + BigInt(digit);
        }
        expect(sum).toBe(value);
      }),
      { numRuns: 200 },
    );
  });

  it.each([5, 8, 10, 12])('are sums of sliding digits of %d bits, odd and seldom', (width) => {
    const [count, list] = [254, HEAP + 4096];
    fc.assert(
      fc.property(scalar, (value) => {
        bytesAt(A, 32).set(toLittleEndian(value));
        parts['slidingDigits']!(list, count, A, width);
        const digits = Array.from({ length: count }, (_, i) => view.getInt16(list + 2 * i, true));
        expect(digits.reduceRight((sum, digit) => 2n * sum + BigInt(digit), 0n)).toBe(value);
        for (const [i, digit] of digits.entries()) {
          if (digit === 0) continue;
          expect(Math.abs(digit % 2)).toBe(1);
          expect(Math.abs(digit)).toBeLessThan(2 ** (width - 1));
          expect(digits.slice(i + 1, i + width).every((next) => next === 0)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('SHA-512', () => {
  it('is the oracle’s for all lengths up to three blocks and for long messages', () => {
    const input = A;
    const scratch = HEAP + 4096;
    for (const length of [...Array.from({ length: 400 }, (_, i) => i), 1023, 1024, 3000]) {
      const message = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255);
      bytesAt(input, length).set(message);
      parts['sha512']!(OUT, input, length, scratch);
      expect(bytesAt(OUT, 64)).toEqual(sha512(message));
    }
  });
});
