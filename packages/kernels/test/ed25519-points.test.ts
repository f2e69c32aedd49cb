import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromLittleEndian, L, mod, P, Point, SMALL_ORDER, toLittleEndian } from './support/ed25519.ts';
import { bytesAt, HEAP, parts } from './support/ed25519-parts.ts';

// Places for points (160 bytes), for what is added, for bytes and for tables.
const [A, B, C, OUT, PREPARED] = [0, 1, 2, 3, 4].map((i) => HEAP + 256 * i) as [
  number,
  number,
  number,
  number,
  number,
];
const [BYTES_A, BYTES_B, S, U, V] = [8, 9, 10, 11, 12].map((i) => HEAP + 256 * i) as [
  number,
  number,
  number,
  number,
  number,
];
const TABLES = HEAP + 8192;
const ODD_TABLE = 1280;
const COMB = HEAP + 32_768;
const MAX_TERMS = 8;

const scalar = fc.oneof(
  { arbitrary: fc.bigInt({ min: 0n, max: L - 1n }), weight: 4 },
  { arbitrary: fc.constantFrom(0n, 1n, 2n, L - 1n, L - 2n, (L - 1n) / 2n, 1n << 252n), weight: 1 },
);
/** Digits of all widths at their ends: runs of ones and zeros. */
const patterned = fc
  .array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 24 })), { minLength: 8, maxLength: 30 })
  .map(
    (runs) =>
      runs.reduce(
        (value, [bit, length]) => (value << BigInt(length)) | (bit ? (1n << BigInt(length)) - 1n : 0n),
        0n,
      ) % L,
  );
const anyScalar = fc.oneof(scalar, patterned);

/** A point: a multiple of the base and one of small order. */
const point = fc
  .tuple(scalar, fc.nat({ max: 7 }))
  .map(([k, i]) => Point.BASE.multiplyUnsafe(k).add(SMALL_ORDER[i]!));

/** Puts a point into the kernel. */
function put(at: number, value: InstanceType<typeof Point>): void {
  bytesAt(BYTES_A, 32).set(value.toBytes());
  expect(parts['decode']!(at, BYTES_A)).toBe(1);
}

/** The same point with a Z that is not 1: the base point is added and taken away. */
function disguise(at: number): void {
  parts['setBase']!(C);
  parts['prepare']!(PREPARED, C);
  parts['addPoints']!(at, at, PREPARED);
  parts['negatePrepared']!(PREPARED, PREPARED);
  parts['addPoints']!(at, at, PREPARED);
}

function get(at: number): string {
  parts['encode']!(BYTES_B, at);
  return Buffer.from(bytesAt(BYTES_B, 32)).toString('hex');
}

const putScalar = (at: number, value: bigint): void => bytesAt(at, 32).set(toLittleEndian(value));

describe('points of edwards25519', () => {
  it('come from bytes and go to bytes', () => {
    fc.assert(
      fc.property(point, (value) => {
        put(A, value);
        expect(get(A)).toBe(value.toHex());
        disguise(A);
        expect(get(A)).toBe(value.toHex());
        bytesAt(BYTES_A, 32).set(value.toBytes());
        parts['decode']!(B, BYTES_A);
        parts['encodeY']!(BYTES_B, B);
        expect(fromLittleEndian(bytesAt(BYTES_B, 32))).toBe(value.toAffine().y);
      }),
      { numRuns: 60 },
    );
  });

  it('come in pairs as they come alone', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      point.map((value) => value.toBytes()),
      fc.constantFrom(0n, 1n, P - 1n, P, P + 1n, 1n | (1n << 255n)).map((value) => toLittleEndian(value)),
    );
    fc.assert(
      fc.property(bytes, bytes, (first, second) => {
        bytesAt(U, 32).set(first);
        bytesAt(V, 32).set(second);
        const found = parts['decodePair']!(A, U, B, V);
        const [isFirst, isSecond] = [parts['decode']!(C, U), parts['decode']!(OUT, V)];
        expect(found).toBe(isFirst! | (isSecond! << 1));
        if (isFirst !== 0) expect(get(A)).toBe(get(C));
        if (isSecond !== 0) expect(get(B)).toBe(get(OUT));
      }),
      { numRuns: 80 },
    );
  });

  it('add and double, also equal, opposite, neutral ones and those of small order', () => {
    fc.assert(
      fc.property(point, point, fc.nat({ max: 3 }), fc.boolean(), (a, other, relation, isDisguised) => {
        const b = [other, a, a.negate(), Point.ZERO][relation]!;
        put(A, a);
        put(B, b);
        if (isDisguised) disguise(A);
        if (isDisguised) disguise(B);
        parts['prepare']!(PREPARED, B);
        parts['addPoints']!(OUT, A, PREPARED);
        expect(get(OUT)).toBe(a.add(b).toHex());
        parts['negatePrepared']!(PREPARED, PREPARED);
        parts['addPoints']!(OUT, A, PREPARED);
        expect(get(OUT)).toBe(a.subtract(b).toHex());
        parts['double']!(OUT, A);
        expect(get(OUT)).toBe(a.double().toHex());
        parts['negatePoint']!(OUT, A);
        expect(get(OUT)).toBe(a.negate().toHex());
      }),
      { numRuns: 80 },
    );
  });

  it('are sums and doubles in the place of an operand', () => {
    const [a, b] = [Point.BASE.multiplyUnsafe(7n), Point.BASE.multiplyUnsafe(11n).add(SMALL_ORDER[3]!)];
    put(A, a);
    put(B, b);
    parts['prepare']!(B, B);
    parts['addPoints']!(A, A, B);
    expect(get(A)).toBe(a.add(b).toHex());
    parts['double']!(A, A);
    parts['negatePoint']!(A, A);
    expect(get(A)).toBe(a.add(b).double().negate().toHex());
  });

  it('stay what they are over thousands of operations', () => {
    // Digits that grew from one sum to the next would show.
    parts['setBase']!(A);
    parts['prepare']!(PREPARED, A);
    let factor = 1n;
    for (let i = 0; i < 3000; i++) {
      const isDouble = i % 3 === 0;
      if (isDouble) parts['double']!(A, A);
      else parts['addPoints']!(A, A, PREPARED);
      factor = mod(isDouble ? 2n * factor : factor + 1n, L);
    }
    expect(get(A)).toBe(Point.BASE.multiplyUnsafe(factor).toHex());
  });

  it('know the neutral element from all others', () => {
    for (const [i, value] of SMALL_ORDER.entries()) {
      put(A, value);
      expect(parts['isNeutral']!(A)).toBe(Number(i === 0));
      disguise(A);
      expect(parts['isNeutral']!(A)).toBe(Number(i === 0));
    }
    parts['setNeutral']!(A);
    expect(parts['isNeutral']!(A)).toBe(1);
    parts['setBase']!(A);
    expect(parts['isNeutral']!(A)).toBe(0);
  });

  it('know which bytes are of small order, whatever the sign', () => {
    const bytesOf = (value: Uint8Array): number => {
      bytesAt(BYTES_A, 32).set(value);
      return parts['hasSmallOrder']!(BYTES_A);
    };
    for (const value of SMALL_ORDER) {
      const bytes = value.toBytes();
      expect(bytesOf(bytes)).toBe(1);
      bytes[31]! ^= 0x80;
      expect(bytesOf(bytes)).toBe(1);
      for (const bit of [0, 1, 9, 70, 130, 200, 254]) {
        const near = bytes.slice();
        near[bit >> 3]! ^= 1 << (bit & 7);
        const y = fromLittleEndian(near) & ((1n << 255n) - 1n);
        const isOther = SMALL_ORDER.some((other) => other.toAffine().y === y);
        expect(bytesOf(near)).toBe(Number(isOther));
      }
    }
    for (let k = 1n; k < 30n; k++) expect(bytesOf(Point.BASE.multiplyUnsafe(k).toBytes())).toBe(0);
  });

  it('know which y are below p', () => {
    for (const sign of [0n, 1n << 255n]) {
      for (let near = -25n; near < 19n; near++) {
        putScalar(BYTES_A, (P + near) | sign);
        expect(parts['hasCanonicalY']!(BYTES_A)).toBe(Number(near < 0n));
      }
      for (const y of [0n, 1n, (1n << 64n) - 1n, (1n << 192n) - 1n, P - (1n << 64n), P - (1n << 128n)]) {
        putScalar(BYTES_A, y | sign);
        expect(parts['hasCanonicalY']!(BYTES_A)).toBe(1);
      }
    }
  });
});

describe('sums of products', () => {
  it('of the base point and two others', () => {
    fc.assert(
      fc.property(
        anyScalar,
        fc.oneof(anyScalar, fc.bigInt({ min: 0n, max: (1n << 256n) - 1n })),
        anyScalar,
        point,
        point,
        (s, u, v, p, q) => {
          put(A, p);
          parts['makeOddTable']!(TABLES, A);
          put(A, q);
          parts['makeOddTable']!(TABLES + ODD_TABLE, A);
          putScalar(S, s);
          putScalar(U, u);
          putScalar(V, v);
          parts['multiplyAdd']!(OUT, S, U, TABLES, V, TABLES + ODD_TABLE);
          // The oracle takes scalars below the order; eight times the order is nothing to any point.
          const times = (value: InstanceType<typeof Point>, k: bigint) => {
            const [high, low] = [(k % (8n * L)) / L, k % L];
            const byOrder = value.multiplyUnsafe(L - 1n).add(value);
            return value.multiplyUnsafe(low).add(byOrder.multiplyUnsafe(high));
          };
          expect(get(OUT)).toBe(Point.BASE.multiplyUnsafe(s).add(times(p, u)).add(times(q, v)).toHex());
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of the base point and one that has a comb', () => {
    fc.assert(
      fc.property(
        point,
        fc.array(fc.tuple(anyScalar, anyScalar), { minLength: 6, maxLength: 6 }),
        (p, pairs) => {
          put(A, p);
          parts['makeKeyComb']!(COMB, A);
          for (const [s, k] of pairs) {
            putScalar(S, s);
            putScalar(U, k);
            parts['multiplyAddKnown']!(OUT, S, U, COMB);
            expect(get(OUT)).toBe(Point.BASE.multiplyUnsafe(s).add(p.multiplyUnsafe(k)).toHex());
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  it.each([0, 1, 2, MAX_TERMS - 1, MAX_TERMS])('of %d points', (terms) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyScalar, point), { minLength: terms, maxLength: terms }),
        (products) => {
          for (const [i, [k, value]] of products.entries()) {
            put(A, value);
            parts['makeOddTable']!(TABLES + i * ODD_TABLE, A);
            putScalar(COMB + 32 * i, k);
          }
          parts['multiplySum']!(OUT, COMB, TABLES, terms);
          const expected = products.reduce((sum, [k, value]) => sum.add(value.multiplyUnsafe(k)), Point.ZERO);
          expect(get(OUT)).toBe(expected.toHex());
        },
      ),
      { numRuns: 8 },
    );
  });
});
