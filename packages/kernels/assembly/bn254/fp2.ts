// Fp2 = Fp[u] / (u^2 + 1) over BN254's field: c0, c1 in 64 bytes. `out` may equal an operand.
import * as fp from '../curves/field256';
import { copy, setZero } from '../u256/word';
import { FIELD } from './constants';

export const FP2: usize = 64;

/** Bytes of scratch that suffice for every function of this file. */
export const FP2_SCRATCH: usize = 160;

@inline
export function copy2(out: usize, a: usize): void {
  copy(out, a);
  copy(out + 32, a + 32);
}

@inline
export function setOne2(out: usize): void {
  copy(out, fp.one(FIELD));
  setZero(out + 32);
}

@inline
export function add2(out: usize, a: usize, b: usize): void {
  fp.add(out, a, b, FIELD);
  fp.add(out + 32, a + 32, b + 32, FIELD);
}

@inline
export function sub2(out: usize, a: usize, b: usize): void {
  fp.sub(out, a, b, FIELD);
  fp.sub(out + 32, a + 32, b + 32, FIELD);
}

@inline
export function double2(out: usize, a: usize): void {
  add2(out, a, a);
}

@inline
export function halve2(out: usize, a: usize): void {
  fp.halve(out, a, FIELD);
  fp.halve(out + 32, a + 32, FIELD);
}

/** out = -a. */
export function negate2(out: usize, a: usize, scratch: usize): void {
  setZero(scratch);
  fp.sub(out, scratch, a, FIELD);
  fp.sub(out + 32, scratch, a + 32, FIELD);
}

/** out = a^p. */
export function conjugate2(out: usize, a: usize, scratch: usize): void {
  setZero(scratch);
  copy(out, a);
  fp.sub(out + 32, scratch, a + 32, FIELD);
}

/** out = a * b (Karatsuba). */
export function mul2(out: usize, a: usize, b: usize, scratch: usize): void {
  const t = scratch + 64;
  fp.mul(scratch, a, b, FIELD);
  fp.mul(scratch + 32, a + 32, b + 32, FIELD);
  fp.add(t, a, a + 32, FIELD);
  fp.add(t + 32, b, b + 32, FIELD);
  fp.mul(t, t, t + 32, FIELD);
  fp.sub(out, scratch, scratch + 32, FIELD);
  fp.sub(t, t, scratch, FIELD);
  fp.sub(out + 32, t, scratch + 32, FIELD);
}

/** out = a^2 = (c0 + c1)(c0 - c1) + 2 c0 c1 u. */
export function square2(out: usize, a: usize, scratch: usize): void {
  fp.add(scratch, a, a + 32, FIELD);
  fp.sub(scratch + 32, a, a + 32, FIELD);
  fp.mul(scratch + 64, a, a + 32, FIELD);
  fp.mul(out, scratch, scratch + 32, FIELD);
  fp.double(out + 32, scratch + 64, FIELD);
}

/** out = a * factor with a factor in Fp. */
@inline
export function scale2(out: usize, a: usize, factor: usize): void {
  fp.mul(out, a, factor, FIELD);
  fp.mul(out + 32, a + 32, factor, FIELD);
}

/** out = a * (9 + u), the element whose cube root makes Fp6. */
export function mulByXi(out: usize, a: usize, scratch: usize): void {
  double2(scratch, a);
  double2(scratch, scratch);
  double2(scratch, scratch);
  add2(scratch, scratch, a);
  copy(scratch + 64, a);
  fp.sub(out, scratch, a + 32, FIELD);
  fp.add(out + 32, scratch + 32, scratch + 64, FIELD);
}

/** out = 1 / a; 0 for 0. */
export function inverse2(out: usize, a: usize, scratch: usize): void {
  const work = scratch + 64;
  fp.square(scratch, a, FIELD);
  fp.square(scratch + 32, a + 32, FIELD);
  fp.add(scratch, scratch, scratch + 32, FIELD);
  fp.inverse(scratch, scratch, FIELD, work);
  fp.mul(out, a, scratch, FIELD);
  fp.mul(out + 32, a + 32, scratch, FIELD);
  setZero(scratch);
  fp.sub(out + 32, scratch, out + 32, FIELD);
}

@inline
export function isZero2(a: usize): bool {
  return fp.isZero(a) && fp.isZero(a + 32);
}

@inline
export function equals2(a: usize, b: usize): bool {
  return fp.equals(a, b) && fp.equals(a + 32, b + 32);
}
