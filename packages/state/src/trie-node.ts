import type { Bytes } from '@ninefold/base';
import { bytesToHex, defineErrors, EMPTY_BYTES } from '@ninefold/base';
import type { RlpValue } from '@ninefold/codec';
import { decodeRlp, encodeRlp, expectBytes, expectList } from '@ninefold/codec';
import { keccak256 } from '@ninefold/crypto';
import type { Nibbles } from './nibbles.ts';
import { decodeHexPrefix, hexPrefixLength, nibbleCount, writeHexPrefix } from './nibbles.ts';

/** Where nodes that are not in memory are found: their RLP by their Keccak-256 hash. */
export type NodeSource = { readonly get: (hash: Bytes) => Bytes | undefined };

/**
 * The nodes of a Merkle-Patricia trie (Yellow Paper, appendix D). They are shared between tries and
 * never change, except for what follows from their content: `ref` is filled in when first asked for,
 * a child that was a hash may be replaced by the node it stands for, and `saved` becomes true.
 *
 * `ref` is how a parent refers to the node: its RLP when shorter than 32 bytes, else its hash.
 */
export type TrieNode = LeafNode | ExtensionNode | BranchNode;
/** What a parent may hold: a node, or the hash of one that has not been read yet. */
export type TrieChild = TrieNode | HashNode;

export type LeafNode = {
  readonly kind: 'leaf';
  readonly path: Nibbles;
  readonly value: Bytes;
  ref: Bytes | undefined;
  saved: boolean;
};

export type ExtensionNode = {
  readonly kind: 'extension';
  /** At least one nibble. */
  readonly path: Nibbles;
  /** A branch. */
  child: TrieChild;
  ref: Bytes | undefined;
  saved: boolean;
};

export type BranchNode = {
  readonly kind: 'branch';
  /** 16 places. */
  readonly children: (TrieChild | undefined)[];
  readonly value: Bytes | undefined;
  ref: Bytes | undefined;
  saved: boolean;
};

export type HashNode = { readonly kind: 'hash'; readonly ref: Bytes; readonly saved: true };

/** Longer keys are refused: recursion goes as deep as a key has nibbles. */
export const TRIE_MAX_KEY_LENGTH = 256;

const HASH_LENGTH = 32;
const BRANCH_WIDTH = 16;

const fail = defineErrors({
  STATE_MISSING_NODE: (c: { readonly hash: Bytes }) =>
    `Trie node ${bytesToHex(c.hash)} is not in the store: it was pruned, or the store belongs to another chain`,
  STATE_CORRUPT_NODE: (c: { readonly hash: Bytes; readonly reason: string }) =>
    `Trie node ${bytesToHex(c.hash)} is damaged: ${c.reason}`,
});

/** The error for a node that no trie could contain. */
export function corruptNode(hash: Bytes, reason: string, options?: ErrorOptions): Error {
  return fail('STATE_CORRUPT_NODE', { hash, reason }, options);
}

export function leafNode(path: Nibbles, value: Bytes): LeafNode {
  return { kind: 'leaf', path, value, ref: undefined, saved: false };
}

export function extensionNode(path: Nibbles, child: TrieChild): ExtensionNode {
  return { kind: 'extension', path, child, ref: undefined, saved: false };
}

export function branchNode(children: (TrieChild | undefined)[], value: Bytes | undefined): BranchNode {
  return { kind: 'branch', children, value, ref: undefined, saved: false };
}

export function hashNode(hash: Bytes): HashNode {
  return { kind: 'hash', ref: hash, saved: true };
}

export function noChildren(): (TrieChild | undefined)[] {
  return new Array<TrieChild | undefined>(BRANCH_WIDTH).fill(undefined);
}

/**
 * The node itself, read from `source` when `node` is only its hash.
 *
 * @throws `STATE_MISSING_NODE`, `STATE_CORRUPT_NODE`
 */
export function resolve(node: TrieChild, source: NodeSource): TrieNode {
  if (node.kind !== 'hash') return node;
  const rlp = source.get(node.ref);
  if (rlp === undefined) throw fail('STATE_MISSING_NODE', { hash: node.ref });
  return decodeNode(rlp, node.ref);
}

/** As {@link resolve}, and `branch` keeps the node. */
export function resolveChild(branch: BranchNode, nibble: number, source: NodeSource): TrieNode | undefined {
  const child = branch.children[nibble];
  if (child === undefined || child.kind !== 'hash') return child;
  const node = resolve(child, source);
  branch.children[nibble] = node;
  return node;
}

/**
 * How a parent refers to `node`. Hashes what has no `ref` yet, children first.
 *
 * The recursion is no deeper than a key has nibbles.
 */
export function referenceTo(node: TrieChild): Bytes {
  if (node.kind === 'hash' || node.ref !== undefined) return node.ref as Bytes;
  if (node.kind === 'extension') {
    referenceTo(node.child);
  } else if (node.kind === 'branch') {
    for (let i = 0; i < BRANCH_WIDTH; i++) {
      const child = node.children[i];
      if (child !== undefined && child.ref === undefined) referenceTo(child);
    }
  }
  const rlp = writeNode(node);
  node.ref = rlp.length < HASH_LENGTH ? rlp.slice() : keccak256(rlp);
  return node.ref;
}

/** Whether `node` is part of its parent's RLP instead of being stored under its hash. */
export function isEmbedded(node: TrieNode): boolean {
  return referenceTo(node).length < HASH_LENGTH;
}

/** The RLP of `node`. */
export function encodeNode(node: TrieNode): Bytes {
  referenceTo(node);
  return writeNode(node).slice();
}

// One node at a time is written here; the front is left free for the list's header.
const HEADER_ROOM = 9;
const EMPTY_STRING = 0x80;
const HASH_PREFIX = 0x80 + HASH_LENGTH;
const BRANCH_LIMIT = HEADER_ROOM + BRANCH_WIDTH * (HASH_LENGTH + 1);
let scratch: Bytes = new Uint8Array(4096);

/**
 * Writes the RLP of `node`, whose children have their `ref`, and returns a view of the scratch buffer.
 *
 * PERF: this and the hash are what computing a root costs; no allocation but the view.
 */
function writeNode(node: TrieNode): Bytes {
  let at = HEADER_ROOM;
  if (node.kind === 'branch') {
    reserve(BRANCH_LIMIT + HEADER_ROOM + (node.value?.length ?? 0));
    for (let i = 0; i < BRANCH_WIDTH; i++) {
      const child = node.children[i];
      if (child === undefined) scratch[at++] = EMPTY_STRING;
      else at = writeReference(child.ref as Bytes, at);
    }
    at = writeString(node.value ?? EMPTY_BYTES, at);
  } else {
    const isLeaf = node.kind === 'leaf';
    const pathLength = hexPrefixLength(node.path);
    reserve(3 * HEADER_ROOM + pathLength + (isLeaf ? node.value.length : HASH_LENGTH));
    // A single byte of hex prefix is below 0x80 and stands for itself.
    if (pathLength > 1) at = writeHeader(0x80, pathLength, at);
    at = writeHexPrefix(node.path, isLeaf, scratch, at);
    at = isLeaf ? writeString(node.value, at) : writeReference(node.child.ref as Bytes, at);
  }
  const length = at - HEADER_ROOM;
  const start = HEADER_ROOM - (length <= 55 ? 1 : 1 + byteLength(length));
  writeHeader(0xc0, length, start);
  return scratch.subarray(start, at);
}

function reserve(length: number): void {
  if (length > scratch.length) scratch = new Uint8Array(2 * length);
}

function writeReference(ref: Bytes, at: number): number {
  const out = scratch;
  if (ref.length === HASH_LENGTH) out[at++] = HASH_PREFIX;
  for (let i = 0; i < ref.length; i++) out[at++] = ref[i] as number;
  return at;
}

function writeString(bytes: Bytes, at: number): number {
  if (bytes.length !== 1 || (bytes[0] as number) >= 0x80) at = writeHeader(0x80, bytes.length, at);
  scratch.set(bytes, at);
  return at + bytes.length;
}

function writeHeader(short: number, length: number, at: number): number {
  if (length <= 55) {
    scratch[at] = short + length;
    return at + 1;
  }
  const size = byteLength(length);
  scratch[at] = short + 55 + size;
  for (let i = at + size, rest = length; i > at; i--, rest = Math.floor(rest / 256)) scratch[i] = rest % 256;
  return at + 1 + size;
}

function byteLength(value: number): number {
  return value < 0x100 ? 1 : value < 0x1_0000 ? 2 : value < 0x100_0000 ? 3 : value < 0x1_0000_0000 ? 4 : 5;
}

/** The node that `rlp` describes and `hash` names; children stay hashes unless embedded. */
function decodeNode(rlp: Bytes, hash: Bytes): TrieNode {
  try {
    const node = nodeFromRlp(decodeRlp(rlp), hash);
    node.ref = hash;
    return node;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw corruptNode(hash, reason, { cause });
  }
}

function nodeFromRlp(item: RlpValue, hash: Bytes): TrieNode {
  const items = expectList(item, 'trie node', 2, BRANCH_WIDTH + 1);

  if (items.length === BRANCH_WIDTH + 1) {
    const children = noChildren();
    for (let i = 0; i < BRANCH_WIDTH; i++) children[i] = childFromRlp(items[i] as RlpValue, hash);
    const value = expectBytes(items[BRANCH_WIDTH] as RlpValue, 'branch value');
    return savedNode(branchNode(children, value.length === 0 ? undefined : value));
  }

  if (items.length !== 2) throw corruptNode(hash, `a list of ${items.length} items`);
  const { path, isLeaf } = decodeHexPrefix(expectBytes(items[0] as RlpValue, 'node path'));
  if (isLeaf) {
    const value = expectBytes(items[1] as RlpValue, 'leaf value');
    if (value.length === 0) throw corruptNode(hash, 'a leaf without value');
    return savedNode(leafNode(path, value));
  }
  const child = childFromRlp(items[1] as RlpValue, hash);
  if (child === undefined || nibbleCount(path) === 0)
    throw corruptNode(hash, 'an extension that leads nowhere');
  return savedNode(extensionNode(path, child));
}

function childFromRlp(item: RlpValue, hash: Bytes): TrieChild | undefined {
  if (!(item instanceof Uint8Array)) {
    const node = nodeFromRlp(item, hash);
    node.ref = encodeRlp(item);
    return node;
  }
  return item.length === 0 ? undefined : hashNode(expectBytes(item, 'child hash', HASH_LENGTH));
}

function savedNode<Node extends TrieNode>(node: Node): Node {
  node.saved = true;
  return node;
}
