import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeInstruction, instructionBytes, writeElf } from '@ninefold/vm-riscv';
import { describe, expect, test } from 'vitest';
import { progressBar } from '../src/cli/progress.ts';
import { ninefold, temporaryFolder } from './support/cli.ts';

const TEXT = 0x1_0000;

/** A guest that writes its whole input to the journal and ends with `exitCode`. */
function guestElf(exitCode: number): Uint8Array {
  const encode = (mnemonic: string, operands: Parameters<typeof encodeInstruction>[1] = {}): number =>
    encodeInstruction(mnemonic, operands, 32);
  const call = (number: number): number[] => [encode('addi', { rd: 17, imm: number }), encode('ecall')];
  const words = [...call(1), ...call(2), encode('addi', { rd: 10, imm: exitCode }), ...call(93)];
  return writeElf(32, [{ address: TEXT, bytes: instructionBytes(words), flags: 5 }], TEXT);
}

/** A folder with `guest.elf`. */
function guestFolder(exitCode = 0): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'guest.elf'), guestElf(exitCode));
  return folder;
}

describe('ninefold prove and verify', () => {
  test('a receipt goes from one to the other', async () => {
    const cwd = guestFolder();
    writeFileSync(join(cwd, 'data.bin'), Uint8Array.of(1, 2, 3));
    const proved = await ninefold(
      ['prove', 'guest.elf', '--input', 'data.bin', '--out', 'r.bin', '--threads', '2', '--json'],
      {
        cwd,
      },
    );
    expect(proved.stderr).toBe('');
    const proof = JSON.parse(proved.stdout) as Record<string, unknown>;
    expect(proof).toMatchObject({
      schema: 'ninefold/proof/1',
      exitCode: 0,
      journal: '0x010203',
      cycles: 7,
      receipt: 'r.bin',
    });

    const verified = await ninefold(['verify', 'r.bin', '--elf', 'guest.elf', '--json'], { cwd });
    expect(verified.exitCode).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      schema: 'ninefold/verification/1',
      programId: proof['programId'],
      isExpectedProgram: true,
      journal: '0x010203',
    });
    expect(verified.stdout).toContain('bits proven');

    const id = proof['programId'] as string;
    const other = `0x${id.slice(2).replace(/./g, (digit) => (digit === '0' ? '1' : '0'))}`;
    expect((await ninefold(['verify', 'r.bin', '--program-id', id], { cwd })).stdout).toContain(
      'journal   0x010203',
    );
    expect(await ninefold(['verify', 'r.bin', '--program-id', other], { cwd })).toMatchObject({
      exitCode: 1,
      stdout: '',
    });

    const bytes = readFileSync(join(cwd, 'r.bin'));
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    writeFileSync(join(cwd, 'r.bin'), bytes);
    expect((await ninefold(['verify', 'r.bin'], { cwd })).exitCode).toBe(1);
  });

  test('a program that fails is proved to have failed, and insecure proofs are refused', async () => {
    const cwd = guestFolder(2);
    const proved = await ninefold(['prove', 'guest.elf', '--input', '0x07', '--parameters', 'dev'], { cwd });
    expect(proved.stdout).toContain('exit code 2');
    expect(proved.stdout).toContain('INSECURE');
    expect((await ninefold(['verify', 'guest.elf.receipt'], { cwd })).stderr).toContain('it is for tests');
    const verified = await ninefold(['verify', 'guest.elf.receipt', '--allow-insecure'], { cwd });
    expect(verified).toMatchObject({ exitCode: 1, stderr: '' });
    expect(verified.stdout).toContain('compare it: no program was given');
  });

  test('a guest of another interface is proved as one of it', async () => {
    const cwd = temporaryFolder();
    // OpenVM: reveal zero + 5 as word 0, terminate with 3.
    const words = [encodeInstruction('addi', { rd: 11, imm: 5 }, 32), 0x0005_a00b, 0x0030_000b];
    const elf = writeElf(32, [{ address: TEXT, bytes: instructionBytes(words), flags: 5 }], TEXT);
    writeFileSync(join(cwd, 'guest.elf'), elf);
    const flags = ['--parameters', 'dev', '--json'];
    const proved = await ninefold(['prove', 'guest.elf', '--abi', 'openvm', ...flags], { cwd });
    expect(JSON.parse(proved.stdout)).toMatchObject({ abi: 'openvm', exitCode: 3, journal: '0x05000000' });
    const verify = ['verify', 'guest.elf.receipt', '--elf', 'guest.elf', '--allow-insecure'];
    const verified = await ninefold(verify, { cwd });
    expect(verified.stdout).toContain('guest of  openvm');
    expect(verified.stdout).not.toContain('compare it');
    // As a guest of the standard interface it runs into what is no instruction there.
    expect((await ninefold(['prove', 'guest.elf', ...flags], { cwd })).exitCode).toBe(1);
  });

  test('an estimate proves nothing', async () => {
    const { stdout, exitCode } = await ninefold(['prove', 'guest.elf', '--estimate', '--json'], {
      cwd: guestFolder(),
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'ninefold/estimate/1',
      cycles: 7,
      segments: [{ bytes: 16 }],
    });
  });

  test('an estimate for people names the tables', async () => {
    const { stdout, exitCode } = await ninefold(['prove', 'guest.elf', '--estimate'], { cwd: guestFolder() });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^program {2}0x[0-9a-f]{64}\ncycles {3}7\ncells {4}\d+\n/);
    expect(stdout).toContain('tables of segment 1 of 1');
    expect(stdout).toMatch(/ {2}bytes +2\^16 rows/);
  });

  test('help says which parameters there are', async () => {
    const { stdout, exitCode } = await ninefold(['prove', '--help']);
    expect(exitCode).toBe(0);
    for (const word of [
      '--estimate',
      '--parameters',
      'p100',
      'p128',
      'evm',
      'dev',
      '--input',
      '--out',
      '--json',
    ]) {
      expect(stdout).toContain(word);
    }
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect((await ninefold(['verify', '--help'])).stdout).toContain('--program-id');
  });

  test.each([
    [['prove'], 2],
    [['prove', 'missing.elf'], 2],
    [['prove', 'guest.elf', '--parameters', 'p10'], 2],
    [['prove', 'guest.elf', '--abi', 'sp2'], 2],
    [['prove', 'guest.elf', '--segment-cycles', '255'], 2],
    [['prove', 'guest.elf', '--input', '0x1'], 2],
    [['prove', 'guest.elf', '--cycles', '3'], 1],
    [['verify', 'guest.elf'], 2],
    [['verify', 'guest.elf', '--program-id', '0x00', '--elf', 'guest.elf'], 2],
  ])('%j ends with %i', async (args, exitCode) => {
    const finished = await ninefold(args, { cwd: guestFolder() });
    expect(finished).toMatchObject({ exitCode, stdout: '' });
    expect(finished.stderr).toMatch(/^error /);
  });
});

describe('the progress bar', () => {
  const shown = (isTTY: boolean): string[] => {
    const texts: string[] = [];
    const bar = progressBar(['first', 'second'], { isTTY, write: (text) => texts.push(text) });
    bar.at('first');
    bar.at('second', 'segment 2 of 3');
    bar.end();
    return texts;
  };

  test('moves on a terminal and leaves nothing behind', () => {
    const [first, second, last] = shown(true);
    expect(first).toContain('........................] first');
    expect(second).toContain('############............] second, segment 2 of 3');
    expect(last).toBe('\r\u001B[2K');
  });

  test('is silent elsewhere', () => {
    expect(shown(false)).toEqual([]);
  });
});
