// Points of canonic cosets as tables, and the orders their values come in (see src/circle/domain.ts).

import { addScalar, mulScalar, P, subScalar } from './m31';
import { scratch, SUBGROUPS } from './scratch';

let ready: bool = false;

/** Writes G_{2^k}, k = 0 … 31, as x at 8k and y at 8k + 4: powers of the generator (2, 1268011823). */
function prepare(subgroups: usize): void {
  let x: u32 = 2;
  let y: u32 = 1268011823;
  for (let k: i32 = 31; k >= 0; k--) {
    store<u32>(subgroups + (<usize>k << 3), x);
    store<u32>(subgroups + (<usize>k << 3), y, 4);
    const doubledY = mulScalar(2, mulScalar(x, y));
    x = subScalar(mulScalar(2, mulScalar(x, x)), 1);
    y = doubledY;
  }
  ready = true;
}

/**
 * Writes the x table (2^(log-2) words) and the y table (2^(log-1) words) of a domain, both doubled.
 * Bit k of a place in the stored half coset adds G_{2^(k+1)}; bit 0 is G_2 = (-1, 0) and turns signs.
 */
function domainTables(xs: usize, ys: usize, log: i32): void {
  const subgroups = scratch(SUBGROUPS);
  if (!ready) prepare(subgroups);
  store<u32>(xs, load<u32>(subgroups + (<usize>(log + 1) << 3)));
  store<u32>(ys, load<u32>(subgroups + (<usize>(log + 1) << 3), 4));
  if (log == 1) {
    store<u32>(ys, load<u32>(ys) << 1);
    return;
  }
  const count: usize = (<usize>1) << (log - 2);
  // The y of quad b stand at b until all are known.
  for (let k = 0; k < log - 2; k++) {
    const gx = load<u32>(subgroups + (<usize>(k + 2) << 3));
    const gy = load<u32>(subgroups + (<usize>(k + 2) << 3), 4);
    const known: usize = (<usize>4) << k;
    for (let i: usize = 0; i < known; i += 4) {
      const x = load<u32>(xs + i);
      const y = load<u32>(ys + i);
      store<u32>(xs + known + i, subScalar(mulScalar(x, gx), mulScalar(y, gy)));
      store<u32>(ys + known + i, addScalar(mulScalar(x, gy), mulScalar(y, gx)));
    }
  }
  for (let b: usize = count; b > 0; b--) {
    const i = (b - 1) << 2;
    const y = load<u32>(ys + i);
    store<u32>(xs + i, load<u32>(xs + i) << 1);
    store<u32>(ys + 2 * i, y << 1);
    store<u32>(ys + 2 * i, (P - y) << 1, 4);
  }
}

/** Writes the doubled inverses of `count` doubled words: running products, one inversion, and back. */
function invertTable(to: usize, from: usize, count: u32): void {
  let product: u32 = 1;
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    store<u32>(to + i, product);
    product = mulScalar(product, load<u32>(from + i) >> 1);
  }
  let rest = inverseScalar(product);
  for (let i: usize = <usize>count << 2; i > 0; i -= 4) {
    const at = i - 4;
    store<u32>(to + at, mulScalar(rest, load<u32>(to + at)) << 1);
    rest = mulScalar(rest, load<u32>(from + at) >> 1);
  }
}

function inverseScalar(a: u32): u32 {
  let ones = a;
  for (let i = 1; i < 29; i++) ones = mulScalar(mulScalar(ones, ones), a);
  ones = mulScalar(ones, ones);
  return mulScalar(mulScalar(ones, ones), a);
}

/** The tables of a domain and their inverses. */
export function prepareDomain(xs: usize, ys: usize, inverseXs: usize, inverseYs: usize, log: i32): void {
  domainTables(xs, ys, log);
  // The half coset of size one has x = 0, which no layer uses.
  if (log > 1) invertTable(inverseXs, xs, 1 << (log - 2));
  invertTable(inverseYs, ys, 1 << (log - 1));
}

/**
 * Trace order to stored order: reads rows all over, writes one vector after the other.
 *
 * @param log at least 2
 */
export function toStored(to: usize, from: usize, log: i32): void {
  const bytes: usize = (<usize>4) << log;
  const half = bytes >> 1;
  const quads: u32 = (<u32>1) << (log - 2);
  // The bits of a place are those of its index in domain order, reversed: the low two give the quarter, and the
  // upper half of the indices, the conjugates, are the odd rows backwards.
  let index: u32 = 0;
  for (let quad: u32 = 0; quad < quads; quad++) {
    const row = <usize>index << 3;
    let rows = v128.load32_zero(from + row);
    rows = v128.load_lane<u32>(from + bytes - 4 - row, rows, 1);
    rows = v128.load_lane<u32>(from + half + row, rows, 2);
    rows = v128.load_lane<u32>(from + half - 4 - row, rows, 3);
    v128.store(to + (<usize>quad << 4), rows);
    // The next reversed index: the lowest zero bits of `quad + 1` are the upper ones here.
    index ^= quads - (quads >> (ctz(quad + 1) + 1));
  }
}

@inline
function reverse(x: u32, bits: i32): u32 {
  x = ((x >> 1) & 0x55555555) | ((x & 0x55555555) << 1);
  x = ((x >> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  return bswap<u32>(x) >> (32 - bits);
}

/** Byte offset of the place one trace row further, for places of an evaluation domain from `start` on. */
export function nextTable(to: usize, log: i32, blowup: i32, start: u32, count: u32): void {
  const half: u32 = (<u32>1) << (log - 1);
  const step: u32 = (<u32>1) << (blowup - 1);
  for (let stored = start; stored < start + count; stored++) {
    const index = reverse(stored, log);
    const next = index < half ? (index + step) & (half - 1) : half + ((index - step) & (half - 1));
    store<u32>(to + (<usize>stored << 2), reverse(next, log) << 2);
  }
}

/** The x of the four points from place `stored` (a multiple of four) on. */
@inline
export function pointsX(xs: usize, stored: usize): v128 {
  // x, x, -x, -x: tables are doubled.
  const x = v128.shr<u32>(v128.load32_splat(xs + stored), 1);
  const negated = i32x4.sub(i32x4.splat(P), x);
  return v128.shuffle<u32>(x, negated, 0, 0, 4, 4);
}

/** The y of the four points from place `stored` on. */
@inline
export function pointsY(ys: usize, stored: usize): v128 {
  // Points and conjugates in turn.
  const pair = v128.shr<u32>(v128.load64_splat(ys + (stored << 1)), 1);
  const negated = i32x4.sub(i32x4.splat(P), pair);
  return v128.shuffle<u32>(pair, negated, 0, 4, 1, 5);
}
