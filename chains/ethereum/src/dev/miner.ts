import type { Bytes, Clock, Hex } from '@ninefold/base';
import { bytesToHex, defineErrors, hexToBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import type { ExecutedTransaction, TransactionOutcome } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import type { BlockAttributes, BlockBuilder, Chain, ExecutedBlock, SealedBlock } from '../ledger/types.ts';
import type { PooledTransaction, PoolOrder, TransactionPool } from '../pool/pool.ts';
import { nextBaseFee } from '../spec/fees.ts';
import { transactionHash } from '../tx/transaction.ts';

/** Calls `task` every `ms` milliseconds until the result is called. Chains have no timers of their own. */
export type Scheduler = { readonly every: (ms: number, task: () => void) => () => void };

/** When blocks come: with every transaction, on a beat, or only when asked for. */
export type MiningMode =
  | { readonly kind: 'auto' }
  | { readonly kind: 'interval'; readonly ms: number }
  | { readonly kind: 'manual' };

/** What cheats changed about blocks to come. Immutable: a snapshot is the value itself. */
export type MinerState = {
  readonly mode: MiningMode;
  readonly coinbase: Hex;
  /** Seconds the chain's clock is ahead of the real one. */
  readonly timeOffset: bigint;
  /** Seconds between blocks, instead of the clock. */
  readonly timestampInterval: bigint | undefined;
  readonly nextTimestamp: bigint | undefined;
  readonly nextBaseFee: bigint | undefined;
  readonly nextPrevRandao: Hex | undefined;
  /** Of the next and all later blocks; the parent's when undefined. */
  readonly gasLimit: bigint | undefined;
  readonly extraData: Bytes | undefined;
};

export type MinedBlock = {
  readonly block: ExecutedBlock;
  /** What each transaction did, in order of the block. */
  readonly outcomes: readonly ExecutedTransaction[];
};

const fail = defineErrors({
  ETH_TIMESTAMP_NOT_AFTER_PARENT: (c: { readonly timestamp: bigint; readonly parent: bigint }) =>
    `Timestamp error: ${c.timestamp} is lower than or equal to previous block's timestamp ${c.parent}`,
  ETH_NO_SCHEDULER: () => 'Interval mining needs a scheduler: give one to createEthereumChain',
});

// Transactions that fail for the block's sake stay in the pool; all others are dropped.
const TRY_AGAIN: ReadonlySet<string> = new Set([
  'BLOCK_GAS_EXCEEDED',
  'BLOB_BLOCK_GAS_EXCEEDED',
  'NONCE_TOO_HIGH',
  'FEE_CAP_BELOW_BASE_FEE',
  'BLOB_FEE_CAP_TOO_LOW',
]);

/** Gas below which no further transaction fits into a block. */
const LEAST_GAS = 21_000n;

/** Builds blocks from the pool and puts them on the chain's head. */
export class Miner {
  readonly #chain: Chain;
  readonly #pool: TransactionPool;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler | undefined;
  readonly #order: PoolOrder;
  readonly #onError: (error: unknown) => void;
  #state: MinerState;
  #stopBeat: (() => void) | undefined;

  constructor(parts: {
    readonly chain: Chain;
    readonly pool: TransactionPool;
    readonly clock: Clock;
    readonly scheduler: Scheduler | undefined;
    readonly order: PoolOrder;
    readonly state: MinerState;
    /** Hears why a block of the beat could not be mined. */
    readonly onError?: ((error: unknown) => void) | undefined;
  }) {
    this.#chain = parts.chain;
    this.#pool = parts.pool;
    this.#clock = parts.clock;
    this.#scheduler = parts.scheduler;
    this.#order = parts.order;
    this.#state = parts.state;
    this.#onError = parts.onError ?? (() => {});
    this.#startBeat();
  }

  get order(): PoolOrder {
    return this.#order;
  }

  get state(): MinerState {
    return this.#state;
  }

  /** @throws `ETH_NO_SCHEDULER` when interval mining is asked for without one */
  update(change: Partial<MinerState>): void {
    if (change.mode?.kind === 'interval' && this.#scheduler === undefined) throw fail('ETH_NO_SCHEDULER', {});
    const modeBefore = this.#state.mode;
    this.#state = { ...this.#state, ...change };
    if (this.#state.mode !== modeBefore) this.#startBeat();
  }

  /** Time of the chain's clock in seconds. */
  now(): bigint {
    return BigInt(Math.floor(this.#clock.now() / 1000)) + this.#state.timeOffset;
  }

  /** Sets the chain's clock to `timestamp`, from where it goes on. */
  setNow(timestamp: bigint): void {
    this.update({ timeOffset: this.#state.timeOffset + timestamp - this.now() });
  }

  /** @throws `ETH_TIMESTAMP_NOT_AFTER_PARENT` */
  setNextTimestamp(timestamp: bigint): void {
    const parent = this.#chain.head().block.header.timestamp;
    if (timestamp <= parent) throw fail('ETH_TIMESTAMP_NOT_AFTER_PARENT', { timestamp, parent });
    this.update({ nextTimestamp: timestamp });
  }

  /** The time the next block would have. */
  nextTimestamp(): bigint {
    const { nextTimestamp, timestampInterval } = this.#state;
    const parent = this.#chain.head().block.header.timestamp;
    if (nextTimestamp !== undefined) return nextTimestamp;
    if (timestampInterval !== undefined) return parent + timestampInterval;
    const now = this.now();
    return now > parent ? now : parent + 1n;
  }

  /** Base fee of the next block; 0 before London. */
  nextBaseFee(): bigint {
    const { header } = this.#chain.head().block;
    if (this.#state.nextBaseFee !== undefined) return this.#state.nextBaseFee;
    const { baseFeePerGas, gasUsed, gasLimit } = header;
    return baseFeePerGas === undefined ? 0n : nextBaseFee({ baseFeePerGas, gasUsed, gasLimit });
  }

  /** A builder for the next block, empty so far. */
  begin(timestamp: bigint = this.nextTimestamp()): BlockBuilder {
    const { coinbase, nextBaseFee, gasLimit, extraData } = this.#state;
    const attributes: BlockAttributes = {
      timestamp,
      beneficiary: coinbase,
      gasLimit,
      extraData,
      prevRandao: this.#prevRandao(),
      baseFeePerGas: nextBaseFee,
    };
    return this.#chain.createBuilder(attributes);
  }

  /**
   * Fills a builder with the pool's best transactions. Those that can never be valid again on this
   * state are dropped from the pool when `drop` is set.
   */
  fill(builder: BlockBuilder, drop: boolean): readonly ExecutedTransaction[] {
    const outcomes: ExecutedTransaction[] = [];
    const hopeless: PooledTransaction[] = [];
    const { gasLimit, baseFee } = builder.environment;
    const cursor = this.#pool.best(baseFee, this.#order);
    for (let pooled = cursor.next(); pooled !== undefined; pooled = cursor.next()) {
      if (gasLimit - builder.gasUsed() < LEAST_GAS) break;
      const outcome: TransactionOutcome = builder.add(pooled.transaction);
      if (outcome.valid) {
        outcomes.push(outcome);
      } else {
        cursor.skipSender();
        if (!TRY_AGAIN.has(outcome.reason)) hopeless.push(pooled);
      }
    }
    if (drop) for (const { hash } of hopeless) this.#pool.remove(hash);
    return outcomes;
  }

  /** Mines one block with what the pool has. */
  mine(timestamp?: bigint): MinedBlock {
    if (timestamp !== undefined) this.setNextTimestamp(timestamp);
    const time = this.nextTimestamp();
    const builder = this.begin(time);
    const outcomes = this.fill(builder, true);
    const block = this.#chain.append(this.#seal(builder));
    this.#useUp(time);
    return { block, outcomes };
  }

  /** Puts a block on the head that was filled by hand, begun with {@link begin}. */
  append(builder: BlockBuilder): ExecutedBlock {
    const block = this.#chain.append(builder.seal());
    this.#useUp(builder.environment.timestamp);
    return block;
  }

  /** What was set for one block is over with it. */
  #useUp(time: bigint): void {
    // The clock goes on from a time that was asked for.
    if (this.#state.nextTimestamp !== undefined) this.setNow(time);
    this.update({ nextTimestamp: undefined, nextBaseFee: undefined, nextPrevRandao: undefined });
  }

  /**
   * Some transactions are valid themselves but make their block invalid, by a log no deposit looks
   * like for one (EIP-6110). They must not stop all blocks to come.
   */
  #seal(builder: BlockBuilder): SealedBlock {
    try {
      return builder.seal();
    } catch (error) {
      for (const transaction of builder.transactions) this.#pool.remove(transactionHash(transaction));
      throw error;
    }
  }

  /** Mines as long as there are pending transactions that can be part of a block. */
  mineReady(): readonly MinedBlock[] {
    const mined: MinedBlock[] = [];
    while (this.#hasPayable()) {
      const block = this.mine();
      mined.push(block);
      if (block.outcomes.length === 0) break;
    }
    return mined;
  }

  /** Stops the beat. */
  close(): void {
    this.#stopBeat?.();
    this.#stopBeat = undefined;
  }

  /** What was asked for, else a value nobody chose but everybody can compute again: the parent's hash, hashed. */
  #prevRandao(): Hex | undefined {
    const { hash, fork } = this.#chain.head();
    if (!isAtLeast(fork, 'paris')) return undefined;
    return this.#state.nextPrevRandao ?? bytesToHex(keccak256(hexToBytes(hash)));
  }

  #hasPayable(): boolean {
    if (this.#pool.size === 0) return false;
    return this.#pool.hasPayable(this.nextBaseFee());
  }

  #beat(): void {
    try {
      this.mine();
    } catch (error) {
      this.#onError(error);
    }
  }

  #startBeat(): void {
    this.close();
    const { mode } = this.#state;
    if (mode.kind !== 'interval') return;
    this.#stopBeat = this.#scheduler?.every(mode.ms, () => this.#beat());
  }
}
