import { type Bytes, type Clock, defineErrors } from '@ninefold/base';
import {
  type Block,
  decodeTransaction,
  hashToHex,
  hexToHash,
  type Transaction,
  txidOf,
} from '@ninefold/vm-bitcoin-script';
import { BitcoinChain, type BlockEntry, type SubmitResult } from './ledger/chain.ts';
import { isFinal } from './ledger/check-block.ts';
import { type Coin, coinKey } from './ledger/coins.ts';
import { checkInputs, meetsSequenceLocks } from './ledger/connect-block.ts';
import { mineBlock } from './ledger/mine.ts';
import { TransactionIndex, type TransactionPlace } from './ledger/transaction-index.ts';
import { type Acceptance, type AcceptScene, acceptTransaction, isReject } from './pool/accept.ts';
import { FeeEstimator } from './pool/estimator.ts';
import { descendantsOf, inDependencyOrder, Mempool, MEMPOOL_HEIGHT, type PoolEntry } from './pool/mempool.ts';
import { acceptPackage, type PackageResult, testPackage } from './pool/package.ts';
import { type Reject, rejectText } from './pool/reject.ts';
import { RollingFee } from './pool/rolling-fee.ts';
import { selectForBlock } from './pool/template.ts';
import { type ChainParams, regtestParams } from './spec/params.ts';
import { DEFAULT_POLICY, type Policy } from './spec/policy.ts';

const fail = defineErrors({
  NODE_REJECTED: (c: { readonly reject: Reject }) => `The transaction is refused: ${rejectText(c.reject)}`,
  NODE_BLOCK_REFUSED: (c: { readonly reason: string }) => `The block is refused: ${c.reason}`,
});

/** A transaction wherever it is: in a block of the active chain or in the mempool. */
export type FoundTransaction = {
  readonly tx: Transaction;
  readonly place: TransactionPlace | undefined;
  readonly entry: PoolEntry | undefined;
};

/**
 * A node in this process: the chain, the mempool and mining, without sockets. All calls are
 * synchronous.
 *
 * @example
 * const node = new BitcoinNode({ clock: systemClock });
 * node.generate(101, scriptPubKey);
 * node.send(tx); // the entry in the mempool, or an error with the reject reason
 * node.generate(1, scriptPubKey);
 */
export class BitcoinNode {
  readonly chain: BitcoinChain;
  readonly pool: Mempool;
  readonly index: TransactionIndex;
  readonly policy: Policy;
  readonly scene: AcceptScene;
  readonly estimator: FeeEstimator;
  readonly #clock: Clock;
  #mockTime = 0;
  /** Counts mined blocks, so that no two coinbases of one height are the same. */
  #mined = 0;
  #disconnected: BlockEntry[] = [];

  constructor(options: {
    readonly clock: Clock;
    readonly params?: ChainParams | undefined;
    readonly policy?: Partial<Policy> | undefined;
    /** What a subscriber throws goes here. */
    readonly onError?: ((error: unknown) => void) | undefined;
    /** Begins as this node is now. */
    readonly parent?: BitcoinNode | undefined;
  }) {
    const { clock, params = regtestParams(), onError = () => {}, parent } = options;
    this.#clock = clock;
    this.policy = { ...DEFAULT_POLICY, ...options.policy };
    const own = { now: () => this.now() * 1000 };
    this.chain = parent?.chain.fork(own, onError) ?? new BitcoinChain(params, own, onError);
    this.#mockTime = parent?.mockTime ?? 0;
    this.#mined = parent === undefined ? 0 : parent.#mined;
    this.pool = new Mempool(onError);
    this.index = new TransactionIndex(this.chain);
    const now = (): number => this.now();
    const rollingFee = new RollingFee(now, this.policy.incrementalRelayFeeRate);
    this.scene = { chain: this.chain, pool: this.pool, policy: this.policy, now, rollingFee };
    this.estimator = new FeeEstimator(this.pool, () => this.chain.tip.height);
    this.chain.events.on('connected', (entry) => this.#removeForBlock(entry));
    this.chain.events.on('disconnected', (entry) => this.#disconnected.push(entry));
    this.chain.events.on('settled', () => this.#takeBack());
    if (parent === undefined) return;
    for (const [id, delta] of parent.pool.deltas()) this.pool.prioritise(id, delta);
    // After a reorganisation parents may have come behind their children.
    for (const { tx } of inDependencyOrder(parent.pool.entries())) {
      acceptTransaction(tx, this.scene, { bypassLimits: true });
    }
  }

  /** Seconds since 1970, or what {@link setMockTime} has set. */
  now(): number {
    return this.#mockTime === 0 ? Math.floor(this.#clock.now() / 1000) : this.#mockTime;
  }

  /** Stops the clock at a time, in seconds; 0 lets it run again. */
  setMockTime(seconds: number): void {
    this.#mockTime = seconds;
  }

  get mockTime(): number {
    return this.#mockTime;
  }

  /** As `submitblock`: see {@link BitcoinChain.submit}. */
  submitBlock(block: Block): SubmitResult {
    return this.chain.submit(block);
  }

  /**
   * Takes a transaction into the mempool.
   *
   * @throws `NODE_REJECTED`, its context the reject reason
   */
  send(tx: Transaction | Bytes): PoolEntry {
    const result = this.accept(tx instanceof Uint8Array ? decodeTransaction(tx) : tx);
    if (isReject(result)) throw fail('NODE_REJECTED', { reject: result });
    return result.entry;
  }

  /** As {@link send}, the refusal as a value. */
  accept(tx: Transaction): Acceptance | Reject {
    this.#expire();
    return acceptTransaction(tx, this.scene);
  }

  /** Takes back what was in the mempool before: fees and limits are not measured again. Whether it came in. */
  restore(tx: Transaction): boolean {
    return !isReject(acceptTransaction(tx, this.scene, { bypassLimits: true }));
  }

  /**
   * As `submitpackage`: parents first, the child that pays for them last.
   *
   * @param maxFeeRate satoshi for 1000 virtual bytes that none of them may pay; 0 for no limit
   */
  submitPackage(txs: readonly Transaction[], maxFeeRate = 0n): PackageResult {
    this.#expire();
    return acceptPackage(txs, this.scene, { maxFeeRate });
  }

  /** As `testmempoolaccept`: changes nothing. */
  testAccept(txs: readonly Transaction[]): ReturnType<typeof testPackage> {
    return testPackage(txs, this.scene);
  }

  /** A transaction by its id as it is shown. */
  find(id: string): FoundTransaction | undefined {
    const entry = this.pool.get(id);
    const place = this.index.get(id);
    const tx = entry?.tx ?? place?.tx;
    return tx && { tx, place, entry };
  }

  /** An unspent output, of the mempool as well unless `confirmed`. */
  coin(id: string, vout: number, confirmed = false): Coin | undefined {
    const prevout = { txid: hexToHash(id), vout };
    if (confirmed) return this.chain.coins.get(coinKey(prevout));
    if (this.pool.spenderOf(prevout) !== undefined) return undefined;
    return this.pool.coin(id, vout) ?? this.chain.coins.get(coinKey(prevout));
  }

  /** What the next block would hold of the mempool. */
  template(): PoolEntry[] {
    return selectForBlock(this.pool, this.policy).filter(({ tx }) =>
      isFinal(tx, this.chain.tip.height + 1, this.chain.tip.medianTime),
    );
  }

  /**
   * Makes the next block, without submitting it.
   *
   * @param transactions what it holds, instead of what the mempool has; they may be anything blocks
   *   allow, and their fees are left to nobody unless they are told
   */
  makeBlock(scriptPubKey: Bytes, transactions?: readonly Transaction[], fees = 0n): Block {
    const chosen = transactions === undefined ? this.template() : [];
    const block = mineBlock(this.chain, {
      scriptPubKey,
      transactions: transactions ?? chosen.map(({ tx }) => tx),
      fees: chosen.reduce((sum, { fee }) => sum + fee, fees),
      time: this.now(),
      extra: extraNonce(this.#mined),
    });
    if (block === undefined) throw fail('NODE_BLOCK_REFUSED', { reason: 'no nonce fits' });
    return block;
  }

  /**
   * Mines blocks with what the mempool has.
   *
   * @returns their hashes, as they are shown
   */
  generate(count: number, scriptPubKey: Bytes): string[] {
    return Array.from({ length: count }, () => this.#mine(this.makeBlock(scriptPubKey)));
  }

  /**
   * Mines one block with exactly these transactions, whatever the mempool's policy says of them.
   *
   * @throws `NODE_BLOCK_REFUSED`
   */
  generateBlock(scriptPubKey: Bytes, transactions: readonly Transaction[]): string {
    return this.#mine(this.makeBlock(scriptPubKey, transactions));
  }

  /** Takes a block of {@link makeBlock}; the next one made will be another, whatever becomes of this. */
  submitMined(block: Block): SubmitResult {
    this.#mined++;
    return this.chain.submit(block);
  }

  #mine(block: Block): string {
    const result = this.submitMined(block);
    if (result !== undefined) throw fail('NODE_BLOCK_REFUSED', { reason: result });
    return this.chain.tip.hash;
  }

  /** What a block holds is no longer waiting, and what it is in conflict with never will be in one. */
  #removeForBlock({ block }: BlockEntry): void {
    for (const tx of block.transactions) {
      const id = hashToHex(txidOf(tx));
      for (const { prevout } of tx.inputs) {
        const spender = this.pool.spenderOf(prevout);
        if (spender === undefined) continue;
        if (spender.id === id) this.pool.remove([spender], 'block');
        else this.pool.remove(descendantsOf([spender]), 'conflict');
      }
      this.pool.clearDelta(id);
    }
    this.scene.rollingFee.mined();
  }

  /** After a reorganisation: what was in blocks waits again, what became invalid leaves. */
  #takeBack(): void {
    const blocks = this.#disconnected.splice(0).reverse();
    if (blocks.length === 0) return;
    for (const { block } of blocks) {
      for (const tx of block.transactions.slice(1)) acceptTransaction(tx, this.scene, { bypassLimits: true });
    }
    for (const entry of this.pool.entries()) {
      if (!this.#couldBeMined(entry)) this.pool.remove(descendantsOf([entry]), 'reorg');
    }
  }

  #couldBeMined({ tx }: PoolEntry): boolean {
    const { tip } = this.chain;
    const coins = tx.inputs.map(
      ({ prevout }) =>
        this.chain.coins.get(coinKey(prevout)) ?? this.pool.coin(hashToHex(prevout.txid), prevout.vout),
    );
    const next = tip.height + 1;
    const placed = coins.map((coin) => (coin?.height === MEMPOOL_HEIGHT ? { ...coin, height: next } : coin));
    if (typeof checkInputs(tx, placed, next) === 'string') return false;
    const context = {
      height: next,
      medianTime: tip.medianTime,
      medianTimeAt: (height: number) => (this.chain.at(height) ?? tip).medianTime,
    };
    return isFinal(tx, next, tip.medianTime) && meetsSequenceLocks(tx, placed as Coin[], context);
  }

  #expire(): void {
    const oldest = this.now() - this.policy.mempoolExpiry;
    const expired = [...this.pool.entries()].filter(({ time }) => time < oldest);
    if (expired.length > 0) this.pool.remove(descendantsOf(expired), 'expiry');
  }
}

/** A small number as the bytes that stand behind the height. */
function extraNonce(count: number): Bytes {
  return Uint8Array.of(0x04, count & 0xff, (count >> 8) & 0xff, (count >> 16) & 0xff, count >>> 24);
}
