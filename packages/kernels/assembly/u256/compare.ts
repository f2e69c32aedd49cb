// Comparisons of 256-bit words; signed ones read two's complement.

@inline
export function isZero(a: usize): bool {
  if (ASC_FEATURE_SIMD) return !v128.any_true(v128.or(v128.load(a), v128.load(a, 16)));
  return (load<u64>(a) | load<u64>(a, 8) | load<u64>(a, 16) | load<u64>(a, 24)) == 0;
}

@inline
export function eq(a: usize, b: usize): bool {
  if (ASC_FEATURE_SIMD) {
    return !v128.any_true(
      v128.or(v128.xor(v128.load(a), v128.load(b)), v128.xor(v128.load(a, 16), v128.load(b, 16))),
    );
  }
  return (
    ((load<u64>(a) ^ load<u64>(b)) |
      (load<u64>(a, 8) ^ load<u64>(b, 8)) |
      (load<u64>(a, 16) ^ load<u64>(b, 16)) |
      (load<u64>(a, 24) ^ load<u64>(b, 24))) ==
    0
  );
}

@inline
export function lt(a: usize, b: usize): bool {
  const a3 = load<u64>(a, 24);
  const b3 = load<u64>(b, 24);
  return a3 == b3 ? lowerLt(a, b) : a3 < b3;
}

@inline
export function gt(a: usize, b: usize): bool {
  return lt(b, a);
}

@inline
export function slt(a: usize, b: usize): bool {
  const a3 = load<i64>(a, 24);
  const b3 = load<i64>(b, 24);
  return a3 == b3 ? lowerLt(a, b) : a3 < b3;
}

@inline
export function sgt(a: usize, b: usize): bool {
  return slt(b, a);
}

/** a < b on the lower 192 bits. */
@inline
function lowerLt(a: usize, b: usize): bool {
  const a2 = load<u64>(a, 16);
  const b2 = load<u64>(b, 16);
  if (a2 != b2) return a2 < b2;
  const a1 = load<u64>(a, 8);
  const b1 = load<u64>(b, 8);
  return a1 == b1 ? load<u64>(a) < load<u64>(b) : a1 < b1;
}
