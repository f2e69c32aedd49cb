import { type Bytes, equalBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRiscvProver } from '../../src/prove/prover.ts';
import {
  decodeReceipt,
  encodeReceipt,
  programIdOf,
  type Receipt,
  verifyReceipt,
} from '../../src/prove/receipt.ts';
import { assemble } from '../support/assemble.ts';
import { programElf } from '../support/elf.ts';
import { EXIT_CODE, everythingElf } from '../support/everything.ts';
import { codeOf } from '../support/run.ts';

const INPUT = Uint8Array.of(9, 8, 7, 6, 5, 4);
const prover = createRiscvProver({ elf: everythingElf(32), parameters: 'dev' });
const { receipt, result } = prover.prove({ input: INPUT });
const { programId } = prover;
const check = (changed: Partial<Receipt>, id: Bytes = programId): string | undefined =>
  codeOf(() => verifyReceipt({ ...receipt, ...changed }, { programId: id, allowInsecure: true }));

describe('a receipt', () => {
  it('proves the run it says', () => {
    const verified = verifyReceipt(receipt, { programId, allowInsecure: true });
    expect(verified).toMatchObject({ exitCode: EXIT_CODE, journal: Uint8Array.of(8, 7, 6, 5, 4) });
    expect(result.journal).toEqual(verified.journal);
    expect(verified.security.provenBits).toBeLessThan(20);
  });

  it('is refused by default when its parameters are for tests', () => {
    expect(codeOf(() => verifyReceipt(receipt, { programId }))).toBe('RISCV_INSECURE_RECEIPT');
  });

  it('is of one program', () => {
    const other = createRiscvProver({
      elf: programElf(32, assemble(32, 'addi a0, zero, 3\naddi a7, zero, 93\necall')),
      parameters: 'dev',
    });
    expect(equalBytes(other.programId, programId)).toBe(false);
    expect(check({}, other.programId)).toBe('RISCV_OTHER_PROGRAM');
    // A prover that claims the other program's commitment for this proof.
    const { root, logHeights, entry } = other.prove().receipt;
    expect(check({ root, logHeights, entry }, other.programId)).toBe('STARK_INVALID_PROOF');
  });

  it.each([
    ['another exit code', { exitCode: 0 }],
    ['an exit code beyond 16 bits', { exitCode: EXIT_CODE + 65_536 }],
    ['another journal', { journal: Uint8Array.of(8, 7, 6, 5, 3) }],
    ['journal bytes in another order', { journal: Uint8Array.of(7, 8, 6, 5, 4) }],
  ] satisfies readonly (readonly [string, Partial<Receipt>])[])('does not prove %s', (_, changed) => {
    expect(check(changed)).toBe('STARK_INVALID_PROOF');
  });

  it.each([
    ['a shorter journal', { journal: Uint8Array.of(8, 7, 6, 5) }],
    ['no journal', { journal: new Uint8Array(0) }],
    ['a longer journal', { journal: Uint8Array.of(8, 7, 6, 5, 4, 0) }],
  ] satisfies readonly (readonly [string, Partial<Receipt>])[])('does not prove %s', (_, changed) => {
    expect(check(changed)).toBe('STARK_INVALID_PROOF');
  });

  it('binds what its id is made of', () => {
    for (const changed of [
      { entry: receipt.entry + 4 },
      { xlen: 64 as const },
      { logHeights: receipt.logHeights.toReversed() },
    ]) {
      expect(check(changed)).toBe('RISCV_OTHER_PROGRAM');
      expect(check(changed, programIdOf({ ...receipt, ...changed }))).toMatch(/^STARK_/);
    }
  });

  it('does not survive a changed byte of its proof', () => {
    const step = Math.floor(receipt.proof.length / 40);
    for (let at = 0; at < receipt.proof.length; at += step) {
      const proof = receipt.proof.slice();
      proof[at] = (proof[at] as number) ^ 1;
      expect(check({ proof }), `byte ${at}`).toMatch(/^STARK_(INVALID|MALFORMED)_PROOF$/);
    }
    expect(check({ proof: receipt.proof.subarray(0, -4) })).toBe('STARK_MALFORMED_PROOF');
  });

  it('can say that a program failed, and cannot say that it did not', () => {
    const failing = createRiscvProver({
      elf: programElf(32, assemble(32, 'addi a0, zero, -1\naddi a7, zero, 93\necall')),
      parameters: 'dev',
    });
    const { receipt: failed } = failing.prove();
    const options = { programId: failing.programId, allowInsecure: true };
    expect(verifyReceipt(failed, options).exitCode).toBe(0xffffffff);
    expect(codeOf(() => verifyReceipt({ ...failed, exitCode: 0 }, options))).toBe('STARK_INVALID_PROOF');
  });
});

describe('bytes of receipts', () => {
  const bytes = encodeReceipt(receipt);

  it('give the receipt back', () => {
    const { proof, ...rest } = decodeReceipt(bytes);
    const { proof: own, ...expected } = receipt;
    expect(rest).toEqual(expected);
    expect(equalBytes(proof, own)).toBe(true);
  });

  it('are refused when cut or extended', () => {
    for (const length of [0, 3, 4, 12, 27, 60, 100, bytes.length - 1])
      expect(codeOf(() => decodeReceipt(bytes.subarray(0, length)))).toBe('RISCV_MALFORMED_RECEIPT');
    expect(codeOf(() => decodeReceipt(Uint8Array.of(...bytes.subarray(0, 200), 1)))).toBe(
      'RISCV_MALFORMED_RECEIPT',
    );
  });

  it('are a receipt or a typed error', () => {
    fc.assert(
      fc.property(fc.nat(120), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const changed = bytes.slice();
        changed[at] = value;
        const code = codeOf(() => decodeReceipt(changed));
        expect(code === undefined || code === 'RISCV_MALFORMED_RECEIPT').toBe(true);
      }),
    );
  });
});

describe('with 100 proven bits', () => {
  it('a run on RV64 is proved and verified', () => {
    const secure = createRiscvProver({
      elf: programElf(64, assemble(64, 'addi a0, zero, 0\naddi a7, zero, 93\necall')),
    });
    const proved = secure.prove();
    const { security, exitCode } = verifyReceipt(proved.receipt, { programId: secure.programId });
    expect(exitCode).toBe(0);
    expect(security.provenBits).toBeGreaterThanOrEqual(100);
    expect(secure.estimate()).toMatchObject({ cycles: 3 });
  });
});
