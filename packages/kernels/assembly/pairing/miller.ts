// Steps of the Miller loop: Costello, Lange, Naehrig, "Faster pairing computations on curves with
// high-degree twists" (2010), section 4. Points of the twist are in homogeneous projective
// coordinates, (X, Y, Z) for (X / Z, Y / Z).
import { TWIST_B } from './constants';
import { add2, copy2, double2, FP2, halve2, mul2, negate2, scale2, square2, sub2 } from './fp2';
import { FP12_SCRATCH, mulBy014, mulBy034 } from './fp12';
import { FP } from './field';

/** Bytes of a line's three coefficients: of y_P, of x_P, and the constant one. */
export const LINE_BYTES: usize = 3 * FP2;

/** Bytes of scratch for this file's functions. */
export const MILLER_SCRATCH: usize = 6 * FP2 + FP12_SCRATCH;

const ON_Y: usize = 0;
const ON_X: usize = FP2;
const CONSTANT: usize = 2 * FP2;

/** R = 2R; the tangent's coefficients, before they meet a point of G1, to `line`. */
export function doubleStep(r: usize, line: usize, scratch: usize): void {
  const x = r;
  const y = r + FP2;
  const z = r + 2 * FP2;
  const a = scratch;
  const b = scratch + FP2;
  const e = scratch + 2 * FP2;
  const f = scratch + 3 * FP2;
  const h = scratch + 4 * FP2;
  const work = scratch + 5 * FP2;
  mul2(a, x, y, work);
  halve2(a, a);
  square2(b, y, work);
  square2(h, z, work);
  double2(e, h);
  add2(e, e, h);
  mul2(e, e, TWIST_B, work);
  double2(f, e);
  add2(f, f, e);

  // h = (y + z)^2 - y^2 - z^2; the line is -h y_P + 3 x^2 x_P + (e - b)
  add2(line, y, z);
  square2(line, line, work);
  sub2(line, line, b);
  sub2(h, line, h);

  negate2(line + ON_Y, h, work);
  square2(line + ON_X, x, work);
  double2(line + CONSTANT, line + ON_X);
  add2(line + ON_X, line + ON_X, line + CONSTANT);
  sub2(line + CONSTANT, e, b);

  // X' = a (b - f), Y' = ((b + f) / 2)^2 - 3 e^2, Z' = b h
  sub2(x, b, f);
  mul2(x, x, a, work);
  add2(y, b, f);
  halve2(y, y);
  square2(y, y, work);
  square2(e, e, work);
  sub2(y, y, e);
  sub2(y, y, e);
  sub2(y, y, e);
  mul2(z, b, h, work);
}

/** R = R + (qx, qy); the chord's coefficients to `line`. Z becomes 0 if R = ±Q or R is infinity. */
export function addStep(r: usize, qx: usize, qy: usize, line: usize, scratch: usize): void {
  const x = r;
  const y = r + FP2;
  const z = r + 2 * FP2;
  const theta = scratch;
  const lambda = scratch + FP2;
  const d = scratch + 2 * FP2;
  const e = scratch + 3 * FP2;
  const g = scratch + 4 * FP2;
  const h = scratch + 5 * FP2;
  const work = scratch + 6 * FP2;
  mul2(theta, qy, z, work);
  sub2(theta, y, theta);
  mul2(lambda, qx, z, work);
  sub2(lambda, x, lambda);
  square2(d, lambda, work);
  mul2(e, lambda, d, work);
  mul2(g, x, d, work);
  square2(h, theta, work);
  mul2(h, h, z, work);
  add2(h, h, e);
  sub2(h, h, g);
  sub2(h, h, g);

  // X' = lambda h, Y' = theta (g - h) - e y, Z' = z e
  mul2(x, lambda, h, work);
  sub2(g, g, h);
  mul2(g, g, theta, work);
  mul2(y, e, y, work);
  sub2(y, g, y);
  mul2(z, z, e, work);

  // The line is lambda y_P - theta x_P + (theta qx - lambda qy)
  mul2(line + CONSTANT, theta, qx, work);
  mul2(h, lambda, qy, work);
  sub2(line + CONSTANT, line + CONSTANT, h);
  copy2(line + ON_Y, lambda);
  negate2(line + ON_X, theta, work);
}

/** product = product * line at the point of G1 whose affine x and y stand at `p`. */
export function meet(product: usize, line: usize, p: usize, scratch: usize): void {
  scale2(line + ON_Y, line + ON_Y, p + FP);
  scale2(line + ON_X, line + ON_X, p);
  // Where the coefficients stand in Fp12 depends on the type of the twist, M or D.
  if (isDefined(BLS12_381)) mulBy014(product, line + CONSTANT, line + ON_X, line + ON_Y, scratch);
  else mulBy034(product, line + ON_Y, line + ON_X, line + CONSTANT, scratch);
}
