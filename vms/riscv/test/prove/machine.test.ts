import { seededRng } from '@ninefold/base';
import { type Chip, checkTrace, cloneTrace, lintMachine, type Trace, violationText } from '@ninefold/stark';
import { describe, expect, it } from 'vitest';
import { encodeInstruction } from '../../src/code/encode.ts';
import type { Abi } from '../../src/host/abi.ts';
import { standard } from '../../src/host/standard.ts';
import { inertCells } from '../../src/prove/inert.ts';
import { STANDARD_CONVENTION } from '../../src/prove/lower.ts';
import { chipsOf, machineFor } from '../../src/prove/machine.ts';
import { createRiscvProver } from '../../src/prove/prover.ts';
import { type OpSpec, opcodesOf, type Xlen } from '../../src/spec/opcodes.ts';
import { assemble } from '../support/assemble.ts';
import { programElf } from '../support/elf.ts';
import { EXIT_CODE, everythingElf } from '../support/everything.ts';
import { codeOf } from '../support/run.ts';

const INPUT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);

const everything = (xlen: Xlen): { trace: Trace; fixed: Trace; publicValues: readonly number[] } => {
  const prover = createRiscvProver({ elf: everythingElf(xlen), parameters: 'dev' });
  return { ...prover.witness({ input: INPUT }), fixed: prover.fixed };
};

/** What is wrong with a trace, as text. */
function problems(xlen: Xlen, { trace, fixed, publicValues }: ReturnType<typeof everything>): string[] {
  const machine = machineFor({ xlen, guest: 'standard', fetch: 'program' }, publicValues.length - 4);
  return checkTrace(machine, trace, { fixed, publicValues, maxViolations: 3 }).map(violationText);
}

describe.each<Xlen>([32, 64])('the machine for RV%i', (xlen) => {
  const subject = everything(xlen);
  const machine = machineFor({ xlen, guest: 'standard', fetch: 'program' }, 5);
  const chips = chipsOf({ xlen, guest: 'standard', fetch: 'program' });

  it('has constraints without lint and of degree 3 at most', () => {
    expect(lintMachine(machine, ['state', 'exit', 'journal'])).toEqual([]);
    for (const { degree } of machine.chips) expect(degree).toBeLessThanOrEqual(3);
  });

  it('is satisfied by a run of everything it can do', () => {
    expect(problems(xlen, subject)).toEqual([]);
    expect(subject.publicValues).toEqual([1, 0x1_0000 / 4, EXIT_CODE, 0, 2, 3, 4, 5, 6]);
    // Every table that is not for calls has rows.
    expect(Object.keys(subject.trace).length).toBe(machine.chips.length);
  });

  it('catches changes of cells that matter', () => {
    const rng = seededRng(xlen);
    const isInert = inertCells(chips, subject.trace);
    const steps = chips.steps.map(({ chip }) => chip);
    for (let tried = 0; tried < 12;) {
      const chip = rng.pick([...steps, ...chips.calls.chips]);
      const column = rng.below(chip.main.length);
      const row = rng.below(4);
      const place = { chip: chip.name, column: chip.main[column] as string, row };
      if (isInert(place)) continue;
      tried++;
      const trace = cloneTrace(subject.trace);
      const cells = trace[chip.name]?.columns[column] as Uint32Array;
      cells[row] = (cells[row] as number) === 0 ? 1 : (cells[row] as number) - 1;
      expect(problems(xlen, { ...subject, trace }), JSON.stringify(place)).not.toEqual([]);
    }
  });

  it('catches other statements', () => {
    const { publicValues } = subject;
    for (const i of [0, 1, 3, 6]) {
      const other = publicValues.map((value, at) => (at === i ? value + 1 : value));
      expect(problems(xlen, { ...subject, publicValues: other }), `value ${i}`).not.toEqual([]);
    }
    expect(problems(xlen, { ...subject, publicValues: publicValues.slice(0, -1) })).not.toEqual([]);
  });

  it.runIf(xlen === 32)('catches rows that are swapped, repeated or left out', () => {
    for (const chip of ['add', 'load', 'memory ends']) {
      const columns = (trace: Trace): readonly Uint32Array[] => trace[chip]?.columns ?? [];
      const change = (edit: (column: Uint32Array) => void): string[] => {
        const trace = cloneTrace(subject.trace);
        columns(trace).forEach(edit);
        return problems(xlen, { ...subject, trace });
      };
      // Rows are tied by their messages, not by their place: swapped whole, they are the same run, but for
      // the table whose order is a rule.
      const swapped = change(
        (column) => ([column[0], column[1]] = [column[1] as number, column[0] as number]),
      );
      if (chip === 'memory ends') expect(swapped).not.toEqual([]);
      else expect(swapped).toEqual([]);
      expect(
        change((column) => (column[1] = column[0] as number)),
        `${chip} repeated`,
      ).not.toEqual([]);
      expect(
        change((column) => (column[0] = 0)),
        `${chip} left out`,
      ).not.toEqual([]);
    }
  });

  it('catches a time that is moved in every place it stands', () => {
    // Both of an instruction's reads of one register, and its state, one step later: the token is lost.
    const trace = cloneTrace(subject.trace);
    const { main, name } = (chips.steps[0] as { readonly chip: Chip }).chip;
    const time = trace[name]?.columns[main.indexOf('time')] as Uint32Array;
    time[0] = (time[0] as number) + 4;
    expect(problems(xlen, { ...subject, trace })).not.toEqual([]);
  });
});

describe.each<Xlen>([32, 64])('random programs on RV%i', (xlen) => {
  const DATA = 0x8_0000;

  function randomProgram(seed: number): number[] {
    const rng = seededRng(seed);
    const specs = opcodesOf(xlen).filter(
      ({ extension, mnemonic }) =>
        (extension === 'I' || extension === 'M') && !/^(ecall|ebreak|jalr)$/.test(mnemonic),
    );
    const operand = (spec: OpSpec): number => {
      switch (spec.format) {
        case 'load':
        case 'store':
          return rng.below(64) - 32;
        case 'branch':
        case 'jump':
          return 4 * (1 + rng.below(3));
        case 'upper':
          return rng.u32() & ~0xfff;
        case 'shift':
          return rng.below(xlen === 64 && !spec.mnemonic.endsWith('w') ? 64 : 32);
        default:
          return rng.below(4096) - 2048;
      }
    };
    const words = assemble(xlen, `li s0, ${DATA}`);
    for (let i = 0; i < 80; i++) {
      const spec = rng.pick(specs);
      const isAccess = spec.format === 'load' || spec.format === 'store';
      // s0 points to the data and is not written.
      const rd = rng.pick([0, 1, 5, 6, 7, 9, 10, 11, 31]);
      const [rs1, rs2] = [isAccess ? 8 : rng.below(32), rng.below(32)];
      words.push(encodeInstruction(spec.mnemonic, { rd, rs1, rs2, imm: operand(spec) }, xlen));
    }
    return [
      ...words,
      ...assemble(xlen, 'addi zero, zero, 0\naddi zero, zero, 0\naddi a0, zero, 0\naddi a7, zero, 93\necall'),
    ];
  }

  it('satisfy the constraints', () => {
    for (let seed = 1; seed <= 2; seed++) {
      const prover = createRiscvProver({
        elf: programElf(xlen, randomProgram(seed * 100 + xlen)),
        parameters: 'dev',
      });
      const subject = { ...prover.witness(), fixed: prover.fixed };
      expect(problems(xlen, subject), `seed ${seed}`).toEqual([]);
    }
  });
});

describe('what cannot be proved', () => {
  const prover = (text: string): ReturnType<typeof createRiscvProver> =>
    createRiscvProver({ elf: programElf(32, assemble(32, text)), parameters: 'dev' });

  it('is a run that does not end by itself', () => {
    expect(codeOf(() => prover('ebreak').prove())).toBe('RISCV_RUN_NOT_ENDED');
    expect(codeOf(() => prover('jal zero, 0').estimate({ limits: { cycles: 100 } }))).toBe(
      'RISCV_RUN_NOT_ENDED',
    );
  });

  it('is an instruction or a call that has no chip', () => {
    const end = 'addi a7, zero, 93\necall';
    // What the guest's environment has beside the base sets, and is not lowered.
    const abi: Abi = {
      ...standard,
      start: (...run) => {
        const { answer, ...others } = standard.start(...run);
        return { ...others, answer: (own) => (own.spec.extension === 'Zicsr' ? 'next' : answer(own)) };
      },
    };
    const guest = { abi, calls: 'standard', convention: STANDARD_CONVENTION } as const;
    const control = encodeInstruction('csrrs', { rd: 10 }, 32);
    const elf = programElf(32, [control, ...assemble(32, end)]);
    expect(codeOf(() => createRiscvProver({ elf, guest, parameters: 'dev' }).prove())).toBe(
      'RISCV_UNPROVABLE',
    );
    expect(
      codeOf(() => prover(`lui a0, 0x80\nlui a2, 0x80\naddi a7, zero, 0x100\necall\n${end}`).prove()),
    ).toBe('RISCV_UNPROVABLE');
  });
});
