import { bigintToBytes, bytesToBigint, concatBytes } from '@ninefold/base';
import { secp256k1 as noble } from '@noble/curves/secp256k1.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  secp256k1Add,
  secp256k1Combine,
  secp256k1Derive,
  secp256k1Invert,
  secp256k1Parse,
  secp256k1Recover,
  secp256k1Sign,
  secp256k1Verify,
  SIGNER_STREAK,
} from '../src/secp256k1.ts';

const { Point } = noble;
const N = Point.Fn.ORDER;
const P = Point.Fp.ORDER;
const MAX = (1n << 256n) - 1n;
const LAMBDA = 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72n;

const word = (value: bigint): Uint8Array => bigintToBytes(value, 32);
const words = (...values: readonly bigint[]): Uint8Array => concatBytes(...values.map(word));
const mod = (value: bigint): bigint => ((value % N) + N) % N;
type NoblePoint = InstanceType<typeof Point>;
/** x and y in 64 bytes; undefined for infinity. */
const xy = (point: NoblePoint): Uint8Array | undefined =>
  point.is0() ? undefined : point.toBytes(false).slice(1);
const times = (point: NoblePoint, scalar: bigint): NoblePoint => point.multiplyUnsafe(mod(scalar));

/** Numbers around the places where something turns over: 0, the order, halves, powers of two. */
const interesting = [
  0n,
  1n,
  2n,
  3n,
  15n,
  16n,
  17n,
  N - 1n,
  N - 2n,
  N >> 1n,
  (N >> 1n) + 1n,
  LAMBDA,
  N - LAMBDA,
];
const powers = Array.from({ length: 255 }, (_, i) => 1n << BigInt(i + 1));
const scalar = fc.oneof(
  fc.bigInt({ min: 0n, max: N - 1n }),
  fc.constantFrom(...interesting),
  fc.constantFrom(...powers),
  fc.tuple(fc.constantFrom(...powers), fc.bigInt({ min: -40n, max: 40n })).map(([a, b]) => mod(a + b)),
);
const nonZero = scalar.filter((value) => value !== 0n);
const anyWord = fc.oneof(scalar, fc.bigInt({ min: 0n, max: MAX }), fc.bigInt({ min: N - 3n, max: N + 3n }));
const point = nonZero.map((value) => times(Point.BASE, value));

describe('k G', () => {
  test('equals the oracle', () => {
    fc.assert(
      fc.property(nonZero, (k) => {
        expect(secp256k1Derive(word(k))).toEqual(xy(times(Point.BASE, k)));
      }),
      { numRuns: 300 },
    );
  });

  test.each([...interesting.slice(1), ...Array.from({ length: 64 }, (_, i) => 16n ** BigInt(i))])(
    'for %s',
    (k) => {
      expect(secp256k1Derive(word(k))).toEqual(xy(times(Point.BASE, k)));
      expect(secp256k1Derive(word(mod(-k)))).toEqual(xy(times(Point.BASE, -k)));
    },
  );

  test('does not exist outside 1 to n - 1', () => {
    for (const k of [0n, N, N + 1n, MAX]) expect(secp256k1Derive(word(k))).toBeUndefined();
  });

  test('meets itself in a digit of the last place', () => {
    // The sum so far and the entry to be added are the same point, or its opposite, for these alone.
    for (let digit = 1n; digit < 16n; digit += 2n) {
      const k = mod(2n * digit * 16n ** 63n);
      expect(secp256k1Derive(word(k))).toEqual(xy(times(Point.BASE, k)));
    }
  });
});

describe('a G + b P', () => {
  test('equals the oracle', () => {
    fc.assert(
      fc.property(scalar, scalar, point, (a, b, p) => {
        const expected = xy(times(Point.BASE, a).add(times(p, b)));
        expect(secp256k1Combine(concatBytes(words(a, b), xy(p)!))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('where sums meet equal and opposite points', () => {
    // P is a small multiple of G, of 2^128 G or of lambda G: entries of the tables coincide.
    for (const factor of [1n, 2n, 3n, 5n, 1n << 128n, (1n << 128n) + 1n, LAMBDA, 2n * LAMBDA]) {
      for (const sign of [1n, -1n]) {
        const p = times(Point.BASE, factor * sign);
        for (const [a, b] of [
          [1n, 1n],
          [2n, 1n],
          [factor, N - 1n],
          [mod(factor), 1n],
          [3n, 5n],
          [mod(factor * 7n), N - 7n],
          [0n, 1n],
          [1n, 0n],
          [0n, 0n],
          [1n << 128n, LAMBDA],
        ] as const) {
          const expected = xy(times(Point.BASE, a).add(times(p, b)));
          expect(secp256k1Combine(concatBytes(words(mod(a), mod(b)), xy(p)!))).toEqual(expected);
        }
      }
    }
  });

  test('does not exist for numbers above the order and for what is no point', () => {
    const g = xy(Point.BASE)!;
    expect(secp256k1Combine(concatBytes(words(N, 1n), g))).toBeUndefined();
    expect(secp256k1Combine(concatBytes(words(1n, N), g))).toBeUndefined();
    for (let i = 0; i < 64; i += 9) {
      const off = g.slice();
      off[i]! ^= 1;
      expect(secp256k1Combine(concatBytes(words(1n, 1n), off))).toBeUndefined();
    }
    expect(secp256k1Combine(words(1n, 1n, 0n, 0n))).toBeUndefined();
    expect(secp256k1Combine(words(1n, 1n, P, 0n))).toBeUndefined();
    expect(secp256k1Combine(words(1n, 1n, MAX, MAX))).toBeUndefined();
  });
});

describe('a sum of points', () => {
  test('equals the oracle: equal and opposite ones included', () => {
    fc.assert(
      fc.property(point, point, (p, q) => {
        for (const other of [q, p, p.negate(), p.double()]) {
          expect(secp256k1Add(concatBytes(xy(p)!, xy(other)!))).toEqual(xy(p.add(other)));
        }
      }),
      { numRuns: 50 },
    );
  });

  test('does not exist with what is no point', () => {
    const g = xy(Point.BASE)!;
    expect(secp256k1Add(concatBytes(g, words(1n, 1n)))).toBeUndefined();
    expect(secp256k1Add(concatBytes(words(P, 1n), g))).toBeUndefined();
  });
});

/** The oracle's answer: 64 bytes, or undefined where it throws. */
function recovered(hash: bigint, r: bigint, s: bigint, id: number): Uint8Array | undefined {
  try {
    return new noble.Signature(r, s, id).recoverPublicKey(word(hash)).toBytes(false).slice(1);
  } catch {
    return undefined;
  }
}

describe('recovery', () => {
  test('equals the oracle on signatures', () => {
    fc.assert(
      fc.property(anyWord, nonZero, (hash, key) => {
        const signature = noble.sign(word(hash), word(key), { prehash: false, format: 'recovered' });
        const answer = secp256k1Recover(
          concatBytes(word(hash), signature.subarray(1)),
          signature[0] as number,
        );
        expect(answer).toEqual(xy(times(Point.BASE, key)));
      }),
      { numRuns: 200 },
    );
  });

  test('equals the oracle on whatever else', () => {
    const small = fc.bigInt({ min: 1n, max: 60n });
    fc.assert(
      fc.property(
        anyWord,
        fc.oneof(nonZero, small, fc.bigInt({ min: P - N - 9n, max: P - N + 9n })),
        fc.oneof(nonZero, small),
        fc.nat({ max: 3 }),
        (hash, r, s, id) => {
          expect(secp256k1Recover(words(hash, r, s), id)).toEqual(recovered(hash, r, s, id));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('refuses r and s outside 1 to n - 1', () => {
    for (const bad of [0n, N, N + 1n, MAX]) {
      expect(secp256k1Recover(words(1n, bad, 1n), 0)).toBeUndefined();
      expect(secp256k1Recover(words(1n, 1n, bad), 0)).toBeUndefined();
    }
  });
});

describe('recovery with a signer who is expected', () => {
  type Signed = { readonly input: Uint8Array; readonly id: number; readonly key: Uint8Array };

  /** Signatures that were made already: the oracle takes its time, and the same ones come again. */
  const made = new Map<string, Signed>();
  function signed(key: bigint, hash: bigint): Signed {
    const name = `${key} ${hash}`;
    let known = made.get(name);
    if (known === undefined) {
      const signature = noble.sign(word(hash), word(key), { prehash: false, format: 'recovered' });
      known = {
        input: concatBytes(word(hash), signature.subarray(1)),
        id: signature[0] as number,
        key: xy(times(Point.BASE, key))!,
      };
      made.set(name, known);
    }
    return known;
  }

  const recover = ({ input, id }: Signed) => secp256k1Recover(input, id);
  /** As many signatures as it takes for the key to be expected. */
  function expectKey(key: bigint): void {
    for (let i = 0n; i <= SIGNER_STREAK; i++) expect(recover(signed(key, i))).toEqual(signed(key, i).key);
  }

  test('gives what it would give without', () => {
    fc.assert(
      fc.property(nonZero, fc.array(anyWord, { minLength: 1, maxLength: 6 }), (key, hashes) => {
        expectKey(key);
        for (const hash of hashes) expect(recover(signed(key, hash))).toEqual(signed(key, hash).key);
      }),
      { numRuns: 12 },
    );
  });

  test('gives other keys their due', () => {
    expectKey(77n);
    for (const key of [78n, 77n, N - 77n, 77n, 78n, 78n, 78n, 77n, 1n, 77n]) {
      for (const hash of [0n, 5n, N, MAX]) expect(recover(signed(key, hash))).toEqual(signed(key, hash).key);
    }
  });

  test('is exact about parity, recovery id and every bit of the input', () => {
    expectKey(123n);
    fc.assert(
      fc.property(fc.nat({ max: 95 }), fc.nat({ max: 7 }), fc.nat({ max: 3 }), (at, bit, id) => {
        expectKey(123n);
        const { input, key } = signed(123n, 9n);
        const flipped = signed(123n, 9n).id ^ 1;
        expect(secp256k1Recover(input, flipped)).not.toEqual(key);
        const other = input.slice();
        other[at]! ^= 1 << bit;
        const [hash, r, s] = [0, 32, 64].map((from) => bytesToBigint(other.subarray(from, from + 32)));
        expect(secp256k1Recover(other, id)).toEqual(recovered(hash!, r!, s!, id));
      }),
      { numRuns: 40 },
    );
  });

  test('where the generator itself is expected, or its opposite', () => {
    for (const key of [1n, N - 1n, 1n << 128n, 2n, N - 2n]) {
      expectKey(key);
      for (const hash of [0n, 1n, 2n, N - 1n, N, MAX]) {
        expect(recover(signed(key, hash))).toEqual(signed(key, hash).key);
      }
    }
  });
});

describe('verification', () => {
  test('accepts signatures, with the low and the high s, and nothing near them', () => {
    fc.assert(
      fc.property(anyWord, nonZero, fc.nat({ max: 159 }), fc.nat({ max: 7 }), (hash, key, at, bit) => {
        const compact = noble.sign(word(hash), word(key), { prehash: false });
        const r = bytesToBigint(compact.subarray(0, 32));
        const s = bytesToBigint(compact.subarray(32));
        const signer = xy(times(Point.BASE, key))!;
        const input = concatBytes(words(hash, r, s), signer);
        expect(secp256k1Verify(input)).toBe(true);
        expect(secp256k1Verify(concatBytes(words(hash, r, N - s), signer))).toBe(true);
        input[at]! ^= 1 << bit;
        expect(secp256k1Verify(input)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  test('compares x modulo the order', () => {
    // A point whose x is above n: its signature has r = x - n. The key that makes it one is recovered.
    let found = 0;
    for (let r = 1n; r < 30n; r++) {
      const key = secp256k1Recover(words(5n, r, 7n), 2);
      if (key === undefined) continue;
      found++;
      expect(secp256k1Verify(concatBytes(words(5n, r, 7n), key))).toBe(true);
    }
    expect(found).toBeGreaterThan(5);
  });

  test('refuses r and s outside 1 to n - 1, and the point at infinity', () => {
    const g = xy(Point.BASE)!;
    for (const bad of [0n, N, MAX]) {
      expect(secp256k1Verify(concatBytes(words(1n, bad, 1n), g))).toBe(false);
      expect(secp256k1Verify(concatBytes(words(1n, 1n, bad), g))).toBe(false);
    }
    // hash = -r with the generator as key: the sum is infinity.
    expect(secp256k1Verify(concatBytes(words(N - 9n, 9n, 4n), g))).toBe(false);
  });
});

describe('a signature', () => {
  test('is (r, s) of the formula with a low s, whatever blinds it', () => {
    fc.assert(
      fc.property(anyWord, nonZero, nonZero, nonZero, (hash, key, nonce, blind) => {
        const x = bytesToBigint(xy(times(Point.BASE, nonce))!.subarray(0, 32));
        const isOdd = (xy(times(Point.BASE, nonce))![63] as number) & 1;
        const r = mod(x);
        const s = mod(bytesToBigint(secp256k1Invert(word(nonce))!) * (hash + r * key));
        const signature = secp256k1Sign(words(hash, key, nonce, blind));
        if (s === 0n) return expect(signature).toBeUndefined();
        const isHigh = s > N >> 1n;
        expect(signature).toEqual(
          concatBytes(words(r, isHigh ? N - s : s), Uint8Array.of(isHigh ? 1 - isOdd : isOdd)),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('gives its key back', () => {
    for (const [hash, key, nonce] of [
      [0n, 1n, 1n],
      [MAX, N - 1n, N - 1n],
      [5n, 7n, N >> 1n],
      [N, 2n, 3n],
    ] as const) {
      const signature = secp256k1Sign(words(hash, key, nonce, 99n))!;
      const answer = secp256k1Recover(concatBytes(word(hash), signature.subarray(0, 64)), signature[64]!);
      expect(answer).toEqual(xy(times(Point.BASE, key)));
    }
  });

  test('does not exist for keys and nonces outside 1 to n - 1, nor where s would be 0', () => {
    for (const bad of [0n, N, MAX]) {
      expect(secp256k1Sign(words(1n, bad, 1n, 1n))).toBeUndefined();
      expect(secp256k1Sign(words(1n, 1n, bad, 1n))).toBeUndefined();
    }
    // hash = -r key
    const r = bytesToBigint(xy(Point.BASE)!.subarray(0, 32));
    expect(secp256k1Sign(words(mod(-r * 3n), 3n, 1n, 8n))).toBeUndefined();
    // A blind of 0 leaves no inverse.
    expect(secp256k1Sign(words(1n, 1n, 1n, 0n))).toBeUndefined();
    expect(secp256k1Sign(words(1n, 1n, 1n, N))).toBeUndefined();
  });
});

describe('1 / k', () => {
  test('times k is 1', () => {
    fc.assert(
      fc.property(nonZero, (k) => {
        const inverse = bytesToBigint(secp256k1Invert(word(k))!);
        expect((inverse * k) % N).toBe(1n);
        expect(inverse < N).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([...interesting.slice(1), ...powers])('for %s', (k) => {
    expect(mod(bytesToBigint(secp256k1Invert(word(k))!) * k)).toBe(1n);
  });

  test('does not exist outside 1 to n - 1', () => {
    for (const k of [0n, N, MAX]) expect(secp256k1Invert(word(k))).toBeUndefined();
  });
});

describe('encoded points', () => {
  test('are read in every form of SEC 1', () => {
    fc.assert(
      fc.property(point, (p) => {
        const coordinates = xy(p)!;
        const parity = (coordinates[63] as number) & 1;
        expect(secp256k1Parse(p.toBytes(true))).toEqual(coordinates);
        expect(secp256k1Parse(Uint8Array.of(4, ...coordinates))).toEqual(coordinates);
        expect(secp256k1Parse(Uint8Array.of(6 + parity, ...coordinates))).toEqual(coordinates);
        expect(secp256k1Parse(Uint8Array.of(7 - parity, ...coordinates))).toBeUndefined();
        expect(secp256k1Parse(Uint8Array.of(2 + (1 - parity), ...coordinates.subarray(0, 32)))).toEqual(
          xy(p.negate()),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('equal the oracle for any x', () => {
    const x = fc.oneof(
      fc.bigInt({ min: 0n, max: MAX }),
      fc.bigInt({ min: P - 20n, max: P + 20n }),
      fc.bigInt({ min: 0n, max: 40n }),
    );
    fc.assert(
      fc.property(x, fc.constantFrom(2, 3), (value, form) => {
        const encoded = Uint8Array.of(form, ...word(value));
        let expected: Uint8Array | undefined;
        try {
          expected = xy(Point.fromBytes(encoded));
        } catch {
          expected = undefined;
        }
        expect(secp256k1Parse(encoded)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  test('have 33 or 65 bytes and begin with 2, 3, 4, 6 or 7', () => {
    const g = xy(Point.BASE)!;
    for (const length of [0, 1, 32, 34, 64, 66])
      expect(secp256k1Parse(new Uint8Array(length))).toBeUndefined();
    for (const form of [0, 1, 4, 5, 6, 8, 255]) {
      expect(secp256k1Parse(Uint8Array.of(form, ...g.subarray(0, 32)))).toBeUndefined();
    }
    for (const form of [0, 1, 2, 3, 5, 8, 255]) {
      expect(secp256k1Parse(Uint8Array.of(form, ...g))).toBeUndefined();
    }
  });
});

test('inputs have their length', () => {
  for (const run of [
    secp256k1Derive,
    secp256k1Invert,
    secp256k1Verify,
    secp256k1Combine,
    secp256k1Add,
    secp256k1Sign,
  ]) {
    expect(() => run(new Uint8Array(31))).toThrow(
      expect.objectContaining({ code: 'KERNELS_INVALID_LENGTH' }) as Error,
    );
  }
  expect(() => secp256k1Recover(new Uint8Array(95), 0)).toThrow(
    expect.objectContaining({ code: 'KERNELS_INVALID_LENGTH' }) as Error,
  );
});
