// Fp6 = Fp2[v] / (v^3 - xi): c0, c1, c2. `out` may equal an operand.
import {
  add2,
  copy2,
  FP2,
  FP2_SCRATCH,
  inverse2,
  mul2,
  mulByXi,
  negate2,
  square2,
  sub2,
} from './fp2';

export const FP6: usize = 3 * FP2;

/** Bytes of scratch that suffice for every function of this file. */
export const FP6_SCRATCH: usize = 6 * FP2 + FP2_SCRATCH;

const WORK: usize = 5 * FP2;

@inline
export function copy6(out: usize, a: usize): void {
  memory.copy(out, a, FP6);
}

export function add6(out: usize, a: usize, b: usize): void {
  add2(out, a, b);
  add2(out + FP2, a + FP2, b + FP2);
  add2(out + 2 * FP2, a + 2 * FP2, b + 2 * FP2);
}

export function sub6(out: usize, a: usize, b: usize): void {
  sub2(out, a, b);
  sub2(out + FP2, a + FP2, b + FP2);
  sub2(out + 2 * FP2, a + 2 * FP2, b + 2 * FP2);
}

export function negate6(out: usize, a: usize, scratch: usize): void {
  negate2(out, a, scratch);
  negate2(out + FP2, a + FP2, scratch);
  negate2(out + 2 * FP2, a + 2 * FP2, scratch);
}

/** out = a * v. */
export function mulByV(out: usize, a: usize, scratch: usize): void {
  mulByXi(scratch + WORK - FP2, a + 2 * FP2, scratch);
  copy2(out + 2 * FP2, a + FP2);
  copy2(out + FP2, a);
  copy2(out, scratch + WORK - FP2);
}

/** out = a * b: six products (Karatsuba). */
export function mul6(out: usize, a: usize, b: usize, scratch: usize): void {
  const v0 = scratch;
  const v1 = scratch + FP2;
  const v2 = scratch + 2 * FP2;
  const t = scratch + 3 * FP2;
  const u = scratch + 4 * FP2;
  const work = scratch + WORK;
  mul2(v0, a, b, work);
  mul2(v1, a + FP2, b + FP2, work);
  mul2(v2, a + 2 * FP2, b + 2 * FP2, work);

  // c0 = v0 + xi ((a1 + a2)(b1 + b2) - v1 - v2), kept in t until a and b are read.
  add2(t, a + FP2, a + 2 * FP2);
  add2(u, b + FP2, b + 2 * FP2);
  mul2(t, t, u, work);
  sub2(t, t, v1);
  sub2(t, t, v2);
  mulByXi(t, t, work);
  add2(t, t, v0);

  // c2 = (a0 + a2)(b0 + b2) - v0 - v2 + v1, over the place of c2: a2 and b2 are not read again.
  add2(u, a, a + 2 * FP2);
  add2(work, b, b + 2 * FP2);
  mul2(u, u, work, work + FP2);
  sub2(u, u, v0);
  sub2(u, u, v2);
  add2(u, u, v1);

  // c1 = (a0 + a1)(b0 + b1) - v0 - v1 + xi v2
  add2(work, a, a + FP2);
  add2(out + FP2, b, b + FP2);
  mul2(out + FP2, work, out + FP2, work + FP2);
  sub2(out + FP2, out + FP2, v0);
  sub2(out + FP2, out + FP2, v1);
  mulByXi(v2, v2, work);
  add2(out + FP2, out + FP2, v2);
  copy2(out, t);
  copy2(out + 2 * FP2, u);
}

/** out = a * (b0 + b1 v): five products. `out` must not overlap b0 or b1. */
export function mulBy01(out: usize, a: usize, b0: usize, b1: usize, scratch: usize): void {
  const v0 = scratch;
  const v1 = scratch + FP2;
  const t = scratch + 2 * FP2;
  const u = scratch + 3 * FP2;
  const work = scratch + WORK;
  mul2(v0, a, b0, work);
  mul2(v1, a + FP2, b1, work);

  // c0 = v0 + xi ((a1 + a2) b1 - v1)
  add2(t, a + FP2, a + 2 * FP2);
  mul2(t, t, b1, work);
  sub2(t, t, v1);
  mulByXi(t, t, work);
  add2(t, t, v0);

  // c2 = (a0 + a2) b0 - v0 + v1
  add2(u, a, a + 2 * FP2);
  mul2(u, u, b0, work);
  sub2(u, u, v0);
  add2(out + 2 * FP2, u, v1);

  // c1 = (a0 + a1)(b0 + b1) - v0 - v1
  add2(u, a, a + FP2);
  add2(out, b0, b1);
  mul2(u, u, out, work);
  sub2(u, u, v0);
  sub2(out + FP2, u, v1);
  copy2(out, t);
}

/** out = 1 / a; 0 for 0. */
export function inverse6(out: usize, a: usize, scratch: usize): void {
  const t0 = scratch;
  const t1 = scratch + FP2;
  const t2 = scratch + 2 * FP2;
  const d = scratch + 3 * FP2;
  const t = scratch + 4 * FP2;
  const work = scratch + WORK;
  // t0 = a0^2 - xi a1 a2, t1 = xi a2^2 - a0 a1, t2 = a1^2 - a0 a2
  square2(t0, a, work);
  mul2(t, a + FP2, a + 2 * FP2, work);
  mulByXi(t, t, work);
  sub2(t0, t0, t);
  square2(t1, a + 2 * FP2, work);
  mulByXi(t1, t1, work);
  mul2(t, a, a + FP2, work);
  sub2(t1, t1, t);
  square2(t2, a + FP2, work);
  mul2(t, a, a + 2 * FP2, work);
  sub2(t2, t2, t);

  // The norm: a0 t0 + xi (a2 t1 + a1 t2).
  mul2(d, a + 2 * FP2, t1, work);
  mul2(t, a + FP2, t2, work);
  add2(d, d, t);
  mulByXi(d, d, work);
  mul2(t, a, t0, work);
  add2(d, d, t);
  inverse2(d, d, work);
  mul2(out, t0, d, work);
  mul2(out + FP2, t1, d, work);
  mul2(out + 2 * FP2, t2, d, work);
}
