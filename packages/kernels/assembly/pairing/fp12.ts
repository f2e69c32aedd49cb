// Fp12 = Fp6[w] / (w^2 - v): c0, c1. As a sum of g_i w^i over Fp2, c0 has g0, g2, g4
// and c1 has g1, g3, g5. `out` may equal an operand.
import { FIELD, FROBENIUS, X_DIGITS, X_DIGITS_LENGTH } from './constants';
import { copy, equals, FP, isZero, one } from './field';
import { add2, conjugate2, copy2, double2, FP2, mul2, mulByXi, sub2 } from './fp2';
import { add6, copy6, FP6, FP6_SCRATCH, inverse6, mul6, mulBy01, mulByV, negate6, sub6 } from './fp6';

export const FP12: usize = 2 * FP6;

/** Bytes of scratch that suffice for every function of this file but the exponentiations. */
export const FP12_SCRATCH: usize = 3 * FP6 + FP6_SCRATCH;

const WORK: usize = 3 * FP6;

@inline
export function copy12(out: usize, a: usize): void {
  memory.copy(out, a, FP12);
}

export function setOne12(out: usize): void {
  memory.fill(out, 0, FP12);
  copy(out, one(FIELD));
}

export function isOne12(a: usize): bool {
  if (!equals(a, one(FIELD))) return false;
  for (let i = FP; i < FP12; i += FP) if (!isZero(a + i)) return false;
  return true;
}

/** out = a * b: three products in Fp6 (Karatsuba). */
export function mul12(out: usize, a: usize, b: usize, scratch: usize): void {
  const t0 = scratch;
  const t1 = scratch + FP6;
  const t2 = scratch + 2 * FP6;
  const work = scratch + WORK;
  mul6(t0, a, b, work);
  mul6(t1, a + FP6, b + FP6, work);
  add6(t2, a, a + FP6);
  add6(out, b, b + FP6);
  mul6(out + FP6, t2, out, work);
  sub6(out + FP6, out + FP6, t0);
  sub6(out + FP6, out + FP6, t1);
  mulByV(t1, t1, work);
  add6(out, t0, t1);
}

/** out = a^2: two products in Fp6. */
export function square12(out: usize, a: usize, scratch: usize): void {
  const t0 = scratch;
  const t1 = scratch + FP6;
  const t2 = scratch + 2 * FP6;
  const work = scratch + WORK;
  // c0 = (a0 + a1)(a0 + v a1) - a0 a1 - v a0 a1, c1 = 2 a0 a1
  mul6(t0, a, a + FP6, work);
  add6(t1, a, a + FP6);
  mulByV(t2, a + FP6, work);
  add6(t2, t2, a);
  mul6(t1, t1, t2, work);
  sub6(t1, t1, t0);
  mulByV(t2, t0, work);
  sub6(out, t1, t2);
  add6(out + FP6, t0, t0);
}

/** out = out * (c0 + c1 v + c4 v w): what a line of the Miller loop is on a twist of type M. */
export function mulBy014(out: usize, c0: usize, c1: usize, c4: usize, scratch: usize): void {
  const t0 = scratch;
  const t1 = scratch + FP6;
  const t2 = scratch + 2 * FP6;
  const work = scratch + WORK;
  mulBy01(t0, out, c0, c1, work);
  // The upper half times c4 v.
  mul2(t1, out + FP6 + 2 * FP2, c4, work);
  mulByXi(t1, t1, work);
  mul2(t1 + FP2, out + FP6, c4, work);
  mul2(t1 + 2 * FP2, out + FP6 + FP2, c4, work);
  add6(out + FP6, out, out + FP6);
  add2(t2, c1, c4);
  mulBy01(out + FP6, out + FP6, c0, t2, work);
  sub6(out + FP6, out + FP6, t0);
  sub6(out + FP6, out + FP6, t1);
  mulByV(t1, t1, work);
  add6(out, t0, t1);
}

/** out = out * (c0 + (c3 + c4 v) w): the same on a twist of type D. */
export function mulBy034(out: usize, c0: usize, c3: usize, c4: usize, scratch: usize): void {
  const t0 = scratch;
  const t1 = scratch + FP6;
  const t2 = scratch + 2 * FP6;
  const work = scratch + WORK;
  mul2(t0, out, c0, work);
  mul2(t0 + FP2, out + FP2, c0, work);
  mul2(t0 + 2 * FP2, out + 2 * FP2, c0, work);
  mulBy01(t1, out + FP6, c3, c4, work);
  add6(out + FP6, out, out + FP6);
  add2(t2, c0, c3);
  mulBy01(out + FP6, out + FP6, t2, c4, work);
  sub6(out + FP6, out + FP6, t0);
  sub6(out + FP6, out + FP6, t1);
  mulByV(t1, t1, work);
  add6(out, t0, t1);
}

/** out = a^(p^6): the inverse of an element of the cyclotomic subgroup. */
export function conjugate12(out: usize, a: usize, scratch: usize): void {
  copy6(out, a);
  negate6(out + FP6, a + FP6, scratch);
}

/** out = 1 / a; 0 for 0. */
export function inverse12(out: usize, a: usize, scratch: usize): void {
  const t0 = scratch;
  const t1 = scratch + FP6;
  const work = scratch + WORK;
  mul6(t0, a, a, work);
  mul6(t1, a + FP6, a + FP6, work);
  mulByV(t1, t1, work);
  sub6(t0, t0, t1);
  inverse6(t0, t0, work);
  mul6(out, a, t0, work);
  mul6(t1, a + FP6, t0, work);
  negate6(out + FP6, t1, work);
}

/** out = a^(p^k) for k = 1, 2, 3. */
export function frobenius12(out: usize, a: usize, k: usize, scratch: usize): void {
  const coefficients = FROBENIUS + (k - 1) * 6 * FP2;
  for (let i: usize = 0; i < 6; i++) {
    // g_i stands in c0 for even i, in c1 for odd.
    const at = (i & 1) * FP6 + (i >> 1) * FP2;
    if ((k & 1) != 0) conjugate2(out + at, a + at, scratch);
    else copy2(out + at, a + at);
    mul2(out + at, out + at, coefficients + i * FP2, scratch);
  }
}

/** t = (x + y s)^2 in Fp4 = Fp2[s] / (s^2 - xi), as two elements of Fp2 at `t`. */
function squareFp4(t: usize, x: usize, y: usize, scratch: usize): void {
  const product = scratch;
  const u = scratch + FP2;
  const work = scratch + 2 * FP2;
  mul2(product, x, y, work);
  mulByXi(u, y, work);
  add2(u, u, x);
  add2(t, x, y);
  mul2(t, t, u, work);
  sub2(t, t, product);
  mulByXi(u, product, work);
  sub2(t, t, u);
  double2(t + FP2, product);
}

/** out = 3t - 2z. */
@inline
function tripleLess(out: usize, t: usize, z: usize, scratch: usize): void {
  sub2(scratch, t, z);
  double2(scratch, scratch);
  add2(out, scratch, t);
}

/** out = 3t + 2z. */
@inline
function triplePlus(out: usize, t: usize, z: usize, scratch: usize): void {
  add2(scratch, t, z);
  double2(scratch, scratch);
  add2(out, scratch, t);
}

/** out = a^2 for a in the cyclotomic subgroup: half the products (Granger and Scott, 2010). */
export function cyclotomicSquare(out: usize, a: usize, scratch: usize): void {
  const tA = scratch;
  const tB = scratch + 2 * FP2;
  const tC = scratch + 4 * FP2;
  const work = scratch + 6 * FP2;
  const z0 = a;
  const z4 = a + FP2;
  const z3 = a + 2 * FP2;
  const z2 = a + FP6;
  const z1 = a + FP6 + FP2;
  const z5 = a + FP6 + 2 * FP2;
  squareFp4(tA, z0, z1, work);
  squareFp4(tB, z2, z3, work);
  squareFp4(tC, z4, z5, work);
  tripleLess(out, tA, z0, work);
  triplePlus(out + FP6 + FP2, tA + FP2, z1, work);
  mulByXi(tC + FP2, tC + FP2, work);
  triplePlus(out + FP6, tC + FP2, z2, work);
  tripleLess(out + 2 * FP2, tC, z3, work);
  tripleLess(out + FP2, tB, z4, work);
  triplePlus(out + FP6 + 2 * FP2, tB + FP2, z5, work);
}

/** Bytes of scratch for {@link powerNegatedX}. */
export const POWER_SCRATCH: usize = FP12 + FP12_SCRATCH;

/** out = a^(-|x|), x the curve's parameter, for a in the cyclotomic subgroup; not in place. */
export function powerNegatedX(out: usize, a: usize, scratch: usize): void {
  const inverse = scratch;
  const work = scratch + FP12;
  conjugate12(inverse, a, work);
  copy12(out, a);
  for (let i: usize = 1; i < X_DIGITS_LENGTH; i++) {
    cyclotomicSquare(out, out, work);
    const digit = load<i8>(X_DIGITS + i);
    if (digit > 0) mul12(out, out, a, work);
    else if (digit < 0) mul12(out, out, inverse, work);
  }
  conjugate12(out, out, work);
}
