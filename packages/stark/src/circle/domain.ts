import type { Ext, ExtensionField } from '../field/extension.ts';
import { invM31, negM31 } from '../field/m31.ts';
import type { ExtPoint, Point } from './point.ts';
import { addPoints, addToExtPoint, doubleExtX, doubleX, negPoint, subgroupGenerator } from './point.ts';

// The canonic coset of log size n is G_{2^(n+1)} + <G_{2^n}>. Its points come in three orders, which are
// the classic source of bugs; every function here says which it takes and gives:
//   trace order    row i is G_{2^(n+1)} + i G_{2^n}: the rows of a table; the next row is + G_{2^n}
//   domain order   first the half coset G_{2^(n+1)} + j G_{2^(n-1)}, then the conjugates in the same order
//   stored order   domain order with the index's bits reversed: where the FFT leaves its values

/** Reverses the low `bits` bits of `index`. */
export function reverseBits(index: number, bits: number): number {
  let reversed = 0;
  for (let i = 0; i < bits; i++) reversed = (reversed << 1) | ((index >>> i) & 1);
  return reversed >>> 0;
}

/** Trace order to stored order. */
export function storedOfTrace(row: number, log: number): number {
  const size = 2 ** log;
  // Odd rows are conjugates: -(G_{2^(n+1)} + 2j G_{2^n}) = G_{2^(n+1)} - (1 + 2j) G_{2^n}.
  const index = row % 2 === 0 ? row / 2 : size - (row + 1) / 2;
  return reverseBits(index, log);
}

/** The point at a place of the stored order. */
export function pointAtStored(stored: number, log: number): Point {
  // Bit k of a place's half adds G_{2^k}: reversed, bit 1 is the half coset's largest step, G_2.
  let point = subgroupGenerator(log + 1);
  for (let k = 1; k < log; k++) {
    if (((stored >>> k) & 1) === 1) point = addPoints(point, subgroupGenerator(k));
  }
  return stored % 2 === 0 ? point : negPoint(point);
}

/**
 * The stored place of P + G_{2^(log - blowup)} for the point P stored at `stored`: on an evaluation
 * domain of log size `log`, what is one row further in a trace that is 2^`blowup` times shorter.
 */
export function nextStored(stored: number, log: number, blowup: number): number {
  const half = 2 ** (log - 1);
  const index = reverseBits(stored, log);
  // The half coset's step is two of the domain's; conjugates walk backwards.
  const step = 2 ** (blowup - 1);
  const next = index < half ? (index + step) % half : half + ((index + half - step) % half);
  return reverseBits(next, log);
}

/** The vanishing polynomial of the canonic coset of log size n: pi applied n - 1 times to x. */
export function vanishing(x: number, log: number): number {
  let value = x;
  for (let i = 1; i < log; i++) value = doubleX(value);
  return value;
}

/** {@link vanishing} at a point of an extension. */
export function vanishingExt(field: ExtensionField, x: Ext, log: number): Ext {
  let value = x;
  for (let i = 1; i < log; i++) value = doubleExtX(field, value);
  return value;
}

/** The row a selector is one at. */
export type SelectorRow = 'first' | 'last';

/** What {@link selectorExt} and its kernel twin evaluate: the row's point and the factor in front. */
export function selectorConstants(
  row: SelectorRow,
  log: number,
): { readonly point: Point; readonly scale: number } {
  const first = subgroupGenerator(log + 1);
  const scale = invM31(2 ** log);
  return row === 'first' ? { point: first, scale } : { point: negPoint(first), scale: negM31(scale) };
}

/**
 * The polynomial of the FFT space that is one at the first (last) row of a trace and zero at its other
 * rows. With (x', y') = P - P0 it is k V(P) (1 + x')/y': (1 + x')/y' has its one pole at P0, where V
 * has a simple zero, and its growth at infinity has no part outside the space. The derivative of V at
 * P0 gives k = 1/2^n, negative at the last row.
 */
export function selectorExt(field: ExtensionField, row: SelectorRow, point: ExtPoint, log: number): Ext {
  const { point: origin, scale } = selectorConstants(row, log);
  const { x, y } = addToExtPoint(field, point, negPoint(origin));
  const quotient = field.mul(field.add(field.one, x), field.inv(y));
  return field.scale(field.mul(vanishingExt(field, point.x, log), quotient), scale);
}

/**
 * The value at `point` of the polynomial with `coefficients` in the FFT's basis: index bit 0 stands for
 * y, bit 1 for x, bit 2 for pi(x), bit 3 for pi(pi(x)) …
 *
 * @param coefficients 2^n of them, n >= 1
 */
export function evaluateAt(field: ExtensionField, coefficients: readonly Ext[], point: ExtPoint): Ext {
  let level: readonly Ext[] = coefficients;
  let variable = point.y;
  for (let bit = 0; level.length > 1; bit++) {
    if (bit === 1) variable = point.x;
    else if (bit > 1) variable = doubleExtX(field, variable);
    const factor = variable;
    level = Array.from({ length: level.length / 2 }, (_, i) =>
      field.add(level[2 * i] as Ext, field.mul(level[2 * i + 1] as Ext, factor)),
    );
  }
  return level[0] as Ext;
}
