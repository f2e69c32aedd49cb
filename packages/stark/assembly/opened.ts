// What a verifier does with opened rows. A row is the words of all columns of one height at one place; the
// rows that queries fall on stand one after the other. What is computed of them stands in columns of E, one
// lane a row, rounded up to four rows: lanes behind the last row hold anything.

import { begin, compress } from './blake2s';
import { at, DEGREE, HALF, inverseBase, mulBase, mulExt, put } from './extension';
import { add, inverse, modulus, mul, mulDoubled, neg, sub } from './m31';
import { MESSAGE, scratch, STATE } from './scratch';

/** Vectors that hold the coordinates of one element side by side. */
const VECTORS: i32 = (DEGREE + 3) / 4;

/** Puts `count` words of four nodes into the message from vector `filled` on. */
@inline
function fill(filled: usize, count: usize, a: usize, b: usize, c: usize, d: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const word = i << 2;
    let lanes = v128.load32_zero(a + word);
    lanes = v128.load_lane<u32>(b + word, lanes, 1);
    lanes = v128.load_lane<u32>(c + word, lanes, 2);
    lanes = v128.load_lane<u32>(d + word, lanes, 3);
    v128.store(scratch(MESSAGE) + ((filled + i) << 4), lanes);
  }
}

/**
 * Hashes `count` nodes of a tree, four at a time: the 16 words of a node's children at `pairs` (0 for
 * leaves), then the `width` words of its row at `rows`. Digests of eight words go to `to`.
 */
export function hashRows(
  to: usize,
  pairs: usize,
  rows: usize,
  width: u32,
  count: u32,
  personal0: u32,
  personal1: u32,
): void {
  const total: u32 = (pairs != 0 ? 16 : 0) + width;
  const bytes = <usize>width << 2;
  const state = scratch(STATE);
  const message = scratch(MESSAGE);
  for (let node: u32 = 0; node < count; node += 4) {
    // The last nodes fill all lanes.
    const a = <usize>node;
    const b = <usize>min(node + 1, count - 1);
    const c = <usize>min(node + 2, count - 1);
    const d = <usize>min(node + 3, count - 1);
    begin(state, 16, personal0, personal1);
    let done: u32 = 0;
    if (pairs != 0) {
      fill(0, 16, pairs + (a << 6), pairs + (b << 6), pairs + (c << 6), pairs + (d << 6));
      done = 16;
      compress(state, 16, message, 64, total == 16);
    }
    for (let start: usize = 0; start < bytes; start += 64) {
      const words = min((bytes - start) >> 2, 16);
      const from = rows + start;
      fill(0, words, from + a * bytes, from + b * bytes, from + c * bytes, from + d * bytes);
      for (let i = words; i < 16; i++) v128.store(message + (i << 4), i32x4.splat(0));
      done += <u32>words;
      compress(state, 16, message, done << 2, done == total);
    }
    for (let w: usize = 0; w < 8; w++) {
      const digests = v128.load(state + (w << 4));
      const target = to + (w << 2);
      v128.store_lane<u32>(target + (a << 5), digests, 0);
      if (b > a) v128.store_lane<u32>(target + (b << 5), digests, 1);
      if (c > b) v128.store_lane<u32>(target + (c << 5), digests, 2);
      if (d > c) v128.store_lane<u32>(target + (d << 5), digests, 3);
    }
  }
}

/** Whether all of `count` words are below the modulus. */
export function areCanonical(words: usize, count: u32): bool {
  const end = words + (<usize>count << 2);
  let largest = i32x4.splat(0);
  for (; words + 16 <= end; words += 16) largest = v128.max<u32>(largest, v128.load(words));
  for (; words < end; words += 4) largest = v128.max<u32>(largest, v128.load32_splat(words));
  return !v128.any_true(v128.ge<u32>(largest, modulus()));
}

/**
 * Puts the digests of children side by side, 16 words a parent: those of `count` known rows (sorted, each
 * once) and, where a row's neighbour is not known, the next of the proof's. Returns what follows the last
 * of these that was taken.
 */
export function pairDigests(to: usize, rows: usize, count: u32, digests: usize, siblings: usize): usize {
  for (let i: u32 = 0; i < count; i++, to += 64, digests += 32) {
    const row = load<u32>(rows + (<usize>i << 2));
    const isRight = <usize>(row & 1);
    memory.copy(to + (isRight << 5), digests, 32);
    if (isRight == 0 && i + 1 < count && load<u32>(rows + (<usize>i << 2), 4) == row + 1) {
      i++;
      digests += 32;
      memory.copy(to + 32, digests, 32);
    } else {
      memory.copy(to + (32 - (isRight << 5)), siblings, 32);
      siblings += 32;
    }
  }
  return siblings;
}

/** Words to columns: word w of row r goes to place r of column w. */
export function toColumns(to: usize, toStride: usize, rows: usize, width: u32, count: u32): void {
  for (let w: usize = 0; w < <usize>width; w++) {
    let from = rows + (w << 2);
    for (let r: usize = 0; r < <usize>count << 2; r += 4, from += <usize>width << 2) {
      store<u32>(to + w * toStride + r, load<u32>(from));
    }
  }
}

/**
 * Adds the inner product of each row with `width` coefficients to a column of E.
 *
 * @param coefficients elements of E, doubled, each in `VECTORS` vectors
 */
export function combineRows(
  to: usize,
  toStride: usize,
  rows: usize,
  width: u32,
  count: u32,
  coefficients: usize,
): void {
  let word = rows;
  for (let r: usize = 0; r < <usize>count << 2; r += 4) {
    let low = i32x4.splat(0);
    let high = i32x4.splat(0);
    let coefficient = coefficients;
    for (let w: u32 = 0; w < width; w++, word += 4, coefficient += <usize>VECTORS << 4) {
      const value = v128.load32_splat(word);
      low = add(low, mulDoubled(value, v128.load(coefficient)));
      if (VECTORS > 1) high = add(high, mulDoubled(value, v128.load(coefficient, 16)));
    }
    v128.store(SUM, low);
    v128.store(SUM, high, 16);
    for (let k: usize = 0; k < <usize>DEGREE; k++) {
      const target = to + k * toStride + r;
      const sum = load<u32>(target) + load<u32>(SUM + (k << 2));
      store<u32>(target, sum >= 0x7fffffff ? sum - 0x7fffffff : sum);
    }
  }
}

/**
 * Row r of `count` is the sum over i of matrix[r][i] times row i of `sent`. Whole vectors are written: words behind
 * the last row hold anything.
 */
export function continueRows(to: usize, from: usize, width: u32, sent: u32, matrix: usize, count: u32): void {
  const bytes = <usize>width << 2;
  for (let r: u32 = 0; r < count; r++, to += bytes, matrix += <usize>sent << 2) {
    // In this order, a row's last vector is overwritten by what follows it.
    for (let w: usize = 0; w < bytes; w += 16) {
      let sum = i32x4.splat(0);
      let word = from + w;
      for (let i: usize = 0; i < <usize>sent << 2; i += 4, word += bytes) {
        sum = add(sum, mul(v128.load(word), v128.load32_splat(matrix + i)));
      }
      v128.store(to + w, sum);
    }
  }
}

/** The first `count` powers of an element of E as coefficients for `combineRows`. */
export function powers(to: usize, base: usize, count: u32): void {
  for (let k = 0; k < DEGREE; k++) {
    put(CHALLENGE, 16, k, word(base, k));
    put(NUMERATOR, 16, k, i32x4.splat(k == 0 ? 1 : 0));
  }
  for (let i: u32 = 0; i < count; i++, to += <usize>VECTORS << 4) {
    for (let k: usize = 0; k < <usize>DEGREE; k++) {
      store<u32>(to + (k << 2), load<u32>(NUMERATOR + (k << 4)) << 1);
    }
    mulExt(NUMERATOR, 16, NUMERATOR, 16, CHALLENGE, 16);
  }
}

const SUM: usize = memory.data(32, 16);
const DENOMINATOR: usize = memory.data(48, 16);
const NUMERATOR: usize = memory.data(96, 16);
const CHALLENGE: usize = memory.data(96, 16);

/**
 * The points of a domain at the places (row << shift) + offset of its stored order.
 *
 * @param generators x and y of G_{2^k} for each k
 */
export function pointsAt(
  xs: usize,
  ys: usize,
  rows: usize,
  count: u32,
  shift: i32,
  offset: u32,
  log: i32,
  generators: usize,
): void {
  const first = generators + (<usize>(log + 1) << 3);
  for (let p: usize = 0; p < <usize>count << 2; p += 16) {
    const place = i32x4.add(v128.shl<u32>(v128.load(rows + p), shift), i32x4.splat(offset));
    let x = v128.load32_splat(first);
    let y = v128.load32_splat(first, 4);
    // Bit k of a place adds G_{2^k}, bit 0 takes the conjugate.
    for (let k = 1; k < log; k++) {
      const gx = v128.load32_splat(generators + (<usize>k << 3));
      const gy = v128.load32_splat(generators + (<usize>k << 3), 4);
      const isSet = v128.shr<i32>(v128.shl<i32>(place, 31 - k), 31);
      const moved = sub(mul(x, gx), mul(y, gy));
      y = v128.bitselect(add(mul(x, gy), mul(y, gx)), y, isSet);
      x = v128.bitselect(moved, x, isSet);
    }
    v128.store(xs + p, x);
    v128.store(ys + p, v128.bitselect(neg(y), y, v128.shr<i32>(v128.shl<i32>(place, 31), 31)));
  }
}

/**
 * Adds (sum - constant - y slope) / (lineX x + lineY y + line0) to a column of E, at the points (x, y).
 *
 * @param line lineX, lineY and line0 in B: `HALF` words each
 * @param offsets constant and slope: `DEGREE` words each
 */
export function quotientRows(
  to: usize,
  toStride: usize,
  sums: usize,
  sumStride: usize,
  xs: usize,
  ys: usize,
  line: usize,
  offsets: usize,
  count: u32,
): void {
  const upper: usize = 16 * HALF;
  for (let p: usize = 0; p < <usize>count << 2; p += 16) {
    const x = v128.load(xs + p);
    const y = v128.load(ys + p);
    for (let k = 0; k < HALF; k++) {
      const along = add(mul(x, word(line, k)), mul(y, word(line, k + HALF)));
      put(DENOMINATOR, 16, k, add(along, word(line, k + 2 * HALF)));
    }
    inverseBase(DENOMINATOR, DENOMINATOR);
    for (let k = 0; k < DEGREE; k++) {
      const shift = add(word(offsets, k), mul(y, word(offsets, k + DEGREE)));
      put(NUMERATOR, 16, k, sub(at(sums + p, sumStride, k), shift));
    }
    mulBase(NUMERATOR, 16, NUMERATOR, 16, DENOMINATOR, 16);
    mulBase(NUMERATOR + upper, 16, NUMERATOR + upper, 16, DENOMINATOR, 16);
    for (let k = 0; k < DEGREE; k++) put(to + p, toStride, k, add(at(to + p, toStride, k), at(NUMERATOR, 16, k)));
  }
}

/** to = (a + b) + challenge · (a - b) / w, as `fold` does with places that stand side by side. */
export function foldRows(
  to: usize,
  toStride: usize,
  a: usize,
  b: usize,
  stride: usize,
  ws: usize,
  challenge: usize,
  count: u32,
): void {
  for (let k = 0; k < DEGREE; k++) put(CHALLENGE, 16, k, word(challenge, k));
  for (let p: usize = 0; p < <usize>count << 2; p += 16) {
    const w = inverse(v128.load(ws + p));
    for (let k = 0; k < DEGREE; k++) {
      put(NUMERATOR, 16, k, mul(sub(at(a + p, stride, k), at(b + p, stride, k)), w));
      put(to + p, toStride, k, add(at(a + p, stride, k), at(b + p, stride, k)));
    }
    mulExt(NUMERATOR, 16, NUMERATOR, 16, CHALLENGE, 16);
    for (let k = 0; k < DEGREE; k++) put(to + p, toStride, k, add(at(to + p, toStride, k), at(NUMERATOR, 16, k)));
  }
}

/** Word `k` of an array in all lanes. */
@inline
function word(array: usize, k: i32): v128 {
  return v128.load32_splat(array + (<usize>k << 2));
}
