// Scalars as ratios of numbers of half their length, by Euclid's algorithm (Pornin, "Optimized lattice basis
// reduction in dimension 2, and fast Schnorr and EdDSA signature verification", 2020).
//
// Numbers are eight digits of 32 bits. PERF: some 75 quotients, nearly all of one or two bits.

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
    reduceBy(larger, smaller, b, a);
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
