import type { Bytes } from '@ninefold/base';
import { compareBytes, defineErrors, equalBytes, hexToBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import type { KeyRange } from './kv-store.ts';
import { nibbleAt, nibbleCount, sharedNibbles } from './nibbles.ts';
import type { NodeSource, TrieChild, TrieNode } from './trie-node.ts';
import {
  encodeNode,
  hashNode,
  isEmbedded,
  referenceTo,
  resolve,
  resolveChild,
  TRIE_MAX_KEY_LENGTH,
} from './trie-node.ts';
import { trieRange } from './trie-range.ts';
import type { TrieChange } from './trie-update.ts';
import { applyChanges } from './trie-update.ts';

/** The root of a trie without entries: the hash of an empty RLP string. */
export const EMPTY_TRIE_ROOT: Bytes = hexToBytes(
  '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
);

/** A node as it is stored: `hash` is the Keccak-256 of `rlp`. */
export type StoredNode = { readonly hash: Bytes; readonly rlp: Bytes };

const fail = defineErrors({
  STATE_KEY_TOO_LONG: (c: { readonly length: number; readonly limit: number }) =>
    `A trie key of ${c.length} bytes is longer than ${c.limit}`,
});

const NO_SOURCE: NodeSource = { get: () => undefined };

/**
 * An immutable Merkle-Patricia trie. A trie is no more than its root node, and an update shares all
 * nodes it does not change: keeping an old trie is a snapshot, updating one trie twice is a fork,
 * and both cost nothing. Keys are used as they are; for Ethereum's secure tries hash them first.
 *
 * Keys and values are kept, not copied: do not change them afterwards.
 *
 * @example
 * const before = emptyTrie.update([[utf8ToBytes('dog'), utf8ToBytes('puppy')]]);
 * const after = before.update([[utf8ToBytes('dog'), undefined]]);
 * bytesToHex(after.root()); // the root of the empty trie; `before` still has its dog
 */
export class Trie {
  #node: TrieChild | undefined;
  readonly #source: NodeSource;

  /** Use {@link emptyTrie} or {@link openTrie}. */
  constructor(node: TrieChild | undefined, source: NodeSource) {
    this.#node = node;
    this.#source = source;
  }

  /** @throws `STATE_MISSING_NODE`, `STATE_CORRUPT_NODE` */
  get(key: Bytes): Bytes | undefined {
    const end = 2 * key.length;
    let node = this.#resolveRoot();
    for (let depth = 0; node !== undefined;) {
      if (node.kind === 'branch') {
        if (depth === end) return node.value;
        node = resolveChild(node, nibbleAt(key, depth), this.#source);
        depth++;
      } else {
        const count = nibbleCount(node.path);
        if (sharedNibbles(node.path, key, depth) < count) return undefined;
        depth += count;
        if (node.kind === 'leaf') return depth === end ? node.value : undefined;
        node = node.child = resolve(node.child, this.#source);
      }
    }
    return undefined;
  }

  /**
   * The trie with these entries set; a value that is undefined or empty removes its key. Of entries
   * with the same key the last one counts. When nothing changes the result is this very trie.
   *
   * @throws `STATE_KEY_TOO_LONG`, `STATE_MISSING_NODE`, `STATE_CORRUPT_NODE`
   */
  update(entries: Iterable<readonly [key: Bytes, value: Bytes | undefined]>): Trie {
    const node = applyChanges(this.#node, sortedChanges(entries), this.#source);
    return node === this.#node ? this : new Trie(node, this.#source);
  }

  /** The Keccak-256 hash of the root node, which commits to all entries; the nodes remember theirs. */
  root(): Bytes {
    if (this.#node === undefined) return EMPTY_TRIE_ROOT;
    const ref = referenceTo(this.#node);
    return ref.length === EMPTY_TRIE_ROOT.length ? ref : keccak256(ref);
  }

  /**
   * Entries in the order of their keys, all or those in `range`.
   *
   * @throws `STATE_MISSING_NODE`, `STATE_CORRUPT_NODE` while iterating
   */
  entries(range: KeyRange = {}): Iterable<readonly [key: Bytes, value: Bytes]> {
    return this.#node === undefined ? [] : trieRange(this.#node, this.#source, range);
  }

  /**
   * The nodes on the way to `key` from the root down, which prove its value or that it has none:
   * see `verifyProof`. Nodes that are part of their parent are not listed.
   *
   * @throws `STATE_MISSING_NODE`, `STATE_CORRUPT_NODE`
   */
  prove(key: Bytes): readonly Bytes[] {
    const proof: Bytes[] = [];
    let node = this.#resolveRoot();
    for (let depth = 0; node !== undefined;) {
      if (proof.length === 0 || !isEmbedded(node)) proof.push(encodeNode(node));
      if (node.kind === 'branch') {
        if (depth === 2 * key.length) break;
        node = resolveChild(node, nibbleAt(key, depth), this.#source);
        depth++;
      } else {
        const count = nibbleCount(node.path);
        if (node.kind === 'leaf' || sharedNibbles(node.path, key, depth) < count) break;
        depth += count;
        node = node.child = resolve(node.child, this.#source);
      }
    }
    return proof;
  }

  /**
   * The nodes that are in no store yet, children before parents. Write them in the batch of the
   * block they belong to, then call {@link markSaved}; nodes of tries this one was derived from are
   * included as long as they are not marked.
   */
  unsavedNodes(): readonly StoredNode[] {
    const nodes: StoredNode[] = [];
    if (this.#node === undefined || this.#node.saved) return nodes;
    collectUnsaved(this.#node as TrieNode, nodes);
    // A root is stored under its hash, however short it is.
    if (isEmbedded(this.#node as TrieNode)) {
      nodes.push({ hash: this.root(), rlp: encodeNode(this.#node as TrieNode) });
    }
    return nodes;
  }

  /** States that {@link unsavedNodes} have been written: they are never collected again. */
  markSaved(): void {
    if (this.#node !== undefined) markSaved(this.#node);
  }

  #resolveRoot(): TrieNode | undefined {
    if (this.#node === undefined) return undefined;
    const node = resolve(this.#node, this.#source);
    this.#node = node;
    return node;
  }
}

/** The trie without entries. */
export const emptyTrie: Trie = new Trie(undefined, NO_SOURCE);

/**
 * The trie that has this root, in a store: nodes are read when they are needed.
 *
 * @example openTrie(root, { get: (hash) => store.get(hash) }).get(key)
 */
export function openTrie(root: Bytes, source: NodeSource): Trie {
  return new Trie(equalBytes(root, EMPTY_TRIE_ROOT) ? undefined : hashNode(root), source);
}

/** In order of keys, of equal keys only the last. */
function sortedChanges(
  entries: Iterable<readonly [key: Bytes, value: Bytes | undefined]>,
): readonly TrieChange[] {
  const changes: TrieChange[] = [];
  for (const [key, value] of entries) {
    if (key.length > TRIE_MAX_KEY_LENGTH) {
      throw fail('STATE_KEY_TOO_LONG', { length: key.length, limit: TRIE_MAX_KEY_LENGTH });
    }
    changes.push({ key, value: value?.length === 0 ? undefined : value });
  }
  if (changes.length < 2) return changes;
  changes.sort(byKey);
  for (let i = 1; i < changes.length; i++) {
    const { key } = changes[i] as TrieChange;
    if (equalBytes(key, (changes[i - 1] as TrieChange).key)) return withoutOvertaken(changes);
  }
  return changes;
}

function byKey(a: TrieChange, b: TrieChange): number {
  return compareBytes(a.key, b.key);
}

function withoutOvertaken(changes: readonly TrieChange[]): readonly TrieChange[] {
  return changes.filter(({ key }, i) => {
    const next = changes[i + 1];
    return next === undefined || !equalBytes(key, next.key);
  });
}

function collectUnsaved(node: TrieNode, nodes: StoredNode[]): void {
  if (node.kind === 'extension') {
    if (!node.child.saved) collectUnsaved(node.child as TrieNode, nodes);
  } else if (node.kind === 'branch') {
    for (const child of node.children) {
      if (child !== undefined && !child.saved) collectUnsaved(child as TrieNode, nodes);
    }
  }
  const hash = referenceTo(node);
  if (!isEmbedded(node)) nodes.push({ hash, rlp: encodeNode(node) });
}

function markSaved(node: TrieChild): void {
  if (node.saved) return;
  node.saved = true;
  if (node.kind === 'extension') markSaved(node.child);
  else if (node.kind === 'branch') for (const child of node.children) if (child) markSaved(child);
}
