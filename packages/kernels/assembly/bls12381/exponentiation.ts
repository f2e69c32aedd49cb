// The final exponentiation of BLS12-381's pairing.
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
export const EXPONENTIATION_SCRATCH: usize = 4 * FP12 + POWER_SCRATCH;

/**
 * out = a^(3 (p^12 - 1) / r): 1 for the same a as without the factor. The hard part is that of
 * Hayashida, Hayasaka and Teruya, "Efficient final exponentiation via cyclotomic structure for
 * pairings over families of elliptic curves" (2020): (x - 1)^2 (x + p) (x^2 + p^2 - 1) + 3. Not in
 * place. The curve's parameter x is negative, so that `powerNegatedX` raises to it.
 */
export function finalExponentiation(out: usize, a: usize, scratch: usize): void {
  const r = scratch;
  const y0 = scratch + FP12;
  const y1 = scratch + 2 * FP12;
  const y2 = scratch + 3 * FP12;
  const work = scratch + 4 * FP12;

  // Easy part: a^((p^6 - 1)(p^2 + 1)).
  inverse12(r, a, work);
  conjugate12(y1, a, work);
  mul12(r, y1, r, work);
  frobenius12(y1, r, 2, work);
  mul12(r, y1, r, work);

  // y1 = r^((x - 1)^2)
  powerNegatedX(y0, r, work);
  conjugate12(y1, r, work);
  mul12(y0, y0, y1, work);
  powerNegatedX(y1, y0, work);
  conjugate12(y0, y0, work);
  mul12(y1, y1, y0, work);

  // y1 = y1^(x + p)
  powerNegatedX(y2, y1, work);
  frobenius12(y1, y1, 1, work);
  mul12(y1, y1, y2, work);

  // out = y1^(x^2 + p^2 - 1) r^3
  powerNegatedX(y0, y1, work);
  powerNegatedX(y2, y0, work);
  frobenius12(y0, y1, 2, work);
  mul12(y2, y2, y0, work);
  conjugate12(y1, y1, work);
  mul12(y2, y2, y1, work);
  cyclotomicSquare(y0, r, work);
  mul12(r, r, y0, work);
  mul12(out, y2, r, work);
}
