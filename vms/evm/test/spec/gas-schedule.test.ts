import { describe, expect, it } from 'vitest';
import { forkIndex, FORKS, isAtLeast } from '../../src/spec/forks.ts';
import type { GasSchedule } from '../../src/spec/gas-schedule.ts';
import { gasSchedule, NO_LIMIT, SCHEDULE_CHANGES } from '../../src/spec/gas-schedule.ts';

describe('gas schedule', () => {
  it('is complete in every fork, in safe integers', () => {
    const fields = Object.keys(gasSchedule('frontier'));
    for (const { name } of FORKS) {
      const schedule = gasSchedule(name);
      expect(Object.keys(schedule), name).toEqual(fields);
      for (const [field, value] of Object.entries(schedule)) {
        expect(Number.isSafeInteger(value) && value >= 0, `${name}.${field} = ${value}`).toBe(true);
      }
    }
  });

  it('lists as changes only what changes', () => {
    for (const [name, changes] of Object.entries(SCHEDULE_CHANGES)) {
      const index = forkIndex(name as (typeof FORKS)[number]['name']);
      if (index === 0) continue;
      const before = gasSchedule(FORKS[index - 1]!.name);
      for (const [field, value] of Object.entries(changes)) {
        expect(value, `${name}.${field}`).not.toBe(before[field as keyof GasSchedule]);
      }
    }
  });

  it.each<[keyof GasSchedule, Partial<Record<(typeof FORKS)[number]['name'], number>>]>([
    ['txBase', { frontier: 21_000, osaka: 21_000, amsterdam: 12_000 }],
    ['txCreate', { frontier: 0, homestead: 32_000, osaka: 32_000 }],
    ['txDataNonZeroByte', { petersburg: 68, istanbul: 16 }],
    ['floorNonZeroByte', { cancun: 0, prague: 40, amsterdam: 64 }],
    ['floorZeroByte', { cancun: 0, prague: 10, amsterdam: 64 }],
    ['accessListKey', { istanbul: 0, berlin: 1900, amsterdam: 2000 }],
    ['authorization', { cancun: 0, prague: 25_000, amsterdam: 7816 }],
    ['txGasCap', { prague: NO_LIMIT, osaka: 16_777_216 }],
    ['refundQuotient', { berlin: 2, london: 5 }],
    ['expByte', { tangerineWhistle: 10, spuriousDragon: 50 }],
    ['sstoreNoop', { byzantium: 5000, constantinople: 200, petersburg: 5000, istanbul: 800, berlin: 100 }],
    ['sstoreReset', { istanbul: 5000, berlin: 2900 }],
    ['sstoreClearRefund', { berlin: 15_000, london: 4800, amsterdam: 11_616 }],
    ['selfdestructRefund', { berlin: 24_000, london: 0 }],
    ['selfdestructNewAccount', { homestead: 0, tangerineWhistle: 25_000 }],
    ['maxCodeSize', { tangerineWhistle: NO_LIMIT, spuriousDragon: 24_576, amsterdam: 65_536 }],
    ['maxInitcodeSize', { paris: NO_LIMIT, shanghai: 49_152, amsterdam: 131_072 }],
    ['maxBlobsPerTransaction', { shanghai: 0, cancun: NO_LIMIT, osaka: 6 }],
    ['maxBlobsPerBlock', { cancun: 6, prague: 9, osaka: 9, bpo1: 15, bpo2: 21 }],
    ['lastPrecompile', { homestead: 4, byzantium: 8, istanbul: 9, cancun: 10, prague: 17 }],
    ['bn254Mul', { byzantium: 40_000, istanbul: 6000 }],
    ['bn254PairingPair', { byzantium: 80_000, istanbul: 34_000 }],
    ['modexpMinimum', { istanbul: 0, berlin: 200, osaka: 500 }],
  ])('%s follows its history', (field, history) => {
    for (const [fork, value] of Object.entries(history)) {
      expect(gasSchedule(fork as (typeof FORKS)[number]['name'])[field], fork).toBe(value);
    }
  });

  it('adds up to the prices the texts name', () => {
    const { coldAccount, warmAccount, coldSload, coldSstore, sstoreSet, sstoreNoop } = gasSchedule('berlin');
    expect(coldAccount + warmAccount).toBe(2600);
    expect(coldSload + 100).toBe(2100);
    expect(coldSstore + sstoreSet).toBe(22_100);
    expect(sstoreSet - sstoreNoop).toBe(19_900);
    const amsterdam = gasSchedule('amsterdam');
    expect(amsterdam.coldAccount + amsterdam.warmAccount).toBe(3000);
    expect(amsterdam.coldSstore + amsterdam.sstoreSet).toBe(12_100);
    expect(amsterdam.stateNewAccount).toBe(183_600);
    expect(amsterdam.stateNewSlot).toBe(97_920);
    expect(amsterdam.stateDelegation).toBe(35_190);
  });

  it('keeps the stipend payable out of the value price', () => {
    for (const { name } of FORKS) {
      const { callValue, callStipend } = gasSchedule(name);
      expect(callValue, name).toBeGreaterThan(callStipend);
    }
  });

  it('prices initcode where it limits it', () => {
    for (const { name } of FORKS) {
      const { initcodeWord, maxInitcodeSize, maxCodeSize } = gasSchedule(name);
      expect(initcodeWord > 0, name).toBe(isAtLeast(name, 'shanghai'));
      if (maxInitcodeSize !== NO_LIMIT) expect(maxInitcodeSize, name).toBe(2 * maxCodeSize);
    }
  });
});
