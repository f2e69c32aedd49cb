import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FORKS, isAtLeast } from '@ninefold/vm-evm';
import { describe, expect, test } from 'vitest';
import { run } from '../src/cli/commands/run.ts';
import { trace } from '../src/cli/commands/trace.ts';
import type { Settings } from '../src/cli/flags/flags.ts';
import { runCommand } from './support/command.ts';
import { temporaryFolder } from './support/cli.ts';

/** MSTORE(0, 42) RETURN(0, 32): 18 gas. */
const ANSWER = '0x602a60005260206000f3';
/** Leaves ANSWER behind. */
const INIT = `0x69${ANSWER.slice(2)}600052600a6016f3`;
const WORD = `0x${'2a'.padStart(64, '0')}`;

type Steps = {
  readonly failed: boolean;
  readonly gas: number;
  readonly returnValue: string;
  readonly structLogs: readonly { readonly op: string; readonly gas: number }[];
};

async function stepsOf(code: string, settings: Settings = {}) {
  const { result, data } = await runCommand(trace, [code], { ...settings, json: true });
  return { result, ...(JSON.parse(data) as Steps) };
}

describe('a program that is traced', () => {
  test('has the gas of --gas on top of what a transaction costs, as when it is run', async () => {
    expect(await stepsOf(ANSWER, { gas: 18n })).toMatchObject({ result: 0, failed: false, gas: 21_018 });
    expect(await stepsOf(ANSWER, { gas: 17n })).toMatchObject({ result: 1, failed: true, gas: 21_017 });
    expect((await runCommand(run, [ANSWER], { gas: 18n })).result).toBe(0);
    expect((await runCommand(run, [ANSWER], { gas: 17n })).result).toBe(1);
  });

  test('has at least the floor of its calldata', async () => {
    const input = `0x${'ff'.repeat(200)}`;
    expect(await stepsOf('0x00', { gas: 0n, input })).toMatchObject({ failed: false, gas: 29_000 });
  });

  test.each(FORKS.map(({ name }) => name).filter((name) => !isAtLeast(name, 'amsterdam')))(
    'runs by the rules of %s, deployed or as it is',
    async (hardfork) => {
      const plain = await stepsOf(ANSWER, { hardfork });
      const deployed = await stepsOf(INIT, { hardfork, create: true, input: '0x' });
      for (const steps of [plain, deployed]) {
        expect(steps).toMatchObject({ result: 0, failed: false });
        expect(steps.structLogs.map(({ op }) => op).at(-1)).toBe('RETURN');
        expect(steps.returnValue.replace(/^0x/, '')).toBe(WORD.slice(2));
      }
    },
  );

  test('is only deployed without calldata', async () => {
    const { failed, structLogs, returnValue } = await stepsOf(INIT, { create: true });
    expect(failed).toBe(false);
    expect(structLogs[0]?.op).toBe('PUSH10');
    expect(returnValue.replace(/^0x/, '')).toBe(ANSWER.slice(2));
  });

  test('whose deployment fails shows that', async () => {
    const { result, failed, structLogs } = await stepsOf('0x60006000fd', { create: true, input: '0x' });
    expect({ result, failed, last: structLogs.at(-1)?.op }).toEqual({
      result: 1,
      failed: true,
      last: 'REVERT',
    });
  });

  test('gets what is sent along, as much as the caller has', async () => {
    // CALLVALUE PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN
    const { returnValue } = await stepsOf('0x3460005260206000f3', { value: 10n ** 24n });
    expect(BigInt(`0x${returnValue.replace(/^0x/, '')}`)).toBe(10n ** 24n);
    for (const command of [run, trace]) {
      const refused = await runCommand(command, ['0x00'], { value: 10n ** 28n });
      expect(refused.result).toBe('CLI_INVALID_PROGRAM');
    }
  });

  test('shows four items of the stack, and how many more there are', async () => {
    const { data } = await runCommand(trace, ['0x60016002600360046005600600']);
    expect(data.split('\n').at(-2)).toMatch(/STOP +0x6 0x5 0x4 0x3 … 2 more$/);
  });

  test('shows its calls as a tree, with what became of them', async () => {
    // CALL(gas, 0x02 …) with 3 wei, then INVALID
    const { result, data } = await runCommand(trace, ['0x6000600060006000600360025af1fe'], {
      calls: true,
      value: 5n,
    });
    expect(result).toBe(1);
    expect(data).toMatch(/^CALL 0x\S+c0de0 value 5 wei input 0x → invalid opcode/);
    expect(data.split('\n')[1]).toMatch(/^ {2}CALL 0x0{39}2 value 3 wei input 0x → 0xe3b0c442/);
  });
});

describe('mistakes', () => {
  test.each<[string, string[], Settings, string]>([
    ['nothing to run', [], {}, 'CLI_MISSING_PROGRAM'],
    ['two programs', ['0x00', '0x00'], {}, 'CLI_UNEXPECTED_ARGUMENT'],
    ['half a byte', ['0x0'], {}, 'CLI_INVALID_HEX'],
    ['calldata that is no hex', ['0x00'], { input: '0xzz' }, 'CLI_INVALID_HEX'],
    ['a node that is not there', [`0x${'11'.repeat(32)}`], { rpc: 'http://127.0.0.1:1' }, 'CLI_RPC_FAILED'],
    ['a node that is none', [`0x${'11'.repeat(32)}`], { rpc: 'nowhere' }, 'CLI_RPC_FAILED'],
  ])('%s', async (_, positionals, settings, code) => {
    expect((await runCommand(trace, positionals, settings)).result).toBe(code);
  });

  test('an artifact without the code asked for is none', async () => {
    const file = join(temporaryFolder(), 'artifact.json');
    writeFileSync(file, JSON.stringify({ bytecode: INIT }));
    expect((await runCommand(run, [file])).result).toBe('CLI_INVALID_HEX');
    expect((await runCommand(run, [file], { create: true })).result).toBe(0);
    writeFileSync(file, '{"bytecode":');
    expect((await runCommand(run, [file])).result).toBe('CLI_INVALID_HEX');
    expect((await runCommand(run, [temporaryFolder()])).result).toBe('CLI_UNREADABLE_FILE');
  });
});
