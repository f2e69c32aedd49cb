// Division of 256-bit words with the EVM's meaning: x / 0 = 0, x mod 0 = 0, MIN / -1 = MIN, the
// remainder of a signed division takes the dividend's sign. `out` may equal any operand.
//
// The normalised divisor and its reciprocal stay in the scratch area: dividing by the same word
// again costs no preparation.
//
// Scratch area, owned by the caller, all zero before its first use and kept between calls:
//    0  divisor as given          32  divisor, shifted until its highest bit is one
//   64  reciprocal                72  shift, u32        76  bytes of the divisor's digits, u32
//   80  dividend, 9 digits       152  quotient, 4 digits
//  184  |a|                      216  |b|
import { divide, reciprocalOf, shiftLeft, shiftRight, significantBytes } from '../limbs';
import { mulFull, negate } from './arith';
import { eq, isZero, lt } from './compare';
import { copy, fitsU64, setLimbs, setU64, setZero, WORD } from './word';

/** Bytes of scratch for the functions of this file. */
export const DIVISION_SCRATCH: usize = 248;

const NORMALIZED: usize = 32;
const RECIPROCAL: usize = 64;
const SHIFT: usize = 72;
const DIVISOR_BYTES: usize = 76;
const DIVIDEND: usize = 80;
const QUOTIENT: usize = 152;
const MAGNITUDE_A: usize = 184;
const MAGNITUDE_B: usize = 216;

/** out = floor(a / b); 0 when b is 0. */
export function div(out: usize, a: usize, b: usize, scratch: usize): void {
  if (fitsU64(b)) {
    const divisor = load<u64>(b);
    if (divisor == 0) return setZero(out);
    if (fitsU64(a)) return setU64(out, load<u64>(a) / divisor);
  }
  if (lt(a, b)) return setZero(out);
  prepare(scratch, b);
  copy(scratch + DIVIDEND, a);
  setZero(scratch + QUOTIENT);
  divideScratch(scratch + QUOTIENT, WORD, scratch);
  copy(out, scratch + QUOTIENT);
}

/** out = a mod b; 0 when b is 0. */
export function mod(out: usize, a: usize, b: usize, scratch: usize): void {
  if (fitsU64(b)) {
    const divisor = load<u64>(b);
    if (divisor == 0) return setZero(out);
    if (fitsU64(a)) return setU64(out, load<u64>(a) % divisor);
  }
  if (lt(a, b)) return copy(out, a);
  prepare(scratch, b);
  copy(scratch + DIVIDEND, a);
  divideScratch(0, WORD, scratch);
  getRemainder(out, scratch);
}

/** out = a / b in two's complement, rounded towards zero; 0 when b is 0. */
export function sdiv(out: usize, a: usize, b: usize, scratch: usize): void {
  const negative = (load<u64>(a, 24) ^ load<u64>(b, 24)) >> 63 != 0;
  div(out, magnitude(scratch + MAGNITUDE_A, a), magnitude(scratch + MAGNITUDE_B, b), scratch);
  if (negative) negate(out, out);
}

/** out = remainder of a / b in two's complement, with the sign of a; 0 when b is 0. */
export function smod(out: usize, a: usize, b: usize, scratch: usize): void {
  const negative = load<i64>(a, 24) < 0;
  mod(out, magnitude(scratch + MAGNITUDE_A, a), magnitude(scratch + MAGNITUDE_B, b), scratch);
  if (negative) negate(out, out);
}

/** out = (a + b) mod m on the 257-bit sum; 0 when m is 0. */
export function addmod(out: usize, a: usize, b: usize, m: usize, scratch: usize): void {
  if (isZero(m)) return setZero(out);
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  let s0 = a0 + load<u64>(b);
  let s1 = a1 + load<u64>(b, 8);
  let s2 = a2 + load<u64>(b, 16);
  let s3 = a3 + load<u64>(b, 24);
  let carry = u64(s0 < a0);
  const c1 = u64(s1 < a1);
  s1 += carry;
  carry = c1 | u64(s1 < carry);
  const c2 = u64(s2 < a2);
  s2 += carry;
  carry = c2 | u64(s2 < carry);
  const c3 = u64(s3 < a3);
  s3 += carry;
  carry = c3 | u64(s3 < carry);

  // With both operands reduced, as they nearly always are, one subtraction of m is enough.
  const m0 = load<u64>(m);
  const m1 = load<u64>(m, 8);
  const m2 = load<u64>(m, 16);
  const m3 = load<u64>(m, 24);
  if (m3 != 0 && a3 < m3 && load<u64>(b, 24) < m3) {
    const d0 = s0 - m0;
    let borrow = u64(s0 < m0);
    const t1 = s1 - m1;
    const d1 = t1 - borrow;
    borrow = u64(s1 < m1) | u64(t1 < borrow);
    const t2 = s2 - m2;
    const d2 = t2 - borrow;
    borrow = u64(s2 < m2) | u64(t2 < borrow);
    const t3 = s3 - m3;
    const d3 = t3 - borrow;
    borrow = u64(s3 < m3) | u64(t3 < borrow);
    if (carry >= borrow) setLimbs(out, d0, d1, d2, d3);
    else setLimbs(out, s0, s1, s2, s3);
    return;
  }
  prepare(scratch, m);
  setLimbs(scratch + DIVIDEND, s0, s1, s2, s3);
  store<u64>(scratch + DIVIDEND, carry, 32);
  divideScratch(0, WORD + 8, scratch);
  getRemainder(out, scratch);
}

/** out = (a * b) mod m on the 512-bit product; 0 when m is 0. */
export function mulmod(out: usize, a: usize, b: usize, m: usize, scratch: usize): void {
  if (isZero(m)) return setZero(out);
  mulFull(scratch + DIVIDEND, a, b);
  prepare(scratch, m);
  divideScratch(0, significantBytes(scratch + DIVIDEND, 2 * WORD), scratch);
  getRemainder(out, scratch);
}

/** Absolute value of the two's complement word `a`: itself, or negated at `buffer`. */
@inline
function magnitude(buffer: usize, a: usize): usize {
  if (load<i64>(a, 24) >= 0) return a;
  negate(buffer, a);
  return buffer;
}

/** Fills the scratch area's divisor part for `b` != 0, unless it is there already. */
function prepare(scratch: usize, b: usize): void {
  if (eq(scratch, b)) return;
  copy(scratch, b);
  const bytes = significantBytes(b, WORD);
  const shift = clz<u64>(load<u64>(scratch + bytes - 8));
  store<u32>(scratch, <u32>shift, SHIFT);
  store<u32>(scratch, <u32>bytes, DIVISOR_BYTES);
  shiftLeft(scratch + NORMALIZED, scratch, bytes, shift);
  store<u64>(scratch, reciprocalOf(scratch + NORMALIZED, bytes), RECIPROCAL);
}

/** Divides the `bytes` at DIVIDEND by the prepared divisor; leaves the remainder, shifted. */
@inline
function divideScratch(quotient: usize, bytes: usize, scratch: usize): void {
  const dividend = scratch + DIVIDEND;
  store<u64>(dividend + bytes, shiftLeft(dividend, dividend, bytes, <u64>load<u32>(scratch, SHIFT)));
  divide(
    quotient,
    dividend,
    bytes,
    scratch + NORMALIZED,
    load<u32>(scratch, DIVISOR_BYTES),
    load<u64>(scratch, RECIPROCAL),
  );
}

/** out = the remainder that {@link divideScratch} left, shifted back. */
function getRemainder(out: usize, scratch: usize): void {
  const bytes = <usize>load<u32>(scratch, DIVISOR_BYTES);
  shiftRight(out, scratch + DIVIDEND, bytes, <u64>load<u32>(scratch, SHIFT));
  for (let i = bytes; i < WORD; i += 8) store<u64>(out + i, 0);
}
