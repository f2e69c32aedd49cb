import { type Bytes, createEmitter, type Emitter } from '@ninefold/base';
import { type OutPoint, type Transaction, type TxOutput } from '@ninefold/vm-bitcoin-script';
import { type Coin, coinKey } from '../ledger/coins.ts';

/** A transaction that waits for a block, with its place in the graph of those that do. */
export type PoolEntry = {
  readonly tx: Transaction;
  readonly txid: Bytes;
  /** The txid as it is shown. */
  readonly id: string;
  /** The wtxid as it is shown. */
  readonly wtxid: string;
  /** What it pays, in satoshi. */
  readonly fee: bigint;
  readonly weight: number;
  readonly sigopCost: number;
  /** Virtual bytes, more where signature checks are dense. */
  readonly vsize: number;
  /** Seconds since 1970 of its arrival. */
  readonly time: number;
  /** Of the chain's tip at that time. */
  readonly height: number;
  /** What its inputs spend, in their order. */
  readonly spent: readonly TxOutput[];
  readonly parents: Set<PoolEntry>;
  readonly children: Set<PoolEntry>;
};

/** Why a transaction left. */
export type RemovalReason = 'block' | 'conflict' | 'replaced' | 'reorg' | 'expiry' | 'sizelimit';

export type PoolEvents = {
  readonly added: PoolEntry;
  readonly removed: { readonly entry: PoolEntry; readonly reason: RemovalReason };
};

/** Height of coins that are in no block yet. */
export const MEMPOOL_HEIGHT: number = 0x7fffffff;

/** Sums over a set of entries. */
export type PoolTotals = { readonly count: number; readonly vsize: number; readonly fees: bigint };

/**
 * The transactions that are not in a block yet: a graph whose edges are spent outputs. What may come
 * in is decided by `acceptTransaction`; here the graph is only kept.
 */
export class Mempool {
  readonly events: Emitter<PoolEvents>;
  readonly #entries: Map<string, PoolEntry> = new Map();
  readonly #byWtxid: Map<string, PoolEntry> = new Map();
  /** Key of a spent coin to the entry that spends it. */
  readonly #spenders: Map<string, PoolEntry> = new Map();
  /** What `prioritisetransaction` added to fees, also of transactions that are not here. */
  readonly #deltas: Map<string, bigint> = new Map();
  #vsize = 0;
  #fees = 0n;
  #sequence = 0;

  constructor(onError: (error: unknown) => void = () => {}) {
    this.events = createEmitter<PoolEvents>(onError);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Virtual bytes of all. */
  get vsize(): number {
    return this.#vsize;
  }

  get fees(): bigint {
    return this.#fees;
  }

  /** How often something came or went. */
  get sequence(): number {
    return this.#sequence;
  }

  get(id: string): PoolEntry | undefined {
    return this.#entries.get(id);
  }

  getByWtxid(wtxid: string): PoolEntry | undefined {
    return this.#byWtxid.get(wtxid);
  }

  /** In the order they came. */
  entries(): IterableIterator<PoolEntry> {
    return this.#entries.values();
  }

  spenderOf(prevout: OutPoint): PoolEntry | undefined {
    return this.#spenders.get(coinKey(prevout));
  }

  /** The output of an entry as a coin, whether another entry spends it or not. */
  coin(id: string, vout: number): Coin | undefined {
    const output = this.#entries.get(id)?.tx.outputs[vout];
    return output && { ...output, height: MEMPOOL_HEIGHT, coinbase: false };
  }

  add(entry: PoolEntry): void {
    this.#entries.set(entry.id, entry);
    this.#byWtxid.set(entry.wtxid, entry);
    for (const { prevout } of entry.tx.inputs) this.#spenders.set(coinKey(prevout), entry);
    for (const parent of entry.parents) parent.children.add(entry);
    // After a reorganisation a parent may come back when its children are here already.
    entry.tx.outputs.forEach((_, vout) => {
      const child = this.#spenders.get(coinKey({ txid: entry.txid, vout }));
      if (child === undefined) return;
      entry.children.add(child);
      child.parents.add(entry);
    });
    this.#vsize += entry.vsize;
    this.#fees += entry.fee;
    this.#sequence++;
    this.events.emit('added', entry);
  }

  /** Takes entries out, and only these: what depends on them has to be among them or in a block's way. */
  remove(entries: Iterable<PoolEntry>, reason: RemovalReason): void {
    for (const entry of entries) {
      if (!this.#entries.delete(entry.id)) continue;
      this.#byWtxid.delete(entry.wtxid);
      for (const { prevout } of entry.tx.inputs) {
        const key = coinKey(prevout);
        if (this.#spenders.get(key) === entry) this.#spenders.delete(key);
      }
      for (const parent of entry.parents) parent.children.delete(entry);
      for (const child of entry.children) child.parents.delete(entry);
      this.#vsize -= entry.vsize;
      this.#fees -= entry.fee;
      this.#sequence++;
      this.events.emit('removed', { entry, reason });
    }
  }

  /** What was added to a transaction's fee for the order of mining, in satoshi. */
  deltaOf(id: string): bigint {
    return this.#deltas.get(id) ?? 0n;
  }

  deltas(): ReadonlyMap<string, bigint> {
    return this.#deltas;
  }

  prioritise(id: string, delta: bigint): void {
    const sum = this.deltaOf(id) + delta;
    if (sum === 0n) this.#deltas.delete(id);
    else this.#deltas.set(id, sum);
  }

  /** Forgets what was added to a fee: the transaction is in a block. */
  clearDelta(id: string): void {
    this.#deltas.delete(id);
  }

  /** The fee the order of mining goes by. */
  modifiedFee(entry: PoolEntry): bigint {
    return entry.fee + this.deltaOf(entry.id);
  }

  totalsOf(entries: Iterable<PoolEntry>): PoolTotals {
    let count = 0;
    let vsize = 0;
    let fees = 0n;
    for (const entry of entries) {
      count++;
      vsize += entry.vsize;
      fees += this.modifiedFee(entry);
    }
    return { count, vsize, fees };
  }
}

/** All entries these depend on, themselves among them. */
export function ancestorsOf(entries: Iterable<PoolEntry>): Set<PoolEntry> {
  return reach(entries, ({ parents }) => parents);
}

/** All entries that depend on these, themselves among them. */
export function descendantsOf(entries: Iterable<PoolEntry>): Set<PoolEntry> {
  return reach(entries, ({ children }) => children);
}

/** Parents before children: an entry has more ancestors than each of them. */
export function inDependencyOrder(entries: Iterable<PoolEntry>): PoolEntry[] {
  const depths = new Map([...entries].map((entry) => [entry, ancestorsOf([entry]).size]));
  return [...depths.keys()].sort((a, b) => (depths.get(a) as number) - (depths.get(b) as number));
}

function reach(from: Iterable<PoolEntry>, next: (entry: PoolEntry) => Set<PoolEntry>): Set<PoolEntry> {
  const found = new Set(from);
  // A set is iterated in order of insertion, what is added on the way included.
  for (const entry of found) for (const other of next(entry)) found.add(other);
  return found;
}
