import type { CaseSink } from './suite.ts';

export type Failure = { readonly name: string; readonly message: string };

export type Tally = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
};

/** Cases that are known to fail: exact name -> reason. */
export type Skips = Readonly<Record<string, string>>;

/** Failures of a job that are kept with their text; all are counted. */
export const MAX_KEPT_FAILURES = 5000;

export const EMPTY_TALLY: Tally = { passed: 0, failed: 0, skipped: 0, failures: [] };

/** Sum of two tallies. */
export function addTallies(a: Tally, b: Tally): Tally {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    failures: [...a.failures, ...b.failures],
  };
}

/**
 * Counts cases. A skipped case runs like any other: failing is what is expected of it, and passing
 * fails the run, so that a skip does not outlive its reason.
 */
export function createTally(
  skips: Skips,
  filter: string | undefined,
): CaseSink & { readonly result: () => Tally } {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  const failures: Failure[] = [];
  const fail = (name: string, message: string): void => {
    failed++;
    if (failures.length < MAX_KEPT_FAILURES) failures.push({ name, message });
  };
  return {
    check: (name, check) => {
      if (filter !== undefined && !name.includes(filter)) return;
      let problem: string | undefined;
      try {
        problem = check();
      } catch (error) {
        problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
      }
      const known = Object.hasOwn(skips, name);
      if (problem === undefined) {
        if (known) fail(name, 'is skipped but passes: remove it from skips.json');
        else passed++;
      } else if (known) skipped++;
      else fail(name, problem);
    },
    result: () => ({ passed, failed, skipped, failures }),
  };
}
