// Bitwise operations and shifts with the EVM's meaning. `out` may equal any operand.
import { bitLength, copy, setLimbs, setU64, setZero, toU64Saturating } from './word';

/** out = a & b. */
@inline
export function and(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(out, v128.and(v128.load(a), v128.load(b)));
    v128.store(out, v128.and(v128.load(a, 16), v128.load(b, 16)), 16);
  } else {
    store<u64>(out, load<u64>(a) & load<u64>(b));
    store<u64>(out, load<u64>(a, 8) & load<u64>(b, 8), 8);
    store<u64>(out, load<u64>(a, 16) & load<u64>(b, 16), 16);
    store<u64>(out, load<u64>(a, 24) & load<u64>(b, 24), 24);
  }
}

/** out = a | b. */
@inline
export function or(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(out, v128.or(v128.load(a), v128.load(b)));
    v128.store(out, v128.or(v128.load(a, 16), v128.load(b, 16)), 16);
  } else {
    store<u64>(out, load<u64>(a) | load<u64>(b));
    store<u64>(out, load<u64>(a, 8) | load<u64>(b, 8), 8);
    store<u64>(out, load<u64>(a, 16) | load<u64>(b, 16), 16);
    store<u64>(out, load<u64>(a, 24) | load<u64>(b, 24), 24);
  }
}

/** out = a ^ b. */
@inline
export function xor(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(out, v128.xor(v128.load(a), v128.load(b)));
    v128.store(out, v128.xor(v128.load(a, 16), v128.load(b, 16)), 16);
  } else {
    store<u64>(out, load<u64>(a) ^ load<u64>(b));
    store<u64>(out, load<u64>(a, 8) ^ load<u64>(b, 8), 8);
    store<u64>(out, load<u64>(a, 16) ^ load<u64>(b, 16), 16);
    store<u64>(out, load<u64>(a, 24) ^ load<u64>(b, 24), 24);
  }
}

/** out = ~a. */
@inline
export function not(out: usize, a: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(out, v128.not(v128.load(a)));
    v128.store(out, v128.not(v128.load(a, 16)), 16);
  } else {
    store<u64>(out, ~load<u64>(a));
    store<u64>(out, ~load<u64>(a, 8), 8);
    store<u64>(out, ~load<u64>(a, 16), 16);
    store<u64>(out, ~load<u64>(a, 24), 24);
  }
}

/** out = value << shift for a shift below 256. */
export function shlBy(out: usize, value: usize, shift: u32): void {
  let v0 = load<u64>(value);
  let v1 = load<u64>(value, 8);
  let v2 = load<u64>(value, 16);
  let v3 = load<u64>(value, 24);
  if (shift & 128) {
    v3 = v1;
    v2 = v0;
    v1 = 0;
    v0 = 0;
  }
  if (shift & 64) {
    v3 = v2;
    v2 = v1;
    v1 = v0;
    v0 = 0;
  }
  const bits = <u64>(shift & 63);
  if (bits != 0) {
    const back = 64 - bits;
    v3 = (v3 << bits) | (v2 >> back);
    v2 = (v2 << bits) | (v1 >> back);
    v1 = (v1 << bits) | (v0 >> back);
    v0 = v0 << bits;
  }
  setLimbs(out, v0, v1, v2, v3);
}

/** out = value >> shift for a shift below 256, filled from above with copies of `fill`: 0 or 2^64-1. */
@inline
function shiftRight(out: usize, value: usize, shift: u32, fill: u64): void {
  let v0 = load<u64>(value);
  let v1 = load<u64>(value, 8);
  let v2 = load<u64>(value, 16);
  let v3 = load<u64>(value, 24);
  if (shift & 128) {
    v0 = v2;
    v1 = v3;
    v2 = fill;
    v3 = fill;
  }
  if (shift & 64) {
    v0 = v1;
    v1 = v2;
    v2 = v3;
    v3 = fill;
  }
  const bits = <u64>(shift & 63);
  if (bits != 0) {
    const back = 64 - bits;
    v0 = (v0 >> bits) | (v1 << back);
    v1 = (v1 >> bits) | (v2 << back);
    v2 = (v2 >> bits) | (v3 << back);
    v3 = (v3 >> bits) | (fill << back);
  }
  setLimbs(out, v0, v1, v2, v3);
}

/** out = value >> shift, logical, for a shift below 256. */
export function shrBy(out: usize, value: usize, shift: u32): void {
  shiftRight(out, value, shift, 0);
}

/** out = value >> shift, arithmetic, for a shift below 256. */
export function sarBy(out: usize, value: usize, shift: u32): void {
  shiftRight(out, value, shift, <u64>(load<i64>(value, 24) >> 63));
}

/** out = value << word at `shift`; 0 from 256 on. */
@inline
export function shl(out: usize, shift: usize, value: usize): void {
  const count = toU64Saturating(shift);
  if (count > 255) setZero(out);
  else shlBy(out, value, <u32>count);
}

/** out = value >> word at `shift`, logical; 0 from 256 on. */
@inline
export function shr(out: usize, shift: usize, value: usize): void {
  const count = toU64Saturating(shift);
  if (count > 255) setZero(out);
  else shrBy(out, value, <u32>count);
}

/** out = value >> word at `shift`, arithmetic; only sign bits from 256 on. */
@inline
export function sar(out: usize, shift: usize, value: usize): void {
  const count = toU64Saturating(shift);
  if (count > 255) {
    const sign = <u64>(load<i64>(value, 24) >> 63);
    setLimbs(out, sign, sign, sign, sign);
  } else {
    sarBy(out, value, <u32>count);
  }
}

/** out = byte number `index` of `value`, counted from the most significant; 0 from 32 on. */
@inline
export function byte(out: usize, index: usize, value: usize): void {
  const i = toU64Saturating(index);
  setU64(out, i > 31 ? 0 : <u64>load<u8>(value + 31 - <usize>i));
}

/** out = `value` with the sign bit of byte `index`, counted from the least significant, copied upwards. */
export function signextend(out: usize, index: usize, value: usize): void {
  const i = toU64Saturating(index);
  if (i > 30) {
    copy(out, value);
    return;
  }
  const at = <usize>i & 24;
  const shift = 56 - ((i & 7) << 3);
  const limb = <i64>(load<u64>(value + at) << shift) >> shift;
  const sign = <u64>(limb >> 63);
  copy(out, value);
  store<i64>(out + at, limb);
  for (let above = at + 8; above < 32; above += 8) store<u64>(out + above, sign);
}

/** out = number of leading zero bits; 256 for zero (EIP-7939). */
@inline
export function countLeadingZeros(out: usize, value: usize): void {
  setU64(out, <u64>(256 - bitLength(value)));
}
