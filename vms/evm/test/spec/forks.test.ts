import { describe, expect, it } from 'vitest';
import {
  blobScheduleOf,
  DEFAULT_FORK,
  FEATURES,
  featuresOf,
  forkIndex,
  FORKS,
  forksUntil,
  isAtLeast,
} from '../../src/spec/forks.ts';

describe('forks', () => {
  it('are ordered as mainnet activated them', () => {
    const blocks = FORKS.flatMap(({ mainnet }) => (mainnet && 'block' in mainnet ? [mainnet.block] : []));
    const times = FORKS.flatMap(({ mainnet }) => (mainnet && 'time' in mainnet ? [mainnet.time] : []));
    expect(blocks).toEqual([...blocks].sort((a, b) => a - b));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(blocks.at(-1)).toBe(15_537_394);
    expect(times[0]).toBe(1_681_338_455);
  });

  it('have unique names', () => {
    expect(new Set(FORKS.map(({ name }) => name)).size).toBe(FORKS.length);
  });

  it('know their order', () => {
    expect(forkIndex('frontier')).toBe(0);
    expect(isAtLeast('berlin', 'berlin')).toBe(true);
    expect(isAtLeast('cancun', 'berlin')).toBe(true);
    expect(isAtLeast('istanbul', 'berlin')).toBe(false);
    expect(forksUntil('tangerineWhistle').map(({ name }) => name)).toEqual([
      'frontier',
      'homestead',
      'tangerineWhistle',
    ]);
  });

  it('default to the newest with mainnet rules', () => {
    expect(FORKS.findLast(({ mainnet }) => mainnet !== undefined)?.name).toBe(DEFAULT_FORK);
  });
});

describe('features', () => {
  it('are each added by exactly one fork', () => {
    const added = FORKS.flatMap(({ adds }) => adds);
    expect([...added].sort()).toEqual([...FEATURES].sort());
  });

  it('stay on, but for EIP-1283 which Petersburg took back', () => {
    expect(featuresOf('constantinople').has('eip1283')).toBe(true);
    for (const { name } of FORKS.filter(({ name }) => name !== 'constantinople')) {
      expect(featuresOf(name).has('eip1283')).toBe(false);
    }
    expect(featuresOf('amsterdam').size).toBe(FEATURES.length - 1);
  });

  it('fit one 64-bit word', () => {
    expect(FEATURES.length).toBeLessThanOrEqual(64);
  });
});

describe('blob schedules', () => {
  it('begin with Cancun and are inherited', () => {
    expect(blobScheduleOf('shanghai')).toBeUndefined();
    expect(blobScheduleOf('cancun')).toEqual({ target: 3, max: 6, updateFraction: 3_338_477n });
    expect(blobScheduleOf('osaka')).toEqual(blobScheduleOf('prague'));
    expect(blobScheduleOf('bpo2')).toEqual({ target: 14, max: 21, updateFraction: 11_684_671n });
    expect(blobScheduleOf('amsterdam')).toEqual(blobScheduleOf('bpo2'));
  });
});
