// The group of edwards25519, -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032, section 5.1), by the formulas of Hisil,
// Wong, Carter and Dawson ("Twisted Edwards curves revisited", 2008), which have no exceptions: they
// hold for the neutral element and for points of small order.
//
// A point is four lanes (X, Y, Z, T) with x = X / Z, y = Y / Z, xy = T / Z. One that is added many times
// stands *prepared*, as (Y - X, Y + X, 2 Z, 2 d T). `out` may equal an operand everywhere.
//
// PERF: a sum or a doubling is two products of four lanes. Between them every digit is a sum of lanes
// with signs: a lane is negated by inverting its bits, and the bias, 2 p + 1, makes it positive.
import * as field from './field';
import { ELEMENT } from './field';
import { extract, insert, LANES, mulByFactor, scale, setFactor } from './lanes';
import { squareRootOfRatio, squareRootsOfRatios } from './roots';

/** Bytes of a point. */
export const POINT: usize = LANES;

const X: usize = 0;
const Y: usize = 1;
const Z: usize = 2;
const T: usize = 3;

/** The constant d of the curve's equation. */
export const D: usize = memory.data<u32>([
  0x135978a3, 0x0f5a6e50, 0x10762add, 0x00149a82, 0x1e898007, 0x003cbbbc, 0x19ce331d, 0x1dc56dff, 0x0052036c,
]);

// x and y of the base point.
const BASE_X: usize = memory.data<u32>([
  0x0f25d51a, 0x0ab16b04, 0x0969ecb2, 0x198ec12a, 0x0dc5c692, 0x1118feeb, 0x0ffb0293, 0x1a79adca, 0x00216936,
]);
const BASE_Y: usize = memory.data<u32>([
  0x06666658, 0x13333333, 0x19999999, 0x0ccccccc, 0x06666666, 0x13333333, 0x19999999, 0x0ccccccc, 0x00666666,
]);

const LEFT: usize = memory.data(160, 16);

// Coordinates of two points that are decoded together.
const x: usize = memory.data(72);
const y: usize = memory.data(72);
const u: usize = memory.data(72);
const v: usize = memory.data(72);

/** out = 2 a. */
export function double(out: usize, a: usize): void {
  let below = i32x4.splat(0);
  for (let i: usize = 0; i < LANES; i += 16) {
    const p = v128.load(a + i);
    const y = v128.shuffle<u32>(p, p, 1, 1, 2, 1);
    const x = v128.shuffle<u32>(p, p, 1, 1, 2, 0);
    // (X, Y, Z, Y - X) and (2 Y, 2 Y, 2 Z, Y + X)
    v128.store(LEFT + i, v128.shuffle<u32>(p, i16x8.sub(y, x), 0, 1, 2, 7));
    const right = i16x8.add(y, x);
    setFactor(i, right, below);
    below = right;
  }
  mulByFactor(LEFT, LEFT);
  // Of the products (E, B, C, G): F = C - G and H = B - G.
  below = i32x4.splat(0);
  for (let i: usize = 0; i < LANES; i += 16) {
    const p = v128.load(LEFT + i);
    // (E, G, G, E) and (F, H, F, H)
    v128.store(LEFT + i, v128.shuffle<u32>(p, p, 0, 3, 3, 0));
    const g = v128.shuffle<u32>(p, p, 3, 3, 3, 3);
    const right = i16x8.sub(v128.shuffle<u32>(p, p, 2, 1, 2, 1), g);
    setFactor(i, right, below);
    below = right;
  }
  mulByFactor(out, LEFT);
}

/** Makes (Y - X, Y + X, Z, T) of a point the factor of what comes next. */
@inline
function setSumAndDifference(a: usize): void {
  let below = i32x4.splat(0);
  for (let i: usize = 0; i < LANES; i += 16) {
    const p = v128.load(a + i);
    const x = i16x8.mul(v128.shuffle<u32>(p, p, 0, 0, 0, 0), i16x8(-1, -1, 1, 1, 0, 0, 0, 0));
    const digits = i16x8.add(v128.shuffle<u32>(p, p, 1, 1, 2, 3), x);
    setFactor(i, digits, below);
    below = digits;
  }
}

/** out = the point prepared for additions. */
export function prepare(out: usize, a: usize): void {
  setSumAndDifference(a);
  // 121666 (1, 1, 2, -2 d), d being -121665 / 121666: a factor that all lanes have changes no point.
  scale(out, i16x8(-1214, 15, -1214, 15, -2428, 30, -2430, 30));
}

/** out = a + b for a prepared `b`. */
export function add(out: usize, a: usize, b: usize): void {
  setSumAndDifference(a);
  mulByFactor(LEFT, b);
  let below = i32x4.splat(0);
  // Of the products (A, B, D, -C): E = B - A, F = D - C, G = D + C, H = B + A.
  for (let i: usize = 0; i < LANES; i += 16) {
    const p = v128.load(LEFT + i);
    // (E, G, G, E) and (F, H, F, H)
    const subtracted = v128.shuffle<u32>(p, p, 0, 3, 3, 0);
    v128.store(LEFT + i, i16x8.sub(v128.shuffle<u32>(p, p, 1, 2, 2, 1), subtracted));
    const added = v128.shuffle<u32>(p, p, 3, 0, 3, 0);
    const right = i16x8.add(v128.shuffle<u32>(p, p, 2, 1, 2, 1), added);
    setFactor(i, right, below);
    below = right;
  }
  mulByFactor(out, LEFT);
}

/** out = -a of a prepared point: its first two lanes change places. */
export function negatePrepared(out: usize, a: usize): void {
  for (let i: usize = 0; i < LANES; i += 16) {
    const p = v128.load(a + i);
    v128.store(out + i, i16x8.mul(v128.shuffle<u32>(p, p, 1, 0, 2, 3), i16x8(1, 1, 1, 1, 1, 1, -1, -1)));
  }
}

/** out = -a. */
export function negate(out: usize, a: usize): void {
  const signs = i16x8(-1, -1, 1, 1, 1, 1, -1, -1);
  for (let i: usize = 0; i < LANES; i += 16) v128.store(out + i, i16x8.mul(v128.load(a + i), signs));
}

/** out = the neutral element, (0, 1). */
export function setNeutral(out: usize): void {
  memory.fill(out, 0, POINT);
  store<i16>(out, 1, 4 * Y);
  store<i16>(out, 1, 4 * Z);
}

/** out = the base point. */
export function setBase(out: usize): void {
  setAffine(out, BASE_X, BASE_Y);
}

/** out = the point with these coordinates. */
export function setAffine(out: usize, affineX: usize, affineY: usize): void {
  field.mul(u, affineX, affineY);
  insert(out, T, u);
  field.setSmall(u, 1);
  insert(out, Z, u);
  insert(out, X, affineX);
  insert(out, Y, affineY);
}

/** y and x^2 = u / v of the i-th of two points. */
function readY(i: usize, bytes: usize): void {
  const at = i * ELEMENT;
  field.fromBytes(y + at, bytes);
  // x^2 = (y^2 - 1) / (d y^2 + 1)
  field.square(u + at, y + at);
  field.mul(v + at, u + at, D);
  field.setSmall(x, 1);
  field.sub(u + at, u + at, x);
  field.add(v + at, v + at, x);
}

/** The i-th of two points, whose x was found, with the sign that its bytes tell. */
function finish(i: usize, out: usize, bytes: usize): void {
  const at = i * ELEMENT;
  if (load<u8>(bytes, 31) >> 7 != 0) field.negate(x + at, x + at);
  setAffine(out, x + at, y + at);
}

/** Whether 32 bytes are a point, as {@link decode} takes it. */
export function isPoint(bytes: usize): bool {
  readY(0, bytes);
  return squareRootOfRatio(x, u, v);
}

/**
 * out = the point of 32 bytes: whether there is one. As the reference library of Solana takes it: y need
 * not be below p, and the sign of x = 0 may be set.
 */
export function decode(out: usize, bytes: usize): bool {
  if (!isPoint(bytes)) return false;
  finish(0, out, bytes);
  return true;
}

/** As {@link decode} of two points in hardly more time than one: bit i for the i-th. */
export function decodePair(out0: usize, bytes0: usize, out1: usize, bytes1: usize): u32 {
  readY(0, bytes0);
  readY(1, bytes1);
  const found = squareRootsOfRatios(x, u, v, x + ELEMENT, u + ELEMENT, v + ELEMENT);
  // The first point's product x y takes the place of u, which is no longer needed.
  if ((found & 1) != 0) finish(0, out0, bytes0);
  if ((found & 2) != 0) finish(1, out1, bytes1);
  return found;
}

/** The 32 bytes of a point; `inverseZ` is 1 / Z. */
export function encodeWith(bytes: usize, a: usize, inverseZ: usize): void {
  extract(x, a, X);
  extract(y, a, Y);
  field.mul(x, x, inverseZ);
  field.mul(y, y, inverseZ);
  field.toBytes(bytes, y);
  if (field.isNegative(x)) store<u8>(bytes, load<u8>(bytes, 31) | 0x80, 31);
}

/** The 32 bytes of a point. */
export function encode(bytes: usize, a: usize): void {
  extractZ(v, a);
  field.inverse(v, v);
  encodeWith(bytes, a, v);
}

/** The 32 bytes of y, without a sign, of a point that was decoded and has Z = 1. */
export function encodeY(bytes: usize, a: usize): void {
  extract(y, a, Y);
  field.toBytes(bytes, y);
}

/** Whether a point is the neutral element. */
export function isNeutral(a: usize): bool {
  extract(x, a, X);
  if (!field.isZero(x)) return false;
  extract(y, a, Y);
  extract(x, a, Z);
  return field.equals(x, y);
}

/** The four coordinates of a point. */
export function extractAll(outX: usize, outY: usize, outZ: usize, outT: usize, a: usize): void {
  extract(outX, a, X);
  extract(outY, a, Y);
  extract(outZ, a, Z);
  extract(outT, a, T);
}

/** out = Z. */
export function extractZ(out: usize, a: usize): void {
  extract(out, a, Z);
}

// y of the points whose order divides eight, beside 0 and 1: -1, and the two of order eight.
const SMALL_ORDER: usize = memory.data<u64>([
  0xffffffffffffffec, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff,
  0xb027b2c28f95e826, 0xf098eff289f4c345, 0x3933c6d305acdfd5, 0x05fc536d880238b1,
  0x4fd84d3d706a17c7, 0x0f67100d760b3cba, 0xc6cc392cfa53202a, 0x7a03ac9277fdc74e,
]);

/** Whether the y of 32 bytes is below p. */
export function hasCanonicalY(bytes: usize): bool {
  return (
    load<u64>(bytes) < 0xffffffffffffffed ||
    (load<u64>(bytes, 8) & load<u64>(bytes, 16) & (load<u64>(bytes, 24) | 0x8000000000000000)) != u64.MAX_VALUE
  );
}

/** Whether the order of the point that 32 bytes encode divides eight, for a y below p. */
export function hasSmallOrder(bytes: usize): bool {
  const l0 = load<u64>(bytes);
  const l1 = load<u64>(bytes, 8);
  const l2 = load<u64>(bytes, 16);
  const l3 = load<u64>(bytes, 24) & 0x7fffffffffffffff;
  if (l0 <= 1) return (l1 | l2 | l3) == 0;
  for (let at = SMALL_ORDER; at < SMALL_ORDER + 96; at += 32) {
    if (
      l0 == load<u64>(at) &&
      l1 == load<u64>(at, 8) &&
      l2 == load<u64>(at, 16) &&
      l3 == load<u64>(at, 24)
    ) {
      return true;
    }
  }
  return false;
}
