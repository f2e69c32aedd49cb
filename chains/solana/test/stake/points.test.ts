import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EpochCredits, pointsOf, rewardOf, splitCommission } from '../../src/stake/points.ts';
import { partitionOf, sipHash13 } from '../../src/stake/partition.ts';
import { decodeEpochRewards, encodeEpochRewards } from '../../src/stake/epoch-rewards.ts';
import { inflationOf, inflationRate, yearOf } from '../../src/stake/inflation.ts';
import { epochScheduleOf } from '../../src/bank/epoch-schedule.ts';
import type { Stake } from '../../src/stake/stake-account.ts';
import { at } from '../support/world.ts';
import { delegation } from './support.ts';

const stake = (creditsObserved: bigint, activationEpoch?: bigint): Stake => ({
  delegation: delegation(activationEpoch === undefined ? {} : { activationEpoch }),
  creditsObserved,
});

const CREDITS: readonly EpochCredits[] = [
  { epoch: 3n, credits: 100n, previous: 0n },
  { epoch: 4n, credits: 250n, previous: 100n },
  { epoch: 5n, credits: 300n, previous: 250n },
];

const always = (lamports: bigint) => () => lamports;

describe('points', () => {
  it('are credits times stake, of every epoch that was not paid', () => {
    expect(pointsOf(stake(0n), CREDITS, always(10n))).toEqual({
      points: 3000n,
      creditsObserved: 300n,
      isForced: false,
    });
    // Half of epoch 4 was paid: 70 are left of it, and the 50 of epoch 5.
    expect(pointsOf(stake(180n), CREDITS, always(10n)).points).toBe(1200n);
    expect(pointsOf(stake(250n), CREDITS, always(10n)).points).toBe(500n);
  });

  it('go by the stake of each epoch', () => {
    const effective = (epoch: bigint) => (epoch === 4n ? 7n : 0n);
    expect(pointsOf(stake(0n), CREDITS, effective)).toEqual({
      points: 150n * 7n,
      creditsObserved: 300n,
      isForced: false,
    });
  });

  it('are none without new credits', () => {
    expect(pointsOf(stake(300n), CREDITS, always(10n))).toEqual({
      points: 0n,
      creditsObserved: 300n,
      isForced: false,
    });
    // A voter that began anew.
    expect(pointsOf(stake(301n), CREDITS, always(10n))).toEqual({
      points: 0n,
      creditsObserved: 300n,
      isForced: true,
    });
    expect(pointsOf(stake(5n), [], always(10n))).toMatchObject({ creditsObserved: 0n, isForced: true });
  });

  it('do not depend on how often they are taken', () => {
    const amount = fc.bigInt({ min: 1n, max: 1000n });
    fc.assert(
      fc.property(
        fc.array(amount, { minLength: 1, maxLength: 8 }),
        amount,
        fc.nat(7),
        (earned, held, cut) => {
          let sum = 0n;
          const credits = earned.map((more, i): EpochCredits => {
            const previous = sum;
            sum += more;
            return { epoch: BigInt(i), credits: sum, previous };
          });
          const whole = pointsOf(stake(0n), credits, always(held));
          const first = pointsOf(stake(0n), credits.slice(0, cut), always(held));
          const rest = pointsOf(stake(first.creditsObserved), credits, always(held));
          expect(first.points + rest.points).toBe(whole.points);
          expect(whole.points).toBe(sum * held);
        },
      ),
    );
  });
});

describe('rewards', () => {
  const pot = { lamports: 1000n, points: 4000n };
  const points = { points: 1000n, creditsObserved: 300n, isForced: false };

  it('are shared by points', () => {
    expect(rewardOf(stake(0n), points, pot, 0, 9n)).toEqual({
      staker: 250n,
      voter: 0n,
      creditsObserved: 300n,
    });
    expect(rewardOf(stake(0n), points, pot, 1000, 9n)).toMatchObject({ staker: 225n, voter: 25n });
    expect(rewardOf(stake(0n), points, pot, 10_000, 9n)).toMatchObject({ staker: 0n, voter: 250n });
  });

  it('wait when there is not a lamport for each', () => {
    expect(rewardOf(stake(0n), { ...points, points: 3n }, pot, 0, 9n)).toBeUndefined();
    expect(rewardOf(stake(0n), { ...points, points: 4n }, pot, 5000, 9n)).toBeUndefined();
    expect(rewardOf(stake(0n), { ...points, points: 4n }, pot, 0, 9n)).toMatchObject({ staker: 1n });
    expect(rewardOf(stake(0n), { ...points, points: 0n }, pot, 0, 9n)).toBeUndefined();
    expect(rewardOf(stake(0n), points, { ...pot, points: 0n }, 0, 9n)).toBeUndefined();
  });

  it('are none in the first epoch, nor without inflation, but credits move on', () => {
    const nothing = { staker: 0n, voter: 0n, creditsObserved: 300n };
    expect(rewardOf(stake(0n, 9n), points, pot, 0, 9n)).toEqual(nothing);
    expect(rewardOf(stake(0n), points, { lamports: 0n, points: 4000n }, 0, 9n)).toEqual(nothing);
    expect(rewardOf(stake(0n), { ...points, isForced: true }, pot, 0, 9n)).toEqual(nothing);
  });

  it('are split so that at most a lamport is lost', () => {
    const lamports = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(lamports, fc.integer({ min: 0, max: 65_535 }), (sum, commission) => {
        const { voter, staker, isSplit } = splitCommission(sum, commission);
        expect(sum - voter - staker).toBeGreaterThanOrEqual(0n);
        expect(sum - voter - staker).toBeLessThanOrEqual(isSplit ? 1n : 0n);
        expect(isSplit).toBe(commission > 0 && commission < 10_000);
      }),
    );
  });

  it('never come to more than there is', () => {
    const share = fc.bigInt({ min: 0n, max: 10n ** 20n });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(share, fc.integer({ min: 0, max: 10_000 })), { minLength: 1, maxLength: 10 }),
        fc.bigInt({ min: 0n, max: 10n ** 18n }),
        (all, lamports) => {
          const sum = all.reduce((total, [own]) => total + own, 0n);
          const given = all.map(([own, rate]) =>
            rewardOf(stake(0n), { ...points, points: own }, { lamports, points: sum }, rate, 9n),
          );
          const paid = given.reduce((total, each) => total + (each?.staker ?? 0n) + (each?.voter ?? 0n), 0n);
          expect(paid).toBeLessThanOrEqual(lamports);
        },
      ),
    );
  });
});

describe('inflation', () => {
  const schedule = epochScheduleOf();
  const features = new Set<string>();

  it('begins at 8 % and ends at 1.5 %, 5 % of it for the foundation in the first seven years', () => {
    expect(inflationRate(0)).toEqual({ total: 0.08, validator: 0.076, foundation: 0.004 });
    expect(inflationRate(1).total).toBeCloseTo(0.068, 12);
    expect(inflationRate(6.99).foundation).toBeGreaterThan(0);
    expect(inflationRate(7).foundation).toBe(0);
    expect(inflationRate(100)).toEqual({ total: 0.015, validator: 0.015, foundation: 0 });
  });

  it('counts years in slots, which are as long as the features say', () => {
    expect(yearOf(schedule, features, 0)).toBe(0);
    expect(yearOf(schedule, features, 183)).toBe((183 * 432_000) / 78_892_314.984);
    const short = new Set(['reduce_slot_time_to_250ms']);
    expect(yearOf(schedule, short, 183)).toBe((183 * 432_000) / 126_227_703.974);
  });

  it('of an epoch is its share of the year', () => {
    // 500 million SOL, 7.6 % less what is tapered off in the two days of the epoch.
    const lamports = inflationOf(schedule, features, 0, 1, 500_000_000_000_000_000n);
    const years = 432_000 / 78_892_314.984;
    const rate = 0.08 * 0.85 ** years;
    expect(lamports).toBe(BigInt(Math.floor((rate - 0.05 * rate) * 5e17 * years)));
    expect(lamports).toBe(207_896_009_982_131n);
    expect(inflationOf(schedule, features, 0, 1, 0n)).toBe(0n);
  });
});

describe('partitions', () => {
  it('hash as SipHash-1-3 does', () => {
    // `DefaultHasher` of Rust, which has the same function and key.
    expect(sipHash13(new Uint8Array(0))).toBe(15_130_871_412_783_076_140n);
    const seen = new Set(Array.from({ length: 64 }, (_, n) => sipHash13(new Uint8Array(n))));
    expect(seen.size).toBe(64);
  });

  it('are all there are, evenly', () => {
    const counts = new Array<number>(4).fill(0);
    for (let i = 0; i < 2000; i++) {
      const address = new Uint8Array(32);
      new DataView(address.buffer).setUint32(0, i);
      counts[partitionOf(address, at(5), 4)]!++;
    }
    for (const count of counts) expect(count).toBeGreaterThan(400);
  });

  it('depend on the blockhash', () => {
    const spread = (blockhash: Uint8Array) =>
      Array.from({ length: 32 }, (_, i) => partitionOf(at(i), blockhash, 16)).join(' ');
    expect(spread(at(1))).not.toBe(spread(at(2)));
    expect(partitionOf(at(9), at(9), 1)).toBe(0);
  });
});

describe('the sysvar of rewards', () => {
  it('reads what it writes', () => {
    const rewards = {
      startHeight: 65n,
      partitions: 2n,
      parentBlockhash: at(4),
      totalPoints: 2n ** 100n + 7n,
      totalRewards: 11n,
      distributedRewards: 3n,
      isActive: true,
    };
    const data = encodeEpochRewards(rewards);
    expect(data).toHaveLength(81);
    expect(decodeEpochRewards(data)).toEqual(rewards);
    expect(decodeEpochRewards(data.subarray(0, 80))).toBeUndefined();
  });
});
