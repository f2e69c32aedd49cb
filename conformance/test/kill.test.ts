import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const KILL = fileURLToPath(new URL('../dist/reliability/kill.js', import.meta.url));

test('a round of kill -9 loses nothing and prints its figures', { timeout: 60_000 }, async () => {
  const args = [KILL, '--rounds', '1', '--accounts', '50', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch(
    // A loaded machine may start slowly; what is lost or broken is looked at below.
    (error: { readonly stdout: string }) => error,
  );
  const [figures = '', summary] = stdout.trim().split('\n');
  expect(JSON.parse(figures)).toMatchObject({ rounds: 1, accounts: 50, lost: 0, broken: 0 });
  expect(summary).toMatch(/^1 passed, [01] failed, 0 skipped$/);
});

test('nonsense is a mistake of usage', async () => {
  await expect(promisify(execFile)(process.execPath, [KILL, '--rounds', 'many'])).rejects.toMatchObject({
    code: 2,
  });
});
