// Layers of Merkle trees. A layer's digests are eight columns of words `stride` bytes apart; parents take
// the even and odd lanes of their children. A node hashes its children's digests, if it has any, and then
// the values of the columns of its height, if there are any.

import { begin, compress, MESSAGE, STATE } from './blake2s';

/**
 * Hashes `nodes` nodes (rounded up to a multiple of four: the columns and layers have room for it).
 *
 * @param children first word column of the layer below, 0 for none
 * @param columns array of addresses of `count` columns
 */
export function hashLayer(
  to: usize,
  toStride: usize,
  nodes: u32,
  children: usize,
  childStride: usize,
  columns: usize,
  count: u32,
  personal0: u32,
  personal1: u32,
): void {
  const total = (children != 0 ? 16 : 0) + count;
  for (let node: usize = 0; node < <usize>nodes; node += 4) {
    begin(personal0, personal1);
    let filled: u32 = 0;
    let done: u32 = 0;
    if (children != 0) {
      for (let w: usize = 0; w < 8; w++) {
        const p = children + w * childStride + (node << 3);
        const a = v128.load(p);
        const b = v128.load(p, 16);
        v128.store(MESSAGE + (w << 4), v128.shuffle<u32>(a, b, 0, 2, 4, 6));
        v128.store(MESSAGE + (w << 4), v128.shuffle<u32>(a, b, 1, 3, 5, 7), 128);
      }
      done = 16;
      compress(64, total == 16);
    }
    for (let c: usize = 0; c < <usize>count; c++) {
      v128.store(
        MESSAGE + (<usize>filled << 4),
        v128.load(<usize>load<u32>(columns + (c << 2)) + (node << 2)),
      );
      filled++;
      if (filled == 16) {
        done += 16;
        compress(done << 2, done == total);
        filled = 0;
      }
    }
    if (filled != 0) {
      for (let i = filled; i < 16; i++) v128.store(MESSAGE + (<usize>i << 4), i32x4.splat(0));
      compress(total << 2, true);
    }
    for (let w: usize = 0; w < 8; w++) {
      v128.store(to + w * toStride + (node << 2), v128.load(STATE + (w << 4)));
    }
  }
}
