import { describe, expect, it } from 'vitest';
import { addTallies, createTally, EMPTY_TALLY, MAX_KEPT_FAILURES } from '../src/tally.ts';

describe('tally', () => {
  it('counts what passes, fails and throws', () => {
    const tally = createTally({}, undefined);
    tally.check('good', () => undefined);
    tally.check('bad', () => 'wrong root');
    tally.check('broken', () => {
      throw new Error('no such code');
    });
    const { passed, failed, skipped, failures } = tally.result();
    expect([passed, failed, skipped]).toEqual([1, 2, 0]);
    expect(failures[0]).toEqual({ name: 'bad', message: 'wrong root' });
    expect(failures[1]?.message).toContain('no such code');
  });

  it('runs skipped cases, and fails them when they pass', () => {
    const skips = { known: 'reason', mended: 'reason' };
    const tally = createTally(skips, undefined);
    tally.check('known', () => 'still wrong');
    tally.check('mended', () => undefined);
    const { passed, failed, skipped, failures } = tally.result();
    expect([passed, failed, skipped]).toEqual([0, 1, 1]);
    expect(failures.map(({ name }) => name)).toEqual(['mended']);
  });

  it('does not take inherited properties for skips', () => {
    const tally = createTally({}, undefined);
    tally.check('constructor', () => 'wrong');
    expect(tally.result().failed).toBe(1);
  });

  it('leaves out what the filter does not name', () => {
    const tally = createTally({}, 'SSTORE');
    let runs = 0;
    const count = () => {
      runs++;
      return undefined;
    };
    tally.check('stSStoreTest', count);
    tally.check('gas of SSTORE', count);
    expect(tally.result().passed).toBe(1);
    expect(runs).toBe(1);
  });

  it('counts all failures and keeps the first', () => {
    const tally = createTally({}, undefined);
    for (let i = 0; i < MAX_KEPT_FAILURES + 5; i++) tally.check(`${i}`, () => 'no');
    expect(tally.result().failed).toBe(MAX_KEPT_FAILURES + 5);
    expect(tally.result().failures).toHaveLength(MAX_KEPT_FAILURES);
  });

  it('adds up', () => {
    const one = { passed: 1, failed: 1, skipped: 3, failures: [{ name: 'a', message: 'b' }] };
    expect(addTallies(EMPTY_TALLY, one)).toEqual(one);
    expect(addTallies(one, one)).toEqual({
      passed: 2,
      failed: 2,
      skipped: 6,
      failures: [...one.failures, ...one.failures],
    });
  });
});
