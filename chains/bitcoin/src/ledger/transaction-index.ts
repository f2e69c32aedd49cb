import { hashToHex, type Transaction, txidOf } from '@ninefold/vm-bitcoin-script';
import type { BitcoinChain, BlockEntry } from './chain.ts';

/** Where a transaction stands in the active chain. */
export type TransactionPlace = {
  readonly tx: Transaction;
  readonly block: BlockEntry;
  readonly index: number;
};

/** Finds the transactions of the active chain by their ids, and who spends their outputs. */
export class TransactionIndex {
  readonly #places: Map<string, TransactionPlace> = new Map();
  /** `txid:vout` of a spent output to the place of the spending transaction. */
  readonly #spenders: Map<string, TransactionPlace> = new Map();

  constructor(chain: BitcoinChain) {
    for (let height = 1; height <= chain.tip.height; height++) this.#add(chain.at(height) as BlockEntry);
    chain.events.on('connected', (entry) => this.#add(entry));
    chain.events.on('disconnected', (entry) => this.#remove(entry));
  }

  get size(): number {
    return this.#places.size;
  }

  /** @param id as it is shown */
  get(id: string): TransactionPlace | undefined {
    return this.#places.get(id);
  }

  /** The transaction of the active chain that spends an output. */
  spenderOf(id: string, vout: number): TransactionPlace | undefined {
    return this.#spenders.get(`${id}:${vout}`);
  }

  #add(block: BlockEntry): void {
    block.block.transactions.forEach((tx, index) => {
      const place = { tx, block, index };
      this.#places.set(hashToHex(txidOf(tx)), place);
      for (const { prevout } of tx.inputs) {
        this.#spenders.set(`${hashToHex(prevout.txid)}:${prevout.vout}`, place);
      }
    });
  }

  #remove(block: BlockEntry): void {
    for (const tx of block.block.transactions) {
      this.#places.delete(hashToHex(txidOf(tx)));
      for (const { prevout } of tx.inputs) {
        this.#spenders.delete(`${hashToHex(prevout.txid)}:${prevout.vout}`);
      }
    }
  }
}
