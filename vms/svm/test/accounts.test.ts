import { describe, expect, it } from 'vitest';
import {
  type AccountState,
  BorrowedAccount,
  isPermittedLength,
  MAX_ACCOUNT_DATA_BYTES,
} from '../src/host/accounts.ts';
import { InstructionFailure } from '../src/host/failure.ts';

const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const OWNER = key(2);
const OTHER = key(3);

function world(more: Partial<AccountState> = {}) {
  const state: AccountState = {
    key: key(1),
    lamports: 10n,
    data: Uint8Array.of(1, 2, 3),
    owner: OWNER,
    isExecutable: false,
    rentEpoch: 0n,
    ...more,
  };
  const accounts = { list: [state], growth: 0 };
  const by = (program: Uint8Array, isWritable: boolean) =>
    new BorrowedAccount(accounts, { index: 0, isSigner: false, isWritable }, program);
  return { state, accounts, by };
}

function errorOf(action: () => void): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof InstructionFailure) return error.error;
    throw error;
  }
}

describe('lamports', () => {
  it('rise in any hands, if writable', () => {
    const { state, by } = world();
    by(OTHER, true).setLamports(11n);
    expect(state.lamports).toBe(11n);
    expect(errorOf(() => by(OWNER, false).setLamports(12n))).toBe('ReadonlyLamportChange');
  });

  it('fall in the owner’s hands only', () => {
    const { state, by } = world();
    expect(errorOf(() => by(OTHER, true).setLamports(9n))).toBe('ExternalAccountLamportSpend');
    by(OWNER, true).setLamports(9n);
    expect(state.lamports).toBe(9n);
  });
});

describe('data', () => {
  it('are the owner’s, and writable', () => {
    const { state, by } = world();
    expect(errorOf(() => by(OTHER, false).setData(new Uint8Array(3)))).toBe('ReadonlyDataModified');
    expect(errorOf(() => by(OTHER, true).setData(new Uint8Array(3)))).toBe('ExternalAccountDataModified');
    by(OWNER, true).setData(Uint8Array.of(4));
    expect([...state.data]).toEqual([4]);
  });

  it('grow within limits', () => {
    const { accounts, by } = world();
    expect(errorOf(() => by(OWNER, true).resize(MAX_ACCOUNT_DATA_BYTES + 1))).toBe('InvalidRealloc');
    by(OWNER, true).resize(13);
    expect(accounts.growth).toBe(10);
    accounts.growth = 20 * 1024 * 1024;
    expect(errorOf(() => by(OWNER, true).resize(14))).toBe('MaxAccountsDataAllocationsExceeded');
    by(OWNER, true).resize(0);
    expect(accounts.growth).toBe(20 * 1024 * 1024 - 13);
  });

  it('keep what fits when they are resized', () => {
    const { state, by } = world();
    by(OWNER, true).resize(2);
    by(OWNER, true).resize(4);
    expect([...state.data]).toEqual([1, 2, 0, 0]);
  });

  it('grow by 10 KiB in one instruction', () => {
    expect(isPermittedLength(5, 10_245)).toBe(true);
    expect(isPermittedLength(5, 10_246)).toBe(false);
    expect(isPermittedLength(MAX_ACCOUNT_DATA_BYTES, MAX_ACCOUNT_DATA_BYTES + 1)).toBe(false);
  });
});

describe('owner', () => {
  it('is changed by the owner of an empty account', () => {
    expect(errorOf(() => world().by(OWNER, true).setOwner(OTHER))).toBe('ModifiedProgramId');
    const zeros = () => world({ data: new Uint8Array(4) });
    expect(errorOf(() => zeros().by(OTHER, true).setOwner(OTHER))).toBe('ModifiedProgramId');
    expect(errorOf(() => zeros().by(OWNER, false).setOwner(OTHER))).toBe('ModifiedProgramId');
    const { state, by } = zeros();
    by(OWNER, true).setOwner(OTHER);
    expect(state.owner).toEqual(OTHER);
  });
});
