import { describe, expect, it } from 'vitest';
import { describeJob, describeSuite, reportOf, SHOWN_FAILURES, summaryLine } from '../src/report.ts';

const failures = Array.from({ length: 12 }, (_, i) => ({ name: `case ${i}`, message: `line 1\nline 2` }));
const tally = { passed: 30, failed: 12, skipped: 1, failures };

describe('report', () => {
  it('adds up and rounds', () => {
    expect(reportOf('evm/state', tally, 1.23456)).toEqual({
      suite: 'evm/state',
      passed: 30,
      failed: 12,
      skipped: 1,
      total: 43,
      seconds: 1.23,
    });
  });

  it('says which part is done', () => {
    const job = { suite: 'a/b', path: '/x/y.ndjson', shard: 1, shards: 6, filter: undefined };
    expect(describeJob(job, tally, 1.26, '2/6')).toBe(
      '  2/6 y.ndjson part 2 of 6: 30 passed, 12 failed in 1.3 s\n',
    );
    expect(describeJob({ ...job, shards: 1 }, tally, 1, '1/1')).toContain('y.ndjson: 30');
  });

  it('shows the first failures, or all', () => {
    const report = reportOf('evm/state', tally, 1);
    const short = describeSuite(report, tally, false);
    expect(short.match(/FAILED/g)).toHaveLength(SHOWN_FAILURES);
    expect(short).toContain('... and 2 more (--verbose shows them)');
    expect(short).toContain('    line 1\n    line 2\n');
    const long = describeSuite(report, tally, true);
    expect(long.match(/FAILED/g)).toHaveLength(12);
    expect(long).not.toContain('more');
  });

  it('closes with one line', () => {
    const reports = [reportOf('a/b', tally, 1), reportOf('a/c', tally, 1)];
    expect(summaryLine(reports)).toBe('60 passed, 24 failed, 2 skipped');
    expect(summaryLine([])).toBe('0 passed, 0 failed, 0 skipped');
  });
});
