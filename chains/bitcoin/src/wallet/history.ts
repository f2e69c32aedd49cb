import { hashToHex, isCoinbase, type Transaction, txidOf, type TxOutput } from '@ninefold/vm-bitcoin-script';
import type { BlockEntry } from '../ledger/chain.ts';
import { coinKey } from '../ledger/coins.ts';
import type { BitcoinNode } from '../node.ts';

/*
 * What a wallet has sent and received: which of it is in blocks, waits, or never will be in one.
 */

/** A transaction that concerns the wallet. */
export type WalletTransaction = {
  readonly id: string;
  readonly tx: Transaction;
  /** Seconds since 1970 when it was seen first. */
  readonly time: number;
  block: BlockEntry | undefined;
  /** A block of the active chain that has spent one of its inputs otherwise. */
  conflict: BlockEntry | undefined;
  /** Given up by the user: what it spends counts as unspent anyway. */
  abandoned: boolean;
  /** What answers tell of it besides, by the names of JSON-RPC. */
  readonly notes: Map<TransactionNote, string>;
};

export type TransactionNote = 'comment' | 'to' | 'replaces_txid' | 'replaced_by_txid';

/** What the history has to know of its wallet, and to tell it. */
export type HistoryOwner = {
  readonly owns: (script: TxOutput['scriptPubKey']) => boolean;
  /** An output of the wallet's was seen. */
  readonly received: (script: TxOutput['scriptPubKey']) => void;
  /** An output was spent, by the name `txid:vout`. */
  readonly spent: (name: string) => void;
};

/** The transactions of a wallet, with their places in the chain and the mempool. */
export class WalletHistory {
  readonly #node: BitcoinNode;
  readonly #owner: HistoryOwner;
  readonly #transactions: Map<string, WalletTransaction> = new Map();
  /** Key of an outpoint to the wallet's transactions that spend it. */
  readonly #spenders: Map<string, Set<WalletTransaction>> = new Map();

  constructor(node: BitcoinNode, owner: HistoryOwner) {
    this.#node = node;
    this.#owner = owner;
  }

  /** Takes in a block of the active chain. */
  connect(entry: BlockEntry): void {
    for (const tx of entry.block.transactions) {
      this.see(tx, entry);
      this.#markConflicts(tx, entry);
    }
  }

  /** Takes note that a block has left the active chain. */
  disconnect(entry: BlockEntry): void {
    for (const known of this.#transactions.values()) {
      if (known.block === entry) {
        known.block = undefined;
        // The reward of a block is gone with it: no mempool takes it.
        known.abandoned = isCoinbase(known.tx);
      }
      if (known.conflict === entry) known.conflict = undefined;
    }
  }

  /** What a block spends, nothing else can: others of the wallet that would are void. */
  #markConflicts(tx: Transaction, block: BlockEntry): void {
    if (isCoinbase(tx) || this.#spenders.size === 0) return;
    const id = hashToHex(txidOf(tx));
    for (const { prevout } of tx.inputs) {
      for (const other of this.#spenders.get(coinKey(prevout)) ?? []) {
        if (other.id !== id) other.conflict = block;
      }
    }
  }

  /** Keeps a transaction that pays to the wallet or spends from it. */
  see(tx: Transaction, block: BlockEntry | undefined): void {
    const own = tx.outputs.filter(({ scriptPubKey }) => this.#owner.owns(scriptPubKey));
    if (own.length === 0 && !tx.inputs.some((_, i) => this.spentBy(tx, i) !== undefined)) return;
    const id = hashToHex(txidOf(tx));
    const known = this.#transactions.get(id);
    if (known !== undefined) {
      known.block = block ?? known.block;
      known.abandoned = false;
      return;
    }
    this.#remember(id, tx, block);
    for (const { scriptPubKey } of own) this.#owner.received(scriptPubKey);
  }

  #remember(id: string, tx: Transaction, block: BlockEntry | undefined): void {
    const time = block === undefined ? this.#node.now() : Math.min(this.#node.now(), block.block.header.time);
    const entry: WalletTransaction = {
      id,
      tx,
      time,
      block,
      conflict: undefined,
      abandoned: false,
      notes: new Map(),
    };
    this.#transactions.set(id, entry);
    // Rewards spend nothing, so that they are not in conflict with each other.
    if (isCoinbase(tx)) return;
    for (const { prevout } of tx.inputs) {
      const key = coinKey(prevout);
      this.#spenders.set(key, (this.#spenders.get(key) ?? new Set()).add(entry));
      this.#owner.spent(`${hashToHex(prevout.txid)}:${prevout.vout}`);
    }
  }

  /** The wallet's own output that an input spends. */
  spentBy(tx: Transaction, index: number): TxOutput | undefined {
    const { prevout } = tx.inputs[index] as Transaction['inputs'][0];
    const output = this.#transactions.get(hashToHex(prevout.txid))?.tx.outputs[prevout.vout];
    return output !== undefined && this.#owner.owns(output.scriptPubKey) ? output : undefined;
  }

  transaction(id: string): WalletTransaction | undefined {
    return this.#transactions.get(id);
  }

  /** In the order they came. */
  transactions(): WalletTransaction[] {
    return [...this.#transactions.values()];
  }

  /** Others of the wallet that spend what a transaction spends. */
  conflictsOf(entry: WalletTransaction): WalletTransaction[] {
    const others = new Set<WalletTransaction>();
    for (const { prevout } of entry.tx.inputs) {
      for (const other of this.#spenders.get(coinKey(prevout)) ?? []) others.add(other);
    }
    others.delete(entry);
    return [...others];
  }

  /** Whether another transaction of the wallet spends an output of this one. */
  isSpentHere({ tx }: WalletTransaction): boolean {
    const txid = txidOf(tx);
    return tx.outputs.some((_, vout) =>
      [...(this.#spenders.get(coinKey({ txid, vout })) ?? [])].some((spender) => !spender.abandoned),
    );
  }

  /** Confirmations; 0 without, negative for what a block is in conflict with: how deep that block is. */
  depthOf(entry: WalletTransaction): number {
    const height = this.#node.chain.tip.height + 1;
    if (entry.block !== undefined) return height - entry.block.height;
    const conflict = this.#conflictOf(entry);
    return conflict === undefined ? 0 : conflict.height - height;
  }

  /** The deepest conflict of a transaction or of those it depends on. */
  #conflictOf(entry: WalletTransaction): BlockEntry | undefined {
    let deepest: BlockEntry | undefined;
    const line = new Set([entry]);
    for (const { conflict, tx } of line) {
      if (conflict !== undefined && !(deepest !== undefined && deepest.height <= conflict.height)) {
        deepest = conflict;
      }
      for (const { prevout } of tx.inputs) {
        const parent = this.#transactions.get(hashToHex(prevout.txid));
        if (parent !== undefined && parent.block === undefined) line.add(parent);
      }
    }
    return deepest;
  }

  isInMempool({ id }: WalletTransaction): boolean {
    return this.#node.pool.get(id) !== undefined;
  }

  /** Whether the wallet pays for some of a transaction. */
  isFromMe({ tx }: Pick<WalletTransaction, 'tx'>): boolean {
    return !isCoinbase(tx) && tx.inputs.some((_, i) => this.spentBy(tx, i) !== undefined);
  }

  /** Whether the wallet alone pays for a transaction. */
  isAllMine({ tx }: Pick<WalletTransaction, 'tx'>): boolean {
    return !isCoinbase(tx) && tx.inputs.every((_, i) => this.spentBy(tx, i) !== undefined);
  }

  /**
   * Whether nobody else can take a transaction back: it is in a block, or it waits and all it spends
   * is the wallet's and trusted as well.
   */
  isTrusted(entry: WalletTransaction): boolean {
    const line = new Set([entry]);
    for (const one of line) {
      const depth = this.depthOf(one);
      if (depth > 0) continue;
      if (depth < 0 || !this.isInMempool(one) || !this.isAllMine(one)) return false;
      for (const { prevout } of one.tx.inputs) {
        line.add(this.#transactions.get(hashToHex(prevout.txid)) as WalletTransaction);
      }
    }
    return true;
  }
}
