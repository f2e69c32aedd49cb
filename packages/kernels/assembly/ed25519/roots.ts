// Square roots of ratios, which are powers with a fixed exponent.
//
// PERF: two roots take as long as one: they share two lanes.
import { copy, ELEMENT, equals, isNegative, mul, negate, square } from './field';
import { extract, insert, mul as mulPair, PAIR, square as squarePair } from './pairs';

/** A square root of -1: 2^((p - 1) / 4). */
export const SQRT_M1: usize = memory.data<u32>([
  0x0a0ea0b0, 0x0770d93a, 0x0bf91e31, 0x06300d5a, 0x1d7a72f4, 0x004c9efd, 0x1c2cad34, 0x1009f83b, 0x002b8324,
]);

const POWERS: usize = memory.data(576, 16);
const A: usize = POWERS;
const T: usize = POWERS + PAIR;
const U: usize = POWERS + 2 * PAIR;
const V: usize = POWERS + 3 * PAIR;
const ELEMENTS: usize = memory.data(108);
const FACTOR: usize = ELEMENTS;
const W: usize = ELEMENTS + ELEMENT;
const FLIPPED: usize = ELEMENTS + 2 * ELEMENT;

/** out = a^(2^times) of two lanes. */
function squareTimes(out: usize, a: usize, times: u32): void {
  squarePair(out, a);
  for (; times > 1; times--) squarePair(out, out);
}

/**
 * A = A^((p - 5) / 8) of two lanes, the exponent being 250 ones, a zero and a one.
 *
 * PERF: `x` followed by n stands for the power with n ones. 251 squarings and 11 multiplications.
 */
function raise(): void {
  squarePair(T, A); // a^2
  squareTimes(U, T, 2); // a^8
  mulPair(U, U, A); // a^9
  mulPair(T, T, U); // a^11
  squarePair(T, T); // a^22
  mulPair(T, T, U); // x5
  squareTimes(U, T, 5);
  mulPair(T, U, T); // x10
  squareTimes(U, T, 10);
  mulPair(U, U, T); // x20
  squareTimes(V, U, 20);
  mulPair(U, V, U); // x40
  squareTimes(U, U, 10);
  mulPair(T, U, T); // x50
  squareTimes(U, T, 50);
  mulPair(U, U, T); // x100
  squareTimes(V, U, 100);
  mulPair(U, V, U); // x200
  squareTimes(U, U, 50);
  mulPair(T, U, T); // x250
  squareTimes(T, T, 2);
  mulPair(A, T, A);
}

/**
 * out = a square root of u / v, or of u / v times the root of -1 where there is none: whether there is.
 * Of the two, the one that is not negative. 0 / v has the root 0, u / 0 none unless u is 0.
 */
export function squareRootOfRatio(out: usize, u: usize, v: usize): bool {
  enter(0, u, v);
  raise();
  return leave(0, out, u, v);
}

/** As {@link squareRootOfRatio} of two ratios: bit i for the i-th. */
export function squareRootsOfRatios(out0: usize, u0: usize, v0: usize, out1: usize, u1: usize, v1: usize): u32 {
  enter(0, u0, v0);
  enter(1, u1, v1);
  raise();
  return u32(leave(0, out0, u0, v0)) | (u32(leave(1, out1, u1, v1)) << 1);
}

/** u v^7, whose power is wanted (RFC 8032, section 5.1.3). */
function enter(lane: usize, u: usize, v: usize): void {
  square(W, v);
  mul(W, W, v);
  square(W, W);
  mul(W, W, v);
  mul(W, W, u);
  insert(A, lane, W);
}

function leave(lane: usize, out: usize, u: usize, v: usize): bool {
  // u v^3 (u v^7)^((p - 5) / 8)
  square(FACTOR, v);
  mul(FACTOR, FACTOR, v);
  mul(FACTOR, FACTOR, u);
  extract(W, A, lane);
  mul(FACTOR, FACTOR, W);
  // Its square times v is u, -u, or one of them times the root of -1.
  square(W, FACTOR);
  mul(W, W, v);
  let hasRoot = equals(W, u);
  if (!hasRoot) {
    negate(FLIPPED, u);
    hasRoot = equals(W, FLIPPED);
    mul(FLIPPED, FLIPPED, SQRT_M1);
    if (hasRoot || equals(W, FLIPPED)) mul(FACTOR, FACTOR, SQRT_M1);
  }
  if (isNegative(FACTOR)) negate(FACTOR, FACTOR);
  copy(out, FACTOR);
  return hasRoot;
}
