import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRiscvProver, encodeReceipt, writeElf } from '@ninefold/vm-riscv';
import { describe, expect, it } from 'vitest';
import * as source from '../src/verifier.ts';

const FILE = new URL('../dist/verifier.bundle.js', import.meta.url);
const bundle = (await import(/* @vite-ignore */ fileURLToPath(FILE))) as typeof source;

describe('ninefold/verifier', () => {
  it('has the exports of its source in one file that needs no other', () => {
    expect(Object.keys(bundle).sort()).toEqual(Object.keys(source).sort());
    expect(readFileSync(FILE, 'utf8')).not.toMatch(/^\s*(import|export)\b[^;]*\bfrom\b/m);
  });

  it('holds nothing of what proving needs', () => {
    const code = readFileSync(FILE, 'utf8');
    for (const word of ['starkQuartic', 'worker_threads', 'bls12', 'createKey'])
      expect(code).not.toContain(word);
  });

  it('verifies what the prover gives, and says the same as the package it is made of', () => {
    // addi a7, x0, 93; addi a0, x0, 7; ecall
    const code = Uint8Array.from(new Uint8Array(Uint32Array.of(0x05d00893, 0x00700513, 0x00000073).buffer));
    const elf = writeElf(32, [{ address: 0x1_0000, bytes: code, flags: 5 }], 0x1_0000);
    const prover = createRiscvProver({ elf, parameters: 'dev' });
    const bytes = encodeReceipt(prover.prove().receipt);
    for (const { decodeReceipt, programIdOf, verifyReceipt } of [bundle, source]) {
      const receipt = decodeReceipt(bytes);
      expect(programIdOf(receipt)).toEqual(prover.programId);
      const { exitCode } = verifyReceipt(receipt, { programId: prover.programId, allowInsecure: true });
      expect(exitCode).toBe(7);
      const lie = { ...receipt, exitCode: 0 };
      expect(() => verifyReceipt(lie, { programId: prover.programId, allowInsecure: true })).toThrow(
        expect.objectContaining({ name: 'NinefoldError', code: 'STARK_INVALID_PROOF' }),
      );
    }
  });
});
