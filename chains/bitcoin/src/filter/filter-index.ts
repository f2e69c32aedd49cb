import { type Bytes } from '@ninefold/base';
import type { BlockEntry } from '../ledger/chain.ts';
import type { BitcoinNode } from '../node.ts';
import { blockFilter, filterHeader } from './block-filter.ts';

/** A block's filter and its header. */
export type IndexedFilter = { readonly filter: Bytes; readonly header: Bytes };

const ZERO_HASH: Bytes = new Uint8Array(32);

/** Filters of blocks, made when they are asked for and kept: for blocks of the active chain. */
export class FilterIndex {
  readonly #node: BitcoinNode;
  readonly #filters: Map<string, IndexedFilter> = new Map();

  constructor(node: BitcoinNode) {
    this.#node = node;
  }

  /** The filter of a block; undefined for one whose spent outputs are not known. */
  get(entry: BlockEntry): IndexedFilter | undefined {
    // Each header commits to the one before: from the first that is missing upwards.
    const missing: BlockEntry[] = [];
    for (
      let at: BlockEntry | undefined = entry;
      at !== undefined && !this.#filters.has(at.hash);
      at = at.parent
    ) {
      missing.push(at);
    }
    for (const block of missing.reverse()) {
      const undo = block.parent === undefined ? [] : this.#node.chain.undo(block);
      if (undo === undefined) return undefined;
      const filter = blockFilter(
        block.block,
        undo.map(({ coin }) => coin.scriptPubKey),
      );
      const previous = this.#filters.get(block.parent?.hash ?? '')?.header ?? ZERO_HASH;
      this.#filters.set(block.hash, { filter, header: filterHeader(filter, previous) });
    }
    return this.#filters.get(entry.hash);
  }
}
