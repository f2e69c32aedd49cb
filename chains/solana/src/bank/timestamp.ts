/** What a validator said of the time when it last voted. */
export type TimestampVote = {
  readonly slot: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** Stake two epochs before. */
  readonly stake: bigint;
};

/** The slot whose time is estimated. */
export type TimestampScene = {
  readonly slot: number;
  readonly slotMilliseconds: number;
  readonly slotsPerEpoch: number;
  /** Begin of the parent's epoch: first slot, and its time. */
  readonly epochStartSlot: number;
  readonly epochStartTimestamp: number;
};

/** How far the estimate may be ahead of or behind what the slots since the epoch's begin take, in percent. */
const MAX_DRIFT = { fast: 25, slow: 150 } as const;

/**
 * The time of a slot: what validators said, moved on by the slots since, and of that the median by
 * stake, kept near the time that the slots should have taken.
 *
 * @returns seconds since 1970; `undefined` when nobody voted within an epoch
 */
export function estimateTimestamp(
  votes: readonly TimestampVote[],
  scene: TimestampScene,
): number | undefined {
  const { slot, slotMilliseconds, epochStartTimestamp } = scene;
  const estimates = votes
    .filter((vote) => vote.slot <= slot && slot - vote.slot <= scene.slotsPerEpoch)
    .map((vote) => ({
      timestamp: vote.timestamp + Math.floor(((slot - vote.slot) * slotMilliseconds) / 1000),
      stake: vote.stake,
    }))
    .toSorted((a, b) => a.timestamp - b.timestamp);
  const total = estimates.reduce((sum, { stake }) => sum + stake, 0n);
  if (total === 0n) return undefined;
  let counted = 0n;
  const median = estimates.find(({ stake }) => (counted += stake) > total / 2n)?.timestamp ?? 0;
  const expected = (slot - scene.epochStartSlot) * slotMilliseconds;
  const offset = 1000 * Math.max(0, median - epochStartTimestamp);
  const seconds = Math.floor(expected / 1000);
  const slow = Math.floor((expected * MAX_DRIFT.slow) / 100);
  const fast = Math.floor((expected * MAX_DRIFT.fast) / 100);
  if (offset - expected > slow) return epochStartTimestamp + seconds + Math.floor(slow / 1000);
  if (expected - offset > fast) return epochStartTimestamp + seconds - Math.floor(fast / 1000);
  return median;
}
