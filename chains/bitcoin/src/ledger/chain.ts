import { type Bytes, type Clock, createEmitter, defineErrors, type Emitter } from '@ninefold/base';
import {
  type Block,
  type BlockHeader,
  blockHashOf,
  decodeBlock,
  hashToHex,
  txidOf,
} from '@ninefold/vm-bitcoin-script';
import type { ChainParams } from '../spec/params.ts';
import { checkBlock, checkHeader, checkHeaderPlace } from './check-block.ts';
import { type CoinsOverlay, Coins, type Undo } from './coins.ts';
import { connectBlock } from './connect-block.ts';
import { workOf } from './work.ts';

/** A block with its place in the tree. */
export type BlockEntry = {
  /** As it is shown: 64 hex digits, bytes the other way round. */
  readonly hash: string;
  readonly height: number;
  readonly block: Block;
  readonly parent: BlockEntry | undefined;
  /** Of this block and all before it. */
  readonly chainWork: bigint;
  /** Median of the times of this block and the ten before it. */
  readonly medianTime: number;
};

/** What became of a block: `undefined` when it is the new tip, else what `submitblock` answers. */
export type SubmitResult = string | undefined;

/** What happens to the active chain. */
export type ChainEvents = {
  /** Any block that is new to the tree, whether it is in the active chain or not. */
  readonly accepted: BlockEntry;
  /** A block was made invalid, or is no longer, by somebody's will. */
  readonly judged: { readonly hash: string; readonly invalid: boolean };
  readonly connected: BlockEntry;
  readonly disconnected: BlockEntry;
  /** After all of a change was done: blocks came, a branch gave way to another, or came back from it. */
  readonly settled: { readonly tip: BlockEntry };
};

const MEDIAN_TIME_SPAN = 11;

const fail = defineErrors({
  CHAIN_UNKNOWN_BLOCK: (c: { readonly hash: string }) => `There is no block ${c.hash}`,
  CHAIN_INVALID_BLOCK: (c: { readonly hash: string }) => `The first block, ${c.hash}, cannot be made invalid`,
});

/**
 * The tree of blocks and the coins of its best branch: the one with the most work, of equal ones the
 * one whose tip was there first.
 *
 * @example
 * const chain = new BitcoinChain(regtestParams(), systemClock);
 * chain.submit(decodeBlock(bytes)); // undefined: the block is the new tip
 */
export class BitcoinChain {
  readonly params: ChainParams;
  readonly coins: Coins;
  readonly events: Emitter<ChainEvents>;
  readonly #clock: Clock;
  readonly #entries: Map<string, BlockEntry> = new Map();
  /** Blocks that may not be in the active chain, with the reason; their descendants are none either. */
  readonly #invalid: Map<string, string> = new Map();
  readonly #undo: Map<string, Undo> = new Map();
  /** Whether blocks were taken off since all was settled: the tip may be the same again. */
  #hasLeft = false;
  /** The active chain: index is height. */
  readonly #active: BlockEntry[] = [];

  constructor(
    params: ChainParams,
    clock: Clock,
    onError: (error: unknown) => void = () => {},
    parent?: BitcoinChain,
  ) {
    this.params = params;
    this.coins = parent?.coins.copy() ?? new Coins();
    this.#clock = clock;
    this.events = createEmitter<ChainEvents>(onError);
    if (parent !== undefined) {
      for (const [hash, entry] of parent.#entries) this.#entries.set(hash, entry);
      for (const [hash, reason] of parent.#invalid) this.#invalid.set(hash, reason);
      for (const [hash, undo] of parent.#undo) this.#undo.set(hash, undo);
      this.#active.push(...parent.#active);
      return;
    }
    // The first block's coinbase is no coin: nobody can spend it.
    const genesis = this.#insert(params.genesis, undefined);
    this.#active.push(genesis);
  }

  /** An independent chain that begins as this one is now; blocks are shared, coins are copied. */
  fork(clock: Clock, onError?: (error: unknown) => void): BitcoinChain {
    return new BitcoinChain(this.params, clock, onError, this);
  }

  get tip(): BlockEntry {
    return this.#active[this.#active.length - 1] as BlockEntry;
  }

  /** The block of the active chain at a height. */
  at(height: number): BlockEntry | undefined {
    return this.#active[height];
  }

  /** Any block of the tree, whether it is in the active chain or not. */
  entry(hash: string): BlockEntry | undefined {
    return this.#entries.get(hash);
  }

  /** What the transactions of a block have spent, in order; known of each that was ever in the active chain. */
  undo(entry: BlockEntry): Undo | undefined {
    return this.#undo.get(entry.hash);
  }

  /** All blocks of the tree, in the order they came. */
  entries(): IterableIterator<BlockEntry> {
    return this.#entries.values();
  }

  isActive(entry: BlockEntry): boolean {
    return this.#active[entry.height] === entry;
  }

  /** The ends of all branches, the highest first. */
  tips(): readonly BlockEntry[] {
    const parents = new Set([...this.#entries.values()].map(({ parent }) => parent));
    return [...this.#entries.values()]
      .filter((entry) => !parents.has(entry))
      .sort((a, b) => b.height - a.height);
  }

  /** Why a block is not valid: found so itself, or one of its ancestors. */
  invalidReason(entry: BlockEntry): string | undefined {
    // What is in the active chain is valid, and so are its ancestors.
    for (let at: BlockEntry | undefined = entry; at !== undefined && !this.isActive(at); at = at.parent) {
      const reason = this.#invalid.get(at.hash);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /**
   * Takes a block, and makes its branch the active chain when that has the most work.
   *
   * @returns undefined when it is the new tip; `duplicate`, `duplicate-invalid`, `inconclusive` for a
   *   block beside the active chain, `prev-blk-not-found`, or the reason why it is not valid
   */
  submit(block: Block): SubmitResult {
    const hash = hashToHex(blockHashOf(block.header));
    const known = this.#entries.get(hash);
    if (known !== undefined)
      return this.invalidReason(known) === undefined ? 'duplicate' : 'duplicate-invalid';
    const parent = this.#entries.get(hashToHex(block.header.previousHash));
    if (parent === undefined) return 'prev-blk-not-found';
    if (this.invalidReason(parent) !== undefined) return 'bad-prevblk';
    const context = { height: parent.height + 1, medianTime: parent.medianTime };
    const fault =
      checkHeader(block.header, context, this.params, this.#now()) ?? checkBlock(block, context, this.params);
    if (fault !== undefined) return fault;
    const entry = this.#insert(block, parent);
    if (entry.chainWork <= this.tip.chainWork) return 'inconclusive';
    const before = this.tip;
    this.#moveTo(entry);
    if (this.tip !== entry) this.#activateBest();
    this.#settle(before);
    return this.invalidReason(entry);
  }

  #settle(before: BlockEntry): void {
    const { tip } = this;
    if (tip !== before || this.#hasLeft) this.events.emit('settled', { tip });
    this.#hasLeft = false;
  }

  /** Seconds since 1970. */
  #now(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  /**
   * As {@link submit}, of a block on the wire.
   *
   * @throws as `decodeBlock`
   */
  submitBytes(bytes: Bytes): SubmitResult {
    return this.submit(decodeBlock(bytes));
  }

  /**
   * Why a block that would come next cannot, whatever its work; undefined when it could.
   */
  testNext(block: Block): string | undefined {
    const { tip } = this;
    const context = { height: tip.height + 1, medianTime: tip.medianTime };
    const fault =
      checkHeaderPlace(block.header, context, this.params, this.#now()) ??
      checkBlock(block, context, this.params);
    if (fault !== undefined) return fault;
    const result = this.#connect(block, tip);
    return typeof result === 'string' ? result : undefined;
  }

  /**
   * Treats a block and all that follow it as invalid.
   *
   * @throws `CHAIN_UNKNOWN_BLOCK`, `CHAIN_INVALID_BLOCK` for the first block
   */
  invalidate(hash: string): void {
    const entry = this.#require(hash);
    if (entry.parent === undefined) throw fail('CHAIN_INVALID_BLOCK', { hash });
    const before = this.tip;
    if (this.isActive(entry)) while (this.tip.height >= entry.height) this.#disconnectTip();
    this.#invalid.set(hash, 'invalidated');
    this.events.emit('judged', { hash, invalid: true });
    this.#activateBest();
    this.#settle(before);
  }

  /**
   * Forgets that a block, its ancestors or descendants were found invalid, and looks again.
   *
   * @throws `CHAIN_UNKNOWN_BLOCK`
   */
  reconsider(hash: string): void {
    const before = this.tip;
    const entry = this.#require(hash);
    for (const invalid of this.#invalid.keys()) {
      const other = this.#require(invalid);
      if (!isAncestor(other, entry) && !isAncestor(entry, other)) continue;
      this.#invalid.delete(invalid);
      this.events.emit('judged', { hash: invalid, invalid: false });
    }
    this.#activateBest();
    this.#settle(before);
  }

  #require(hash: string): BlockEntry {
    const entry = this.#entries.get(hash);
    if (entry === undefined) throw fail('CHAIN_UNKNOWN_BLOCK', { hash });
    return entry;
  }

  #insert(block: Block, parent: BlockEntry | undefined): BlockEntry {
    const entry: BlockEntry = {
      hash: hashToHex(blockHashOf(block.header)),
      height: parent === undefined ? 0 : parent.height + 1,
      block,
      parent,
      chainWork: (parent?.chainWork ?? 0n) + workOf(block.header.bits),
      medianTime: medianTimeOf(block.header, parent),
    };
    this.#entries.set(entry.hash, entry);
    this.events.emit('accepted', entry);
    return entry;
  }

  /** The valid block with the most work; of equal ones the first that came. */
  #best(): BlockEntry {
    let best = this.#active[0] as BlockEntry;
    // Entries stand in the order they came.
    for (const entry of this.#entries.values()) {
      if (entry.chainWork > best.chainWork && this.invalidReason(entry) === undefined) best = entry;
    }
    return best;
  }

  #activateBest(): void {
    for (let best = this.#best(); best !== this.tip; best = this.#best()) this.#moveTo(best);
  }

  /** Takes blocks off down to the fork and puts those of the branch on, as far as they are valid. */
  #moveTo(target: BlockEntry): void {
    const branch: BlockEntry[] = [];
    for (let at: BlockEntry | undefined = target; at !== undefined && !this.isActive(at); at = at.parent) {
      branch.push(at);
    }
    const fork = target.height - branch.length;
    while (this.tip.height > fork) this.#disconnectTip();
    for (const entry of branch.reverse()) {
      const result = this.#connect(entry.block, this.tip);
      if (typeof result === 'string') {
        this.#invalid.set(entry.hash, result);
        return;
      }
      this.coins.apply(result);
      this.#undo.set(entry.hash, result.spent);
      this.#active.push(entry);
      this.events.emit('connected', entry);
    }
  }

  #connect(block: Block, parent: BlockEntry): CoinsOverlay | string {
    const medianTimeAt = (height: number): number => (this.#active[height] as BlockEntry).medianTime;
    const context = { height: parent.height + 1, medianTime: parent.medianTime, medianTimeAt };
    return connectBlock(block, this.coins, context, this.params);
  }

  #disconnectTip(): void {
    const entry = this.#active.pop() as BlockEntry;
    this.#hasLeft = true;
    const { hash, block } = entry;
    const made = block.transactions.map((tx) => ({ txid: txidOf(tx), outputs: tx.outputs.length }));
    this.coins.revert(made, this.#undo.get(hash) ?? []);
    this.events.emit('disconnected', entry);
  }
}

function isAncestor(older: BlockEntry, younger: BlockEntry): boolean {
  let at: BlockEntry | undefined = younger;
  while (at !== undefined && at.height > older.height) at = at.parent;
  return at === older;
}

function medianTimeOf({ time }: BlockHeader, parent: BlockEntry | undefined): number {
  const times = [time];
  for (let at = parent; at !== undefined && times.length < MEDIAN_TIME_SPAN; at = at.parent) {
    times.push(at.block.header.time);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] as number;
}
