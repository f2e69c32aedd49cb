// Division of 256-bit words with the EVM's meaning: x / 0 = 0, x mod 0 = 0, MIN / -1 = MIN, the
// remainder of a signed division takes the dividend's sign. `out` may equal any operand.
//
// Knuth's algorithm D on 64-bit digits. Quotient digits come from a reciprocal of the divisor's
// upper digits, by two multiplications instead of a division (Möller and Granlund, "Improved
// division by invariant integers", 2011; algorithms 4, 5 and 6). The normalised divisor and its
// reciprocal stay in the scratch area: dividing by the same word again costs no preparation.
//
// Scratch area, owned by the caller, all zero before its first use and kept between calls:
//    0  divisor as given          32  divisor, shifted until its highest bit is one
//   64  reciprocal                72  shift, u32        76  bytes of digits in the divisor, u32
//   80  dividend, 9 digits       152  quotient, 8 digits
//  216  |a|                      248  |b|
import { mulhi64 } from '../intrinsics';
import { mulFull, negate } from './arith';
import { eq, isZero, lt } from './compare';
import { copy, fitsU64, setLimbs, setU64, setZero } from './word';

/** Bytes of scratch for the functions of this file. */
export const DIVISION_SCRATCH: usize = 280;

const NORMALIZED: usize = 32;
const RECIPROCAL: usize = 64;
const SHIFT: usize = 72;
const DIGITS: usize = 76;
const DIVIDEND: usize = 80;
const QUOTIENT: usize = 152;
const MAGNITUDE_A: usize = 216;
const MAGNITUDE_B: usize = 248;

/** out = floor(a / b); 0 when b is 0. */
export function div(out: usize, a: usize, b: usize, scratch: usize): void {
  if (fitsU64(b)) {
    const divisor = load<u64>(b);
    if (divisor == 0) return setZero(out);
    if (fitsU64(a)) return setU64(out, load<u64>(a) / divisor);
  }
  if (lt(a, b)) return setZero(out);
  prepare(scratch, b);
  setDividend(scratch, a);
  divide(scratch, 32);
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
  setDividend(scratch, a);
  divide(scratch, 32);
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
  normalizeDividend(scratch, 40);
  divide(scratch, 40);
  getRemainder(out, scratch);
}

/** out = (a * b) mod m on the 512-bit product; 0 when m is 0. */
export function mulmod(out: usize, a: usize, b: usize, m: usize, scratch: usize): void {
  if (isZero(m)) return setZero(out);
  const product = scratch + DIVIDEND;
  mulFull(product, a, b);
  let bytes: usize = 64;
  while (bytes > 8 && load<u64>(product + bytes - 8) == 0) bytes -= 8;
  prepare(scratch, m);
  normalizeDividend(scratch, bytes);
  divide(scratch, bytes);
  getRemainder(out, scratch);
}

/** Absolute value of the two's complement word `a`: itself, or negated at `buffer`. */
@inline
function magnitude(buffer: usize, a: usize): usize {
  if (load<i64>(a, 24) >= 0) return a;
  negate(buffer, a);
  return buffer;
}

/** Floor of (high * 2^64 + low) / divisor; divisor >= 2^63 and high < divisor. Digits of 32 bits. */
function divide128by64(high: u64, low: u64, divisor: u64): u64 {
  const d1 = divisor >> 32;
  const d0 = divisor & 0xffffffff;
  let q1 = high / d1;
  let rest = high - q1 * d1;
  while (q1 >> 32 != 0 || q1 * d0 > ((rest << 32) | (low >> 32))) {
    q1--;
    rest += d1;
    if (rest >> 32 != 0) break;
  }
  const middle = ((high << 32) | (low >> 32)) - q1 * divisor;
  let q0 = middle / d1;
  rest = middle - q0 * d1;
  while (q0 >> 32 != 0 || q0 * d0 > ((rest << 32) | (low & 0xffffffff))) {
    q0--;
    rest += d1;
    if (rest >> 32 != 0) break;
  }
  return (q1 << 32) + q0;
}

/** Fills the scratch area's divisor part for `b` != 0, unless it is there already. */
function prepare(scratch: usize, b: usize): void {
  if (eq(scratch, b)) return;
  copy(scratch, b);
  let digits: usize = 32;
  while (load<u64>(scratch + digits - 8) == 0) digits -= 8;
  const top = scratch + digits - 8;
  const shift = clz<u64>(load<u64>(top));
  store<u32>(scratch, <u32>shift, SHIFT);
  store<u32>(scratch, <u32>digits, DIGITS);

  let below: u64 = 0;
  for (let i: usize = 0; i < digits; i += 8) {
    const digit = load<u64>(scratch + i);
    store<u64>(scratch + NORMALIZED + i, (digit << shift) | below);
    below = (digit >> 1) >> (63 - shift);
  }

  const d1 = load<u64>(scratch + NORMALIZED + digits - 8);
  let v = divide128by64(~d1, u64.MAX_VALUE, d1);
  if (digits > 8) {
    // From floor((2^128-1) / d1) - 2^64 to floor((2^192-1) / (d1:d0)) - 2^64.
    const d0 = load<u64>(scratch + NORMALIZED + digits - 16);
    let p = d1 * v + d0;
    if (p < d0) {
      v--;
      if (p >= d1) {
        v--;
        p -= d1;
      }
      p -= d1;
    }
    const high = mulhi64(v, d0);
    p += high;
    if (p < high) {
      v--;
      if (p > d1 || (p == d1 && v * d0 + d0 >= d0)) v--;
    }
  }
  store<u64>(scratch, v, RECIPROCAL);
}

/** The dividend = a, shifted as the divisor is. */
@inline
function setDividend(scratch: usize, a: usize): void {
  copy(scratch + DIVIDEND, a);
  normalizeDividend(scratch, 32);
}

/** Shifts the dividend's `bytes` as the divisor is; one more digit takes what moves out. */
function normalizeDividend(scratch: usize, bytes: usize): void {
  const shift = <u64>load<u32>(scratch, SHIFT);
  const dividend = scratch + DIVIDEND;
  let below: u64 = 0;
  for (let i: usize = 0; i < bytes; i += 8) {
    const digit = load<u64>(dividend + i);
    store<u64>(dividend + i, (digit << shift) | below);
    below = (digit >> 1) >> (63 - shift);
  }
  store<u64>(dividend + bytes, below);
}

/** out = the remainder that {@link divide} left, shifted back. */
function getRemainder(out: usize, scratch: usize): void {
  const shift = <u64>load<u32>(scratch, SHIFT);
  const digits = <usize>load<u32>(scratch, DIGITS);
  const rest = scratch + DIVIDEND;
  let above: u64 = 0;
  for (let i: usize = 32; i > 0; i -= 8) {
    const digit: u64 = i > digits ? 0 : load<u64>(rest + i - 8);
    store<u64>(out + i - 8, (digit >> shift) | ((above << 1) << (63 - shift)));
    above = digit;
  }
}

/**
 * Divides the normalised dividend of `bytes` + 8 bytes. The remainder takes the place of its lower
 * digits. The quotient is complete for `bytes` = 32 only: nobody asks for that of a product.
 */
function divide(scratch: usize, bytes: usize): void {
  const digits = <usize>load<u32>(scratch, DIGITS);
  if (digits == 8) return divideBySingle(scratch, bytes);
  const quotient = scratch + QUOTIENT;
  setZero(quotient);
  const divisor = scratch + NORMALIZED;
  const d1 = load<u64>(divisor + digits - 8);
  const d0 = load<u64>(divisor + digits - 16);
  const reciprocal = load<u64>(scratch, RECIPROCAL);
  const inner = digits - 16;

  for (let at: isize = <isize>(bytes - digits); at >= 0; at -= 8) {
    // u2:u1:u0 are the dividend's three uppermost digits now.
    const window = scratch + DIVIDEND + <usize>at;
    const u2 = load<u64>(window + digits);
    const u1 = load<u64>(window + digits - 8);
    const u0 = load<u64>(window + digits - 16);
    if (u2 == 0 && u1 < d1) continue;

    let q: u64;
    let r2: u64 = 0;
    let r1: u64;
    let r0: u64;
    if (u2 == d1 && u1 == d0) {
      // The estimate would be 2^64: take 2^64-1, which leaves u0 + (d1:d0), perhaps 129 bits wide.
      q = u64.MAX_VALUE;
      r0 = u0 + d0;
      const carry = u64(r0 < d0);
      r1 = d1 + carry;
      r2 = u64(r1 < carry);
    } else {
      let qLow = reciprocal * u2;
      q = mulhi64(reciprocal, u2) + u2;
      qLow += u1;
      q += u64(qLow < u1);
      r1 = u1 - q * d1;
      const tLow = d0 * q;
      const tHigh = mulhi64(d0, q);
      r0 = u0 - tLow;
      r1 = r1 - tHigh - u64(u0 < tLow);
      const s0 = r0 - d0;
      r1 = r1 - d1 - u64(r0 < d0);
      r0 = s0;
      q++;
      if (r1 >= qLow) {
        q--;
        r0 += d0;
        r1 += d1 + u64(r0 < d0);
      }
      if (r1 > d1 || (r1 == d1 && r0 >= d0)) {
        q++;
        const borrow = u64(r0 < d0);
        r0 -= d0;
        r1 = r1 - d1 - borrow;
      }
    }

    if (inner != 0) {
      // Subtract q times the divisor's lower digits; what that borrows comes out of r1:r0.
      let carry: u64 = 0;
      for (let i: usize = 0; i < inner; i += 8) {
        const digit = load<u64>(divisor + i);
        const low = digit * q + carry;
        carry = mulhi64(digit, q) + u64(low < carry);
        const u = load<u64>(window + i);
        store<u64>(window + i, u - low);
        carry += u64(u < low);
      }
      const borrow0 = u64(r0 < carry);
      r0 -= carry;
      const borrow1 = u64(r1 < borrow0);
      r1 -= borrow0;
      if (r2 < borrow1) {
        q--;
        let over: u64 = 0;
        for (let i: usize = 0; i < inner; i += 8) {
          const digit = load<u64>(divisor + i);
          const sum = load<u64>(window + i) + digit;
          const total = sum + over;
          over = u64(sum < digit) | u64(total < over);
          store<u64>(window + i, total);
        }
        const sum = r0 + d0;
        r0 = sum + over;
        r1 += d1 + (u64(sum < d0) | u64(r0 < over));
      }
    }
    store<u64>(window + digits - 16, r0);
    store<u64>(window + digits - 8, r1);
    store<u64>(window + digits, 0);
    store<u64>(quotient + <usize>at, q);
  }
}

/** {@link divide} by one digit. */
function divideBySingle(scratch: usize, bytes: usize): void {
  const d = load<u64>(scratch, NORMALIZED);
  const reciprocal = load<u64>(scratch, RECIPROCAL);
  const dividend = scratch + DIVIDEND;
  let rest = load<u64>(dividend + bytes);
  for (let at = bytes; at > 0; at -= 8) {
    const u0 = load<u64>(dividend + at - 8);
    let qLow = reciprocal * rest;
    let q = mulhi64(reciprocal, rest) + rest + 1;
    qLow += u0;
    q += u64(qLow < u0);
    rest = u0 - q * d;
    if (rest > qLow) {
      q--;
      rest += d;
    }
    if (rest >= d) {
      q++;
      rest -= d;
    }
    store<u64>(scratch + QUOTIENT + at - 8, q);
  }
  store<u64>(dividend, rest);
}
