// Columns of the lookup argument: fractions by tiles, their sums and the running sum of all.

import { add } from './m31';
import { at, DEGREE, inverseExt, mulExt, put } from './extension';
import { FACTOR, PRODUCT, scratch } from './scratch';

/** Bytes of a coordinate of a tile: generated code writes up to 256 rows of numerator and denominator. */
const TILE_STRIDE: usize = 1024;

/**
 * target = numerator / denominator and total += target over the rows of a tile.
 *
 * @param fraction `DEGREE` coordinates of the numerator, `TILE_STRIDE` bytes apart, then the denominator's
 * @param rows a multiple of four
 */
export function addFraction(
  target: usize,
  targetStride: usize,
  total: usize,
  totalStride: usize,
  fraction: usize,
  rows: u32,
): void {
  const denominator = fraction + <usize>DEGREE * TILE_STRIDE;
  const product = scratch(PRODUCT);
  const factor = scratch(FACTOR);
  const bytes = <usize>rows << 2;
  // Products of all denominators before a row, then one inversion, and back.
  for (let k = 0; k < DEGREE; k++) put(product, 16, k, i32x4.splat(k == 0 ? 1 : 0));
  for (let p: usize = 0; p < bytes; p += 16) {
    for (let k = 0; k < DEGREE; k++) put(target + p, targetStride, k, at(product, 16, k));
    mulExt(product, 16, product, 16, denominator + p, TILE_STRIDE);
  }
  inverseExt(factor, product);
  for (let p: usize = bytes; p > 0; p -= 16) {
    const q = p - 16;
    const to = target + q;
    mulExt(to, targetStride, to, targetStride, factor, 16);
    mulExt(factor, 16, factor, 16, denominator + q, TILE_STRIDE);
    mulExt(to, targetStride, to, targetStride, fraction + q, TILE_STRIDE);
    for (let k = 0; k < DEGREE; k++) {
      put(total + q, totalStride, k, add(at(total + q, totalStride, k), at(to, targetStride, k)));
    }
  }
}

/** The sum of `rows` words. */
export function sumColumn(from: usize, rows: u32): u32 {
  let sum = i32x4.splat(0);
  for (let p: usize = 0; p < <usize>rows << 2; p += 16) sum = add(sum, v128.load(from + p));
  sum = add(sum, v128.shuffle<u32>(sum, sum, 2, 3, 0, 1));
  sum = add(sum, v128.shuffle<u32>(sum, sum, 1, 0, 3, 2));
  return i32x4.extract_lane(sum, 0);
}

/** Running sums before each row, of the words less `share`. */
export function prefixSums(to: usize, from: usize, share: u32, rows: u32): void {
  let sum: u32 = 0;
  for (let p: usize = 0; p < <usize>rows << 2; p += 4) {
    const term = load<u32>(from + p);
    store<u32>(to + p, sum);
    sum += term;
    sum = sum >= 0x7fffffff ? sum - 0x7fffffff : sum;
    const less = sum - share;
    sum = <i32>less < 0 ? less + 0x7fffffff : less;
  }
}
