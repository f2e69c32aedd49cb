import { pointAtStored } from '../circle/domain.ts';
import type { Ext, ExtensionField } from '../field/extension.ts';
import { doubleX } from '../circle/point.ts';
import { invM31 } from '../field/m31.ts';

// The line of log size n is the x coordinates of the canonic coset of log size n + 1, in stored order: places
// 2i and 2i + 1 hold x and -x. Polynomials on it have the basis 1, x, pi(x), x pi(x), …

/** x at a place of a line. */
export function lineX(place: number, log: number): number {
  return pointAtStored(2 * place, log + 1).x;
}

/** The coefficients of the polynomial with the given values on a line. */
export function interpolateLine(field: ExtensionField, values: readonly Ext[]): Ext[] {
  const log = Math.log2(values.length);
  let level = [...values];
  let x = Array.from({ length: values.length / 2 }, (_, i) => lineX(2 * i, log));
  for (let distance = 1; distance < values.length; distance *= 2) {
    const next = [...level];
    for (let i = 0; i < values.length; i++) {
      if ((i & distance) !== 0) continue;
      const [a, b] = [level[i] as Ext, level[i + distance] as Ext];
      const w = x[Math.floor(i / (2 * distance))] as number;
      next[i] = field.add(a, b);
      next[i + distance] = field.scale(field.sub(a, b), invM31(w));
    }
    level = next;
    // Doubling takes the first of each four places to the first of each two.
    x = x.filter((_, i) => i % 2 === 0).map(doubleX);
  }
  return level.map((value) => field.scale(value, invM31(values.length)));
}
