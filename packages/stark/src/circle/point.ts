import type { Ext, ExtensionField } from '../field/extension.ts';
import { addM31, mulM31, negM31, subM31 } from '../field/m31.ts';

/**
 * The circle x^2 + y^2 = 1 over M31 as a group: (x1, y1) + (x2, y2) = (x1 x2 - y1 y2, x1 y2 + y1 x2),
 * cyclic of order 2^31 (Circle STARKs, eprint 2024/278).
 */
export type Point = { readonly x: number; readonly y: number };

/** A point with coordinates in an extension. */
export type ExtPoint = { readonly x: Ext; readonly y: Ext };

/** log2 of the group's order. */
export const LOG_ORDER = 31;

/** Generates the whole group. */
export const GENERATOR: Point = { x: 2, y: 1268011823 };

/** The neutral point. */
export const IDENTITY: Point = { x: 1, y: 0 };

export function addPoints(a: Point, b: Point): Point {
  return {
    x: subM31(mulM31(a.x, b.x), mulM31(a.y, b.y)),
    y: addM31(mulM31(a.x, b.y), mulM31(a.y, b.x)),
  };
}

/** The inverse in the group: the conjugate (x, -y). */
export function negPoint({ x, y }: Point): Point {
  return { x, y: negM31(y) };
}

/** pi(x) = 2x^2 - 1: the x of the doubled point. */
export function doubleX(x: number): number {
  return subM31(mulM31(2, mulM31(x, x)), 1);
}

export function mulPoint(point: Point, factor: number): Point {
  let sum = IDENTITY;
  let power = point;
  for (let rest = factor; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) sum = addPoints(sum, power);
    power = addPoints(power, power);
  }
  return sum;
}

/** G_{2^log} at place log: each is the next one doubled. */
const SUBGROUPS: readonly Point[] = Array.from({ length: LOG_ORDER }).reduceRight<Point[]>(
  (larger) => [addPoints(larger[0] as Point, larger[0] as Point), ...larger],
  [GENERATOR],
);

/** G_{2^log}: the generator of the subgroup of order 2^`log`. */
export function subgroupGenerator(log: number): Point {
  return SUBGROUPS[log] as Point;
}

/** `point` moved by a point over M31. */
export function addToExtPoint(field: ExtensionField, point: ExtPoint, by: Point): ExtPoint {
  const { add, sub, scale } = field;
  return {
    x: sub(scale(point.x, by.x), scale(point.y, by.y)),
    y: add(scale(point.x, by.y), scale(point.y, by.x)),
  };
}

/** pi(x) over an extension. */
export function doubleExtX(field: ExtensionField, x: Ext): Ext {
  const square = field.mul(x, x);
  return field.sub(field.add(square, square), field.one);
}

/**
 * The point with parameter t of the circle's rational parametrisation, ((1 - t^2), 2t)/(1 + t^2):
 * uniform t give uniform points. Undefined where t^2 = -1 and no point belongs to it.
 */
export function pointOfParameter(field: ExtensionField, t: Ext): ExtPoint | undefined {
  const { one, add, sub, mul, inv, isZero } = field;
  const square = mul(t, t);
  const denominator = add(one, square);
  if (isZero(denominator)) return undefined;
  const factor = inv(denominator);
  return { x: mul(sub(one, square), factor), y: mul(add(t, t), factor) };
}
