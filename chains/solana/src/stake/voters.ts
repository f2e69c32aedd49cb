import { type Bytes, equalBytes } from '@ninefold/base';
import {
  addressBytes,
  decodeVoteState,
  type FeatureSet,
  InstructionFailure,
  PROGRAM,
  type VoteState,
} from '@ninefold/vm-svm';
import type { Account } from '../bank/account.ts';
import type { AccountsSnapshot } from '../bank/accounts.ts';
import { minimumBalance, type Rent } from '../bank/rent.ts';
import { addressKey, type AddressKey, keyAddress } from '../tx/address-key.ts';
import { activationOf, type ActivationRules } from './activation.ts';
import type { StakeHistory } from './history.ts';
import { isStakeAccount, readStake, type Stake } from './stake-account.ts';

/** A vote account, and the stake that is effective with it. */
export type Voter = { readonly address: Bytes; readonly stake: bigint; readonly state: VoteState };

/** Who may vote in an epoch, as it was when another began. */
export type EpochStakes = {
  readonly voters: ReadonlyMap<AddressKey, Voter>;
  /** Lamports of all voters. */
  readonly total: bigint;
};

/** A stake account that delegates. */
export type Delegator = {
  readonly key: AddressKey;
  readonly account: Account;
  readonly stake: Stake;
};

const VOTE_PROGRAM: Bytes = addressBytes(PROGRAM.vote);

/** Bytes of vote accounts of the versions up to 1.14.11, and since then. */
const VOTE_STATE_BYTES = { old: 3731, now: 3762 } as const;
const NEWEST_TAG = 3;

/** Voters of an epoch at most (SIMD-0357). */
export const MAX_VOTERS = 2000;

// An account is replaced, never changed: what it says is read once.
const states = new WeakMap<Account, VoteState | null>();

/** What a vote account says; `undefined` for what is none, or was never initialized. */
export function voteStateOf(address: Bytes, account: Account): VoteState | undefined {
  const { length } = account.data;
  const isSized = length === VOTE_STATE_BYTES.now || length === VOTE_STATE_BYTES.old;
  if (!isSized || !equalBytes(account.owner, VOTE_PROGRAM)) return undefined;
  let state = states.get(account);
  if (state === undefined) {
    state = decode(address, account.data);
    states.set(account, state);
  }
  return state ?? undefined;
}

function decode(address: Bytes, data: Bytes): VoteState | null {
  try {
    const state = decodeVoteState(data, address);
    return data[0] !== NEWEST_TAG && state.voters.size === 0 ? null : state;
  } catch (error) {
    if (!(error instanceof InstructionFailure)) throw error;
    return null;
  }
}

/**
 * All stake accounts that delegate, and all vote accounts.
 *
 * PERF: looks at every account there is: once an epoch, and when somebody asks.
 */
export function findStakes(accounts: AccountsSnapshot): {
  readonly delegators: readonly Delegator[];
  readonly votes: ReadonlyMap<AddressKey, Account>;
} {
  const delegators: Delegator[] = [];
  const votes = new Map<AddressKey, Account>();
  for (const [key, account] of accounts) {
    if (isStakeAccount(account)) {
      const stake = readStake(account);
      if (stake !== undefined) delegators.push({ key, account, stake });
    } else if (equalBytes(account.owner, VOTE_PROGRAM)) votes.set(key, account);
  }
  return { delegators, votes };
}

/** Effective stake by vote account, those without any left out. */
export function effectiveStakes(
  delegators: readonly Delegator[],
  epoch: bigint,
  history: StakeHistory,
  rules: ActivationRules,
): ReadonlyMap<AddressKey, bigint> {
  const stakes = new Map<AddressKey, bigint>();
  for (const { stake } of delegators) {
    const { effective } = activationOf(stake.delegation, epoch, history, rules);
    if (effective === 0n) continue;
    const key = addressKey(stake.delegation.voter);
    stakes.set(key, (stakes.get(key) ?? 0n) + effective);
  }
  return stakes;
}

/**
 * Who may vote, of those that have stake. Since validators are admitted (SIMD-0357) a vote account
 * has to be of the newest version, with a BLS key and its rent, and only the {@link MAX_VOTERS} with
 * the most stake get in; where the limit falls between equals, none of them does.
 */
export function epochStakesOf(
  stakes: ReadonlyMap<AddressKey, bigint>,
  votes: ReadonlyMap<AddressKey, Account>,
  features: FeatureSet,
  rent: Rent,
): EpochStakes {
  const isAdmission = features.has('validator_admission_ticket');
  const least = minimumBalance(rent, VOTE_STATE_BYTES.now);
  const found: (readonly [key: AddressKey, voter: Voter])[] = [];
  for (const [key, stake] of stakes) {
    const account = votes.get(key);
    const address = keyAddress(key);
    const state = account === undefined ? undefined : voteStateOf(address, account);
    if (account === undefined || state === undefined) continue;
    const isAdmitted =
      account.data[0] === NEWEST_TAG && state.blsKey !== undefined && account.lamports >= least;
    if (!isAdmission || isAdmitted) found.push([key, { address, stake, state }]);
  }
  const voters = new Map(isAdmission ? largest(found) : found);
  let total = 0n;
  for (const { stake } of voters.values()) total += stake;
  return { voters, total };
}

function largest<Entry extends readonly [unknown, Voter]>(found: readonly Entry[]): readonly Entry[] {
  if (found.length <= MAX_VOTERS) return found;
  const sorted = found.toSorted(([, a], [, b]) => (a.stake === b.stake ? 0 : a.stake > b.stake ? -1 : 1));
  const first = (sorted[MAX_VOTERS] as Entry)[1].stake;
  return sorted.filter(([, { stake }]) => stake > first);
}
