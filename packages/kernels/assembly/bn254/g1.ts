// BN254's first group, y^2 = x^3 + 3, with the encodings of EIP-196: x and y in 32 big-endian bytes
// each, infinity as (0, 0).
import { copy, fromBE } from '../u256/word';
import { isZero as isZeroWord } from '../u256/compare';
import { add, equals, mul, one, readElement, square, writeElement } from '../curves/field256';
import { inverse } from '../curves/inverse';
import { addPoints, isInfinity, POINT, setInfinity, sumOfProducts, sumScratch } from '../curves/weierstrass';
import { FIELD } from './constants';

// Scratch area: three points, then what the functions called need.
const A: usize = 0;
const B: usize = POINT;
const OUT: usize = 2 * POINT;
const WORK: usize = 3 * POINT;

/** Bytes of scratch for this file's functions. */
export const G1_SCRATCH: usize = WORK + sumScratch(1);

/** out = the point at `source`; false when a coordinate is not below p or it is not on the curve. */
export function readG1(out: usize, source: usize, scratch: usize): bool {
  if (isZeroWord(source) && isZeroWord(source + 32)) {
    setInfinity(out);
    return true;
  }
  if (!readElement(out, source, FIELD) || !readElement(out + 32, source + 32, FIELD)) return false;
  const left = scratch;
  const right = scratch + 32;
  square(left, out + 32, FIELD);
  square(right, out, FIELD);
  mul(right, right, out, FIELD);
  for (let i = 0; i < 3; i++) add(right, right, one(FIELD), FIELD);
  copy(out + 64, one(FIELD));
  return equals(left, right);
}

/** The 64 bytes of `point` to `target`. */
export function writeG1(target: usize, point: usize, scratch: usize): void {
  if (isInfinity(point)) {
    memory.fill(target, 0, 64);
    return;
  }
  const z = scratch;
  const t = scratch + 32;
  const work = scratch + 64;
  inverse(z, point + 64, FIELD, work);
  square(t, z, FIELD);
  mul(z, z, t, FIELD);
  mul(t, t, point, FIELD);
  writeElement(target, t, FIELD, work);
  mul(t, z, point + 32, FIELD);
  writeElement(target + 32, t, FIELD, work);
}

/** The 64 bytes at `out` = sum of the two points in the 128 bytes at `input`; false if one is none. */
export function bn254Add(out: usize, input: usize, scratch: usize): bool {
  const work = scratch + WORK;
  if (!readG1(scratch + A, input, work) || !readG1(scratch + B, input + 64, work)) return false;
  addPoints(scratch + OUT, scratch + A, scratch + B, true, FIELD, work);
  writeG1(out, scratch + OUT, work);
  return true;
}

/** The 64 bytes at `out` = point times factor, from the 96 bytes at `input`; false if it is no point. */
export function bn254Mul(out: usize, input: usize, scratch: usize): bool {
  const work = scratch + WORK;
  if (!readG1(scratch + A, input, work)) return false;
  fromBE(scratch + B, input + 64);
  sumOfProducts(scratch + OUT, scratch + A, scratch + B, 1, true, FIELD, work);
  writeG1(out, scratch + OUT, work);
  return true;
}
