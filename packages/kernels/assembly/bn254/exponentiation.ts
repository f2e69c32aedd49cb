// The final exponentiation of BN254's pairing.
import {
  conjugate12,
  cyclotomicSquare,
  FP12,
  frobenius12,
  inverse12,
  mul12,
  POWER_SCRATCH,
  powerNegatedX,
} from '../pairing/fp12';

/** Bytes of scratch for {@link finalExponentiation}. */
export const EXPONENTIATION_SCRATCH: usize = 5 * FP12 + POWER_SCRATCH;

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
