import type { VoteState } from '@ninefold/vm-svm';
import type { Stake } from './stake-account.ts';

// What a delegation has earned: its effective stake times the credits that its voter has got since it
// was last paid, and of all rewards its share by that.

/** Credits of an epoch: all so far, and all before it. */
export type EpochCredits = Pick<VoteState['credits'][number], 'epoch' | 'credits' | 'previous'>;

/** What a delegation has earned. */
export type Points = {
  readonly points: bigint;
  /** Credits that it will have been paid for. */
  readonly creditsObserved: bigint;
  /** Whether the credits are moved although nothing is paid: the voter has fewer than were paid. */
  readonly isForced: boolean;
};

/** What all have earned together, and the lamports that are shared out for it. */
export type RewardPot = { readonly lamports: bigint; readonly points: bigint };

/** Lamports for a delegation, and for its voter. */
export type Reward = {
  readonly staker: bigint;
  readonly voter: bigint;
  readonly creditsObserved: bigint;
};

/**
 * The points of a delegation (`calculate_stake_points_and_credits`).
 *
 * @param credits of the voter, oldest epoch first
 */
export function pointsOf(
  { creditsObserved: paid }: Stake,
  credits: readonly EpochCredits[],
  effectiveIn: (epoch: bigint) => bigint,
): Points {
  const latest = credits.at(-1)?.credits ?? 0n;
  if (latest <= paid) return { points: 0n, creditsObserved: latest, isForced: latest < paid };
  let points = 0n;
  let observed = paid;
  for (const { epoch, credits: final, previous } of credits) {
    if (final <= paid) continue;
    // Who was paid within the epoch gets the rest of it.
    const earned = paid < previous ? final - previous : final - observed;
    if (final > observed) observed = final;
    points += effectiveIn(epoch) * earned;
  }
  return { points, creditsObserved: observed, isForced: false };
}

const MAX_COMMISSION = 10_000n;

/** Shares of rewards: each is rounded down by itself, so that a lamport may be left over. */
export function splitCommission(
  lamports: bigint,
  commission: number,
): { readonly voter: bigint; readonly staker: bigint; readonly isSplit: boolean } {
  const share = commission > Number(MAX_COMMISSION) ? MAX_COMMISSION : BigInt(commission);
  return {
    voter: (lamports * share) / MAX_COMMISSION,
    staker: (lamports * (MAX_COMMISSION - share)) / MAX_COMMISSION,
    isSplit: share !== 0n && share !== MAX_COMMISSION,
  };
}

/**
 * What a delegation gets (`redeem_rewards`); `undefined` when it waits for the next epoch: it has
 * earned less than a lamport, or less than one for each of the two who share it.
 *
 * @param commission of the voter, in hundredths of a percent
 * @param epoch the one that is rewarded
 */
export function rewardOf(
  { delegation }: Stake,
  { points, creditsObserved, isForced }: Points,
  pot: RewardPot,
  commission: number,
  epoch: bigint,
): Reward | undefined {
  if (isForced || pot.lamports === 0n || delegation.activationEpoch === epoch)
    return { staker: 0n, voter: 0n, creditsObserved };
  if (points === 0n || pot.points === 0n) return undefined;
  const lamports = (points * pot.lamports) / pot.points;
  if (lamports === 0n) return undefined;
  const { voter, staker, isSplit } = splitCommission(lamports, commission);
  if (isSplit && (voter === 0n || staker === 0n)) return undefined;
  return { staker, voter, creditsObserved };
}
