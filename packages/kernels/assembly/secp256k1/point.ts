// Points of secp256k1, y^2 = x^3 + 7. A point is either affine (x, y) or Jacobian: X, Y, Z for
// x = X / Z^2 and y = Y / Z^3, then a u32 that is 1 for the point at infinity.
import {
  add,
  addLazily,
  copy,
  doubleDifference,
  ELEMENT,
  equals,
  isZero,
  mul,
  negateLazily,
  scale,
  setSmall,
  square,
  sub,
  subDouble,
  subLazily,
  subOctuple,
} from './field';
import { inverse } from './roots';

export const Y: usize = ELEMENT;
export const Z: usize = 2 * ELEMENT;
const INFINITY: usize = 3 * ELEMENT;

/** Bytes of an affine point. */
export const AFFINE: usize = 2 * ELEMENT;
/** Bytes of a Jacobian point. */
export const JACOBIAN: usize = INFINITY + 4;

const TEMPORARIES: usize = memory.data(396);
const A: usize = TEMPORARIES;
const B: usize = TEMPORARIES + ELEMENT;
const C: usize = TEMPORARIES + 2 * ELEMENT;
const D: usize = TEMPORARIES + 3 * ELEMENT;
const E: usize = TEMPORARIES + 4 * ELEMENT;
const F: usize = TEMPORARIES + 5 * ELEMENT;
const NEGATED: usize = TEMPORARIES + 6 * ELEMENT;
const SEVEN: usize = TEMPORARIES + 7 * ELEMENT;
const SCALED: usize = TEMPORARIES + 8 * ELEMENT; // an affine point

@inline
export function isInfinity(p: usize): bool {
  return load<u32>(p, INFINITY) != 0;
}

@inline
export function setInfinity(p: usize): void {
  store<u32>(p, 1, INFINITY);
}

/** p = the affine point with these coordinates. */
export function setAffine(p: usize, x: usize, y: usize): void {
  copy(p, x);
  copy(p + Y, y);
  setSmall(p + Z, 1);
  store<u32>(p, 0, INFINITY);
}

/** Whether (x, y) is on the curve. */
export function isOnCurve(x: usize, y: usize): bool {
  setRightSide(A, x);
  square(B, y);
  return equals(A, B);
}

/** Whether x is that of a point that is not infinity: X = x Z^2, which needs no inversion. */
export function hasX(p: usize, x: usize): bool {
  square(A, p + Z);
  mul(A, A, x);
  return equals(A, p);
}

/** out = x^3 + 7. */
export function setRightSide(out: usize, x: usize): void {
  square(B, x);
  mul(B, B, x);
  setSmall(SEVEN, 7);
  add(out, B, SEVEN);
}

/**
 * p = 2p.
 *
 * PERF: "dbl-2009-l" of the Explicit-Formulas Database, 2 multiplications and 5 squarings. No point
 * has order 2: y is never 0.
 */
export function double(p: usize): void {
  if (isInfinity(p)) return;
  square(A, p);
  square(B, p + Y);
  square(C, B);
  mul(p + Z, p + Z, p + Y);
  add(p + Z, p + Z, p + Z);
  // D = 2((X + B)^2 - A - C), E = 3A
  addLazily(D, p, B);
  square(D, D);
  addLazily(B, A, C);
  doubleDifference(D, D, B);
  scale(E, A, 3);
  // X = E^2 - 2D, Y = E(D - X) - 8C
  square(F, E);
  subDouble(p, F, D);
  subLazily(D, D, p);
  mul(p + Y, E, D);
  subOctuple(p + Y, p + Y, C);
}

/**
 * p += (x, y), an affine point.
 *
 * The coordinates may belong to a curve that is isomorphic to the one `p` is on: those of `p` are
 * then the true ones times `twist`^2 and `twist`^3. Without, `twist` is 0. The digits of `y` may be up
 * to 2 * 2^29. Leaves the ratio of the new Z to the old one in {@link RATIO}.
 *
 * PERF: 8 multiplications and 3 squarings, one more with `twist`.
 */
export function addAffine(p: usize, x: usize, y: usize, twist: usize): void {
  if (isInfinity(p)) {
    setAffine(p, x, y);
    if (twist == 0) return;
    square(A, twist);
    mul(p, p, A);
    mul(A, A, twist);
    mul(p + Y, p + Y, A);
    return;
  }
  let z = p + Z;
  if (twist != 0) {
    mul(F, z, twist);
    z = F;
  }
  square(A, z);
  mul(B, x, A);
  sub(RATIO, B, p); // H = U2 - X
  mul(A, A, z);
  mul(A, A, y);
  sub(A, A, p + Y); // R = S2 - Y
  if (isZero(RATIO)) {
    if (isZero(A)) double(p);
    else setInfinity(p);
    return;
  }
  square(B, RATIO);
  mul(C, B, RATIO); // H^3
  mul(B, B, p); // V = X H^2
  mul(p + Z, p + Z, RATIO);
  // X = R^2 - H^3 - 2V, Y = R(V - X) - Y H^3
  square(D, A);
  sub(D, D, C);
  subDouble(p, D, B);
  subLazily(B, B, p);
  mul(B, B, A);
  mul(C, C, p + Y);
  sub(p + Y, B, C);
}

/** Set by {@link addAffine}. */
export const RATIO: usize = E;

/** As {@link addAffine} with the point (x, -y). */
export function subtractAffine(p: usize, x: usize, y: usize, twist: usize): void {
  negateLazily(NEGATED, y);
  addAffine(p, x, NEGATED, twist);
}

/** out = p / Z as an affine point, `p` not being infinity; `twist` as for {@link addAffine}. */
export function toAffine(out: usize, p: usize, twist: usize): void {
  if (twist == 0) copy(A, p + Z);
  else mul(A, p + Z, twist);
  inverse(A, A);
  square(B, A);
  mul(A, A, B);
  mul(out, p, B);
  mul(out + Y, p + Y, A);
}

/** The factor by which all entries of a table were scaled, see {@link oddMultiples}. */
const RATIOS: usize = memory.data(9216);

/** Longest table that {@link oddMultiples} makes. */
export const MAX_MULTIPLES: usize = 256;

/**
 * Writes `count` affine points from (x, y) on: 1, 3, 5, … times that point, on the isomorphic curve
 * whose `twist` goes to `twist`. Entries need no inversion there.
 */
export function oddMultiples(table: usize, count: usize, x: usize, y: usize, twist: usize): void {
  const p = ACCUMULATOR;
  // On the curve where 2P has Z = 1, P is (x Z^2, y Z^3).
  setAffine(p, x, y);
  double(p);
  const step = SCALED;
  copy(step, p);
  copy(step + Y, p + Y);
  copy(twist, p + Z);
  square(A, twist);
  mul(p, x, A);
  mul(A, A, twist);
  mul(p + Y, y, A);
  setSmall(p + Z, 1);
  for (let i: usize = 0; i < count; i++) {
    if (i != 0) {
      addAffine(p, step, step + Y, 0);
      copy(RATIOS + i * ELEMENT, RATIO);
    }
    copy(table + i * AFFINE, p);
    copy(table + i * AFFINE + Y, p + Y);
  }
  // All entries to the last one's Z.
  mul(twist, twist, p + Z);
  for (let i = count - 1; i > 0; i--) {
    const ratio = RATIOS + i * ELEMENT;
    if (i != count - 1) mul(ratio, ratio, ratio + ELEMENT);
    const entry = table + (i - 1) * AFFINE;
    square(A, ratio);
    mul(entry, entry, A);
    mul(A, A, ratio);
    mul(entry + Y, entry + Y, A);
  }
}

/** Brings `count` affine points from the curve of `twist` back to this one. `twist` is used up. */
export function untwist(table: usize, count: usize, twist: usize): void {
  inverse(twist, twist);
  square(A, twist);
  mul(B, A, twist);
  for (let i: usize = 0; i < count; i++, table += AFFINE) {
    mul(table, table, A);
    mul(table + Y, table + Y, B);
  }
}

const ACCUMULATOR: usize = memory.data(112);
