import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('the command', () => {
  it('explains itself', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    expect(stdout).toContain('--vectors');
  });

  it('does not guess at suites', () => {
    const { status, stdout, stderr } = run('evn');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('evn');
  });

  it('spreads a file over workers and adds up, in JSON or in one line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ninefold-run-'));
    // A network that is no fork makes a case that fails wherever it runs.
    const post = { Nowhere: [{ hash: '0x', logs: '0x', indexes: { data: 0, gas: 0, value: 0 } }] };
    const lines = Array.from({ length: 9 }, (_, i) =>
      JSON.stringify({ name: `t${i}`, env: {}, pre: {}, transaction: {}, post }),
    );
    const file = join(folder, 'own.ndjson');
    writeFileSync(file, lines.join('\n'));
    try {
      const counts = { suite: 'evm/state', passed: 0, failed: 9, skipped: 0, total: 9 };
      for (const jobs of ['1', '2']) {
        const json = run('evm/state', '--vectors', file, '--jobs', jobs, '--json');
        expect(json.status).toBe(1);
        expect(JSON.parse(json.stdout)).toEqual([{ ...counts, seconds: expect.any(Number) as number }]);
      }
      const text = run('evm/state', '--vectors', file, '--filter', 't3');
      expect([text.status, text.stdout]).toEqual([1, '0 passed, 1 failed, 0 skipped\n']);
      expect(text.stderr).toContain('FAILED t3 [Nowhere d0 g0 v0]');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says so when there is nothing to run', () => {
    expect(run('--vectors', '/nonexistent/vectors').status).toBe(2);
    const empty = mkdtempSync(join(tmpdir(), 'ninefold-none-'));
    try {
      const { status, stdout } = run('--vectors', empty, '--json');
      expect([status, stdout]).toEqual([2, '']);
    } finally {
      rmSync(empty, { recursive: true });
    }
  });
});
