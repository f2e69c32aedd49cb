import { type Bytes, bytesToHex } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { hashToHex, isCoinbase, type Transaction, txidOf } from '@ninefold/vm-bitcoin-script';
import type { BlockEntry } from '../ledger/chain.ts';
import type { BitcoinNode } from '../node.ts';

/** A transaction that pays to or spends from a script, with the block it is in. */
export type HistoryItem = { readonly id: string; readonly tx: Transaction; readonly block: BlockEntry };

/** By which scripts are asked for: the hex of their SHA-256. */
export function scriptHash(script: Bytes): string {
  return bytesToHex(sha256(script)).slice(2);
}

/** Which transactions of the active chain touch a script, oldest first. */
export class ScriptHistory {
  readonly #node: BitcoinNode;
  readonly #items: Map<string, HistoryItem[]> = new Map();
  /** Blocks that are in, from height 0 on. */
  readonly #blocks: BlockEntry[] = [];

  constructor(node: BitcoinNode) {
    this.#node = node;
  }

  /** Brings the index to the tip: it is made when it is asked for first. */
  #sync(): void {
    const { chain } = this.#node;
    while (this.#blocks.length > 0) {
      const last = this.#blocks[this.#blocks.length - 1] as BlockEntry;
      if (chain.isActive(last)) break;
      this.#blocks.pop();
      for (const [hash, items] of this.#items) {
        const kept = items.filter(({ block }) => block !== last);
        if (kept.length !== items.length) this.#items.set(hash, kept);
      }
    }
    for (let height = this.#blocks.length; height <= chain.tip.height; height++) {
      const block = chain.at(height) as BlockEntry;
      this.#blocks.push(block);
      this.#add(block);
    }
  }

  #add(block: BlockEntry): void {
    const undo = this.#node.chain.undo(block) ?? [];
    let at = 0;
    for (const tx of block.block.transactions) {
      const scripts = tx.outputs.map(({ scriptPubKey }) => scriptPubKey);
      if (!isCoinbase(tx)) {
        for (const { coin } of undo.slice(at, at + tx.inputs.length)) scripts.push(coin.scriptPubKey);
        at += tx.inputs.length;
      }
      const item = { id: hashToHex(txidOf(tx)), tx, block };
      for (const hash of new Set(scripts.map(scriptHash))) {
        const items = this.#items.get(hash);
        if (items === undefined) this.#items.set(hash, [item]);
        else items.push(item);
      }
    }
  }

  /** @param hash see {@link scriptHash} */
  of(hash: string): readonly HistoryItem[] {
    this.#sync();
    return this.#items.get(hash) ?? [];
  }
}
