import type { AirBuilder, Expression } from '@ninefold/stark';
import { LIMB, type Limbs } from './words.ts';

/**
 * The limbs of a product of bytes before carrying: the products of bytes whose places add up to 2k, and 256
 * times those that add up to 2k + 1. With eight bytes a sum is below 2^27, and what it carries below 2^12.
 */
export function productColumns(
  air: AirBuilder,
  a: readonly Expression[],
  b: readonly Expression[],
  limbs: number,
): Expression[] {
  return Array.from({ length: limbs }, (_, k) => {
    const terms: Expression[] = [];
    a.forEach((x, i) => {
      for (const place of [2 * k, 2 * k + 1]) {
        const y = b[place - i];
        if (y !== undefined) terms.push(place % 2 === 0 ? x.mul(y) : x.mul(y).mul(256));
      }
    });
    return air.sum(terms);
  });
}

/** The values of {@link productColumns}. */
export function sumsOfProducts(a: readonly number[], b: readonly number[], limbs: number): number[] {
  const sums = new Array<number>(limbs).fill(0);
  a.forEach((x, i) =>
    b.forEach((y, j) => {
      const k = (i + j) >> 1;
      if (k < limbs) sums[k] = (sums[k] as number) + x * y * ((i + j) % 2 === 0 ? 1 : 256);
    }),
  );
  return sums;
}

/** A product's low limbs, and what each carries into the next. */
export function multiplyBytes(
  a: readonly number[],
  b: readonly number[],
  limbs: number,
): { readonly limbs: Limbs; readonly carries: readonly number[] } {
  const carries: number[] = [];
  let carry = 0;
  const product = sumsOfProducts(a, b, limbs).map((sum) => {
    const total = sum + carry;
    carry = Math.floor(total / LIMB);
    carries.push(carry);
    return total % LIMB;
  });
  return { limbs: product, carries };
}
