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

/** 1/a in each lane: a^(2^31 - 3). */
export function inverse(a: v128): v128 {
  // 2^31 - 3 = 4 (2^29 - 1) + 1: exponents of all ones first.
  let ones = a;
  for (let i = 1; i < 29; i++) ones = mul(mul(ones, ones), a);
  ones = mul(ones, ones);
  ones = mul(ones, ones);
  return mul(ones, a);
}
