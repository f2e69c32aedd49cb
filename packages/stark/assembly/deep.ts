// What the prover does with many columns at one point: evaluations there, random combinations, and
// quotients by the line through the point and its conjugate.

import { add, mul, mulDoubled, sub } from './m31';
import { pointsX, pointsY } from './domain';
import { at, DEGREE, HALF, inverseBase, inverseExt, mulBase, mulExt, put } from './extension';

/** Rows of a column that are worked on together, so that sums stay in the first cache. */
const TILE: usize = 1024;

/**
 * Adds sum over columns of coefficient · column to the `DEGREE` columns of E at `to`.
 *
 * @param columns array of `count` addresses
 * @param coefficients `count` elements of E, `DEGREE` doubled words each
 * @param rows multiple of four
 */
export function combine(to: usize, toStride: usize, columns: usize, coefficients: usize, count: u32, rows: u32): void {
  const bytes = <usize>rows << 2;
  for (let start: usize = 0; start < bytes; start += TILE << 2) {
    const end = start + (TILE << 2) < bytes ? start + (TILE << 2) : bytes;
    let c: usize = 0;
    for (; c + 2 <= <usize>count; c += 2) {
      const a = <usize>load<u32>(columns + (c << 2));
      const b = <usize>load<u32>(columns + (c << 2), 4);
      const f = coefficients + c * (DEGREE << 2);
      const g = f + (DEGREE << 2);
      for (let p = start; p < end; p += 16) {
        const x = v128.load(a + p);
        const y = v128.load(b + p);
        for (let k = 0; k < DEGREE; k++) {
          const q = to + p + <usize>k * toStride;
          const sum = add(
            mulDoubled(x, v128.load32_splat(f + (<usize>k << 2))),
            mulDoubled(y, v128.load32_splat(g + (<usize>k << 2))),
          );
          v128.store(q, add(v128.load(q), sum));
        }
      }
    }
    for (; c < <usize>count; c++) {
      const a = <usize>load<u32>(columns + (c << 2));
      const f = coefficients + c * (DEGREE << 2);
      for (let p = start; p < end; p += 16) {
        const x = v128.load(a + p);
        for (let k = 0; k < DEGREE; k++) {
          const q = to + p + <usize>k * toStride;
          v128.store(q, add(v128.load(q), mulDoubled(x, v128.load32_splat(f + (<usize>k << 2)))));
        }
      }
    }
  }
}

/** Inner products of `count` coefficient columns of `rows` words with `rows` weights of E (doubled). */
export function evaluateColumns(
  to: usize,
  columns: usize,
  count: u32,
  weights: usize,
  weightStride: usize,
  rows: u32,
): void {
  const bytes = <usize>rows << 2;
  for (let c: usize = 0; c < <usize>count; c++) {
    const column = <usize>load<u32>(columns + (c << 2));
    for (let k = 0; k < DEGREE; k++) {
      const w = weights + <usize>k * weightStride;
      let sum = i32x4.splat(0);
      for (let p: usize = 0; p < bytes; p += 16) {
        sum = add(sum, mulDoubled(v128.load(column + p), v128.load(w + p)));
      }
      sum = add(sum, v128.shuffle<u32>(sum, sum, 2, 3, 0, 1));
      sum = add(sum, v128.shuffle<u32>(sum, sum, 1, 0, 3, 2));
      store<u32>(to + ((c * DEGREE + <usize>k) << 2), i32x4.extract_lane(sum, 0));
    }
  }
}

/**
 * The FFT basis at a point, as columns of E: the product of factors[bit] over the set bits of
 * the index.
 * @param factors `log` elements of E (plain words)
 */
export function basisWeights(to: usize, stride: usize, factors: usize, log: i32): void {
  for (let k = 0; k < DEGREE; k++) store<u32>(to + <usize>k * stride, k == 0 ? 1 : 0);
  for (let bit = 0; bit < log; bit++) {
    const known: usize = (<usize>4) << bit;
    for (let k = 0; k < DEGREE; k++) {
      put(FACTOR, 16, k, v128.load32_splat(factors + ((<usize>(bit * DEGREE + k)) << 2)));
    }
    if (bit < 2) {
      for (let i: usize = 0; i < known; i += 4) {
        for (let k = 0; k < DEGREE; k++) put(PRODUCT, 16, k, v128.load32_splat(to + i + <usize>k * stride));
        mulExt(PRODUCT, 16, PRODUCT, 16, FACTOR, 16);
        for (let k = 0; k < DEGREE; k++) {
          store<u32>(to + known + i + <usize>k * stride, i32x4.extract_lane(at(PRODUCT, 16, k), 0));
        }
      }
    } else {
      for (let i: usize = 0; i < known; i += 16) mulExt(to + known + i, stride, to + i, stride, FACTOR, 16);
    }
  }
}

const FACTOR: usize = memory.data(96, 16);
const PRODUCT: usize = memory.data(96, 16);
const NUMERATOR: usize = memory.data(96, 16);

/** Vectors inverted together. */
const BATCH: i32 = 128;
const DENOMINATORS: usize = memory.data(48 * 128, 16);
const PREFIXES: usize = memory.data(48 * 128, 16);

/**
 * Adds (sum - constant - y slope) / line to the columns of E at `to`, over `rows` places of a domain.
 * The line through the point and its conjugate is lineX x + lineY y + line0 with coefficients in B.
 *
 * @param line lineX, lineY and line0: `HALF` words each
 * @param offsets constant and slope: `DEGREE` words each
 */
export function addQuotients(
  to: usize,
  toStride: usize,
  sums: usize,
  sumStride: usize,
  xs: usize,
  ys: usize,
  line: usize,
  offsets: usize,
  rows: u32,
): void {
  const vectors = <i32>(rows >> 2);
  for (let first = 0; first < vectors; first += BATCH) {
    const batch = vectors - first < BATCH ? vectors - first : BATCH;
    for (let k = 0; k < HALF; k++) put(PRODUCT, 16, k, i32x4.splat(k == 0 ? 1 : 0));
    for (let v = 0; v < batch; v++) {
      const stored = <usize>(first + v) << 2;
      const x = pointsX(xs, stored);
      const y = pointsY(ys, stored);
      const d = DENOMINATORS + <usize>v * (16 * HALF);
      for (let k = 0; k < HALF; k++) {
        const value = add(
          mul(x, v128.load32_splat(line + (<usize>k << 2))),
          mul(y, v128.load32_splat(line + (<usize>(k + HALF) << 2))),
        );
        put(d, 16, k, add(value, v128.load32_splat(line + (<usize>(k + 2 * HALF) << 2))));
        put(PREFIXES + <usize>v * (16 * HALF), 16, k, at(PRODUCT, 16, k));
      }
      mulBase(PRODUCT, 16, PRODUCT, 16, d, 16);
    }
    inverseBase(PRODUCT, PRODUCT);
    for (let v = batch - 1; v >= 0; v--) {
      const stored = <usize>(first + v) << 2;
      const y = pointsY(ys, stored);
      const d = DENOMINATORS + <usize>v * (16 * HALF);
      mulBase(FACTOR, 16, PRODUCT, 16, PREFIXES + <usize>v * (16 * HALF), 16);
      mulBase(PRODUCT, 16, PRODUCT, 16, d, 16);
      const p = stored << 2;
      for (let k = 0; k < DEGREE; k++) {
        const shift = add(
          v128.load32_splat(offsets + (<usize>k << 2)),
          mul(y, v128.load32_splat(offsets + (<usize>(k + DEGREE) << 2))),
        );
        put(NUMERATOR, 16, k, sub(at(sums + p, sumStride, k), shift));
      }
      mulBase(NUMERATOR, 16, NUMERATOR, 16, FACTOR, 16);
      mulBase(NUMERATOR + 16 * HALF, 16, NUMERATOR + 16 * HALF, 16, FACTOR, 16);
      for (let k = 0; k < DEGREE; k++) {
        put(to + p, toStride, k, add(at(to + p, toStride, k), at(NUMERATOR, 16, k)));
      }
    }
  }
}

/** Element-wise 1/a of `rows` elements of E (a multiple of four), by running products kept in `to`. */
export function invertColumns(to: usize, toStride: usize, from: usize, fromStride: usize, rows: u32): void {
  const bytes = <usize>rows << 2;
  for (let k = 0; k < DEGREE; k++) put(PRODUCT, 16, k, i32x4.splat(k == 0 ? 1 : 0));
  for (let p: usize = 0; p < bytes; p += 16) {
    for (let k = 0; k < DEGREE; k++) put(to + p, toStride, k, at(PRODUCT, 16, k));
    mulExt(PRODUCT, 16, PRODUCT, 16, from + p, fromStride);
  }
  inverseExt(FACTOR, PRODUCT);
  for (let p: usize = bytes; p > 0; p -= 16) {
    const q = p - 16;
    mulExt(to + q, toStride, to + q, toStride, FACTOR, 16);
    mulExt(FACTOR, 16, FACTOR, 16, from + q, fromStride);
  }
}

/** to = a · b over `rows` elements of E. */
export function multiplyColumns(
  to: usize,
  toStride: usize,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  rows: u32,
): void {
  for (let p: usize = 0; p < <usize>rows << 2; p += 16) mulExt(to + p, toStride, a + p, aStride, b + p, bStride);
}

/** to += from over `rows` words. */
export function addColumn(to: usize, from: usize, rows: u32): void {
  for (let p: usize = 0; p < <usize>rows << 2; p += 16) {
    v128.store(to + p, add(v128.load(to + p), v128.load(from + p)));
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
