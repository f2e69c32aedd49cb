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

import { add, mulDoubled, sub } from './m31';

@inline
function twiddles(tables: usize, log: i32, layer: i32): usize {
  return layer == 0
    ? <usize>load<u32>(tables + 8 * <usize>log)
    : <usize>load<u32>(tables + 8 * <usize>(log - layer + 1) + 4);
}

/**
 * Coefficients to values: layers from `log size - 1` down to 0 over 2^`size` places.
 * @param tableLog the domain whose tables are read: `size`, or more for the first places of a larger one
 */
export function evaluate(data: usize, size: i32, tables: usize, tableLog: i32): void {
  layers(data, size, tables, tableLog, size - 1);
}

function layers(data: usize, size: i32, tables: usize, tableLog: i32, layer: i32): void {
  for (; layer >= 5; layer -= 3) forward3(data, size, tables, tableLog, layer);
  for (; layer >= 3; layer--) forward1(data, size, tables, tableLog, layer);
  if (layer == 2) forwardLast(data, size, tables, tableLog);
  else small(data, size, tables, tableLog, false);
}

/**
 * Values on a domain of 2^`log` points of the polynomial with 2^`logFrom` coefficients at `from`: in the
 * layers above, the upper operand is zero and both results are the lower one.
 */
export function extend(to: usize, from: usize, logFrom: i32, log: i32, tables: usize): void {
  const bytes: usize = (<usize>4) << logFrom;
  for (let p = to; p < to + ((<usize>4) << log); p += bytes) memory.copy(p, from, bytes);
  layers(to, log, tables, log, logFrom - 1);
}

/** Values to coefficients, not yet divided by 2^`size`: `scale` does that. */
export function interpolate(data: usize, size: i32, tables: usize, tableLog: i32): void {
  if (size < 3) {
    small(data, size, tables, tableLog, true);
    return;
  }
  inverseFirst(data, size, tables, tableLog);
  let layer = 3;
  for (; layer + 2 < size; layer += 3) inverse3(data, size, tables, tableLog, layer);
  for (; layer < size; layer++) inverse1(data, size, tables, tableLog, layer);
}

/** Multiplies `count` words (a multiple of four) by a factor. */
export function scale(data: usize, count: usize, factor: u32): void {
  const doubled = i32x4.splat(factor << 1);
  const end = data + (count << 2);
  for (; data < end; data += 16) v128.store(data, mulDoubled(v128.load(data), doubled));
}

/** Doubles `count` words (a multiple of four) without reducing them, as factors are kept. */
export function double(data: usize, count: usize): void {
  const end = data + (count << 2);
  for (; data < end; data += 16) v128.store(data, v128.shl<u32>(v128.load(data), 1));
}

/** Domains of two and four points, place by place. */
function small(data: usize, size: i32, tables: usize, tableLog: i32, inverse: bool): void {
  for (let step = 0; step < size; step++) {
    const layer = inverse ? step : size - 1 - step;
    const table = twiddles(tables, tableLog, layer);
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

function forward1(data: usize, size: i32, tables: usize, tableLog: i32, layer: i32): void {
  let table = twiddles(tables, tableLog, layer);
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

function inverse1(data: usize, size: i32, tables: usize, tableLog: i32, layer: i32): void {
  let table = twiddles(tables, tableLog, layer);
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

/** Layers `top`, `top` - 1 and `top` - 2. */
function forward3(data: usize, size: i32, tables: usize, tableLog: i32, top: i32): void {
  let table4 = twiddles(tables, tableLog, top);
  let table2 = twiddles(tables, tableLog, top - 1);
  let table1 = twiddles(tables, tableLog, top - 2);
  const d: usize = (<usize>1) << top;
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
      const x0 = v128.load(p);
      const x1 = v128.load(p + d);
      const x2 = v128.load(p + 2 * d);
      const x3 = v128.load(p + 3 * d);
      const x4 = mulDoubled(v128.load(p + 4 * d), w);
      const x5 = mulDoubled(v128.load(p + 5 * d), w);
      const x6 = mulDoubled(v128.load(p + 6 * d), w);
      const x7 = mulDoubled(v128.load(p + 7 * d), w);
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
function inverse3(data: usize, size: i32, tables: usize, tableLog: i32, bottom: i32): void {
  let table1 = twiddles(tables, tableLog, bottom);
  let table2 = twiddles(tables, tableLog, bottom + 1);
  let table4 = twiddles(tables, tableLog, bottom + 2);
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
function forwardLast(data: usize, size: i32, tables: usize, tableLog: i32): void {
  let table2 = twiddles(tables, tableLog, 2);
  let table1 = twiddles(tables, tableLog, 1);
  let table0 = twiddles(tables, tableLog, 0);
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

/** Layers 0, 1 and 2. */
function inverseFirst(data: usize, size: i32, tables: usize, tableLog: i32): void {
  let table2 = twiddles(tables, tableLog, 2);
  let table1 = twiddles(tables, tableLog, 1);
  let table0 = twiddles(tables, tableLog, 0);
  const end = data + ((<usize>4) << size);
  for (let p = data; p < end; p += 32, table2 += 4, table1 += 8, table0 += 16) {
    const a = v128.load(p);
    const b = v128.load(p, 16);
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
