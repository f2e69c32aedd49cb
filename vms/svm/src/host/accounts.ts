import { type Bytes, equalBytes } from '@ninefold/base';
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

/** An account as the program `by` may change it: the rules of the runtime. */
export type BorrowedAccount = {
  readonly state: AccountState;
  readonly isSigner: boolean;
  readonly isWritable: boolean;
  readonly isOwned: () => boolean;
  /** The setters throw an `InstructionFailure` when the program may not. */
  readonly setLamports: (lamports: bigint) => void;
  readonly setData: (data: Bytes) => void;
  readonly setOwner: (owner: Bytes) => void;
  /** Gives the account data of `length` zeros, or cuts or fills up what it has. */
  readonly resize: (length: number) => void;
  /** Why the data may not become `length` bytes long and be written; `undefined` when it may. */
  readonly dataProblem: (length: number) => string | undefined;
  /** Why the data may not be written; `undefined` when it may. */
  readonly writeProblem: () => string | undefined;
};

const isZero = (bytes: Bytes): boolean => bytes.every((byte) => byte === 0);

/** The account of `meta` in the hands of the program `by`. */
export function borrow(accounts: TransactionAccounts, meta: InstructionAccount, by: Bytes): BorrowedAccount {
  const state = accounts.list[meta.index] as AccountState;
  const isOwned = (): boolean => equalBytes(state.owner, by);
  const writeProblem = (): string | undefined => {
    if (!meta.isWritable) return 'ReadonlyDataModified';
    return isOwned() ? undefined : 'ExternalAccountDataModified';
  };
  const sizeProblem = (length: number): string | undefined => {
    if (length > MAX_ACCOUNT_DATA_BYTES) return 'InvalidRealloc';
    const growth = accounts.growth + length - state.data.length;
    return growth > MAX_TRANSACTION_GROWTH_BYTES ? 'MaxAccountsDataAllocationsExceeded' : undefined;
  };
  const dataProblem = (length: number): string | undefined => writeProblem() ?? sizeProblem(length);
  const refuse = (problem: string | undefined): void => {
    if (problem !== undefined) throw new InstructionFailure(problem);
  };
  const setData = (data: Bytes): void => {
    refuse(dataProblem(data.length));
    accounts.growth += data.length - state.data.length;
    state.data = data;
  };
  return {
    state,
    isSigner: meta.isSigner,
    isWritable: meta.isWritable,
    isOwned,
    writeProblem,
    dataProblem,
    setData,
    setLamports(lamports) {
      if (!isOwned() && lamports < state.lamports) refuse('ExternalAccountLamportSpend');
      if (!meta.isWritable) refuse('ReadonlyLamportChange');
      state.lamports = lamports;
    },
    setOwner(owner) {
      if (!isOwned() || !meta.isWritable || !isZero(state.data)) refuse('ModifiedProgramId');
      state.owner = owner.slice();
    },
    resize(length) {
      if (length !== state.data.length && !isOwned()) refuse('AccountDataSizeChanged');
      refuse(sizeProblem(length) ?? writeProblem());
      const data = new Uint8Array(length);
      data.set(state.data.subarray(0, length));
      setData(data);
    },
  };
}

/** Whether data of `original` bytes may have become `length` bytes long within one instruction. */
export function isPermittedLength(original: number, length: number): boolean {
  return length - original <= MAX_PERMITTED_DATA_INCREASE && length <= MAX_ACCOUNT_DATA_BYTES;
}
