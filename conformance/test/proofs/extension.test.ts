import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createExtension } from '../../src/proofs/plonky3/extension.ts';
import type { Ext, Extension } from '../../src/proofs/plonky3/extension.ts';

const FIELDS: readonly (readonly [name: string, field: Extension, w: number])[] = [
  ['the cubic extension of M31', createExtension(2 ** 31 - 1, 3, 5), 5],
  ['the quartic extension of BabyBear', createExtension(15 * 2 ** 27 + 1, 4, 11), 11],
];

describe.each(FIELDS)('%s', (_name, field, w) => {
  const { add, sub, mul, inv, pow, scale, of, one, zero, prime, degree } = field;
  const word = fc.integer({ min: 0, max: prime - 1 });
  const element: fc.Arbitrary<Ext> = fc.array(word, { minLength: degree, maxLength: degree });

  it('is a ring', () => {
    fc.assert(
      fc.property(element, element, element, (a, b, c) => {
        expect(add(a, b)).toEqual(add(b, a));
        expect(mul(a, b)).toEqual(mul(b, a));
        expect(mul(a, mul(b, c))).toEqual(mul(mul(a, b), c));
        expect(mul(a, add(b, c))).toEqual(add(mul(a, b), mul(a, c)));
        expect(sub(add(a, b), b)).toEqual(a);
        expect(mul(a, one)).toEqual(a);
        expect(add(a, zero)).toEqual(a);
      }),
    );
  });

  it('has inverses of all but zero', () => {
    fc.assert(
      fc.property(element, (a) => {
        fc.pre(!field.equal(a, zero));
        expect(mul(a, inv(a))).toEqual(one);
      }),
    );
    expect(() => inv(zero)).toThrow(RangeError);
    expect(() => field.invWord(0)).toThrow(RangeError);
  });

  it('contains its base field', () => {
    fc.assert(
      fc.property(word, word, element, (x, y, a) => {
        const product = Number((BigInt(x) * BigInt(y)) % BigInt(prime));
        expect(field.mulWords(x, y)).toBe(product);
        expect(mul(of(x), of(y))).toEqual(of(product));
        expect(mul(of(x), a)).toEqual(scale(a, x));
      }),
    );
  });

  it('has powers, and x to its degree is a word', () => {
    const x = zero.map((_, i) => (i === 1 ? 1 : 0));
    expect(pow(x, degree)).toEqual(of(w));
    expect(pow(x, 0)).toEqual(one);
    fc.assert(
      fc.property(element, fc.nat(1000), fc.nat(1000), (a, m, n) => {
        expect(mul(pow(a, m), pow(a, n))).toEqual(pow(a, m + n));
      }),
      { numRuns: 30 },
    );
    // Irreducible: no word is a root of x^degree - w of any prime divisor of the degree.
    const divisor = degree % 2 === 0 ? 2 : 3;
    expect(field.powWord(w, (prime - 1) / divisor)).not.toBe(1);
  });

  it('says when elements are equal', () => {
    expect(field.equal(one, of(1))).toBe(true);
    expect(field.equal(one, zero)).toBe(false);
    expect(field.equal(one, [...one, 0])).toBe(false);
  });
});
