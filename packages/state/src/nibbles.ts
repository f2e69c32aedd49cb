import type { Bytes } from '@ninefold/base';
import { defineErrors } from '@ninefold/base';

/**
 * A path through a trie: the nibbles `from` (inclusive) to `to` (exclusive) of `bytes`, which packs
 * two in a byte, the high one first. Shorter paths share the bytes of longer ones.
 */
export type Nibbles = { readonly bytes: Bytes; readonly from: number; readonly to: number };

const fail = defineErrors({
  STATE_INVALID_HEX_PREFIX: (c: { readonly reason: string }) => `Invalid hex-prefix encoding: ${c.reason}`,
});

// Hex prefix (Yellow Paper, appendix C): the flags are the high nibble of the first byte.
const LEAF_FLAG = 0x20;
const ODD_FLAG = 0x10;

export function nibbles(bytes: Bytes, from: number, to: number): Nibbles {
  return { bytes, from, to };
}

/** All nibbles of a key. */
export function keyNibbles(key: Bytes): Nibbles {
  return nibbles(key, 0, 2 * key.length);
}

export function nibbleAt(bytes: Bytes, index: number): number {
  const byte = bytes[index >> 1] as number;
  return (index & 1) === 0 ? byte >> 4 : byte & 15;
}

export function nibbleCount(path: Nibbles): number {
  return path.to - path.from;
}

/** How many nibbles of `path` and of `key` from nibble `depth` on agree. */
export function sharedNibbles(path: Nibbles, key: Bytes, depth: number): number {
  const { bytes, from } = path;
  const limit = Math.min(path.to - from, 2 * key.length - depth);
  let count = 0;
  if (((from ^ depth) & 1) === 0) {
    // In step, so that after the first half byte whole bytes can be compared.
    if ((from & 1) === 1 && limit > 0 && nibbleAt(bytes, from) === nibbleAt(key, depth)) count = 1;
    if ((from & 1) === 0 || count === 1) {
      let left = (from + count) >> 1;
      let right = (depth + count) >> 1;
      for (; count + 2 <= limit && bytes[left] === key[right]; count += 2, left++, right++);
    }
  }
  while (count < limit && nibbleAt(bytes, from + count) === nibbleAt(key, depth + count)) count++;
  return count;
}

/** The nibbles of all parts in order. */
export function joinNibbles(...parts: readonly Nibbles[]): Nibbles {
  let length = 0;
  for (const part of parts) length += nibbleCount(part);
  const bytes = new Uint8Array((length + 1) >> 1);
  let at = 0;
  for (const { bytes: source, from, to } of parts) {
    for (let i = from; i < to; i++, at++) {
      bytes[at >> 1] = (bytes[at >> 1] as number) | (nibbleAt(source, i) << ((at & 1) === 0 ? 4 : 0));
    }
  }
  return nibbles(bytes, 0, length);
}

/** Length in bytes of the hex-prefix encoding of `path`. */
export function hexPrefixLength(path: Nibbles): number {
  return 1 + (nibbleCount(path) >> 1);
}

/** Writes the hex-prefix encoding of `path` at `at` and returns where it ends. */
export function writeHexPrefix(path: Nibbles, isLeaf: boolean, out: Bytes, at: number): number {
  const { bytes, from, to } = path;
  const odd = (to - from) & 1;
  const flags = (isLeaf ? LEAF_FLAG : 0) | (odd === 1 ? ODD_FLAG | nibbleAt(bytes, from) : 0);
  out[at++] = flags;
  if (((from + odd) & 1) === 0) {
    for (let i = (from + odd) >> 1; i < to >> 1; i++) out[at++] = bytes[i] as number;
  } else {
    for (let i = from + odd; i < to; i += 2) {
      out[at++] = (nibbleAt(bytes, i) << 4) | nibbleAt(bytes, i + 1);
    }
  }
  return at;
}

/**
 * The hex-prefix encoding of a path: two nibbles a byte behind a flag for leaf and odd length.
 *
 * @example hexPrefix({ bytes: Uint8Array.of(0x12, 0x30), from: 0, to: 3 }, true) // 31 23
 */
export function hexPrefix(path: Nibbles, isLeaf: boolean): Bytes {
  const out = new Uint8Array(hexPrefixLength(path));
  writeHexPrefix(path, isLeaf, out, 0);
  return out;
}

/**
 * Reads a hex-prefix encoding; the path is a view of `bytes`.
 *
 * @throws `STATE_INVALID_HEX_PREFIX`
 */
export function decodeHexPrefix(bytes: Bytes): { readonly path: Nibbles; readonly isLeaf: boolean } {
  const first = bytes[0];
  if (first === undefined) throw fail('STATE_INVALID_HEX_PREFIX', { reason: 'no bytes' });
  if (first >= 2 * LEAF_FLAG) throw fail('STATE_INVALID_HEX_PREFIX', { reason: 'unknown flags' });
  const odd = (first & ODD_FLAG) !== 0;
  if (!odd && (first & 15) !== 0) throw fail('STATE_INVALID_HEX_PREFIX', { reason: 'padding is not zero' });
  return {
    path: nibbles(bytes, odd ? 1 : 2, 2 * bytes.length),
    isLeaf: (first & LEAF_FLAG) !== 0,
  };
}
