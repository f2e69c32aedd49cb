import { doubleX } from '../src/circle/point.ts';
import type { Ext, ExtensionField } from '../src/field/extension.ts';
import { invM31, mulM31, P } from '../src/field/m31.ts';
import type { QuotientTerms } from '../src/protocol/quotient.ts';

// What kernels compute in columns, by definition and an element at a time.

/** One fold: (a + b) + challenge (a - b) / w, which is twice the even part plus challenge times the odd one. */
export function foldPair(field: ExtensionField, a: Ext, b: Ext, w: number, challenge: Ext): Ext {
  const odd = field.scale(field.sub(a, b), invM31(w));
  return field.add(field.add(a, b), field.mul(challenge, odd));
}

/** The value at `x` of the polynomial with the given coefficients. */
export function evaluateLine(field: ExtensionField, coefficients: readonly Ext[], x: number): Ext {
  let level: readonly Ext[] = coefficients;
  for (let variable = x; level.length > 1; variable = doubleX(variable)) {
    const factor = variable;
    level = Array.from({ length: level.length / 2 }, (_, i) =>
      field.add(level[2 * i] as Ext, field.scale(level[2 * i + 1] as Ext, factor)),
    );
  }
  return level[0] as Ext;
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
