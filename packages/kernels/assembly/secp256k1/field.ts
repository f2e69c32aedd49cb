// Arithmetic modulo p = 2^256 - 2^32 - 977, the field of secp256k1's coordinates (SEC 2, section 2.4.1).
//
// An element is nine digits of 29 bits, u32 each, least significant first. Digits are *loose*: up to
// 2^29 + 2^16, the uppermost up to 2^24 + 2^16, so that sums need no carry from end to end; an
// element below 2p stands for itself modulo p. `out` may equal an operand everywhere.
//
// PERF: nine digits of 29 bits are the fewest whose products add up in 64 bits: 81 multiplications and
// 10 for the reduction. Ten digits of 26 bits would leave more room for sums, but need 111.

import { setLimbs } from '../u256/word';

/** Bytes of an element. */
export const ELEMENT: usize = 36;

const DIGIT: u64 = 0x1fffffff;
/** The uppermost digit ends at bit 256. */
const TOP: u64 = 0xffffff;
/** 2^261 = 2^37 + FOLD modulo p. */
const FOLD: u64 = 31264;

// The lowest digits of p; the others are DIGIT and TOP.
const P0: u64 = 0x1ffffc2f;
const P1: u64 = 0x1ffffff7;

const SCRATCH: usize = memory.data(36);

/** out = digits + excess * 2^256, for digits of at most 29 bits (the last one 24) and excess < 2^40. */
@inline
function storeFolded(
  out: usize,
  r0: u64,
  r1: u64,
  r2: u64,
  r3: u64,
  r4: u64,
  r5: u64,
  r6: u64,
  r7: u64,
  r8: u64,
  excess: u64,
): void {
  // 2^256 = 2^32 + 977
  const s0 = r0 + excess * 977;
  const s1 = r1 + (excess << 3) + (s0 >> 29);
  store<u32>(out, <u32>(s0 & DIGIT));
  store<u32>(out, <u32>(s1 & DIGIT), 4);
  store<u32>(out, <u32>(r2 + (s1 >> 29)), 8);
  store<u32>(out, <u32>r3, 12);
  store<u32>(out, <u32>r4, 16);
  store<u32>(out, <u32>r5, 20);
  store<u32>(out, <u32>r6, 24);
  store<u32>(out, <u32>r7, 28);
  store<u32>(out, <u32>r8, 32);
}

/** out = a * b; digits of one operand may be up to 3 * 2^29, or of both up to 2 * 2^29. */
export function mul(out: usize, a: usize, b: usize): void {
  const a0 = <u64>load<u32>(a);
  const a1 = <u64>load<u32>(a, 4);
  const a2 = <u64>load<u32>(a, 8);
  const a3 = <u64>load<u32>(a, 12);
  const a4 = <u64>load<u32>(a, 16);
  const a5 = <u64>load<u32>(a, 20);
  const a6 = <u64>load<u32>(a, 24);
  const a7 = <u64>load<u32>(a, 28);
  const a8 = <u64>load<u32>(a, 32);
  const b0 = <u64>load<u32>(b);
  const b1 = <u64>load<u32>(b, 4);
  const b2 = <u64>load<u32>(b, 8);
  const b3 = <u64>load<u32>(b, 12);
  const b4 = <u64>load<u32>(b, 16);
  const b5 = <u64>load<u32>(b, 20);
  const b6 = <u64>load<u32>(b, 24);
  const b7 = <u64>load<u32>(b, 28);
  const b8 = <u64>load<u32>(b, 32);
  // Columns from 2^261 upwards, carried into digits that can be multiplied again.
  let t = a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1;
  const h0 = t & DIGIT;
  t = (t >> 29) + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2;
  const h1 = t & DIGIT;
  t = (t >> 29) + a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3;
  const h2 = t & DIGIT;
  t = (t >> 29) + a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4;
  const h3 = t & DIGIT;
  t = (t >> 29) + a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5;
  const h4 = t & DIGIT;
  t = (t >> 29) + a6 * b8 + a7 * b7 + a8 * b6;
  const h5 = t & DIGIT;
  t = (t >> 29) + a7 * b8 + a8 * b7;
  const h6 = t & DIGIT;
  t = (t >> 29) + a8 * b8;
  const h7 = t & DIGIT;
  const h8 = t >> 29;

  t = a0 * b0 + h0 * FOLD;
  const r0 = t & DIGIT;
  t = (t >> 29) + a0 * b1 + a1 * b0 + h1 * FOLD + (h0 << 8);
  const r1 = t & DIGIT;
  t = (t >> 29) + a0 * b2 + a1 * b1 + a2 * b0 + h2 * FOLD + (h1 << 8);
  const r2 = t & DIGIT;
  t = (t >> 29) + a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + h3 * FOLD + (h2 << 8);
  const r3 = t & DIGIT;
  t = (t >> 29) + a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + h4 * FOLD + (h3 << 8);
  const r4 = t & DIGIT;
  t = (t >> 29) + a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + h5 * FOLD + (h4 << 8);
  const r5 = t & DIGIT;
  t = (t >> 29) + a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + h6 * FOLD + (h5 << 8);
  const r6 = t & DIGIT;
  t = (t >> 29) + a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 + h7 * FOLD + (h6 << 8);
  const r7 = t & DIGIT;
  t = (t >> 29) + a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0 + h8 * FOLD + (h7 << 8);
  const r8 = t & TOP;
  storeFolded(out, r0, r1, r2, r3, r4, r5, r6, r7, r8, (t >> 24) + (h8 << 13));
}

/** out = a * a; digits may be up to 2 * 2^29. */
export function square(out: usize, a: usize): void {
  const a0 = <u64>load<u32>(a);
  const a1 = <u64>load<u32>(a, 4);
  const a2 = <u64>load<u32>(a, 8);
  const a3 = <u64>load<u32>(a, 12);
  const a4 = <u64>load<u32>(a, 16);
  const a5 = <u64>load<u32>(a, 20);
  const a6 = <u64>load<u32>(a, 24);
  const a7 = <u64>load<u32>(a, 28);
  const a8 = <u64>load<u32>(a, 32);
  const d0 = a0 << 1;
  const d1 = a1 << 1;
  const d2 = a2 << 1;
  const d3 = a3 << 1;
  const d4 = a4 << 1;
  const d5 = a5 << 1;
  const d6 = a6 << 1;
  const d7 = a7 << 1;
  let t = d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5;
  const h0 = t & DIGIT;
  t = (t >> 29) + d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5;
  const h1 = t & DIGIT;
  t = (t >> 29) + d3 * a8 + d4 * a7 + d5 * a6;
  const h2 = t & DIGIT;
  t = (t >> 29) + d4 * a8 + d5 * a7 + a6 * a6;
  const h3 = t & DIGIT;
  t = (t >> 29) + d5 * a8 + d6 * a7;
  const h4 = t & DIGIT;
  t = (t >> 29) + d6 * a8 + a7 * a7;
  const h5 = t & DIGIT;
  t = (t >> 29) + d7 * a8;
  const h6 = t & DIGIT;
  t = (t >> 29) + a8 * a8;
  const h7 = t & DIGIT;
  const h8 = t >> 29;

  t = a0 * a0 + h0 * FOLD;
  const r0 = t & DIGIT;
  t = (t >> 29) + d0 * a1 + h1 * FOLD + (h0 << 8);
  const r1 = t & DIGIT;
  t = (t >> 29) + d0 * a2 + a1 * a1 + h2 * FOLD + (h1 << 8);
  const r2 = t & DIGIT;
  t = (t >> 29) + d0 * a3 + d1 * a2 + h3 * FOLD + (h2 << 8);
  const r3 = t & DIGIT;
  t = (t >> 29) + d0 * a4 + d1 * a3 + a2 * a2 + h4 * FOLD + (h3 << 8);
  const r4 = t & DIGIT;
  t = (t >> 29) + d0 * a5 + d1 * a4 + d2 * a3 + h5 * FOLD + (h4 << 8);
  const r5 = t & DIGIT;
  t = (t >> 29) + d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3 + h6 * FOLD + (h5 << 8);
  const r6 = t & DIGIT;
  t = (t >> 29) + d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4 + h7 * FOLD + (h6 << 8);
  const r7 = t & DIGIT;
  t = (t >> 29) + d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4 + h8 * FOLD + (h7 << 8);
  const r8 = t & TOP;
  storeFolded(out, r0, r1, r2, r3, r4, r5, r6, r7, r8, (t >> 24) + (h8 << 13));
}

/** out = a^(2^times). */
export function squareTimes(out: usize, a: usize, times: u32): void {
  square(out, a);
  for (; times > 1; times--) square(out, out);
}

/** out = the digits, below 2^40, with all carries at once, each over one place. */
@inline
function storeCarried(
  out: usize,
  x0: u64,
  x1: u64,
  x2: u64,
  x3: u64,
  x4: u64,
  x5: u64,
  x6: u64,
  x7: u64,
  x8: u64,
): void {
  const excess = x8 >> 24;
  store<u32>(out, <u32>((x0 & DIGIT) + excess * 977));
  store<u32>(out, <u32>((x1 & DIGIT) + (x0 >> 29) + (excess << 3)), 4);
  store<u32>(out, <u32>((x2 & DIGIT) + (x1 >> 29)), 8);
  store<u32>(out, <u32>((x3 & DIGIT) + (x2 >> 29)), 12);
  store<u32>(out, <u32>((x4 & DIGIT) + (x3 >> 29)), 16);
  store<u32>(out, <u32>((x5 & DIGIT) + (x4 >> 29)), 20);
  store<u32>(out, <u32>((x6 & DIGIT) + (x5 >> 29)), 24);
  store<u32>(out, <u32>((x7 & DIGIT) + (x6 >> 29)), 28);
  store<u32>(out, <u32>((x8 & TOP) + (x7 >> 29)), 32);
}

/** out = ka * a + kp * p - kb * b for small factors, of which kp makes every digit positive. */
@inline
function weighted(out: usize, a: usize, ka: u64, b: usize, kb: u64, kp: u64): void {
  storeCarried(
    out,
    ka * <u64>load<u32>(a) + kp * P0 - kb * <u64>load<u32>(b),
    ka * <u64>load<u32>(a, 4) + kp * P1 - kb * <u64>load<u32>(b, 4),
    ka * <u64>load<u32>(a, 8) + kp * DIGIT - kb * <u64>load<u32>(b, 8),
    ka * <u64>load<u32>(a, 12) + kp * DIGIT - kb * <u64>load<u32>(b, 12),
    ka * <u64>load<u32>(a, 16) + kp * DIGIT - kb * <u64>load<u32>(b, 16),
    ka * <u64>load<u32>(a, 20) + kp * DIGIT - kb * <u64>load<u32>(b, 20),
    ka * <u64>load<u32>(a, 24) + kp * DIGIT - kb * <u64>load<u32>(b, 24),
    ka * <u64>load<u32>(a, 28) + kp * DIGIT - kb * <u64>load<u32>(b, 28),
    ka * <u64>load<u32>(a, 32) + kp * TOP - kb * <u64>load<u32>(b, 32),
  );
}

/** out = a + b. */
export function add(out: usize, a: usize, b: usize): void {
  storeCarried(
    out,
    <u64>load<u32>(a) + <u64>load<u32>(b),
    <u64>load<u32>(a, 4) + <u64>load<u32>(b, 4),
    <u64>load<u32>(a, 8) + <u64>load<u32>(b, 8),
    <u64>load<u32>(a, 12) + <u64>load<u32>(b, 12),
    <u64>load<u32>(a, 16) + <u64>load<u32>(b, 16),
    <u64>load<u32>(a, 20) + <u64>load<u32>(b, 20),
    <u64>load<u32>(a, 24) + <u64>load<u32>(b, 24),
    <u64>load<u32>(a, 28) + <u64>load<u32>(b, 28),
    <u64>load<u32>(a, 32) + <u64>load<u32>(b, 32),
  );
}

/** out = a - b. */
export function sub(out: usize, a: usize, b: usize): void {
  weighted(out, a, 1, b, 1, 2);
}

/** out = a - 2b. */
export function subDouble(out: usize, a: usize, b: usize): void {
  weighted(out, a, 1, b, 2, 4);
}

/** out = a - 8b. */
export function subOctuple(out: usize, a: usize, b: usize): void {
  weighted(out, a, 1, b, 8, 9);
}

/** out = 2(a - b), where the digits of `b` may be up to 2 * 2^29. */
export function doubleDifference(out: usize, a: usize, b: usize): void {
  weighted(out, a, 2, b, 2, 5);
}

/** out = factor * a for a factor up to 8. */
@inline
export function scale(out: usize, a: usize, factor: u64): void {
  storeCarried(
    out,
    factor * <u64>load<u32>(a),
    factor * <u64>load<u32>(a, 4),
    factor * <u64>load<u32>(a, 8),
    factor * <u64>load<u32>(a, 12),
    factor * <u64>load<u32>(a, 16),
    factor * <u64>load<u32>(a, 20),
    factor * <u64>load<u32>(a, 24),
    factor * <u64>load<u32>(a, 28),
    factor * <u64>load<u32>(a, 32),
  );
}

/** out = a + b, without a carry: for factors, see {@link mul}. */
export function addLazily(out: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < ELEMENT; i += 4) store<u32>(out + i, load<u32>(a + i) + load<u32>(b + i));
}

/** out = a - b, without a carry: digits up to 3 * 2^29. */
export function subLazily(out: usize, a: usize, b: usize): void {
  store<u32>(out, load<u32>(a) + <u32>(2 * P0) - load<u32>(b));
  store<u32>(out, load<u32>(a, 4) + <u32>(2 * P1) - load<u32>(b, 4), 4);
  for (let i: usize = 8; i < 32; i += 4) {
    store<u32>(out + i, load<u32>(a + i) + <u32>(2 * DIGIT) - load<u32>(b + i));
  }
  store<u32>(out, load<u32>(a, 32) + <u32>(2 * TOP) - load<u32>(b, 32), 32);
}

/** out = -a, without a carry: digits up to 2 * 2^29. */
export function negateLazily(out: usize, a: usize): void {
  store<u32>(out, <u32>(2 * P0) - load<u32>(a));
  store<u32>(out, <u32>(2 * P1) - load<u32>(a, 4), 4);
  for (let i: usize = 8; i < 32; i += 4) store<u32>(out + i, <u32>(2 * DIGIT) - load<u32>(a + i));
  store<u32>(out, <u32>(2 * TOP) - load<u32>(a, 32), 32);
}

@inline
export function copy(out: usize, a: usize): void {
  memory.copy(out, a, ELEMENT);
}

/** out = a small number. */
export function setSmall(out: usize, value: u32): void {
  memory.fill(out, 0, ELEMENT);
  store<u32>(out, value);
}

/** The same element in its one form below p, with digits of 29 bits. */
export function normalize(a: usize): void {
  // From end to end; the excess over 2^256 is at most 1, and then little is left below it.
  let carry: u64 = 0;
  for (let i: usize = 0; i < 32; i += 4) {
    carry += <u64>load<u32>(a + i);
    store<u32>(a + i, <u32>(carry & DIGIT));
    carry >>= 29;
  }
  carry += <u64>load<u32>(a, 32);
  // Adding 2^32 + 977 passes 2^256 exactly when the element is p or above.
  let isAbove = carry >> 24 != 0;
  if (!isAbove && carry == TOP) isAbove = !isBelowP(a);
  store<u32>(a, <u32>(carry & TOP), 32);
  if (!isAbove) return;
  carry = 977;
  for (let i: usize = 0; i < 32; i += 4) {
    carry += <u64>load<u32>(a + i);
    if (i == 4) carry += 8;
    store<u32>(a + i, <u32>(carry & DIGIT));
    carry >>= 29;
  }
  store<u32>(a, <u32>((carry + <u64>load<u32>(a, 32)) & TOP), 32);
}

/** Whether a number of normal digits, the uppermost being TOP, is below p. */
function isBelowP(a: usize): bool {
  for (let i: usize = 28; i >= 8; i -= 4) if (<u64>load<u32>(a + i) != DIGIT) return true;
  const second = <u64>load<u32>(a, 4);
  return second != P1 ? second < P1 : <u64>load<u32>(a) < P0;
}

/** Whether the element is 0. */
export function isZero(a: usize): bool {
  // PERF: a zero below 2p is 0 or p, which the lowest digit nearly always rules out.
  const low = <u64>load<u32>(a) & DIGIT;
  if (low != 0 && low != P0) return false;
  const t = SCRATCH;
  copy(t, a);
  normalize(t);
  let digits: u32 = 0;
  for (let i: usize = 0; i < ELEMENT; i += 4) digits |= load<u32>(t + i);
  return digits == 0;
}

/** Whether two elements are the same. */
export function equals(a: usize, b: usize): bool {
  sub(SCRATCH, a, b);
  return isZero(SCRATCH);
}

/** The lowest bit of a normal element. */
@inline
export function isOdd(a: usize): bool {
  return (load<u32>(a) & 1) != 0;
}

/** out = the number of four u64 limbs at `words`, which is below p. */
export function fromWords(out: usize, words: usize): void {
  const l0 = load<u64>(words);
  const l1 = load<u64>(words, 8);
  const l2 = load<u64>(words, 16);
  const l3 = load<u64>(words, 24);
  store<u32>(out, <u32>(l0 & DIGIT));
  store<u32>(out, <u32>((l0 >> 29) & DIGIT), 4);
  store<u32>(out, <u32>(((l0 >> 58) | (l1 << 6)) & DIGIT), 8);
  store<u32>(out, <u32>((l1 >> 23) & DIGIT), 12);
  store<u32>(out, <u32>(((l1 >> 52) | (l2 << 12)) & DIGIT), 16);
  store<u32>(out, <u32>((l2 >> 17) & DIGIT), 20);
  store<u32>(out, <u32>(((l2 >> 46) | (l3 << 18)) & DIGIT), 24);
  store<u32>(out, <u32>((l3 >> 11) & DIGIT), 28);
  store<u32>(out, <u32>(l3 >> 40), 32);
}

/** The four u64 limbs of a normal element to `words`. */
export function toWords(words: usize, a: usize): void {
  const d2 = <u64>load<u32>(a, 8);
  const d4 = <u64>load<u32>(a, 16);
  const d6 = <u64>load<u32>(a, 24);
  setLimbs(
    words,
    <u64>load<u32>(a) | (<u64>load<u32>(a, 4) << 29) | (d2 << 58),
    (d2 >> 6) | (<u64>load<u32>(a, 12) << 23) | (d4 << 52),
    (d4 >> 12) | (<u64>load<u32>(a, 20) << 17) | (d6 << 46),
    (d6 >> 18) | (<u64>load<u32>(a, 28) << 11) | (<u64>load<u32>(a, 32) << 40),
  );
}
