import type { ExtPoint } from '../circle/point.ts';
import { addToExtPoint, subgroupGenerator } from '../circle/point.ts';
import type { Ext, ExtensionField } from '../field/extension.ts';
import { subM31 } from '../field/m31.ts';
import type { HeightGroup, Opening } from './layout.ts';

// The quotient of columns f_k with values v_k at z, combined by powers of gamma. A polynomial over M31 has the
// conjugate value at the conjugate point, so that f_k(P) less the line through (z.y, v_k) and its conjugate is
// zero at both, and the line through the two points divides it:
//   sum gamma^k (f_k(P) - v_k - (P.y - z.y) s_k) / (z1.y (P.x - z0.x) - z1.x (P.y - z0.y)),  s_k = v1_k / z1.y
// where z = z0 + z1 t. The denominator is in B.

/** A group's openings at one point with the places of their values in the group's order. */
export type PointGroup = {
  readonly point: ExtPoint;
  readonly members: readonly { readonly opening: Opening; readonly at: number }[];
};

/** Splits a group by point: this row's, and the next row's where any column is opened there. */
export function pointsOf(
  field: ExtensionField,
  { logHeight, openings }: HeightGroup,
  point: ExtPoint,
): PointGroup[] {
  const members = openings.map((opening, at) => ({ opening, at }));
  const next = members.filter(({ opening }) => opening.next);
  const groups: PointGroup[] = [{ point, members: members.filter(({ opening }) => !opening.next) }];
  if (next.length > 0) {
    groups.push({ point: addToExtPoint(field, point, subgroupGenerator(logHeight)), members: next });
  }
  return groups;
}

/** Everything in a combined quotient that does not depend on the place. */
export type QuotientTerms = {
  /** Coefficients of x, of y and without either, in B. */
  readonly line: readonly [Ext, Ext, Ext];
  /** sum gamma^k (v_k - z.y s_k). */
  readonly constant: Ext;
  /** sum gamma^k s_k. */
  readonly slope: Ext;
};

/**
 * For each coordinate of the values, the sum of gamma^k times that coordinate: all that a combined quotient
 * takes of them.
 *
 * @param coefficients the powers of the batching challenge that the values get
 */
export function coordinateSums(
  { add, scale, zero }: ExtensionField,
  values: readonly Ext[],
  coefficients: readonly Ext[],
): Ext[] {
  return zero.map((_, coordinate) =>
    values.reduce(
      (sum, value, k) => add(sum, scale(coefficients[k] as Ext, value[coordinate] as number)),
      zero,
    ),
  );
}

/** @param sums of the values at the point, see {@link coordinateSums} */
export function quotientTerms(field: ExtensionField, point: ExtPoint, sums: readonly Ext[]): QuotientTerms {
  const { half, mulBase, invBase, add, sub, mul, neg, unit, zero } = field;
  const [x0, x1] = [point.x.slice(0, half), point.x.slice(half)];
  const [y0, y1] = [point.y.slice(0, half), point.y.slice(half)];
  const join = (coordinates: readonly Ext[]): Ext =>
    coordinates.reduce((sum, coordinate, k) => add(sum, mul(coordinate, unit(k))), zero);
  // sum gamma^k v_k, and sum gamma^k v1_k / z1.y
  const total = join(sums);
  const slope = mul(join(sums.slice(half)), [...invBase(y1), ...zero.slice(half)]);
  const other = mulBase(y1, x0);
  return {
    line: [y1, neg(x1), mulBase(x1, y0).map((word, k) => subM31(word, other[k] as number))],
    constant: sub(total, mul(point.y, slope)),
    slope,
  };
}
