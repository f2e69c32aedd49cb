import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatReport, geometricMean, median, result, suiteReport } from '../src/report.ts';

describe('a result', () => {
  test('is above 1 when we are better, whichever way the unit points', () => {
    expect(result('a', 'ms', 'lower-is-better', 2, 6, 'peer').ratio).toBe(3);
    expect(result('a', 'calls/s', 'higher-is-better', 2, 6, 'peer').ratio).toBeCloseTo(1 / 3);
  });

  test('carries exactly what the JSON form promises', () => {
    expect(result('a', 'ms', 'lower-is-better', 1, 2, 'p')).toEqual({
      name: 'a',
      unit: 'ms',
      ours: 1,
      peer: 2,
      peerName: 'p',
      ratio: 2,
    });
  });
});

describe('the geometric mean', () => {
  test('of a gain and the same loss is 1', () => {
    expect(geometricMean([4, 0.25])).toBeCloseTo(1);
    expect(geometricMean([2, 8])).toBeCloseTo(4);
    expect(geometricMean([])).toBeNaN();
  });

  test('lies between the least and the greatest', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), { minLength: 1 }), (ratios) => {
        const mean = geometricMean(ratios);
        expect(mean).toBeGreaterThanOrEqual(Math.min(...ratios) * 0.999_999);
        expect(mean).toBeLessThanOrEqual(Math.max(...ratios) * 1.000_001);
      }),
    );
  });
});

test('the median is the middle', () => {
  expect(median([5])).toBe(5);
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
  const samples = [3, 1, 2];
  median(samples);
  expect(samples).toEqual([3, 1, 2]);
});

test('the table is aligned', () => {
  const report = suiteReport('evm', [
    result('Work.fib', 'ms CPU/call', 'lower-is-better', 1.234, 12.34, 'anvil 1.7.1'),
    result('all of it', 'calls/s', 'higher-is-better', 12_345, 1000, 'anvil 1.7.1'),
    result('nothing', 'ms', 'lower-is-better', 0.000_123_4, 0, 'x'),
  ]);
  expect(formatReport({ ...report, geomean: 11.1 })).toMatchInlineSnapshot(`
    "suite evm
    name       unit             ours  peer  peerName      ratio
    Work.fib   ms CPU/call      1.23  12.3  anvil 1.7.1  10.00x
    all of it  calls/s         12345  1000  anvil 1.7.1  12.35x
    nothing    ms           0.000123     0  x             0.00x
    geometric mean of 3: 11.10x"
  `);
});
