// Layers of Merkle trees. A layer's digests are eight columns of words `stride` bytes apart; parents take
// the even and odd lanes of their children. A node hashes its children's digests, if it has any, and then
// the values of the columns of its height, if there are any.

import { begin, compress } from './blake2s';
import { MESSAGE, scratch } from './scratch';

/** Nodes hashed together: a block of columns after the other, so that few columns are read at a time. */
const TILE: usize = 256;

/**
 * Hashes the nodes from `first` on (a multiple of four, as is `nodes`: columns and layers have room for it).
 *
 * PERF: the states of a tile stand where its digests will. Sixteen columns are read at a time, no more streams
 * than processors prefetch.
 *
 * @param children first word column of the layer below, 0 for none
 * @param columns array of addresses of `count` columns
 */
export function hashLayer(
  to: usize,
  toStride: usize,
  first: u32,
  nodes: u32,
  children: usize,
  childStride: usize,
  columns: usize,
  count: u32,
  personal0: u32,
  personal1: u32,
): void {
  const message = scratch(MESSAGE);
  const end = (<usize>first + nodes) << 2;
  for (let start = <usize>first << 2; start < end; start += TILE << 2) {
    const stop = start + (TILE << 2) < end ? start + (TILE << 2) : end;
    for (let p = start; p < stop; p += 16) begin(to + p, toStride, personal0, personal1);
    let done: u32 = 0;
    if (children != 0) {
      done = 64;
      for (let p = start; p < stop; p += 16) {
        for (let w: usize = 0; w < 8; w++) {
          const q = children + w * childStride + (p << 1);
          const a = v128.load(q);
          const b = v128.load(q, 16);
          v128.store(message + (w << 4), v128.shuffle<u32>(a, b, 0, 2, 4, 6));
          v128.store(message + (w << 4), v128.shuffle<u32>(a, b, 1, 3, 5, 7), 128);
        }
        compress(to + p, toStride, message, done, count == 0);
      }
    }
    for (let block: u32 = 0; block < count; block += 16) {
      const filled: u32 = count - block < 16 ? count - block : 16;
      const pointers = columns + (<usize>block << 2);
      const isLast = block + 16 >= count;
      done += filled << 2;
      for (let i = <usize>filled; i < 16; i++) v128.store(message + (i << 4), i32x4.splat(0));
      for (let p = start; p < stop; p += 16) {
        for (let i: usize = 0; i < <usize>filled; i++) {
          v128.store(message + (i << 4), v128.load(<usize>load<u32>(pointers + (i << 2)) + p));
        }
        compress(to + p, toStride, message, done, isLast);
      }
    }
  }
}

/** Copies `count` rows of `width` columns, one row after the other. @param columns array of addresses */
export function gatherRows(to: usize, columns: usize, width: u32, rows: usize, count: u32): void {
  const end = columns + (<usize>width << 2);
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    const offset = <usize>load<u32>(rows + i) << 2;
    for (let c = columns; c < end; c += 4, to += 4) store<u32>(to, load<u32>(<usize>load<u32>(c) + offset));
  }
}
