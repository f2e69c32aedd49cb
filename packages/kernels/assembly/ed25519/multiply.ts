// Sums of products of scalars and points, the base point B among them. Running time depends on the
// scalars: they are not secret.
import { MAX_DIGITS, slidingDigits, windowDigits } from '../curves/digits';
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
const BASE_COMB: usize = memory.data(294912, 16); // 16 * 128 * POINT

/** Of keys: as fast with a wider comb as the memory that it takes from others makes slow. */
const KEY_WIDTH: u32 = 6;
const KEY_DIGITS: u32 = 43;
/** Bytes of a key's comb. */
export const KEY_COMB: usize = 22 * 32 * POINT;

const BASE_DIGIT_LIST: usize = memory.data(64);
const KEY_DIGIT_LIST: usize = memory.data(86);
/** Products that share their doublings. */
export const MAX_TERMS: u32 = 8;
const SLIDING_DIGIT_LISTS: usize = memory.data(2056); // MAX_TERMS * MAX_DIGITS
const P: usize = memory.data(144, 16);
const NEGATED: usize = memory.data(144, 16);
const DOUBLED: usize = memory.data(144, 16);

let baseReady: bool = false;

function prepareBase(): void {
  if (baseReady) return;
  setBase(P);
  makeComb(BASE_COMB, P, BASE_DIGITS, BASE_WIDTH);
  baseReady = true;
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
  prepare(table, point);
  double(P, point);
  prepare(DOUBLED, P);
  for (let i: usize = 1; i < ODD_MULTIPLES; i++) {
    add(point, point, DOUBLED);
    prepare(table + i * POINT, point);
  }
}

/**
 * out = s B + u P + v Q for the odd tables of P and Q, `s` being below L and the others below 2^256.
 *
 * PERF: as many doublings as the longer of `u` and `v` has bits, in which one has one addition for six.
 */
export function multiplyAdd(out: usize, s: usize, u: usize, tableP: usize, v: usize, tableQ: usize): void {
  prepareBase();
  windowDigits(BASE_DIGIT_LIST, BASE_DIGITS, s, BASE_WIDTH);
  const digitsP = SLIDING_DIGIT_LISTS;
  const digitsQ = SLIDING_DIGIT_LISTS + MAX_DIGITS;
  slidingDigits(digitsP, MAX_DIGITS, u, SLIDING_WIDTH);
  slidingDigits(digitsQ, MAX_DIGITS, v, SLIDING_WIDTH);
  setNeutral(P);
  let place = <i32>MAX_DIGITS - 1;
  while (place > <i32>BASE_WIDTH && (load<u8>(digitsP + place) | load<u8>(digitsQ + place)) == 0) place--;
  for (; place >= 0; place--) {
    double(P, P);
    addOdd(tableP, digitsP + place);
    addOdd(tableQ, digitsQ + place);
    if (place == <i32>BASE_WIDTH) addComb(BASE_COMB, BASE_DIGIT_LIST, BASE_DIGITS, BASE_WIDTH, 1);
  }
  addComb(BASE_COMB, BASE_DIGIT_LIST, BASE_DIGITS, BASE_WIDTH, 0);
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
    slidingDigits(SLIDING_DIGIT_LISTS + i * MAX_DIGITS, MAX_DIGITS, scalars + (<usize>i << 5), SLIDING_WIDTH);
  }
  setNeutral(P);
  for (let place = <i32>MAX_DIGITS - 1; place >= 0; place--) {
    double(P, P);
    for (let i: u32 = 0; i < terms; i++) {
      addOdd(tables + <usize>i * ODD_TABLE, SLIDING_DIGIT_LISTS + i * MAX_DIGITS + place);
    }
  }
  memory.copy(out, P, POINT);
}

/** P += the odd multiple that a sliding digit asks for. */
@inline
function addOdd(table: usize, at: usize): void {
  const digit = <i32>load<i8>(at);
  if (digit != 0) addMultiple(table, abs(digit) >> 1, digit < 0);
}

/**
 * out = s B + k P for the P of a key's comb; both scalars are below L.
 *
 * PERF: 75 additions and 8 doublings.
 */
export function multiplyAddKnown(out: usize, s: usize, k: usize, comb: usize): void {
  prepareBase();
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
