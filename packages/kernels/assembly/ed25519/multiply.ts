// Sums of products of scalars and points, the base point B among them. Running time depends on the
// scalars: they are not secret.
import { MAX_DIGITS, slidingDigits, windowDigits } from '../curves/digits';
import { setLimbs } from '../u256/word';
import { add, double, negatePrepared, POINT, prepare, setBase, setNeutral } from './point';

/** Width of the digits of a scalar whose point comes once, and the odd multiples that takes. */
const SLIDING_WIDTH: u32 = 5;
const ODD_MULTIPLES: usize = 1 << (SLIDING_WIDTH - 2);
/** Bytes of a point's odd multiples. */
export const ODD_TABLE: usize = ODD_MULTIPLES * POINT;

// A *comb* has the multiples of a point by each digit at every second place, times 2^(2 width i): every
// digit at such a place is one addition; those between are added before `width` doublings.
const BASE_WIDTH: u32 = 8;
const BASE_DIGITS: u32 = 32;
const BASE_COMB: usize = memory.data(327680, 16); // 16 * 128 * POINT

// Beside doublings that others need anyway, the odd multiples of B and of 2^128 B are enough.
const BASE_SLIDING_WIDTH: u32 = 10;
const BASE_MULTIPLES: usize = 1 << (BASE_SLIDING_WIDTH - 2);
const BASE_ODD_TABLES: usize = memory.data(81920, 16); // 2 * BASE_MULTIPLES * POINT
/** Digits of half a scalar. */
const HALF_DIGITS: u32 = 129;

/** Of keys: as fast with a wider comb as the memory that it takes from others makes slow. */
const KEY_WIDTH: u32 = 6;
const KEY_DIGITS: u32 = 43;
/** Bytes of a key's comb. */
export const KEY_COMB: usize = 22 * 32 * POINT;

const BASE_DIGIT_LIST: usize = memory.data(64);
const KEY_DIGIT_LIST: usize = memory.data(86);
/** Products that share their doublings. */
export const MAX_TERMS: u32 = 8;
const SLIDING_DIGIT_LIST: usize = 2 * MAX_DIGITS;
const SLIDING_DIGIT_LISTS: usize = memory.data(4112); // MAX_TERMS * SLIDING_DIGIT_LIST
const HALF: usize = memory.data(32);
const P: usize = memory.data(160, 16);
const MULTIPLE: usize = memory.data(160, 16);
const NEGATED: usize = memory.data(160, 16);
const DOUBLED: usize = memory.data(160, 16);

let baseCombReady: bool = false;
let baseOddTablesReady: bool = false;

function prepareBaseComb(): void {
  if (baseCombReady) return;
  setBase(P);
  makeComb(BASE_COMB, P, BASE_DIGITS, BASE_WIDTH);
  baseCombReady = true;
}

function prepareBaseOddTables(): void {
  if (baseOddTablesReady) return;
  setBase(MULTIPLE);
  makeOddMultiples(BASE_ODD_TABLES, MULTIPLE, BASE_MULTIPLES);
  setBase(MULTIPLE);
  for (let i = 0; i < 128; i++) double(MULTIPLE, MULTIPLE);
  makeOddMultiples(BASE_ODD_TABLES + BASE_MULTIPLES * POINT, MULTIPLE, BASE_MULTIPLES);
  baseOddTablesReady = true;
}

/** Writes a key's comb; the key's point is overwritten. */
export function makeKeyComb(comb: usize, point: usize): void {
  makeComb(comb, point, KEY_DIGITS, KEY_WIDTH);
}

function makeComb(comb: usize, point: usize, digits: u32, width: u32): void {
  const multiples: u32 = 1 << (width - 1);
  for (let digit: u32 = 0; digit < digits; digit += 2) {
    const single = comb;
    prepare(single, point);
    for (let i: u32 = 1; i < multiples; i++) {
      comb += POINT;
      add(point, point, single);
      prepare(comb, point);
    }
    comb += POINT;
    // The last multiple was the one by 2^(width - 1).
    for (let i: u32 = 0; i <= width; i++) double(point, point);
  }
}

/** Writes the odd multiples of a point for {@link multiplyAdd}; the point is overwritten. */
export function makeOddTable(table: usize, point: usize): void {
  makeOddMultiples(table, point, ODD_MULTIPLES);
}

function makeOddMultiples(table: usize, point: usize, count: usize): void {
  prepare(table, point);
  double(P, point);
  prepare(DOUBLED, P);
  for (let i: usize = 1; i < count; i++) {
    add(point, point, DOUBLED);
    prepare(table + i * POINT, point);
  }
}

/**
 * out = s B + u P + v Q for the odd tables of P and Q, all scalars being below 2^256.
 *
 * PERF: four chains of digits share the doublings, as many as the longest of `u`, `v` and half of `s` has bits;
 * of P and Q one place in six has an addition, of B one in eleven.
 */
export function multiplyAdd(out: usize, s: usize, u: usize, tableP: usize, v: usize, tableQ: usize): void {
  prepareBaseOddTables();
  const digitsP = SLIDING_DIGIT_LISTS;
  const digitsQ = digitsP + SLIDING_DIGIT_LIST;
  const digitsLow = digitsQ + SLIDING_DIGIT_LIST;
  const digitsHigh = digitsLow + SLIDING_DIGIT_LIST;
  slidingDigits(digitsP, MAX_DIGITS, u, SLIDING_WIDTH);
  slidingDigits(digitsQ, MAX_DIGITS, v, SLIDING_WIDTH);
  setLimbs(HALF, load<u64>(s), load<u64>(s, 8), 0, 0);
  slidingDigits(digitsLow, HALF_DIGITS, HALF, BASE_SLIDING_WIDTH);
  setLimbs(HALF, load<u64>(s, 16), load<u64>(s, 24), 0, 0);
  slidingDigits(digitsHigh, HALF_DIGITS, HALF, BASE_SLIDING_WIDTH);
  setNeutral(P);
  let place = <usize>MAX_DIGITS - 1;
  while (place >= <usize>HALF_DIGITS && (load<i16>(digitsP + 2 * place) | load<i16>(digitsQ + 2 * place)) == 0) place--;
  for (; place >= <usize>HALF_DIGITS; place--) {
    double(P, P);
    addOdd(tableP, digitsP, place);
    addOdd(tableQ, digitsQ, place);
  }
  for (; <isize>place >= 0; place--) {
    double(P, P);
    addOdd(tableP, digitsP, place);
    addOdd(tableQ, digitsQ, place);
    addOdd(BASE_ODD_TABLES, digitsLow, place);
    addOdd(BASE_ODD_TABLES + BASE_MULTIPLES * POINT, digitsHigh, place);
  }
  memory.copy(out, P, POINT);
}

/**
 * out = the sum of up to MAX_TERMS scalars times points.
 *
 * @param scalars of 32 bytes, below 2^256
 * @param tables odd tables of the points
 */
export function multiplySum(out: usize, scalars: usize, tables: usize, terms: u32): void {
  for (let i: u32 = 0; i < terms; i++) {
    const digits = SLIDING_DIGIT_LISTS + <usize>i * SLIDING_DIGIT_LIST;
    slidingDigits(digits, MAX_DIGITS, scalars + (<usize>i << 5), SLIDING_WIDTH);
  }
  setNeutral(P);
  for (let place = <isize>MAX_DIGITS - 1; place >= 0; place--) {
    double(P, P);
    for (let i: usize = 0; i < <usize>terms; i++) {
      addOdd(tables + i * ODD_TABLE, SLIDING_DIGIT_LISTS + i * SLIDING_DIGIT_LIST, place);
    }
  }
  memory.copy(out, P, POINT);
}

/** P += the odd multiple that the sliding digit at a place asks for. */
@inline
function addOdd(table: usize, digits: usize, place: usize): void {
  const digit = <i32>load<i16>(digits + 2 * place);
  if (digit != 0) addMultiple(table, abs(digit) >> 1, digit < 0);
}

/**
 * out = s B + k P for the P of a key's comb; both scalars are below L.
 *
 * PERF: 75 additions and 8 doublings.
 */
export function multiplyAddKnown(out: usize, s: usize, k: usize, comb: usize): void {
  prepareBaseComb();
  windowDigits(BASE_DIGIT_LIST, BASE_DIGITS, s, BASE_WIDTH);
  windowDigits(KEY_DIGIT_LIST, KEY_DIGITS, k, KEY_WIDTH);
  setNeutral(P);
  addComb(BASE_COMB, BASE_DIGIT_LIST, BASE_DIGITS, BASE_WIDTH, 1);
  for (let i: u32 = KEY_WIDTH; i < BASE_WIDTH; i++) double(P, P);
  addComb(comb, KEY_DIGIT_LIST, KEY_DIGITS, KEY_WIDTH, 1);
  for (let i: u32 = 0; i < KEY_WIDTH; i++) double(P, P);
  addComb(comb, KEY_DIGIT_LIST, KEY_DIGITS, KEY_WIDTH, 0);
  addComb(BASE_COMB, BASE_DIGIT_LIST, BASE_DIGITS, BASE_WIDTH, 0);
  memory.copy(out, P, POINT);
}

/** P += what a comb has for the digits at even (0) or odd (1) places. */
function addComb(comb: usize, digitList: usize, digits: u32, width: u32, parity: u32): void {
  const multiples = POINT << (width - 1);
  for (let i = parity; i < digits; i += 2, comb += multiples) {
    const digit = <i32>load<i16>(digitList + <usize>(2 * i));
    if (digit != 0) addMultiple(comb, abs(digit) - 1, digit < 0);
  }
}

/** P += or P -= an entry of a table. */
function addMultiple(table: usize, index: i32, isNegative: bool): void {
  let entry = table + <usize>index * POINT;
  if (isNegative) {
    negatePrepared(NEGATED, entry);
    entry = NEGATED;
  }
  add(P, P, entry);
}
