import type { Emitter, Hex } from '@ninefold/base';
import { createEmitter, defineErrors } from '@ninefold/base';
import type { BlobSidecar } from './sidecar.ts';
import type { SignedTransaction } from '../tx/types.ts';
import { effectiveTip, maxFeePerGas, maxPriorityFeePerGas, upfrontCost } from './price.ts';

// The messages are geth's: clients recognise mistakes by parsing them.
const fail = defineErrors({
  ETH_POOL_ALREADY_KNOWN: () => 'already known',
  ETH_POOL_REPLACEMENT_UNDERPRICED: () => 'replacement transaction underpriced',
  ETH_POOL_FULL: () => 'txpool is full',
  ETH_POOL_SENDER_FULL: (c: { readonly limit: number }) => `account limit exceeded: pooled ${c.limit} txs`,
  ETH_POOL_NONCE_TOO_LOW: (c: { readonly next: bigint; readonly nonce: bigint }) =>
    `nonce too low: next nonce ${c.next}, tx nonce ${c.nonce}`,
  ETH_POOL_INSUFFICIENT_FUNDS: (c: { readonly balance: bigint; readonly cost: bigint }) =>
    `insufficient funds for gas * price + value: balance ${c.balance}, tx cost ${c.cost}, overshot ${c.cost - c.balance}`,
});

/** A transaction that waits, with all the pool needs to know about it. */
export type PooledTransaction = {
  readonly hash: Hex;
  readonly sender: Hex;
  readonly transaction: SignedTransaction;
  /** The blobs of type 3: never part of a block, but kept until the transaction leaves the pool. */
  readonly sidecar: BlobSidecar | undefined;
};

/** The head state's view on senders. */
export type SenderView = (address: Hex) => { readonly nonce: bigint; readonly balance: bigint };

export type PoolLimits = {
  /** Transactions of one sender, waiting for their turn or behind a gap. */
  readonly perSender: number;
  readonly total: number;
};

export const DEFAULT_POOL_LIMITS: PoolLimits = { perSender: 4_096, total: 65_536 };

/** Percent a replacement must pay more, in every price it has (geth's defaults). */
export const PRICE_BUMP = 10n;
export const BLOB_PRICE_BUMP = 100n;

/** `fees`: the best payer first; `fifo`: in order of arrival. */
export type PoolOrder = 'fees' | 'fifo';

type Entry = PooledTransaction & { readonly arrival: number };

/** One sender's transactions by ascending nonce. */
type Queue = {
  readonly sender: Hex;
  /** Account nonce in the head state. */
  nonce: bigint;
  entries: Entry[];
  /** How many of the first entries follow the account nonce without a gap. */
  ready: number;
};

export type PoolEvents = {
  /** The transaction could be part of the next block now. */
  readonly pending: PooledTransaction;
  readonly dropped: PooledTransaction;
};

/** Walks executable transactions, best first, each sender's in order of nonce. */
export type PoolCursor = {
  /** The next transaction, or `undefined` at the end. */
  readonly next: () => PooledTransaction | undefined;
  /** Leaves out all later transactions of the sender of the last one. */
  readonly skipSender: () => void;
};

/** The state of a pool, cheap to keep: entries are immutable. */
export type PoolSnapshot = { readonly transactions: readonly PooledTransaction[] };

/**
 * Transactions that wait for a block. Per sender they are ordered by nonce: those that follow the
 * account's nonce are *pending*, those behind a gap *queued*. The rules of validity are checked
 * before (see `validate.ts`); here are those that depend on the other transactions.
 *
 * Every list the pool hands out is a copy.
 */
export class TransactionPool {
  readonly events: Emitter<PoolEvents>;
  readonly #limits: PoolLimits;
  readonly #queues = new Map<Hex, Queue>();
  readonly #byHash = new Map<Hex, Entry>();
  #view: SenderView;
  #arrivals = 0;

  constructor(
    view: SenderView,
    limits: PoolLimits = DEFAULT_POOL_LIMITS,
    onListenerError: (error: unknown) => void = () => {},
  ) {
    this.#view = view;
    this.#limits = limits;
    this.events = createEmitter<PoolEvents>(onListenerError);
  }

  get size(): number {
    return this.#byHash.size;
  }

  get(hash: Hex): PooledTransaction | undefined {
    return this.#byHash.get(hash);
  }

  /**
   * Takes a transaction in, in place of one with the same sender and nonce if it pays enough more.
   *
   * @throws `ETH_POOL_ALREADY_KNOWN`, `ETH_POOL_NONCE_TOO_LOW`, `ETH_POOL_INSUFFICIENT_FUNDS`,
   * `ETH_POOL_REPLACEMENT_UNDERPRICED`, `ETH_POOL_SENDER_FULL`, `ETH_POOL_FULL`
   */
  add(pooled: PooledTransaction): void {
    const { hash, sender, transaction } = pooled;
    if (this.#byHash.has(hash)) throw fail('ETH_POOL_ALREADY_KNOWN', { hash });
    const account = this.#view(sender);
    if (transaction.nonce < account.nonce) {
      throw fail('ETH_POOL_NONCE_TOO_LOW', { next: account.nonce, nonce: transaction.nonce });
    }
    const cost = upfrontCost(transaction);
    if (account.balance < cost) {
      throw fail('ETH_POOL_INSUFFICIENT_FUNDS', { balance: account.balance, cost });
    }
    const queue = this.#queues.get(sender) ?? { sender, nonce: account.nonce, entries: [], ready: 0 };
    const at = position(queue.entries, transaction.nonce);
    const rival = queue.entries[at];
    const replaces = rival !== undefined && rival.transaction.nonce === transaction.nonce;
    if (replaces) {
      if (!outbids(transaction, rival.transaction)) {
        throw fail('ETH_POOL_REPLACEMENT_UNDERPRICED', { hash });
      }
    } else {
      if (queue.entries.length >= this.#limits.perSender) {
        throw fail('ETH_POOL_SENDER_FULL', { limit: this.#limits.perSender });
      }
      if (this.#byHash.size >= this.#limits.total) this.#makeRoom(pooled);
    }
    const entry: Entry = { ...pooled, arrival: this.#arrivals++ };
    if (replaces) this.#byHash.delete(rival.hash);
    queue.entries.splice(at, replaces ? 1 : 0, entry);
    this.#byHash.set(hash, entry);
    this.#queues.set(sender, queue);
    if (replaces) this.events.emit('dropped', rival);
    const before = queue.ready;
    queue.ready = readyCount(queue);
    if (replaces && at < before) this.events.emit('pending', entry);
    for (let i = before; i < queue.ready; i++) this.events.emit('pending', queue.entries[i] as Entry);
  }

  /** Takes one transaction out; later ones of its sender wait behind the gap. */
  remove(hash: Hex): PooledTransaction | undefined {
    const entry = this.#byHash.get(hash);
    if (entry === undefined) return undefined;
    const queue = this.#queues.get(entry.sender) as Queue;
    this.#byHash.delete(hash);
    queue.entries.splice(position(queue.entries, entry.transaction.nonce), 1);
    if (queue.entries.length === 0) this.#queues.delete(entry.sender);
    else queue.ready = readyCount(queue);
    this.events.emit('dropped', entry);
    return entry;
  }

  /** Takes out all transactions of one sender, or all there are. */
  clear(sender?: Hex): void {
    const entries =
      sender === undefined ? [...this.#byHash.values()] : (this.#queues.get(sender)?.entries ?? []);
    // A copy: `remove` takes entries out of the list it walks.
    for (const { hash } of Array.from(entries)) this.remove(hash);
  }

  /**
   * Follows the head: included and overtaken transactions leave, those whose sender can no longer
   * pay too; transactions of abandoned blocks (`returned`) come back as far as they still fit.
   */
  reset(view: SenderView, returned: readonly PooledTransaction[] = []): void {
    this.#view = view;
    // A queue that is settled may leave the map, which an iteration allows for.
    for (const queue of this.#queues.values()) this.#settle(queue);
    for (const pooled of returned) {
      try {
        this.add(pooled);
      } catch {
        // It is included elsewhere, overtaken or no longer payable: it has no claim to come back.
      }
    }
  }

  /** The nonce a sender's next transaction should have, waiting ones counted. */
  nextNonce(sender: Hex): bigint {
    const queue = this.#queues.get(sender);
    return queue === undefined ? this.#view(sender).nonce : queue.nonce + BigInt(queue.ready);
  }

  /** Executable transactions by sender, ascending nonces. */
  pending(): ReadonlyMap<Hex, readonly PooledTransaction[]> {
    return this.#parts((queue) => queue.entries.slice(0, queue.ready));
  }

  /** Whether any pending transaction can pay `baseFee`. */
  hasPayable(baseFee: bigint): boolean {
    for (const { entries, ready } of this.#queues.values()) {
      if (ready > 0 && effectiveTip((entries[0] as Entry).transaction, baseFee) >= 0n) return true;
    }
    return false;
  }

  /** Transactions behind a gap by sender, ascending nonces. */
  queued(): ReadonlyMap<Hex, readonly PooledTransaction[]> {
    return this.#parts((queue) => queue.entries.slice(queue.ready));
  }

  counts(): { readonly pending: number; readonly queued: number } {
    let pending = 0;
    for (const queue of this.#queues.values()) pending += queue.ready;
    return { pending, queued: this.#byHash.size - pending };
  }

  /** Pending transactions that can pay `baseFee`, in the order a block should take them. */
  best(baseFee: bigint, order: PoolOrder = 'fees'): PoolCursor {
    const heads: Candidate[] = [];
    for (const queue of this.#queues.values()) {
      if (queue.ready > 0) pushCandidate(heads, candidate(queue, 0, baseFee, order));
    }
    let last: Candidate | undefined;
    return {
      next: () => {
        if (last !== undefined && last.index + 1 < last.entries.length) {
          pushCandidate(heads, advance(last, baseFee, order));
        }
        last = popCandidate(heads);
        // A sender whose next transaction cannot pay the base fee is over for this block.
        while (last !== undefined && last.tip < 0n) last = popCandidate(heads);
        return last?.entry;
      },
      skipSender: () => {
        last = undefined;
      },
    };
  }

  snapshot(): PoolSnapshot {
    return { transactions: [...this.#byHash.values()].sort((a, b) => a.arrival - b.arrival) };
  }

  /** Goes back to `snapshot` over the head state `view`. */
  restore(snapshot: PoolSnapshot, view: SenderView): void {
    this.#queues.clear();
    this.#byHash.clear();
    this.reset(view, snapshot.transactions);
  }

  #settle(queue: Queue): void {
    const account = this.#view(queue.sender);
    queue.nonce = account.nonce;
    const kept = queue.entries.filter(
      ({ transaction }) => transaction.nonce >= account.nonce && upfrontCost(transaction) <= account.balance,
    );
    if (kept.length === 0) {
      for (const { hash } of queue.entries) this.#byHash.delete(hash);
      this.#queues.delete(queue.sender);
      return;
    }
    const before = new Set(queue.entries.slice(0, queue.ready));
    if (kept.length < queue.entries.length) {
      const staying = new Set(kept);
      for (const entry of queue.entries) if (!staying.has(entry)) this.#byHash.delete(entry.hash);
      queue.entries = kept;
    }
    queue.ready = readyCount(queue);
    for (let i = 0; i < queue.ready; i++) {
      const entry = queue.entries[i] as Entry;
      if (!before.has(entry)) this.events.emit('pending', entry);
    }
  }

  /** Drops the cheapest last transaction of a sender if `pooled` offers more. */
  #makeRoom(pooled: PooledTransaction): void {
    let cheapest: Entry | undefined;
    for (const { entries } of this.#queues.values()) {
      const tail = entries[entries.length - 1] as Entry;
      if (
        cheapest === undefined ||
        maxPriorityFeePerGas(tail.transaction) < maxPriorityFeePerGas(cheapest.transaction)
      ) {
        cheapest = tail;
      }
    }
    const offer = maxPriorityFeePerGas(pooled.transaction);
    if (
      cheapest === undefined ||
      cheapest.sender === pooled.sender ||
      offer <= maxPriorityFeePerGas(cheapest.transaction)
    ) {
      throw fail('ETH_POOL_FULL', { limit: this.#limits.total });
    }
    this.remove(cheapest.hash);
  }

  #parts(
    select: (queue: Queue) => readonly PooledTransaction[],
  ): ReadonlyMap<Hex, readonly PooledTransaction[]> {
    const parts = new Map<Hex, readonly PooledTransaction[]>();
    for (const queue of this.#queues.values()) {
      const part = select(queue);
      if (part.length > 0) parts.set(queue.sender, part);
    }
    return parts;
  }
}

/** Index of the first entry with at least this nonce. */
function position(entries: readonly Entry[], nonce: bigint): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle] as Entry).transaction.nonce < nonce) low = middle + 1;
    else high = middle;
  }
  return low;
}

function readyCount(queue: Queue): number {
  let ready = 0;
  let next = queue.nonce;
  for (const { transaction } of queue.entries) {
    if (transaction.nonce !== next) break;
    ready++;
    next++;
  }
  return ready;
}

/** Whether `offer` pays so much more than `rival` that it may take its place. */
function outbids(offer: SignedTransaction, rival: SignedTransaction): boolean {
  const bump = 100n + (offer.type === 3 || rival.type === 3 ? BLOB_PRICE_BUMP : PRICE_BUMP);
  // The threshold is rounded down, as geth does.
  const more = (price: bigint, old: bigint): boolean => price > old && price >= (old * bump) / 100n;
  if (!more(maxFeePerGas(offer), maxFeePerGas(rival))) return false;
  if (!more(maxPriorityFeePerGas(offer), maxPriorityFeePerGas(rival))) return false;
  if (rival.type !== 3) return true;
  return offer.type === 3 && more(offer.maxFeePerBlobGas, rival.maxFeePerBlobGas);
}

/** A sender's next transaction in the race for a place in a block. */
type Candidate = {
  readonly entries: readonly Entry[];
  readonly index: number;
  readonly entry: Entry;
  readonly tip: bigint;
  readonly key: bigint;
};

function candidate(queue: Queue, index: number, baseFee: bigint, order: PoolOrder): Candidate {
  return ranked(queue.entries.slice(0, queue.ready), index, baseFee, order);
}

function advance({ entries, index }: Candidate, baseFee: bigint, order: PoolOrder): Candidate {
  return ranked(entries, index + 1, baseFee, order);
}

function ranked(entries: readonly Entry[], index: number, baseFee: bigint, order: PoolOrder): Candidate {
  const entry = entries[index] as Entry;
  const tip = effectiveTip(entry.transaction, baseFee);
  return { entries, index, entry, tip, key: order === 'fees' ? tip : 0n };
}

function ahead(a: Candidate, b: Candidate): boolean {
  return a.key === b.key ? a.entry.arrival < b.entry.arrival : a.key > b.key;
}

function pushCandidate(heap: Candidate[], item: Candidate): void {
  let at = heap.length;
  heap.push(item);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!ahead(item, heap[parent] as Candidate)) break;
    heap[at] = heap[parent] as Candidate;
    at = parent;
  }
  heap[at] = item;
}

function popCandidate(heap: Candidate[]): Candidate | undefined {
  const top = heap[0];
  const item = heap.pop();
  if (item === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && ahead(heap[child + 1] as Candidate, heap[child] as Candidate)) child++;
    if (!ahead(heap[child] as Candidate, item)) break;
    heap[at] = heap[child] as Candidate;
    at = child;
  }
  heap[at] = item;
  return top;
}
