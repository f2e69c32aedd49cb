import type { AirBuilder, Expression } from '@ninefold/stark';
import { LIMB } from './words.ts';

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

/** Writes the values of {@link productColumns} into `sums`, as many as there is room for. */
export function writeProducts(a: readonly number[], b: readonly number[], sums: number[]): void {
  sums.fill(0);
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      const k = (i + j) >> 1;
      if (k >= sums.length) break;
      const product = (a[i] as number) * (b[j] as number);
      sums[k] = (sums[k] as number) + ((i + j) & 1 ? 256 * product : product);
    }
  }
}

/** A product's low limbs, and what each carries into the next, into `product` and `carries`. */
export function multiplyBytes(
  a: readonly number[],
  b: readonly number[],
  product: number[],
  carries: number[],
): void {
  writeProducts(a, b, product);
  let carry = 0;
  for (let k = 0; k < product.length; k++) {
    const total = (product[k] as number) + carry;
    carry = Math.floor(total / LIMB);
    carries[k] = carry;
    product[k] = total % LIMB;
  }
}
