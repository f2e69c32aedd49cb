// BLS12-381's second group, on the twist y^2 = x^3 + 4 (1 + u) over Fp2, with the encodings of
// EIP-2537: x and y as c0 and c1 in 64 big-endian bytes each, infinity as zeros.
//
// Sums are in Jacobian coordinates as in `curves/weierstrass.ts`, with a = 0.
import { ENCODED, FP, readElement, writeElement } from '../pairing/field';
import {
  add2,
  conjugate2,
  double2,
  equals2,
  FP2,
  inverse2,
  isZero2,
  mul2,
  negate2,
  setOne2,
  square2,
  sub2,
} from '../pairing/fp2';
import { addStep, doubleStep, LINE_BYTES, MILLER_SCRATCH } from '../pairing/miller';
import { fromBE } from '../u256/word';
import { FIELD, PSI_X, PSI_Y, TWIST_B, X_DIGITS, X_DIGITS_LENGTH } from './constants';

/** Bytes of a point: X, Y, Z. */
export const POINT2: usize = 3 * FP2;

/** Bytes of an encoded point, and of a term of a sum of products. */
export const G2_ENCODED: usize = 4 * ENCODED;
const TERM: usize = G2_ENCODED + 32;

const Y: usize = FP2;
const Z: usize = 2 * FP2;

/** Bytes of one point's table of multiples 1 to 15. */
const TABLE: usize = 15 * POINT2;
const WINDOW_BITS: u32 = 4;

/** Bytes of scratch for every function but the sum of products. */
export const G2_SCRATCH: usize = 2 * POINT2 + FP2 + LINE_BYTES + MILLER_SCRATCH;

/** Bytes of scratch for {@link bls12G2Msm} with `count` terms. */
export function bls12G2MsmScratch(count: usize): usize {
  return POINT2 + count * (TABLE + 32) + G2_SCRATCH;
}

@inline
function copyPoint(out: usize, point: usize): void {
  memory.copy(out, point, POINT2);
}

@inline
export function isInfinity2(point: usize): bool {
  return isZero2(point + Z);
}

/** out = the point at `source`, Z = 1 or 0; false when an element is not below p or it is off the twist. */
export function readG2(out: usize, source: usize, scratch: usize): bool {
  for (let i: usize = 0; i < 4; i++) {
    if (!readElement(out + i * FP, source + i * ENCODED, FIELD)) return false;
  }
  if (isZero2(out) && isZero2(out + Y)) {
    memory.fill(out + Z, 0, FP2);
    return true;
  }
  const left = scratch;
  const right = scratch + FP2;
  const work = scratch + 2 * FP2;
  setOne2(out + Z);
  square2(left, out + Y, work);
  square2(right, out, work);
  mul2(right, right, out, work);
  add2(right, right, TWIST_B);
  return equals2(left, right);
}

/** The 256 bytes of `point` to `target`. */
export function writeG2(target: usize, point: usize, scratch: usize): void {
  if (isInfinity2(point)) {
    memory.fill(target, 0, G2_ENCODED);
    return;
  }
  const z = scratch;
  const t = scratch + FP2;
  const work = scratch + 2 * FP2;
  inverse2(z, point + Z, work);
  square2(t, z, work);
  mul2(z, z, t, work);
  mul2(t, t, point, work);
  mul2(z, z, point + Y, work);
  writeElement(target, t, FIELD, work);
  writeElement(target + ENCODED, t + FP, FIELD, work);
  writeElement(target + 2 * ENCODED, z, FIELD, work);
  writeElement(target + 3 * ENCODED, z + FP, FIELD, work);
}

/**
 * Whether a point with Z = 1 or infinity is in the subgroup of order r: whether Frobenius multiplies
 * it by the curve's parameter, -X (Scott, "A note on group membership tests", 2021).
 */
export function isInG2(point: usize, scratch: usize): bool {
  if (isInfinity2(point)) return true;
  const multiple = scratch;
  const negatedY = scratch + POINT2;
  const line = negatedY + FP2;
  const work = line + LINE_BYTES;
  negate2(negatedY, point + Y, work);
  copyPoint(multiple, point);
  for (let i: usize = 1; i < X_DIGITS_LENGTH; i++) {
    doubleStep(multiple, line, work);
    const digit = load<i8>(X_DIGITS + i);
    if (digit != 0) addStep(multiple, point, digit > 0 ? point + Y : negatedY, line, work);
  }
  // A step that has no slope leaves Z = 0 for good. It does not happen to points of order r.
  if (isInfinity2(multiple)) return false;
  const x = line;
  const y = line + FP2;
  conjugate2(x, point, work);
  mul2(x, x, PSI_X, work);
  mul2(x, x, multiple + Z, work);
  conjugate2(y, negatedY, work);
  mul2(y, y, PSI_Y, work);
  mul2(y, y, multiple + Z, work);
  return equals2(x, multiple) && equals2(y, multiple + Y);
}

/** out = 2 point (dbl-2009-l). */
function doublePoint(out: usize, point: usize, scratch: usize): void {
  const a = scratch;
  const b = scratch + FP2;
  const c = scratch + 2 * FP2;
  const d = scratch + 3 * FP2;
  const work = scratch + 4 * FP2;
  square2(a, point, work);
  square2(b, point + Y, work);
  square2(c, b, work);

  // d = 2 ((X + b)^2 - a - c), Z' = 2 Y Z
  add2(d, point, b);
  square2(d, d, work);
  sub2(d, d, a);
  sub2(d, d, c);
  double2(d, d);
  mul2(b, point + Y, point + Z, work);
  double2(out + Z, b);

  // X' = (3a)^2 - 2d, Y' = 3a (d - X') - 8c
  double2(b, a);
  add2(a, a, b);
  square2(out, a, work);
  sub2(out, out, d);
  sub2(out, out, d);
  sub2(d, d, out);
  mul2(d, d, a, work);
  double2(c, c);
  double2(c, c);
  double2(c, c);
  sub2(out + Y, d, c);
}

/** out = a + b, for all points. */
function addPoints(out: usize, a: usize, b: usize, scratch: usize): void {
  if (isInfinity2(a)) return copyPoint(out, b);
  if (isInfinity2(b)) return copyPoint(out, a);
  const u1 = scratch;
  const u2 = scratch + FP2;
  const s1 = scratch + 2 * FP2;
  const s2 = scratch + 3 * FP2;
  const z = scratch + 4 * FP2;
  const t = scratch + 5 * FP2;
  const work = scratch + 6 * FP2;
  square2(t, b + Z, work);
  mul2(u1, a, t, work);
  mul2(t, t, b + Z, work);
  mul2(s1, a + Y, t, work);
  square2(t, a + Z, work);
  mul2(u2, b, t, work);
  mul2(t, t, a + Z, work);
  mul2(s2, b + Y, t, work);
  if (equals2(u1, u2)) {
    if (equals2(s1, s2)) doublePoint(out, a, scratch);
    else memory.fill(out, 0, POINT2);
    return;
  }
  mul2(z, a + Z, b + Z, work);

  // H = u2 - u1, r = s2 - s1: X' = r^2 - H^3 - 2 u1 H^2, Y' = r (u1 H^2 - X') - s1 H^3, Z' = Z1 Z2 H
  sub2(u2, u2, u1);
  sub2(s2, s2, s1);
  mul2(out + Z, z, u2, work);
  square2(t, u2, work);
  mul2(u1, u1, t, work);
  mul2(t, t, u2, work);
  square2(out, s2, work);
  sub2(out, out, t);
  sub2(out, out, u1);
  sub2(out, out, u1);
  sub2(u1, u1, out);
  mul2(u1, s2, u1, work);
  mul2(t, s1, t, work);
  sub2(out + Y, u1, t);
}

/** The 256 bytes at `out` = sum of the two points at `input`; false if one is none. No subgroup check. */
export function bls12G2Add(out: usize, input: usize, scratch: usize): bool {
  const a = scratch;
  const b = scratch + POINT2;
  const work = scratch + 2 * POINT2;
  if (!readG2(a, input, work) || !readG2(b, input + G2_ENCODED, work)) return false;
  addPoints(a, a, b, work);
  writeG2(out, a, work);
  return true;
}

/**
 * The 256 bytes at `out` = sum of scalar times point over `count` terms of 288 bytes at `input`;
 * false when a point is none or not in the subgroup. Straus's method with digits of 4 bits.
 */
export function bls12G2Msm(out: usize, input: usize, count: usize, scratch: usize): bool {
  const sum = scratch;
  const tables = sum + POINT2;
  const scalars = tables + count * TABLE;
  const work = scalars + (count << 5);
  for (let i: usize = 0; i < count; i++) {
    const source = input + i * TERM;
    const table = tables + i * TABLE;
    if (!readG2(table, source, work) || !isInG2(table, work)) return false;
    fromBE(scalars + (i << 5), source + G2_ENCODED);
    doublePoint(table + POINT2, table, work);
    for (let k: usize = 2; k < 15; k++) addPoints(table + k * POINT2, table + (k - 1) * POINT2, table, work);
  }
  memory.fill(sum, 0, POINT2);
  for (let digit: i32 = 63; digit >= 0; digit--) {
    if (!isInfinity2(sum)) for (let i: u32 = 0; i < WINDOW_BITS; i++) doublePoint(sum, sum, work);
    for (let i: usize = 0; i < count; i++) {
      const byte = <usize>load<u8>(scalars + (i << 5) + (digit >> 1));
      const window = (digit & 1) == 0 ? byte & 15 : byte >> 4;
      if (window != 0) addPoints(sum, sum, tables + i * TABLE + (window - 1) * POINT2, work);
    }
  }
  writeG2(out, sum, work);
  return true;
}
