// Arithmetic modulo an odd prime of 254 to 256 bits, in Montgomery's form: x stands for x / 2^261.
// Elements are four little-endian u64 limbs, always below the modulus. `out` may equal an operand.
//
// A field is a pointer to constants:
//    0  modulus                          32  2^522 mod p      64  2^261 mod p, the one
//   96  modulus in 9 digits of 29 bits, u32 each             132  -1 / p mod 2^29, u32
import { lt } from '../u256/compare';
import { fromBE, setLimbs, toBE } from '../u256/word';

/** Bytes of an element. */
export const ELEMENT: usize = 32;

const R_SQUARED: usize = 32;
const ONE: usize = 64;
const MODULUS_DIGITS: usize = 96;
const NEGATED_INVERSE: usize = 132;

/** Mask of a digit of 29 bits. */
const DIGIT: u64 = 0x1fffffff;

/** Pointer to the field's one. */
@inline
export function one(field: usize): usize {
  return field + ONE;
}

/**
 * out = a * b / 2^261.
 *
 * PERF: 162 products of 29-bit digits, which are summed up in 64 bits without a carry: at most 18
 * of them, below 2^63. On 64-bit limbs, without a wide product in WebAssembly, it takes twice as long.
 */
export function mul(out: usize, a: usize, b: usize, field: usize): void {
  const l0 = load<u64>(a);
  const l1 = load<u64>(a, 8);
  const l2 = load<u64>(a, 16);
  const l3 = load<u64>(a, 24);
  const a0 = l0 & DIGIT;
  const a1 = (l0 >> 29) & DIGIT;
  const a2 = ((l0 >> 58) | (l1 << 6)) & DIGIT;
  const a3 = (l1 >> 23) & DIGIT;
  const a4 = ((l1 >> 52) | (l2 << 12)) & DIGIT;
  const a5 = (l2 >> 17) & DIGIT;
  const a6 = ((l2 >> 46) | (l3 << 18)) & DIGIT;
  const a7 = (l3 >> 11) & DIGIT;
  const a8 = l3 >> 40;
  const p0 = <u64>load<u32>(field, MODULUS_DIGITS);
  const p1 = <u64>load<u32>(field, MODULUS_DIGITS + 4);
  const p2 = <u64>load<u32>(field, MODULUS_DIGITS + 8);
  const p3 = <u64>load<u32>(field, MODULUS_DIGITS + 12);
  const p4 = <u64>load<u32>(field, MODULUS_DIGITS + 16);
  const p5 = <u64>load<u32>(field, MODULUS_DIGITS + 20);
  const p6 = <u64>load<u32>(field, MODULUS_DIGITS + 24);
  const p7 = <u64>load<u32>(field, MODULUS_DIGITS + 28);
  const p8 = <u64>load<u32>(field, MODULUS_DIGITS + 32);
  const negatedInverse = <u64>load<u32>(field, NEGATED_INVERSE);
  let t0: u64 = 0;
  let t1: u64 = 0;
  let t2: u64 = 0;
  let t3: u64 = 0;
  let t4: u64 = 0;
  let t5: u64 = 0;
  let t6: u64 = 0;
  let t7: u64 = 0;
  for (let bit: usize = 0; bit < 261; bit += 29) {
    // Digit of b: inside the 64 bits from the 32-bit word it begins in, the last ones from the third limb.
    const word = min<usize>((bit >> 5) << 2, 24);
    const x = (load<u64>(b + word) >> (bit - (word << 3))) & DIGIT;
    t0 += a0 * x;
    const m = (t0 * negatedInverse) & DIGIT;
    t0 = t1 + a1 * x + m * p1 + ((t0 + m * p0) >> 29);
    t1 = t2 + a2 * x + m * p2;
    t2 = t3 + a3 * x + m * p3;
    t3 = t4 + a4 * x + m * p4;
    t4 = t5 + a5 * x + m * p5;
    t5 = t6 + a6 * x + m * p6;
    t6 = t7 + a7 * x + m * p7;
    t7 = a8 * x + m * p8;
  }

  t1 += t0 >> 29;
  t2 += t1 >> 29;
  t3 += t2 >> 29;
  t4 += t3 >> 29;
  t5 += t4 >> 29;
  t6 += t5 >> 29;
  t7 += t6 >> 29;
  const t8 = t7 >> 29;

  const d2 = t2 & DIGIT;
  const d4 = t4 & DIGIT;
  const d6 = t6 & DIGIT;
  reduceOnce(
    out,
    (t0 & DIGIT) | ((t1 & DIGIT) << 29) | (d2 << 58),
    (d2 >> 6) | ((t3 & DIGIT) << 23) | (d4 << 52),
    (d4 >> 12) | ((t5 & DIGIT) << 17) | (d6 << 46),
    (d6 >> 18) | ((t7 & DIGIT) << 11) | (t8 << 40),
    t8 >> 24,
    field,
  );
}

/** out = a * a. */
@inline
export function square(out: usize, a: usize, field: usize): void {
  mul(out, a, a, field);
}

/** out = t mod p for t below 2p, `t4` being bit 256. */
@inline
function reduceOnce(out: usize, t0: u64, t1: u64, t2: u64, t3: u64, t4: u64, field: usize): void {
  const p0 = load<u64>(field);
  const p1 = load<u64>(field, 8);
  const p2 = load<u64>(field, 16);
  const p3 = load<u64>(field, 24);
  const d0 = t0 - p0;
  let borrow = u64(t0 < p0);
  const e1 = t1 - p1;
  const d1 = e1 - borrow;
  borrow = u64(t1 < p1) | u64(e1 < borrow);
  const e2 = t2 - p2;
  const d2 = e2 - borrow;
  borrow = u64(t2 < p2) | u64(e2 < borrow);
  const e3 = t3 - p3;
  const d3 = e3 - borrow;
  borrow = u64(t3 < p3) | u64(e3 < borrow);
  // Without branches: which way it goes is random.
  const keep = t4 < borrow;
  setLimbs(
    out,
    select<u64>(t0, d0, keep),
    select<u64>(t1, d1, keep),
    select<u64>(t2, d2, keep),
    select<u64>(t3, d3, keep),
  );
}

/** out = a + b. */
export function add(out: usize, a: usize, b: usize, field: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  const s0 = a0 + load<u64>(b);
  let carry = u64(s0 < a0);
  const r1 = a1 + load<u64>(b, 8);
  const s1 = r1 + carry;
  carry = u64(r1 < a1) | u64(s1 < carry);
  const r2 = a2 + load<u64>(b, 16);
  const s2 = r2 + carry;
  carry = u64(r2 < a2) | u64(s2 < carry);
  const r3 = a3 + load<u64>(b, 24);
  const s3 = r3 + carry;
  carry = u64(r3 < a3) | u64(s3 < carry);
  reduceOnce(out, s0, s1, s2, s3, carry, field);
}

/** out = a - b. */
export function sub(out: usize, a: usize, b: usize, field: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  const b0 = load<u64>(b);
  const b1 = load<u64>(b, 8);
  const b2 = load<u64>(b, 16);
  const b3 = load<u64>(b, 24);
  const d0 = a0 - b0;
  let borrow = u64(a0 < b0);
  const e1 = a1 - b1;
  const d1 = e1 - borrow;
  borrow = u64(a1 < b1) | u64(e1 < borrow);
  const e2 = a2 - b2;
  const d2 = e2 - borrow;
  borrow = u64(a2 < b2) | u64(e2 < borrow);
  const e3 = a3 - b3;
  const d3 = e3 - borrow;
  borrow = u64(a3 < b3) | u64(e3 < borrow);

  // Add p back where it went below zero.
  const mask = 0 - borrow;
  const p1 = load<u64>(field, 8) & mask;
  const p2 = load<u64>(field, 16) & mask;
  const s0 = d0 + (load<u64>(field) & mask);
  let carry = u64(s0 < d0);
  const r1 = d1 + p1;
  const s1 = r1 + carry;
  carry = u64(r1 < d1) | u64(s1 < carry);
  const r2 = d2 + p2;
  const s2 = r2 + carry;
  carry = u64(r2 < d2) | u64(s2 < carry);
  setLimbs(out, s0, s1, s2, d3 + (load<u64>(field, 24) & mask) + carry);
}

/** out = 2a. */
@inline
export function double(out: usize, a: usize, field: usize): void {
  add(out, a, a, field);
}

/** out = a / 2. */
export function halve(out: usize, a: usize, field: usize): void {
  const a0 = load<u64>(a);
  const mask = 0 - (a0 & 1);
  const p1 = load<u64>(field, 8) & mask;
  const p2 = load<u64>(field, 16) & mask;
  const p3 = load<u64>(field, 24) & mask;
  const s0 = a0 + (load<u64>(field) & mask);
  let carry = u64(s0 < a0);
  const r1 = load<u64>(a, 8) + p1;
  const s1 = r1 + carry;
  carry = u64(r1 < p1) | u64(s1 < carry);
  const r2 = load<u64>(a, 16) + p2;
  const s2 = r2 + carry;
  carry = u64(r2 < p2) | u64(s2 < carry);
  const r3 = load<u64>(a, 24) + p3;
  const s3 = r3 + carry;
  carry = u64(r3 < p3) | u64(s3 < carry);
  setLimbs(
    out,
    (s0 >> 1) | (s1 << 63),
    (s1 >> 1) | (s2 << 63),
    (s2 >> 1) | (s3 << 63),
    (s3 >> 1) | (carry << 63),
  );
}

@inline
export function isZero(a: usize): bool {
  return (load<u64>(a) | load<u64>(a, 8) | load<u64>(a, 16) | load<u64>(a, 24)) == 0;
}

@inline
export function equals(a: usize, b: usize): bool {
  return (
    ((load<u64>(a) ^ load<u64>(b)) |
      (load<u64>(a, 8) ^ load<u64>(b, 8)) |
      (load<u64>(a, 16) ^ load<u64>(b, 16)) |
      (load<u64>(a, 24) ^ load<u64>(b, 24))) ==
    0
  );
}

/** Into Montgomery's form, from any word: one above the modulus is reduced. */
@inline
export function enter(out: usize, a: usize, field: usize): void {
  mul(out, a, field + R_SQUARED, field);
}

/** Out of Montgomery's form. */
export function leave(out: usize, a: usize, field: usize, scratch: usize): void {
  setLimbs(scratch, 1, 0, 0, 0);
  mul(out, a, scratch, field);
}

/** out = the 32 big-endian bytes at `source`; false, and nothing useful, when not below the modulus. */
export function readElement(out: usize, source: usize, field: usize): bool {
  fromBE(out, source);
  if (!lt(out, field)) return false;
  enter(out, out, field);
  return true;
}

/** The 32 big-endian bytes of `a` to `target`. */
export function writeElement(target: usize, a: usize, field: usize, scratch: usize): void {
  leave(scratch + 32, a, field, scratch);
  toBE(target, scratch + 32);
}
