import { addM31, invM31, mulM31, negM31, subM31 } from '@ninefold/stark';

/** An element of M31[x] / (x^3 - 5), the extension that Plonky3's circle proofs use. */
export type Cubic = readonly [number, number, number];

const W = 5;

export const ZERO: Cubic = [0, 0, 0];
export const ONE: Cubic = [1, 0, 0];

export function cubic(value: number): Cubic {
  return [value, 0, 0];
}

export function add(a: Cubic, b: Cubic): Cubic {
  return [addM31(a[0], b[0]), addM31(a[1], b[1]), addM31(a[2], b[2])];
}

export function sub(a: Cubic, b: Cubic): Cubic {
  return [subM31(a[0], b[0]), subM31(a[1], b[1]), subM31(a[2], b[2])];
}

export function neg(a: Cubic): Cubic {
  return [negM31(a[0]), negM31(a[1]), negM31(a[2])];
}

export function scale(a: Cubic, b: number): Cubic {
  return [mulM31(a[0], b), mulM31(a[1], b), mulM31(a[2], b)];
}

export function mul(a: Cubic, b: Cubic): Cubic {
  const m = (i: 0 | 1 | 2, j: 0 | 1 | 2): number => mulM31(a[i], b[j]);
  return [
    addM31(m(0, 0), mulM31(W, addM31(m(1, 2), m(2, 1)))),
    addM31(addM31(m(0, 1), m(1, 0)), mulM31(W, m(2, 2))),
    addM31(addM31(m(0, 2), m(1, 1)), m(2, 0)),
  ];
}

export function inv(a: Cubic): Cubic {
  const [x, y, z] = a;
  const adjugate: Cubic = [
    subM31(mulM31(x, x), mulM31(W, mulM31(y, z))),
    subM31(mulM31(W, mulM31(z, z)), mulM31(x, y)),
    subM31(mulM31(y, y), mulM31(x, z)),
  ];
  return scale(adjugate, invM31(mul(a, adjugate)[0]));
}

export function equal(a: Cubic, b: Cubic): boolean {
  return a.every((word, i) => word === b[i]);
}
