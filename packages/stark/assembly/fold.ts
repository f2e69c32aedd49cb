// FRI's folds. Values are columns of E in stored order: places 2i and 2i + 1 hold a point and its partner
// (its conjugate on the circle, -x on a line).

import { add, mulDoubled, sub } from './m31';
import { at, DEGREE, mulExt, put } from './extension';
import { FACTOR, PRODUCT, scratch } from './scratch';


/**
 * to[i] = (a + b) + challenge · (a - b) / w_i for a, b = from[2i], from[2i + 1], which is twice the fold.
 *
 * @param inverses doubled 1/w: the inverse y table for the circle, the inverse x table for a line
 * @param rows results, a multiple of four; `from` has twice as many
 */
export function fold(
  to: usize,
  toStride: usize,
  from: usize,
  fromStride: usize,
  inverses: usize,
  challenge: usize,
  rows: u32,
): void {
  const odd = scratch(PRODUCT);
  const factor = scratch(FACTOR);
  for (let k = 0; k < DEGREE; k++) put(factor, 16, k, v128.load32_splat(challenge + (<usize>k << 2)));
  for (let p: usize = 0; p < <usize>rows << 2; p += 16) {
    const w = v128.load(inverses + p);
    for (let k = 0; k < DEGREE; k++) {
      const q = from + (p << 1) + <usize>k * fromStride;
      const low = v128.load(q);
      const high = v128.load(q, 16);
      const a = v128.shuffle<u32>(low, high, 0, 2, 4, 6);
      const b = v128.shuffle<u32>(low, high, 1, 3, 5, 7);
      put(odd, 16, k, mulDoubled(sub(a, b), w));
      // Until the product is there, the sum waits in place: `to` and `from` may be the same columns,
      // since place p is written after places 2p and on are read.
      put(to + p, toStride, k, add(a, b));
    }
    mulExt(odd, 16, odd, 16, factor, 16);
    for (let k = 0; k < DEGREE; k++) put(to + p, toStride, k, add(at(to + p, toStride, k), at(odd, 16, k)));
  }
}

/** to += scalar · from over `rows` elements of E. */
export function addScaled(to: usize, toStride: usize, from: usize, fromStride: usize, scalar: usize, rows: u32): void {
  const product = scratch(PRODUCT);
  const factor = scratch(FACTOR);
  for (let k = 0; k < DEGREE; k++) put(factor, 16, k, v128.load32_splat(scalar + (<usize>k << 2)));
  for (let p: usize = 0; p < <usize>rows << 2; p += 16) {
    mulExt(product, 16, from + p, fromStride, factor, 16);
    for (let k = 0; k < DEGREE; k++) put(to + p, toStride, k, add(at(to + p, toStride, k), at(product, 16, k)));
  }
}

/**
 * to[start + i] += from[(start + i) >> lift] over `rows` elements of E: from, lifted to a larger line.
 *
 * @param to place `start` of the larger line; a multiple of four, as `rows` is
 * @param from place 0 of the smaller one
 */
export function addRepeated(
  to: usize,
  toStride: usize,
  from: usize,
  fromStride: usize,
  start: u32,
  lift: i32,
  rows: u32,
): void {
  for (let k: usize = 0; k < <usize>DEGREE; k++) {
    const source = from + k * fromStride;
    let target = to + k * toStride;
    for (let place = start; place < start + rows; place += 4, target += 16) {
      let lanes = v128.load32_splat(source + ((<usize>place >> lift) << 2));
      if (lift < 2) {
        lanes = v128.load_lane<u32>(source + ((<usize>(place + 1) >> lift) << 2), lanes, 1);
        lanes = v128.load_lane<u32>(source + ((<usize>(place + 2) >> lift) << 2), lanes, 2);
        lanes = v128.load_lane<u32>(source + ((<usize>(place + 3) >> lift) << 2), lanes, 3);
      }
      v128.store(target, add(v128.load(target), lanes));
    }
  }
}

/** to[g][i] = from[(i << log) + g]: the members of groups of 2^log places as columns of their own. */
export function deinterleave(to: usize, toStride: usize, from: usize, log: i32, rows: u32): void {
  const group: usize = (<usize>1) << log;
  for (let g: usize = 0; g < group; g++) {
    const target = to + g * toStride;
    for (let i: usize = 0; i < <usize>rows; i++) {
      store<u32>(target + (i << 2), load<u32>(from + (((i << log) + g) << 2)));
    }
  }
}
