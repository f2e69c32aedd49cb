// Scalars as ratios of numbers of half their length, by Euclid's algorithm (Pornin, "Optimized lattice basis
// reduction in dimension 2, and fast Schnorr and EdDSA signature verification", 2020).
//
// Numbers are eight digits of 32 bits. PERF: of some 75 quotients, nearly all of one or two bits, twenty at a time
// are found from the uppermost 64 bits alone (Lehmer), and applied together.

/** 8 L: every point times this is the neutral element, those outside the base point's group as well. */
const EXPONENT: usize = memory.data<u32>([
  0xe7ae9f68, 0xc09318d2, 0x17bce6b2, 0xa6f7cef5, 0x00000000, 0x00000000, 0x00000000, 0x80000000,
]);

const BYTES: usize = 32;
const REMAINDERS: usize = memory.data(64);
const FACTORS: usize = memory.data(64);

/** Whether a number has more bits than a half may have. */
@inline
function isLong(a: usize): bool {
  return (load<u64>(a, 16) | load<u64>(a, 24)) != 0;
}

/**
 * Writes u and v with u = ± v k modulo 8 L, u below 2^128, v odd and rarely above 2^130: whether the sign
 * is positive. A point is neutral exactly when v times it is, since v has no factor in common with 8 L.
 *
 * @param k below L
 */
export function halve(u: usize, v: usize, k: usize): bool {
  // Invariant: larger = -± b k and smaller = ± a k, and a, b have no common factor.
  let larger = REMAINDERS;
  let smaller = REMAINDERS + BYTES;
  let b = FACTORS;
  let a = FACTORS + BYTES;
  let isPositive = true;
  memory.copy(larger, EXPONENT, BYTES);
  memory.copy(smaller, k, BYTES);
  memory.fill(FACTORS, 0, 2 * BYTES);
  store<u32>(a, 1);
  // Of two neighbours among the factors one is odd.
  while (isLong(smaller) || (load<u32>(a) & 1) == 0) {
    const steps = isLong(smaller) ? leap(larger, smaller, b, a) : 0;
    if (steps != 0) {
      if ((steps & 1) != 0) isPositive = !isPositive;
    } else {
      reduceBy(larger, smaller, b, a);
    }
    if (isBelow(larger, smaller)) {
      let other = larger;
      larger = smaller;
      smaller = other;
      other = a;
      a = b;
      b = other;
      isPositive = !isPositive;
    }
  }
  memory.copy(u, smaller, BYTES);
  memory.copy(v, a, BYTES);
  return isPositive;
}

function isBelow(a: usize, b: usize): bool {
  for (let i: isize = 24; i >= 0; i -= 8) {
    const x = load<u64>(a + i);
    const y = load<u64>(b + i);
    if (x != y) return x < y;
  }
  return false;
}

/** Bits of the factors of a {@link leap}: two such times a digit, and what is carried, have 64 bits. */
const LEAP_BITS: u64 = 31;

/**
 * As many steps of Euclid's algorithm as the uppermost 64 bits of the larger number, and those of the smaller
 * above the same bit, tell of; how many. None makes the smaller number shorter than a half may be.
 *
 * After each step what stands for the smaller number is at least 2^31, and off by less than the step's factors,
 * which are below that: so no number becomes negative.
 */
function leap(larger: usize, smaller: usize, b: usize, a: usize): u32 {
  const top = topDigit(larger);
  const shift = <u64>clz<u32>(load<u32>(larger + top));
  let x = upper(larger, top, shift);
  let y = upper(smaller, top, shift);
  // 2^128 in the same place.
  const lowest = (<u64>top << 3) - 32 - shift;
  const end = lowest >= 128 ? 0 : <u64>1 << min<u64>(128 - lowest, 63);
  const least = max<u64>(end, <u64>1 << LEAP_BITS);
  // larger' = ± (p larger - q smaller), smaller' = ± (s smaller - r larger)
  let p: u64 = 1;
  let q: u64 = 0;
  let r: u64 = 0;
  let s: u64 = 1;
  let steps: u32 = 0;
  while (y != 0) {
    const quotient = x / y;
    const rest = x - quotient * y;
    const nextR = p + quotient * r;
    const nextS = q + quotient * s;
    if (rest < least || (nextR | nextS) >> LEAP_BITS != 0) break;
    x = y;
    y = rest;
    p = r;
    q = s;
    r = nextR;
    s = nextS;
    steps++;
  }
  if (steps == 0) return 0;
  const sign: i64 = (steps & 1) != 0 ? -1 : 1;
  let difference: i64 = 0;
  let other: i64 = 0;
  let sum: u64 = 0;
  let otherSum: u64 = 0;
  for (let i: usize = 0; i < BYTES; i += 4) {
    const l = <i64>load<u32>(larger + i);
    const m = <i64>load<u32>(smaller + i);
    difference += sign * (<i64>p * l - <i64>q * m);
    other += sign * (<i64>s * m - <i64>r * l);
    store<u32>(larger + i, <u32>difference);
    store<u32>(smaller + i, <u32>other);
    difference >>= 32;
    other >>= 32;
    const d = <u64>load<u32>(b + i);
    const e = <u64>load<u32>(a + i);
    sum += p * d + q * e;
    otherSum += r * d + s * e;
    store<u32>(b + i, <u32>sum);
    store<u32>(a + i, <u32>otherSum);
    sum >>= 32;
    otherSum >>= 32;
  }
  return steps;
}

/**
 * larger -= q smaller and b += q a, for a q of at least 1 that is not too large: the quotient, or what its
 * upper digits tell of it.
 */
function reduceBy(larger: usize, smaller: usize, b: usize, a: usize): void {
  const top = topDigit(larger);
  let offset = top - topDigit(smaller);
  // Moved up by `offset` the smaller number must not become the larger.
  if (offset != 0 && load<u32>(smaller + top - offset) >= load<u32>(larger + top)) offset -= 4;
  const shift = <u64>clz<u32>(load<u32>(larger + top));
  const dividend = upper(larger, top, shift);
  const divisor = upper(smaller, top - offset, shift);
  // A divisor that is rounded up makes no quotient too large.
  const quotient = divisor == u64.MAX_VALUE ? 1 : dividend / (divisor + 1);
  const q = min<u64>(max<u64>(quotient, 1), u32.MAX_VALUE);
  let borrow: u64 = 0;
  let carry: u64 = 0;
  for (let i: usize = 0; i + offset < BYTES; i += 4) {
    const at = i + offset;
    const product = q * <u64>load<u32>(smaller + i) + borrow;
    const digit = <u64>load<u32>(larger + at);
    store<u32>(larger + at, <u32>(digit - product));
    borrow = (product >> 32) + u64(<u32>digit < <u32>product);
    carry += q * <u64>load<u32>(a + i) + <u64>load<u32>(b + at);
    store<u32>(b + at, <u32>carry);
    carry >>= 32;
  }
}

/** Where the highest digit is that is not 0. */
function topDigit(a: usize): usize {
  let top: usize = BYTES - 4;
  while (top > 0 && load<u32>(a + top) == 0) top -= 4;
  return top;
}

/** 64 bits of a number from the `shift`-th highest of the digit at `top` down. */
@inline
function upper(a: usize, top: usize, shift: u64): u64 {
  const high = <u64>load<u32>(a + top) << 32;
  const middle: u64 = top < 4 ? 0 : <u64>load<u32>(a + top - 4);
  const low: u64 = top < 8 ? 0 : <u64>load<u32>(a + top - 8);
  return ((high | middle) << shift) | ((low << shift) >> 32);
}
