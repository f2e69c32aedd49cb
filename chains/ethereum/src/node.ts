import type { Bytes, Clock, Hex, Logger } from '@ninefold/base';
import { toQuantity } from '@ninefold/base';
import type { SubscriptionHub } from '@ninefold/rpc';
import type { ExecutedTransaction, Rules, StateView } from '@ninefold/vm-evm';
import type { Deadline, Execution } from './api/execution.ts';
import { createDeadline } from './api/execution.ts';
import { serverError } from './api/errors.ts';
import type { AccountOverride, StateOverrides } from './api/overrides.ts';
import { NO_ACCOUNT_OVERRIDE, overrideChanges } from './api/overrides.ts';
import type { BlockRef } from './api/values.ts';
import type { Accounts, AccountsState } from './dev/accounts.ts';
import type { MinedBlock, Miner, MinerState, Scheduler } from './dev/miner.ts';
import type { BlockBuilder, Chain, ChainSnapshot, ExecutedBlock, HeadChange } from './ledger/types.ts';
import type { World } from './ledger/world.ts';
import type { PoolSnapshot, SenderView, TransactionPool } from './pool/pool.ts';
import { validateForPool } from './pool/validate.ts';
import type { ChainConfig } from './spec/chain-config.ts';
import { blobScheduleAt } from './spec/chain-config.ts';
import { senderOf } from './tx/signature.ts';
import type { BlobSidecar } from './pool/sidecar.ts';
import { transactionHash } from './tx/transaction.ts';
import type { SignedTransaction } from './tx/types.ts';

/** How far one request may go. */
export type CallLimits = {
  readonly gasCap: bigint;
  readonly timeoutMs: number;
  /** Blocks one `eth_getLogs` may look through, and logs it may return. */
  readonly logBlocks: bigint;
  readonly logResults: number;
};

/** Whose habits the `evm_*` methods and failing sends follow; prefixed methods follow their prefix. */
export type Dialect = 'anvil' | 'hardhat';

/** Settings that cheats change at run time. */
export type NodeSettings = {
  readonly minGasPrice: bigint;
  readonly loggingEnabled: boolean;
};

/** What was submitted, and the blocks that were mined for it at once. */
export type Submitted = { readonly hash: Hex; readonly mined: readonly MinedBlock[] };

const NO_ACCOUNT = { nonce: 0n, balance: 0n };

/** Nonces and balances in the head's state, whatever the head is when asked. */
export function headSenders(chain: Chain): SenderView {
  return (address) => chain.worldAt(chain.head().hash).account(address) ?? NO_ACCOUNT;
}

type NodeSnapshot = {
  readonly head: ExecutedBlock;
  readonly chain: ChainSnapshot;
  readonly pool: PoolSnapshot;
  readonly miner: MinerState;
  readonly accounts: AccountsState;
  readonly settings: NodeSettings;
};

export type NodeParts = {
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly miner: Miner;
  readonly accounts: Accounts;
  readonly hub: SubscriptionHub;
  readonly clock: Clock;
  readonly scheduler: Scheduler | undefined;
  readonly log: Logger;
  readonly limits: CallLimits;
  readonly settings: NodeSettings;
  readonly dialect: Dialect;
  readonly revertsThrow: boolean;
  readonly clientVersion: string;
  /** Tells this node from others. */
  readonly instance: string;
};

/** A chain, the transactions that wait for it, who makes its blocks, and who may send without a wallet. */
export class EthereumNode {
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly miner: Miner;
  readonly accounts: Accounts;
  readonly hub: SubscriptionHub;
  readonly clock: Clock;
  readonly scheduler: Scheduler | undefined;
  readonly log: Logger;
  readonly limits: CallLimits;
  readonly dialect: Dialect;
  readonly revertsThrow: boolean;
  readonly clientVersion: string;
  readonly instance: string;
  settings: NodeSettings;
  readonly #snapshots = new Map<bigint, NodeSnapshot>();
  #lastSnapshot = 0n;
  #resets = 0;
  #keepsReturns = true;
  readonly #origin: NodeSnapshot;
  #surroundings:
    | (Omit<Execution, 'view'> & { readonly of: ExecutedBlock; readonly config: ChainConfig })
    | undefined;

  constructor(parts: NodeParts) {
    this.chain = parts.chain;
    this.pool = parts.pool;
    this.miner = parts.miner;
    this.accounts = parts.accounts;
    this.hub = parts.hub;
    this.clock = parts.clock;
    this.scheduler = parts.scheduler;
    this.log = parts.log;
    this.limits = parts.limits;
    this.settings = parts.settings;
    this.dialect = parts.dialect;
    this.revertsThrow = parts.revertsThrow;
    this.clientVersion = parts.clientVersion;
    this.instance = parts.instance;
    this.#origin = this.#capture();
    this.chain.on('head', (change) => this.#onHead(change));
  }

  get chainId(): bigint {
    return this.chain.config.chainId;
  }

  /** The block a reference means; `undefined` when there is none. `pending` means the head. */
  find(ref: BlockRef): ExecutedBlock | undefined {
    if (typeof ref === 'bigint') return this.chain.blockByNumber(ref);
    if (typeof ref === 'object') {
      const block = this.chain.blockByHash(ref.hash);
      if (block === undefined || !ref.requireCanonical) return block;
      if (this.isCanonical(block)) return block;
      throw serverError('hash is not currently canonical');
    }
    switch (ref) {
      case 'earliest':
        return this.chain.genesis();
      case 'safe':
        return this.chain.safe();
      case 'finalized':
        return this.chain.finalized();
      case 'latest':
      case 'pending':
        return this.chain.head();
    }
  }

  /** @throws `RpcError` -32000 "header not found" */
  require(ref: BlockRef): ExecutedBlock {
    const block = this.find(ref);
    if (block === undefined) {
      throw serverError(typeof ref === 'object' ? 'header for hash not found' : 'header not found');
    }
    return block;
  }

  isCanonical(block: ExecutedBlock): boolean {
    return this.chain.blockByNumber(block.block.header.number)?.hash === block.hash;
  }

  /** The state after a block; for `pending` with the waiting transactions executed. */
  world(ref: BlockRef): World {
    return ref === 'pending'
      ? this.pendingBuilder().state.world()
      : this.chain.worldAt(this.require(ref).hash);
  }

  view(ref: BlockRef): StateView {
    return ref === 'pending' ? this.pendingBuilder().state : this.chain.viewAt(this.require(ref).hash);
  }

  /** Where a call "at" a block runs: in that block's environment, on the state after it. */
  execution(ref: BlockRef): Execution {
    if (ref === 'pending') {
      const { evm, environment, state } = this.pendingBuilder();
      return { evm, block: environment, view: state };
    }
    const block = this.require(ref);
    const { config } = this.chain;
    // PERF: calls mostly ask for the block that the call before asked for.
    if (this.#surroundings?.of !== block || this.#surroundings.config !== config) {
      this.#surroundings = {
        of: block,
        config,
        evm: this.chain.evm(this.rulesOf(block)),
        block: this.chain.environmentOf(block),
      };
    }
    const { evm, block: environment } = this.#surroundings;
    return { evm, block: environment, view: this.chain.viewAt(block.hash) };
  }

  rulesOf({ fork }: ExecutedBlock): Rules {
    return { fork, blobSchedule: blobScheduleAt(this.chain.config, fork) };
  }

  /** The next block as it would be now. Never sealed onto the chain. */
  pendingBuilder(): BlockBuilder {
    const builder = this.miner.begin();
    this.miner.fill(builder, false);
    return builder;
  }

  /** The block that would be mined now. It is no part of the chain. */
  pendingBlock(): ExecutedBlock {
    return this.pendingBuilder().seal().executed;
  }

  /** As {@link find}, with `pending` for the block that would be mined now. */
  findOrBuild(ref: BlockRef): ExecutedBlock | undefined {
    return ref === 'pending' ? this.pendingBlock() : this.find(ref);
  }

  deadline(cancelled: (() => boolean) | undefined): Deadline {
    return createDeadline(this.clock, this.limits.timeoutMs, cancelled);
  }

  /**
   * Takes a transaction into the pool and, with automine, into a block.
   *
   * @param unsigned whether an impersonated transaction of just anybody is accepted
   * @throws `ETH_POOL_*` when it can never be mined as things are
   */
  submit(transaction: SignedTransaction, sidecar?: BlobSidecar, unsigned = false): Submitted {
    const sender = senderOf(transaction, true);
    const pooled = { hash: transactionHash(transaction), sender, transaction, sidecar };
    const automine = this.miner.state.mode.kind === 'auto';
    const rules = this.chain.rulesAfter(this.chain.head(), this.miner.nextTimestamp());
    validateForPool(pooled, {
      config: this.chain.config,
      rules,
      evm: this.chain.evm(rules),
      gasLimit: this.miner.state.gasLimit ?? this.chain.head().block.header.gasLimit,
      baseFee: automine ? this.miner.nextBaseFee() : undefined,
      minGasPrice: this.settings.minGasPrice,
      codeOf: (address) => this.#codeOf(address),
      maySendUnsigned: (address) => unsigned || this.accounts.isImpersonated(address),
    });
    this.pool.add(pooled);
    return { hash: pooled.hash, mined: automine ? this.miner.mineReady() : [] };
  }

  /** What a mined transaction did. */
  outcomeOf({ hash, mined }: Submitted): ExecutedTransaction | undefined {
    for (const { block, outcomes } of mined) {
      const index = block.block.transactions.findIndex(
        (transaction) => transactionHash(transaction) === hash,
      );
      if (index >= 0) return outcomes[index];
    }
    return undefined;
  }

  /** How often the node began anew. */
  get resets(): number {
    return this.#resets;
  }

  /** Changes one account of the head's state, as cheats do. */
  amend(address: Hex, change: Partial<AccountOverride>): void {
    this.amendAll(new Map([[address, { ...NO_ACCOUNT_OVERRIDE, ...change }]]));
  }

  amendAll(changes: StateOverrides): void {
    this.chain.amendHead(overrideChanges(this.view('latest'), changes));
    this.pool.reset(headSenders(this.chain));
  }

  /** Takes the last `depth` blocks back. Their transactions are gone. */
  rollback(depth: bigint): void {
    const target = this.require(this.chain.head().block.header.number - depth);
    this.#withoutReturns(() => this.chain.setHead(target.hash));
  }

  /** Snapshots to go back to: id, number and hash of the head then. */
  snapshots(): Readonly<Record<Hex, readonly [number, Hex]>> {
    return Object.fromEntries(
      [...this.#snapshots].map(([id, { head }]) => [
        toQuantity(id),
        [Number(head.block.header.number), head.hash] as const,
      ]),
    ) as Readonly<Record<Hex, readonly [number, Hex]>>;
  }

  /** Remembers everything; the id is good for one {@link revert}. */
  snapshot(): Hex {
    const id = ++this.#lastSnapshot;
    this.#snapshots.set(id, this.#capture());
    return toQuantity(id);
  }

  /** Goes back to a snapshot, which is used up with all later ones. Whether there was one. */
  revert(id: bigint): boolean {
    const snapshot = this.#snapshots.get(id);
    if (snapshot === undefined) return false;
    for (const later of this.#snapshots.keys()) if (later >= id) this.#snapshots.delete(later);
    this.#return(snapshot);
    return true;
  }

  /** Everything is as it was when the node was made. */
  reset(): void {
    this.#snapshots.clear();
    this.#resets++;
    this.#return(this.#origin);
  }

  /** Follows the head: the pool lets go of what is included and takes back what is not any more. */
  #onHead({ removed, added }: HeadChange): void {
    if (removed.length === 0) {
      this.pool.reset(headSenders(this.chain));
      return;
    }
    const included = new Set(added.flatMap(({ block }) => block.transactions.map(transactionHash)));
    const returned = this.#keepsReturns
      ? removed
          .toReversed()
          .flatMap(({ block }) => block.transactions.filter((each) => !included.has(transactionHash(each))))
      : [];
    this.pool.reset(
      headSenders(this.chain),
      returned.map((transaction) => ({
        hash: transactionHash(transaction),
        sender: senderOf(transaction, true),
        transaction,
        sidecar: undefined,
      })),
    );
  }

  /** Runs `task` as one in which transactions of removed blocks do not come back. */
  #withoutReturns(task: () => void): void {
    this.#keepsReturns = false;
    try {
      task();
    } finally {
      this.#keepsReturns = true;
    }
  }

  #codeOf(address: Hex): Bytes {
    const world = this.chain.worldAt(this.chain.head().hash);
    const account = world.account(address);
    return account === undefined ? new Uint8Array(0) : world.code(account.codeHash);
  }

  #capture(): NodeSnapshot {
    return {
      head: this.chain.head(),
      chain: this.chain.snapshot(),
      pool: this.pool.snapshot(),
      miner: this.miner.state,
      accounts: this.accounts.state,
      settings: this.settings,
    };
  }

  #return(snapshot: NodeSnapshot): void {
    this.#withoutReturns(() => this.chain.revert(snapshot.chain));
    this.pool.restore(snapshot.pool, headSenders(this.chain));
    this.miner.update(snapshot.miner);
    this.accounts.restore(snapshot.accounts);
    this.settings = snapshot.settings;
  }
}
