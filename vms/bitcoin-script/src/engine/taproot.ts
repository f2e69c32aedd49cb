import { type Bytes, compareBytes, concatBytes, equalBytes } from '@ninefold/base';
import { encodeCompactSize } from '@ninefold/codec';
import { schnorr, sha256, type TaggedHash, taggedHash } from '@ninefold/crypto';
import {
  TAPROOT_CONTROL_BASE_SIZE,
  TAPROOT_CONTROL_MAX_NODE_COUNT,
  TAPROOT_CONTROL_NODE_SIZE,
  TAPROOT_LEAF_MASK,
} from '../spec/limits.ts';

/*
 * What a Taproot output commits to (BIP 341): an internal key, and a tree of scripts.
 */

const lazyTag = (tag: string): TaggedHash => {
  let hash: TaggedHash | undefined;
  return (...parts) => (hash ??= taggedHash(tag))(...parts);
};

const tapLeaf = lazyTag('TapLeaf');
const tapBranch = lazyTag('TapBranch');
const tapTweak = lazyTag('TapTweak');

/** The hash of a leaf: its version and its script with the length in front. */
export function tapLeafHash(leafVersion: number, script: Bytes): Bytes {
  return tapLeaf(Uint8Array.of(leafVersion), encodeCompactSize(script.length), script);
}

/** The hash of two branches, the smaller one first. */
export function tapBranchHash(a: Bytes, b: Bytes): Bytes {
  return compareBytes(a, b) < 0 ? tapBranch(a, b) : tapBranch(b, a);
}

/** By what an internal key is shifted to become the output's; without a root for a key alone. */
export function tapTweakHash(internalKey: Bytes, root: Bytes | undefined): Bytes {
  return root === undefined ? tapTweak(internalKey) : tapTweak(internalKey, root);
}

/** Hash of an annex as signatures sign it. */
export function annexHashOf(annex: Bytes): Bytes {
  return sha256(concatBytes(encodeCompactSize(annex.length), annex));
}

/** Whether a control block can be one: 33 bytes and up to 128 nodes. */
export function isControlBlockSize(size: number): boolean {
  const path = size - TAPROOT_CONTROL_BASE_SIZE;
  return (
    path >= 0 &&
    path % TAPROOT_CONTROL_NODE_SIZE === 0 &&
    path <= TAPROOT_CONTROL_NODE_SIZE * TAPROOT_CONTROL_MAX_NODE_COUNT
  );
}

/** The root that a leaf and the path of a control block lead to. */
export function taprootRoot(control: Bytes, leafHash: Bytes): Bytes {
  let node = leafHash;
  for (let at = TAPROOT_CONTROL_BASE_SIZE; at < control.length; at += TAPROOT_CONTROL_NODE_SIZE) {
    node = tapBranchHash(node, control.subarray(at, at + TAPROOT_CONTROL_NODE_SIZE));
  }
  return node;
}

/** Whether the output key commits to the leaf by way of the control block. */
export function verifyTaprootCommitment(control: Bytes, outputKey: Bytes, leafHash: Bytes): boolean {
  const internalKey = control.subarray(1, TAPROOT_CONTROL_BASE_SIZE);
  const tweak = tapTweakHash(internalKey, taprootRoot(control, leafHash));
  const tweaked = schnorr.tweakPublicKey(internalKey, tweak);
  return (
    tweaked !== undefined &&
    tweaked.parity === ((control[0] as number) & ~TAPROOT_LEAF_MASK) &&
    equalBytes(tweaked.key, outputKey)
  );
}

export type TapLeaf = { readonly script: Bytes; readonly version: number };

/** A tree of leaves: a leaf, or two trees. */
export type TapTree = TapLeaf | readonly [TapTree, TapTree];

/** What is needed to spend one leaf. */
export type TapLeafSpend = TapLeaf & { readonly leafHash: Bytes; readonly controlBlock: Bytes };

export type TaprootOutput = {
  /** x of the output's key; the script is `OP_1 <key>`. */
  readonly key: Bytes;
  readonly parity: 0 | 1;
  readonly root: Bytes | undefined;
  /** In the order of the tree, from left to right. */
  readonly leaves: readonly TapLeafSpend[];
};

/**
 * The output of an internal key and a tree; undefined when the key is no point's x.
 *
 * @param internalKey 32 bytes
 */
export function createTaprootOutput(
  internalKey: Bytes,
  tree: TapTree | undefined,
): TaprootOutput | undefined {
  const built = tree && buildTree(tree);
  const tweaked = schnorr.tweakPublicKey(internalKey, tapTweakHash(internalKey, built?.hash));
  if (tweaked === undefined) return undefined;
  const leaves = (built?.leaves ?? []).map(({ leaf, hash, path }) => ({
    ...leaf,
    leafHash: hash,
    controlBlock: concatBytes(Uint8Array.of(leaf.version | tweaked.parity), internalKey, ...path),
  }));
  return { ...tweaked, root: built?.hash, leaves };
}

type BuiltLeaf = { readonly leaf: TapLeaf; readonly hash: Bytes; readonly path: readonly Bytes[] };

function buildTree(tree: TapTree): { readonly hash: Bytes; readonly leaves: readonly BuiltLeaf[] } {
  if (!isBranch(tree)) {
    const hash = tapLeafHash(tree.version, tree.script);
    return { hash, leaves: [{ leaf: tree, hash, path: [] }] };
  }
  const left = buildTree(tree[0]);
  const right = buildTree(tree[1]);
  const below = (leaves: readonly BuiltLeaf[], sibling: Bytes): BuiltLeaf[] =>
    leaves.map((leaf) => ({ ...leaf, path: [...leaf.path, sibling] }));
  return {
    hash: tapBranchHash(left.hash, right.hash),
    leaves: [...below(left.leaves, right.hash), ...below(right.leaves, left.hash)],
  };
}

function isBranch(tree: TapTree): tree is readonly [TapTree, TapTree] {
  return Array.isArray(tree);
}
