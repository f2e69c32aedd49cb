// Arithmetic modulo p = 2^255 - 19, the field of edwards25519 (RFC 8032, section 5.1), one element at a
// time: for roots, inverses and encodings. `lanes.ts` does four at a time.
//
// An element is nine digits of 29 bits, u32 each, least significant first. Digits are *loose*: up to
// 2^29 + 2^16, the uppermost up to 2^23 + 2^3, so that sums need no carry from end to end; an element
// below 2p stands for itself modulo p. `out` may equal an operand everywhere.
import { inverseBySteps } from '../curves/divsteps';
import { setLimbs } from '../u256/word';

/** Bytes of an element. */
export const ELEMENT: usize = 36;

export const BITS: u64 = 29;
export const DIGIT: u64 = 0x1fffffff;
/** The uppermost digit ends at bit 255. */
export const TOP: u64 = 0x7fffff;
/** 2^261 modulo p. */
const FOLD: u64 = 1216;

/** The lowest digit of p; the others are DIGIT and TOP. */
const P0: u64 = 0x1fffffed;

/** p in nine digits of 30 bits, then 1 / p mod 2^30. */
const MODULUS: usize = memory.data<u32>([
  0x3fffffed, 0x3fffffff, 0x3fffffff, 0x3fffffff, 0x3fffffff, 0x3fffffff, 0x3fffffff, 0x3fffffff, 0x00007fff,
  0x179435e5,
]);

const STEPS: usize = memory.data(160);
const WORDS: usize = memory.data(32);
const T: usize = memory.data(36);
const U: usize = memory.data(36);

/** out = digits + excess * 2^255, for digits of at most 29 bits (the last one 23) and excess < 2^41. */
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
  // 2^255 = 19
  const s0 = r0 + excess * 19;
  store<u32>(out, <u32>(s0 & DIGIT));
  store<u32>(out, <u32>(r1 + (s0 >> 29)), 4);
  store<u32>(out, <u32>r2, 8);
  store<u32>(out, <u32>r3, 12);
  store<u32>(out, <u32>r4, 16);
  store<u32>(out, <u32>r5, 20);
  store<u32>(out, <u32>r6, 24);
  store<u32>(out, <u32>r7, 28);
  store<u32>(out, <u32>r8, 32);
}

/** out = a * b. */
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
  t = (t >> 29) + a0 * b1 + a1 * b0 + h1 * FOLD;
  const r1 = t & DIGIT;
  t = (t >> 29) + a0 * b2 + a1 * b1 + a2 * b0 + h2 * FOLD;
  const r2 = t & DIGIT;
  t = (t >> 29) + a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + h3 * FOLD;
  const r3 = t & DIGIT;
  t = (t >> 29) + a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + h4 * FOLD;
  const r4 = t & DIGIT;
  t = (t >> 29) + a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + h5 * FOLD;
  const r5 = t & DIGIT;
  t = (t >> 29) + a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + h6 * FOLD;
  const r6 = t & DIGIT;
  t = (t >> 29) + a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 + h7 * FOLD;
  const r7 = t & DIGIT;
  t = (t >> 29) + a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0 + h8 * FOLD;
  const r8 = t & TOP;
  storeFolded(out, r0, r1, r2, r3, r4, r5, r6, r7, r8, t >> 23);
}

/** out = a * a. */
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
  t = (t >> 29) + d0 * a1 + h1 * FOLD;
  const r1 = t & DIGIT;
  t = (t >> 29) + d0 * a2 + a1 * a1 + h2 * FOLD;
  const r2 = t & DIGIT;
  t = (t >> 29) + d0 * a3 + d1 * a2 + h3 * FOLD;
  const r3 = t & DIGIT;
  t = (t >> 29) + d0 * a4 + d1 * a3 + a2 * a2 + h4 * FOLD;
  const r4 = t & DIGIT;
  t = (t >> 29) + d0 * a5 + d1 * a4 + d2 * a3 + h5 * FOLD;
  const r5 = t & DIGIT;
  t = (t >> 29) + d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3 + h6 * FOLD;
  const r6 = t & DIGIT;
  t = (t >> 29) + d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4 + h7 * FOLD;
  const r7 = t & DIGIT;
  t = (t >> 29) + d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4 + h8 * FOLD;
  const r8 = t & TOP;
  storeFolded(out, r0, r1, r2, r3, r4, r5, r6, r7, r8, t >> 23);
}

/** out = a + b. */
export function add(out: usize, a: usize, b: usize): void {
  let carry: u64 = 0;
  for (let i: usize = 0; i < ELEMENT; i += 4) {
    carry += <u64>load<u32>(a + i) + <u64>load<u32>(b + i);
    store<u32>(out + i, <u32>(carry & DIGIT));
    carry >>= 29;
  }
  fold(out);
}

/** out = a - b. */
export function sub(out: usize, a: usize, b: usize): void {
  // Twice p makes every digit positive.
  let carry: u64 = 0;
  for (let i: usize = 0; i < ELEMENT; i += 4) {
    const p: u64 = i == 0 ? P0 : i == 32 ? TOP : DIGIT;
    carry += <u64>load<u32>(a + i) + 2 * p - <u64>load<u32>(b + i);
    store<u32>(out + i, <u32>(carry & DIGIT));
    carry >>= 29;
  }
  fold(out);
}

/** Takes what the uppermost digit has above bit 255 down to the lowest. */
@inline
function fold(a: usize): void {
  const top = <u64>load<u32>(a, 32);
  store<u32>(a, <u32>(top & TOP), 32);
  store<u32>(a, load<u32>(a) + 19 * <u32>(top >> 23));
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
  // An element below 2p is p or above exactly when adding 19 passes 2^255.
  let carry: u64 = 19;
  for (let i: usize = 0; i < 32; i += 4) carry = (carry + <u64>load<u32>(a + i)) >> 29;
  carry = 19 * ((carry + <u64>load<u32>(a, 32)) >> 23);
  for (let i: usize = 0; i < 32; i += 4) {
    carry += <u64>load<u32>(a + i);
    store<u32>(a + i, <u32>(carry & DIGIT));
    carry >>= 29;
  }
  store<u32>(a, <u32>((carry + <u64>load<u32>(a, 32)) & TOP), 32);
}

/** Whether the element is 0. */
export function isZero(a: usize): bool {
  copy(T, a);
  normalize(T);
  let digits: u32 = 0;
  for (let i: usize = 0; i < ELEMENT; i += 4) digits |= load<u32>(T + i);
  return digits == 0;
}

/** Whether two elements are the same. */
export function equals(a: usize, b: usize): bool {
  sub(U, a, b);
  return isZero(U);
}

/** Whether the element's one form below p is odd: the sign of RFC 8032. */
export function isNegative(a: usize): bool {
  copy(T, a);
  normalize(T);
  return (load<u32>(T) & 1) != 0;
}

/** out = -a. */
export function negate(out: usize, a: usize): void {
  setSmall(T, 0);
  sub(out, T, a);
}

/** out = the lowest 255 of 32 little-endian bytes' bits, which need not be below p. */
export function fromBytes(out: usize, bytes: usize): void {
  const l0 = load<u64>(bytes);
  const l1 = load<u64>(bytes, 8);
  const l2 = load<u64>(bytes, 16);
  const l3 = load<u64>(bytes, 24);
  store<u32>(out, <u32>(l0 & DIGIT));
  store<u32>(out, <u32>((l0 >> 29) & DIGIT), 4);
  store<u32>(out, <u32>(((l0 >> 58) | (l1 << 6)) & DIGIT), 8);
  store<u32>(out, <u32>((l1 >> 23) & DIGIT), 12);
  store<u32>(out, <u32>(((l1 >> 52) | (l2 << 12)) & DIGIT), 16);
  store<u32>(out, <u32>((l2 >> 17) & DIGIT), 20);
  store<u32>(out, <u32>(((l2 >> 46) | (l3 << 18)) & DIGIT), 24);
  store<u32>(out, <u32>((l3 >> 11) & DIGIT), 28);
  store<u32>(out, <u32>((l3 >> 40) & TOP), 32);
}

/** The 32 little-endian bytes of an element, which is normalized by that. */
export function toBytes(bytes: usize, a: usize): void {
  normalize(a);
  const d2 = <u64>load<u32>(a, 8);
  const d4 = <u64>load<u32>(a, 16);
  const d6 = <u64>load<u32>(a, 24);
  setLimbs(
    bytes,
    <u64>load<u32>(a) | (<u64>load<u32>(a, 4) << 29) | (d2 << 58),
    (d2 >> 6) | (<u64>load<u32>(a, 12) << 23) | (d4 << 52),
    (d4 >> 12) | (<u64>load<u32>(a, 20) << 17) | (d6 << 46),
    (d6 >> 18) | (<u64>load<u32>(a, 28) << 11) | (<u64>load<u32>(a, 32) << 40),
  );
}

/** out = 1 / a; 0 for 0. */
export function inverse(out: usize, a: usize): void {
  copy(T, a);
  toBytes(WORDS, T);
  inverseBySteps(WORDS, WORDS, MODULUS, STEPS);
  fromBytes(out, WORDS);
}
