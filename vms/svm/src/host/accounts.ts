import { type Bytes, equalBytes, pageCopier } from '@ninefold/base';
import { InstructionFailure } from './failure.ts';
import { MAX_PERMITTED_DATA_INCREASE } from './serialize.ts';

/** Longest data of an account. */
export const MAX_ACCOUNT_DATA_BYTES: number = 10 * 1024 * 1024;

/** Bytes that all accounts of a transaction may grow by in sum. */
export const MAX_TRANSACTION_GROWTH_BYTES: number = 20 * 1024 * 1024;

/** An account as a transaction works on it. */
export type AccountState = {
  readonly key: Bytes;
  lamports: bigint;
  /** Replaced, never changed in place. */
  data: Bytes;
  owner: Bytes;
  isExecutable: boolean;
  readonly rentEpoch: bigint;
};

/** The accounts of a transaction, in the order of its keys. */
export type TransactionAccounts = {
  readonly list: readonly AccountState[];
  /** Bytes that data have grown by in sum so far. */
  growth: number;
};

/** An account in an instruction, with what the instruction may do. */
export type InstructionAccount = {
  /** Position in the transaction. */
  readonly index: number;
  readonly isSigner: boolean;
  readonly isWritable: boolean;
};

/** Where the account at `index` of the transaction is named first; -1 where it is not. */
export function firstPosition(metas: readonly InstructionAccount[], index: number): number {
  for (let position = 0; position < metas.length; position++)
    if ((metas[position] as InstructionAccount).index === index) return position;
  return -1;
}

/** Whether the account at `position` is not named before. */
export function isFirst(metas: readonly InstructionAccount[], position: number): boolean {
  return firstPosition(metas, (metas[position] as InstructionAccount).index) === position;
}

const isZero = (bytes: Bytes): boolean => bytes.every((byte) => byte === 0);

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new InstructionFailure(problem);
}

const keepData = pageCopier();

function resized(data: Bytes, length: number): Bytes {
  const bytes = new Uint8Array(length);
  bytes.set(data.subarray(0, length));
  return bytes;
}

/**
 * An account in the hands of the program `by`, under the rules of the runtime. What changes it throws
 * an `InstructionFailure` when the program may not.
 */
export class BorrowedAccount {
  readonly state: AccountState;
  readonly isSigner: boolean;
  readonly isWritable: boolean;
  readonly #accounts: TransactionAccounts;
  readonly #by: Bytes;

  constructor(accounts: TransactionAccounts, meta: InstructionAccount, by: Bytes) {
    this.state = accounts.list[meta.index] as AccountState;
    this.isSigner = meta.isSigner;
    this.isWritable = meta.isWritable;
    this.#accounts = accounts;
    this.#by = by;
  }

  /** Whether the program owns it. */
  isOwned(): boolean {
    return equalBytes(this.state.owner, this.#by);
  }

  /** Why the data may not be written; `undefined` when it may. */
  writeProblem(): string | undefined {
    if (!this.isWritable) return 'ReadonlyDataModified';
    return this.isOwned() ? undefined : 'ExternalAccountDataModified';
  }

  /** Why the data may not become `length` bytes long and be written; `undefined` when it may. */
  dataProblem(length: number): string | undefined {
    return this.#sizeProblem(length) ?? this.writeProblem();
  }

  #sizeProblem(length: number): string | undefined {
    if (length > MAX_ACCOUNT_DATA_BYTES) return 'InvalidRealloc';
    const growth = this.#accounts.growth + length - this.state.data.length;
    return growth > MAX_TRANSACTION_GROWTH_BYTES ? 'MaxAccountsDataAllocationsExceeded' : undefined;
  }

  setData(data: Bytes): void {
    refuse(this.dataProblem(data.length));
    this.#replaceData(data);
  }

  #replaceData(data: Bytes): void {
    this.#accounts.growth += data.length - this.state.data.length;
    this.state.data = data;
  }

  /** Takes over bytes that will change, copied; data that may not change must not have. */
  updateData(data: Bytes): void {
    if (!equalBytes(data, this.state.data)) this.setData(keepData(data));
  }

  setLamports(lamports: bigint): void {
    if (lamports < this.state.lamports && !this.isOwned()) refuse('ExternalAccountLamportSpend');
    if (!this.isWritable) refuse('ReadonlyLamportChange');
    this.state.lamports = lamports;
  }

  setOwner(owner: Bytes): void {
    if (!this.isOwned() || !this.isWritable || !isZero(this.state.data)) refuse('ModifiedProgramId');
    this.state.owner = owner.slice();
  }

  /** Cuts the data to `length` bytes or fills them up with zeros. */
  resize(length: number): void {
    refuse(this.dataProblem(length));
    this.#replaceData(resized(this.state.data, length));
  }

  /** Fills the data up with zeros to `capacity` bytes, or as far as limits allow; their new length. */
  stretch(capacity: number): number {
    const { data } = this.state;
    const left = Math.max(0, MAX_TRANSACTION_GROWTH_BYTES - this.#accounts.growth);
    const length = Math.min(capacity, MAX_ACCOUNT_DATA_BYTES, data.length + left);
    this.#replaceData(resized(data, length));
    return length;
  }
}

/** Whether data of `original` bytes may have become `length` bytes long within one instruction. */
export function isPermittedLength(original: number, length: number): boolean {
  return length - original <= MAX_PERMITTED_DATA_INCREASE && length <= MAX_ACCOUNT_DATA_BYTES;
}
