// base^exponent mod modulus on big-endian byte strings of any length: the operation of EIP-198.
//
// Odd moduli: Montgomery multiplication (product first, then reduction from below). Even ones:
// product, then division. Exponents are read left to right in sliding windows of four bits.
//
// PERF: per exponent bit one squaring of n digits, n^2/2 wide products, and one reduction, n^2.
import {
  addProduct,
  divide,
  isBelow,
  multiply,
  readBE,
  reciprocalOf,
  shiftLeft,
  shiftRight,
  significantBytes,
  square,
  subtract,
  writeBE,
} from './limbs';

/** Exponents up to this length are cheaper bit by bit than with a table of powers. */
const SHORT_EXPONENT_BITS: usize = 24;
const WINDOW_BITS: usize = 4;

// Scratch area: 64 bytes of fields, then numbers of `width` bytes each, the width of the modulus.
const IS_ODD: usize = 0; // u64
const SHIFT: usize = 8; // u64: how far the modulus is shifted at NORMALIZED
const RECIPROCAL: usize = 16; // u64: of the shifted modulus
const NEGATED_INVERSE: usize = 24; // u64: -1 / modulus mod 2^64, if odd
const NUMBERS: usize = 64;

// Numbers in units of the width.
const MODULUS: usize = 0;
const NORMALIZED: usize = 1;
const ACCUMULATOR: usize = 2;
const SQUARED: usize = 3;
const ODD_POWERS: usize = 4; // eight
const WORK: usize = 12; // to the end: products and dividends

@inline
function roundUp(length: usize): usize {
  return (length + 7) & ~7;
}

/** Bytes of scratch that {@link modexp} needs for operands of these lengths. Need not be cleared. */
export function modexpScratch(baseLength: usize, modulusLength: usize): usize {
  const width = roundUp(modulusLength);
  return NUMBERS + (WORK + 1) * width + max<usize>(roundUp(baseLength), width) + 8;
}

/**
 * The `modulusLength` bytes at `out` = base^exponent mod modulus; 0 when the modulus is 0, and
 * 0^0 = 1. All numbers are big-endian. `out` may overlap an operand, the scratch area may not.
 */
export function modexp(
  out: usize,
  base: usize,
  baseLength: usize,
  exponent: usize,
  exponentLength: usize,
  modulus: usize,
  modulusLength: usize,
  scratch: usize,
): void {
  const modulusAt = scratch + NUMBERS;
  readBE(modulusAt, roundUp(modulusLength), modulus, modulusLength);
  const width = significantBytes(modulusAt, roundUp(modulusLength));
  if (width == 0 || (width == 8 && load<u64>(modulusAt) == 1)) {
    memory.fill(out, 0, modulusLength);
    return;
  }
  while (exponentLength > 0 && load<u8>(exponent) == 0) {
    exponent++;
    exponentLength--;
  }
  const accumulator = modulusAt + ACCUMULATOR * width;
  if (exponentLength == 0) {
    memory.fill(accumulator, 0, width);
    store<u64>(accumulator, 1);
  } else {
    prepare(scratch, width);
    setBase(scratch, width, base, baseLength);
    const bits = (exponentLength << 3) - <usize>(clz<u32>(load<u8>(exponent)) - 24);
    if (bits <= SHORT_EXPONENT_BITS) bitByBit(scratch, width, exponent, exponentLength, bits);
    else slidingWindow(scratch, width, exponent, exponentLength, bits);
    if (load<u64>(scratch, IS_ODD) != 0) leaveMontgomery(scratch, width);
  }
  writeBE(out, modulusLength, accumulator, width);
}

/** Everything that depends on the modulus alone. */
function prepare(scratch: usize, width: usize): void {
  const modulus = scratch + NUMBERS;
  const lowest = load<u64>(modulus);
  const shift = clz<u64>(load<u64>(modulus + width - 8));
  shiftLeft(modulus + NORMALIZED * width, modulus, width, shift);
  store<u64>(scratch, lowest & 1, IS_ODD);
  store<u64>(scratch, shift, SHIFT);
  store<u64>(scratch, reciprocalOf(modulus + NORMALIZED * width, width), RECIPROCAL);

  // Newton: an odd x is its own inverse modulo 8, each step doubles the number of right bits.
  let inverse = lowest;
  for (let bits = 3; bits < 64; bits <<= 1) inverse *= 2 - lowest * inverse;
  store<u64>(scratch, -inverse, NEGATED_INVERSE);
}

/** ACCUMULATOR = base mod modulus, times 2^(8 width) in Montgomery's form. */
function setBase(scratch: usize, width: usize, base: usize, baseLength: usize): void {
  const work = scratch + NUMBERS + WORK * width;
  const factor: usize = load<u64>(scratch, IS_ODD) != 0 ? width : 0;
  const bytes = roundUp(baseLength);
  memory.fill(work, 0, factor);
  readBE(work + factor, bytes, base, baseLength);
  reduceByDivision(scratch, width, factor + significantBytes(work + factor, bytes));
}

/** ACCUMULATOR = the `bytes` at WORK mod modulus. */
function reduceByDivision(scratch: usize, width: usize, bytes: usize): void {
  const numbers = scratch + NUMBERS;
  const work = numbers + WORK * width;
  const accumulator = numbers + ACCUMULATOR * width;
  const shift = load<u64>(scratch, SHIFT);
  if (bytes < width) memory.fill(work + bytes, 0, width - bytes);
  const dividendBytes = max<usize>(bytes, width);
  store<u64>(work + dividendBytes, shiftLeft(work, work, dividendBytes, shift));
  divide(0, work, dividendBytes, numbers + NORMALIZED * width, width, load<u64>(scratch, RECIPROCAL));
  shiftRight(accumulator, work, width, shift);
}

/** out = (the 2 * `width` bytes at WORK) / 2^(8 width) mod modulus (Montgomery's reduction). */
function reduceMontgomery(out: usize, scratch: usize, width: usize): void {
  const modulus = scratch + NUMBERS;
  const work = modulus + WORK * width;
  const negatedInverse = load<u64>(scratch, NEGATED_INVERSE);
  const upper = work + width;
  let overflow: u64 = 0;
  for (let i: usize = 0; i < width; i += 8) {
    const carry = addProduct(work + i, modulus, width, load<u64>(work + i) * negatedInverse);
    const sum = load<u64>(upper + i) + carry;
    const total = sum + overflow;
    overflow = u64(sum < carry) | u64(total < overflow);
    store<u64>(upper + i, total);
  }
  if (overflow != 0 || !isBelow(upper, modulus, width)) subtract(out, upper, modulus, width);
  else memory.copy(out, upper, width);
}

function reduce(out: usize, scratch: usize, width: usize): void {
  if (load<u64>(scratch, IS_ODD) != 0) return reduceMontgomery(out, scratch, width);
  const accumulator = scratch + NUMBERS + ACCUMULATOR * width;
  reduceByDivision(scratch, width, width << 1);
  if (out != accumulator) memory.copy(out, accumulator, width);
}

function leaveMontgomery(scratch: usize, width: usize): void {
  const accumulator = scratch + NUMBERS + ACCUMULATOR * width;
  const work = scratch + NUMBERS + WORK * width;
  memory.copy(work, accumulator, width);
  memory.fill(work + width, 0, width);
  reduceMontgomery(accumulator, scratch, width);
}

/** ACCUMULATOR = ACCUMULATOR^2. */
function squareAccumulator(scratch: usize, width: usize): void {
  const accumulator = scratch + NUMBERS + ACCUMULATOR * width;
  square(scratch + NUMBERS + WORK * width, accumulator, width);
  reduce(accumulator, scratch, width);
}

/** ACCUMULATOR = ACCUMULATOR * factor. */
function multiplyAccumulator(scratch: usize, width: usize, factor: usize): void {
  const accumulator = scratch + NUMBERS + ACCUMULATOR * width;
  multiply(scratch + NUMBERS + WORK * width, accumulator, factor, width);
  reduce(accumulator, scratch, width);
}

/** Raises ACCUMULATOR, whose copy at SQUARED serves as the base. */
function bitByBit(scratch: usize, width: usize, exponent: usize, exponentLength: usize, bits: usize): void {
  const base = scratch + NUMBERS + SQUARED * width;
  memory.copy(base, scratch + NUMBERS + ACCUMULATOR * width, width);
  for (let i = <isize>bits - 2; i >= 0; i--) {
    squareAccumulator(scratch, width);
    if (bitAt(exponent, exponentLength, i) != 0) multiplyAccumulator(scratch, width, base);
  }
}

/** Raises ACCUMULATOR by windows that begin and end with a one bit. */
function slidingWindow(
  scratch: usize,
  width: usize,
  exponent: usize,
  exponentLength: usize,
  bits: usize,
): void {
  const numbers = scratch + NUMBERS;
  const accumulator = numbers + ACCUMULATOR * width;
  const squared = numbers + SQUARED * width;
  const powers = numbers + ODD_POWERS * width;
  memory.copy(powers, accumulator, width);
  squareAccumulator(scratch, width);
  memory.copy(squared, accumulator, width);
  memory.copy(accumulator, powers, width);
  for (let k: usize = 1; k < 8; k++) {
    multiplyAccumulator(scratch, width, squared);
    memory.copy(powers + k * width, accumulator, width);
  }

  let first = true;
  let i = <isize>bits - 1;
  while (i >= 0) {
    if (bitAt(exponent, exponentLength, i) == 0) {
      squareAccumulator(scratch, width);
      i--;
      continue;
    }
    let end = max<isize>(i - <isize>WINDOW_BITS + 1, 0);
    while (bitAt(exponent, exponentLength, end) == 0) end++;
    let window: usize = 0;
    for (; i >= end; i--) {
      window = (window << 1) | bitAt(exponent, exponentLength, i);
      if (!first) squareAccumulator(scratch, width);
    }
    // The power `window` = 2k + 1 stands in place k.
    const power = powers + (window >> 1) * width;
    if (first) memory.copy(accumulator, power, width);
    else multiplyAccumulator(scratch, width, power);
    first = false;
  }
}

/** Bit `index` of a big-endian number, counted from the least significant. */
@inline
function bitAt(number: usize, length: usize, index: isize): usize {
  return (<usize>load<u8>(number + length - 1 - (index >> 3)) >> (index & 7)) & 1;
}
