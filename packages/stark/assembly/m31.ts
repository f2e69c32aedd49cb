// Arithmetic of M31 = Z/(2^31 - 1), four lanes at a time. All operands and results are canonical.

export const P: u32 = 0x7fffffff;

@inline
export function modulus(): v128 {
  return i32x4.splat(0x7fffffff);
}

@inline
export function add(a: v128, b: v128): v128 {
  const sum = i32x4.add(a, b);
  return u32x4_min(sum, i32x4.sub(sum, modulus()));
}

@inline
export function sub(a: v128, b: v128): v128 {
  const difference = i32x4.sub(a, b);
  return u32x4_min(difference, i32x4.add(difference, modulus()));
}

@inline
export function neg(a: v128): v128 {
  return sub(i32x4.splat(0), a);
}

@inline
function u32x4_min(a: v128, b: v128): v128 {
  return v128.min<u32>(a, b);
}

/**
 * a · b with 2b given: the upper half of the 64-bit product 2ab is the part of ab above 2^31, half of
 * its lower half the part below, and 2^31 = 1.
 */
@inline
export function mulDoubled(a: v128, doubled: v128): v128 {
  const low = i64x2.extmul_low_i32x4_u(a, doubled);
  const high = i64x2.extmul_high_i32x4_u(a, doubled);
  const above = v128.shuffle<u32>(low, high, 1, 3, 5, 7);
  const below = v128.shuffle<u32>(low, high, 0, 2, 4, 6);
  return add(above, v128.shr<u32>(below, 1));
}

@inline
export function mul(a: v128, b: v128): v128 {
  return mulDoubled(a, v128.shl<u32>(b, 1));
}

/** One lane: the same product of numbers. */
@inline
export function mulScalar(a: u32, b: u32): u32 {
  const product: u64 = <u64>a * <u64>b;
  const sum = <u32>(product >> 31) + (<u32>product & P);
  return sum >= P ? sum - P : sum;
}

@inline
export function addScalar(a: u32, b: u32): u32 {
  const sum = a + b;
  return sum >= P ? sum - P : sum;
}

@inline
export function subScalar(a: u32, b: u32): u32 {
  const difference = a - b;
  return <i32>difference < 0 ? difference + P : difference;
}

/** a · 2^shift, 0 < shift < 31: a rotation of 31 bits. */
@inline
export function rotate(a: v128, shift: i32): v128 {
  return v128.or(v128.and(v128.shl<u32>(a, shift), modulus()), v128.shr<u32>(a, 31 - shift));
}

/**
 * Sums of products as two vectors of 64-bit lanes (places 0 and 1, 2 and 3) to lanes of M31. A sum may have
 * four products of canonical words.
 */
@inline
export function reduceWide(low: v128, high: v128): v128 {
  const a = foldWide(foldWide(low));
  const b = foldWide(foldWide(high));
  // At most 2^31 + 3 by now.
  const sum = v128.shuffle<u32>(a, b, 0, 2, 4, 6);
  return u32x4_min(sum, i32x4.sub(sum, modulus()));
}

/** The same residue in fewer bits: what is above 2^31 counts once. */
@inline
export function foldWide(sum: v128): v128 {
  return i64x2.add(v128.and(sum, i64x2.splat(0x7fffffff)), v128.shr<u64>(sum, 31));
}

/** How many of `count` words (a multiple of four) are not below the modulus. */
export function countNonCanonical(from: usize, count: u32): u32 {
  let found = i32x4.splat(0);
  for (let p = from; p < from + (<usize>count << 2); p += 16) {
    // Comparison gives all ones, which is minus one.
    found = i32x4.sub(found, v128.ge<u32>(v128.load(p), modulus()));
  }
  return (
    i32x4.extract_lane(found, 0) +
    i32x4.extract_lane(found, 1) +
    i32x4.extract_lane(found, 2) +
    i32x4.extract_lane(found, 3)
  );
}

/** 1/a in each lane: a^(2^31 - 3). */
export function inverse(a: v128): v128 {
  // 2^31 - 3 = 4 (2^29 - 1) + 1: exponents of all ones first.
  let ones = a;
  for (let i = 1; i < 29; i++) ones = mul(mul(ones, ones), a);
  ones = mul(ones, ones);
  ones = mul(ones, ones);
  return mul(ones, a);
}
