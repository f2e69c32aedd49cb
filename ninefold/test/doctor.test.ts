import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { doctor, nodeVersion } from '../src/cli/commands/doctor.ts';
import { openBitcoinFolder, openStateFolder } from '../src/state-folder.ts';
import { temporaryFolder } from './support/cli.ts';
import { runCommand } from './support/command.ts';

test.each([
  ['20.18.3', 'problem'],
  ['20.19.0', 'ok'],
  ['18.20.0', 'problem'],
  ['22.0.0', 'ok'],
  ['26.1.0', 'ok'],
])('Node %s: %s', (version, status) => {
  expect(nodeVersion(version)).toMatchObject({ check: 'Node', status });
});

test('takes no arguments', async () => {
  expect((await runCommand(doctor, ['now'])).result).toBe('CLI_UNEXPECTED_ARGUMENT');
});

describe('a state folder', () => {
  const findingsOf = async (state: string) => {
    const { result, data } = await runCommand(doctor, [], { port: 0, state, json: true });
    const { findings } = JSON.parse(data) as { findings: { check: string; detail: string }[] };
    return { result, detail: findings.find(({ check }) => check === 'state')?.detail };
  };

  test('that is not there yet is not made', async () => {
    const path = join(temporaryFolder(), 'new');
    expect(await findingsOf(path)).toEqual({ result: 0, detail: `${path} will begin a new chain` });
    expect(existsSync(path)).toBe(false);
  });

  test('of a Bitcoin chain gets no Ethereum chain', async () => {
    const path = temporaryFolder();
    await (await openBitcoinFolder(path)).close();
    expect(await findingsOf(path)).toEqual({ result: 0, detail: `${path} can be opened` });
    expect(existsSync(join(path, 'birth.json'))).toBe(false);
    expect(existsSync(join(path, 'ethereum'))).toBe(false);
  });

  test('is as it was after a look', async () => {
    const path = temporaryFolder();
    const birth = { genesisTime: 1_700_000_000n, chainId: 5n };
    await (await openStateFolder(path, birth, undefined)).store.close();
    expect((await findingsOf(path)).result).toBe(0);
    const { store, ...kept } = await openStateFolder(path, { genesisTime: 1n, chainId: 1n }, undefined);
    await store.close();
    expect(kept).toEqual(birth);
  });

  test('with other things in it, or without a birth, is a problem', async () => {
    const foreign = temporaryFolder();
    writeFileSync(join(foreign, 'notes.txt'), '');
    expect((await findingsOf(foreign)).result).toBe(1);
    const unborn = temporaryFolder();
    mkdirSync(join(unborn, 'ethereum'));
    expect((await findingsOf(unborn)).result).toBe(1);
    const file = join(foreign, 'notes.txt');
    expect((await findingsOf(file)).result).toBe(1);
  });
});
