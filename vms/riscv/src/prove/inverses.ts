import { invM31, mulM31 } from '@ninefold/stark';

/**
 * Replaces each value of a column by its inverse modulo 2^31 - 1; zeros stay. By Montgomery's trick: one
 * inversion for all, and three products a value.
 *
 * @example invertColumn(Uint32Array.of(2, 0, 1)) // 2^30, 0, 1
 */
export function invertColumn(column: Uint32Array): void {
  // The product of all values before each place.
  const before = new Uint32Array(column.length);
  let product = 1;
  for (let row = 0; row < column.length; row++) {
    const value = column[row] as number;
    before[row] = product;
    if (value !== 0) product = mulM31(product, value);
  }
  let inverse = invM31(product);
  for (let row = column.length - 1; row >= 0; row--) {
    const value = column[row] as number;
    if (value === 0) continue;
    column[row] = mulM31(inverse, before[row] as number);
    inverse = mulM31(inverse, value);
  }
}
