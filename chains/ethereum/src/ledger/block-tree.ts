import type { Hex } from '@ninefold/base';
import { PersistentMap } from '@ninefold/state';
import { transactionHash } from '../tx/transaction.ts';
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
  readonly blocks: PersistentMap<ExecutedBlock>;
  /** State after each block, where it is kept. */
  readonly worlds: PersistentMap<WorldState>;
  /** Canonical hash by number. */
  readonly canonical: PersistentMap<Hex>;
  /** All hashes by number, for forgetting old ones. */
  readonly heights: PersistentMap<readonly Hex[]>;
  readonly locations: PersistentMap<TransactionLocation>;
};

/** The tree of a chain that has only its first block. */
export function plantTree(genesis: ExecutedBlock, world: WorldState): BlockTree {
  const { hash } = genesis;
  const bare: BlockTree = {
    head: hash,
    safe: hash,
    finalized: hash,
    blocks: PersistentMap.empty(),
    worlds: PersistentMap.empty(),
    canonical: PersistentMap.empty(),
    heights: PersistentMap.empty(),
    locations: PersistentMap.empty(),
  };
  const tree = addBlock(bare, genesis, world);
  return { ...tree, canonical: tree.canonical.set(numberKey(genesis), hash) };
}

/** The tree with one more block; the head stays. */
export function addBlock(tree: BlockTree, block: ExecutedBlock, world: WorldState): BlockTree {
  const height = numberKey(block);
  return {
    ...tree,
    blocks: tree.blocks.set(block.hash, block),
    worlds: tree.worlds.set(block.hash, world),
    heights: tree.heights.set(height, [...(tree.heights.get(height) ?? []), block.hash]),
  };
}

/** The tree with another head and the indexes of its chain. */
export function moveHead(tree: BlockTree, { head, removed, added }: HeadChange): BlockTree {
  let { canonical, locations } = tree;
  for (const block of removed) {
    canonical = canonical.delete(numberKey(block));
    for (const transaction of block.block.transactions) {
      locations = locations.delete(transactionHash(transaction));
    }
  }
  for (const block of added) {
    const { hash } = block;
    const blockNumber = block.block.header.number;
    canonical = canonical.set(numberKey(block), hash);
    for (const [index, transaction] of block.block.transactions.entries()) {
      locations = locations.set(transactionHash(transaction), { blockHash: hash, blockNumber, index });
    }
  }
  return { ...tree, head: head.hash, canonical, locations };
}

/** The tree without the states after blocks of this number. */
export function forgetWorlds(tree: BlockTree, number: bigint): BlockTree {
  let { worlds } = tree;
  for (const hash of tree.heights.get(String(number)) ?? []) worlds = worlds.delete(hash);
  return { ...tree, worlds };
}

/** The tree without the blocks of this number, for chains that have them in a store. */
export function forgetBlocks(tree: BlockTree, number: bigint): BlockTree {
  const height = String(number);
  let { blocks, locations } = tree;
  for (const hash of tree.heights.get(height) ?? []) {
    for (const transaction of blocks.get(hash)?.block.transactions ?? []) {
      locations = locations.delete(transactionHash(transaction));
    }
    blocks = blocks.delete(hash);
  }
  const canonical = tree.canonical.delete(height);
  const heights = tree.heights.delete(height);
  return { ...forgetWorlds(tree, number), blocks, canonical, heights, locations };
}

function numberKey({ block }: ExecutedBlock): string {
  return String(block.header.number);
}
