// The pairing check of EIP-197: optimal ate over BN254, all pairs in one Miller loop.
import { copy } from '../u256/word';
import { isZero as isZeroWord } from '../u256/compare';
import { readElement } from '../curves/field256';
import { isInfinity, POINT } from '../curves/weierstrass';
import {
  FIELD,
  FROBENIUS,
  LOOP_DIGITS,
  LOOP_DIGITS_LENGTH,
  TRACE_DIGITS,
  TRACE_DIGITS_LENGTH,
  TWIST_B,
} from './constants';
import {
  add2,
  conjugate2,
  copy2,
  equals2,
  FP2,
  isZero2,
  mul2,
  negate2,
  setOne2,
  square2,
} from '../pairing/fp2';
import {
  FP12,
  isOne12,
  setOne12,
  square12,
} from '../pairing/fp12';
import { EXPONENTIATION_SCRATCH, finalExponentiation } from './exponentiation';
import { addStep, doubleStep, LINE_BYTES, meet } from '../pairing/miller';
import { readG1 } from './g1';

/** Bytes of a pair in the input. */
const PAIR_INPUT: usize = 192;

// State of a pair: P affine, Q affine, -Q's y, R projective.
const P: usize = 0;
const Q: usize = 64;
const NEGATED_Y: usize = Q + 2 * FP2;
const R: usize = NEGATED_Y + FP2;
const PAIR: usize = R + 3 * FP2;

// Scratch area: the product, its power, a line of three coefficients, work, then the pairs.
const PRODUCT: usize = 0;
const POWER: usize = FP12;
const LINE: usize = 2 * FP12;
const WORK: usize = LINE + LINE_BYTES;
const PAIRS: usize = WORK + EXPONENTIATION_SCRATCH;

/** Outcomes of {@link bn254Pairing}. */
export const NOT_ONE: i32 = 0;
export const IS_ONE: i32 = 1;
export const INVALID: i32 = 2;

/** Bytes of scratch for `count` pairs. */
export function bn254PairingScratch(count: usize): usize {
  return PAIRS + count * PAIR;
}

/** The pair's R = Q. */
function startAtQ(pair: usize): void {
  copy2(pair + R, pair + Q);
  copy2(pair + R + FP2, pair + Q + FP2);
  setOne2(pair + R + 2 * FP2);
}

/** Frobenius of the twist: (x, y) to (x^p c2, y^p c3), coefficients as in `constants.ts`. */
function frobeniusOfTwist(x: usize, y: usize, qx: usize, qy: usize, scratch: usize): void {
  conjugate2(x, qx, scratch);
  mul2(x, x, FROBENIUS + 2 * FP2, scratch);
  conjugate2(y, qy, scratch);
  mul2(y, y, FROBENIUS + 3 * FP2, scratch);
}

/**
 * Whether Q, a point of the twist, is in the subgroup of order n: whether Frobenius multiplies it by
 * 6x^2 = t - 1. Frobenius satisfies psi^2 - t psi + p = 0 on the whole twist, so that
 * psi(Q) = (t - 1) Q gives (p + 1 - t) Q = n Q = 0; the other way round it is the definition of G2.
 */
function isInSubgroup(pair: usize, scratch: usize): bool {
  const r = pair + R;
  const line = scratch + LINE;
  const work = scratch + WORK;
  startAtQ(pair);
  for (let i: usize = 1; i < TRACE_DIGITS_LENGTH; i++) {
    doubleStep(r, line, work);
    const digit = load<i8>(TRACE_DIGITS + i);
    if (digit != 0) {
      addStep(r, pair + Q, digit > 0 ? pair + Q + FP2 : pair + NEGATED_Y, line, work);
    }
  }
  // A step that has no slope leaves Z = 0 for good. It does not happen to points of order n.
  if (isZero2(r + 2 * FP2)) return false;
  const x = line;
  const y = line + FP2;
  frobeniusOfTwist(x, y, pair + Q, pair + Q + FP2, work);
  mul2(x, x, r + 2 * FP2, work);
  mul2(y, y, r + 2 * FP2, work);
  return equals2(x, r) && equals2(y, r + FP2);
}

/** Reads Q at `source`, imaginary parts first; false when it is no point of the twist. Not infinity. */
function readTwist(pair: usize, source: usize, scratch: usize): bool {
  const q = pair + Q;
  if (!readElement(q + 32, source, FIELD) || !readElement(q, source + 32, FIELD)) return false;
  if (!readElement(q + 96, source + 64, FIELD) || !readElement(q + 64, source + 96, FIELD)) return false;
  const left = scratch;
  const right = scratch + FP2;
  const work = scratch + 2 * FP2;
  square2(left, q + FP2, work);
  square2(right, q, work);
  mul2(right, right, q, work);
  add2(right, right, TWIST_B);
  negate2(pair + NEGATED_Y, q + FP2, work);
  return equals2(left, right);
}

/** PRODUCT = product of the Miller loops of `count` pairs. */
function millerLoop(count: usize, scratch: usize): void {
  const product = scratch + PRODUCT;
  const line = scratch + LINE;
  const work = scratch + WORK;
  const end = scratch + PAIRS + count * PAIR;
  setOne12(product);
  for (let pair = scratch + PAIRS; pair < end; pair += PAIR) startAtQ(pair);
  for (let i: usize = 1; i < LOOP_DIGITS_LENGTH; i++) {
    if (i != 1) square12(product, product, work);
    const digit = load<i8>(LOOP_DIGITS + i);
    for (let pair = scratch + PAIRS; pair < end; pair += PAIR) {
      doubleStep(pair + R, line, work);
      meet(product, line, pair + P, work);
      if (digit != 0) {
        addStep(pair + R, pair + Q, digit > 0 ? pair + Q + FP2 : pair + NEGATED_Y, line, work);
        meet(product, line, pair + P, work);
      }
    }
  }

  // Two more steps: psi(Q) and -psi^2(Q).
  for (let pair = scratch + PAIRS; pair < end; pair += PAIR) {
    const q = pair + Q;
    frobeniusOfTwist(q, q + FP2, q, q + FP2, work);
    addStep(pair + R, q, q + FP2, line, work);
    meet(product, line, pair + P, work);
    frobeniusOfTwist(q, q + FP2, q, q + FP2, work);
    negate2(q + FP2, q + FP2, work);
    addStep(pair + R, q, q + FP2, line, work);
    meet(product, line, pair + P, work);
  }
}

/**
 * Whether the product of the pairings of the `count` pairs at `input` is one: IS_ONE or NOT_ONE, or
 * INVALID when a coordinate is not below p, a point not on its curve, or one of G2 outside the
 * subgroup. A pair is G1's x, y, then G2's x, y with the imaginary parts first, 32 big-endian bytes
 * each; zeros are infinity.
 */
export function bn254Pairing(input: usize, count: usize, scratch: usize): i32 {
  const work = scratch + WORK;
  let pairs: usize = 0;
  for (let source = input; count != 0; count--, source += PAIR_INPUT) {
    const pair = scratch + PAIRS + pairs * PAIR;
    if (!readG1(work, source, work + POINT)) return INVALID;
    const q = source + 64;
    const isQInfinity =
      isZeroWord(q) && isZeroWord(q + 32) && isZeroWord(q + 64) && isZeroWord(q + 96);
    if (isQInfinity) continue;
    copy(pair + P, work);
    copy(pair + P + 32, work + 32);
    const isPInfinity = isInfinity(work);
    if (!readTwist(pair, q, work) || !isInSubgroup(pair, scratch)) return INVALID;
    if (!isPInfinity) pairs++;
  }
  if (pairs == 0) return IS_ONE;
  millerLoop(pairs, scratch);
  finalExponentiation(scratch + POWER, scratch + PRODUCT, work);
  return isOne12(scratch + POWER) ? IS_ONE : NOT_ONE;
}
