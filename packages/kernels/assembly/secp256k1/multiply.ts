// Products of scalars and points: a G + b P by one chain of doublings, and k G for secret k.
import { MAX_DIGITS, slidingDigits } from '../curves/digits';
import { setLimbs } from '../u256/word';
import { ELEMENT, mul, negateLazily } from './field';
import {
  addAffine,
  AFFINE,
  double,
  isInfinity,
  oddMultiples,
  setAffine,
  setInfinity,
  subtractAffine,
  toAffine,
  untwist,
  Y,
} from './point';
import { negateScalar, splitByEndomorphism } from './scalar';

const GENERATOR: usize = memory.data<u32>([
  0x16f81798, 0x0f940ad8, 0x138a3656, 0x17f9b65b, 0x10b07029, 0x114ae743, 0x0eb15681, 0x0fdf3b97, 0x0079be66,
  0x1b10d4b8, 0x023e847f, 0x01550667, 0x0f68914d, 0x108a8fd1, 0x1dfe0708, 0x11957693, 0x0ee4d478, 0x00483ada,
]);

/** A cube root of 1 modulo p: (BETA x, y) is lambda times the point (x, y). */
const BETA: usize = memory.data<u32>([
  0x119501ee, 0x09cb6143, 0x1d626570, 0x0092ea25, 0x034e99cf, 0x03cf561a, 0x1c41b991, 0x056caf80, 0x007ae96a,
]);

/** Width of the digits that multiply a point that comes along, with a table of 2^(width-2) multiples. */
const POINT_WIDTH: u32 = 5;
const POINT_MULTIPLES: usize = 1 << (POINT_WIDTH - 2);
const POINT_TABLE: usize = memory.data(576);
const TWISTED_TABLE: usize = memory.data(288); // x only

// A point that is multiplied again and again has tables for its multiples by 2^0, 2^16, 2^32 and so on.
const FIXED_WIDTH: u32 = 8;
const FIXED_MULTIPLES: usize = 1 << (FIXED_WIDTH - 2);
/** Bits from one table to the next. */
const STRIDE: usize = 16;
const TABLES: usize = 16;
const TABLE: usize = FIXED_MULTIPLES * AFFINE;
const GENERATOR_TABLES: usize = memory.data(73728);
const SIGNER_TABLES: usize = memory.data(73728);

/** Digits of the halves that {@link splitByEndomorphism} makes. */
const HALF_DIGITS: u32 = 129;

const DIGIT_LISTS: usize = memory.data(1032); // 4 lists of HALF_DIGITS, or 2 of MAX_DIGITS
const HALVES: usize = memory.data(64);
const HIGH_HALF: usize = memory.data(32);
const TWIST: usize = memory.data(36);
const P: usize = memory.data(112);

let generatorReady: bool = false;

function prepareGenerator(): void {
  if (generatorReady) return;
  makeTables(GENERATOR_TABLES, GENERATOR, GENERATOR + Y);
  generatorReady = true;
}

/** Makes the tables of a point for {@link multiplyAddFixed}: as much work as ten products. */
export function prepareSigner(x: usize, y: usize): void {
  makeTables(SIGNER_TABLES, x, y);
}

function makeTables(tables: usize, x: usize, y: usize): void {
  setAffine(P, x, y);
  for (let i: usize = 0; i < TABLES; i++, tables += TABLE) {
    toAffine(POINT_TABLE, P, 0);
    setAffine(P, POINT_TABLE, POINT_TABLE + Y);
    oddMultiples(tables, FIXED_MULTIPLES, POINT_TABLE, POINT_TABLE + Y, TWIST);
    untwist(tables, FIXED_MULTIPLES, TWIST);
    for (let j: usize = 0; j < STRIDE; j++) double(P);
  }
}

/**
 * out = a G + b (x, y) as an affine point: whether it is one, and not the point at infinity. Running
 * time depends on the operands.
 *
 * PERF: four halves of 128 bits on one chain of 128 doublings (Straus): `a` is cut in the middle,
 * since the generator's multiple by 2^128 is known, `b` by the endomorphism.
 */
export function multiplyAdd(out: usize, a: usize, b: usize, x: usize, y: usize): bool {
  prepareGenerator();
  const low = DIGIT_LISTS;
  const high = low + 2 * HALF_DIGITS;
  const pointLow = high + 2 * HALF_DIGITS;
  const pointHigh = pointLow + 2 * HALF_DIGITS;
  setLimbs(HALVES, load<u64>(a), load<u64>(a, 8), 0, 0);
  setLimbs(HIGH_HALF, load<u64>(a, 16), load<u64>(a, 24), 0, 0);
  slidingDigits(low, HALF_DIGITS, HALVES, FIXED_WIDTH);
  slidingDigits(high, HALF_DIGITS, HIGH_HALF, FIXED_WIDTH);
  const signs = splitByEndomorphism(HALVES, HIGH_HALF, b);
  slidingDigits(pointLow, HALF_DIGITS, HALVES, POINT_WIDTH);
  slidingDigits(pointHigh, HALF_DIGITS, HIGH_HALF, POINT_WIDTH);
  oddMultiples(POINT_TABLE, POINT_MULTIPLES, x, y, TWIST);
  for (let i: usize = 0; i < POINT_MULTIPLES; i++) {
    mul(TWISTED_TABLE + i * ELEMENT, POINT_TABLE + i * AFFINE, BETA);
  }

  setInfinity(P);
  for (let place = <i32>HALF_DIGITS - 1; place >= 0; place--) {
    double(P);
    let digit = <i32>load<i16>(low + 2 * place);
    if (digit != 0) addMultiple(digit, GENERATOR_TABLES, TWIST);
    digit = <i32>load<i16>(high + 2 * place);
    if (digit != 0) addMultiple(digit, GENERATOR_TABLES + (TABLES / 2) * TABLE, TWIST);
    digit = <i32>load<i16>(pointLow + 2 * place);
    if (digit != 0) addMultiple((signs & 1) != 0 ? -digit : digit, POINT_TABLE, 0);
    digit = <i32>load<i16>(pointHigh + 2 * place);
    if (digit != 0) addTwisted((signs & 2) != 0 ? -digit : digit);
  }
  if (isInfinity(P)) return false;
  toAffine(out, P, TWIST);
  return true;
}

/**
 * a G + b S as a Jacobian point, S being the point of {@link prepareSigner}. The result is overwritten by
 * the next call of any function.
 *
 * PERF: 16 doublings instead of 128, and no table to be made: a third of {@link multiplyAdd}.
 */
export function multiplyAddFixed(a: usize, b: usize): usize {
  prepareGenerator();
  const generatorDigits = DIGIT_LISTS;
  const signerDigits = DIGIT_LISTS + 2 * MAX_DIGITS;
  slidingDigits(generatorDigits, MAX_DIGITS, a, FIXED_WIDTH);
  slidingDigits(signerDigits, MAX_DIGITS, b, FIXED_WIDTH);
  setInfinity(P);
  // What the last digit carries out stands one place behind the last table's.
  addFixed(generatorDigits, STRIDE, GENERATOR_TABLES, TABLES - 1);
  addFixed(signerDigits, STRIDE, SIGNER_TABLES, TABLES - 1);
  for (let place = <isize>STRIDE - 1; place >= 0; place--) {
    double(P);
    for (let table: usize = 0; table < TABLES; table++) {
      addFixed(generatorDigits, <usize>place, GENERATOR_TABLES, table);
      addFixed(signerDigits, <usize>place, SIGNER_TABLES, table);
    }
  }
  return P;
}

/** P += the digit at a place of a table's 16, times the table's point. */
@inline
function addFixed(digits: usize, place: usize, tables: usize, table: usize): void {
  const digit = <i32>load<i16>(digits + 2 * (table * STRIDE + place));
  if (digit != 0) addMultiple(digit, tables + table * TABLE, 0);
}

/** a += b for affine points: whether the sum is one. */
export function addPoints(a: usize, b: usize): bool {
  setAffine(P, a, a + Y);
  addAffine(P, b, b + Y, 0);
  if (isInfinity(P)) return false;
  toAffine(a, P, 0);
  return true;
}

/** P += digit times the point whose odd multiples are in `table`. */
function addMultiple(digit: i32, table: usize, twist: usize): void {
  const entry = table + <usize>(abs(digit) >> 1) * AFFINE;
  if (digit > 0) addAffine(P, entry, entry + Y, twist);
  else subtractAffine(P, entry, entry + Y, twist);
}

/** P += digit lambda times the point that came along. */
function addTwisted(digit: i32): void {
  const index = <usize>(abs(digit) >> 1);
  const y = POINT_TABLE + index * AFFINE + Y;
  if (digit > 0) addAffine(P, TWISTED_TABLE + index * ELEMENT, y, 0);
  else subtractAffine(P, TWISTED_TABLE + index * ELEMENT, y, 0);
}

// For secret scalars: 64 digits of 4 bits, each odd and between -15 and 15, times 16^place.
const COMB_PLACES: usize = 64;
const COMB_MULTIPLES: usize = 8;
const COMB: usize = memory.data(36864);
const SECRET: usize = memory.data(32);
const CHOSEN: usize = memory.data(72);
const NEGATED: usize = memory.data(36);

let combReady: bool = false;

function makeComb(): void {
  setAffine(P, GENERATOR, GENERATOR + Y);
  for (let place: usize = 0; place < COMB_PLACES; place++) {
    const table = COMB + place * COMB_MULTIPLES * AFFINE;
    toAffine(CHOSEN, P, 0);
    oddMultiples(table, COMB_MULTIPLES, CHOSEN, CHOSEN + Y, TWIST);
    untwist(table, COMB_MULTIPLES, TWIST);
    for (let i = 0; i < 4; i++) double(P);
  }
  combReady = true;
}

/**
 * out = k G as an affine point, k from 1 to n - 1. Which instructions run and which addresses are
 * read does not depend on k, but for sums of equal points, which no one meets by chance.
 */
export function multiplyGenerator(out: usize, k: usize): void {
  if (!combReady) makeComb();
  // An odd number has only odd digits: k or n - k is one.
  const isEven = (load<u64>(k) & 1) ^ 1;
  negateScalar(SECRET, k);
  chooseDigits(SECRET, k, isEven - 1, 32);
  setInfinity(P);
  for (let place: usize = 0; place < COMB_PLACES; place++) {
    // The lowest five bits less 16; the last digit is what is left, and positive.
    const digit = place == COMB_PLACES - 1 ? load<i32>(SECRET) : <i32>(load<u32>(SECRET) & 31) - 16;
    shiftDown();
    const sign = digit >> 31;
    addCombEntry(place, ((digit ^ sign) - sign) >> 1, <u64>(<i64>sign));
  }
  memory.fill(SECRET, 0, 32);
  toAffine(out, P, 0);
  negateLazily(NEGATED, out + Y);
  chooseDigits(out + Y, NEGATED, 0 - isEven, ELEMENT);
}

/** SECRET = (SECRET - digit) / 16: four bits fall out, and what was subtracted makes the next digit odd. */
function shiftDown(): void {
  const l0 = load<u64>(SECRET);
  const l1 = load<u64>(SECRET, 8);
  const l2 = load<u64>(SECRET, 16);
  const l3 = load<u64>(SECRET, 24);
  setLimbs(SECRET, (l0 >> 4) | (l1 << 60) | 1, (l1 >> 4) | (l2 << 60), (l2 >> 4) | (l3 << 60), l3 >> 4);
}

/** P += ± entry `index` of a place; all entries are read. */
function addCombEntry(place: usize, index: i32, isNegative: u64): void {
  const table = COMB + place * COMB_MULTIPLES * AFFINE;
  memory.fill(CHOSEN, 0, AFFINE);
  for (let i: usize = 0; i < COMB_MULTIPLES; i++) {
    chooseDigits(CHOSEN, table + i * AFFINE, 0 - u64(index == <i32>i), AFFINE);
  }
  negateLazily(NEGATED, CHOSEN + Y);
  chooseDigits(CHOSEN + Y, NEGATED, isNegative, ELEMENT);
  addAffine(P, CHOSEN, CHOSEN + Y, 0);
}

/** out = source, a multiple of 8 bytes or an element, where `mask` is all ones; it is all zeros otherwise. */
function chooseDigits(out: usize, source: usize, mask: u64, bytes: usize): void {
  let i: usize = 0;
  for (; i + 8 <= bytes; i += 8) {
    store<u64>(out + i, (load<u64>(source + i) & mask) | (load<u64>(out + i) & ~mask));
  }
  if (i < bytes) {
    const low = <u32>mask;
    store<u32>(out + i, (load<u32>(source + i) & low) | (load<u32>(out + i) & ~low));
  }
}
