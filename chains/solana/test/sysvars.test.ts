import { mainnetFeatures } from '@ninefold/vm-svm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeEpochSchedule,
  encodeEpochSchedule,
  epochOf,
  epochScheduleOf,
  firstSlotOf,
  leaderScheduleEpochOf,
} from '../src/bank/epoch-schedule.ts';
import {
  decodeClock,
  decodeSlotHashes,
  emptySlotHistory,
  encodeClock,
  encodeRecentBlockhashes,
  encodeSlotHashes,
  MAX_SLOT_HASHES,
  type SlotHash,
  sysvarAccount,
  withSlotHash,
  withSlotInHistory,
} from '../src/bank/sysvars.ts';
import { slotTimingOf } from '../src/spec/slots.ts';
import { account, at } from './support/world.ts';

const entry = (slot: number): SlotHash => ({ slot: BigInt(slot), hash: at(slot % 256) });

describe('the clock', () => {
  it('comes back', () => {
    const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const clocks = fc.record({
      slot: u64,
      epochStartTimestamp: i64,
      epoch: u64,
      leaderScheduleEpoch: u64,
      unixTimestamp: i64,
    });
    fc.assert(
      fc.property(clocks, (clock) => {
        expect({ ...decodeClock(encodeClock(clock)) }).toEqual({ ...clock });
      }),
    );
  });
});

describe('slot hashes', () => {
  it('come back, in data of fixed length', () => {
    const hashes = [entry(9), entry(8), entry(2)];
    const data = encodeSlotHashes(hashes);
    expect(data).toHaveLength(20_488);
    expect(decodeSlotHashes(data)).toEqual(hashes);
  });

  it('are put where they belong', () => {
    const slots = (list: readonly SlotHash[]): readonly number[] => list.map(({ slot }) => Number(slot));
    expect(slots(withSlotHash([], entry(5)))).toEqual([5]);
    expect(slots(withSlotHash([entry(9), entry(3)], entry(10)))).toEqual([10, 9, 3]);
    expect(slots(withSlotHash([entry(9), entry(3)], entry(5)))).toEqual([9, 5, 3]);
    expect(slots(withSlotHash([entry(9), entry(3)], entry(1)))).toEqual([9, 3, 1]);
    expect(withSlotHash([entry(9), entry(3)], { slot: 3n, hash: at(77) })[1]?.hash).toEqual(at(77));
  });

  it('are the newest 512', () => {
    let hashes: readonly SlotHash[] = [];
    for (let slot = 1; slot <= MAX_SLOT_HASHES + 3; slot++) hashes = withSlotHash(hashes, entry(slot));
    expect(hashes).toHaveLength(MAX_SLOT_HASHES);
    expect(hashes.at(-1)?.slot).toBe(4n);
    expect(withSlotHash(hashes, entry(2))).toEqual(hashes);
  });
});

describe('recent blockhashes', () => {
  it('are 150 at most, with a fee', () => {
    const data = encodeRecentBlockhashes(Array.from({ length: 200 }, (_, i) => at(i)));
    const view = new DataView(data.buffer);
    expect(data).toHaveLength(6008);
    expect(view.getBigUint64(0, true)).toBe(150n);
    expect(data[8 + 40]).toBe(1);
    expect(view.getBigUint64(40, true)).toBe(5000n);
  });
});

describe('the slot history', () => {
  const has = (history: Uint8Array, slot: number): boolean =>
    (((history[9 + ((slot % 1_048_576) >> 3)] as number) >> (slot & 7)) & 1) === 1;

  it('has a bit for each slot, and takes those back that were left out', () => {
    const history = withSlotInHistory(withSlotInHistory(emptySlotHistory(), 3), 6);
    expect(history).toHaveLength(131_097);
    expect([2, 3, 4, 5, 6, 7].map((slot) => has(history, slot))).toEqual([
      false,
      true,
      false,
      false,
      true,
      false,
    ]);
    const around = withSlotInHistory(withSlotInHistory(history, 1_048_570), 1_048_580);
    expect([3, 4, 6].map((slot) => has(around, slot))).toEqual([false, true, true]);
  });

  it('forgets everything after a million slots', () => {
    const history = withSlotInHistory(withSlotInHistory(emptySlotHistory(), 3), 2_000_000);
    expect(has(history, 3)).toBe(false);
    expect(has(history, 2_000_000)).toBe(true);
  });
});

describe('accounts of sysvars', () => {
  const rent = { lamportsPerByte: 10n, threshold: 1, burnPercent: 50 };

  it('have what exempts them, or more if they had it', () => {
    const data = new Uint8Array(2);
    expect(sysvarAccount(data, rent, undefined).lamports).toBe(1300n);
    expect(sysvarAccount(data, rent, account({ lamports: 5n })).lamports).toBe(1300n);
    expect(sysvarAccount(data, rent, account({ lamports: 5000n })).lamports).toBe(5000n);
  });
});

describe('epochs', () => {
  const warmup = {
    slotsPerEpoch: 432_000,
    leaderScheduleSlotOffset: 432_000,
    isWarmup: true,
    firstNormalEpoch: 14,
    firstNormalSlot: 524_256,
  };

  it('double until the fourteenth', () => {
    expect(epochOf(warmup, 0)).toEqual({ epoch: 0, index: 0, slots: 32 });
    expect(epochOf(warmup, 31)).toEqual({ epoch: 0, index: 31, slots: 32 });
    expect(epochOf(warmup, 32)).toEqual({ epoch: 1, index: 0, slots: 64 });
    expect(epochOf(warmup, 524_255)).toMatchObject({ epoch: 13, slots: 262_144 });
    expect(epochOf(warmup, 524_256)).toEqual({ epoch: 14, index: 0, slots: 432_000 });
    expect(epochOf(warmup, 417_955_322).epoch).toBe(980);
  });

  it('are all alike without a warm-up', () => {
    const plain = epochScheduleOf(100);
    expect(epochOf(plain, 250)).toEqual({ epoch: 2, index: 50, slots: 100 });
    expect(leaderScheduleEpochOf(plain, 250)).toBe(3);
  });

  it('begin where the one before ends', () => {
    for (const schedule of [warmup, epochScheduleOf(100)]) {
      for (let epoch = 1; epoch < 20; epoch++) {
        const slot = firstSlotOf(schedule, epoch);
        expect(epochOf(schedule, slot)).toMatchObject({ epoch, index: 0 });
        expect(epochOf(schedule, slot - 1).epoch).toBe(epoch - 1);
      }
    }
  });

  it('come back from their sysvar', () => {
    expect(decodeEpochSchedule(encodeEpochSchedule(warmup))).toEqual(warmup);
  });

  it('know the leaders of the next one', () => {
    expect(leaderScheduleEpochOf(warmup, 0)).toBe(1);
    expect(leaderScheduleEpochOf(warmup, 524_256)).toBe(15);
  });
});

describe('slots', () => {
  it('are as long as features say', () => {
    expect(slotTimingOf(new Set())).toMatchObject({ milliseconds: 400, hashesPerTick: 62_500 });
    expect(slotTimingOf(new Set(['reduce_slot_time_to_350ms'])).limits).toEqual({
      blockUnits: 52_500_000,
      accountUnits: 21_000_000,
      newDataBytes: 87_500_000,
    });
    const raised = new Set(['raise_block_limits_to_100m']);
    expect(slotTimingOf(raised).limits).toMatchObject({ blockUnits: 100_000_000, accountUnits: 40_000_000 });
    expect(slotTimingOf(mainnetFeatures()).milliseconds).toBe(250);
  });

  it('give one account 40 % of the block', () => {
    for (const features of [new Set<string>(), mainnetFeatures()]) {
      const { blockUnits, accountUnits } = slotTimingOf(features).limits;
      expect(accountUnits / blockUnits).toBeCloseTo(0.4);
    }
  });
});
