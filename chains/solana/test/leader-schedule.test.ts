import { describe, expect, it } from 'vitest';
import { leaderSchedule, type Stake } from '../src/bank/leader-schedule.ts';
import { estimateTimestamp, type TimestampScene } from '../src/bank/timestamp.ts';
import { at } from './support/world.ts';

describe('a leader schedule', () => {
  const stakes: readonly Stake[] = [
    { key: at(1), stake: 600n },
    { key: at(2), stake: 300n },
    { key: at(3), stake: 100n },
    { key: at(4), stake: 0n },
  ];
  const leaders = (epoch: number, list: readonly Stake[], slots = 4000): readonly number[] => {
    const { leader } = leaderSchedule(epoch, list, slots);
    return Array.from({ length: slots }, (_, slot) => leader(slot)[0] as number);
  };

  it('gives four slots in a row', () => {
    const schedule = leaders(7, stakes);
    for (let slot = 0; slot < schedule.length; slot += 4)
      expect(new Set(schedule.slice(slot, slot + 4)).size).toBe(1);
  });

  it('goes by stake', () => {
    const schedule = leaders(7, stakes, 40_000);
    const share = (key: number): number =>
      schedule.filter((leader) => leader === key).length / schedule.length;
    expect(share(1)).toBeCloseTo(0.6, 1);
    expect(share(2)).toBeCloseTo(0.3, 1);
    expect(share(3)).toBeCloseTo(0.1, 1);
    expect(share(4)).toBe(0);
  });

  it('follows from epoch and stakes, in whatever order they come', () => {
    expect(leaders(7, stakes)).toEqual(leaders(7, stakes.toReversed()));
    expect(leaders(7, stakes)).not.toEqual(leaders(8, stakes));
  });

  it('has one leader alone, or none', () => {
    expect(new Set(leaders(1, [{ key: at(5), stake: 1n }], 40))).toEqual(new Set([5]));
    expect(new Set(leaders(1, [], 40))).toEqual(new Set([0]));
  });
});

describe('the time of a slot', () => {
  const scene: TimestampScene = {
    slot: 1000,
    slotMilliseconds: 400,
    slotsPerEpoch: 432_000,
    epochStartSlot: 0,
    epochStartTimestamp: 10_000,
  };
  const vote = (slot: number, timestamp: number, stake = 1n) => ({ slot, timestamp, stake });

  it('is what was voted for, moved on', () => {
    expect(estimateTimestamp([vote(1000, 10_400)], scene)).toBe(10_400);
    expect(estimateTimestamp([vote(990, 10_396)], scene)).toBe(10_400);
    expect(estimateTimestamp([vote(999, 10_400)], scene)).toBe(10_400);
  });

  it('is the median by stake', () => {
    const votes = [vote(1000, 10_390, 2n), vote(1000, 10_420, 2n), vote(1000, 10_410, 3n)];
    expect(estimateTimestamp(votes, scene)).toBe(10_410);
    expect(estimateTimestamp([vote(1000, 10_390, 10n), ...votes], scene)).toBe(10_390);
  });

  it('stays near what the slots take', () => {
    expect(estimateTimestamp([vote(1000, 20_000)], scene)).toBe(10_000 + 400 + 600);
    expect(estimateTimestamp([vote(1000, 10_001)], scene)).toBe(10_000 + 400 - 100);
    expect(estimateTimestamp([vote(1000, 5)], scene)).toBe(10_300);
  });

  it('is unknown without votes of this epoch', () => {
    expect(estimateTimestamp([], scene)).toBeUndefined();
    expect(estimateTimestamp([vote(1001, 10_400)], scene)).toBeUndefined();
    expect(estimateTimestamp([vote(1, 10_400)], { ...scene, slot: 500_000 })).toBeUndefined();
    expect(estimateTimestamp([vote(1000, 10_400, 0n)], scene)).toBeUndefined();
  });
});
