import type { Hex } from '@ninefold/base';
import { PersistentMap } from '@ninefold/state';
import { transactionHash } from '../tx/transaction.ts';
import type { SignedTransaction } from '../tx/types.ts';
import type { ExecutedBlock, HeadChange, TransactionLocation } from './types.ts';
import type { WorldState } from './world-state.ts';

/**
 * All a chain knows at one moment, immutable: keeping a tree is a snapshot of the chain. A durable
 * chain keeps only its recent blocks here and finds the others in its store.
 */
export type BlockTree = {
  readonly head: Hex;
  readonly safe: Hex;
  readonly finalized: Hex;
  readonly entries: PersistentMap<BlockEntry>;
  readonly heights: PersistentMap<Height>;
  readonly locations: PersistentMap<TransactionLocation>;
};

/** A block and the state after it, where that is kept. */
export type BlockEntry = { readonly block: ExecutedBlock; readonly world: WorldState | undefined };

/** All blocks of one number, and which of them is canonical. */
export type Height = { readonly canonical: Hex | undefined; readonly hashes: readonly Hex[] };

const NO_BLOCKS: Height = { canonical: undefined, hashes: [] };

/** The tree of a chain that has only its first block. */
export function plantTree(genesis: ExecutedBlock, world: WorldState): BlockTree {
  const { hash } = genesis;
  const bare: BlockTree = {
    head: hash,
    safe: hash,
    finalized: hash,
    entries: PersistentMap.empty(),
    heights: PersistentMap.empty(),
    locations: PersistentMap.empty(),
  };
  const tree = addBlock(bare, genesis, world);
  return { ...tree, heights: withCanonical(tree.heights, genesis, hash) };
}

/** The tree with one more block; the head stays. */
export function addBlock(tree: BlockTree, block: ExecutedBlock, world: WorldState): BlockTree {
  const key = numberKey(block);
  const { canonical, hashes } = tree.heights.get(key) ?? NO_BLOCKS;
  return {
    ...tree,
    entries: tree.entries.set(block.hash, { block, world }),
    heights: tree.heights.set(key, { canonical, hashes: [...hashes, block.hash] }),
  };
}

/** The tree with one more block, which follows the head and becomes it. */
export function appendBlock(tree: BlockTree, block: ExecutedBlock, world: WorldState): BlockTree {
  const { hash } = block;
  const key = numberKey(block);
  const { hashes } = tree.heights.get(key) ?? NO_BLOCKS;
  return {
    ...tree,
    head: hash,
    entries: tree.entries.set(hash, { block, world }),
    heights: tree.heights.set(key, { canonical: hash, hashes: [...hashes, hash] }),
    locations: withLocations(tree.locations, block),
  };
}

/** The tree with another head and the indexes of its chain. */
export function moveHead(tree: BlockTree, { head, removed, added }: HeadChange): BlockTree {
  let { heights, locations } = tree;
  for (const block of removed) {
    heights = withCanonical(heights, block, undefined);
    for (const transaction of block.block.transactions) {
      locations = locations.delete(transactionHash(transaction));
    }
  }
  for (const block of added) {
    heights = withCanonical(heights, block, block.hash);
    locations = withLocations(locations, block);
  }
  return { ...tree, head: head.hash, heights, locations };
}

/** The tree with another state after a block it has. */
export function replaceWorld(tree: BlockTree, hash: Hex, world: WorldState | undefined): BlockTree {
  const entry = tree.entries.get(hash);
  if (entry === undefined) return tree;
  return { ...tree, entries: tree.entries.set(hash, { block: entry.block, world }) };
}

/** The tree without the states after blocks of this number. */
export function forgetWorlds(tree: BlockTree, number: bigint): BlockTree {
  let kept = tree;
  for (const hash of tree.heights.get(String(number))?.hashes ?? []) {
    kept = replaceWorld(kept, hash, undefined);
  }
  return kept;
}

/** The tree without the blocks of this number, for chains that have them in a store. */
export function forgetBlocks(tree: BlockTree, number: bigint): BlockTree {
  const height = String(number);
  let { entries, locations } = tree;
  for (const hash of tree.heights.get(height)?.hashes ?? []) {
    for (const transaction of entries.get(hash)?.block.block.transactions ?? []) {
      locations = locations.delete(transactionHash(transaction));
    }
    entries = entries.delete(hash);
  }
  return { ...tree, entries, heights: tree.heights.delete(height), locations };
}

function withCanonical(
  heights: PersistentMap<Height>,
  block: ExecutedBlock,
  canonical: Hex | undefined,
): PersistentMap<Height> {
  const key = numberKey(block);
  const { hashes } = heights.get(key) ?? NO_BLOCKS;
  return heights.set(key, { canonical, hashes });
}

function withLocations(
  locations: PersistentMap<TransactionLocation>,
  { block, hash }: ExecutedBlock,
): PersistentMap<TransactionLocation> {
  const { transactions, header } = block;
  for (let index = 0; index < transactions.length; index++) {
    const location = { blockHash: hash, blockNumber: header.number, index };
    locations = locations.set(transactionHash(transactions[index] as SignedTransaction), location);
  }
  return locations;
}

function numberKey({ block }: ExecutedBlock): string {
  return String(block.header.number);
}
