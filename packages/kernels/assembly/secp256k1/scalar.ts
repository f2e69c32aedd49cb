// Numbers modulo n, the order of secp256k1, four little-endian u64 limbs below n, and how they are
// taken apart for multiplication.
import { add as addModulo, enter, mul } from '../curves/field256';
import { inverseBySteps } from '../curves/divsteps';
import { multiply, subtract } from '../limbs';
import { add } from '../u256/arith';
import { isZero, lt } from '../u256/compare';
import { copy, fromBE, setLimbs, setZero } from '../u256/word';

/** Modulus and Montgomery constants as `field256.ts` lays them out. */
export const ORDER: usize = memory.data<u32>([
  // modulus
  0xd0364141, 0xbfd25e8c, 0xaf48a03b, 0xbaaedce6, 0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff,
  // 2^522 mod n
  0xc9f6ab4b, 0x63e601a3, 0x46702f57, 0xa2b6456d, 0x341f1cef, 0x5fd7916f, 0x1a6f179a, 0x9c735607,
  // 2^261 mod n
  0xf937d7e0, 0x05b42e65, 0x16ebf888, 0xaa24632a, 0x00000028, 0x00000000, 0x00000000, 0x00000000,
  // modulus in digits of 29 bits
  0x10364141, 0x1e92f466, 0x12280eef, 0x1db9cd5e, 0x1fffebaa, 0x1fffffff, 0x1fffffff, 0x1fffffff, 0x00ffffff,
  // -1 / n mod 2^29
  0x1588b13f,
]);

/** n in nine digits of 30 bits, then 1 / n mod 2^30. */
const MODULUS: usize = memory.data<u32>([
  0x10364141, 0x3f497a33, 0x348a03bb, 0x2bb739ab, 0x3ffffeba, 0x3fffffff, 0x3fffffff, 0x3fffffff, 0x0000ffff,
  0x2a774ec1,
]);

const STEPS: usize = memory.data(160);
const PRODUCT: usize = memory.data(64);
const T: usize = memory.data(32);
const C1: usize = memory.data(32);
const C2: usize = memory.data(32);

/** out = the 32 big-endian bytes at `source`: whether they are below n. */
export function readScalar(out: usize, source: usize): bool {
  fromBE(out, source);
  return lt(out, ORDER);
}

/** As {@link readScalar}: whether they are a number from 1 to n - 1. */
export function readNonZero(out: usize, source: usize): bool {
  return readScalar(out, source) && !isZero(out);
}

/** out = a * b for `a` of any 256 bits. */
export function multiplyScalars(out: usize, a: usize, b: usize): void {
  enter(T, b, ORDER);
  mul(out, a, T, ORDER);
}

/** out = a + b. */
@inline
export function addScalars(out: usize, a: usize, b: usize): void {
  addModulo(out, a, b, ORDER);
}

/** out = 1 / a. */
export function inverseScalar(out: usize, a: usize): void {
  inverseBySteps(out, a, MODULUS, STEPS);
}

/** out = -a. */
export function negateScalar(out: usize, a: usize): void {
  if (isZero(a)) setZero(out);
  else subtract(out, ORDER, a, 32);
}

// The endomorphism (x, y) -> (beta x, y) is a multiplication by lambda. These are the short vectors
// (A1, -B1) and (A2, A1) of the lattice of (i, j) with i + j lambda = 0 modulo n, and 2^384 times the
// second coordinates over n, rounded (Gallant, Lambert and Vanstone, 2001).
const A1: usize = memory.data<u64>([0xe86c90e49284eb15, 0x3086d221a7d46bcd, 0, 0]);
const B1: usize = memory.data<u64>([0x6f547fa90abfe4c3, 0xe4437ed6010e8828, 0, 0]);
const A2: usize = memory.data<u64>([0x57c1108d9d44cfd8, 0x14ca50f7a8e2f3f6, 1, 0]);
const G1: usize = memory.data<u64>([
  0xe893209a45dbb031, 0x3daa8a1471e8ca7f, 0xe86c90e49284eb15, 0x3086d221a7d46bcd,
]);
const G2: usize = memory.data<u64>([
  0x1571b4ae8ac47f71, 0x221208ac9df506c6, 0x6f547fa90abfe4c4, 0xe4437ed6010e8828,
]);

/**
 * Writes `low` and `high` below 2^128 with k = ± low ± high lambda modulo n. Bit 0 of the result says
 * that `low` is to be taken negative, bit 1 that `high` is.
 */
export function splitByEndomorphism(low: usize, high: usize, k: usize): u32 {
  roundedProduct(C1, k, G1);
  roundedProduct(C2, k, G2);
  // low = k - c1 a1 - c2 a2, high = c1 b1 - c2 a1, in 256 bits with two's complement.
  multiply(PRODUCT, C1, A1, 32);
  subtract(T, k, PRODUCT, 32);
  multiply(PRODUCT, C2, A2, 32);
  subtract(low, T, PRODUCT, 32);
  multiply(PRODUCT, C1, B1, 32);
  copy(T, PRODUCT);
  multiply(PRODUCT, C2, A1, 32);
  subtract(high, T, PRODUCT, 32);
  return makePositive(low) | (makePositive(high) << 1);
}

/** out = a * b / 2^384, rounded. */
function roundedProduct(out: usize, a: usize, b: usize): void {
  multiply(PRODUCT, a, b, 32);
  setLimbs(T, load<u64>(PRODUCT, 40) >> 63, 0, 0, 0);
  setLimbs(out, load<u64>(PRODUCT, 48), load<u64>(PRODUCT, 56), 0, 0);
  add(out, out, T);
}

/** a = |a| in two's complement: 1 if that changed the sign. */
function makePositive(a: usize): u32 {
  if (load<i64>(a, 24) >= 0) return 0;
  setZero(T);
  subtract(a, T, a, 32);
  return 1;
}
