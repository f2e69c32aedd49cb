import type { Bytes } from '@ninefold/base';
import { PersistentMap } from '@ninefold/state';
import { toBase58 } from '@ninefold/vm-svm';
import type { Account } from '../bank/account.ts';
import { type Bank, type BankRules, type FrozenBank, openBank, type SimulateOptions } from '../bank/bank.ts';
import { createPohRecorder, type PohRecorder } from '../bank/poh.ts';
import type { TransactionResult } from '../bank/process.ts';
import { TICKS_PER_SLOT } from '../spec/slots.ts';
import type { AddressKey } from '../tx/address-key.ts';
import type { Transaction } from '../tx/transaction.ts';
import type { Block, Commitment, SlotView, TransactionRecord } from './types.ts';

/** Blocks that are kept: a chain that runs for days forgets its first ones. */
export const MAX_KEPT_BLOCKS = 100_000;

export type LedgerOptions = {
  readonly rules: BankRules;
  readonly genesis: FrozenBank;
  /** Slots after which one is final. */
  readonly finalityDepth: number;
  readonly hashesPerTick: number;
  /** The time that new slots begin at: seconds since 1970. */
  readonly now: () => number;
};

/** Transactions that name an account, newest first. */
type Mention = { readonly record: TransactionRecord; readonly older: Mention | undefined };

/** Everything that is replaced and never changed: a fork takes it as it is. */
type History = {
  blocks: PersistentMap<Block>;
  /** Slots by block height, which has no gaps: slots that were skipped need not be stepped over. */
  slots: PersistentMap<number>;
  records: PersistentMap<TransactionRecord>;
  mentions: PersistentMap<Mention>;
  /** Ended slots down to the final one, oldest first. */
  banks: readonly FrozenBank[];
  /** Height of the oldest block that is kept. */
  firstHeight: number;
};

/** A slot or a height as a map's key. */
const keyOf = (number: number): string => String(number);

/**
 * A chain of slots: one goes on and takes transactions, the others have ended. Knows every
 * transaction by its signature and by the accounts it names.
 *
 * @example
 * const ledger = new Ledger(options);
 * ledger.process(transaction);
 * ledger.endSlot();
 */
export class Ledger {
  readonly options: LedgerOptions;
  #history: History;
  #bank: Bank;
  #poh: PohRecorder;
  /** Transactions of the slot that goes on. */
  #open: Map<string, TransactionRecord>;

  private constructor(
    options: LedgerOptions,
    history: History,
    bank: Bank,
    poh: PohRecorder,
    open: ReadonlyMap<string, TransactionRecord>,
  ) {
    this.options = options;
    this.#history = history;
    this.#bank = bank;
    this.#poh = poh;
    this.#open = new Map(open);
  }

  /** A chain that begins with `genesis`; its first slot is open. */
  static start(options: LedgerOptions): Ledger {
    const { genesis } = options;
    const first: Block = {
      slot: genesis.slot,
      parentSlot: genesis.parentSlot,
      height: genesis.blockHeight,
      time: Number(genesis.clock.unixTimestamp),
      blockhash: genesis.blockhash,
      previousBlockhash: new Uint8Array(32),
      transactions: [],
      changed: [],
      leader: options.rules.leader(genesis.slot),
      rewards: [],
      rewardPartitions: undefined,
    };
    const history = {
      blocks: PersistentMap.empty<Block>().set(keyOf(first.slot), first),
      slots: PersistentMap.empty<number>().set(keyOf(first.height), first.slot),
      records: PersistentMap.empty<TransactionRecord>(),
      mentions: PersistentMap.empty<Mention>(),
      banks: [genesis],
      firstHeight: first.height,
    };
    const bank = openBank(genesis, options.rules, genesis.slot + 1, options.now());
    const poh = createPohRecorder(genesis.blockhash, options.hashesPerTick, TICKS_PER_SLOT);
    return new Ledger(options, history, bank, poh, new Map());
  }

  /** The same chain once more, to go another way. */
  fork(options: LedgerOptions = this.options): Ledger {
    const [bank, poh] = [this.#bank.fork(), this.#poh.fork()];
    return new Ledger(options, { ...this.#history }, bank, poh, this.#open);
  }

  /** The slot that goes on. */
  get bank(): Bank {
    return this.#bank;
  }

  /** The newest slot that has ended. */
  get head(): FrozenBank {
    return this.#history.banks.at(-1) as FrozenBank;
  }

  /** The newest slot that is final. */
  get root(): FrozenBank {
    return this.#history.banks[0] as FrozenBank;
  }

  /** The oldest slot that is still known. */
  get firstSlot(): number {
    return this.#slotAt(this.#history.firstHeight);
  }

  /** The slot that a commitment stands for, as it is now. */
  view(commitment: Commitment): SlotView {
    if (commitment !== 'processed') {
      const bank = commitment === 'confirmed' ? this.head : this.root;
      return { ...bank, stakes: bank.stakes, unixTimestamp: bank.clock.unixTimestamp };
    }
    const bank = this.#bank;
    return {
      slot: bank.slot,
      blockHeight: bank.blockHeight,
      blockhash: bank.blockhash,
      blockhashes: bank.blockhashes,
      accounts: bank.accounts(),
      unixTimestamp: bank.clock().unixTimestamp,
      transactionCount: bank.transactionCount(),
      capitalization: bank.parent.capitalization,
      stakes: bank.stakes,
    };
  }

  /** How far a slot has come. */
  commitmentOf(slot: number): Commitment {
    if (slot <= this.root.slot) return 'finalized';
    return slot <= this.head.slot ? 'confirmed' : 'processed';
  }

  /** An ended slot that is still known. */
  block(slot: number): Block | undefined {
    return this.#history.blocks.get(keyOf(slot));
  }

  /** Ended slots that are still known, from `first` to `last`, oldest first. */
  *blocks(first: number, last: number): Generator<Block, void, undefined> {
    const end = this.#heightFrom(last + 1);
    for (let height = this.#heightFrom(first); height < end; height++)
      yield this.block(this.#slotAt(height)) as Block;
  }

  /** How many slots from `first` to `last` have a block that is still known. */
  countBlocks(first: number, last: number): number {
    return Math.max(0, this.#heightFrom(last + 1) - this.#heightFrom(first));
  }

  #slotAt(height: number): number {
    return this.#history.slots.get(keyOf(height)) as number;
  }

  /** Height of the first known block in `slot` or later; one more than the head's when there is none. */
  #heightFrom(slot: number): number {
    let low = this.#history.firstHeight;
    let high = this.head.blockHeight + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#slotAt(middle) < slot) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  record(signature: string): TransactionRecord | undefined {
    return this.#history.records.get(signature) ?? this.#open.get(signature);
  }

  /** Transactions of ended slots that name an account, newest first. */
  *mentionsOf(address: AddressKey): Generator<TransactionRecord, void, undefined> {
    for (let mention = this.#history.mentions.get(address); mention !== undefined; mention = mention.older)
      yield mention.record;
  }

  /** Every transaction that is known of the newest `slots` ended slots, newest first. */
  *recent(slots: number): Generator<TransactionRecord, void, undefined> {
    const first = this.#heightFrom(this.head.slot - slots + 1);
    for (let height = this.head.blockHeight; height >= first; height--)
      yield* (this.block(this.#slotAt(height)) as Block).transactions.toReversed();
  }

  /** Executes a transaction in the slot that goes on; one that is refused leaves no trace. */
  process(transaction: Transaction): TransactionResult {
    const result = this.#bank.process(transaction);
    if (result.stage === 'refused') return result;
    this.#poh.record([transaction]);
    const record: TransactionRecord = {
      signature: toBase58(transaction.signatures[0] as Bytes),
      slot: this.#bank.slot,
      index: this.#open.size,
      blockTime: Number(this.#bank.clock().unixTimestamp),
      result,
    };
    this.#open.set(record.signature, record);
    return result;
  }

  /** Executes a transaction on a slot and keeps nothing. */
  simulate(transaction: Transaction, commitment: Commitment, options: SimulateOptions): TransactionResult {
    if (commitment === 'processed') return this.#bank.simulate(transaction, options);
    const parent = commitment === 'confirmed' ? this.head : this.root;
    const next = openBank(parent, this.options.rules, parent.slot + 1, this.options.now());
    return next.simulate(transaction, options);
  }

  /** Puts an account in place in the slot that goes on; `undefined` removes it. */
  setAccount(address: Bytes, account: Account | undefined): void {
    this.#bank.setAccount(address, account);
  }

  /**
   * Ends the slot that goes on and begins another.
   *
   * @param next the slot that begins, when some are to be skipped
   */
  endSlot(next: number = this.#bank.slot + 1): Block {
    const bank = this.#bank;
    this.#poh.finishSlot();
    const frozen = bank.freeze(this.#poh.hash());
    const transactions = [...this.#open.values()];
    const block: Block = {
      slot: bank.slot,
      parentSlot: frozen.parentSlot,
      height: frozen.blockHeight,
      time: Number(frozen.clock.unixTimestamp),
      blockhash: frozen.blockhash,
      previousBlockhash: bank.parent.blockhash,
      transactions,
      changed: frozen.changed,
      leader: this.options.rules.leader(bank.slot),
      rewards: frozen.rewards,
      rewardPartitions: frozen.rewardPartitions,
    };
    this.#keep(block, frozen);
    this.#open = new Map();
    this.#bank = openBank(frozen, this.options.rules, next, this.options.now());
    return block;
  }

  #keep(block: Block, frozen: FrozenBank): void {
    const history = this.#history;
    history.blocks = history.blocks.set(keyOf(block.slot), block);
    history.slots = history.slots.set(keyOf(block.height), block.slot);
    history.banks = [...history.banks, frozen].slice(-1 - this.options.finalityDepth);
    for (const record of block.transactions) {
      history.records = history.records.set(record.signature, record);
      for (const address of record.result.prepared?.list.keys ?? []) {
        const older = history.mentions.get(address);
        history.mentions = history.mentions.set(address, { record, older });
      }
    }
    while (history.blocks.size > MAX_KEPT_BLOCKS) this.#forgetFirst();
  }

  #forgetFirst(): void {
    const history = this.#history;
    const slot = this.#slotAt(history.firstHeight);
    const first = history.blocks.get(keyOf(slot)) as Block;
    for (const { signature } of first.transactions) history.records = history.records.delete(signature);
    history.blocks = history.blocks.delete(keyOf(slot));
    history.slots = history.slots.delete(keyOf(history.firstHeight));
    history.firstHeight++;
  }
}
