// The constants of the curve being compiled, see `field.ts`.
import * as bls12 from '../bls12381/constants';
import * as bn254 from '../bn254/constants';

/** Constants of the base field. */
export const FIELD: usize = isDefined(BLS12_381) ? bls12.FIELD : bn254.FIELD;

/** Coefficients of Frobenius, xi^(i (p^k - 1) / 6) for k = 1, 2, 3 and i = 0 to 5. */
export const FROBENIUS: usize = isDefined(BLS12_381) ? bls12.FROBENIUS : bn254.FROBENIUS;

/** b of the twist. */
export const TWIST_B: usize = isDefined(BLS12_381) ? bls12.TWIST_B : bn254.TWIST_B;

/** Signed digits of |x|, the curve's parameter, the highest, 1, first. */
export const X_DIGITS: usize = isDefined(BLS12_381) ? bls12.X_DIGITS : bn254.X_DIGITS;
export const X_DIGITS_LENGTH: usize = isDefined(BLS12_381) ? bls12.X_DIGITS_LENGTH : bn254.X_DIGITS_LENGTH;
