import type { Bytes } from '@ninefold/base';
import type { KeyRange } from './kv-store.ts';
import type { Nibbles } from './nibbles.ts';
import { nibbleAt, nibbleCount } from './nibbles.ts';
import type { BranchNode, NodeSource, TrieChild } from './trie-node.ts';
import { corruptNode, referenceTo, resolve, TRIE_MAX_KEY_LENGTH } from './trie-node.ts';

const BRANCH_WIDTH = 16;

/**
 * The entries of the trie under `root` in the order of their keys. Nodes that are read on the way
 * are not kept: a walk over a large trie takes no more memory than a path.
 */
export function* trieRange(
  root: TrieChild,
  source: NodeSource,
  range: KeyRange,
): Generator<readonly [Bytes, Bytes], void, undefined> {
  let left = range.limit ?? Infinity;
  if (left <= 0) return;
  for (const entry of new Walk(source, range).visit(root, 0)) {
    yield entry;
    if (--left <= 0) return;
  }
}

/** Where all keys that begin with a path are, seen from a bound. */
type Side = 'before' | 'unknown' | 'from';

class Walk {
  readonly #source: NodeSource;
  readonly #gte: Bytes | undefined;
  readonly #lt: Bytes | undefined;
  readonly #reverse: boolean;
  /** The nibbles that lead to the node being visited. */
  readonly #path: number[] = [];

  constructor(source: NodeSource, { gte, lt, reverse }: KeyRange) {
    this.#source = source;
    this.#gte = gte;
    this.#lt = lt;
    this.#reverse = reverse === true;
  }

  *visit(child: TrieChild, depth: number): Generator<readonly [Bytes, Bytes], void, undefined> {
    if (this.#gte && this.#side(depth, this.#gte) === 'before') return;
    if (this.#lt && this.#side(depth, this.#lt) === 'from') return;
    const node = resolve(child, this.#source);
    if (depth > 2 * TRIE_MAX_KEY_LENGTH) throw corruptNode(referenceTo(child), 'no key leads so deep');
    if (node.kind === 'branch') {
      yield* this.#visitBranch(node, depth);
    } else {
      const end = this.#enter(node.path, depth);
      if (node.kind === 'extension') yield* this.visit(node.child, end);
      else if (this.#contains(end)) yield [this.#key(end), node.value];
    }
  }

  *#visitBranch(
    { children, value }: BranchNode,
    depth: number,
  ): Generator<readonly [Bytes, Bytes], void, undefined> {
    const here = value !== undefined && this.#contains(depth);
    if (here && !this.#reverse) yield [this.#key(depth), value];
    for (let i = 0; i < BRANCH_WIDTH; i++) {
      const nibble = this.#reverse ? BRANCH_WIDTH - 1 - i : i;
      const child = children[nibble];
      if (child === undefined) continue;
      this.#path[depth] = nibble;
      yield* this.visit(child, depth + 1);
    }
    if (here && this.#reverse) yield [this.#key(depth), value];
  }

  #enter(path: Nibbles, depth: number): number {
    const { bytes, from } = path;
    for (let i = 0; i < nibbleCount(path); i++) this.#path[depth + i] = nibbleAt(bytes, from + i);
    return depth + nibbleCount(path);
  }

  #side(depth: number, bound: Bytes): Side {
    const boundNibbles = 2 * bound.length;
    for (let i = 0; i < depth && i < boundNibbles; i++) {
      const difference = (this.#path[i] as number) - nibbleAt(bound, i);
      if (difference !== 0) return difference < 0 ? 'before' : 'from';
    }
    return depth >= boundNibbles ? 'from' : 'unknown';
  }

  /** Whether the key that ends at `depth` is in the range; a proper prefix of a bound is before it. */
  #contains(depth: number): boolean {
    if (this.#gte && this.#side(depth, this.#gte) !== 'from') return false;
    return this.#lt === undefined || this.#side(depth, this.#lt) !== 'from';
  }

  #key(depth: number): Bytes {
    const key = new Uint8Array(depth >> 1);
    for (let i = 0; i < key.length; i++) {
      key[i] = ((this.#path[2 * i] as number) << 4) | (this.#path[2 * i + 1] as number);
    }
    return key;
  }
}
