// What the prover does with many columns at one point: evaluations there, random combinations, and
// quotients by the line through the point and its conjugate.

import { add, foldWide, mul, P, reduceWide, sub } from './m31';
import { pointsX, pointsY } from './domain';
import { at, DEGREE, HALF, inverseBase, mulBase, mulExt, put } from './extension';
import { DENOMINATORS, FACTOR, NUMERATOR, PREFIXES, PRODUCT, scratch } from './scratch';

/** Rows of a column that are worked on together, so that sums stay in the first cache. */
const TILE: usize = 512;

/**
 * Adds sum over columns of coefficient · column to the `DEGREE` columns of E at `to`, for rows from `start` on.
 *
 * PERF: the products of four columns are summed in 64 bits and reduced once.
 *
 * @param columns array of `count` addresses
 * @param coefficients `count` elements of E
 * @param rows multiple of four, as is `start`
 */
export function combine(
  to: usize,
  toStride: usize,
  columns: usize,
  coefficients: usize,
  count: u32,
  start: u32,
  rows: u32,
): void {
  const stop = (<usize>start + rows) << 2;
  for (let first = <usize>start << 2; first < stop; first += TILE << 2) {
    const end = first + (TILE << 2) < stop ? first + (TILE << 2) : stop;
    let c: usize = 0;
    for (; c + 4 <= <usize>count; c += 4) {
      const pointers = columns + (c << 2);
      const a0 = <usize>load<u32>(pointers);
      const a1 = <usize>load<u32>(pointers, 4);
      const a2 = <usize>load<u32>(pointers, 8);
      const a3 = <usize>load<u32>(pointers, 12);
      const f = coefficients + c * (DEGREE << 2);
      for (let p = first; p < end; p += 16) {
        const x0 = v128.load(a0 + p);
        const x1 = v128.load(a1 + p);
        const x2 = v128.load(a2 + p);
        const x3 = v128.load(a3 + p);
        const q = to + p;
        addProducts(q, x0, x1, x2, x3, f);
        addProducts(q + toStride, x0, x1, x2, x3, f + 4);
        addProducts(q + 2 * toStride, x0, x1, x2, x3, f + 8);
        addProducts(q + 3 * toStride, x0, x1, x2, x3, f + 12);
        if (isDefined(SEXTIC)) {
          addProducts(q + 4 * toStride, x0, x1, x2, x3, f + 16);
          addProducts(q + 5 * toStride, x0, x1, x2, x3, f + 20);
        }
      }
    }
    for (; c < <usize>count; c++) {
      const a = <usize>load<u32>(columns + (c << 2));
      const f = coefficients + c * (DEGREE << 2);
      for (let p = first; p < end; p += 16) {
        const x = v128.load(a + p);
        for (let k = 0; k < DEGREE; k++) {
          const q = to + p + <usize>k * toStride;
          v128.store(q, add(v128.load(q), mul(x, v128.load32_splat(f + (<usize>k << 2)))));
        }
      }
    }
  }
}

/** Adds four words times the same coordinate of four elements of E that follow each other. */
@inline
function addProducts(to: usize, x0: v128, x1: v128, x2: v128, x3: v128, f: usize): void {
  const f0 = v128.load32_splat(f);
  const f1 = v128.load32_splat(f + (DEGREE << 2));
  const f2 = v128.load32_splat(f + 2 * (DEGREE << 2));
  const f3 = v128.load32_splat(f + 3 * (DEGREE << 2));
  const low = i64x2.add(
    i64x2.add(i64x2.extmul_low_i32x4_u(x0, f0), i64x2.extmul_low_i32x4_u(x1, f1)),
    i64x2.add(i64x2.extmul_low_i32x4_u(x2, f2), i64x2.extmul_low_i32x4_u(x3, f3)),
  );
  const high = i64x2.add(
    i64x2.add(i64x2.extmul_high_i32x4_u(x0, f0), i64x2.extmul_high_i32x4_u(x1, f1)),
    i64x2.add(i64x2.extmul_high_i32x4_u(x2, f2), i64x2.extmul_high_i32x4_u(x3, f3)),
  );
  v128.store(to, add(v128.load(to), reduceWide(low, high)));
}

/**
 * Inner products of `count` columns with `DEGREE` columns of weights, over rows from `start` on.
 *
 * @param to `count` elements of E, overwritten
 * @param rows multiple of eight; `start` of four
 */
export function evaluateColumns(
  to: usize,
  columns: usize,
  count: u32,
  weights: usize,
  weightStride: usize,
  start: u32,
  rows: u32,
): void {
  memory.fill(to, 0, (<usize>count * DEGREE) << 2);
  const stop = (<usize>start + rows) << 2;
  for (let first = <usize>start << 2; first < stop; first += TILE << 2) {
    const end = first + (TILE << 2) < stop ? first + (TILE << 2) : stop;
    for (let c: usize = 0; c < <usize>count; c++) {
      const column = <usize>load<u32>(columns + (c << 2));
      const result = to + c * (DEGREE << 2);
      for (let k = 0; k < DEGREE; k++) {
        innerProduct(result + (<usize>k << 2), column, weights + <usize>k * weightStride, first, end);
      }
    }
  }
}

/** Adds the inner product of two columns from byte `start` to `end` to a word. */
function innerProduct(to: usize, a: usize, b: usize, start: usize, end: usize): void {
  let low = i64x2.splat(0);
  let high = i64x2.splat(0);
  for (let p = start; p < end; p += 32) {
    const a0 = v128.load(a + p);
    const a1 = v128.load(a + p, 16);
    const b0 = v128.load(b + p);
    const b1 = v128.load(b + p, 16);
    const l = i64x2.add(i64x2.extmul_low_i32x4_u(a0, b0), i64x2.extmul_low_i32x4_u(a1, b1));
    const h = i64x2.add(i64x2.extmul_high_i32x4_u(a0, b0), i64x2.extmul_high_i32x4_u(a1, b1));
    low = i64x2.add(low, foldWide(l));
    high = i64x2.add(high, foldWide(h));
  }
  // Each lane has at most TILE / 8 terms of 33 bits.
  const sum = i64x2.add(low, high);
  const total = <u64>i64x2.extract_lane(sum, 0) + <u64>i64x2.extract_lane(sum, 1) + load<u32>(to);
  store<u32>(to, <u32>(total % P));
}

/**
 * The FFT basis at a point, as columns of E: the product of factors[bit] over the set bits of
 * the index.
 * @param factors `log` elements of E (plain words)
 */
export function basisWeights(to: usize, stride: usize, factors: usize, log: i32): void {
  const factor = scratch(FACTOR);
  const product = scratch(PRODUCT);
  for (let k = 0; k < DEGREE; k++) store<u32>(to + <usize>k * stride, k == 0 ? 1 : 0);
  for (let bit = 0; bit < log; bit++) {
    const known: usize = (<usize>4) << bit;
    for (let k = 0; k < DEGREE; k++) {
      put(factor, 16, k, v128.load32_splat(factors + ((<usize>(bit * DEGREE + k)) << 2)));
    }
    if (bit < 2) {
      for (let i: usize = 0; i < known; i += 4) {
        for (let k = 0; k < DEGREE; k++) put(product, 16, k, v128.load32_splat(to + i + <usize>k * stride));
        mulExt(product, 16, product, 16, factor, 16);
        for (let k = 0; k < DEGREE; k++) {
          store<u32>(to + known + i + <usize>k * stride, i32x4.extract_lane(at(product, 16, k), 0));
        }
      }
    } else {
      for (let i: usize = 0; i < known; i += 16) mulExt(to + known + i, stride, to + i, stride, factor, 16);
    }
  }
}

/** Vectors inverted together. */
const BATCH: i32 = 128;

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
  const denominators = scratch(DENOMINATORS);
  const prefixes = scratch(PREFIXES);
  const factor = scratch(FACTOR);
  const product = scratch(PRODUCT);
  const numerator = scratch(NUMERATOR);
  const vectors = <i32>(rows >> 2);
  for (let first = 0; first < vectors; first += BATCH) {
    const batch = vectors - first < BATCH ? vectors - first : BATCH;
    for (let k = 0; k < HALF; k++) put(product, 16, k, i32x4.splat(k == 0 ? 1 : 0));
    for (let v = 0; v < batch; v++) {
      const stored = <usize>(first + v) << 2;
      const x = pointsX(xs, stored);
      const y = pointsY(ys, stored);
      const d = denominators + <usize>v * (16 * HALF);
      for (let k = 0; k < HALF; k++) {
        const value = add(
          mul(x, v128.load32_splat(line + (<usize>k << 2))),
          mul(y, v128.load32_splat(line + (<usize>(k + HALF) << 2))),
        );
        put(d, 16, k, add(value, v128.load32_splat(line + (<usize>(k + 2 * HALF) << 2))));
        put(prefixes + <usize>v * (16 * HALF), 16, k, at(product, 16, k));
      }
      mulBase(product, 16, product, 16, d, 16);
    }
    inverseBase(product, product);
    for (let v = batch - 1; v >= 0; v--) {
      const stored = <usize>(first + v) << 2;
      const y = pointsY(ys, stored);
      const d = denominators + <usize>v * (16 * HALF);
      mulBase(factor, 16, product, 16, prefixes + <usize>v * (16 * HALF), 16);
      mulBase(product, 16, product, 16, d, 16);
      const p = stored << 2;
      for (let k = 0; k < DEGREE; k++) {
        const shift = add(
          v128.load32_splat(offsets + (<usize>k << 2)),
          mul(y, v128.load32_splat(offsets + (<usize>(k + DEGREE) << 2))),
        );
        put(numerator, 16, k, sub(at(sums + p, sumStride, k), shift));
      }
      mulBase(numerator, 16, numerator, 16, factor, 16);
      mulBase(numerator + 16 * HALF, 16, numerator + 16 * HALF, 16, factor, 16);
      for (let k = 0; k < DEGREE; k++) {
        put(to + p, toStride, k, add(at(to + p, toStride, k), at(numerator, 16, k)));
      }
    }
  }
}
