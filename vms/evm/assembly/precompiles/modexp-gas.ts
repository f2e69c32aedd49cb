// Price of MODEXP: EIP-198 in Byzantium, EIP-2565 from Berlin, EIP-7883 from Osaka. The lengths are
// 256-bit numbers out of the input: all arithmetic saturates, above any gas limit.
import { mulhi64 } from '../../../../packages/kernels/assembly/intrinsics';
import { EIP_2565, EIP_7883, FEATURE_SET, MODEXP_MINIMUM } from '../schedule';
import { byteAt, saturatedWordAt, saturatingAdd } from './input';

/** Offsets of the three lengths; the data follows them. */
export const BASE_LENGTH: u32 = 0;
export const EXPONENT_LENGTH: u32 = 32;
export const MODULUS_LENGTH: u32 = 64;
export const MODEXP_HEADER: u32 = 96;

export function modexpGas(schedule: usize, input: usize, length: u32): u64 {
  const features = load<u64>(schedule, FEATURE_SET);
  const baseLength = saturatedWordAt(input, length, BASE_LENGTH);
  const exponentLength = saturatedWordAt(input, length, EXPONENT_LENGTH);
  const larger = max<u64>(baseLength, saturatedWordAt(input, length, MODULUS_LENGTH));

  let complexity: u64;
  let divisor: u64;
  let multiplier: u64 = 8;
  if ((features & EIP_7883) != 0) {
    complexity = larger > 32 ? saturatingMul(2, squaredWords(larger)) : 16;
    divisor = 1;
    multiplier = 16;
  } else if ((features & EIP_2565) != 0) {
    complexity = squaredWords(larger);
    divisor = 3;
  } else {
    complexity = byzantiumComplexity(larger);
    divisor = 20;
  }

  const headBits = exponentHeadBits(input, length, baseLength, exponentLength);
  let iterations: u64 = headBits > 0 ? headBits - 1 : 0;
  if (exponentLength > 32) {
    iterations = saturatingAdd(iterations, saturatingMul(multiplier, exponentLength - 32));
  }
  const product = saturatingMul(max<u64>(iterations, 1), complexity);
  if (product == u64.MAX_VALUE) return product;
  return max<u64>(product / divisor, load<u64>(schedule, MODEXP_MINIMUM));
}

function squaredWords(bytes: u64): u64 {
  const words = (bytes >> 3) + u64((bytes & 7) != 0);
  return saturatingMul(words, words);
}

/** EIP-198's `mult_complexity`. */
function byzantiumComplexity(bytes: u64): u64 {
  if (bytes > u32.MAX_VALUE) return u64.MAX_VALUE;
  const square = bytes * bytes;
  if (bytes <= 64) return square;
  if (bytes <= 1024) return square / 4 + 96 * bytes - 3072;
  return square / 16 + 480 * bytes - 199680;
}

/** Bit length of the exponent's first 32 bytes, or of all of it when it is shorter. */
function exponentHeadBits(input: usize, length: u32, baseLength: u64, exponentLength: u64): u64 {
  const start = saturatingAdd(<u64>MODEXP_HEADER, baseLength);
  const headLength = min<u64>(exponentLength, 32);
  for (let i: u64 = 0; i < headLength; i++) {
    const byte = byteAt(input, length, saturatingAdd(start, i));
    if (byte != 0) return 8 * (headLength - i) - <u64>(clz<u32>(byte) - 24);
  }
  return 0;
}

function saturatingMul(a: u64, b: u64): u64 {
  return mulhi64(a, b) != 0 ? u64.MAX_VALUE : a * b;
}
