// Four elements of the field modulo p = 2^255 - 19 at a time, one in each lane of a vector: the formulas
// of the group (`point.ts`) are sequences of four independent products.
//
// Digit i of all four stands in the i-th vector of nine; digits as in `field.ts`. `out` may equal an
// operand everywhere.
//
// PERF: a vector instruction makes two products of 64 bits, so the lower and the upper two lanes are
// gone through one after the other. Four products take 2.6 times as long as one of `field.ts`.
import { DIGIT, TOP } from './field';

/** Bytes of four elements. */
export const LANES: usize = 144;

/** The lower two results of a product while the upper two are found. */
const LOWER: usize = memory.data(144, 16);

// Which lanes are multiplied: the lower two, whose results wait in LOWER for those of the upper two, or the
// lower two alone.
const LOWER_HALF: i32 = 0;
const UPPER_HALF: i32 = 1;
const PAIR: i32 = 2;

@inline
function plus(a: v128, b: v128): v128 {
  return i64x2.add(a, b);
}

@inline
function product(a: v128, b: v128, half: i32): v128 {
  return half == UPPER_HALF ? i64x2.extmul_high_i32x4_u(a, b) : i64x2.extmul_low_i32x4_u(a, b);
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
function times19(excess: v128): v128 {
  return plus(plus(i64x2.shl(excess, 4), i64x2.shl(excess, 1)), excess);
}

@inline
function put(out: usize, offset: usize, digit: v128, half: i32): void {
  if (half == LOWER_HALF) v128.store(LOWER + offset, digit);
  else if (half == PAIR) v128.store(out + offset, v128.shuffle<u32>(digit, digit, 0, 2, 0, 2));
  else v128.store(out + offset, v128.shuffle<u32>(v128.load(LOWER + offset), digit, 0, 2, 4, 6));
}

/** out = a * b; digits of one operand may be up to 5 * 2^29, or those of both up to 2 * 2^29. */
export function mul(out: usize, a: usize, b: usize): void {
  mulHalf(out, a, b, LOWER_HALF);
  mulHalf(out, a, b, UPPER_HALF);
}

/** As {@link mul} of the lower two lanes alone, in half the time. */
export function mulPair(out: usize, a: usize, b: usize): void {
  mulHalf(out, a, b, PAIR);
}

@inline
function mulHalf(out: usize, a: usize, b: usize, half: i32): void {
  const digit = i64x2.splat(DIGIT);
  const a0 = v128.load(a);
  const a1 = v128.load(a, 16);
  const a2 = v128.load(a, 32);
  const a3 = v128.load(a, 48);
  const a4 = v128.load(a, 64);
  const a5 = v128.load(a, 80);
  const a6 = v128.load(a, 96);
  const a7 = v128.load(a, 112);
  const a8 = v128.load(a, 128);
  const b0 = v128.load(b);
  const b1 = v128.load(b, 16);
  const b2 = v128.load(b, 32);
  const b3 = v128.load(b, 48);
  const b4 = v128.load(b, 64);
  const b5 = v128.load(b, 80);
  const b6 = v128.load(b, 96);
  const b7 = v128.load(b, 112);
  const b8 = v128.load(b, 128);
  let t: v128;
  t = product(a1, b8, half);
  t = plus(t, product(a2, b7, half));
  t = plus(t, product(a3, b6, half));
  t = plus(t, product(a4, b5, half));
  t = plus(t, product(a5, b4, half));
  t = plus(t, product(a6, b3, half));
  t = plus(t, product(a7, b2, half));
  t = plus(t, product(a8, b1, half));
  const h0 = v128.and(t, digit);
  t = plus(above(t), product(a2, b8, half));
  t = plus(t, product(a3, b7, half));
  t = plus(t, product(a4, b6, half));
  t = plus(t, product(a5, b5, half));
  t = plus(t, product(a6, b4, half));
  t = plus(t, product(a7, b3, half));
  t = plus(t, product(a8, b2, half));
  const h1 = v128.and(t, digit);
  t = plus(above(t), product(a3, b8, half));
  t = plus(t, product(a4, b7, half));
  t = plus(t, product(a5, b6, half));
  t = plus(t, product(a6, b5, half));
  t = plus(t, product(a7, b4, half));
  t = plus(t, product(a8, b3, half));
  const h2 = v128.and(t, digit);
  t = plus(above(t), product(a4, b8, half));
  t = plus(t, product(a5, b7, half));
  t = plus(t, product(a6, b6, half));
  t = plus(t, product(a7, b5, half));
  t = plus(t, product(a8, b4, half));
  const h3 = v128.and(t, digit);
  t = plus(above(t), product(a5, b8, half));
  t = plus(t, product(a6, b7, half));
  t = plus(t, product(a7, b6, half));
  t = plus(t, product(a8, b5, half));
  const h4 = v128.and(t, digit);
  t = plus(above(t), product(a6, b8, half));
  t = plus(t, product(a7, b7, half));
  t = plus(t, product(a8, b6, half));
  const h5 = v128.and(t, digit);
  t = plus(above(t), product(a7, b8, half));
  t = plus(t, product(a8, b7, half));
  const h6 = v128.and(t, digit);
  t = plus(above(t), product(a8, b8, half));
  const h7 = v128.and(t, digit);
  const h8 = above(t);

  t = plus(folded(h0), product(a0, b0, half));
  const r0 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h1)), product(a0, b1, half));
  t = plus(t, product(a1, b0, half));
  const r1 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h2)), product(a0, b2, half));
  t = plus(t, product(a1, b1, half));
  t = plus(t, product(a2, b0, half));
  const r2 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h3)), product(a0, b3, half));
  t = plus(t, product(a1, b2, half));
  t = plus(t, product(a2, b1, half));
  t = plus(t, product(a3, b0, half));
  const r3 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h4)), product(a0, b4, half));
  t = plus(t, product(a1, b3, half));
  t = plus(t, product(a2, b2, half));
  t = plus(t, product(a3, b1, half));
  t = plus(t, product(a4, b0, half));
  const r4 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h5)), product(a0, b5, half));
  t = plus(t, product(a1, b4, half));
  t = plus(t, product(a2, b3, half));
  t = plus(t, product(a3, b2, half));
  t = plus(t, product(a4, b1, half));
  t = plus(t, product(a5, b0, half));
  const r5 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h6)), product(a0, b6, half));
  t = plus(t, product(a1, b5, half));
  t = plus(t, product(a2, b4, half));
  t = plus(t, product(a3, b3, half));
  t = plus(t, product(a4, b2, half));
  t = plus(t, product(a5, b1, half));
  t = plus(t, product(a6, b0, half));
  const r6 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h7)), product(a0, b7, half));
  t = plus(t, product(a1, b6, half));
  t = plus(t, product(a2, b5, half));
  t = plus(t, product(a3, b4, half));
  t = plus(t, product(a4, b3, half));
  t = plus(t, product(a5, b2, half));
  t = plus(t, product(a6, b1, half));
  t = plus(t, product(a7, b0, half));
  const r7 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h8)), product(a0, b8, half));
  t = plus(t, product(a1, b7, half));
  t = plus(t, product(a2, b6, half));
  t = plus(t, product(a3, b5, half));
  t = plus(t, product(a4, b4, half));
  t = plus(t, product(a5, b3, half));
  t = plus(t, product(a6, b2, half));
  t = plus(t, product(a7, b1, half));
  t = plus(t, product(a8, b0, half));
  const r8 = v128.and(t, i64x2.splat(TOP));
  // 2^255 = 19
  t = plus(r0, times19(i64x2.shr_u(t, 23)));
  put(out, 0, v128.and(t, digit), half);
  put(out, 16, plus(r1, above(t)), half);
  put(out, 32, r2, half);
  put(out, 48, r3, half);
  put(out, 64, r4, half);
  put(out, 80, r5, half);
  put(out, 96, r6, half);
  put(out, 112, r7, half);
  put(out, 128, r8, half);
}

/** out = a * a; digits may be up to 2 * 2^29. */
export function square(out: usize, a: usize): void {
  squareHalf(out, a, LOWER_HALF);
  squareHalf(out, a, UPPER_HALF);
}

/** As {@link square} of the lower two lanes alone, in half the time. */
export function squarePair(out: usize, a: usize): void {
  squareHalf(out, a, PAIR);
}

@inline
function squareHalf(out: usize, a: usize, half: i32): void {
  const digit = i64x2.splat(DIGIT);
  const a0 = v128.load(a);
  const a1 = v128.load(a, 16);
  const a2 = v128.load(a, 32);
  const a3 = v128.load(a, 48);
  const a4 = v128.load(a, 64);
  const a5 = v128.load(a, 80);
  const a6 = v128.load(a, 96);
  const a7 = v128.load(a, 112);
  const a8 = v128.load(a, 128);
  const d0 = i32x4.shl(a0, 1);
  const d1 = i32x4.shl(a1, 1);
  const d2 = i32x4.shl(a2, 1);
  const d3 = i32x4.shl(a3, 1);
  const d4 = i32x4.shl(a4, 1);
  const d5 = i32x4.shl(a5, 1);
  const d6 = i32x4.shl(a6, 1);
  const d7 = i32x4.shl(a7, 1);
  let t: v128;
  t = product(d1, a8, half);
  t = plus(t, product(d2, a7, half));
  t = plus(t, product(d3, a6, half));
  t = plus(t, product(d4, a5, half));
  const h0 = v128.and(t, digit);
  t = plus(above(t), product(d2, a8, half));
  t = plus(t, product(d3, a7, half));
  t = plus(t, product(d4, a6, half));
  t = plus(t, product(a5, a5, half));
  const h1 = v128.and(t, digit);
  t = plus(above(t), product(d3, a8, half));
  t = plus(t, product(d4, a7, half));
  t = plus(t, product(d5, a6, half));
  const h2 = v128.and(t, digit);
  t = plus(above(t), product(d4, a8, half));
  t = plus(t, product(d5, a7, half));
  t = plus(t, product(a6, a6, half));
  const h3 = v128.and(t, digit);
  t = plus(above(t), product(d5, a8, half));
  t = plus(t, product(d6, a7, half));
  const h4 = v128.and(t, digit);
  t = plus(above(t), product(d6, a8, half));
  t = plus(t, product(a7, a7, half));
  const h5 = v128.and(t, digit);
  t = plus(above(t), product(d7, a8, half));
  const h6 = v128.and(t, digit);
  t = plus(above(t), product(a8, a8, half));
  const h7 = v128.and(t, digit);
  const h8 = above(t);

  t = plus(folded(h0), product(a0, a0, half));
  const r0 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h1)), product(d0, a1, half));
  const r1 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h2)), product(d0, a2, half));
  t = plus(t, product(a1, a1, half));
  const r2 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h3)), product(d0, a3, half));
  t = plus(t, product(d1, a2, half));
  const r3 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h4)), product(d0, a4, half));
  t = plus(t, product(d1, a3, half));
  t = plus(t, product(a2, a2, half));
  const r4 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h5)), product(d0, a5, half));
  t = plus(t, product(d1, a4, half));
  t = plus(t, product(d2, a3, half));
  const r5 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h6)), product(d0, a6, half));
  t = plus(t, product(d1, a5, half));
  t = plus(t, product(d2, a4, half));
  t = plus(t, product(a3, a3, half));
  const r6 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h7)), product(d0, a7, half));
  t = plus(t, product(d1, a6, half));
  t = plus(t, product(d2, a5, half));
  t = plus(t, product(d3, a4, half));
  const r7 = v128.and(t, digit);
  t = plus(plus(above(t), folded(h8)), product(d0, a8, half));
  t = plus(t, product(d1, a7, half));
  t = plus(t, product(d2, a6, half));
  t = plus(t, product(d3, a5, half));
  t = plus(t, product(a4, a4, half));
  const r8 = v128.and(t, i64x2.splat(TOP));
  // 2^255 = 19
  t = plus(r0, times19(i64x2.shr_u(t, 23)));
  put(out, 0, v128.and(t, digit), half);
  put(out, 16, plus(r1, above(t)), half);
  put(out, 32, r2, half);
  put(out, 48, r3, half);
  put(out, 64, r4, half);
  put(out, 80, r5, half);
  put(out, 96, r6, half);
  put(out, 112, r7, half);
  put(out, 128, r8, half);
}

/** a = a with digits of 29 bits and little above, for those of up to 32 bits. */
export function carry(a: usize): void {
  const digit = i32x4.splat(<i32>DIGIT);
  let above = v128.load(a, 128);
  v128.store(a, v128.and(above, i32x4.splat(<i32>TOP)), 128);
  above = i32x4.shr_u(above, 23);
  above = i32x4.mul(above, i32x4.splat(19));
  for (let i: usize = 0; i < 128; i += 16) {
    const column = v128.load(a + i);
    v128.store(a + i, i32x4.add(v128.and(column, digit), above));
    above = i32x4.shr_u(column, 29);
  }
  v128.store(a, i32x4.add(v128.load(a, 128), above), 128);
}

/** The element in a lane to `out`, as `field.ts` has it. */
export function extract(out: usize, a: usize, lane: usize): void {
  for (let i: usize = 0; i < 9; i++) store<u32>(out + 4 * i, load<u32>(a + 16 * i + 4 * lane));
}

/** The element at `a` into a lane of `out`. */
export function insert(out: usize, lane: usize, a: usize): void {
  for (let i: usize = 0; i < 9; i++) store<u32>(out + 16 * i + 4 * lane, load<u32>(a + 4 * i));
}
