// BLS12-381's first group, y^2 = x^3 + 4, with the encodings of EIP-2537: x and y in 64 big-endian
// bytes each, infinity as zeros.
import { addPoints, doublePoint, isInfinity, POINT, setInfinity, sumOfProducts, sumScratch } from '../curves/weierstrass';
import { add, copy, ENCODED, equals, FP, isZero, mul, one, readElement, square, sub, setZero, writeElement } from '../pairing/field';
import { inverse } from '../curves/inverse';
import { fromBE } from '../u256/word';
import { BETA, CURVE_B, FIELD, X_DIGITS, X_DIGITS_LENGTH } from './constants';

/** Bytes of an encoded point, and of a term of a sum of products. */
export const G1_ENCODED: usize = 2 * ENCODED;
const TERM: usize = G1_ENCODED + 32;

/** Bytes of scratch for {@link readG1}, {@link isInG1} and {@link bls12G1Add}. */
export const G1_SCRATCH: usize = 4 * POINT + sumScratch(0) + 6 * FP;

/** Bytes of scratch for {@link bls12G1Msm} with `count` terms. */
export function bls12G1MsmScratch(count: usize): usize {
  return POINT + count * (POINT + 32) + G1_SCRATCH + sumScratch(count);
}

/** out = the point at `source`; false when a coordinate is not below p or it is not on the curve. */
export function readG1(out: usize, source: usize, scratch: usize): bool {
  if (!readElement(out, source, FIELD) || !readElement(out + FP, source + ENCODED, FIELD)) return false;
  if (isZero(out) && isZero(out + FP)) {
    setInfinity(out);
    return true;
  }
  const left = scratch;
  const right = scratch + FP;
  square(left, out + FP, FIELD);
  square(right, out, FIELD);
  mul(right, right, out, FIELD);
  add(right, right, CURVE_B, FIELD);
  copy(out + 2 * FP, one(FIELD));
  return equals(left, right);
}

/** The 128 bytes of `point` to `target`. */
export function writeG1(target: usize, point: usize, scratch: usize): void {
  if (isInfinity(point)) {
    memory.fill(target, 0, G1_ENCODED);
    return;
  }
  const z = scratch;
  const t = scratch + FP;
  const work = scratch + 2 * FP;
  inverse(z, point + 2 * FP, FIELD, work);
  square(t, z, FIELD);
  mul(z, z, t, FIELD);
  mul(t, t, point, FIELD);
  writeElement(target, t, FIELD, work);
  mul(t, z, point + FP, FIELD);
  writeElement(target + ENCODED, t, FIELD, work);
}

/**
 * Whether an affine point or infinity is in the subgroup of order r: whether the endomorphism
 * (x, y) to (BETA x, y) multiplies it by -X^2 (Scott, "A note on group membership tests", 2021).
 */
export function isInG1(point: usize, scratch: usize): bool {
  if (isInfinity(point)) return true;
  const multiple = scratch;
  const base = scratch + POINT;
  const negated = scratch + 2 * POINT;
  const work = scratch + 3 * POINT;
  copyTo(multiple, point);
  for (let round = 0; round < 2; round++) {
    copyTo(base, multiple);
    copyTo(negated, multiple);
    setZero(work);
    sub(negated + FP, work, negated + FP, FIELD);
    for (let i: usize = 1; i < X_DIGITS_LENGTH; i++) {
      doublePoint(multiple, multiple, true, FIELD, work);
      const digit = load<i8>(X_DIGITS + i);
      if (digit != 0) addPoints(multiple, multiple, digit > 0 ? base : negated, true, FIELD, work);
    }
  }
  if (isInfinity(multiple)) return false;

  // BETA x = X / Z^2 and -y = Y / Z^3.
  const t = work;
  const u = work + FP;
  square(t, multiple + 2 * FP, FIELD);
  mul(u, point, BETA, FIELD);
  mul(u, u, t, FIELD);
  if (!equals(u, multiple)) return false;
  mul(t, t, multiple + 2 * FP, FIELD);
  mul(t, t, point + FP, FIELD);
  add(t, t, multiple + FP, FIELD);
  return isZero(t);
}

@inline
function copyTo(out: usize, point: usize): void {
  memory.copy(out, point, POINT);
}

/** The 128 bytes at `out` = sum of the two points at `input`; false if one is none. No subgroup check. */
export function bls12G1Add(out: usize, input: usize, scratch: usize): bool {
  const a = scratch;
  const b = scratch + POINT;
  const work = scratch + 2 * POINT;
  if (!readG1(a, input, work) || !readG1(b, input + G1_ENCODED, work)) return false;
  addPoints(a, a, b, true, FIELD, work);
  writeG1(out, a, work);
  return true;
}

/**
 * The 128 bytes at `out` = sum of scalar times point over `count` terms of 160 bytes at `input`;
 * false when a point is none or not in the subgroup.
 */
export function bls12G1Msm(out: usize, input: usize, count: usize, scratch: usize): bool {
  const sum = scratch;
  const points = sum + POINT;
  const scalars = points + count * POINT;
  const work = scalars + (count << 5);
  for (let i: usize = 0; i < count; i++) {
    const source = input + i * TERM;
    const point = points + i * POINT;
    if (!readG1(point, source, work) || !isInG1(point, work)) return false;
    fromBE(scalars + (i << 5), source + G1_ENCODED);
  }
  sumOfProducts(sum, points, scalars, count, true, FIELD, work);
  writeG1(out, sum, work);
  return true;
}
