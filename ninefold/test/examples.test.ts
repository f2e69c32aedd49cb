import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { cleanEnvironment } from './support/cli.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLES = join(ROOT, 'examples');

async function output(file: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { env: cleanEnvironment() });
  expect(stderr).toBe('');
  return stdout.trim();
}

test('the ten lines of the README do what they say', async () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const source = /## Ten lines\n\n```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const statements = source
    .trim()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('import '));
  expect(statements.length).toBeLessThanOrEqual(10);
  // Inside the package, so that the name "ninefold" is found.
  const file = join(ROOT, 'ninefold', `.readme-${process.pid}.ts`);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  onTestFinished(() => {
    rmSync(file, { force: true });
    log.mockRestore();
  });
  writeFileSync(file, source);
  await import(file);
  expect(log.mock.calls).toEqual([[42n]]);
});

describe('each example runs', () => {
  const expected: Readonly<Record<string, string>> = {
    'bitvm.mjs':
      'sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\nwrong rounds 1\ndisproof 70941 bytes of script, 530 items of witness',
    'bitcoin.mjs': 'balance 50\nsatoshi a byte 20\nsent -1.5 confirmations 1',
    'evm.mjs': 'status success\nsum 42\ngas 21700',
    'fork-per-test.mjs': 'each test saw 0x1 0x1 0x1\nthe first node has 0x0',
    'listen.mjs': 'over HTTP: 0x7\nin process: 0x7',
    'riscv.mjs': 'square of 12: 144\n100 bits proven or more: true\nanother journal: STARK_INVALID_PROOF',
    'stark.mjs': 'problems: none\na wrong sum: row 4, the sum\nproved: true',
    'svm.mjs': 'error none\nunits 150 fee 5000n\nalice 749995000n bob 1250000000n',
    'solana.mjs':
      'lamports here: 2000000000 in the copy: 7000000000\nthe last transaction of hers is in slot 1 with error null',
  };

  test.each(readdirSync(EXAMPLES).filter((name) => name.endsWith('.mjs')))('%s', async (name) => {
    expect(await output(join(EXAMPLES, name))).toBe(expected[name]);
  });
});
