import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

async function bench(...args: readonly string[]) {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, ...args]);
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

test('--help shows the suites', async () => {
  const { code, stdout } = await bench('--help');
  expect(code).toBe(0);
  for (const suite of ['evm', 'evm-node', 'evm-provider', 'evm-edr', 'evm-js'])
    expect(stdout).toContain(`  ${suite} `);
});

test('an unknown suite and missing vectors are mistakes of usage', async () => {
  expect(await bench('emv')).toMatchObject({ code: 2, stdout: '' });
  expect(await bench('evm', '--vectors', `${tmpdir()}/no-such-folder`)).toMatchObject({
    code: 2,
    stdout: '',
  });
});
