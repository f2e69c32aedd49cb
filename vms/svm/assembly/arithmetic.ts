// High halves of 64-bit products, for which WebAssembly has no instruction.

/** High half of the unsigned product. */
export function mulHighUnsigned(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >>> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >>> 32;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 32);
  const carried = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >>> 32) + (carried >>> 32);
}

/** High half of the signed product. */
export function mulHighSigned(a: u64, b: u64): u64 {
  return mulHighUnsigned(a, b) - (<i64>a < 0 ? b : 0) - (<i64>b < 0 ? a : 0);
}
