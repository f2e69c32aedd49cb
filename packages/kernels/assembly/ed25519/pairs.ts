// Two elements of the field modulo p = 2^255 - 19 at a time, for roots (`roots.ts`).
//
// Digit i of both stands in the lower two 32-bit lanes of the i-th vector of nine; digits as in `field.ts`.
// `out` may equal an operand everywhere.
import { DIGIT, TOP } from './field';

/** Bytes of two elements. */
export const PAIR: usize = 144;

const DIGITS: i32 = 9;

const DOUBLED: usize = memory.data(144, 16);

@inline
function plus(a: v128, b: v128): v128 {
  return i64x2.add(a, b);
}

/** sum + a(i) b(j), where there are such digits. */
@inline
function withTerm(sum: v128, a: usize, i: i32, b: usize, j: i32): v128 {
  if (i < 0 || j < 0 || i >= DIGITS || j >= DIGITS) return sum;
  const product = i64x2.extmul_low_i32x4_u(v128.load(a + 16 * i), v128.load(b + 16 * j));
  return i == 0 || j == DIGITS - 1 ? product : plus(sum, product);
}

/** The sum of all a(i) b(k - i). */
@inline
function column(a: usize, b: usize, k: i32): v128 {
  let sum = i64x2.splat(0);
  sum = withTerm(sum, a, 0, b, k);
  sum = withTerm(sum, a, 1, b, k - 1);
  sum = withTerm(sum, a, 2, b, k - 2);
  sum = withTerm(sum, a, 3, b, k - 3);
  sum = withTerm(sum, a, 4, b, k - 4);
  sum = withTerm(sum, a, 5, b, k - 5);
  sum = withTerm(sum, a, 6, b, k - 6);
  sum = withTerm(sum, a, 7, b, k - 7);
  return withTerm(sum, a, 8, b, k - 8);
}

@inline
function squareTerm(sum: v128, a: usize, i: i32, k: i32): v128 {
  if (2 * i > k) return sum;
  return withTerm(sum, 2 * i == k ? a : DOUBLED, i, a, k - i);
}

@inline
function squareColumn(a: usize, k: i32): v128 {
  let sum = i64x2.splat(0);
  sum = squareTerm(sum, a, 0, k);
  sum = squareTerm(sum, a, 1, k);
  sum = squareTerm(sum, a, 2, k);
  sum = squareTerm(sum, a, 3, k);
  sum = squareTerm(sum, a, 4, k);
  sum = squareTerm(sum, a, 5, k);
  sum = squareTerm(sum, a, 6, k);
  sum = squareTerm(sum, a, 7, k);
  return squareTerm(sum, a, 8, k);
}

@inline
function anyColumn(a: usize, b: usize, k: i32): v128 {
  return b == 0 ? squareColumn(a, k) : column(a, b, k);
}

/** What a column carries to the next. */
@inline
function above(column: v128): v128 {
  return i64x2.shr_u(column, 29);
}

/** 2^261 = 1216 modulo p. */
@inline
function folded(digit: v128): v128 {
  return plus(plus(i64x2.shl(digit, 10), i64x2.shl(digit, 7)), i64x2.shl(digit, 6));
}

@inline
function multiply(out: usize, a: usize, b: usize): void {
  const digit = i64x2.splat(DIGIT);
  let t = anyColumn(a, b, 9);
  const h0 = v128.and(t, digit);
  t = plus(anyColumn(a, b, 10), above(t));
  const h1 = v128.and(t, digit);
  t = plus(anyColumn(a, b, 11), above(t));
  const h2 = v128.and(t, digit);
  t = plus(anyColumn(a, b, 12), above(t));
  const h3 = v128.and(t, digit);
  t = plus(anyColumn(a, b, 13), above(t));
  const h4 = v128.and(t, digit);
  t = plus(anyColumn(a, b, 14), above(t));
  const h5 = v128.and(t, digit);
  t = plus(anyColumn(a, b, 15), above(t));
  const h6 = v128.and(t, digit);
  t = plus(anyColumn(a, b, 16), above(t));
  const h7 = v128.and(t, digit);
  const h8 = above(t);
  t = plus(anyColumn(a, b, 0), folded(h0));
  const r0 = v128.and(t, digit);
  t = plus(plus(anyColumn(a, b, 1), folded(h1)), above(t));
  const r1 = v128.and(t, digit);
  t = plus(plus(anyColumn(a, b, 2), folded(h2)), above(t));
  const r2 = v128.and(t, digit);
  t = plus(plus(anyColumn(a, b, 3), folded(h3)), above(t));
  const r3 = v128.and(t, digit);
  t = plus(plus(anyColumn(a, b, 4), folded(h4)), above(t));
  const r4 = v128.and(t, digit);
  t = plus(plus(anyColumn(a, b, 5), folded(h5)), above(t));
  const r5 = v128.and(t, digit);
  t = plus(plus(anyColumn(a, b, 6), folded(h6)), above(t));
  const r6 = v128.and(t, digit);
  t = plus(plus(anyColumn(a, b, 7), folded(h7)), above(t));
  const r7 = v128.and(t, digit);
  t = plus(plus(anyColumn(a, b, 8), folded(h8)), above(t));
  const r8 = v128.and(t, i64x2.splat(TOP));
  // 2^255 = 19
  t = i64x2.shr_u(t, 23);
  t = plus(r0, plus(plus(i64x2.shl(t, 4), i64x2.shl(t, 1)), t));
  put(out, 0, v128.and(t, digit));
  put(out, 16, plus(r1, above(t)));
  put(out, 32, r2);
  put(out, 48, r3);
  put(out, 64, r4);
  put(out, 80, r5);
  put(out, 96, r6);
  put(out, 112, r7);
  put(out, 128, r8);
}

/** out = a * b. */
export function mul(out: usize, a: usize, b: usize): void {
  multiply(out, a, b);
}

/** out = a * a. */
export function square(out: usize, a: usize): void {
  for (let i: usize = 0; i < PAIR; i += 16) v128.store(DOUBLED + i, i32x4.shl(v128.load(a + i), 1));
  multiply(out, a, 0);
}

@inline
function put(out: usize, offset: usize, digit: v128): void {
  v128.store(out + offset, v128.shuffle<u32>(digit, digit, 0, 2, 0, 2));
}

/** The i-th element of two to `out`, as `field.ts` has it. */
export function extract(out: usize, a: usize, i: usize): void {
  for (let at: usize = 0; at < 9; at++) store<u32>(out + 4 * at, load<u32>(a + 16 * at + 4 * i));
}

/** The element at `a` as the i-th of two to `out`. */
export function insert(out: usize, i: usize, a: usize): void {
  for (let at: usize = 0; at < 9; at++) store<u32>(out + 16 * at + 4 * i, load<u32>(a + 4 * at));
}
