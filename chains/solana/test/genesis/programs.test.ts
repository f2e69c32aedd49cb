import { addressBytes, loadProgram, PROGRAM, SYSCALLS, syscallKey, verify } from '@ninefold/vm-svm';
import { describe, expect, it } from 'vitest';
import { loadGenesisPrograms, NATIVE_MINT, nativeMintData } from '../../src/genesis/programs.ts';

const programs = await loadGenesisPrograms();
const syscalls = new Set(
  [...SYSCALLS.map(({ name }) => name), 'sol_invoke_signed_c', 'sol_invoke_signed_rust'].map(syscallKey),
);

describe('the programs of a fresh node', () => {
  it.each(programs)('$name is a program that runs', ({ address, loader, file }) => {
    expect(addressBytes(address)).toHaveLength(32);
    expect([PROGRAM.loaderV1, PROGRAM.loaderV2, PROGRAM.loaderV3]).toContain(loader);
    const executable = loadProgram(file, { syscalls });
    expect(() => verify(executable)).not.toThrow();
    expect(executable.text.length).toBeGreaterThan(0);
  });

  it('are at different addresses', () => {
    expect(new Set(programs.map(({ address }) => address)).size).toBe(programs.length);
  });

  it('are loaded once', async () => {
    expect(await loadGenesisPrograms()).toBe(programs);
  });
});

describe('the mint of wrapped SOL', () => {
  it('has nine decimals, no supply and nobody in charge', () => {
    const data = nativeMintData();
    expect(addressBytes(NATIVE_MINT)).toHaveLength(32);
    expect(data).toHaveLength(82);
    expect([...data].flatMap((byte, at) => (byte === 0 ? [] : [[at, byte]]))).toEqual([
      [44, 9],
      [45, 1],
    ]);
  });
});
