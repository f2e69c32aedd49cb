// Inverses and square roots in the field of secp256k1.
import { inverseBySteps } from '../curves/divsteps';
import { copy, ELEMENT, equals, fromWords, mul, normalize, square, squareTimes, toWords } from './field';

/** p in nine digits of 30 bits, then 1 / p mod 2^30. */
const MODULUS: usize = memory.data<u32>([
  0x3ffffc2f, 0x3ffffffb, 0x3fffffff, 0x3fffffff, 0x3fffffff, 0x3fffffff, 0x3fffffff, 0x3fffffff, 0x0000ffff,
  0x2ddacacf,
]);

const WORDS: usize = memory.data(32);
const STEPS: usize = memory.data(160);
const POWERS: usize = memory.data(252);
const X2: usize = POWERS;
const X22: usize = POWERS + ELEMENT;
const X44: usize = POWERS + 2 * ELEMENT;
const X88: usize = POWERS + 3 * ELEMENT;
const T: usize = POWERS + 4 * ELEMENT;
const U: usize = POWERS + 5 * ELEMENT;
const A: usize = POWERS + 6 * ELEMENT;

/** out = 1 / a; 0 for 0. */
export function inverse(out: usize, a: usize): void {
  copy(T, a);
  normalize(T);
  toWords(WORDS, T);
  inverseBySteps(WORDS, WORDS, MODULUS, STEPS);
  fromWords(out, WORDS);
}

/**
 * out = a^((p + 1) / 4), one of the square roots of `a`, if there are any: whether there are.
 *
 * PERF: (p + 1) / 4 in binary is 223 ones, a zero, 22 ones, four zeros, two ones and two zeros;
 * `x` followed by n stands for the power with n ones. 253 squarings and 13 multiplications.
 */
export function squareRoot(out: usize, a: usize): bool {
  copy(A, a);
  square(X2, A);
  mul(X2, X2, A); // x2
  square(T, X2);
  mul(T, T, A); // x3
  squareTimes(U, T, 3);
  mul(U, U, T); // x6
  squareTimes(U, U, 3);
  mul(U, U, T); // x9
  squareTimes(U, U, 2);
  mul(U, U, X2); // x11
  squareTimes(X22, U, 11);
  mul(X22, X22, U);
  squareTimes(X44, X22, 22);
  mul(X44, X44, X22);
  squareTimes(X88, X44, 44);
  mul(X88, X88, X44);
  squareTimes(U, X88, 88);
  mul(U, U, X88); // x176
  squareTimes(U, U, 44);
  mul(U, U, X44); // x220
  squareTimes(U, U, 3);
  mul(U, U, T); // x223
  squareTimes(U, U, 23);
  mul(U, U, X22);
  squareTimes(U, U, 6);
  mul(U, U, X2);
  squareTimes(out, U, 2);
  square(T, out);
  return equals(T, A);
}
