import type { Bytes } from '@ninefold/base';
import { EMPTY_BYTES, equalBytes } from '@ninefold/base';
import type { Nibbles } from './nibbles.ts';
import { joinNibbles, keyNibbles, nibbleAt, nibbleCount, nibbles, sharedNibbles } from './nibbles.ts';
import type { BranchNode, ExtensionNode, LeafNode, NodeSource, TrieChild } from './trie-node.ts';
import { branchNode, extensionNode, leafNode, noChildren, resolve, resolveChild } from './trie-node.ts';

/** One change of a trie: without a value the key is removed. */
export type TrieChange = { readonly key: Bytes; readonly value: Bytes | undefined };

/**
 * The root of the trie after `changes`, which are sorted by key and name each key once. Every node
 * on the way is copied once, whatever the number of changes below it, and what does not change is
 * shared: a batch that changes nothing gives the very same root.
 */
export function applyChanges(
  root: TrieChild | undefined,
  changes: readonly TrieChange[],
  source: NodeSource,
): TrieChild | undefined {
  return changes.length === 0 ? root : new Update(changes, source).apply(root, 0, changes.length, 0);
}

/**
 * One batch on its way down. In all methods `lo` and `hi` bound the changes that concern a node, at
 * least one; their keys agree in the first `depth` nibbles, which lead to the node.
 */
class Update {
  readonly #changes: readonly TrieChange[];
  readonly #source: NodeSource;

  constructor(changes: readonly TrieChange[], source: NodeSource) {
    this.#changes = changes;
    this.#source = source;
  }

  apply(child: TrieChild | undefined, lo: number, hi: number, depth: number): TrieChild | undefined {
    if (child === undefined) return this.#build(lo, hi, depth);
    const node = resolve(child, this.#source);
    let result: TrieChild | undefined;
    if (node.kind === 'branch') result = this.#updateBranch(node, lo, hi, depth);
    else if (node.kind === 'leaf') result = this.#updateLeaf(node, lo, hi, depth);
    else result = this.#updateExtension(node, lo, hi, depth);
    return result === node ? child : result;
  }

  /** The subtree of the changes alone. */
  #build(lo: number, hi: number, depth: number): TrieChild | undefined {
    const { key, value } = this.#change(lo);
    const path = nibbles(key, depth, 2 * key.length);
    if (hi - lo === 1) return value && leafNode(path, value);
    const fork = depth + sharedNibbles(path, this.#change(hi - 1).key, depth);
    const branch = branchNode(noChildren(), undefined);
    const updated = this.#updateBranch(branch, lo, hi, fork);
    return updated === branch ? undefined : prepend(nibbles(key, depth, fork), updated);
  }

  #updateLeaf(leaf: LeafNode, lo: number, hi: number, depth: number): TrieChild | undefined {
    const { path, value: old } = leaf;
    const shared = this.#shared(path, lo, hi, depth);
    if (hi - lo === 1) {
      const { key, value } = this.#change(lo);
      if (shared === nibbleCount(path) && depth + shared === 2 * key.length) {
        if (value === undefined) return undefined;
        return equalBytes(value, old) ? leaf : leafNode(path, value);
      }
      if (value === undefined) return leaf;
    }
    // Seen as a branch with one entry, the leaf takes the changes like any other.
    const fork = path.from + shared;
    const branch = branchNode(noChildren(), fork === path.to ? old : undefined);
    if (fork < path.to) {
      branch.children[nibbleAt(path.bytes, fork)] = leafNode(nibbles(path.bytes, fork + 1, path.to), old);
    }
    const updated = this.#updateBranch(branch, lo, hi, depth + shared);
    return updated === branch ? leaf : prepend(nibbles(path.bytes, path.from, fork), updated);
  }

  #updateExtension(extension: ExtensionNode, lo: number, hi: number, depth: number): TrieChild | undefined {
    const { path, child } = extension;
    const shared = this.#shared(path, lo, hi, depth);
    const fork = path.from + shared;
    if (fork === path.to) {
      const updated = this.apply(child, lo, hi, depth + shared);
      return updated === child ? extension : prepend(path, updated);
    }
    const branch = branchNode(noChildren(), undefined);
    const rest = nibbles(path.bytes, fork + 1, path.to);
    branch.children[nibbleAt(path.bytes, fork)] =
      nibbleCount(rest) === 0 ? child : extensionNode(rest, child);
    const updated = this.#updateBranch(branch, lo, hi, depth + shared);
    return updated === branch ? extension : prepend(nibbles(path.bytes, path.from, fork), updated);
  }

  /** `branch` may have fewer than two entries; gives `branch` when nothing changes, else a proper node. */
  #updateBranch(branch: BranchNode, lo: number, hi: number, depth: number): TrieChild | undefined {
    let value = branch.value;
    let children = branch.children;
    let at = lo;
    const first = this.#change(lo);
    if (2 * first.key.length === depth) {
      // Of sorted keys with this beginning only the first can end here.
      if (!sameValue(first.value, value)) value = first.value;
      at++;
    }
    while (at < hi) {
      const nibble = nibbleAt(this.#change(at).key, depth);
      let end = at + 1;
      while (end < hi && nibbleAt(this.#change(end).key, depth) === nibble) end++;
      const child = children[nibble];
      const updated = this.apply(child, at, end, depth + 1);
      if (updated !== child) {
        if (children === branch.children) children = children.slice();
        children[nibble] = updated;
      }
      at = end;
    }
    if (children === branch.children && value === branch.value) return branch;
    return this.#normalize(branchNode(children, value));
  }

  /** A branch with fewer than two entries becomes a leaf, an extension or nothing. */
  #normalize(branch: BranchNode): TrieChild | undefined {
    const { children, value } = branch;
    let only = -1;
    for (let nibble = 0; nibble < children.length; nibble++) {
      if (children[nibble] === undefined) continue;
      if (only !== -1 || value !== undefined) return branch;
      only = nibble;
    }
    if (only === -1) return value && leafNode(keyNibbles(EMPTY_BYTES), value);
    // What it merges into depends on its kind, so the remaining child has to be read.
    return prepend(nibbles(Uint8Array.of(only), 1, 2), resolveChild(branch, only, this.#source));
  }

  #change(index: number): TrieChange {
    return this.#changes[index] as TrieChange;
  }

  /** How many nibbles of `path` all keys share: as many as the first and the last one do. */
  #shared(path: Nibbles, lo: number, hi: number, depth: number): number {
    const first = sharedNibbles(path, this.#change(lo).key, depth);
    if (hi - lo === 1) return first;
    return Math.min(first, sharedNibbles(path, this.#change(hi - 1).key, depth));
  }
}

function prepend(path: Nibbles, node: TrieChild | undefined): TrieChild | undefined {
  if (node === undefined || nibbleCount(path) === 0) return node;
  if (node.kind === 'leaf') return leafNode(joinNibbles(path, node.path), node.value);
  if (node.kind === 'extension') return extensionNode(joinNibbles(path, node.path), node.child);
  return extensionNode(path, node);
}

function sameValue(a: Bytes | undefined, b: Bytes | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}
