import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
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
