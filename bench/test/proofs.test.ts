import { createRiscv, encodeInstruction, parseElf } from '@ninefold/vm-riscv';
import { describe, expect, test } from 'vitest';
import { PROVER_CASES, proverContestant } from '../src/contestants/prover.ts';
import { ZKVM_CASES, zkvmCases } from '../src/contestants/zkvm.ts';
import { fibonacciGuest, fibonacciJournal, STEP_CYCLES } from '../src/proofs/fibonacci.ts';
import { mixedLoopGuest } from '../src/proofs/mixed-loop.ts';

describe('the guest for Fibonacci’s numbers', () => {
  test.each([1, 2, 3, 47, 48, 2047, 2048, 2049, 10_000])('writes number %i', (terms) => {
    const { outcome, journal, cycles } = createRiscv({ elf: fibonacciGuest(terms), abi: 'standard' }).run();
    expect(outcome).toMatchObject({ kind: 'exit', code: 0 });
    expect(journal).toEqual(fibonacciJournal(terms));
    expect(cycles).toBe(STEP_CYCLES * terms + 11);
  });

  test('is a number everybody knows', () => {
    expect(new Uint32Array(fibonacciJournal(47).buffer)[0]).toBe(2_971_215_073);
    expect(new Uint32Array(fibonacciJournal(48).buffer)[0]).toBe(4_807_526_976 - 2 ** 32);
  });
});

describe.each([32, 64] as const)('the mixed loop of RV%i', (xlen) => {
  test.each([10, 13])('makes about 2^%i steps', (log) => {
    const { outcome, cycles } = createRiscv({ elf: mixedLoopGuest(xlen, 2 ** log), abi: 'standard' }).run();
    expect(outcome).toMatchObject({ kind: 'exit', code: 0 });
    expect(cycles).toBeLessThanOrEqual(2 ** log);
    expect(cycles).toBeGreaterThan(2 ** log - 18);
  });

  test('begins with the code', () => {
    const { entry, segments } = parseElf(mixedLoopGuest(xlen, 1024));
    const [text] = segments;
    expect(text?.address).toBe(entry);
    const first = new DataView(text?.bytes.buffer as ArrayBuffer, text?.bytes.byteOffset).getUint32(0, true);
    expect(first).toBe(encodeInstruction('lui', { rd: 8, imm: 0x2_0000 }, xlen));
  });
});

describe('a prover as a contestant', () => {
  const calls: string[] = [];
  const contestant = proverContestant({
    name: 'somebody',
    prove: async () => {
      calls.push('prove');
      return new Uint8Array(2500);
    },
    bytes: ({ length }) => length,
    verify: async () => void calls.push('verify'),
  });

  test('verifies and weighs the last proof, and makes one where there is none', async () => {
    expect(await contestant.sample(PROVER_CASES.size.name)).toBe(2.5);
    expect(await contestant.sample(PROVER_CASES.verify.name)).toBeGreaterThanOrEqual(0);
    expect(await contestant.sample(PROVER_CASES.prove.name)).toBeGreaterThanOrEqual(0);
    expect(calls).toEqual(['prove', 'verify', 'prove']);
  });

  test('does not measure what a peer has not', async () => {
    const silent = proverContestant({ name: 'silent', prove: async () => 0, bytes: () => 1 });
    await expect(silent.sample(PROVER_CASES.verify.name)).rejects.toThrow('no verifier');
  });
});

test('every measure of a run has a goal, and a quick round one run', () => {
  expect(ZKVM_CASES.every(({ goal }) => goal > 0)).toBe(true);
  expect(zkvmCases(true)).toHaveLength(1);
  expect(zkvmCases(false).length).toBeGreaterThan(1);
});
