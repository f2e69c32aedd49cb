// The smallest test runner: names, results, and one line at the end.
import assert from 'node:assert/strict';

export { assert };

const tests = [];

export function test(name, run) {
  tests.push({ name, run });
}

/** Runs the tests whose name has `filter` in it; gives the exit code. */
export async function runTests(filter, context) {
  let passed = 0;
  let failed = 0;
  for (const { name, run } of tests) {
    if (filter !== undefined && !name.includes(filter)) continue;
    const started = performance.now();
    try {
      await run(context);
      passed++;
      process.stdout.write(`ok ${name} (${Math.round(performance.now() - started)} ms)\n`);
    } catch (error) {
      failed++;
      process.stdout.write(
        `FAIL ${name}\n  ${String(error?.stack ?? error)
          .split('\n')
          .slice(0, 12)
          .join('\n  ')}\n`,
      );
    }
  }
  process.stdout.write(`${passed} passed, ${failed} failed, 0 skipped\n`);
  return failed === 0 ? 0 : 1;
}
