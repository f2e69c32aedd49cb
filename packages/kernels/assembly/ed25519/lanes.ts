// Four elements of the field modulo p = 2^255 - 19 at a time, one in each lane of a vector: the formulas
// of the group (`point.ts`) are sequences of four independent products.
//
// An element is twenty *signed* digits of 13 bits, the lowest first: digits 2 i and 2 i + 1 of all four stand,
// 16 bits each, in the i-th vector of ten. Digits of a product are at most 4195 in size, and sums and differences
// of two elements may be multiplied as they are, without a carry: their columns are below 20 * 8390^2 < 2^31.
// `out` may equal an operand everywhere.
//
// PERF: `i32x4.dot_i16x8_s` is one instruction for eight products and four sums. Digits of 29 bits need four
// for two products, for V8 moves digits of 32 bits into place for each. The steps of a product go through
// memory because that fixes their order: V8 would begin all columns at once and spill most of them.
import { BITS as WIDE_BITS, DIGIT as WIDE_DIGIT, TOP as WIDE_TOP } from './field';

/** Bytes of four elements. */
export const LANES: usize = 160;

const BITS: i32 = 13;
const DIGIT: i32 = 0x1fff;
const DIGITS: usize = 20;

// 2^260 = 608 modulo p, so column 20 + i counts 608 times in column i. It has up to 31 bits, of which the lower 16
// do so as they are, and the upper half, being 8 * 2^13 times as much, in column i + 1.
const FOLD: i32 = 608;
const FOLD_NEXT: i32 = 8 * FOLD;

// Digits are cut off columns as numbers from 0 to 2^13 - 1. A bias that is taken away afterwards puts 0 into their
// middle. Columns get it as an excess of the upper halves, so it is a multiple of FOLD_NEXT: 25 times that for the
// first and 16 times for the others, which is 4192, 4111, 4105, 4105 ... modulo p.
const FIRST_EXCESS: i32 = 25 << 16;
/** With what rounds an upper half: the lower one counts as signed. */
const EXCESS: i32 = (16 << 16) + 0x8000;
const FIRST_BIASES: i32 = (4111 << 16) | 4192;
const BIAS: i16 = 4105;

/** Neighbours among the factor's digits: b(j) and b(j - 1) in the j-th vector. */
const PAIRS: usize = memory.data(336, 16); // 16 * (DIGITS + 1)
/** Sums of all a(i) b(k - i), the k-th vector for 2^(13 k). */
const COLUMNS: usize = memory.data(624, 16); // 16 * (2 * DIGITS - 1)

@inline
function plus(a: v128, b: v128): v128 {
  return i32x4.add(a, b);
}

/** The lower halves of one vector's 32 bits and the upper halves of another's. */
@inline
function merged(lower: v128, upper: v128): v128 {
  return i16x8.shuffle(lower, upper, 0, 9, 2, 11, 4, 13, 6, 15);
}

/**
 * Two digits of a factor for {@link mulByFactor} or {@link scale}, which are given from the lowest to the uppermost.
 *
 * @param at 16 times the place of the vector
 * @param below the vector before, zero for the first
 */
@inline
export function setFactor(at: usize, digits: v128, below: v128): void {
  v128.store(PAIRS + 2 * at, merged(digits, below));
  const swap = i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  v128.store(PAIRS + 2 * at, i8x16.swizzle(digits, swap), 16);
  if (at == LANES - 16) v128.store(PAIRS + 2 * LANES, merged(i32x4.splat(0), digits));
}

/** The sum with what digits 2 i and 2 i + 1 of `a`, which are given, add to column k. */
@inline
function withTerm(sum: v128, k: i32, i: i32, a: v128): v128 {
  if (k < 2 * i || k > 2 * i + <i32>DIGITS) return sum;
  const product = i32x4.dot_i16x8_s(a, v128.load(PAIRS + 16 * (k - 2 * i)));
  return isFirstTerm(k, i) ? product : plus(sum, product);
}

@inline
function isFirstTerm(k: i32, i: i32): bool {
  return i == 0 || k > 2 * (i - 1) + <i32>DIGITS;
}

@inline
function column(
  k: i32,
  a0: v128,
  a1: v128,
  a2: v128,
  a3: v128,
  a4: v128,
  a5: v128,
  a6: v128,
  a7: v128,
  a8: v128,
  a9: v128,
): void {
  let sum = withTerm(a0, k, 0, a0);
  sum = withTerm(sum, k, 1, a1);
  sum = withTerm(sum, k, 2, a2);
  sum = withTerm(sum, k, 3, a3);
  sum = withTerm(sum, k, 4, a4);
  sum = withTerm(sum, k, 5, a5);
  sum = withTerm(sum, k, 6, a6);
  sum = withTerm(sum, k, 7, a7);
  sum = withTerm(sum, k, 8, a8);
  sum = withTerm(sum, k, 9, a9);
  v128.store(COLUMNS + 16 * k, sum);
}

/** out = a times what {@link setFactor} was given; both may be sums or differences of two elements. */
export function mulByFactor(out: usize, a: usize): void {
  const a0 = v128.load(a);
  const a1 = v128.load(a, 16);
  const a2 = v128.load(a, 32);
  const a3 = v128.load(a, 48);
  const a4 = v128.load(a, 64);
  const a5 = v128.load(a, 80);
  const a6 = v128.load(a, 96);
  const a7 = v128.load(a, 112);
  const a8 = v128.load(a, 128);
  const a9 = v128.load(a, 144);
  column(0, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(1, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(2, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(3, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(4, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(5, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(6, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(7, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(8, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(9, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(10, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(11, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(12, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(13, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(14, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(15, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(16, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(17, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(18, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(19, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(20, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(21, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(22, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(23, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(24, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(25, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(26, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(27, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(28, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(29, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(30, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(31, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(32, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(33, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(34, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(35, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(36, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(37, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  column(38, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
  carryColumns(out);
}

/**
 * out = what {@link setFactor} was given times a small number in each lane.
 *
 * @param factors two digits in each lane
 */
export function scale(out: usize, factors: v128): void {
  for (let i: usize = 0; i <= 16 * DIGITS; i += 16) {
    v128.store(COLUMNS + i, i32x4.dot_i16x8_s(v128.load(PAIRS + i), factors));
  }
  memory.fill(COLUMNS + 16 * (DIGITS + 1), 0, 16 * (DIGITS - 2));
  carryColumns(out);
}

/** Column k without what it carries, with the columns that are folded into it. */
@inline
function foldedColumn(k: usize): v128 {
  const lower = k + DIGITS < 2 * DIGITS - 1 ? v128.load(COLUMNS + 16 * (k + DIGITS)) : i32x4.splat(0);
  const upper =
    k == 0 ? i32x4.splat(FIRST_EXCESS) : plus(v128.load(COLUMNS + 16 * (k + DIGITS - 1)), i32x4.splat(EXCESS));
  const folded = i32x4.dot_i16x8_s(merged(lower, upper), i32x4.splat((FOLD_NEXT << 16) | FOLD));
  return plus(v128.load(COLUMNS + 16 * k), folded);
}

@inline
function above(column: v128): v128 {
  return i32x4.shr_s(column, BITS);
}

/** The digits of two columns. */
@inline
function digitsOf(even: v128, odd: v128): v128 {
  return v128.and(merged(even, i32x4.shl(odd, 16)), i32x4.splat((DIGIT << 16) | DIGIT));
}

/** Carries what the columns from 2 i on have and stores their digits: what column 2 i + 1 carries. */
@inline
function carryPair(out: usize, i: usize, carried: v128): v128 {
  const even = plus(foldedColumn(2 * i), carried);
  const odd = plus(foldedColumn(2 * i + 1), above(even));
  v128.store(out + 16 * i, i16x8.sub(digitsOf(even, odd), i16x8.splat(BIAS)));
  return above(odd);
}

/** out = the sum of COLUMNS. */
function carryColumns(out: usize): void {
  const first = foldedColumn(0);
  const second = plus(foldedColumn(1), above(first));
  let carried = carryPair(out, 1, above(second));
  carried = carryPair(out, 2, carried);
  carried = carryPair(out, 3, carried);
  carried = carryPair(out, 4, carried);
  carried = carryPair(out, 5, carried);
  carried = carryPair(out, 6, carried);
  carried = carryPair(out, 7, carried);
  carried = carryPair(out, 8, carried);
  carried = carryPair(out, 9, carried);
  // 608 = 2^9 + 2^6 + 2^5
  const folded = plus(plus(i32x4.shl(carried, 9), i32x4.shl(carried, 6)), i32x4.shl(carried, 5));
  const digit = i32x4.splat(DIGIT);
  const lowest = plus(v128.and(first, digit), folded);
  const next = plus(v128.and(second, digit), above(lowest));
  v128.store(out, i16x8.sub(digitsOf(lowest, next), i32x4.splat(FIRST_BIASES)));
  // No more than two, which the third digit has room for.
  const last = v128.and(above(next), i32x4.splat(0xffff));
  v128.store(out, i16x8.add(v128.load(out, 16), last), 16);
}

/** The element in a lane to `out`, as `field.ts` has it. */
export function extract(out: usize, a: usize, lane: usize): void {
  const first = a + 4 * lane;
  let carried: i32 = 0;
  for (let i: usize = 0; i < DIGITS; i++) carried = (carried + digitAt(first, i)) >> BITS;
  // What is below 0 carries -1, which stands for 2^260 - 608 being added.
  carried *= FOLD;
  let bits: u64 = 0;
  let count: u64 = 0;
  let at = out;
  for (let i: usize = 0; i < DIGITS; i++) {
    carried += digitAt(first, i);
    bits |= <u64>(carried & DIGIT) << count;
    carried >>= BITS;
    count += <u64>BITS;
    if (count < WIDE_BITS) continue;
    store<u32>(at, <u32>(bits & WIDE_DIGIT));
    at += 4;
    bits >>= WIDE_BITS;
    count -= WIDE_BITS;
  }
  // 2^255 = 19
  store<u32>(at, <u32>(bits & WIDE_TOP));
  store<u32>(out, load<u32>(out) + 19 * <u32>(bits >> 23));
}

@inline
function digitAt(first: usize, i: usize): i32 {
  return <i32>load<i16>(first + 16 * (i >> 1) + 2 * (i & 1));
}

/** The element at `a` into a lane of `out`. */
export function insert(out: usize, lane: usize, a: usize): void {
  let bits: u64 = 0;
  let count: u64 = 0;
  for (let i: usize = 0; i < DIGITS; i++) {
    if (count < <u64>BITS) {
      bits += <u64>load<u32>(a) << count;
      a += 4;
      count += WIDE_BITS;
    }
    const digit = <i32>(bits & DIGIT);
    const isUpper = digit >= 1 << (BITS - 1);
    store<i16>(out + 16 * (i >> 1) + 4 * lane + 2 * (i & 1), <i16>(isUpper ? digit - DIGIT - 1 : digit));
    bits = (bits >> <u64>BITS) + u64(isUpper);
    count -= <u64>BITS;
  }
}
