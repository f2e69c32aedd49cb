import { addM31, mulM31, negM31, subM31 } from '@ninefold/stark';
import { createExtension } from './extension.ts';
import type { Ext } from './extension.ts';

/** M31[x] / (x^3 - 5). */
export const CUBIC: ReturnType<typeof createExtension> = createExtension(2 ** 31 - 1, 3, 5);

const { add, inv, mul, one, scale, sub } = CUBIC;

/** A point of the circle over M31. */
export type Point = { readonly x: number; readonly y: number };

/** A point of the circle over the extension. */
export type WidePoint = { readonly x: Ext; readonly y: Ext };

/** Plonky3's generator of the circle group, and by doubling those of its subgroups; by the log of the order. */
const GENERATORS: readonly Point[] = (() => {
  const list: Point[] = [{ x: 311014874, y: 1584694829 }];
  while (list.length < 32) list.unshift(sum(list[0] as Point, list[0] as Point));
  return list;
})();

/** A generator of the subgroup of order 2^log. */
export function circleGenerator(log: number): Point {
  return GENERATORS[log] as Point;
}

/** The sum of two points: the product of x + iy. */
export function sum(a: Point, b: Point): Point {
  return {
    x: subM31(mulM31(a.x, b.x), mulM31(a.y, b.y)),
    y: addM31(mulM31(a.x, b.y), mulM31(a.y, b.x)),
  };
}

/** The opposite of a point: its conjugate. */
export function minus({ x, y }: Point): Point {
  return { x, y: negM31(y) };
}

function times(point: Point, factor: number): Point {
  let total: Point = { x: 1, y: 0 };
  for (let doubled = point, rest = factor; rest > 0; rest = rest >>> 1) {
    if (rest % 2 === 1) total = sum(total, doubled);
    doubled = sum(doubled, doubled);
  }
  return total;
}

/** The sum of a wide point and a point over M31. */
export function move({ x, y }: WidePoint, by: Point): WidePoint {
  return { x: sub(scale(x, by.x), scale(y, by.y)), y: add(scale(x, by.y), scale(y, by.x)) };
}

/** The point of the circle that a point of the projective line stands for. */
export function ofParameter(t: Ext): WidePoint {
  const square = mul(t, t);
  const factor = inv(add(one, square));
  return { x: mul(sub(one, square), factor), y: mul(add(t, t), factor) };
}

/** x doubled `log - 1` times: constant on the standard coset of size 2^log. */
export function doubledX(x: Ext, log: number): Ext {
  let value = x;
  for (let i = 1; i < log; i++) value = sub(scale(mul(value, value), 2), one);
  return value;
}

/** The point that the standard twin coset of size 2^log begins with. */
export function cosetShift(log: number): Point {
  return circleGenerator(log + 1);
}

/** A point of the standard twin coset: shift + i g and g - shift + i g in turn. */
export function cosetPoint(log: number, index: number): Point {
  const shift = cosetShift(log);
  const step = circleGenerator(log - 1);
  const half = index >> 1;
  return index % 2 === 0 ? sum(shift, times(step, half)) : sum(minus(shift), times(step, half + 1));
}
