import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addM31, invM31, isM31, mulM31, negM31, P, powM31, subM31, toM31 } from '../src/field/m31.ts';
import type { Ext, ExtensionField } from '../src/field/extension.ts';
import { extensionOf, QM31, SEXTIC } from '../src/field/extension.ts';

const PRIME = BigInt(P);
const edge = fc.constantFrom(0, 1, 2, P - 1, P - 2, 0x40000000, 0x3fffffff, 65_535, 65_536);
const element = fc.oneof(edge, fc.nat(P - 1));

describe('M31', () => {
  it('adds, subtracts, negates and multiplies as integers modulo p', () => {
    fc.assert(
      fc.property(element, element, (a, b) => {
        const [x, y] = [BigInt(a), BigInt(b)];
        expect(BigInt(addM31(a, b))).toBe((x + y) % PRIME);
        expect(BigInt(subM31(a, b))).toBe((x - y + PRIME) % PRIME);
        expect(BigInt(mulM31(a, b))).toBe((x * y) % PRIME);
        expect(addM31(a, negM31(a))).toBe(0);
        expect(isM31(mulM31(a, b))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('multiplies all pairs of edge values', () => {
    const values = [0, 1, 2, 3, 32_767, 65_536, 46_341, 2 ** 30 - 1, 2 ** 30, 2 ** 30 + 1, P - 2, P - 1];
    for (const a of values) {
      for (const b of values) expect(BigInt(mulM31(a, b))).toBe((BigInt(a) * BigInt(b)) % PRIME);
    }
  });

  it('inverts all but zero', () => {
    fc.assert(
      fc.property(element, (a) => {
        expect(mulM31(a, invM31(a))).toBe(a === 0 ? 0 : 1);
      }),
    );
    expect(powM31(3, 0)).toBe(1);
    expect(powM31(0, 5)).toBe(0);
  });

  it('takes integers of either sign', () => {
    expect(toM31(-1)).toBe(P - 1);
    expect(toM31(P)).toBe(0);
    expect(toM31(-1n)).toBe(P - 1);
    expect(toM31(2n ** 62n)).toBe(1);
    expect(isM31(P)).toBe(false);
    expect(isM31(-1)).toBe(false);
    expect(isM31(0.5)).toBe(false);
  });
});

function laws(name: string, field: ExtensionField): void {
  const { add, sub, mul, inv, one, zero, neg, isZero, eq } = field;
  const ext: fc.Arbitrary<Ext> = fc.array(element, { minLength: field.degree, maxLength: field.degree });
  describe(name, () => {
    it('is a commutative ring', () => {
      fc.assert(
        fc.property(ext, ext, ext, (a, b, c) => {
          expect(mul(a, b)).toEqual(mul(b, a));
          expect(mul(mul(a, b), c)).toEqual(mul(a, mul(b, c)));
          expect(mul(a, add(b, c))).toEqual(add(mul(a, b), mul(a, c)));
          expect(mul(a, one)).toEqual(a);
          expect(sub(add(a, b), b)).toEqual(a);
          expect(add(a, neg(a))).toEqual(zero);
        }),
      );
    });

    it('inverts all but zero', () => {
      fc.assert(
        fc.property(ext, (a) => {
          expect(mul(a, inv(a))).toEqual(isZero(a) ? zero : one);
        }),
      );
    });

    it('turns t into -t by an automorphism that fixes B', () => {
      const conjugate = (a: Ext): Ext => a.map((x, i) => (i < field.half ? x : negM31(x)));
      fc.assert(
        fc.property(ext, ext, (a, b) => {
          expect(conjugate(mul(a, b))).toEqual(mul(conjugate(a), conjugate(b)));
        }),
      );
    });

    it('has no element whose power to p^degree differs from it', () => {
      fc.assert(
        fc.property(ext, (a) => {
          let power = a;
          for (let i = 0; i < field.degree; i++) power = field.pow(power, P);
          expect(eq(power, a)).toBe(true);
        }),
        { numRuns: 5 },
      );
    });

    it('makes powers and checks words', () => {
      const a = [...one.slice(0, -1), 7];
      expect(field.powers(a, 3)).toEqual([one, a, mul(a, a)]);
      expect(field.isElement(a)).toBe(true);
      expect(field.isElement([...a.slice(0, -1), P])).toBe(false);
      expect(field.isElement(a.slice(1))).toBe(false);
      expect(field.from(5)).toEqual(field.scale(one, 5));
    });
  });
}

laws('QM31', QM31);
laws('the sextic extension', SEXTIC);

describe('the towers', () => {
  it('have the relations they are defined by', () => {
    const i = [0, 1, 0, 0];
    const u = [0, 0, 1, 0];
    expect(QM31.mul(i, i)).toEqual([P - 1, 0, 0, 0]);
    expect(QM31.mul(u, u)).toEqual([2, 1, 0, 0]);
    const w = [0, 1, 0, 0, 0, 0];
    expect(SEXTIC.mul(w, SEXTIC.mul(w, w))).toEqual([5, 0, 0, 0, 0, 0]);
    const t = [0, 0, 0, 1, 0, 0];
    expect(SEXTIC.mul(t, t)).toEqual([P - 1, 0, 0, 0, 0, 0]);
    // No cube: else the tower would have zero divisors.
    expect(powM31(5, (P - 1) / 3)).not.toBe(1);
    expect(extensionOf(4)).toBe(QM31);
    expect(extensionOf(6)).toBe(SEXTIC);
  });
});
