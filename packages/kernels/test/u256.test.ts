import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builds } from './support/u256.ts';

const BITS = 256n;
const MODULUS = 1n << BITS;
const MASK = MODULUS - 1n;
const MIN = 1n << 255n;

const unsigned = (x: bigint) => BigInt.asUintN(256, x);
const signed = (x: bigint) => BigInt.asIntN(256, x);

/** Boundary words at every limb border, where carries and digit estimates go wrong. */
const CORNERS: readonly bigint[] = [
  ...new Set(
    [0n, 1n, 31n, 32n, 63n, 64n, 127n, 128n, 191n, 192n, 255n, 256n].flatMap((bit) => {
      const power = 1n << bit;
      return [power - 1n, power, power + 1n, MODULUS - power].map(unsigned);
    }),
  ),
];

/** Words of all lengths, words of few limbs all ones or zeros, corners. */
const word = fc.oneof(
  fc.bigInt({ min: 0n, max: MASK }),
  fc
    .tuple(fc.bigInt({ min: 0n, max: MASK }), fc.integer({ min: 0, max: 255 }))
    .map(([x, s]) => x >> BigInt(s)),
  fc
    .array(fc.constantFrom(0n, 1n, (1n << 64n) - 1n, (1n << 64n) - 2n, 1n << 63n, (1n << 63n) - 1n), {
      minLength: 4,
      maxLength: 4,
    })
    .map((limbs) => limbs.reduce((value, limb) => (value << 64n) | limb, 0n)),
  fc.constantFrom(...CORNERS),
);

const pow = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  for (let e = exponent, b = base; e > 0n; e >>= 1n, b = (b * b) & MASK)
    if (e & 1n) result = (result * b) & MASK;
  return result;
};

/** EVM meaning of each function whose parameters are `(out, ...words)`. */
const WORD_FUNCTIONS: Record<string, (...operands: [bigint, bigint, bigint]) => bigint> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  negate: (a) => -a,
  square: (a) => a * a,
  div: (a, b) => (b === 0n ? 0n : a / b),
  mod: (a, b) => (b === 0n ? 0n : a % b),
  sdiv: (a, b) => (b === 0n ? 0n : signed(a) / signed(b)),
  smod: (a, b) => (b === 0n ? 0n : signed(a) % signed(b)),
  addmod: (a, b, m) => (m === 0n ? 0n : (a + b) % m),
  mulmod: (a, b, m) => (m === 0n ? 0n : (a * b) % m),
  exp: (a, e) => pow(a, e),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  not: (a) => ~a,
  copy: (a) => a,
  shl: (s, a) => (s > 255n ? 0n : a << s),
  shr: (s, a) => (s > 255n ? 0n : a >> s),
  sar: (s, a) => signed(a) >> (s > 255n ? 255n : s),
  byte: (i, a) => (i > 31n ? 0n : (a >> (8n * (31n - i))) & 255n),
  signextend: (i, a) => (i > 30n ? a : BigInt.asIntN(Number(8n * (i + 1n)), a)),
  countLeadingZeros: (a) => BITS - BigInt(a === 0n ? 0 : a.toString(2).length),
};
const ARITY: Record<string, number> = {
  negate: 1,
  square: 1,
  not: 1,
  copy: 1,
  countLeadingZeros: 1,
  addmod: 3,
  mulmod: 3,
};

const FIRST_OPERAND: Record<string, fc.Arbitrary<bigint>> = {
  shl: fc.oneof(fc.bigInt({ min: 0n, max: 300n }), word),
  shr: fc.oneof(fc.bigInt({ min: 0n, max: 300n }), word),
  sar: fc.oneof(fc.bigInt({ min: 0n, max: 300n }), word),
  byte: fc.oneof(fc.bigInt({ min: 0n, max: 40n }), word),
  signextend: fc.oneof(fc.bigInt({ min: 0n, max: 40n }), word),
};

describe.each(builds)('u256, $name build', (u256) => {
  it.each(Object.keys(WORD_FUNCTIONS))('%s equals the bigint definition, also in place', (name) => {
    const arity = ARITY[name] ?? 2;
    const expected = WORD_FUNCTIONS[name]!;
    const operands = fc.tuple(FIRST_OPERAND[name] ?? word, word, word);
    fc.assert(
      fc.property(operands, (values) => {
        const want = unsigned(expected(...values));
        for (const got of u256.word(name, ...values.slice(0, arity))) {
          // An expectation costs more than the function and its definition.
          if (got !== want) expect(got).toBe(want);
        }
      }),
      { numRuns: 400 },
    );
  });

  it.each(['add', 'sub', 'mul', 'div', 'mod', 'sdiv', 'smod'])('%s on all pairs of corners', (name) => {
    const expected = WORD_FUNCTIONS[name]!;
    for (const a of CORNERS) {
      for (const b of CORNERS) {
        const [got, want] = [u256.word(name, a, b)[0], unsigned(expected(a, b, 0n))];
        if (got !== want) expect(got, `${name}(${a}, ${b})`).toBe(want);
      }
    }
  });

  it.each(['addmod', 'mulmod'])('%s on triples of corners', (name) => {
    const expected = WORD_FUNCTIONS[name]!;
    const few = CORNERS.filter((_, i) => i % 3 === 0);
    for (const m of CORNERS) {
      for (const a of few) {
        for (const b of few) {
          const got = u256.word(name, a, b, m)[0];
          if (got !== expected(a, b, m)) expect(got, `${name}(${a}, ${b}, ${m})`).toBe(expected(a, b, m));
        }
      }
    }
  });

  it('divides with an over-estimated digit (add-back) and with a maximal one', () => {
    // Dividends just below a multiple of the divisor's power: the estimate is too high, or 2^64.
    const ones = (1n << 64n) - 1n;
    for (const top of [1n << 63n, (1n << 63n) + 1n, ones]) {
      for (const middle of [0n, 1n, ones]) {
        for (const low of [0n, 1n, ones]) {
          const divisor = (top << 128n) | (middle << 64n) | low;
          for (const delta of [-1n, 0n, 1n]) {
            const dividend = unsigned((divisor << 64n) + delta);
            const product = u256.word('mulmod', dividend, MASK, divisor)[0];
            expect(product).toBe((dividend * MASK) % divisor);
            expect(u256.word('div', dividend, divisor)[0]).toBe(dividend / divisor);
            expect(u256.word('mod', dividend, divisor)[0]).toBe(dividend % divisor);
          }
        }
      }
    }
  });

  it('keeps a divisor between calls without mixing divisors up', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, fc.constantFrom(...CORNERS.slice(0, 12))), { maxLength: 20 }),
        (steps) => {
          for (const [a, m] of steps)
            expect(u256.word('mulmod', a, a, m)[0]).toBe(m === 0n ? 0n : (a * a) % m);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('knows MIN / -1 and the signs of remainders', () => {
    expect(u256.word('sdiv', MIN, MASK)[0]).toBe(MIN);
    expect(u256.word('smod', MIN, MASK)[0]).toBe(0n);
    expect(u256.word('smod', unsigned(-7n), 3n)[0]).toBe(unsigned(-1n));
    expect(u256.word('smod', 7n, unsigned(-3n))[0]).toBe(1n);
  });

  it('gives 1 for 0^0 and wraps powers of two', () => {
    expect(u256.word('exp', 0n, 0n)[0]).toBe(1n);
    expect(u256.word('exp', 0n, MASK)[0]).toBe(0n);
    expect(u256.word('exp', 1n, MASK)[0]).toBe(1n);
    expect(u256.word('exp', 2n, 255n)[0]).toBe(MIN);
    expect(u256.word('exp', 2n, 256n)[0]).toBe(0n);
    expect(u256.word('exp', 256n, 31n)[0]).toBe(1n << 248n);
    expect(u256.word('exp', 256n, 32n)[0]).toBe(0n);
    expect(u256.word('exp', 6n, MASK)[0]).toBe(0n);
    expect(u256.word('exp', 3n, (1n << 24n) - 1n)[0]).toBe(pow(3n, (1n << 24n) - 1n));
    expect(u256.word('exp', 3n, 1n << 24n)[0]).toBe(pow(3n, 1n << 24n));
  });

  it.each(['lt', 'gt', 'slt', 'sgt', 'eq'])('%s compares', (name) => {
    const compare: Record<string, (a: bigint, b: bigint) => boolean> = {
      lt: (a, b) => a < b,
      gt: (a, b) => a > b,
      slt: (a, b) => signed(a) < signed(b),
      sgt: (a, b) => signed(a) > signed(b),
      eq: (a, b) => a === b,
    };
    const check = (a: bigint, b: bigint): void => {
      expect(u256.scalar(name, a, b), `${a} ${b}`).toBe(compare[name]!(a, b) ? 1 : 0);
    };
    for (const a of CORNERS) for (const b of CORNERS) check(a, b);
    fc.assert(fc.property(word, word, check), { numRuns: 200 });
    fc.assert(
      fc.property(word, (a) => check(a, a)),
      { numRuns: 50 },
    );
  });

  it('tells zero, u64 and lengths', () => {
    const check = (a: bigint): void => {
      const bits = a === 0n ? 0 : a.toString(2).length;
      expect(u256.scalar('isZero', a)).toBe(a === 0n ? 1 : 0);
      expect(u256.scalar('fitsU64', a)).toBe(a < 1n << 64n ? 1 : 0);
      expect(BigInt.asUintN(64, u256.scalar('toU64Saturating', a) as bigint)).toBe(
        a < 1n << 64n ? a : (1n << 64n) - 1n,
      );
      expect(u256.scalar('bitLength', a)).toBe(bits);
      expect(u256.scalar('byteLength', a)).toBe(Math.ceil(bits / 8));
    };
    CORNERS.forEach(check);
    fc.assert(fc.property(word, check), { numRuns: 200 });
  });

  it('converts from and to big-endian bytes', () => {
    fc.assert(
      fc.property(word, (value) => {
        const [swapped, inPlace] = u256.word('fromBE', value);
        const bytes = value.toString(16).padStart(64, '0').match(/../g)!;
        expect(swapped).toBe(BigInt(`0x${bytes.reverse().join('')}`));
        expect(inPlace).toBe(swapped);
        expect(u256.word('toBE', swapped!)[0]).toBe(value);
      }),
      { numRuns: 200 },
    );
  });

  it('reads the operands of PUSH1 to PUSH32', () => {
    const source = 2001;
    for (let i = 0; i < 48; i++) u256.memory.setUint8(source - 8 + i, 0xa0 + i);
    for (let length = 0; length <= 32; length++) {
      let expected = 0n;
      for (let i = 0; i < length; i++) expected = (expected << 8n) | BigInt(0xa8 + i);
      u256.put(1024, MASK);
      u256.exports['fromBEPartial']!(1024, source, length);
      expect(u256.get(1024), `length ${length}`).toBe(expected);
    }
  });

  it('multiplies in full', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        u256.put(1064, a);
        u256.put(1104, b);
        u256.exports['mulFull']!(1200, 1064, 1104);
        expect((u256.get(1232) << 256n) | u256.get(1200)).toBe(a * b);
      }),
      { numRuns: 300 },
    );
  });

  it('swaps, clears and sets words', () => {
    u256.put(1024, 5n);
    u256.put(1064, MASK);
    u256.exports['swap']!(1024, 1064);
    expect([u256.get(1024), u256.get(1064)]).toEqual([MASK, 5n]);
    u256.exports['setZero']!(1024);
    expect(u256.get(1024)).toBe(0n);
  });

  it.each(['shlBy', 'shrBy', 'sarBy'])('%s takes every count below 256', (name) => {
    const expected: Record<string, (a: bigint, n: bigint) => bigint> = {
      shlBy: (a, n) => a << n,
      shrBy: (a, n) => a >> n,
      sarBy: (a, n) => signed(a) >> n,
    };
    for (const value of [MASK, MIN | 1n, 0x0123456789abcdefn << 190n, 0x5n << 253n]) {
      for (let n = 0; n < 256; n++) {
        u256.put(1024, unsigned(value));
        u256.exports[name]!(1024, 1024, n);
        expect(u256.get(1024)).toBe(unsigned(expected[name]!(unsigned(value), BigInt(n))));
      }
    }
  });
});
