import type { Bytes } from '@ninefold/base';
import { bytesToHex, defineErrors, EMPTY_BYTES } from '@ninefold/base';
import type { RlpValue } from '@ninefold/codec';
import { decodeRlp, encodeRlp, expectBytes, expectList } from '@ninefold/codec';
import { keccak256Into } from '@ninefold/crypto';
import type { Nibbles } from './nibbles.ts';
import { decodeHexPrefix, hexPrefixLength, nibbleCount, writeHexPrefix } from './nibbles.ts';

/** Where nodes that are not in memory are found: their RLP by their Keccak-256 hash. */
export type NodeSource = { readonly get: (hash: Bytes) => Bytes | undefined };

/**
 * The nodes of a Merkle-Patricia trie (Yellow Paper, appendix D). They are shared between tries and
 * never change, except for what follows from their content: the reference is filled in when first
 * asked for, a child that was a hash may be replaced by the node it stands for, and `saved` becomes true.
 */
export type TrieNode = LeafNode | ExtensionNode | BranchNode;
/** What a parent may hold: a node, or the hash of one that has not been read yet. */
export type TrieChild = TrieNode | HashNode;

/**
 * How a parent refers to a node: its RLP when shorter than 32 bytes, else its hash. These are the
 * first `refLength` bytes of eight little-endian words; the length is 0 as long as nobody asked.
 *
 * PERF: in the node itself, since a byte string is three more objects of 230 bytes in all, and
 * nearly all nodes have a reference, which a changed branch reads of each of its children.
 */
type Reference = {
  refLength: number;
  ref0: number;
  ref1: number;
  ref2: number;
  ref3: number;
  ref4: number;
  ref5: number;
  ref6: number;
  ref7: number;
};

export type LeafNode = Reference & {
  readonly kind: 'leaf';
  readonly path: Nibbles;
  readonly value: Bytes;
  saved: boolean;
};

export type ExtensionNode = Reference & {
  readonly kind: 'extension';
  /** At least one nibble. */
  readonly path: Nibbles;
  /** A branch. */
  child: TrieChild;
  saved: boolean;
};

export type BranchNode = Reference & {
  readonly kind: 'branch';
  /** 16 places. */
  readonly children: (TrieChild | undefined)[];
  readonly value: Bytes | undefined;
  saved: boolean;
};

export type HashNode = Reference & { readonly kind: 'hash'; readonly saved: true };

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
  return {
    kind: 'leaf',
    path,
    value,
    saved: false,
    refLength: 0,
    ref0: 0,
    ref1: 0,
    ref2: 0,
    ref3: 0,
    ref4: 0,
    ref5: 0,
    ref6: 0,
    ref7: 0,
  };
}

export function extensionNode(path: Nibbles, child: TrieChild): ExtensionNode {
  return {
    kind: 'extension',
    path,
    child,
    saved: false,
    refLength: 0,
    ref0: 0,
    ref1: 0,
    ref2: 0,
    ref3: 0,
    ref4: 0,
    ref5: 0,
    ref6: 0,
    ref7: 0,
  };
}

export function branchNode(children: (TrieChild | undefined)[], value: Bytes | undefined): BranchNode {
  return {
    kind: 'branch',
    children,
    value,
    saved: false,
    refLength: 0,
    ref0: 0,
    ref1: 0,
    ref2: 0,
    ref3: 0,
    ref4: 0,
    ref5: 0,
    ref6: 0,
    ref7: 0,
  };
}

/** @throws `STATE_MISSING_NODE` for a hash that is none by its length */
export function hashNode(hash: Bytes): HashNode {
  if (hash.length !== HASH_LENGTH) throw fail('STATE_MISSING_NODE', { hash });
  const node: HashNode = {
    kind: 'hash',
    saved: true,
    refLength: 0,
    ref0: 0,
    ref1: 0,
    ref2: 0,
    ref3: 0,
    ref4: 0,
    ref5: 0,
    ref6: 0,
    ref7: 0,
  };
  setReference(node, hash);
  return node;
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
  const hash = referenceBytes(node);
  const rlp = source.get(hash);
  if (rlp === undefined) throw fail('STATE_MISSING_NODE', { hash });
  return decodeNode(rlp, hash);
}

/** As {@link resolve}, and `branch` keeps the node. */
export function resolveChild(branch: BranchNode, nibble: number, source: NodeSource): TrieNode | undefined {
  const child = branch.children[nibble];
  if (child === undefined || child.kind !== 'hash') return child;
  const node = resolve(child, source);
  branch.children[nibble] = node;
  return node;
}

/** How a parent refers to `node`: its hash, or its RLP when that is shorter. */
export function referenceTo(node: TrieChild): Bytes {
  computeReference(node);
  return referenceBytes(node);
}

/**
 * Hashes what has no reference yet, children first.
 *
 * The recursion is no deeper than a key has nibbles.
 */
function computeReference(node: TrieChild): void {
  if (node.refLength !== 0 || node.kind === 'hash') return;
  if (node.kind === 'extension') {
    computeReference(node.child);
  } else if (node.kind === 'branch') {
    for (let i = 0; i < BRANCH_WIDTH; i++) {
      const child = node.children[i];
      if (child !== undefined && child.refLength === 0) computeReference(child);
    }
  }
  const rlp = writeNode(node);
  if (rlp.length < HASH_LENGTH) {
    setReference(node, rlp);
  } else {
    keccak256Into(rlp, scratch);
    takeReference(node, HASH_LENGTH);
  }
}

/** Whether `node` is part of its parent's RLP instead of being stored under its hash. */
export function isEmbedded(node: TrieNode): boolean {
  computeReference(node);
  return node.refLength < HASH_LENGTH;
}

/** The RLP of `node`. */
export function encodeNode(node: TrieNode): Bytes {
  computeReference(node);
  return writeNode(node).slice();
}

// One node at a time is written here; the front is left free for the list's header.
const HEADER_ROOM = 9;
const EMPTY_STRING = 0x80;
const HASH_PREFIX = 0x80 + HASH_LENGTH;
const BRANCH_LIMIT = HEADER_ROOM + BRANCH_WIDTH * (HASH_LENGTH + 1);
let scratch: Bytes = new Uint8Array(4096);
let words: DataView = new DataView(scratch.buffer);

/**
 * Writes the RLP of `node`, whose children have their reference, and returns a view of the scratch buffer.
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
      else at = writeReference(child, at);
    }
    at = writeString(node.value ?? EMPTY_BYTES, at);
  } else {
    const isLeaf = node.kind === 'leaf';
    const pathLength = hexPrefixLength(node.path);
    reserve(3 * HEADER_ROOM + pathLength + (isLeaf ? node.value.length : HASH_LENGTH));
    // A single byte of hex prefix is below 0x80 and stands for itself.
    if (pathLength > 1) at = writeHeader(0x80, pathLength, at);
    at = writeHexPrefix(node.path, isLeaf, scratch, at);
    at = isLeaf ? writeString(node.value, at) : writeReference(node.child, at);
  }
  const length = at - HEADER_ROOM;
  const start = HEADER_ROOM - (length <= 55 ? 1 : 1 + byteLength(length));
  writeHeader(0xc0, length, start);
  return scratch.subarray(start, at);
}

function reserve(length: number): void {
  if (length <= scratch.length) return;
  scratch = new Uint8Array(2 * length);
  words = new DataView(scratch.buffer);
}

/** Writes whole words, of which those behind the reference's end are written over or cut off. */
function writeReference(node: Reference, at: number): number {
  if (node.refLength === HASH_LENGTH) scratch[at++] = HASH_PREFIX;
  words.setInt32(at, node.ref0, true);
  words.setInt32(at + 4, node.ref1, true);
  words.setInt32(at + 8, node.ref2, true);
  words.setInt32(at + 12, node.ref3, true);
  words.setInt32(at + 16, node.ref4, true);
  words.setInt32(at + 20, node.ref5, true);
  words.setInt32(at + 24, node.ref6, true);
  words.setInt32(at + 28, node.ref7, true);
  return at + node.refLength;
}

/** Makes `bytes`, at most 32 of them, the reference of `node`; what is in the scratch buffer goes. */
function setReference(node: Reference, bytes: Bytes): void {
  scratch.set(bytes);
  takeReference(node, bytes.length);
}

/** Makes the first `length` bytes of the scratch buffer the reference of `node`. */
function takeReference(node: Reference, length: number): void {
  node.refLength = length;
  node.ref0 = words.getInt32(0, true);
  node.ref1 = words.getInt32(4, true);
  node.ref2 = words.getInt32(8, true);
  node.ref3 = words.getInt32(12, true);
  node.ref4 = words.getInt32(16, true);
  node.ref5 = words.getInt32(20, true);
  node.ref6 = words.getInt32(24, true);
  node.ref7 = words.getInt32(28, true);
}

/** The reference that `node` has. */
function referenceBytes(node: Reference): Bytes {
  const start = node.refLength === HASH_LENGTH ? 1 : 0;
  return scratch.slice(start, writeReference(node, 0));
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
    setReference(node, hash);
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
    const rlp = encodeRlp(item);
    // It would have been stored on its own.
    if (rlp.length >= HASH_LENGTH) throw corruptNode(hash, `an embedded node of ${rlp.length} bytes`);
    setReference(node, rlp);
    return node;
  }
  return item.length === 0 ? undefined : hashNode(expectBytes(item, 'child hash', HASH_LENGTH));
}

function savedNode<Node extends TrieNode>(node: Node): Node {
  node.saved = true;
  return node;
}
