import type { FeatureSet } from '@ninefold/vm-svm';

/** Ticks of the proof of history in a slot. */
export const TICKS_PER_SLOT = 64;

/** Distance up to which a blockhash in the queue may still be named by transactions. */
export const MAX_PROCESSING_AGE = 150;

/** Distance up to which the queue keeps blockhashes. */
export const MAX_BLOCKHASH_AGE = 300;

/** Block heights that the newest blockhash can be used for. */
export const BLOCKHASH_LIFETIME = 150;

/** Depth at which a slot is final. */
export const MAX_LOCKOUT_HISTORY = 31;

/** What may go into one block. */
export type BlockLimits = {
  readonly blockUnits: number;
  /** Units of all transactions that write to the same account: the local fee market. */
  readonly accountUnits: number;
  /** Bytes of new accounts. */
  readonly newDataBytes: number;
};

/** How long slots are, and what follows from it (SIMD-0525). */
export type SlotTiming = {
  readonly milliseconds: number;
  readonly hashesPerTick: number;
  readonly slotsPerYear: number;
  /** Stake accounts that a block pays rewards to. */
  readonly rewardsPerBlock: number;
  readonly limits: BlockLimits;
};

const timing = (
  milliseconds: number,
  hashesPerTick: number,
  slotsPerYear: number,
  rewardsPerBlock: number,
  blockUnits: number,
  accountUnits: number,
  newDataBytes: number,
): SlotTiming => ({
  milliseconds,
  hashesPerTick,
  slotsPerYear,
  rewardsPerBlock,
  limits: { blockUnits, accountUnits, newDataBytes },
});

const INITIAL: SlotTiming = timing(400, 62_500, 78_892_314.984, 4096, 60_000_000, 24_000_000, 100_000_000);

/** Features that shorten slots, in the order of their activation. */
const SHORTENED: readonly (readonly [feature: string, timing: SlotTiming])[] = [
  [
    'reduce_slot_time_to_350ms',
    timing(350, 54_687, 90_162_645.696, 3584, 52_500_000, 21_000_000, 87_500_000),
  ],
  [
    'reduce_slot_time_to_300ms',
    timing(300, 46_875, 105_189_753.312, 3072, 45_000_000, 18_000_000, 75_000_000),
  ],
  [
    'reduce_slot_time_to_250ms',
    timing(250, 39_062, 126_227_703.974, 2560, 37_500_000, 15_000_000, 62_500_000),
  ],
  [
    'reduce_slot_time_to_200ms',
    timing(200, 31_250, 157_784_629.968, 2048, 30_000_000, 12_000_000, 50_000_000),
  ],
];

/** Slots under a set of features. */
export function slotTimingOf(features: FeatureSet): SlotTiming {
  const [, current] = SHORTENED.findLast(([feature]) => features.has(feature)) ?? ['', INITIAL];
  if (!features.has('raise_block_limits_to_100m')) return current;
  // A block of 400 ms grew from 60 to 100 million units; shorter ones grow alike.
  const { limits } = current;
  const raise = (units: number): number => Math.floor((units * 100) / 60);
  const raised = { blockUnits: raise(limits.blockUnits), accountUnits: raise(limits.accountUnits) };
  return { ...current, limits: { ...limits, ...raised } };
}
