// ECDSA verification over secp256r1 (SEC 2, section 2.4.2; NIST P-256), as EIP-7951 asks for it.
import { isZero as isZeroWord, lt } from '../u256/compare';
import { add as addWords } from '../u256/arith';
import { copy, fromBE } from '../u256/word';
import { add, enter, equals, inverse, leave, mul, one, readElement, square, sub } from './field256';
import { isInfinity, POINT, sumOfProducts, sumScratch } from './weierstrass';

/** The field of the coordinates, constants as `field256.ts` lays them out. */
export const FIELD: usize = memory.data<u64>([
  0xffffffffffffffff, 0x00000000ffffffff, 0x0000000000000000, 0xffffffff00000001,
  0x0000000000000003, 0xfffffffbffffffff, 0xfffffffffffffffe, 0x00000004fffffffd,
  0x0000000000000001, 0xffffffff00000000, 0xffffffffffffffff, 0x00000000fffffffe,
  0x0000000000000001,
]);
/** The field of the scalars. */
export const ORDER: usize = memory.data<u64>([
  0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000,
  0x83244c95be79eea2, 0x4699799c49bd6fa6, 0x2845b2392b6bec59, 0x66e12d94f3d95620,
  0x0c46353d039cdaaf, 0x4319055258e8617b, 0x0000000000000000, 0x00000000ffffffff,
  0xccd1c8aaee00bc4f,
]);

// In Montgomery's form: b, and the generator's x and y.
const B: usize = memory.data<u64>([
  0xd89cdf6229c4bddf, 0xacf005cd78843090, 0xe5a220abf7212ed6, 0xdc30061d04874834,
]);
const GENERATOR: usize = memory.data<u64>([
  0x79e730d418a9143c, 0x75ba95fc5fedb601, 0x79fb732b77622510, 0x18905f76a53755c6,
  0xddf25357ce95560a, 0x8b4ab8e4ba19e45c, 0xd2e88688dd21f325, 0x8571ff1825885d85,
]);

// Scratch area.
const R_WORD: usize = 0;
const S_WORD: usize = 32;
const SCALARS: usize = 64; // u1, u2
const T: usize = 128;
const U: usize = 160;
const WORK: usize = 192; // of inverse()
const POINTS: usize = 288; // the generator, the key

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
