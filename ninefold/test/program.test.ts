import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex, hexToBytes } from '@ninefold/base';
import type { Hex } from '@ninefold/base';
import { createEvm } from '@ninefold/vm-evm';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJson, readText, writeWhole } from '../src/cli/files.ts';
import { CALLER_ADDRESS, onlyArgument, parseHex, PROGRAM_ADDRESS, readProgram } from '../src/cli/program.ts';
import { createSandbox } from '../src/cli/sandbox.ts';
import { temporaryFolder } from './support/cli.ts';

describe('code on the command line', () => {
  test('may have a prefix, either case and white space', () => {
    for (const text of ['0x60aB', '60AB', '0X60ab', '60\n ab\n']) {
      expect(bytesToHex(parseHex(text, 'x'))).toBe('0x60ab');
    }
    expect(parseHex('', 'x')).toEqual(new Uint8Array(0));
  });

  test('any bytes come back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(parseHex(bytesToHex(bytes).slice(2).toUpperCase(), 'x')).toEqual(bytes);
      }),
    );
  });

  test.each(['0x1', 'xyz', '0x0x00', '60-00'])('%s is refused', (text) => {
    expect(() => parseHex(text, 'x')).toThrow(expect.objectContaining({ code: 'CLI_INVALID_HEX' }));
  });

  test('is one argument', () => {
    expect(onlyArgument(['a'], 'usage')).toBe('a');
    expect(() => onlyArgument([], 'usage')).toThrow(expect.objectContaining({ code: 'CLI_MISSING_PROGRAM' }));
    expect(() => onlyArgument(['a', 'b'], 'u')).toThrow(
      expect.objectContaining({ code: 'CLI_UNEXPECTED_ARGUMENT' }),
    );
  });
});

describe('code in a file', () => {
  const codeIn = async (text: string, create = false) => {
    const file = join(temporaryFolder(), 'code');
    writeFileSync(file, text);
    return bytesToHex(await readProgram(file, create));
  };

  test('is hex', async () => {
    expect(await codeIn('0x6001\n6002\n')).toBe('0x60016002');
  });

  test('is what a compiler wrote: init code or the code it leaves', async () => {
    const hardhat = JSON.stringify({ bytecode: '0xaa', deployedBytecode: '0xbb' });
    expect(await codeIn(hardhat)).toBe('0xbb');
    expect(await codeIn(hardhat, true)).toBe('0xaa');
    const foundry = JSON.stringify({ bytecode: { object: '0xcc' }, deployedBytecode: { object: '0xdd' } });
    expect(await codeIn(foundry)).toBe('0xdd');
    expect(await codeIn(foundry, true)).toBe('0xcc');
  });

  test.each(['{"abi":[]}', '{broken', 'hello', '0x123'])('%s is refused', async (text) => {
    await expect(codeIn(text)).rejects.toMatchObject({ code: 'CLI_INVALID_HEX' });
  });
});

describe('files', () => {
  test('that are not there, or not JSON, are errors of their own', async () => {
    const folder = temporaryFolder();
    await expect(readText(join(folder, 'none'))).rejects.toMatchObject({ code: 'CLI_UNREADABLE_FILE' });
    writeFileSync(join(folder, 'bad.json'), '{');
    await expect(readJson(join(folder, 'bad.json'))).rejects.toMatchObject({
      code: 'CLI_CONFIG_INVALID_JSON',
    });
    await expect(writeWhole(join(folder, 'no', 'such', 'folder'), '')).rejects.toMatchObject({
      code: 'CLI_UNWRITABLE_FILE',
    });
  });

  test('are written whole', async () => {
    const file = join(temporaryFolder(), 'file');
    await writeWhole(file, 'one');
    await writeWhole(file, 'two');
    expect(await readText(file)).toBe('two');
  });
});

describe('the sandbox', () => {
  const run = (sandbox: ReturnType<typeof createSandbox>, nonce: bigint, to: Hex | undefined, data: Hex) => {
    const outcome = createEvm().transact(
      {
        type: 0,
        from: CALLER_ADDRESS,
        to,
        nonce,
        gasLimit: 500_000n,
        maxFeePerGas: 0n,
        maxPriorityFeePerGas: 0n,
        value: 0n,
        data: hexToBytes(data),
      },
      sandbox.block,
      sandbox.view,
      { skipFees: true },
    );
    if (!outcome.valid) throw new Error(outcome.reason);
    sandbox.apply(outcome.changes);
    return outcome;
  };

  test('keeps what a transaction wrote for the next one', () => {
    const sandbox = createSandbox(1n, 1_700_000_000n);
    sandbox.setAccount(CALLER_ADDRESS, { balance: 1n });
    // SSTORE(0, SLOAD(0) + 1) and return it.
    sandbox.setAccount(PROGRAM_ADDRESS, {
      balance: 0n,
      code: hexToBytes('0x60005460010180600055600052602060 00f3'.replace(' ', '') as Hex),
    });
    const answers = [0n, 1n, 2n].map((nonce) =>
      BigInt(bytesToHex(run(sandbox, nonce, PROGRAM_ADDRESS, '0x').output)),
    );
    expect(answers).toEqual([1n, 2n, 3n]);
    expect(sandbox.view.hasStorage(PROGRAM_ADDRESS)).toBe(true);
    expect(sandbox.view.account(CALLER_ADDRESS)?.nonce).toBe(3n);
  });

  test('knows a contract that was created', () => {
    const sandbox = createSandbox(1n, 0n);
    sandbox.setAccount(CALLER_ADDRESS, { balance: 1n });
    // Init code that leaves one STOP behind.
    const { createdAddress } = run(
      sandbox,
      0n,
      undefined,
      '0x600160006000396001 6000f3'.replace(' ', '') as Hex,
    );
    const account = sandbox.view.account(createdAddress!);
    expect(account?.nonce).toBe(1n);
    expect(sandbox.view.code(account!.codeHash)).toHaveLength(1);
  });

  test('forgets slots that were set to zero', () => {
    const sandbox = createSandbox(1n, 0n);
    sandbox.setAccount(CALLER_ADDRESS, { balance: 1n });
    // SSTORE(0, CALLDATALOAD(0))
    sandbox.setAccount(PROGRAM_ADDRESS, { balance: 0n, code: hexToBytes('0x60003560005500') });
    run(sandbox, 0n, PROGRAM_ADDRESS, `0x${'5'.padStart(64, '0')}`);
    expect(sandbox.view.hasStorage(PROGRAM_ADDRESS)).toBe(true);
    run(sandbox, 1n, PROGRAM_ADDRESS, `0x${'0'.repeat(64)}`);
    expect(sandbox.view.hasStorage(PROGRAM_ADDRESS)).toBe(false);
  });
});
