// base^exponent modulo 2^256.
import { mul, square } from './arith';
import { shlBy } from './bits';
import { isZero } from './compare';
import { bitLength, copy, fitsU64, setU64, setZero } from './word';

/** Bytes of scratch for {@link exp}: accumulator, base squared, eight odd powers. Need not be cleared. */
export const EXP_SCRATCH: usize = 320;

const SQUARED: usize = 32;
const ODD_POWERS: usize = 64;

/** Exponents up to this length are cheaper bit by bit than with a table of powers. */
const SHORT_EXPONENT_BITS: u32 = 24;
const WINDOW_BITS: i32 = 4;

/** out = base^exponent; 0^0 = 1. `out` may equal an operand. */
export function exp(out: usize, base: usize, exponent: usize, scratch: usize): void {
  const bits = bitLength(exponent);
  if (bits == 0) return setU64(out, 1);
  if (isZero(base)) return setZero(out);
  const lowest = load<u64>(base);
  if (fitsU64(base) && (lowest & (lowest - 1)) == 0) {
    const log2 = ctz<u64>(lowest);
    const shift = load<u64>(exponent) * log2;
    if (log2 != 0 && (bits > 8 || shift > 255)) return setZero(out);
    setU64(out, 1);
    return shlBy(out, out, <u32>shift);
  }
  if ((lowest & 1) == 0 && bits > 8) return setZero(out);

  copy(scratch, base);
  if (bits <= SHORT_EXPONENT_BITS) {
    const digits = load<u32>(exponent);
    copy(scratch + SQUARED, base);
    for (let i = <i32>bits - 2; i >= 0; i--) {
      square(scratch, scratch);
      if ((digits >> i) & 1) mul(scratch, scratch, scratch + SQUARED);
    }
  } else {
    slidingWindow(exponent, <i32>bits, scratch);
  }
  copy(out, scratch);
}

/** Left to right, windows that begin and end with a one bit; the base is at `scratch`. */
function slidingWindow(exponent: usize, bits: i32, scratch: usize): void {
  const powers = scratch + ODD_POWERS;
  copy(powers, scratch);
  square(scratch + SQUARED, scratch);
  for (let i: usize = 32; i < 256; i += 32) mul(powers + i, powers + i - 32, scratch + SQUARED);

  let first = true;
  let i = bits - 1;
  while (i >= 0) {
    if (bitAt(exponent, i) == 0) {
      square(scratch, scratch);
      i--;
      continue;
    }
    let end = max<i32>(i - WINDOW_BITS + 1, 0);
    while (bitAt(exponent, end) == 0) end++;
    let window: usize = 0;
    for (; i >= end; i--) {
      window = (window << 1) | bitAt(exponent, i);
      if (!first) square(scratch, scratch);
    }
    // The power `window` = 2k + 1 stands in place k.
    const power = powers + ((window >> 1) << 5);
    if (first) copy(scratch, power);
    else mul(scratch, scratch, power);
    first = false;
  }
}

@inline
function bitAt(word: usize, index: i32): usize {
  return (<usize>load<u8>(word + (index >> 3)) >> (index & 7)) & 1;
}
