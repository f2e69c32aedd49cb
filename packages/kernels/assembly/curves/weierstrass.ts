// Points of y^2 = x^3 + a x + b with a = 0 or a = -3 over a prime field, in Jacobian
// coordinates: (X, Y, Z) stands for (X / Z^2, Y / Z^3), Z = 0 for infinity. Elements are in
// Montgomery's form. `out` may equal an operand.
//
// Formulas: Explicit-Formulas Database, "Jacobian coordinates", dbl-2001-b and add-1998-cmo-2. Sums
// of equal and opposite points and infinity are told apart: results are right for all points.
import {
  add as fieldAdd,
  copy,
  double as fieldDouble,
  equals,
  FP,
  isZero,
  mul,
  setZero,
  square,
  sub,
} from '../pairing/field';

/** Bytes of a Jacobian point. */
export const POINT: usize = 3 * FP;

/** Bytes of scratch for {@link addPoints} and {@link doublePoint}. */
export const POINT_SCRATCH: usize = 6 * FP;

const WINDOW_BITS: u32 = 4;
/** Bytes of one point's table of multiples 1 to 15. */
const TABLE: usize = 15 * POINT;

/** Bytes of scratch for {@link sumOfProducts}. */
@inline
export function sumScratch(count: usize): usize {
  return POINT_SCRATCH + count * TABLE;
}

const Y: usize = FP;
const Z: usize = 2 * FP;

@inline
export function isInfinity(point: usize): bool {
  return isZero(point + Z);
}

@inline
export function setInfinity(point: usize): void {
  setZero(point);
  setZero(point + Y);
  setZero(point + Z);
}

@inline
export function copyPoint(out: usize, point: usize): void {
  copy(out, point);
  copy(out + Y, point + Y);
  copy(out + Z, point + Z);
}

/** out = 2 point. `aIsZero` tells a = 0 from a = -3. */
export function doublePoint(out: usize, point: usize, aIsZero: bool, field: usize, scratch: usize): void {
  const alpha = scratch;
  const beta = scratch + FP;
  const gamma = scratch + 2 * FP;
  const t = scratch + 3 * FP;
  square(gamma, point + Y, field);
  mul(beta, point, gamma, field);
  if (aIsZero) {
    square(alpha, point, field);
  } else {
    square(t, point + Z, field);
    sub(alpha, point, t, field);
    fieldAdd(t, point, t, field);
    mul(alpha, alpha, t, field);
  }
  fieldDouble(t, alpha, field);
  fieldAdd(alpha, alpha, t, field);

  // Z' = 2 Y Z, X' = alpha^2 - 8 beta, Y' = alpha (4 beta - X') - 8 gamma^2
  mul(t, point + Y, point + Z, field);
  fieldDouble(out + Z, t, field);
  fieldDouble(beta, beta, field);
  fieldDouble(beta, beta, field);
  square(out, alpha, field);
  sub(out, out, beta, field);
  sub(out, out, beta, field);
  sub(t, beta, out, field);
  mul(t, alpha, t, field);
  square(gamma, gamma, field);
  fieldDouble(gamma, gamma, field);
  fieldDouble(gamma, gamma, field);
  fieldDouble(gamma, gamma, field);
  sub(out + Y, t, gamma, field);
}

/** out = a + b. */
export function addPoints(
  out: usize,
  a: usize,
  b: usize,
  aIsZero: bool,
  field: usize,
  scratch: usize,
): void {
  if (isInfinity(a)) return copyPoint(out, b);
  if (isInfinity(b)) return copyPoint(out, a);
  const u1 = scratch;
  const u2 = scratch + FP;
  const s1 = scratch + 2 * FP;
  const s2 = scratch + 3 * FP;
  const z = scratch + 4 * FP;
  const t = scratch + 5 * FP;
  square(t, b + Z, field);
  mul(u1, a, t, field);
  mul(t, t, b + Z, field);
  mul(s1, a + Y, t, field);
  square(t, a + Z, field);
  mul(u2, b, t, field);
  mul(t, t, a + Z, field);
  mul(s2, b + Y, t, field);
  if (equals(u1, u2)) {
    if (equals(s1, s2)) doublePoint(out, a, aIsZero, field, scratch);
    else setInfinity(out);
    return;
  }
  mul(z, a + Z, b + Z, field);

  // H = u2 - u1, r = s2 - s1: X' = r^2 - H^3 - 2 u1 H^2, Y' = r (u1 H^2 - X') - s1 H^3, Z' = Z1 Z2 H
  sub(u2, u2, u1, field);
  sub(s2, s2, s1, field);
  mul(out + Z, z, u2, field);
  square(t, u2, field);
  mul(u1, u1, t, field);
  mul(t, t, u2, field);
  square(out, s2, field);
  sub(out, out, t, field);
  sub(out, out, u1, field);
  sub(out, out, u1, field);
  sub(u1, u1, out, field);
  mul(u1, s2, u1, field);
  mul(t, s1, t, field);
  sub(out + Y, u1, t, field);
}

/**
 * out = sum of scalar_i point_i over `count` points at `points` and plain words at `scalars`
 * (Straus): one chain of doublings, digits of 4 bits. `out` must not overlap the points.
 */
export function sumOfProducts(
  out: usize,
  points: usize,
  scalars: usize,
  count: usize,
  aIsZero: bool,
  field: usize,
  scratch: usize,
): void {
  const tables = scratch + POINT_SCRATCH;
  for (let i: usize = 0; i < count; i++) {
    const table = tables + i * TABLE;
    const point = points + i * POINT;
    copyPoint(table, point);
    doublePoint(table + POINT, point, aIsZero, field, scratch);
    for (let k: usize = 2; k < 15; k++) {
      addPoints(table + k * POINT, table + (k - 1) * POINT, point, aIsZero, field, scratch);
    }
  }
  setInfinity(out);
  for (let digit: i32 = 63; digit >= 0; digit--) {
    if (!isInfinity(out)) {
      for (let i: u32 = 0; i < WINDOW_BITS; i++) doublePoint(out, out, aIsZero, field, scratch);
    }
    for (let i: usize = 0; i < count; i++) {
      const byte = <usize>load<u8>(scalars + (i << 5) + (digit >> 1));
      const window = (digit & 1) == 0 ? byte & 15 : byte >> 4;
      if (window != 0) {
        addPoints(out, out, tables + i * TABLE + (window - 1) * POINT, aIsZero, field, scratch);
      }
    }
  }
}
