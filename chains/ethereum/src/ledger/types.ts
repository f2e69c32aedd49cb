import type { Bytes, Emitter, Hex } from '@ninefold/base';
import type {
  BlockEnvironment,
  Evm,
  ForkName,
  Rules,
  StateChanges,
  StateView,
  TransactionOutcome,
  TransactOptions,
} from '@ninefold/vm-evm';
import type { ChainConfig } from '../spec/chain-config.ts';
import type { SignedTransaction } from '../tx/types.ts';
import type { Block } from './block.ts';
import type { Receipt } from './receipt.ts';
import type { Requests } from './requests.ts';
import type { Withdrawal } from './withdrawal.ts';
import type { World } from './world.ts';
import type { WorldState } from './world-state.ts';

/** A block that was executed and found valid, with what came out of it. */
export type ExecutedBlock = {
  readonly block: Block;
  readonly hash: Hex;
  readonly fork: ForkName;
  /** One for each transaction. */
  readonly receipts: readonly Receipt[];
  /** EIP-7685, in ascending order of type; none before Prague. */
  readonly requests: readonly Requests[];
  /** Of the chain up to and including this block. */
  readonly totalDifficulty: bigint;
};

/** Where a canonical transaction is. */
export type TransactionLocation = {
  readonly blockHash: Hex;
  readonly blockNumber: bigint;
  /** Position in the block. */
  readonly index: number;
};

/**
 * A state that is being changed: a world with changes on top. Each change costs what it changes,
 * however many there are already.
 */
export type PendingState = StateView & {
  readonly apply: (changes: StateChanges) => void;
  /** Everything applied so far, as one change of the world below. A live view. */
  readonly changes: () => StateChanges;
  /** The world with all that is applied so far. */
  readonly world: () => World;
};

/** What a block is built with. Everything has a default but the time. */
export type BlockAttributes = {
  readonly timestamp: bigint;
  readonly beneficiary?: Hex | undefined;
  /** The parent's by default. */
  readonly gasLimit?: bigint | undefined;
  readonly extraData?: Bytes | undefined;
  /** From Paris. */
  readonly prevRandao?: Hex | undefined;
  /** What the parent makes of it by default; another one is not valid for others. */
  readonly baseFeePerGas?: bigint | undefined;
  /** From Shanghai. */
  readonly withdrawals?: readonly Withdrawal[] | undefined;
  /** From Cancun; what the excess makes of it by default. Another one is for simulations only. */
  readonly blobBaseFee?: bigint | undefined;
  /** From Cancun. */
  readonly parentBeaconBlockRoot?: Hex | undefined;
  /** From Amsterdam. */
  readonly slotNumber?: bigint | undefined;
};

/** A block under construction on top of its parent. */
export type BlockBuilder = {
  readonly environment: BlockEnvironment;
  readonly rules: Rules;
  /** The machine with the block's rules. */
  readonly evm: Evm;
  /** The state after the transactions so far. */
  readonly state: PendingState;
  readonly transactions: readonly SignedTransaction[];
  readonly receipts: readonly Receipt[];
  readonly gasUsed: () => bigint;
  readonly blobGasUsed: () => bigint;
  /**
   * Executes a transaction, also one that `impersonate` made; when it is not valid here, nothing has
   * changed.
   *
   * @throws `TX_INVALID_SIGNATURE`, `TX_CHAIN_ID_MISMATCH`
   */
  readonly add: (transaction: SignedTransaction, options?: TransactOptions) => TransactionOutcome;
  /** Ends the block: withdrawals, requests, roots. The builder takes no more transactions. */
  readonly seal: () => SealedBlock;
};

/** A finished block that is in no chain yet. Another builder can go on from it. */
export type SealedBlock = {
  readonly executed: ExecutedBlock;
  /** After the block. */
  readonly world: WorldState;
  /** Hashes of this block and of those before it. */
  readonly blockHash: StateView['blockHash'];
};

/** How a block came in. */
export type ImportResult = {
  readonly block: ExecutedBlock;
  /** `known` when it was there before, `side` when another chain stays canonical. */
  readonly status: 'canonical' | 'side' | 'known';
};

/** The canonical chain as it changed: `removed` newest first, `added` oldest first. */
export type HeadChange = {
  readonly head: ExecutedBlock;
  readonly removed: readonly ExecutedBlock[];
  readonly added: readonly ExecutedBlock[];
};

export type ChainEvents = {
  /** The head moved, forward or to another branch; `removed` is empty unless it was a reorganisation. */
  readonly head: HeadChange;
};

declare const snapshotMark: unique symbol;
/** A state of the whole chain to come back to. Costs nothing to take; opaque. */
export type ChainSnapshot = { readonly [snapshotMark]: true };

/** Blocks, their tree and their states. Synchronous; a durable chain is written behind, see {@link Chain.flushed}. */
export type Chain = {
  readonly config: ChainConfig;
  readonly on: Emitter<ChainEvents>['on'];

  readonly genesis: () => ExecutedBlock;
  readonly head: () => ExecutedBlock;
  /** As set by {@link setHead}, else genesis. */
  readonly safe: () => ExecutedBlock;
  readonly finalized: () => ExecutedBlock;

  readonly blockByHash: (hash: Hex) => ExecutedBlock | undefined;
  /** The canonical one. */
  readonly blockByNumber: (number: bigint) => ExecutedBlock | undefined;
  /** In the canonical chain. */
  readonly locate: (transactionHash: Hex) => TransactionLocation | undefined;

  /** @throws `CHAIN_STATE_UNAVAILABLE` when it was pruned, `CHAIN_UNKNOWN_BLOCK` */
  readonly worldAt: (blockHash: Hex) => World;
  /** A state to work with on top of the one after a block; BLOCKHASH reaches back from that block. */
  readonly viewAt: (blockHash: Hex) => PendingState;
  /** The machine for `rules`; one instance each, reused. */
  readonly evm: (rules: Rules) => Evm;
  /** Rules of the block that would follow `parent` at `timestamp`. */
  readonly rulesAfter: (parent: ExecutedBlock, timestamp: bigint) => Rules;
  /** The environment a block was executed in, for traces and calls. */
  readonly environmentOf: (block: ExecutedBlock) => BlockEnvironment;

  /**
   * Verifies and executes a block. An invalid one is refused without effect.
   *
   * @throws `BLOCK_*` and, for undecodable bytes, `ETH_*` and `TX_*`
   */
  readonly importBlock: (block: Block | Bytes) => ImportResult;
  /**
   * Starts a block on `parent`, the head by default. On a sealed block it goes on from there, which
   * is how several blocks are simulated without being kept.
   *
   * @throws `CHAIN_TIME_NOT_AFTER_PARENT`, `CHAIN_TIME_OUT_OF_RANGE`, `CHAIN_STATE_UNAVAILABLE`
   */
  readonly createBuilder: (attributes: BlockAttributes, parent?: ExecutedBlock | SealedBlock) => BlockBuilder;
  /**
   * Makes a block the builder sealed on the head the new head, without executing it again.
   *
   * @throws `CHAIN_STALE_BLOCK` when the head has moved since
   */
  readonly append: (sealed: SealedBlock) => ExecutedBlock;
  /**
   * Makes any known block the head, as the beacon chain does and as a rollback does.
   *
   * @throws `CHAIN_UNKNOWN_BLOCK`
   */
  readonly setHead: (head: Hex, finality?: { readonly safe?: Hex; readonly finalized?: Hex }) => void;
  /** Changes the head's state from outside of any block, for cheats such as `setBalance`. */
  readonly amendHead: (changes: StateChanges) => void;
  /**
   * The same chain under another id or schedule from the next block on.
   *
   * @throws `CHAIN_FORK_UNSUPPORTED`
   */
  readonly configure: (config: Partial<ChainConfig>) => void;

  readonly snapshot: () => ChainSnapshot;
  /** Everything is as it was at the snapshot, which can be reverted to again. */
  readonly revert: (snapshot: ChainSnapshot) => void;
  /** An independent chain that begins as this one is now; it lives in memory. */
  readonly fork: () => Chain;

  /**
   * Resolves when all blocks so far are on disk; at once without a store. What a client is told about
   * a block on a durable chain is told after this.
   *
   * @throws `CHAIN_STORE_FAILED`
   */
  readonly flushed: () => Promise<void>;
  /** Waits for {@link flushed} and closes the store. */
  readonly close: () => Promise<void>;
};
