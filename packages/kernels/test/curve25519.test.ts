import { bytesToHex, concatBytes, hexToBytes, isNinefoldError } from '@ninefold/base';
import { ed25519, ristretto255 } from '@noble/curves/ed25519.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  curve25519Add,
  type Curve25519Form,
  curve25519IsPoint,
  curve25519Subtract,
  curve25519SumOfProducts,
} from '../src/ed25519.ts';
import { L, mod, P, SMALL_ORDER, toLittleEndian } from './support/ed25519.ts';

/** The oracle's side of a form, with points named by multiples of the base and, for one, of a torsion point. */
type Oracle = {
  readonly form: Curve25519Form;
  readonly isPoint: (bytes: Uint8Array) => boolean;
  /** A point, a multiple of the base and one of small order. */
  readonly point: (factor: bigint, ofSmallOrder: number) => Uint8Array;
  /** Whether there are points beyond the multiples of the base. */
  readonly smallOrders: number;
};

const succeeds = (run: () => unknown): boolean => {
  try {
    run();
    return true;
  } catch {
    return false;
  }
};

const ORACLES: readonly Oracle[] = [
  {
    form: 'edwards',
    isPoint: (bytes) => succeeds(() => ed25519.Point.fromBytes(bytes, true)),
    point: (factor, i) =>
      ed25519.Point.BASE.multiplyUnsafe(mod(factor, L))
        .add(SMALL_ORDER[i & 7]!)
        .toBytes(),
    smallOrders: 8,
  },
  {
    form: 'ristretto',
    isPoint: (bytes) => succeeds(() => ristretto255.Point.fromBytes(bytes)),
    point: (factor) => ristretto255.Point.BASE.multiplyUnsafe(mod(factor, L)).toBytes(),
    smallOrders: 1,
  },
];

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
const scalar = fc.oneof(
  { arbitrary: fc.bigInt({ min: 0n, max: L - 1n }), weight: 4 },
  { arbitrary: fc.constantFrom(0n, 1n, 2n, 8n, L - 1n, L - 2n, 1n << 252n), weight: 1 },
);

const codeOf = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return isNinefoldError(error) && error.code;
  }
};

describe.each(ORACLES)('curve25519 as $form', ({ form, isPoint, point, smallOrders }) => {
  const torsion = fc.nat({ max: smallOrders - 1 });

  it('knows what is a point', () => {
    fc.assert(
      fc.property(bytes, (input) => {
        expect(curve25519IsPoint(form, input)).toBe(isPoint(input));
        // Half of what is left over is even and below 2^255.
        input[0]! &= 0xfe;
        input[31]! &= 0x7f;
        expect(curve25519IsPoint(form, input)).toBe(isPoint(input));
      }),
      { numRuns: 200 },
    );
    for (let value = 0n; value < 40n; value++)
      for (const near of [value, P - value, P + value, (1n << 255n) + value, (1n << 256n) - 1n - value])
        expect(curve25519IsPoint(form, toLittleEndian(mod(near, 1n << 256n))), String(near)).toBe(
          isPoint(toLittleEndian(mod(near, 1n << 256n))),
        );
    for (let factor = 0n; factor < 40n; factor++)
      expect(curve25519IsPoint(form, point(factor, 0))).toBe(true);
  });

  it('adds and subtracts', () => {
    fc.assert(
      fc.property(scalar, scalar, torsion, torsion, (a, b, i, j) => {
        const [left, right] = [point(a, i), point(b, j)];
        expect(curve25519Add(form, left, right)).toEqual(point(a + b, i + j));
        expect(curve25519Subtract(form, left, right)).toEqual(point(a - b, i - j));
        expect(curve25519Add(form, left, left)).toEqual(point(2n * a, 2 * i));
        expect(curve25519Subtract(form, left, left)).toEqual(point(0n, 0));
      }),
      { numRuns: 60 },
    );
  });

  it('multiplies', () => {
    fc.assert(
      fc.property(scalar, scalar, torsion, (k, a, i) => {
        const product = curve25519SumOfProducts(form, toLittleEndian(k), point(a, i));
        // A scalar is a number, not one modulo the order: it counts for points of small order.
        expect(product).toEqual(point(k * a, Number(k & 7n) * i));
      }),
      { numRuns: 60 },
    );
  });

  it.each([0, 1, 2, 7, 8, 9, 16, 17, 30])('sums %d products', (count) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(scalar, scalar, torsion), { minLength: count, maxLength: count }),
        (terms) => {
          const scalars = concatBytes(...terms.map(([k]) => toLittleEndian(k)));
          const points = concatBytes(...terms.map(([, a, i]) => point(a, i)));
          const factor = terms.reduce((sum, [k, a]) => sum + k * a, 0n);
          const rest = terms.reduce((sum, [k, , i]) => sum + Number(k & 7n) * i, 0);
          expect(curve25519SumOfProducts(form, scalars, points)).toEqual(point(factor, rest));
        },
      ),
      { numRuns: 4 },
    );
  });

  it('refuses what is no point and scalars that are not reduced, wherever they are', () => {
    const wrong = Array.from({ length: 100 }, (_, i) => toLittleEndian(BigInt(2 * i + 2))).find(
      (input) => !isPoint(input),
    )!;
    const [right, one] = [point(5n, 0), toLittleEndian(1n)];
    expect(curve25519Add(form, wrong, right)).toBeUndefined();
    expect(curve25519Add(form, right, wrong)).toBeUndefined();
    expect(curve25519Subtract(form, wrong, right)).toBeUndefined();
    for (let place = 0; place < 20; place += 3) {
      const scalars = Array.from({ length: 20 }, () => one);
      const points = Array.from({ length: 20 }, () => right);
      const sum = () => curve25519SumOfProducts(form, concatBytes(...scalars), concatBytes(...points));
      expect(sum()).toEqual(point(100n, 0));
      points[place] = wrong;
      expect(sum()).toBeUndefined();
      points[place] = right;
      for (const value of [L, L + 1n, (1n << 256n) - 1n]) {
        scalars[place] = toLittleEndian(value);
        expect(sum()).toBeUndefined();
      }
    }
  });

  it('asks for 32 bytes', () => {
    const [short, right] = [new Uint8Array(31), point(1n, 0)];
    for (const run of [
      () => curve25519IsPoint(form, short),
      () => curve25519Add(form, short, right),
      () => curve25519Subtract(form, right, short),
      () => curve25519SumOfProducts(form, short, right),
      () => curve25519SumOfProducts(form, right, short),
      () => curve25519SumOfProducts(form, new Uint8Array(64), right),
    ])
      expect(codeOf(run)).toBe('KERNELS_INVALID_LENGTH');
  });
});

describe('ristretto255', () => {
  it('encodes the multiples of the base as RFC 9496 lists them', () => {
    const multiples = [
      '0x0000000000000000000000000000000000000000000000000000000000000000',
      '0xe2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76',
      '0x6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919',
      '0x94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259',
    ];
    const base = hexToBytes(multiples[1]!);
    for (const [factor, expected] of multiples.entries()) {
      const product = curve25519SumOfProducts('ristretto', toLittleEndian(BigInt(factor)), base);
      expect(bytesToHex(product!)).toBe(expected);
    }
  });
});

describe('edwards25519', () => {
  it('takes x = 0 with the sign set, and adds it as what it is', () => {
    const odd = toLittleEndian(1n | (1n << 255n));
    expect(curve25519IsPoint('edwards', odd)).toBe(true);
    expect(curve25519Add('edwards', odd, odd)).toEqual(toLittleEndian(1n));
  });
});
