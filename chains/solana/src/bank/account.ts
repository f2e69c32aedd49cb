import { type Bytes, EMPTY_BYTES } from '@ninefold/base';
import type { AccountState } from '@ninefold/vm-svm';
import { SYSTEM_PROGRAM } from '../spec/addresses.ts';

/** An account as it is stored: replaced, never changed. */
export type Account = {
  readonly lamports: bigint;
  readonly data: Bytes;
  readonly owner: Bytes;
  readonly isExecutable: boolean;
  readonly rentEpoch: bigint;
};

/** What accounts that pay no rent have for the epoch of their next payment. */
export const RENT_EXEMPT_EPOCH: bigint = 2n ** 64n - 1n;

/** What an address without an account looks like to a transaction. */
export const NO_ACCOUNT: Account = {
  lamports: 0n,
  data: EMPTY_BYTES,
  owner: SYSTEM_PROGRAM,
  isExecutable: false,
  rentEpoch: RENT_EXEMPT_EPOCH,
};

/** The account for a transaction to work on. */
export function toState(key: Bytes, account: Account): AccountState {
  const { lamports, data, owner, isExecutable, rentEpoch } = account;
  return { key, lamports, data, owner, isExecutable, rentEpoch };
}

/** The account that a transaction left. */
export function fromState(state: AccountState): Account {
  const { lamports, data, owner, isExecutable, rentEpoch } = state;
  return { lamports, data, owner, isExecutable, rentEpoch };
}
