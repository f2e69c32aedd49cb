import type { Bytes } from '@ninefold/base';
import { EMPTY_BYTES } from '@ninefold/base';
import type { RlpValue } from '@ninefold/codec';
import { encodeRlp } from '@ninefold/codec';
import { keccak256 } from '@ninefold/crypto';

/** A key as one nibble a number, and its value. */
type Entry = { readonly key: readonly number[]; readonly value: Bytes };

/**
 * The root of a trie computed as the Yellow Paper's appendix D defines it: from the set of all
 * entries, recursively, without a node in between. Slow, and independent of the real thing.
 */
export function textbookRoot(entries: Iterable<readonly [Bytes, Bytes]>): Bytes {
  const all = Array.from(entries, ([key, value]) => ({
    key: Array.from(key).flatMap((byte) => [byte >> 4, byte & 15]),
    value,
  }));
  return keccak256(all.length === 0 ? encodeRlp(EMPTY_BYTES) : encodeRlp(structure(all, 0)));
}

/** The function c of the paper, for entries that agree in their first `depth` nibbles. */
function structure(entries: readonly Entry[], depth: number): RlpValue {
  const [first] = entries;
  if (first === undefined) throw new Error('no entries');
  if (entries.length === 1) return [compact(first.key.slice(depth), true), first.value];
  let shared = depth;
  while (entries.every(({ key }) => key.length > shared && key[shared] === first.key[shared])) shared++;
  if (shared > depth) return [compact(first.key.slice(depth, shared), false), node(entries, shared)];
  const here = entries.find(({ key }) => key.length === depth);
  const places = Array.from({ length: 16 }, (_, nibble) => {
    const below = entries.filter(({ key }) => key.length > depth && key[depth] === nibble);
    return below.length === 0 ? EMPTY_BYTES : node(below, depth + 1);
  });
  return [...places, here?.value ?? EMPTY_BYTES];
}

/** The function n of the paper: a node as its parent sees it. */
function node(entries: readonly Entry[], depth: number): RlpValue {
  const value = structure(entries, depth);
  const rlp = encodeRlp(value);
  return rlp.length < 32 ? value : keccak256(rlp);
}

/** Hex prefix, appendix C. */
function compact(path: readonly number[], isLeaf: boolean): Bytes {
  const flag = (isLeaf ? 2 : 0) + (path.length % 2);
  const padded = path.length % 2 === 0 ? [flag, 0, ...path] : [flag, ...path];
  const pairs = padded.flatMap((high, i) => (i % 2 === 0 ? [(high << 4) | (padded[i + 1] as number)] : []));
  return Uint8Array.from(pairs);
}
