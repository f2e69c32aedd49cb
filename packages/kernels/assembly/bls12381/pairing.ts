// The pairing check of EIP-2537: ate pairing over BLS12-381, all pairs in one Miller loop.
import { isInfinity, POINT } from '../curves/weierstrass';
import { copy, ENCODED, FP, readElement } from '../pairing/field';
import { add2, conjugate2, copy2, equals2, FP2, isZero2, mul2, negate2, setOne2, square2 } from '../pairing/fp2';
import { conjugate12, FP12, isOne12, setOne12, square12 } from '../pairing/fp12';
import { addStep, doubleStep, LINE_BYTES, meet } from '../pairing/miller';
import { FIELD, PSI_X, PSI_Y, TWIST_B, X_DIGITS, X_DIGITS_LENGTH } from './constants';
import { EXPONENTIATION_SCRATCH, finalExponentiation } from './exponentiation';
import { G1_ENCODED, isInG1, readG1 } from './g1';

/** Bytes of a pair in the input. */
const PAIR_INPUT: usize = 3 * G1_ENCODED;

// State of a pair: P affine, Q affine, -Q's y, R projective.
const P: usize = 0;
const Q: usize = 2 * FP;
const NEGATED_Y: usize = Q + 2 * FP2;
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

/** The pair's R = Q. */
function startAtQ(pair: usize): void {
  copy2(pair + R, pair + Q);
  copy2(pair + R + FP2, pair + Q + FP2);
  setOne2(pair + R + 2 * FP2);
}

/**
 * Whether Q, a point of the twist, is in the subgroup of order r: whether Frobenius multiplies it by
 * the curve's parameter, -X (Scott, "A note on group membership tests", 2021).
 */
function isInG2(pair: usize, scratch: usize): bool {
  const r = pair + R;
  const line = scratch + LINE;
  const work = scratch + WORK;
  startAtQ(pair);
  for (let i: usize = 1; i < X_DIGITS_LENGTH; i++) {
    doubleStep(r, line, work);
    const digit = load<i8>(X_DIGITS + i);
    if (digit != 0) {
      addStep(r, pair + Q, digit > 0 ? pair + Q + FP2 : pair + NEGATED_Y, line, work);
    }
  }
  // A step that has no slope leaves Z = 0 for good. It does not happen to points of order r.
  if (isZero2(r + 2 * FP2)) return false;
  const x = line;
  const y = line + FP2;
  conjugate2(x, pair + Q, work);
  mul2(x, x, PSI_X, work);
  mul2(x, x, r + 2 * FP2, work);
  conjugate2(y, pair + NEGATED_Y, work);
  mul2(y, y, PSI_Y, work);
  mul2(y, y, r + 2 * FP2, work);
  return equals2(x, r) && equals2(y, r + FP2);
}

/** Outcomes of {@link readTwist}. */
const NO_POINT: i32 = 0;
const POINT_AT_INFINITY: i32 = 1;
const AFFINE_POINT: i32 = 2;

/** Reads Q at `source` and tells whether it is a point of the twist. */
function readTwist(pair: usize, source: usize, scratch: usize): i32 {
  const q = pair + Q;
  for (let i: usize = 0; i < 4; i++) {
    if (!readElement(q + i * FP, source + i * ENCODED, FIELD)) return NO_POINT;
  }
  if (isZero2(q) && isZero2(q + FP2)) return POINT_AT_INFINITY;
  const left = scratch;
  const right = scratch + FP2;
  const work = scratch + 2 * FP2;
  square2(left, q + FP2, work);
  square2(right, q, work);
  mul2(right, right, q, work);
  add2(right, right, TWIST_B);
  negate2(pair + NEGATED_Y, q + FP2, work);
  return equals2(left, right) ? AFFINE_POINT : NO_POINT;
}

/** PRODUCT = product of the Miller loops of `count` pairs. */
function millerLoop(count: usize, scratch: usize): void {
  const product = scratch + PRODUCT;
  const line = scratch + LINE;
  const work = scratch + WORK;
  const end = scratch + PAIRS + count * PAIR;
  setOne12(product);
  for (let pair = scratch + PAIRS; pair < end; pair += PAIR) startAtQ(pair);
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
    const q = readTwist(pair, source + G1_ENCODED, work);
    if (q == NO_POINT || (q == AFFINE_POINT && !isInG2(pair, scratch))) return INVALID;
    if (q == AFFINE_POINT && !isPInfinity) pairs++;
  }
  if (pairs == 0) return IS_ONE;
  millerLoop(pairs, scratch);
  finalExponentiation(scratch + POWER, scratch + PRODUCT, work);
  return isOne12(scratch + POWER) ? IS_ONE : NOT_ONE;
}
