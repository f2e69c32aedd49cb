// The even extension E = B[t]/(t^2 - kappa), B = M31[s]/(s^d - c): d = 2, c = -1, kappa = 2 + s (QM31)
// or, in the build with SEXTIC, d = 3, c = 5, kappa = -1. An element is `DEGREE` vectors of four lanes
// at `address + i * stride`: stride 16 in scratch, the distance of columns in a table of columns.

import { add, inverse, mul, neg, sub } from './m31';
import { CROSS, LOWER, NORM, scratch, SUM_A, SUM_B, UPPER } from './scratch';

/** Words of an element of B. */
export const HALF: i32 = isDefined(SEXTIC) ? 3 : 2;

/** Words of an element of E. */
export const DEGREE: i32 = 2 * HALF;

@inline
export function at(address: usize, stride: usize, i: i32): v128 {
  return v128.load(address + <usize>i * stride);
}

@inline
export function put(address: usize, stride: usize, i: i32, value: v128): void {
  v128.store(address + <usize>i * stride, value);
}

@inline
function times5(a: v128): v128 {
  const twice = add(a, a);
  return add(add(twice, twice), a);
}

/** Product in B: `to` may be one of the operands. */
@inline
export function mulBase(to: usize, toStride: usize, a: usize, aStride: usize, b: usize, bStride: usize): void {
  const a0 = at(a, aStride, 0);
  const a1 = at(a, aStride, 1);
  const b0 = at(b, bStride, 0);
  const b1 = at(b, bStride, 1);
  if (isDefined(SEXTIC)) {
    const a2 = at(a, aStride, 2);
    const b2 = at(b, bStride, 2);
    put(to, toStride, 0, add(mul(a0, b0), times5(add(mul(a1, b2), mul(a2, b1)))));
    put(to, toStride, 1, add(add(mul(a0, b1), mul(a1, b0)), times5(mul(a2, b2))));
    put(to, toStride, 2, add(add(mul(a0, b2), mul(a1, b1)), mul(a2, b0)));
  } else {
    put(to, toStride, 0, sub(mul(a0, b0), mul(a1, b1)));
    put(to, toStride, 1, add(mul(a0, b1), mul(a1, b0)));
  }
}

/** 1/a in B, by the norm to M31. */
@inline
export function inverseBase(to: usize, a: usize): void {
  const a0 = at(a, 16, 0);
  const a1 = at(a, 16, 1);
  if (isDefined(SEXTIC)) {
    const a2 = at(a, 16, 2);
    const n0 = sub(mul(a0, a0), times5(mul(a1, a2)));
    const n1 = sub(times5(mul(a2, a2)), mul(a0, a1));
    const n2 = sub(mul(a1, a1), mul(a0, a2));
    const norm = add(mul(a0, n0), times5(add(mul(a1, n2), mul(a2, n1))));
    const factor = inverse(norm);
    put(to, 16, 0, mul(n0, factor));
    put(to, 16, 1, mul(n1, factor));
    put(to, 16, 2, mul(n2, factor));
  } else {
    const factor = inverse(add(mul(a0, a0), mul(a1, a1)));
    put(to, 16, 0, mul(a0, factor));
    put(to, 16, 1, mul(neg(a1), factor));
  }
}

/** Writes low + kappa · high into `to`, of B. */
@inline
function foldKappa(to: usize, toStride: usize): void {
  if (isDefined(SEXTIC)) {
    for (let i = 0; i < HALF; i++) put(to, toStride, i, sub(at(scratch(LOWER), 16, i), at(scratch(UPPER), 16, i)));
  } else {
    const q0 = at(scratch(UPPER), 16, 0);
    const q1 = at(scratch(UPPER), 16, 1);
    // (2 + s)(q0 + q1 s) with s^2 = -1
    put(to, toStride, 0, add(at(scratch(LOWER), 16, 0), sub(add(q0, q0), q1)));
    put(to, toStride, 1, add(at(scratch(LOWER), 16, 1), add(q0, add(q1, q1))));
  }
}

/**
 * Product in E by three products in B: `to` may be one of the operands.
 *
 * PERF: the quartic product is nine products of M31 in locals; the sextic one has more values than there
 * are registers and goes through memory.
 */
export function mulExt(to: usize, toStride: usize, a: usize, aStride: usize, b: usize, bStride: usize): void {
  if (isDefined(SEXTIC)) mulSextic(to, toStride, a, aStride, b, bStride);
  else mulQuartic(to, toStride, a, aStride, b, bStride);
}

@inline
function mulQuartic(to: usize, toStride: usize, a: usize, aStride: usize, b: usize, bStride: usize): void {
  const a0 = at(a, aStride, 0);
  const a1 = at(a, aStride, 1);
  const a2 = at(a, aStride, 2);
  const a3 = at(a, aStride, 3);
  const b0 = at(b, bStride, 0);
  const b1 = at(b, bStride, 1);
  const b2 = at(b, bStride, 2);
  const b3 = at(b, bStride, 3);
  // (a0 + a1 s)(b0 + b1 s), then the upper halves', then the sums'.
  const l0 = mul(a0, b0);
  const l1 = mul(a1, b1);
  const lower0 = sub(l0, l1);
  const lower1 = sub(sub(mul(add(a0, a1), add(b0, b1)), l0), l1);
  const u0 = mul(a2, b2);
  const u1 = mul(a3, b3);
  const upper0 = sub(u0, u1);
  const upper1 = sub(sub(mul(add(a2, a3), add(b2, b3)), u0), u1);
  const c0 = add(a0, a2);
  const c1 = add(a1, a3);
  const d0 = add(b0, b2);
  const d1 = add(b1, b3);
  const x0 = mul(c0, d0);
  const x1 = mul(c1, d1);
  const cross0 = sub(x0, x1);
  const cross1 = sub(sub(mul(add(c0, c1), add(d0, d1)), x0), x1);
  put(to, toStride, 0, add(lower0, sub(add(upper0, upper0), upper1)));
  put(to, toStride, 1, add(lower1, add(upper0, add(upper1, upper1))));
  put(to, toStride, 2, sub(sub(cross0, lower0), upper0));
  put(to, toStride, 3, sub(sub(cross1, lower1), upper1));
}

@inline
function mulSextic(to: usize, toStride: usize, a: usize, aStride: usize, b: usize, bStride: usize): void {
  const aUpper = a + <usize>HALF * aStride;
  const bUpper = b + <usize>HALF * bStride;
  for (let i = 0; i < HALF; i++) {
    put(scratch(SUM_A), 16, i, add(at(a, aStride, i), at(aUpper, aStride, i)));
    put(scratch(SUM_B), 16, i, add(at(b, bStride, i), at(bUpper, bStride, i)));
  }
  mulBase(scratch(LOWER), 16, a, aStride, b, bStride);
  mulBase(scratch(UPPER), 16, aUpper, aStride, bUpper, bStride);
  mulBase(scratch(CROSS), 16, scratch(SUM_A), 16, scratch(SUM_B), 16);
  foldKappa(to, toStride);
  for (let i = 0; i < HALF; i++) {
    put(to + <usize>HALF * toStride, toStride, i, sub(sub(at(scratch(CROSS), 16, i), at(scratch(LOWER), 16, i)), at(scratch(UPPER), 16, i)));
  }
}

/** 1/a in E: (a0 - a1 t) / (a0^2 - kappa a1^2). Operands in scratch. */
export function inverseExt(to: usize, a: usize): void {
  const aUpper = a + <usize>HALF * 16;
  mulBase(scratch(LOWER), 16, a, 16, a, 16);
  mulBase(scratch(UPPER), 16, aUpper, 16, aUpper, 16);
  for (let i = 0; i < HALF; i++) put(scratch(UPPER), 16, i, neg(at(scratch(UPPER), 16, i)));
  foldKappa(scratch(NORM), 16);
  inverseBase(scratch(NORM), scratch(NORM));
  mulBase(to, 16, a, 16, scratch(NORM), 16);
  mulBase(to + <usize>HALF * 16, 16, aUpper, 16, scratch(NORM), 16);
  for (let i = 0; i < HALF; i++) put(to + <usize>HALF * 16, 16, i, neg(at(to + <usize>HALF * 16, 16, i)));
}
