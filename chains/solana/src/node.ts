import type { Bytes, Clock, Logger } from '@ninefold/base';
import type { SubscriptionHub } from '@ninefold/rpc';
import { toBase58 } from '@ninefold/vm-svm';
import type { Account } from './bank/account.ts';
import type { SimulateOptions } from './bank/bank.ts';
import { epochOf, firstSlotOf } from './bank/epoch-schedule.ts';
import type { PlacedAccount } from './bank/genesis.ts';
import { requireReadable } from './bank/sysvars.ts';
import type { TransactionResult } from './bank/process.ts';
import { airdropTransaction } from './dev/faucet.ts';
import { IdlRegistry } from './dev/idls.ts';
import type { Validator } from './dev/validator.ts';
import { voteTransaction } from './dev/voting.ts';
import type { Ledger, LedgerOptions } from './ledger/ledger.ts';
import type { Block, Commitment } from './ledger/types.ts';
import type { Scheduler } from './options.ts';
import { voteStateOf } from './stake/voters.ts';
import { addressKey } from './tx/address-key.ts';
import type { Transaction } from './tx/transaction.ts';

/** What a node is made of. */
export type NodeParts = {
  readonly ledger: Ledger;
  readonly validator: Validator;
  readonly hub: SubscriptionHub;
  readonly clock: Clock;
  readonly scheduler: Scheduler | undefined;
  readonly logger: Logger;
  /** 0: each transaction is a block. */
  readonly slotMs: number;
  /** Whether the validator votes for each slot. */
  readonly votes: boolean;
  readonly instance: string;
  /** Milliseconds that the chain's time is ahead of the clock. */
  readonly timeOffset?: number | undefined;
  readonly pausedAt?: number | undefined;
  readonly idls?: IdlRegistry | undefined;
};

/** Hears what happens on the chain, in the order in which it does. */
export type NodeListener = {
  /** A transaction came in, before it is executed. */
  readonly onReceived: (signature: string) => void;
  /** A slot has ended; what `view('confirmed')` shows is it. */
  readonly onSlot: (block: Block, next: number) => void;
  /** A slot is final from now on. */
  readonly onRoot: (block: Block) => void;
};

/** A development node: one validator, its slots, and the faucet. */
export class SolanaNode {
  readonly validator: Validator;
  readonly hub: SubscriptionHub;
  readonly clock: Clock;
  readonly scheduler: Scheduler | undefined;
  readonly log: Logger;
  readonly slotMs: number;
  readonly votes: boolean;
  readonly instance: string;
  /** What is known of programs' interfaces. */
  readonly idls: IdlRegistry;
  #ledger: Ledger;
  readonly #origin: Ledger;
  readonly #listeners: NodeListener[] = [];
  #stop: (() => void) | undefined;
  #airdrops = 0;
  #timeOffset: number;
  /** Milliseconds at which the chain's time was stopped. */
  #pausedAt: number | undefined;

  constructor(parts: NodeParts) {
    this.validator = parts.validator;
    this.hub = parts.hub;
    this.clock = parts.clock;
    this.scheduler = parts.scheduler;
    this.log = parts.logger;
    this.slotMs = parts.slotMs;
    this.votes = parts.votes;
    this.instance = parts.instance;
    this.idls = parts.idls?.fork() ?? new IdlRegistry();
    this.#timeOffset = parts.timeOffset ?? 0;
    this.#pausedAt = parts.pausedAt;
    this.#ledger = parts.ledger.fork(this.#withClock(parts.ledger.options));
    this.#origin = this.#ledger.fork();
    this.#begin();
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  /** The parts of an independent node that begins as this one is now. */
  parts(): Omit<NodeParts, 'hub' | 'instance'> {
    const { validator, clock, scheduler, log: logger, slotMs, votes, idls } = this;
    const [timeOffset, pausedAt] = [this.#timeOffset, this.#pausedAt];
    return {
      ledger: this.#ledger,
      validator,
      clock,
      scheduler,
      logger,
      slotMs,
      votes,
      idls,
      timeOffset,
      pausedAt,
    };
  }

  listen(listener: NodeListener): void {
    this.#listeners.push(listener);
  }

  /** Seconds since 1970, as the chain sees them. */
  now(): number {
    return Math.floor(((this.#pausedAt ?? this.clock.now()) + this.#timeOffset) / 1000);
  }

  account(address: Bytes, commitment: Commitment): Account | undefined {
    return this.#ledger.view(commitment).accounts.get(addressKey(address));
  }

  simulate(transaction: Transaction, commitment: Commitment, options: SimulateOptions): TransactionResult {
    return this.#ledger.simulate(transaction, commitment, options);
  }

  /** Takes a transaction into the slot that goes on; without slots of time it is the whole block. */
  submit(transaction: Transaction): TransactionResult {
    const signature = toBase58(transaction.signatures[0] as Bytes);
    for (const { onReceived } of this.#listeners) onReceived(signature);
    const result = this.#ledger.process(transaction);
    if (result.stage !== 'refused' && this.slotMs === 0) this.endSlot();
    return result;
  }

  /** Sends lamports out of the faucet; gives the transaction. */
  airdrop(
    to: Bytes,
    lamports: bigint,
  ): { readonly transaction: Transaction; readonly result: TransactionResult } {
    const { blockhash } = this.#ledger.bank;
    const { faucet } = this.validator;
    const transaction = airdropTransaction(faucet, to, lamports, blockhash, ++this.#airdrops);
    return { transaction, result: this.submit(transaction) };
  }

  /**
   * Changes accounts whatever the rules say.
   *
   * @throws `SOLANA_SYSVAR_NEEDED`
   */
  place(accounts: readonly (PlacedAccount | readonly [address: Bytes, account: undefined])[]): void {
    // All or none.
    for (const [address, account] of accounts) requireReadable(addressKey(address), account);
    for (const [address, account] of accounts) this.#ledger.setAccount(address, account);
    if (this.slotMs === 0) this.endSlot();
  }

  /**
   * Ends the slot that goes on, whatever is in it. Without slots of time those that pay an epoch's
   * rewards end by themselves: nobody could wait until stakes can be changed again.
   */
  endSlot(next?: number): Block {
    const block = this.#endOne(next);
    if (this.slotMs === 0) this.#payRewards();
    return block;
  }

  #endOne(next?: number): Block {
    const rootBefore = this.#ledger.root.slot;
    const block = this.#ledger.endSlot(next);
    for (const { onSlot } of this.#listeners) onSlot(block, this.#ledger.bank.slot);
    const root = this.#ledger.block(this.#ledger.root.slot);
    if (root !== undefined && root.slot > rootBefore) for (const { onRoot } of this.#listeners) onRoot(root);
    if (this.votes) this.#vote();
    return block;
  }

  /** Ends slots until the rewards of an epoch that has just begun are paid. */
  #payRewards(): void {
    if (this.#ledger.bank.stakes?.pending === undefined) return;
    while (this.#ledger.bank.stakes?.pending !== undefined) this.#endOne();
    // The last payments are in the slot that goes on.
    this.#endOne();
  }

  /** Votes for the newest slot that has ended, in the one that goes on. */
  #vote(): void {
    const { bank, head } = this.#ledger;
    const { voteAccount } = this.validator;
    const account = bank.account(voteAccount);
    const state = account === undefined ? undefined : voteStateOf(voteAccount, account);
    if (state === undefined) return;
    const { error } = this.#ledger.process(voteTransaction(this.validator, state, head));
    if (error !== undefined) this.log.warn({ slot: head.slot, error }, 'the validator cannot vote');
  }

  /**
   * Moves time; slots in between are skipped, but for the first ones of the epoch that is arrived in:
   * they pay rewards.
   */
  travel(target: { readonly slot?: number | undefined; readonly timestamp?: number | undefined }): void {
    if (target.timestamp !== undefined) this.#timeOffset += (target.timestamp - this.now()) * 1000;
    const { slot } = target;
    if (slot === undefined) return void this.endSlot();
    const { epochSchedule } = this.#ledger.bank.rules;
    const { epoch } = epochOf(epochSchedule, slot);
    if (epoch > this.#ledger.bank.epoch().epoch) {
      this.#endOne(firstSlotOf(epochSchedule, epoch));
      this.#payRewards();
    }
    if (this.#ledger.bank.slot < slot) this.#endOne(slot);
  }

  get isPaused(): boolean {
    return this.#pausedAt !== undefined;
  }

  /** Stops slots and time. */
  pause(): void {
    this.#pausedAt ??= this.clock.now();
    this.#halt();
  }

  resume(): void {
    if (this.#pausedAt === undefined) return;
    this.#timeOffset -= this.clock.now() - this.#pausedAt;
    this.#pausedAt = undefined;
    this.#begin();
  }

  /** The account as it was when the node was made. */
  original(address: Bytes): Account | undefined {
    return this.#origin.bank.account(address);
  }

  /** Everything is as it was when the node was made. */
  reset(): void {
    this.#ledger = this.#origin.fork();
    this.idls.clear();
  }

  /** Stops making slots. */
  close(): void {
    this.#halt();
  }

  #begin(): void {
    if (this.slotMs === 0 || this.#pausedAt !== undefined) return;
    this.#stop ??= this.scheduler?.every(this.slotMs, () => this.endSlot());
  }

  #halt(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #withClock(options: LedgerOptions): LedgerOptions {
    return { ...options, now: () => this.now() };
  }
}
