// Arithmetic modulo an odd prime of 381 bits, in Montgomery's form: x stands for x / 2^406. Elements
// are six little-endian u64 limbs, always below the modulus. `out` may equal an operand.
//
// A field is a pointer to constants:
//    0  modulus                           48  2^812 mod p      96  2^406 mod p, the one
//  144  modulus in 14 digits of 29 bits, u32 each             200  -1 / p mod 2^29, u32
import { bswap64 } from '../intrinsics';
import { isBelow } from '../limbs';

const BYTES: usize = 48;
const R_SQUARED: usize = 48;
const ONE: usize = 96;
const MODULUS_DIGITS: usize = 144;
const NEGATED_INVERSE: usize = 200;

/** Mask of a digit of 29 bits. */
const DIGIT: u64 = 0x1fffffff;

/** Pointer to the field's one. */
@inline
export function one(field: usize): usize {
  return field + ONE;
}

@inline
export function copy(out: usize, a: usize): void {
  for (let i: usize = 0; i < BYTES; i += 8) store<u64>(out + i, load<u64>(a + i));
}

@inline
export function setZero(out: usize): void {
  for (let i: usize = 0; i < BYTES; i += 8) store<u64>(out + i, 0);
}

/**
 * out = a * b / 2^406.
 *
 * PERF: 392 products of 29-bit digits, which are summed up in 64 bits without a carry: at most 28 of
 * them, below 2^63.
 */
export function mul(out: usize, a: usize, b: usize, field: usize): void {
  const l0 = load<u64>(a);
  const l1 = load<u64>(a, 8);
  const l2 = load<u64>(a, 16);
  const l3 = load<u64>(a, 24);
  const l4 = load<u64>(a, 32);
  const l5 = load<u64>(a, 40);
  const a0 = l0 & DIGIT;
  const a1 = (l0 >> 29) & DIGIT;
  const a2 = ((l0 >> 58) | (l1 << 6)) & DIGIT;
  const a3 = (l1 >> 23) & DIGIT;
  const a4 = ((l1 >> 52) | (l2 << 12)) & DIGIT;
  const a5 = (l2 >> 17) & DIGIT;
  const a6 = ((l2 >> 46) | (l3 << 18)) & DIGIT;
  const a7 = (l3 >> 11) & DIGIT;
  const a8 = ((l3 >> 40) | (l4 << 24)) & DIGIT;
  const a9 = (l4 >> 5) & DIGIT;
  const a10 = (l4 >> 34) & DIGIT;
  const a11 = ((l4 >> 63) | (l5 << 1)) & DIGIT;
  const a12 = (l5 >> 28) & DIGIT;
  const a13 = (l5 >> 57) & DIGIT;
  const p = field + MODULUS_DIGITS;
  const negatedInverse = <u64>load<u32>(field, NEGATED_INVERSE);
  let t0: u64 = 0;
  let t1: u64 = 0;
  let t2: u64 = 0;
  let t3: u64 = 0;
  let t4: u64 = 0;
  let t5: u64 = 0;
  let t6: u64 = 0;
  let t7: u64 = 0;
  let t8: u64 = 0;
  let t9: u64 = 0;
  let t10: u64 = 0;
  let t11: u64 = 0;
  let t12: u64 = 0;
  for (let bit: usize = 0; bit < 406; bit += 29) {
    // Digit of b: inside the 64 bits from the 32-bit word it begins in, the last ones from the sixth limb.
    const word = min<usize>((bit >> 5) << 2, 40);
    const x = (load<u64>(b + word) >> (bit - (word << 3))) & DIGIT;
    t0 += a0 * x;
    const m = (t0 * negatedInverse) & DIGIT;
    t0 = t1 + a1 * x + m * <u64>load<u32>(p, 4) + ((t0 + m * <u64>load<u32>(p)) >> 29);
    t1 = t2 + a2 * x + m * <u64>load<u32>(p, 8);
    t2 = t3 + a3 * x + m * <u64>load<u32>(p, 12);
    t3 = t4 + a4 * x + m * <u64>load<u32>(p, 16);
    t4 = t5 + a5 * x + m * <u64>load<u32>(p, 20);
    t5 = t6 + a6 * x + m * <u64>load<u32>(p, 24);
    t6 = t7 + a7 * x + m * <u64>load<u32>(p, 28);
    t7 = t8 + a8 * x + m * <u64>load<u32>(p, 32);
    t8 = t9 + a9 * x + m * <u64>load<u32>(p, 36);
    t9 = t10 + a10 * x + m * <u64>load<u32>(p, 40);
    t10 = t11 + a11 * x + m * <u64>load<u32>(p, 44);
    t11 = t12 + a12 * x + m * <u64>load<u32>(p, 48);
    t12 = a13 * x + m * <u64>load<u32>(p, 52);
  }

  t1 += t0 >> 29;
  t2 += t1 >> 29;
  t3 += t2 >> 29;
  t4 += t3 >> 29;
  t5 += t4 >> 29;
  t6 += t5 >> 29;
  t7 += t6 >> 29;
  t8 += t7 >> 29;
  t9 += t8 >> 29;
  t10 += t9 >> 29;
  t11 += t10 >> 29;
  t12 += t11 >> 29;

  // Below 2p, which has 382 bits.
  t0 &= DIGIT;
  t1 &= DIGIT;
  t2 &= DIGIT;
  t3 &= DIGIT;
  t4 &= DIGIT;
  t5 &= DIGIT;
  t6 &= DIGIT;
  t7 &= DIGIT;
  t8 &= DIGIT;
  t9 &= DIGIT;
  t10 &= DIGIT;
  t11 &= DIGIT;
  reduceOnce(out, t0 | (t1 << 29) | (t2 << 58), (t2 >> 6) | (t3 << 23) | (t4 << 52), (t4 >> 12) | (t5 << 17) | (t6 << 46), (t6 >> 18) | (t7 << 11) | (t8 << 40), (t8 >> 24) | (t9 << 5) | (t10 << 34) | (t11 << 63), (t11 >> 1) | (t12 << 28), field);
}

/** out = a * a. */
@inline
export function square(out: usize, a: usize, field: usize): void {
  mul(out, a, a, field);
}

/** out = t mod p for t below 2p. */
@inline
function reduceOnce(out: usize, t0: u64, t1: u64, t2: u64, t3: u64, t4: u64, t5: u64, field: usize): void {
  const p0 = load<u64>(field);
  const p1 = load<u64>(field, 8);
  const p2 = load<u64>(field, 16);
  const p3 = load<u64>(field, 24);
  const p4 = load<u64>(field, 32);
  const p5 = load<u64>(field, 40);
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
  const e4 = t4 - p4;
  const d4 = e4 - borrow;
  borrow = u64(t4 < p4) | u64(e4 < borrow);
  const e5 = t5 - p5;
  const d5 = e5 - borrow;
  borrow = u64(t5 < p5) | u64(e5 < borrow);
  // Without branches: which way it goes is random.
  const keep = borrow != 0;
  store<u64>(out, select<u64>(t0, d0, keep));
  store<u64>(out, select<u64>(t1, d1, keep), 8);
  store<u64>(out, select<u64>(t2, d2, keep), 16);
  store<u64>(out, select<u64>(t3, d3, keep), 24);
  store<u64>(out, select<u64>(t4, d4, keep), 32);
  store<u64>(out, select<u64>(t5, d5, keep), 40);
}

/** out = a + b. */
export function add(out: usize, a: usize, b: usize, field: usize): void {
  const a0 = load<u64>(a);
  const s0 = a0 + load<u64>(b);
  let carry = u64(s0 < a0);
  const a1 = load<u64>(a, 8);
  const r1 = a1 + load<u64>(b, 8);
  const s1 = r1 + carry;
  carry = u64(r1 < a1) | u64(s1 < carry);
  const a2 = load<u64>(a, 16);
  const r2 = a2 + load<u64>(b, 16);
  const s2 = r2 + carry;
  carry = u64(r2 < a2) | u64(s2 < carry);
  const a3 = load<u64>(a, 24);
  const r3 = a3 + load<u64>(b, 24);
  const s3 = r3 + carry;
  carry = u64(r3 < a3) | u64(s3 < carry);
  const a4 = load<u64>(a, 32);
  const r4 = a4 + load<u64>(b, 32);
  const s4 = r4 + carry;
  carry = u64(r4 < a4) | u64(s4 < carry);
  const s5 = load<u64>(a, 40) + load<u64>(b, 40) + carry;
  reduceOnce(out, s0, s1, s2, s3, s4, s5, field);
}

/** out = a - b. */
export function sub(out: usize, a: usize, b: usize, field: usize): void {
  const a0 = load<u64>(a);
  const b0 = load<u64>(b);
  const a1 = load<u64>(a, 8);
  const b1 = load<u64>(b, 8);
  const a2 = load<u64>(a, 16);
  const b2 = load<u64>(b, 16);
  const a3 = load<u64>(a, 24);
  const b3 = load<u64>(b, 24);
  const a4 = load<u64>(a, 32);
  const b4 = load<u64>(b, 32);
  const a5 = load<u64>(a, 40);
  const b5 = load<u64>(b, 40);
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
  const e4 = a4 - b4;
  const d4 = e4 - borrow;
  borrow = u64(a4 < b4) | u64(e4 < borrow);
  const e5 = a5 - b5;
  const d5 = e5 - borrow;
  borrow = u64(a5 < b5) | u64(e5 < borrow);

  // Add p back where it went below zero.
  const mask = 0 - borrow;
  const s0 = d0 + (load<u64>(field) & mask);
  let carry = u64(s0 < d0);
  store<u64>(out, s0);
  const r1 = d1 + (load<u64>(field, 8) & mask);
  const s1 = r1 + carry;
  carry = u64(r1 < d1) | u64(s1 < carry);
  store<u64>(out, s1, 8);
  const r2 = d2 + (load<u64>(field, 16) & mask);
  const s2 = r2 + carry;
  carry = u64(r2 < d2) | u64(s2 < carry);
  store<u64>(out, s2, 16);
  const r3 = d3 + (load<u64>(field, 24) & mask);
  const s3 = r3 + carry;
  carry = u64(r3 < d3) | u64(s3 < carry);
  store<u64>(out, s3, 24);
  const r4 = d4 + (load<u64>(field, 32) & mask);
  const s4 = r4 + carry;
  carry = u64(r4 < d4) | u64(s4 < carry);
  store<u64>(out, s4, 32);
  store<u64>(out, d5 + (load<u64>(field, 40) & mask) + carry, 40);
}

/** out = a / 2. */
export function halve(out: usize, a: usize, field: usize): void {
  const mask = 0 - (load<u64>(a) & 1);
  let carry: u64 = 0;
  let below: u64 = 0;
  for (let i: usize = 0; i < BYTES; i += 8) {
    const digit = load<u64>(a + i);
    const sum = digit + (load<u64>(field + i) & mask);
    const total = sum + carry;
    carry = u64(sum < digit) | u64(total < carry);
    if (i != 0) store<u64>(out + i - 8, below | (total << 63));
    below = total >> 1;
  }
  store<u64>(out, below, 40);
}

@inline
export function isZero(a: usize): bool {
  return (
    (load<u64>(a) |
      load<u64>(a, 8) |
      load<u64>(a, 16) |
      load<u64>(a, 24) |
      load<u64>(a, 32) |
      load<u64>(a, 40)) ==
    0
  );
}

export function equals(a: usize, b: usize): bool {
  for (let i: usize = 0; i < BYTES; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
  return true;
}

/** Bytes of an element's encoding in EIP-2537: 16 zeros, then 48 bytes, big-endian. */
const ENCODED: usize = 64;

/** out = the element encoded at `source`; false, and nothing useful, when it is not below the modulus. */
export function readElement(out: usize, source: usize, field: usize): bool {
  if ((load<u64>(source) | load<u64>(source, 8)) != 0) return false;
  for (let i: usize = 0; i < BYTES; i += 8) {
    store<u64>(out + i, bswap64(load<u64>(source + ENCODED - 8 - i)));
  }
  if (!isBelow(out, field, BYTES)) return false;
  mul(out, out, field + R_SQUARED, field);
  return true;
}

/** The encoding of `a` to `target`. `scratch` of 96 bytes. */
export function writeElement(target: usize, a: usize, field: usize, scratch: usize): void {
  setZero(scratch);
  store<u64>(scratch, 1);
  mul(scratch, a, scratch, field);
  memory.fill(target, 0, ENCODED - BYTES);
  for (let i: usize = 0; i < BYTES; i += 8) {
    store<u64>(target + ENCODED - 8 - i, bswap64(load<u64>(scratch + i)));
  }
}
