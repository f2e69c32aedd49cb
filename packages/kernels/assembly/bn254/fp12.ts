// Fp12 = Fp6[w] / (w^2 - v): c0, c1 in 384 bytes. As a sum of g_i w^i over Fp2, c0 has g0, g2, g4
// and c1 has g1, g3, g5. `out` may equal an operand.
import { equals, isZero, one } from '../curves/field256';
import { copy } from '../u256/word';
import { FIELD, FROBENIUS, X_DIGITS, X_DIGITS_LENGTH } from './constants';
import { add2, conjugate2, copy2, double2, FP2, mul2, mulByXi, sub2 } from './fp2';
import { add6, copy6, FP6, FP6_SCRATCH, inverse6, mul6, mulBy01, mulByV, negate6, sub6 } from './fp6';

export const FP12: usize = 384;

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
  for (let i: usize = 32; i < FP12; i += 32) if (!isZero(a + i)) return false;
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

/** out = out * (c0 + (c3 + c4 v) w): what a line of the Miller loop is. */
export function mulBy034(out: usize, c0: usize, c3: usize, c4: usize, scratch: usize): void {
  const t0 = scratch;
  const t1 = scratch + FP6;
  const t2 = scratch + 2 * FP6;
  const work = scratch + WORK;
  mul2(t0, out, c0, work);
  mul2(t0 + 64, out + 64, c0, work);
  mul2(t0 + 128, out + 128, c0, work);
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
  const u = scratch + 64;
  const work = scratch + 128;
  mul2(product, x, y, work);
  mulByXi(u, y, work);
  add2(u, u, x);
  add2(t, x, y);
  mul2(t, t, u, work);
  sub2(t, t, product);
  mulByXi(u, product, work);
  sub2(t, t, u);
  double2(t + 64, product);
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
  const tB = scratch + 128;
  const tC = scratch + 256;
  const work = scratch + 384;
  const z0 = a;
  const z4 = a + 64;
  const z3 = a + 128;
  const z2 = a + FP6;
  const z1 = a + FP6 + 64;
  const z5 = a + FP6 + 128;
  squareFp4(tA, z0, z1, work);
  squareFp4(tB, z2, z3, work);
  squareFp4(tC, z4, z5, work);
  tripleLess(out, tA, z0, work);
  triplePlus(out + FP6 + 64, tA + 64, z1, work);
  mulByXi(tC + 64, tC + 64, work);
  triplePlus(out + FP6, tC + 64, z2, work);
  tripleLess(out + 128, tC, z3, work);
  tripleLess(out + 64, tB, z4, work);
  triplePlus(out + FP6 + 128, tB + 64, z5, work);
}

/** out = a^(-x), x the curve's parameter, for a in the cyclotomic subgroup; not in place. */
function powerNegatedX(out: usize, a: usize, scratch: usize): void {
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

/** Bytes of scratch for {@link finalExponentiation}. */
export const EXPONENTIATION_SCRATCH: usize = 6 * FP12 + FP12_SCRATCH;

/**
 * out = a^((p^12 - 1) / n) to a fixed power prime to n: 1 for the same a. The hard part is that of
 * Fuentes-Castañeda, Knapp and Rodríguez-Henríquez, "Faster hashing to G2" (2011). Not in place.
 */
export function finalExponentiation(out: usize, a: usize, scratch: usize): void {
  const r = scratch;
  const y1 = scratch + FP12;
  const y3 = scratch + 2 * FP12;
  const y4 = scratch + 3 * FP12;
  const y6 = scratch + 4 * FP12;
  const work = scratch + 5 * FP12;

  // Easy part: a^((p^6 - 1)(p^2 + 1)).
  inverse12(r, a, work);
  conjugate12(y1, a, work);
  mul12(r, y1, r, work);
  frobenius12(y1, r, 2, work);
  mul12(r, y1, r, work);

  powerNegatedX(y1, r, work);
  cyclotomicSquare(y1, y1, work);
  cyclotomicSquare(y3, y1, work);
  mul12(y3, y3, y1, work);
  powerNegatedX(y4, y3, work);
  cyclotomicSquare(out, y4, work);
  powerNegatedX(y6, out, work);
  conjugate12(y3, y3, work);
  conjugate12(y6, y6, work);
  mul12(y6, y6, y4, work);
  const y8 = y3;
  mul12(y8, y6, y3, work);
  const y9 = y1;
  mul12(y9, y8, y1, work);
  const y10 = y4;
  mul12(y10, y8, y4, work);
  mul12(out, y10, r, work);
  frobenius12(y6, y9, 1, work);
  mul12(out, y6, out, work);
  frobenius12(y8, y8, 2, work);
  mul12(out, y8, out, work);
  conjugate12(r, r, work);
  mul12(r, r, y9, work);
  frobenius12(r, r, 3, work);
  mul12(out, r, out, work);
}
