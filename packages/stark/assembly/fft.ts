// The circle FFT (eprint 2024/278) in place over bit-reversed values. Coefficient index bit 0 stands for
// y, bit 1 for x, bit k for pi^(k-1)(x). Layer k joins places 2^k apart; its twiddle for block b is the
// y (k = 0) or the k-1 times doubled x of the block's first point.
//
// Tables: for each domain log size n one table of 2^(n-1) y coordinates and one of 2^(n-2) x coordinates,
// in stored order, all doubled; doubling a canonic coset gives the next smaller one, so layer k >= 1 of
// size 2^n reads the x table of size 2^(n-k+1). `tables` is an array of addresses: y table of n at 8n,
// x table of n at 8n + 4.
//
// PERF: three layers a pass while a block holds a vector at the smallest distance; the last three layers
// in registers. 2^20 values: about 5 ms.

import { toStored } from './domain';
import { add, mulDoubled, rotate, sub } from './m31';

/** The first twiddle of a layer for the blocks from `place` on. */
@inline
function twiddles(tables: usize, log: i32, layer: i32, place: usize): usize {
  const table =
    layer == 0
      ? <usize>load<u32>(tables + 8 * <usize>log)
      : <usize>load<u32>(tables + 8 * <usize>(log - layer + 1) + 4);
  return table + ((place >> (layer + 1)) << 2);
}

/**
 * Blocks of this log size go through all their layers while they are in the first cache (16 KiB). Larger ones
 * take three layers at a time and then each of their eight parts as a whole.
 */
const CACHED_LOG: i32 = 12;

/**
 * Coefficients to values: layers from `log size - 1` down to 0 over 2^`size` places.
 * @param tableLog the domain whose tables are read: `size`, or more for the first places of a larger one
 */
export function evaluate(data: usize, size: i32, tables: usize, tableLog: i32): void {
  forward(data, data, 0, size, tables, tableLog);
}

/** All layers of the block of 2^`log` places from `place` on; what is above `CACHED_LOG` is read at `from`. */
function forward(to: usize, from: usize, place: usize, log: i32, tables: usize, tableLog: i32): void {
  if (log > CACHED_LOG) {
    forward3(to, from, place, log, tables, tableLog, log - 1);
    const part = log - 3;
    for (let i: usize = 0; i < 8; i++) {
      const block = to + (i << (part + 2));
      forward(block, block, place + (i << part), part, tables, tableLog);
    }
    return;
  }
  if (from != to) memory.copy(to, from, (<usize>4) << log);
  let layer = log - 1;
  for (; layer >= 5; layer -= 3) forward3(to, to, place, log, tables, tableLog, layer);
  for (; layer >= 3; layer--) forward1(to, place, log, tables, tableLog, layer);
  if (layer == 2) forwardLast(to, place, log, tables, tableLog);
  else small(to, log, tables, tableLog, false);
}

/**
 * Values on a domain of 2^`log` points of the polynomial with 2^`logFrom` >= 8 coefficients at `from`, which may
 * be `to`: in the layers above, the upper operand is zero and both results are the lower one.
 */
export function extend(to: usize, from: usize, logFrom: i32, log: i32, tables: usize): void {
  // The first block comes last: it may overwrite the coefficients.
  for (let i = (<isize>1 << (log - logFrom)) - 1; i >= 0; i--) {
    forward(to + (<usize>i << (logFrom + 2)), from, <usize>i << logFrom, logFrom, tables, log);
  }
}

/** Values to coefficients. */
export function interpolate(data: usize, size: i32, tables: usize, tableLog: i32): void {
  if (size < 3) {
    small(data, size, tables, tableLog, true);
    for (let p = data; p < data + ((<usize>4) << size); p += 4) {
      store<u32>(p, i32x4.extract_lane(rotate(v128.load32_splat(p), 31 - size), 0));
    }
    return;
  }
  inverse(data, 0, size, tables, tableLog, 31 - size);
}

/** All layers of a block, bottom up; values are multiplied by 2^`shift` first, which is 1/2^size. */
function inverse(data: usize, place: usize, log: i32, tables: usize, tableLog: i32, shift: i32): void {
  if (log > CACHED_LOG) {
    const part = log - 3;
    for (let i: usize = 0; i < 8; i++) {
      inverse(data + (i << (part + 2)), place + (i << part), part, tables, tableLog, shift);
    }
    inverse3(data, place, log, tables, tableLog, part);
    return;
  }
  inverseFirst(data, place, log, tables, tableLog, shift);
  let layer = 3;
  for (; layer + 2 < log; layer += 3) inverse3(data, place, log, tables, tableLog, layer);
  for (; layer < log; layer++) inverse1(data, place, log, tables, tableLog, layer);
}

/**
 * The transpose of `interpolate`: the transpose of an inverse butterfly (a + b, (a - b) / w) is the forward one
 * with 1/w for w.
 * @param tables those of `interpolate`
 */
export function transposeInterpolation(data: usize, size: i32, tables: usize, tableLog: i32): void {
  forward(data, data, 0, size, tables, tableLog);
  const end = data + ((<usize>4) << size);
  for (let p = data; p < end; p += 16) v128.store(p, rotate(v128.load(p), 31 - size));
}

/**
 * Values on a domain of 2^`log` points of a column of 2^`logHeight` >= 8 rows in trace order, which stands
 * behind the place of its coefficients, at `to` + 4 · 2^`logHeight`.
 */
export function extendTrace(to: usize, logHeight: i32, log: i32, inverses: usize, tables: usize): void {
  toStored(to, to + ((<usize>4) << logHeight), logHeight);
  inverse(to, 0, logHeight, inverses, logHeight, 31 - logHeight);
  extend(to, to, logHeight, log, tables);
}

/** Multiplies `count` words (a multiple of four) by a factor. */
export function scale(data: usize, count: usize, factor: u32): void {
  const doubled = i32x4.splat(factor << 1);
  const end = data + (count << 2);
  for (; data < end; data += 16) v128.store(data, mulDoubled(v128.load(data), doubled));
}

/** Domains of two and four points, place by place. */
function small(data: usize, size: i32, tables: usize, tableLog: i32, inverse: bool): void {
  for (let step = 0; step < size; step++) {
    const layer = inverse ? step : size - 1 - step;
    const table = twiddles(tables, tableLog, layer, 0);
    const distance: usize = (<usize>1) << layer;
    for (let i: usize = 0; i < (<usize>1) << size; i++) {
      if ((i & distance) != 0) continue;
      const p = data + (i << 2);
      const q = p + (distance << 2);
      const w = i32x4.splat(load<u32>(table + ((i >> (layer + 1)) << 2)));
      const a = v128.load32_splat(p);
      const b = v128.load32_splat(q);
      if (inverse) {
        store<u32>(p, i32x4.extract_lane(add(a, b), 0));
        store<u32>(q, i32x4.extract_lane(mulDoubled(sub(a, b), w), 0));
      } else {
        const t = mulDoubled(b, w);
        store<u32>(p, i32x4.extract_lane(add(a, t), 0));
        store<u32>(q, i32x4.extract_lane(sub(a, t), 0));
      }
    }
  }
}

function forward1(data: usize, place: usize, size: i32, tables: usize, tableLog: i32, layer: i32): void {
  let table = twiddles(tables, tableLog, layer, place);
  const distance: usize = (<usize>4) << layer;
  const end = data + ((<usize>4) << size);
  for (let block = data; block < end; block += 2 * distance, table += 4) {
    const w = v128.load32_splat(table);
    for (let p = block; p < block + distance; p += 16) {
      const a = v128.load(p);
      const t = mulDoubled(v128.load(p + distance), w);
      v128.store(p, add(a, t));
      v128.store(p + distance, sub(a, t));
    }
  }
}

function inverse1(data: usize, place: usize, size: i32, tables: usize, tableLog: i32, layer: i32): void {
  let table = twiddles(tables, tableLog, layer, place);
  const distance: usize = (<usize>4) << layer;
  const end = data + ((<usize>4) << size);
  for (let block = data; block < end; block += 2 * distance, table += 4) {
    const w = v128.load32_splat(table);
    for (let p = block; p < block + distance; p += 16) {
      const a = v128.load(p);
      const b = v128.load(p + distance);
      v128.store(p, add(a, b));
      v128.store(p + distance, mulDoubled(sub(a, b), w));
    }
  }
}

/** Layers `top`, `top` - 1 and `top` - 2, from one column to another or in place. */
function forward3(
  to: usize,
  from: usize,
  place: usize,
  size: i32,
  tables: usize,
  tableLog: i32,
  top: i32,
): void {
  let table4 = twiddles(tables, tableLog, top, place);
  let table2 = twiddles(tables, tableLog, top - 1, place);
  let table1 = twiddles(tables, tableLog, top - 2, place);
  const d: usize = (<usize>1) << top;
  const source = from - to;
  const end = to + ((<usize>4) << size);
  for (let block = to; block < end; block += 8 * d, table4 += 4, table2 += 8, table1 += 16) {
    const w = v128.load32_splat(table4);
    const w20 = v128.load32_splat(table2);
    const w21 = v128.load32_splat(table2, 4);
    const w10 = v128.load32_splat(table1);
    const w11 = v128.load32_splat(table1, 4);
    const w12 = v128.load32_splat(table1, 8);
    const w13 = v128.load32_splat(table1, 12);
    for (let p = block; p < block + d; p += 16) {
      const x0 = v128.load(p + source);
      const x1 = v128.load(p + source + d);
      const x2 = v128.load(p + source + 2 * d);
      const x3 = v128.load(p + source + 3 * d);
      const x4 = mulDoubled(v128.load(p + source + 4 * d), w);
      const x5 = mulDoubled(v128.load(p + source + 5 * d), w);
      const x6 = mulDoubled(v128.load(p + source + 6 * d), w);
      const x7 = mulDoubled(v128.load(p + source + 7 * d), w);
      const y0 = add(x0, x4);
      const y1 = add(x1, x5);
      const y2 = mulDoubled(add(x2, x6), w20);
      const y3 = mulDoubled(add(x3, x7), w20);
      const y4 = sub(x0, x4);
      const y5 = sub(x1, x5);
      const y6 = mulDoubled(sub(x2, x6), w21);
      const y7 = mulDoubled(sub(x3, x7), w21);
      const z0 = add(y0, y2);
      const z1 = mulDoubled(add(y1, y3), w10);
      const z2 = sub(y0, y2);
      const z3 = mulDoubled(sub(y1, y3), w11);
      const z4 = add(y4, y6);
      const z5 = mulDoubled(add(y5, y7), w12);
      const z6 = sub(y4, y6);
      const z7 = mulDoubled(sub(y5, y7), w13);
      v128.store(p, add(z0, z1));
      v128.store(p + d, sub(z0, z1));
      v128.store(p + 2 * d, add(z2, z3));
      v128.store(p + 3 * d, sub(z2, z3));
      v128.store(p + 4 * d, add(z4, z5));
      v128.store(p + 5 * d, sub(z4, z5));
      v128.store(p + 6 * d, add(z6, z7));
      v128.store(p + 7 * d, sub(z6, z7));
    }
  }
}

/** Layers `bottom`, `bottom` + 1 and `bottom` + 2. */
function inverse3(
  data: usize,
  place: usize,
  size: i32,
  tables: usize,
  tableLog: i32,
  bottom: i32,
): void {
  let table1 = twiddles(tables, tableLog, bottom, place);
  let table2 = twiddles(tables, tableLog, bottom + 1, place);
  let table4 = twiddles(tables, tableLog, bottom + 2, place);
  const d: usize = (<usize>4) << bottom;
  const end = data + ((<usize>4) << size);
  for (let block = data; block < end; block += 8 * d, table4 += 4, table2 += 8, table1 += 16) {
    const w = v128.load32_splat(table4);
    const w20 = v128.load32_splat(table2);
    const w21 = v128.load32_splat(table2, 4);
    const w10 = v128.load32_splat(table1);
    const w11 = v128.load32_splat(table1, 4);
    const w12 = v128.load32_splat(table1, 8);
    const w13 = v128.load32_splat(table1, 12);
    for (let p = block; p < block + d; p += 16) {
      const z0 = v128.load(p);
      const z1 = v128.load(p + d);
      const z2 = v128.load(p + 2 * d);
      const z3 = v128.load(p + 3 * d);
      const z4 = v128.load(p + 4 * d);
      const z5 = v128.load(p + 5 * d);
      const z6 = v128.load(p + 6 * d);
      const z7 = v128.load(p + 7 * d);
      const y0 = add(z0, z1);
      const y1 = mulDoubled(sub(z0, z1), w10);
      const y2 = add(z2, z3);
      const y3 = mulDoubled(sub(z2, z3), w11);
      const y4 = add(z4, z5);
      const y5 = mulDoubled(sub(z4, z5), w12);
      const y6 = add(z6, z7);
      const y7 = mulDoubled(sub(z6, z7), w13);
      const x0 = add(y0, y2);
      const x1 = add(y1, y3);
      const x2 = mulDoubled(sub(y0, y2), w20);
      const x3 = mulDoubled(sub(y1, y3), w20);
      const x4 = add(y4, y6);
      const x5 = add(y5, y7);
      const x6 = mulDoubled(sub(y4, y6), w21);
      const x7 = mulDoubled(sub(y5, y7), w21);
      v128.store(p, add(x0, x4));
      v128.store(p + d, add(x1, x5));
      v128.store(p + 2 * d, add(x2, x6));
      v128.store(p + 3 * d, add(x3, x7));
      v128.store(p + 4 * d, mulDoubled(sub(x0, x4), w));
      v128.store(p + 5 * d, mulDoubled(sub(x1, x5), w));
      v128.store(p + 6 * d, mulDoubled(sub(x2, x6), w));
      v128.store(p + 7 * d, mulDoubled(sub(x3, x7), w));
    }
  }
}

/** Layers 2, 1 and 0: eight places are two vectors. */
function forwardLast(data: usize, place: usize, size: i32, tables: usize, tableLog: i32): void {
  let table2 = twiddles(tables, tableLog, 2, place);
  let table1 = twiddles(tables, tableLog, 1, place);
  let table0 = twiddles(tables, tableLog, 0, place);
  const end = data + ((<usize>4) << size);
  for (let p = data; p < end; p += 32, table2 += 4, table1 += 8, table0 += 16) {
    const t = mulDoubled(v128.load(p, 16), v128.load32_splat(table2));
    const first = v128.load(p);
    const a = add(first, t);
    const b = sub(first, t);
    // Layer 1: distance 2.
    const w1 = v128.load64_splat(table1);
    const low = v128.shuffle<u32>(a, b, 0, 1, 4, 5);
    const high = mulDoubled(v128.shuffle<u32>(a, b, 2, 3, 6, 7), v128.shuffle<u32>(w1, w1, 0, 0, 1, 1));
    const c = add(low, high);
    const d = sub(low, high);
    // Layer 0: c has places 0 1 4 5, d places 2 3 6 7.
    const even = v128.shuffle<u32>(c, d, 0, 4, 2, 6);
    const odd = mulDoubled(v128.shuffle<u32>(c, d, 1, 5, 3, 7), v128.load(table0));
    const e = add(even, odd);
    const o = sub(even, odd);
    v128.store(p, v128.shuffle<u32>(e, o, 0, 4, 1, 5));
    v128.store(p, v128.shuffle<u32>(e, o, 2, 6, 3, 7), 16);
  }
}

/** Layers 0, 1 and 2 of values times 2^`shift`. */
function inverseFirst(
  data: usize,
  place: usize,
  size: i32,
  tables: usize,
  tableLog: i32,
  shift: i32,
): void {
  let table2 = twiddles(tables, tableLog, 2, place);
  let table1 = twiddles(tables, tableLog, 1, place);
  let table0 = twiddles(tables, tableLog, 0, place);
  const end = data + ((<usize>4) << size);
  for (let p = data; p < end; p += 32, table2 += 4, table1 += 8, table0 += 16) {
    const a = rotate(v128.load(p), shift);
    const b = rotate(v128.load(p, 16), shift);
    const even = v128.shuffle<u32>(a, b, 0, 2, 4, 6);
    const odd = v128.shuffle<u32>(a, b, 1, 3, 5, 7);
    const e = add(even, odd);
    const o = mulDoubled(sub(even, odd), v128.load(table0));
    // e has places 0 2 4 6, o places 1 3 5 7.
    const w1 = v128.load64_splat(table1);
    const low = v128.shuffle<u32>(e, o, 0, 4, 2, 6);
    const high = v128.shuffle<u32>(e, o, 1, 5, 3, 7);
    const c = add(low, high);
    const d = mulDoubled(sub(low, high), v128.shuffle<u32>(w1, w1, 0, 0, 1, 1));
    // c has places 0 1 4 5, d places 2 3 6 7.
    const first = v128.shuffle<u32>(c, d, 0, 1, 4, 5);
    const second = v128.shuffle<u32>(c, d, 2, 3, 6, 7);
    v128.store(p, add(first, second));
    v128.store(p, mulDoubled(sub(first, second), v128.load32_splat(table2)), 16);
  }
}
