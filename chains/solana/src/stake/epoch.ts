import { type Bytes, equalBytes } from '@ninefold/base';
import { addressBytes, type FeatureSet, SYSVAR } from '@ninefold/vm-svm';
import { type Account, NO_ACCOUNT } from '../bank/account.ts';
import type { Accounts, AccountsSnapshot } from '../bank/accounts.ts';
import type { EpochSchedule } from '../bank/epoch-schedule.ts';
import { minimumBalance, type Rent } from '../bank/rent.ts';
import { sysvarAccount } from '../bank/sysvars.ts';
import { INCINERATOR, SYSTEM_PROGRAM } from '../spec/addresses.ts';
import { slotTimingOf } from '../spec/slots.ts';
import { isReserved } from '../tx/account-list.ts';
import { addressKey, type AddressKey, keyAddress } from '../tx/address-key.ts';
import { activationOf, activationRulesOf, sumOf } from './activation.ts';
import { decodeEpochRewards, encodeEpochRewards, type EpochRewards } from './epoch-rewards.ts';
import { type Activation, MAX_STAKE_HISTORY, StakeHistory } from './history.ts';
import { inflationOf } from './inflation.ts';
import { partitionOf } from './partition.ts';
import { pointsOf, type Points, rewardOf } from './points.ts';
import { isStakeAccount, NO_EPOCH, readStake, type Stake, withStake } from './stake-account.ts';
import {
  type Delegator,
  effectiveStakes,
  type EpochStakes,
  epochStakesOf,
  findStakes,
  type Voter,
} from './voters.ts';

// What a new epoch begins with: how much stake there was, who may vote, and rewards. Voters are paid
// in its first block, those who delegate in the blocks behind (SIMD-0118).

/** Lamports that a block gives somebody. */
export type BlockReward = {
  readonly address: Bytes;
  readonly lamports: bigint;
  /** What the account has then. */
  readonly balance: bigint;
  /** `DeactivatedStake` is none that will earn more. */
  readonly kind: 'Fee' | 'Voting' | 'Staking' | 'DeactivatedStake';
  /** Of the voter, in hundredths of a percent, where rewards still tell it. */
  readonly commission: number | undefined;
};

/** Rewards that are yet to be paid to those who delegate. */
export type PendingRewards = {
  /** Height of the first block that pays. */
  readonly startHeight: number;
  /** What each of the blocks pays. */
  readonly partitions: readonly (readonly StakeReward[])[];
};

type StakeReward = {
  readonly key: AddressKey;
  readonly lamports: bigint;
  readonly creditsObserved: bigint;
  readonly commission: number | undefined;
};

/** What banks know of stakes besides the accounts. */
export type Stakes = {
  /** Who may vote, as it was when each of the last epochs began. */
  readonly epochs: ReadonlyMap<number, EpochStakes>;
  readonly pending: PendingRewards | undefined;
};

/** A slot that begins. */
export type StakeScene = {
  readonly accounts: Accounts;
  readonly features: FeatureSet;
  readonly schedule: EpochSchedule;
  readonly rent: Rent;
  readonly blockHeight: number;
  /** The last blockhash before the slot. */
  readonly parentBlockhash: Bytes;
  readonly parentEpoch: number;
  readonly epoch: number;
  /** Lamports there are. */
  readonly capitalization: bigint;
};

/** What a block does with stakes. */
export type StakeUpdate = {
  readonly stakes: Stakes;
  readonly rewards: readonly BlockReward[];
  /** Blocks over which the rewards of an epoch are paid, in its first one. */
  readonly partitions: number | undefined;
};

const keyOf = (address: string): AddressKey => addressKey(addressBytes(address));
const STAKE_HISTORY = keyOf(SYSVAR.stakeHistory);
const EPOCH_REWARDS = keyOf(SYSVAR.epochRewards);
const INCINERATOR_KEY = keyOf(INCINERATOR);

/** Epochs whose voters are still asked about: the one that goes on and two before it. */
const KEPT_EPOCHS = 3;

/** Rewards take no more than this part of an epoch's blocks. */
const MAX_REWARD_SHARE = 10;

/** Who may vote on a chain that begins. */
export function initialStakes(accounts: AccountsSnapshot, features: FeatureSet, rent: Rent): Stakes {
  const { delegators, votes } = findStakes(accounts);
  const stakes = effectiveStakes(delegators, 0n, StakeHistory.empty(), activationRulesOf(features));
  return { epochs: new Map([[0, epochStakesOf(stakes, votes, features, rent)]]), pending: undefined };
}

/** Everything a slot does before its first transaction: a new epoch, if it is one, and rewards. */
export function beginSlot(scene: StakeScene, stakes: Stakes): StakeUpdate {
  const begun = scene.epoch === scene.parentEpoch ? undefined : beginEpoch(scene, stakes);
  const { pending } = begun?.stakes ?? stakes;
  const paid = pending === undefined ? undefined : payDelegators(scene, pending);
  return {
    stakes: {
      epochs: begun?.stakes.epochs ?? stakes.epochs,
      pending: paid === undefined ? pending : paid.pending,
    },
    rewards: [...(begun?.rewards ?? []), ...(paid?.rewards ?? [])],
    partitions: begun?.partitions,
  };
}

const historyIn = (accounts: Accounts): StakeHistory =>
  StakeHistory.decode(accounts.get(STAKE_HISTORY)?.data ?? new Uint8Array(0));

function setSysvar({ accounts, rent }: StakeScene, key: AddressKey, data: Bytes): void {
  accounts.set(key, sysvarAccount(data, rent, accounts.get(key)));
}

function beginEpoch(scene: StakeScene, known: Stakes): StakeUpdate {
  const { accounts, features, rent, epoch } = scene;
  const rules = activationRulesOf(features);
  const { delegators, votes } = findStakes(accounts.snapshot());
  const before = historyIn(accounts);
  const history = withEpochs(before, scene, lastChange(delegators), (at, past) =>
    sumOf(delegators.map(({ stake }) => activationOf(stake.delegation, at, past, rules))),
  );
  setSysvar(scene, STAKE_HISTORY, history.encode());
  const effective = effectiveStakes(delegators, BigInt(epoch), history, rules);
  const voters = epochStakesOf(effective, votes, features, rent);
  const epochs = new Map(
    [...known.epochs, [epoch, voters] as const].filter(([at]) => at > epoch - KEPT_EPOCHS),
  );
  const paid = shareRewards(scene, delegators, history, voters, epochs);
  return { ...paid, stakes: { epochs, pending: paid.pending } };
}

/** The last epoch in which somebody began or stopped to delegate. */
function lastChange(delegators: readonly Delegator[]): bigint {
  let last = 0n;
  for (const { delegation } of delegators.map(({ stake }) => stake)) {
    for (const at of [delegation.activationEpoch, delegation.deactivationEpoch])
      if (at !== NO_EPOCH && at > last) last = at;
  }
  return last;
}

/**
 * The history with all epochs from the parent's on that have ended. More than one have when slots in
 * between were skipped; the stake program reads the history by distance and wants no gaps in it.
 */
function withEpochs(
  history: StakeHistory,
  { parentEpoch, epoch }: StakeScene,
  changedIn: bigint,
  sumIn: (epoch: bigint, history: StakeHistory) => Activation,
): StakeHistory {
  let grown = history;
  let settled: Activation | undefined;
  for (let at = parentEpoch; at < epoch; at++) {
    // What is remembered at the end begins here at the earliest.
    if (at - parentEpoch === MAX_STAKE_HISTORY) at = Math.max(at, epoch - MAX_STAKE_HISTORY);
    const sum = settled ?? sumIn(BigInt(at), grown);
    // Nothing changes any more once nothing is about to.
    if (sum.activating === 0n && sum.deactivating === 0n && BigInt(at) > changedIn) settled = sum;
    grown = grown.with(BigInt(at), sum);
  }
  return grown;
}

type Shared = Pick<StakeUpdate, 'rewards' | 'partitions'> & { readonly pending: PendingRewards };

/** Shares an epoch's inflation out, pays the voters, and says when those who delegate are paid. */
function shareRewards(
  scene: StakeScene,
  delegators: readonly Delegator[],
  history: StakeHistory,
  voters: EpochStakes,
  epochs: ReadonlyMap<number, EpochStakes>,
): Shared {
  const { features, parentEpoch, epoch, schedule, capitalization, parentBlockhash } = scene;
  const rules = activationRulesOf(features);
  const earned = delegators.map((delegator): Earned => {
    const { stake, key } = delegator;
    const voter = voters.voters.get(addressKey(stake.delegation.voter));
    const effectiveIn = (at: bigint): bigint => activationOf(stake.delegation, at, history, rules).effective;
    return { key, delegator, voter, points: voter && pointsOf(stake, voter.state.credits, effectiveIn) };
  });
  let points = 0n;
  for (const each of earned) points += each.points?.points ?? 0n;
  const lamports = points === 0n ? 0n : inflationOf(schedule, features, parentEpoch, epoch, capitalization);
  const rates = commissionsOf(scene, epochs);
  const tellsRate = !features.has('custom_commission_collector');
  const commissions = new Map<Voter, bigint>();
  const rewards: StakeReward[] = [];
  for (const { key, delegator, voter, points: own } of points === 0n ? [] : earned) {
    const rate = voter === undefined ? 0 : rates(voter);
    const reward = own && rewardOf(delegator.stake, own, { lamports, points }, rate, BigInt(parentEpoch));
    if (reward === undefined && !needsAdjustment(scene, delegator, history)) continue;
    const { creditsObserved } = reward ?? delegator.stake;
    rewards.push({
      key,
      lamports: reward?.staker ?? 0n,
      creditsObserved,
      commission: tellsRate ? rate : undefined,
    });
    if (voter !== undefined && reward !== undefined && reward.voter > 0n)
      commissions.set(voter, (commissions.get(voter) ?? 0n) + reward.voter);
  }
  const paid = payVoters(scene, commissions, tellsRate ? rates : () => undefined);
  const count = partitionCount(scene, rewards.length);
  const startHeight = scene.blockHeight + 1;
  const partitions: StakeReward[][] = Array.from({ length: count }, () => []);
  for (const reward of rewards)
    partitions[partitionOf(keyAddress(reward.key), parentBlockhash, count)]?.push(reward);
  setRewards(scene, {
    startHeight: BigInt(startHeight),
    partitions: BigInt(count),
    parentBlockhash,
    totalPoints: points,
    totalRewards: lamports,
    distributedRewards: paid.lamports,
    isActive: true,
  });
  return { rewards: paid.rewards, partitions: count, pending: { startHeight, partitions } };
}

type Earned = {
  readonly key: AddressKey;
  readonly delegator: Delegator;
  readonly voter: Voter | undefined;
  readonly points: Points | undefined;
};

/** Commissions of voters: what they were an epoch before the one that is rewarded (SIMD-0249). */
function commissionsOf(
  { features, epoch }: StakeScene,
  epochs: ReadonlyMap<number, EpochStakes>,
): (voter: Voter) => number {
  const isDelayed = features.has('delay_commission_updates');
  const isExact = features.has('commission_rate_in_basis_points');
  return (voter) => {
    const key = addressKey(voter.address);
    const past = isDelayed
      ? (epochs.get(epoch - 2)?.voters.get(key) ?? epochs.get(epoch - 1)?.voters.get(key))
      : undefined;
    const { inflationCommission } = (past ?? voter).state;
    return isExact ? inflationCommission : Math.floor(inflationCommission / 100) * 100;
  };
}

/**
 * Whether a delegation is more than its account has beyond the rent, as after rent has risen: then it
 * is adjusted although it gets no reward (SIMD-0392).
 */
function needsAdjustment(
  { features, rent, parentEpoch }: StakeScene,
  { account, stake }: Delegator,
  history: StakeHistory,
): boolean {
  if (!features.has('relax_post_exec_min_balance_check')) return false;
  const { delegation } = stake;
  if (backed(account, delegation.stake, rent) === delegation.stake) return false;
  const rules = activationRulesOf(features);
  const { effective, activating } = activationOf(delegation, BigInt(parentEpoch), history, rules);
  return effective > 0n || activating > 0n;
}

/** No more of a delegation than its account has beyond the rent. */
function backed(account: Account, stake: bigint, rent: Rent): bigint {
  const free = account.lamports - minimumBalance(rent, account.data.length);
  if (free >= stake) return stake;
  return free > 0n ? free : 0n;
}

/** Pays voters, or who collects for them (SIMD-0232); what cannot be paid is burned, but counts. */
function payVoters(
  scene: StakeScene,
  commissions: ReadonlyMap<Voter, bigint>,
  rateOf: (voter: Voter) => number | undefined,
): { readonly lamports: bigint; readonly rewards: readonly BlockReward[] } {
  const { accounts, features } = scene;
  const isCustom = features.has('custom_commission_collector');
  const collected = new Map<AddressKey, { lamports: bigint; own: Voter | undefined }>();
  let total = 0n;
  for (const [voter, lamports] of commissions) {
    total += lamports;
    const collector = isCustom ? voter.state.inflationCollector : voter.address;
    const key = addressKey(collector);
    const entry = collected.get(key) ?? { lamports: 0n, own: undefined };
    if (equalBytes(collector, voter.address)) entry.own = voter;
    entry.lamports += lamports;
    collected.set(key, entry);
  }
  const rewards: BlockReward[] = [];
  for (const [key, { lamports: sum, own }] of collected) {
    const account = accounts.get(key) ?? NO_ACCOUNT;
    // A vote account collects for itself alone.
    const lamports = own === undefined ? sum : (commissions.get(own) as bigint);
    if (own === undefined && !mayCollect(scene, key, account, lamports)) continue;
    const balance = account.lamports + lamports;
    accounts.set(key, { ...account, lamports: balance });
    const commission = own === undefined ? undefined : rateOf(own);
    rewards.push({ address: keyAddress(key), lamports, balance, kind: 'Voting', commission });
  }
  return { lamports: total, rewards };
}

function mayCollect(
  { features, rent }: StakeScene,
  key: AddressKey,
  { owner, lamports, data }: Account,
  more: bigint,
): boolean {
  if (!equalBytes(owner, SYSTEM_PROGRAM) || isReserved(key)) return false;
  if (key === INCINERATOR_KEY || lamports + more >= minimumBalance(rent, data.length)) return true;
  return features.has('relax_post_exec_min_balance_check') && lamports > 0n;
}

function partitionCount({ features, schedule, epoch }: StakeScene, rewards: number): number {
  if (schedule.isWarmup && epoch < schedule.firstNormalEpoch) return 1;
  const wanted = Math.ceil(rewards / slotTimingOf(features).rewardsPerBlock);
  const most = Math.max(Math.floor(schedule.slotsPerEpoch / MAX_REWARD_SHARE), 1);
  return Math.min(Math.max(wanted, 1), most);
}

const setRewards = (scene: StakeScene, rewards: EpochRewards): void =>
  setSysvar(scene, EPOCH_REWARDS, encodeEpochRewards(rewards));

/** Pays those whose turn it is in this block; after the last of them rewards are over. */
function payDelegators(
  scene: StakeScene,
  pending: PendingRewards,
): { readonly pending: PendingRewards | undefined; readonly rewards: readonly BlockReward[] } {
  const { accounts, blockHeight } = scene;
  const turn = blockHeight - pending.startHeight;
  if (turn < 0) return { pending, rewards: [] };
  const history = historyIn(accounts);
  const rewards: BlockReward[] = [];
  let lamports = 0n;
  for (const due of pending.partitions[turn] ?? []) {
    // What cannot be paid is burned, but counts.
    lamports += due.lamports;
    const paid = payDelegator(scene, due, history);
    if (paid !== undefined && due.lamports > 0n) rewards.push(paid);
  }
  const isOver = turn + 1 >= pending.partitions.length;
  const told = decodeEpochRewards(accounts.get(EPOCH_REWARDS)?.data ?? new Uint8Array(0));
  if (told !== undefined)
    setRewards(scene, {
      ...told,
      distributedRewards: told.distributedRewards + lamports,
      isActive: !isOver,
    });
  return { pending: isOver ? undefined : pending, rewards };
}

function payDelegator(
  { accounts, features, rent, epoch }: StakeScene,
  due: StakeReward,
  history: StakeHistory,
): BlockReward | undefined {
  const account = accounts.get(due.key);
  const stake = account !== undefined && isStakeAccount(account) ? readStake(account) : undefined;
  if (account === undefined || stake === undefined) return undefined;
  const balance = account.lamports + due.lamports;
  const grown = stake.delegation.stake + due.lamports;
  const isLimited = features.has('relax_post_exec_min_balance_check');
  const left = isLimited ? backed({ ...account, lamports: balance }, grown, rent) : grown;
  const delegation = {
    ...stake.delegation,
    stake: left,
    deactivationEpoch: left === 0n && grown !== 0n ? BigInt(epoch - 1) : stake.delegation.deactivationEpoch,
  };
  const after: Stake = { delegation, creditsObserved: due.creditsObserved };
  accounts.set(due.key, withStake(account, balance, after));
  const { effective } = activationOf(delegation, BigInt(epoch), history, activationRulesOf(features));
  return {
    address: keyAddress(due.key),
    lamports: due.lamports,
    balance,
    kind: effective === 0n ? 'DeactivatedStake' : 'Staking',
    commission: due.commission,
  };
}
