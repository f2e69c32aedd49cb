import { type Bytes, equalBytes } from '@ninefold/base';
import { addressBytes } from '@ninefold/vm-svm';
import type { Account } from '../bank/account.ts';
import { MIGRATED_PROGRAM } from '../spec/addresses.ts';

/** Epoch of what never happens, and activation epoch of stake that was active from the begin. */
export const NO_EPOCH: bigint = 2n ** 64n - 1n;

/** What a stake account gives to whom, and since when (`Delegation`). */
export type Delegation = {
  readonly voter: Bytes;
  /** Lamports. */
  readonly stake: bigint;
  readonly activationEpoch: bigint;
  /** {@link NO_EPOCH} while nobody asked for it back. */
  readonly deactivationEpoch: bigint;
};

/** A delegation and the credits of its voter that it was already paid for (`Stake`). */
export type Stake = { readonly delegation: Delegation; readonly creditsObserved: bigint };

const STAKE_PROGRAM: Bytes = addressBytes(MIGRATED_PROGRAM.stake);

/** `StakeStateV2`: its variants, and where the fields of a delegated one are. */
const KIND = { initialized: 1, delegated: 2 } as const;
const AT = {
  lockupTime: 76,
  lockupEpoch: 84,
  voter: 124,
  stake: 156,
  activation: 164,
  deactivation: 172,
  credits: 188,
  end: 197,
} as const;
const INITIALIZED_END = 124;

const viewOf = (data: Bytes): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength);

/** Whether an account is the stake program's. */
export const isStakeAccount = ({ owner }: Account): boolean => equalBytes(owner, STAKE_PROGRAM);

/** What an account of the stake program delegates; `undefined` for one that delegates nothing. */
export function readStake({ data }: Account): Stake | undefined {
  if (data.length < AT.end || viewOf(data).getUint32(0, true) !== KIND.delegated) return undefined;
  const view = viewOf(data);
  return {
    delegation: {
      voter: data.subarray(AT.voter, AT.voter + 32),
      stake: view.getBigUint64(AT.stake, true),
      activationEpoch: view.getBigUint64(AT.activation, true),
      deactivationEpoch: view.getBigUint64(AT.deactivation, true),
    },
    creditsObserved: view.getBigUint64(AT.credits, true),
  };
}

/** The account with another delegation and balance; what else it says stays. */
export function withStake(account: Account, lamports: bigint, stake: Stake): Account {
  const data = account.data.slice();
  const view = viewOf(data);
  view.setBigUint64(AT.stake, stake.delegation.stake, true);
  view.setBigUint64(AT.deactivation, stake.delegation.deactivationEpoch, true);
  view.setBigUint64(AT.credits, stake.creditsObserved, true);
  return { ...account, lamports, data };
}

/** Whether the lockup of a stake account holds at a time (seconds since 1970) and in an epoch. */
export function isLocked({ data }: Account, time: bigint, epoch: bigint): boolean {
  if (data.length < INITIALIZED_END) return false;
  const view = viewOf(data);
  const kind = view.getUint32(0, true);
  if (kind !== KIND.initialized && kind !== KIND.delegated) return false;
  return view.getBigInt64(AT.lockupTime, true) > time || view.getBigUint64(AT.lockupEpoch, true) > epoch;
}
