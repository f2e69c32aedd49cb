// Fp2 = Fp[u] / (u^2 + 1): c0, c1. `out` may equal an operand.
import { inverse, INVERSE_SCRATCH } from '../curves/inverse';
import { FIELD } from './constants';
import * as fp from './field';
import { copy, FP, setZero } from './field';

export const FP2: usize = 2 * FP;

/** Bytes of scratch that suffice for every function of this file. */
export const FP2_SCRATCH: usize = 2 * FP + INVERSE_SCRATCH;

@inline
export function copy2(out: usize, a: usize): void {
  copy(out, a);
  copy(out + FP, a + FP);
}

@inline
export function setOne2(out: usize): void {
  copy(out, fp.one(FIELD));
  setZero(out + FP);
}

@inline
export function add2(out: usize, a: usize, b: usize): void {
  fp.add(out, a, b, FIELD);
  fp.add(out + FP, a + FP, b + FP, FIELD);
}

@inline
export function sub2(out: usize, a: usize, b: usize): void {
  fp.sub(out, a, b, FIELD);
  fp.sub(out + FP, a + FP, b + FP, FIELD);
}

@inline
export function double2(out: usize, a: usize): void {
  add2(out, a, a);
}

@inline
export function halve2(out: usize, a: usize): void {
  fp.halve(out, a, FIELD);
  fp.halve(out + FP, a + FP, FIELD);
}

/** out = -a. */
export function negate2(out: usize, a: usize, scratch: usize): void {
  setZero(scratch);
  fp.sub(out, scratch, a, FIELD);
  fp.sub(out + FP, scratch, a + FP, FIELD);
}

/** out = a^p. */
export function conjugate2(out: usize, a: usize, scratch: usize): void {
  setZero(scratch);
  copy(out, a);
  fp.sub(out + FP, scratch, a + FP, FIELD);
}

/** out = a * b (Karatsuba). */
export function mul2(out: usize, a: usize, b: usize, scratch: usize): void {
  const t = scratch + FP2;
  fp.mul(scratch, a, b, FIELD);
  fp.mul(scratch + FP, a + FP, b + FP, FIELD);
  fp.add(t, a, a + FP, FIELD);
  fp.add(t + FP, b, b + FP, FIELD);
  fp.mul(t, t, t + FP, FIELD);
  fp.sub(out, scratch, scratch + FP, FIELD);
  fp.sub(t, t, scratch, FIELD);
  fp.sub(out + FP, t, scratch + FP, FIELD);
}

/** out = a^2 = (c0 + c1)(c0 - c1) + 2 c0 c1 u. */
export function square2(out: usize, a: usize, scratch: usize): void {
  fp.add(scratch, a, a + FP, FIELD);
  fp.sub(scratch + FP, a, a + FP, FIELD);
  fp.mul(scratch + FP2, a, a + FP, FIELD);
  fp.mul(out, scratch, scratch + FP, FIELD);
  fp.double(out + FP, scratch + FP2, FIELD);
}

/** out = a * factor with a factor in Fp. */
@inline
export function scale2(out: usize, a: usize, factor: usize): void {
  fp.mul(out, a, factor, FIELD);
  fp.mul(out + FP, a + FP, factor, FIELD);
}

/** out = a * xi, the element whose cube root makes Fp6: 9 + u for BN254, 1 + u for BLS12-381. */
export function mulByXi(out: usize, a: usize, scratch: usize): void {
  if (isDefined(BLS12_381)) {
    copy(scratch, a);
    fp.sub(out, a, a + FP, FIELD);
    fp.add(out + FP, scratch, a + FP, FIELD);
    return;
  }
  double2(scratch, a);
  double2(scratch, scratch);
  double2(scratch, scratch);
  add2(scratch, scratch, a);
  copy(scratch + FP2, a);
  fp.sub(out, scratch, a + FP, FIELD);
  fp.add(out + FP, scratch + FP, scratch + FP2, FIELD);
}

/** out = 1 / a; 0 for 0. */
export function inverse2(out: usize, a: usize, scratch: usize): void {
  const work = scratch + FP2;
  fp.square(scratch, a, FIELD);
  fp.square(scratch + FP, a + FP, FIELD);
  fp.add(scratch, scratch, scratch + FP, FIELD);
  inverse(scratch, scratch, FIELD, work);
  fp.mul(out, a, scratch, FIELD);
  fp.mul(out + FP, a + FP, scratch, FIELD);
  setZero(scratch);
  fp.sub(out + FP, scratch, out + FP, FIELD);
}

@inline
export function isZero2(a: usize): bool {
  return fp.isZero(a) && fp.isZero(a + FP);
}

@inline
export function equals2(a: usize, b: usize): bool {
  return fp.equals(a, b) && fp.equals(a + FP, b + FP);
}
