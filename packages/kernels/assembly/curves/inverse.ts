// Inversion in the prime fields: the binary algorithm of Euclid (Knuth, section 4.5.2, exercise 39).
//
// PERF: a fifth of the time of raising to p - 2. Its running time depends on the operand: not for secrets.
import { copy, FP, halve, isZero, rSquared, setZero, sub } from '../pairing/field';
import { isBelow, shiftRight, subtract } from '../limbs';

/** Bytes of scratch for {@link inverse}. */
export const INVERSE_SCRATCH: usize = 4 * FP;

/** out = 1 / a; 0 for 0. `out` may equal `a`. */
export function inverse(out: usize, a: usize, field: usize, scratch: usize): void {
  // Invariant: u = x (aR) / R^2 and v = y (aR) / R^2 modulo p, where aR is Montgomery's form of a and
  // R^2 its constant: what ends beside the 1 is R^2 / (aR) = R / a.
  let u = scratch;
  let v = scratch + FP;
  let x = scratch + 2 * FP;
  let y = scratch + 3 * FP;
  copy(u, a);
  copy(v, field);
  copy(x, rSquared(field));
  setZero(y);
  while (!isZero(u)) {
    let shift = min<u64>(ctz<u64>(load<u64>(u)), 63);
    if (shift != 0) {
      shiftRight(u, u, FP, shift);
      for (; shift != 0; shift--) halve(x, x, field);
      continue;
    }
    // Both are odd: the difference is even.
    if (isBelow(u, v, FP)) {
      let other = u;
      u = v;
      v = other;
      other = x;
      x = y;
      y = other;
    }
    subtract(u, u, v, FP);
    sub(x, x, y, field);
  }
  copy(out, y);
}
