import type { ExtPoint } from '../circle/point.ts';
import { addToExtPoint, subgroupGenerator } from '../circle/point.ts';
import type { Ext, ExtensionField } from '../field/extension.ts';
import { mulM31, P, subM31 } from '../field/m31.ts';
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

/** @param coefficients the powers of the batching challenge that the values get */
export function quotientTerms(
  field: ExtensionField,
  point: ExtPoint,
  values: readonly Ext[],
  coefficients: readonly Ext[],
): QuotientTerms {
  const { half, mulBase, invBase, add, sub, mul, neg, zero } = field;
  const [x0, x1] = [point.x.slice(0, half), point.x.slice(half)];
  const [y0, y1] = [point.y.slice(0, half), point.y.slice(half)];
  const factor = invBase(y1);
  let constant = zero;
  let slope = zero;
  values.forEach((value, k) => {
    const own: Ext = [...mulBase(value.slice(half), factor), ...zero.slice(half)];
    const coefficient = coefficients[k] as Ext;
    constant = add(constant, mul(coefficient, sub(value, mul(point.y, own))));
    slope = add(slope, mul(coefficient, own));
  });
  const other = mulBase(y1, x0);
  return {
    line: [y1, neg(x1), mulBase(x1, y0).map((word, k) => subM31(word, other[k] as number))],
    constant,
    slope,
  };
}

/** The quotient at a place, from the combination of the columns' values there. */
export function quotientAt(
  field: ExtensionField,
  { line, constant, slope }: QuotientTerms,
  combined: Ext,
  x: number,
  y: number,
): Ext {
  const { half, sub, scale, mulBase, invBase } = field;
  const numerator = sub(sub(combined, constant), scale(slope, y));
  const denominator = line[2].map((word, k) => {
    const sum = word + mulM31(line[0][k] as number, x) + mulM31(line[1][k] as number, y);
    return sum % P;
  });
  const inverse = invBase(denominator);
  return [...mulBase(numerator.slice(0, half), inverse), ...mulBase(numerator.slice(half), inverse)];
}
