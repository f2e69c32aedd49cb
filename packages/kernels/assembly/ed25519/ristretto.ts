// ristretto255 (RFC 9496): a group of prime order whose elements are classes of points of edwards25519.
import { add, copy, ELEMENT, fromBytes, isNegative, isZero, mul, negate, setSmall, square, sub, toBytes } from './field';
import { D, extractAll, setAffine } from './point';
import { SQRT_M1, squareRootOfRatio } from './roots';

/** 1 / sqrt(a - d), section 4.1. */
const INVSQRT_A_MINUS_D: usize = memory.data<u32>([
  0x005d40ea, 0x0e47ed54, 0x105cafa6, 0x1e2c2eb4, 0x1d8409d2, 0x1dc8ff00, 0x12885b09, 0x00b9f5ff, 0x00786c89,
]);

const ELEMENTS: usize = memory.data(324); // 9 * ELEMENT
const X: usize = ELEMENTS;
const Y: usize = ELEMENTS + ELEMENT;
const Z: usize = ELEMENTS + 2 * ELEMENT;
const T: usize = ELEMENTS + 3 * ELEMENT;
const U1: usize = ELEMENTS + 4 * ELEMENT;
const U2: usize = ELEMENTS + 5 * ELEMENT;
const V: usize = ELEMENTS + 6 * ELEMENT;
const W: usize = ELEMENTS + 7 * ELEMENT;
const ONE: usize = ELEMENTS + 8 * ELEMENT;
const CANONICAL: usize = memory.data(32);

/** out = a point of the class that 32 bytes stand for, section 4.3.1: whether there is one. */
export function decodeRistretto(out: usize, bytes: usize): bool {
  // s is below p and not negative.
  fromBytes(T, bytes);
  toBytes(CANONICAL, T);
  for (let i: usize = 0; i < 32; i += 8) if (load<u64>(CANONICAL + i) != load<u64>(bytes + i)) return false;
  if ((load<u8>(bytes) & 1) != 0) return false;

  setSmall(ONE, 1);
  square(X, T);
  sub(U1, ONE, X); // 1 - s^2
  add(U2, ONE, X); // 1 + s^2
  square(W, U2);
  square(V, U1);
  mul(V, V, D);
  negate(V, V);
  sub(V, V, W); // -d u1^2 - u2^2
  mul(W, W, V);
  const isSquare = squareRootOfRatio(W, ONE, W);
  mul(X, W, U2); // den_x
  mul(Y, W, X);
  mul(Y, Y, V); // den_y
  mul(X, X, T);
  add(X, X, X);
  if (isNegative(X)) negate(X, X);
  mul(Y, Y, U1);
  mul(T, X, Y);
  if (!isSquare || isNegative(T) || isZero(Y)) return false;
  setAffine(out, X, Y);
  return true;
}

/** The 32 bytes of a point's class, section 4.3.2. */
export function encodeRistretto(bytes: usize, point: usize): void {
  extractAll(X, Y, Z, T, point);
  setSmall(ONE, 1);
  add(U1, Z, Y);
  sub(W, Z, Y);
  mul(U1, U1, W); // (z + y) (z - y)
  mul(U2, X, Y);
  square(W, U2);
  mul(W, W, U1);
  squareRootOfRatio(W, ONE, W);
  mul(U1, U1, W); // den1
  mul(U2, U2, W); // den2
  mul(V, U1, U2);
  mul(V, V, T); // 1 / z
  mul(T, T, V);
  if (isNegative(T)) {
    // Another point of the class: x and y change places.
    mul(T, X, SQRT_M1);
    mul(X, Y, SQRT_M1);
    copy(Y, T);
    mul(U2, U1, INVSQRT_A_MINUS_D);
  }
  mul(X, X, V);
  if (isNegative(X)) negate(Y, Y);
  sub(W, Z, Y);
  mul(W, W, U2);
  if (isNegative(W)) negate(W, W);
  toBytes(bytes, W);
}
