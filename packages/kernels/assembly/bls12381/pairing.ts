// The pairing check of EIP-2537: ate pairing over BLS12-381, all pairs in one Miller loop.
import { isInfinity, POINT } from '../curves/weierstrass';
import { copy, FP } from '../pairing/field';
import { FP2, negate2 } from '../pairing/fp2';
import { conjugate12, FP12, isOne12, setOne12, square12 } from '../pairing/fp12';
import { addStep, doubleStep, LINE_BYTES, meet } from '../pairing/miller';
import { X_DIGITS, X_DIGITS_LENGTH } from './constants';
import { EXPONENTIATION_SCRATCH, finalExponentiation } from './exponentiation';
import { G1_ENCODED, isInG1, readG1 } from './g1';
import { isInfinity2, isInG2, POINT2, readG2 } from './g2';

/** Bytes of a pair in the input. */
const PAIR_INPUT: usize = 3 * G1_ENCODED;

// State of a pair: P affine, Q with Z = 1, -Q's y, R projective.
const P: usize = 0;
const Q: usize = 2 * FP;
const NEGATED_Y: usize = Q + POINT2;
const R: usize = NEGATED_Y + FP2;
const PAIR: usize = R + 3 * FP2;

// Scratch area: the product, its power, a line, work, then the pairs.
const PRODUCT: usize = 0;
const POWER: usize = FP12;
const LINE: usize = 2 * FP12;
const WORK: usize = LINE + LINE_BYTES;
const PAIRS: usize = WORK + EXPONENTIATION_SCRATCH;

/** Outcomes of {@link bls12Pairing}. */
export const NOT_ONE: i32 = 0;
export const IS_ONE: i32 = 1;
export const INVALID: i32 = 2;

/** Bytes of scratch for `count` pairs. */
export function bls12PairingScratch(count: usize): usize {
  return PAIRS + count * PAIR;
}

/** PRODUCT = product of the Miller loops of `count` pairs. */
function millerLoop(count: usize, scratch: usize): void {
  const product = scratch + PRODUCT;
  const line = scratch + LINE;
  const work = scratch + WORK;
  const end = scratch + PAIRS + count * PAIR;
  setOne12(product);
  for (let pair = scratch + PAIRS; pair < end; pair += PAIR) {
    memory.copy(pair + R, pair + Q, POINT2);
    negate2(pair + NEGATED_Y, pair + Q + FP2, work);
  }
  for (let i: usize = 1; i < X_DIGITS_LENGTH; i++) {
    if (i != 1) square12(product, product, work);
    const digit = load<i8>(X_DIGITS + i);
    for (let pair = scratch + PAIRS; pair < end; pair += PAIR) {
      doubleStep(pair + R, line, work);
      meet(product, line, pair + P, work);
      if (digit != 0) {
        addStep(pair + R, pair + Q, digit > 0 ? pair + Q + FP2 : pair + NEGATED_Y, line, work);
        meet(product, line, pair + P, work);
      }
    }
  }
  // The loop's length is negative.
  conjugate12(product, product, work);
}

/**
 * Whether the product of the pairings of the `count` pairs at `input` is one: IS_ONE or NOT_ONE, or
 * INVALID when an element is not below p, a point not on its curve, or not in its subgroup. A pair
 * is 384 bytes, G1's point and G2's in the encodings of EIP-2537.
 */
export function bls12Pairing(input: usize, count: usize, scratch: usize): i32 {
  const work = scratch + WORK;
  let pairs: usize = 0;
  for (let source = input; count != 0; count--, source += PAIR_INPUT) {
    const pair = scratch + PAIRS + pairs * PAIR;
    if (!readG1(work, source, work + POINT) || !isInG1(work, work + POINT)) return INVALID;
    const isPInfinity = isInfinity(work);
    copy(pair + P, work);
    copy(pair + P + FP, work + FP);
    const q = pair + Q;
    if (!readG2(q, source + G1_ENCODED, work) || !isInG2(q, work)) return INVALID;
    if (!isPInfinity && !isInfinity2(q)) pairs++;
  }
  if (pairs == 0) return IS_ONE;
  millerLoop(pairs, scratch);
  finalExponentiation(scratch + POWER, scratch + PRODUCT, work);
  return isOne12(scratch + POWER) ? IS_ONE : NOT_ONE;
}
