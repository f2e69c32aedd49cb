import * as fc from 'fast-check';
import { checkTrace, violationText } from '@ninefold/stark';
import { describe, expect, it } from 'vitest';
import { RESERVED_CELL, SCRATCH_CELLS } from '../../src/prove/buses.ts';
import { NOWHERE, STANDARD_CONVENTION } from '../../src/prove/lower.ts';
import { lowerProgram } from '../../src/prove/lower-program.ts';
import { machineFor } from '../../src/prove/machine.ts';
import { MICROCODE, microcodeOf } from '../../src/prove/microcode.ts';
import { createRiscvProver } from '../../src/prove/prover.ts';
import { verifyReceipt } from '../../src/prove/receipt.ts';
import { fromLimbs, SHAPES } from '../../src/prove/words.ts';
import { createRiscv } from '../../src/run.ts';
import { opcodesOf, type Xlen } from '../../src/spec/opcodes.ts';
import { parseElf } from '../../src/code/elf.ts';
import { assemble } from '../support/assemble.ts';
import { programElf } from '../support/elf.ts';
import { codeOf } from '../support/run.ts';

const elfOf = (xlen: Xlen, text: string): Uint8Array => programElf(xlen, assemble(xlen, text));

const EXIT = 'addi a7, zero, 93\necall';

/** Puts a word of the machine's width into a register. */
function load(xlen: Xlen, register: string, value: bigint): string {
  const lines = [`addi ${register}, zero, 0`];
  for (let shift = xlen - 8; shift >= 0; shift -= 8) {
    lines.push(
      `slli ${register}, ${register}, 8`,
      `ori ${register}, ${register}, ${(value >> BigInt(shift)) & 0xffn}`,
    );
  }
  return lines.join('\n');
}

/** A program's trace, checked, with what its registers end as. */
function run(
  xlen: Xlen,
  text: string,
): { readonly problems: string[]; readonly register: (index: number) => bigint } {
  const prover = createRiscvProver({ elf: elfOf(xlen, text), parameters: 'dev' });
  const { trace, publicValues } = prover.witness();
  const machine = machineFor({ xlen, guest: 'standard', fetch: 'program' }, 0);
  const problems = checkTrace(machine, trace, { fixed: prover.fixed, publicValues, maxViolations: 3 });
  const { limbs } = SHAPES[xlen];
  return {
    problems: problems.map(violationText),
    register: (index) =>
      fromLimbs(
        Array.from({ length: limbs }, (_, i) => {
          const names = machine.chips.find(({ chip }) => chip.name === 'registers')?.chip
            .main as readonly string[];
          return trace['registers']?.columns[names.indexOf(`last.${i}`)]?.[index] as number;
        }),
      ),
  };
}

const exitCode = (xlen: Xlen, text: string): number => {
  const { outcome } = createRiscv({ elf: elfOf(xlen, text), abi: 'standard' }).run();
  return outcome.kind === 'exit' ? outcome.code : -1;
};

const suffixes = (xlen: Xlen): readonly string[] => (xlen === 64 ? ['w', 'd'] : ['w']);
const EXCHANGES = ['swap', 'add', 'xor', 'and', 'or', 'min', 'max', 'minu', 'maxu'];

describe.each<Xlen>([32, 64])('microcode of RV%i', (xlen) => {
  const word = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** BigInt(xlen) - 1n }),
    fc.constantFrom(0n, 1n, 2n ** 31n, 2n ** 31n - 1n, 2n ** BigInt(xlen) - 1n, 2n ** BigInt(xlen - 1)),
  );

  it('stands for every atomic instruction and for no other one', () => {
    for (const { mnemonic, extension, match } of opcodesOf(xlen)) {
      expect(microcodeOf(match, SHAPES[xlen]) !== undefined, mnemonic).toBe(extension === 'A');
    }
    expect(microcodeOf(0xffff_ffff, SHAPES[xlen])).toBeUndefined();
  });

  it('does what the executor does, for any operands', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...EXCHANGES),
        fc.constantFrom(...suffixes(xlen)),
        word,
        word,
        fc.constantFrom('a4', 'a1', 'a2', 'zero'),
        (name, suffix, old, operand, rd) => {
          // What came out is folded into a register that both end with.
          const text = [
            'lui a2, 0x20',
            load(xlen, 'a3', old),
            load(xlen, 'a1', operand),
            `s${suffix} a3, 0(a2)`,
            'addi a5, a2, 0',
            `amo${name}.${suffix} ${rd}, a1, (a2)`,
            `l${suffix} a3, 0(a5)`,
            `xor a0, ${rd}, a3`,
            `srli a6, a0, 16`,
            'xor a0, a0, a6',
            'andi a0, a0, 0x7ff',
            EXIT,
          ].join('\n');
          const { problems, register } = run(xlen, text);
          expect(problems).toEqual([]);
          expect(Number(register(10))).toBe(exitCode(xlen, text));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('keeps a reservation as the executor does', () => {
    const cases: readonly (readonly [string, number])[] = [
      // Held, over a store of its own; then gone.
      ['lr.w a3, (t0)\nsw t1, 0(t0)\nsc.w a0, t1, (t0)', 0],
      ['lr.w a3, (t0)\nsc.w a3, t1, (t0)\nsc.w a0, t1, (t0)', 1],
      ['sc.w a0, t1, (t0)', 1],
      // Nothing is reserved at first, not even address 0.
      ['addi t2, zero, 0\nsc.w a0, t1, (t2)', 1],
      ['lr.w a3, (t0)\naddi t2, t0, 4\nsc.w a0, t1, (t2)', 1],
      ['lr.w a3, (t0)\naddi t2, t0, 4\nlr.w a3, (t2)\nsc.w a0, t1, (t2)', 0],
      ['lr.w t0, (t0)\naddi a0, t0, 0', 0],
      ['lr.w a3, (t0)\nsc.w t0, t1, (t0)\nlui t2, 0x20\nlw a0, 0(t2)', 5],
    ];
    for (const [text, expected] of cases) {
      const program = `lui t0, 0x20\naddi t1, zero, 5\n${text}\n${EXIT}`;
      const { problems, register } = run(xlen, program);
      expect(problems, text).toEqual([]);
      expect(Number(register(10)), text).toBe(expected);
      expect(exitCode(xlen, program), text).toBe(expected);
    }
  });

  it('is proved and verified, in segments too', () => {
    const text = `lui t0, 0x20\naddi t1, zero, 60\naddi t2, zero, 1\namoadd.w a3, t2, (t0)\naddi t1, t1, -1\nbne t1, zero, -8\nlw a0, 0(t0)\n${EXIT}`;
    const prover = createRiscvProver({ elf: elfOf(xlen, text), parameters: 'dev', segmentCycles: 256 });
    const { receipt } = prover.prove();
    const { programId } = prover;
    expect(verifyReceipt(receipt, { programId, allowInsecure: true }).exitCode).toBe(60);
  });

  it('leads nowhere where an address is not aligned, and such a run is not proved', () => {
    const elf = elfOf(xlen, `lui t0, 0x20\naddi t0, t0, 2\namoadd.w a0, zero, (t0)\n${EXIT}`);
    expect(codeOf(() => createRiscvProver({ elf, parameters: 'dev' }).prove())).toBe('RISCV_RUN_NOT_ENDED');
    const rows = lowerProgram(parseElf(elf), SHAPES[xlen], { convention: STANDARD_CONVENTION });
    const [check, trap] = rows.filter(({ pc }) => pc >= MICROCODE);
    expect(check).toMatchObject({ operation: 'and', rd: SCRATCH_CELLS[0], imm: 3n });
    expect(trap).toMatchObject({ operation: 'bne', rs1: SCRATCH_CELLS[0], rs2: 0, target: NOWHERE });
    expect(rows.some(({ pc }) => pc === NOWHERE)).toBe(false);
  });

  it('has places of its own for each instruction, and leads back behind it', () => {
    const elf = elfOf(xlen, `amoadd.w a0, a1, (a2)\nlr.w a0, (a2)\nsc.w zero, a1, (a2)\n${EXIT}`);
    const rows = lowerProgram(parseElf(elf), SHAPES[xlen], { convention: STANDARD_CONVENTION });
    expect(new Set(rows.map(({ pc }) => pc)).size).toBe(rows.length);
    const entries = rows.filter(({ pc, target }) => pc < MICROCODE && target >= MICROCODE);
    const backs = rows.filter(({ pc, target }) => pc >= MICROCODE && target > 0 && target < NOWHERE);
    expect(backs.map(({ target }) => target)).toEqual(entries.map(({ pc }) => pc + 1));
    // Guests' own instructions reach neither the scratch registers nor the reservation.
    for (const { pc, rd, rs1, rs2 } of rows.filter((row) => row.pc < MICROCODE)) {
      for (const register of [rd, rs1, rs2]) expect(register, String(pc)).toBeLessThan(SCRATCH_CELLS[0]);
    }
    expect(RESERVED_CELL).toBeGreaterThan(SCRATCH_CELLS[1]);
  });

  it('is not there where instructions are fetched from memory', () => {
    const elf = elfOf(xlen, `lui t0, 0x20\namoadd.w a0, zero, (t0)\n${EXIT}`);
    expect(codeOf(() => createRiscvProver({ elf, parameters: 'dev', writtenCode: [] }).prove())).toBe(
      'RISCV_WRITTEN_CODE',
    );
  });

  it('counts its steps where runs are limited', () => {
    const [first] = assemble(xlen, 'amoadd.w a0, a1, (a2)');
    expect(microcodeOf(first as number, SHAPES[xlen])?.length).toBe(7);
  });
});
