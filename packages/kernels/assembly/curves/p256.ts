// ECDSA verification over secp256r1 (SEC 2, section 2.4.2; NIST P-256), as EIP-7951 asks for it.
import { isZero as isZeroWord, lt } from '../u256/compare';
import { add as addWords } from '../u256/arith';
import { copy, fromBE } from '../u256/word';
import { add, enter, equals, leave, mul, one, readElement, square, sub } from './field256';
import { inverse } from './inverse';
import { isInfinity, POINT, sumOfProducts, sumScratch } from './weierstrass';

/** The field of the coordinates, constants as `field256.ts` lays them out. */
export const FIELD: usize = memory.data<u32>([
  // modulus
  0xffffffff, 0xffffffff, 0xffffffff, 0x00000000, 0x00000000, 0x00000000, 0x00000001, 0xffffffff,
  // 2^522 mod p
  0x00000c00, 0x00000000, 0xfffffc00, 0xffffefff, 0xfffffbff, 0xffffffff, 0xfffff7ff, 0x000013ff,
  // 2^261 mod p
  0x00000020, 0x00000000, 0x00000000, 0xffffffe0, 0xffffffff, 0xffffffff, 0xffffffdf, 0x0000001f,
  // modulus in digits of 29 bits
  0x1fffffff, 0x1fffffff, 0x1fffffff, 0x000001ff, 0x00000000, 0x00000000, 0x00040000, 0x1fe00000, 0x00ffffff,
  // -1 / p mod 2^29
  0x00000001,
]);

/** The field of the scalars. */
export const ORDER: usize = memory.data<u32>([
  // modulus
  0xfc632551, 0xf3b9cac2, 0xa7179e84, 0xbce6faad, 0xffffffff, 0xffffffff, 0x00000000, 0xffffffff,
  // 2^522 mod p
  0xb48d9ef5, 0x45e9cfee, 0xb2d31a99, 0x1f11fc5b, 0xafb16586, 0x16c8e4ad, 0x65587f06, 0x84b6556a,
  // 2^261 mod p
  0x739b55e0, 0x88c6a7a0, 0x1d0c2f61, 0x6320aa4b, 0x00000008, 0x00000000, 0xffffffe0, 0x0000001f,
  // modulus in digits of 29 bits
  0x1c632551, 0x1dce5617, 0x05e7a13c, 0x0df55b4e, 0x1ffffbce, 0x1fffffff, 0x0003ffff, 0x1fe00000, 0x00ffffff,
  // -1 / p mod 2^29
  0x0e00bc4f,
]);

// In Montgomery's form: b, and the generator's x and y.
const B: usize = memory.data<u64>([
  0x139bec453897bbfb, 0x9e00b9941086121b, 0xb444157ee425dad5, 0x8600c3bb90e90681,
]);
const GENERATOR: usize = memory.data<u64>([
  0x3ce61a8315228783, 0xb752bf88fdb6c02f, 0x3f6e656eec44a20e, 0x120beed7a6eab8cc,
  0xbe4a6af9d2aac150, 0x69571c87433c8b9b, 0x5d10d11ba43e64b1, 0xae3fe314b10bb0aa,
]);

// Scratch area.
const R_WORD: usize = 0;
const S_WORD: usize = 32;
const SCALARS: usize = 64; // u1, u2
const T: usize = 128;
const U: usize = 160;
const WORK: usize = 192; // of inverse()
const POINTS: usize = 320; // the generator, the key

/** Bytes of scratch for {@link p256Verify}. */
export const P256_SCRATCH: usize = POINTS + 3 * POINT + sumScratch(2);

/**
 * Whether (r, s) is a signature of the hash by the key: `input` has hash, r, s, x, y in 32
 * big-endian bytes each. False for scalars outside 1 to n - 1 and keys that are no point.
 */
export function p256Verify(input: usize, scratch: usize): bool {
  const r = scratch + R_WORD;
  const s = scratch + S_WORD;
  const scalars = scratch + SCALARS;
  const t = scratch + T;
  const u = scratch + U;
  fromBE(r, input + 32);
  fromBE(s, input + 64);
  if (isZeroWord(r) || isZeroWord(s) || !lt(r, ORDER) || !lt(s, ORDER)) return false;

  const key = scratch + POINTS + POINT;
  if (!readElement(key, input + 96, FIELD) || !readElement(key + 32, input + 128, FIELD)) return false;
  // y^2 = x (x^2 - 3) + b. The curve has no point with x = y = 0.
  square(t, key, FIELD);
  for (let i = 0; i < 3; i++) sub(t, t, one(FIELD), FIELD);
  mul(t, t, key, FIELD);
  add(t, t, B, FIELD);
  square(u, key + 32, FIELD);
  if (!equals(t, u)) return false;
  copy(key + 64, one(FIELD));
  copy(scratch + POINTS, GENERATOR);
  copy(scratch + POINTS + 32, GENERATOR + 32);
  copy(scratch + POINTS + 64, one(FIELD));

  // u1 = hash / s, u2 = r / s. The inverse is in Montgomery's form: a product with it leaves it.
  enter(s, s, ORDER);
  inverse(s, s, ORDER, scratch + WORK);
  fromBE(t, input);
  enter(t, t, ORDER);
  mul(t, t, s, ORDER);
  leave(scalars, t, ORDER, scratch + WORK);
  mul(scalars + 32, r, s, ORDER);

  const sum = scratch + POINTS + 2 * POINT;
  sumOfProducts(sum, scratch + POINTS, scalars, 2, false, FIELD, sum + POINT);
  if (isInfinity(sum)) return false;

  // x = X / Z^2 mod n = r: X = r Z^2, or X = (r + n) Z^2 if that is still below p.
  square(t, sum + 64, FIELD);
  enter(u, r, FIELD);
  mul(u, u, t, FIELD);
  if (equals(u, sum)) return true;
  addWords(r, r, ORDER);
  if (lt(r, ORDER) || !lt(r, FIELD)) return false;
  enter(u, r, FIELD);
  mul(u, u, t, FIELD);
  return equals(u, sum);
}
