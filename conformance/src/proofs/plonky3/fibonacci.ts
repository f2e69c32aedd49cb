import type { Ext, Extension } from './extension.ts';
import type { OpenedValues } from './proof.ts';

/** The first row's words and the last row's second word. */
export type FibonacciValues = readonly [left: number, right: number, result: number];

/** Columns of the table. */
export const FIBONACCI_WIDTH = 2;

/** Values at a point of the polynomials that choose rows, and of the one that vanishes on all rows. */
export type Selectors = {
  readonly isFirst: Ext;
  readonly isLast: Ext;
  readonly isTransition: Ext;
  readonly vanishing: Ext;
};

/**
 * Whether the opened values have the shape of this table's: all constraints have a degree of two, so the
 * quotient has one chunk.
 */
export function isFibonacciShape({ local, next, chunks }: OpenedValues<unknown>, field: Extension): boolean {
  const [chunk, ...more] = chunks;
  return (
    local.length === FIBONACCI_WIDTH &&
    next.length === FIBONACCI_WIDTH &&
    chunk?.length === field.degree &&
    more.length === 0
  );
}

/** Whether the combined constraints are the quotient times the vanishing polynomial, at the opened point. */
export function fibonacciHolds(
  field: Extension,
  opened: OpenedValues<unknown>,
  { isFirst, isLast, isTransition, vanishing }: Selectors,
  [first, second, result]: FibonacciValues,
  alpha: Ext,
): boolean {
  const { add, sub, mul, of } = field;
  const [left, right] = opened.local as [Ext, Ext];
  const [nextLeft, nextRight] = opened.next as [Ext, Ext];
  const constraints = [
    mul(isFirst, sub(left, of(first))),
    mul(isFirst, sub(right, of(second))),
    mul(isTransition, sub(right, nextLeft)),
    mul(isTransition, sub(add(left, right), nextRight)),
    mul(isLast, sub(right, of(result))),
  ];
  const combined = constraints.reduce((total, constraint) => add(mul(total, alpha), constraint));
  const [coordinates] = opened.chunks as readonly [readonly Ext[]];
  const quotient = coordinates.reduce((total, value, i) => {
    const basis = field.zero.map((_, j) => (i === j ? 1 : 0));
    return add(total, mul(basis, value));
  }, field.zero);
  return field.equal(combined, mul(quotient, vanishing));
}
