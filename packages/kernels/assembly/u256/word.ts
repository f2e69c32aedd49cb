// 256-bit words: four little-endian u64 limbs at a pointer, least significant first. Pointers need
// no alignment. Here: moving words, conversions, tests for size.
import { bswap64 } from '../intrinsics';

/** Bytes of a word. */
export const WORD: usize = 32;

/** out = a. */
@inline
export function copy(out: usize, a: usize): void {
  if (ASC_FEATURE_SIMD) {
    const low = v128.load(a);
    const high = v128.load(a, 16);
    v128.store(out, low);
    v128.store(out, high, 16);
  } else {
    const a0 = load<u64>(a);
    const a1 = load<u64>(a, 8);
    const a2 = load<u64>(a, 16);
    const a3 = load<u64>(a, 24);
    setLimbs(out, a0, a1, a2, a3);
  }
}

/** Exchanges two words. */
@inline
export function swap(a: usize, b: usize): void {
  if (ASC_FEATURE_SIMD) {
    const low = v128.load(a);
    const high = v128.load(a, 16);
    v128.store(a, v128.load(b));
    v128.store(a, v128.load(b, 16), 16);
    v128.store(b, low);
    v128.store(b, high, 16);
  } else {
    for (let i: usize = 0; i < 32; i += 8) {
      const limb = load<u64>(a + i);
      store<u64>(a + i, load<u64>(b + i));
      store<u64>(b + i, limb);
    }
  }
}

@inline
export function setZero(out: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(out, i64x2.splat(0));
    v128.store(out, i64x2.splat(0), 16);
  } else {
    setLimbs(out, 0, 0, 0, 0);
  }
}

/** out = value. */
@inline
export function setU64(out: usize, value: u64): void {
  setLimbs(out, value, 0, 0, 0);
}

@inline
export function setLimbs(out: usize, l0: u64, l1: u64, l2: u64, l3: u64): void {
  store<u64>(out, l0);
  store<u64>(out, l1, 8);
  store<u64>(out, l2, 16);
  store<u64>(out, l3, 24);
}

/** out = the 32 big-endian bytes at `src`. `out` may equal `src`. */
@inline
export function fromBE(out: usize, src: usize): void {
  if (ASC_FEATURE_SIMD) {
    const high = v128.load(src);
    const low = v128.load(src, 16);
    v128.store(out, i8x16.shuffle(low, low, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    v128.store(out, i8x16.shuffle(high, high, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), 16);
  } else {
    const b0 = load<u64>(src);
    const b1 = load<u64>(src, 8);
    const b2 = load<u64>(src, 16);
    const b3 = load<u64>(src, 24);
    setLimbs(out, bswap64(b3), bswap64(b2), bswap64(b1), bswap64(b0));
  }
}

/** The 32 big-endian bytes of `src` to `out`: the reversal is its own inverse. `out` may equal `src`. */
@inline
export function toBE(out: usize, src: usize): void {
  fromBE(out, src);
}

/**
 * out = the `len` big-endian bytes at `src`, 0 <= len <= 32: what PUSHn pushes.
 *
 * Works by 64-bit loads: up to 7 bytes *before* `src` are read and dropped, so `src` must be at
 * least 8. `out` must not overlap the bytes read.
 */
export function fromBEPartial(out: usize, src: usize, len: usize): void {
  let limb: usize = 0;
  let end = src + len;
  for (; len >= 8; len -= 8, limb += 8) {
    end -= 8;
    store<u64>(out + limb, bswap64(load<u64>(end)));
  }
  if (len != 0) {
    // The wanted bytes are the last ones in memory, hence the lowest after the swap.
    store<u64>(out + limb, bswap64(load<u64>(end - 8)) & (<u64>-1 >> (64 - (<u64>len << 3))));
    limb += 8;
  }
  for (; limb < 32; limb += 8) store<u64>(out + limb, 0);
}

/** Whether the word is below 2^64. */
@inline
export function fitsU64(a: usize): bool {
  return (load<u64>(a, 8) | load<u64>(a, 16) | load<u64>(a, 24)) == 0;
}

/** The word, or 2^64-1 when it is larger: what offsets, lengths and gas limits need. */
@inline
export function toU64Saturating(a: usize): u64 {
  return fitsU64(a) ? load<u64>(a) : u64.MAX_VALUE;
}

/** Number of bits up to the highest one bit: 0 for zero, 256 at most. */
export function bitLength(a: usize): u32 {
  for (let i: i32 = 24; i >= 0; i -= 8) {
    const limb = load<u64>(a + i);
    if (limb != 0) return <u32>(i << 3) + 64 - <u32>clz<u64>(limb);
  }
  return 0;
}

/** Number of bytes up to the highest non-zero one: 0 for zero, 32 at most. */
@inline
export function byteLength(a: usize): u32 {
  return (bitLength(a) + 7) >> 3;
}
