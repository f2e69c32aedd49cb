import { cloneTrace, checkTrace, lintMachine, mutateTrace, type Trace, violationText } from '@ninefold/stark';
import { describe, expect, it } from 'vitest';
import { inertCells } from '../../src/prove/inert.ts';
import { chipsOf, machineFor, type MachineKind } from '../../src/prove/machine.ts';
import { createRiscvProver } from '../../src/prove/prover.ts';
import { decodeReceipt, encodeReceipt, programIdOf, verifyReceipt } from '../../src/prove/receipt.ts';
import type { Xlen } from '../../src/spec/opcodes.ts';
import { assemble } from '../support/assemble.ts';
import { programElf, TEXT_ADDRESS } from '../support/elf.ts';
import { codeOf } from '../support/run.ts';

const PATCHED = TEXT_ADDRESS + 16;

/** Executes an instruction at `PATCHED`, writes another one there, and executes that: a0 is 5 + 7. */
const source = (fence: string, patch: number): string => `
  li t0, ${PATCHED}
  li t1, ${patch}
  addi a0, a0, 5
  bne s0, zero, 20
  addi s0, zero, 1
  sw t1, 0(t0)
  ${fence}
  jal zero, -20
  addi a7, zero, 93
  ecall`;

describe.each<Xlen>([32, 64])('a program of RV%i that writes its own code', (xlen) => {
  const [word] = assemble(xlen, 'addi a0, a0, 7') as [number];
  const written = { address: PATCHED, word };
  const elf = programElf(xlen, assemble(xlen, source('fence.i', word)));
  const prover = createRiscvProver({ elf, writtenCode: [written], parameters: 'dev' });
  const kind: MachineKind = { xlen, guest: 'standard', fetch: 'memory' };
  const machine = machineFor(kind, 0);
  const chips = chipsOf(kind);
  const { trace, publicValues } = prover.witness();
  const { receipt, result } = prover.prove();
  const problems = (changed: Trace, fixed: Trace = prover.fixed): string[] =>
    checkTrace(machine, changed, { fixed, publicValues, maxViolations: 3 }).map(violationText);
  const columnOf = (of: Trace, name: string): Uint32Array =>
    of['fetch']?.columns[chips.fetch?.main.indexOf(name) ?? -1] as Uint32Array;

  it('is proved with what it has written', () => {
    expect(result.outcome).toMatchObject({ kind: 'exit', code: 12 });
    const decoded = decodeReceipt(encodeReceipt(receipt));
    expect(decoded.fetch).toBe('memory');
    const { exitCode } = verifyReceipt(decoded, { programId: prover.programId, allowInsecure: true });
    expect(exitCode).toBe(12);
    expect(codeOf(() => verifyReceipt({ ...decoded, fetch: 'program' }, prover))).toBe('RISCV_OTHER_PROGRAM');
  });

  it('satisfies a machine without lint, which fetches every instruction once', () => {
    expect(problems(trace)).toEqual([]);
    expect(lintMachine(machine, ['state', 'exit', 'journal'])).toEqual([]);
    for (const { degree } of machine.chips) expect(degree).toBeLessThanOrEqual(3);
    const fetched = columnOf(trace, 'real').reduce((sum, real) => sum + real, 0);
    expect(fetched).toBe(prover.estimate().cycles);
  });

  it('says which instruction it has to be told of', () => {
    const untold = createRiscvProver({ elf, writtenCode: [], parameters: 'dev' });
    let found: unknown;
    try {
      untold.estimate();
    } catch (error) {
      found = error;
    }
    expect(found).toMatchObject({ code: 'RISCV_WRITTEN_CODE', context: written });
  });

  it('cannot be proved as the old or the new code at another time', () => {
    const fetch = chips.fetch as NonNullable<typeof chips.fetch>;
    // The two rows of the patched place, exchanged: each word before and after its time.
    const rows = Array.from(columnOf(trace, 'pc').keys()).filter(
      (row) => columnOf(trace, 'pc')[row] === PATCHED / 4,
    ) as [number, number];
    expect(rows.length).toBe(2);
    const swapped = cloneTrace(trace);
    for (const name of fetch.main.filter((column) => /^(held|half|operation|imm|r)/.test(column))) {
      const column = columnOf(swapped, name);
      const [a, b] = rows.map((row) => column[row] as number) as [number, number];
      [column[rows[0]], column[rows[1]]] = [b, a];
    }
    expect(problems(swapped)).not.toEqual([]);
  });

  it('is caught with any cell of its fetches changed', () => {
    const { chips: report } = mutateTrace(
      { machine, trace, fixed: prover.fixed, publicValues },
      { maxCells: 300, dontCare: inertCells(chips, trace), findsNeeded: false },
    );
    const own = report.find(({ chip }) => chip === 'fetch');
    expect(own?.mutants).toBeGreaterThan(100);
    expect(own?.survivors).toEqual([]);
  });

  it('has another id than with its code fixed, and than with other instructions to write', () => {
    const idOf = (options: Partial<Parameters<typeof createRiscvProver>[0]>): string =>
      createRiscvProver({ elf, parameters: 'dev', ...options }).programId.join();
    const ids = [idOf({}), idOf({ writtenCode: [] }), prover.programId.join()];
    expect(new Set(ids).size).toBe(3);
    expect(programIdOf(receipt)).toEqual(prover.programId);
  });

  it('has no proof when it executes what is not there any more', () => {
    const stale = programElf(xlen, assemble(xlen, source('addi zero, zero, 0', word)));
    const hasty = createRiscvProver({ elf: stale, writtenCode: [written], parameters: 'dev' });
    expect(codeOf(() => hasty.estimate())).toBe('RISCV_UNPROVABLE');
  });

  it('does as its file says where its code is fixed', () => {
    const fixed = createRiscvProver({ elf, parameters: 'dev' });
    // Begin and end of the run: where it enters, and its exit code.
    expect(fixed.witness().publicValues).toEqual([1, TEXT_ADDRESS / 4, 10, 0]);
  });
});
