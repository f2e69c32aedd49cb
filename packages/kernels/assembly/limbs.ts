// Natural numbers of any length: little-endian u64 digits in memory. Lengths are in *bytes* and
// multiples of 8, so that they are offsets as well. No function allocates; results may overlap
// operands only where that is said.
//
// Division is Knuth's algorithm D on 64-bit digits. Quotient digits come from a reciprocal of the
// divisor's upper digits, by two multiplications instead of a division (Möller and Granlund,
// "Improved division by invariant integers", 2011; algorithms 4, 5 and 6).
import { bswap64, mulhi64 } from './intrinsics';

/** out = the `length` big-endian bytes at `source`, extended to `bytes` >= length. */
export function readBE(out: usize, bytes: usize, source: usize, length: usize): void {
  let at: usize = 0;
  for (; length >= 8; length -= 8, at += 8) store<u64>(out + at, bswap64(load<u64>(source + length - 8)));
  if (length != 0) {
    let digit: u64 = 0;
    for (let i: usize = 0; i < length; i++) digit = (digit << 8) | <u64>load<u8>(source + i);
    store<u64>(out + at, digit);
    at += 8;
  }
  memory.fill(out + at, 0, bytes - at);
}

/** The lowest `length` bytes of `a`, big-endian, to `out`; beyond `bytes` of `a` they are zero. */
export function writeBE(out: usize, length: usize, a: usize, bytes: usize): void {
  let at: usize = 0;
  for (; length >= 8 && at < bytes; length -= 8, at += 8) {
    store<u64>(out + length - 8, bswap64(load<u64>(a + at)));
  }
  for (; length > 0; length--, at++) store<u8>(out + length - 1, at < bytes ? load<u8>(a + at) : 0);
}

/** `bytes` without the digits on top that are zero; 0 for zero. */
export function significantBytes(a: usize, bytes: usize): usize {
  while (bytes > 0 && load<u64>(a + bytes - 8) == 0) bytes -= 8;
  return bytes;
}

/** a < b. */
export function isBelow(a: usize, b: usize, bytes: usize): bool {
  for (let i = bytes; i > 0; i -= 8) {
    const x = load<u64>(a + i - 8);
    const y = load<u64>(b + i - 8);
    if (x != y) return x < y;
  }
  return false;
}

/** out = a - b modulo 2^(8 bytes). `out` may equal an operand. */
export function subtract(out: usize, a: usize, b: usize, bytes: usize): void {
  let borrow: u64 = 0;
  for (let i: usize = 0; i < bytes; i += 8) {
    const x = load<u64>(a + i);
    const y = load<u64>(b + i);
    const difference = x - y;
    store<u64>(out + i, difference - borrow);
    borrow = u64(x < y) | u64(difference < borrow);
  }
}

/** out = a << shift for a shift below 64; returns the digit that moves out. `out` may equal `a`. */
export function shiftLeft(out: usize, a: usize, bytes: usize, shift: u64): u64 {
  let below: u64 = 0;
  for (let i: usize = 0; i < bytes; i += 8) {
    const digit = load<u64>(a + i);
    store<u64>(out + i, (digit << shift) | below);
    below = (digit >> 1) >> (63 - shift);
  }
  return below;
}

/** out = a >> shift for a shift below 64. `out` may equal `a`. */
export function shiftRight(out: usize, a: usize, bytes: usize, shift: u64): void {
  let above: u64 = 0;
  for (let i = bytes; i > 0; i -= 8) {
    const digit = load<u64>(a + i - 8);
    store<u64>(out + i - 8, (digit >> shift) | ((above << 1) << (63 - shift)));
    above = digit;
  }
}

/**
 * out += a * factor over `bytes`; returns the digit that is carried out. `out` may equal `a`.
 *
 * PERF: the innermost loop of every modular exponentiation. The product does not wait for the
 * carry, which costs three operations in sequence; folding both sums into the four 32-bit products
 * takes fewer operations, but nine in sequence, and is 10 % slower.
 */
export function addProduct(out: usize, a: usize, bytes: usize, factor: u64): u64 {
  let carry: u64 = 0;
  for (let i: usize = 0; i < bytes; i += 8) {
    const digit = load<u64>(a + i);
    const low = digit * factor;
    const sum = load<u64>(out + i) + low;
    const total = sum + carry;
    carry = mulhi64(digit, factor) + u64(sum < low) + u64(total < carry);
    store<u64>(out + i, total);
  }
  return carry;
}

/** The 2 * `bytes` at `out` = a * b. `out` must not overlap an operand. */
export function multiply(out: usize, a: usize, b: usize, bytes: usize): void {
  memory.fill(out, 0, bytes << 1);
  for (let i: usize = 0; i < bytes; i += 8) {
    store<u64>(out + i + bytes, addProduct(out + i, a, bytes, load<u64>(b + i)));
  }
}

/** The 2 * `bytes` at `out` = a * a: half the products of {@link multiply}. */
export function square(out: usize, a: usize, bytes: usize): void {
  // Products of different digits, twice their sum, then the squares of the digits.
  memory.fill(out, 0, bytes << 1);
  for (let i: usize = 0; i + 8 < bytes; i += 8) {
    const row = out + (i << 1) + 8;
    store<u64>(out + i + bytes, addProduct(row, a + i + 8, bytes - i - 8, load<u64>(a + i)));
  }
  shiftLeft(out, out, bytes << 1, 1);
  let carry: u64 = 0;
  for (let i: usize = 0; i < bytes; i += 8) {
    const digit = load<u64>(a + i);
    const at = out + (i << 1);
    const low = digit * digit;
    const sum = load<u64>(at) + low;
    const total = sum + carry;
    carry = u64(sum < low) | u64(total < carry);
    store<u64>(at, total);
    const high = mulhi64(digit, digit) + carry;
    const upper = load<u64>(at, 8) + high;
    carry = u64(upper < high);
    store<u64>(at, upper, 8);
  }
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

/**
 * What {@link divide} needs beside the divisor, whose highest bit must be one: the reciprocal of
 * its highest digit if it has only one, floor((2^128-1) / d1) - 2^64, else that of its two highest,
 * floor((2^192-1) / (d1:d0)) - 2^64.
 */
export function reciprocalOf(divisor: usize, bytes: usize): u64 {
  const d1 = load<u64>(divisor + bytes - 8);
  let v = divide128by64(~d1, u64.MAX_VALUE, d1);
  if (bytes == 8) return v;
  const d0 = load<u64>(divisor + bytes - 16);
  let p = d1 * v + d0;
  if (p < d0) {
    v--;
    if (p >= d1) {
      v--;
      p -= d1;
    }
    p -= d1;
  }
  const low = v * d0;
  const high = mulhi64(v, d0);
  p += high;
  if (p < high) {
    v--;
    if (p > d1 || (p == d1 && low >= d0)) v--;
  }
  return v;
}

/**
 * Divides the `bytes` + 8 bytes at `dividend` by the divisor, whose highest bit is one; the
 * dividend's highest digit must be below the divisor's. The remainder takes the place of the
 * dividend's lower digits.
 *
 * @param quotient place of the quotient's digits, or 0 when nobody wants them. Digits that are zero
 *   need not be written: it must be cleared before
 * @param reciprocal from {@link reciprocalOf}
 */
export function divide(
  quotient: usize,
  dividend: usize,
  bytes: usize,
  divisor: usize,
  divisorBytes: usize,
  reciprocal: u64,
): void {
  const d1 = load<u64>(divisor + divisorBytes - 8);
  if (divisorBytes == 8) return divideByDigit(quotient, dividend, bytes, d1, reciprocal);
  const d0 = load<u64>(divisor + divisorBytes - 16);
  const inner = divisorBytes - 16;

  for (let at = <isize>(bytes - divisorBytes); at >= 0; at -= 8) {
    // u2:u1:u0 are the three uppermost digits of what is left.
    const window = dividend + <usize>at;
    const top = window + inner;
    const u2 = load<u64>(top, 16);
    const u1 = load<u64>(top, 8);
    const u0 = load<u64>(top);
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
      r0 = u0 - tLow;
      r1 = r1 - mulhi64(d0, q) - u64(u0 < tLow) - d1 - u64(r0 < d0);
      r0 -= d0;
      q++;
      if (r1 >= qLow) {
        q--;
        r0 += d0;
        r1 += d1 + u64(r0 < d0);
      }
      if (r1 > d1 || (r1 == d1 && r0 >= d0)) {
        q++;
        r1 = r1 - d1 - u64(r0 < d0);
        r0 -= d0;
      }
    }

    if (inner != 0) {
      // Subtract q times the divisor's lower digits; what that borrows comes out of r2:r1:r0.
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
        // One too many: add the divisor back.
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
    store<u64>(top, r0);
    store<u64>(top, r1, 8);
    store<u64>(top, 0, 16);
    if (quotient != 0) store<u64>(quotient + <usize>at, q);
  }
}

function divideByDigit(quotient: usize, dividend: usize, bytes: usize, divisor: u64, reciprocal: u64): void {
  let rest = load<u64>(dividend + bytes);
  for (let at = bytes; at > 0; at -= 8) {
    const u0 = load<u64>(dividend + at - 8);
    let qLow = reciprocal * rest;
    let q = mulhi64(reciprocal, rest) + rest + 1;
    qLow += u0;
    q += u64(qLow < u0);
    rest = u0 - q * divisor;
    if (rest > qLow) {
      q--;
      rest += divisor;
    }
    if (rest >= divisor) {
      q++;
      rest -= divisor;
    }
    if (quotient != 0) store<u64>(quotient + at - 8, q);
  }
  store<u64>(dividend, rest);
}
