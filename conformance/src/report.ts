import { basename } from 'node:path';
import type { Job } from './job.ts';
import type { Tally } from './tally.ts';

/** Result of one suite, as `--json` prints it. */
export type SuiteReport = {
  readonly suite: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly total: number;
  /** Wall clock. */
  readonly seconds: number;
};

/** Failures shown for each suite unless all are asked for. */
export const SHOWN_FAILURES = 10;

export function reportOf(suite: string, tally: Tally, seconds: number): SuiteReport {
  const { passed, failed, skipped } = tally;
  return {
    suite,
    passed,
    failed,
    skipped,
    total: passed + failed + skipped,
    seconds: Math.round(seconds * 100) / 100,
  };
}

/** A line for a finished part of a suite. */
export function describeJob(job: Job, tally: Tally, seconds: number, place: string): string {
  const part = job.shards === 1 ? '' : ` part ${job.shard + 1} of ${job.shards}`;
  const { passed, failed } = tally;
  return `  ${place} ${basename(job.path)}${part}: ${passed} passed, ${failed} failed in ${seconds.toFixed(1)} s\n`;
}

/** A suite's line of progress, and its failures. */
export function describeSuite(report: SuiteReport, tally: Tally, verbose: boolean): string {
  const { suite, passed, failed, skipped, seconds } = report;
  const head = `${suite}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s\n`;
  const shown = verbose ? tally.failures : tally.failures.slice(0, SHOWN_FAILURES);
  const lines = shown.map(
    ({ name, message }) => `  FAILED ${name}\n    ${message.replaceAll('\n', '\n    ')}\n`,
  );
  const rest = failed - shown.length;
  const more = rest > 0 ? `  ... and ${rest} more${verbose ? '' : ' (--verbose shows them)'}\n` : '';
  return head + lines.join('') + more;
}

/** The closing line. */
export function summaryLine(reports: readonly SuiteReport[]): string {
  const sum = (key: 'passed' | 'failed' | 'skipped'): number =>
    reports.reduce((total, report) => total + report[key], 0);
  return `${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`;
}
