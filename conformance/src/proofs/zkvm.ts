import { isNinefoldError } from '@ninefold/base';
import { mutateTrace } from '@ninefold/stark';
import {
  chipsOf,
  createRiscvProver,
  inertCells,
  type LowerOther,
  machineFor,
  type ProvableInterface,
  REGISTER,
  SPARE_REGISTER,
  verifyReceipt,
  type WrittenInstruction,
  type Xlen,
} from '@ninefold/vm-riscv';
import type { FolderResult } from '../suite.ts';
import { createCounter, differs, fromBase64 } from '../svm/read.ts';
import { readJson } from './read.ts';
import { type ArchTest, bare, EXIT_SWITCH, halting, MEPC, type Program, signatureOf } from './riscv-tests.ts';

/**
 * How the tests' environment is proved: control registers read as 0, `mepc` is a register that nothing else
 * uses, and `mret` is a jump through it. Where nobody reads the link it is of no matter.
 */
const lowerEnvironment: LowerOther = ({ spec, rd, rs1, imm }) => {
  if (spec.mnemonic === 'mret') return { operation: 'jump', rd: UNREAD_REGISTER, rs1: SPARE_REGISTER };
  if (spec.extension !== 'Zicsr') return undefined;
  if (imm !== MEPC || spec.mnemonic !== 'csrrw') return { rs1: 0 };
  return rd === 0 ? { rd: SPARE_REGISTER, rs1 } : undefined;
};

const PT_LOAD = 1;
const PF_R_W = 6;

/** The file with the word that makes it exit among its segments, in the place of one that is not loaded. */
function withExitSwitch(elf: Uint8Array): Uint8Array {
  const file = new Uint8Array(elf.length + 4);
  file.set(elf);
  const view = new DataView(file.buffer);
  view.setUint32(elf.length, EXIT_SWITCH.value, true);
  const header = Number(view.getBigUint64(32, true));
  view.setUint32(header, PT_LOAD, true);
  view.setUint32(header + 4, PF_R_W, true);
  [elf.length, EXIT_SWITCH.address, EXIT_SWITCH.address, 4, 4].forEach((value, i) =>
    view.setBigUint64(header + 8 + 8 * i, BigInt(value), true),
  );
  return file;
}

/** The architecture tests of RV64IM: proved and verified, with the signature in memory at the end. */
export function runArchProofs(folder: string): FolderResult {
  const { tests } = readJson<{ readonly tests: readonly ArchTest[] }>(folder, 'arch_test_rv64im.json.gz');
  const counter = createCounter('proofs/zkvm-arch');
  for (const test of tests) {
    counter.check(test.name, () => {
      let signature = '';
      const abi: ProvableInterface['abi'] = {
        ...MACHINE.abi,
        start: (machine, input, outputs) => {
          const { answer } = bare.start(machine, input, outputs);
          return {
            answer: (instruction) => {
              if (instruction.spec.mnemonic === 'ecall') signature = signatureOf(machine, test);
              return answer(instruction);
            },
          };
        },
      };
      const prover = createRiscvProver({
        elf: withExitSwitch(fromBase64(test.elf)),
        guest: { ...MACHINE, abi },
      });
      const { receipt } = prover.prove({ limits: { cycles: 100_000 } });
      const { security } = verifyReceipt(receipt, { programId: prover.programId });
      return (
        differs('signature', signature, test.signature.trim()) ??
        (security.provenBits < 100 ? `${security.provenBits} bits are proven` : undefined)
      );
    });
  }
  return counter.result();
}

/** Programs that between them use every chip that riscv-tests can reach. */
const MUTATED = [
  'add',
  'and',
  'sll',
  'sltu',
  'mulh',
  'div',
  'bge',
  'jalr',
  'lb',
  'sh',
  'ma_data',
  'sraw',
  'remw',
  'fence_i',
  'amomaxu_w',
];

/** Cells of a chip that are changed, each in every way. */
const MUTATED_CELLS = 1500;

/**
 * Changes cells of the traces of riscv-tests: every change of a cell that matters has to be caught, by a
 * constraint or by a bus. A case is a chip in a program, or the program's public values.
 */
export function runMutations(folder: string): FolderResult {
  const { tests } = readJson<{ readonly tests: readonly Program[] }>(folder, 'riscv_tests_p.json.gz');
  const counter = createCounter('proofs/zkvm-mutation');
  for (const { name, elf } of tests) {
    const [, width, program] = /^rv(32|64)u[ima]-p-(.*)$/.exec(name) ?? [];
    if (program === undefined || !MUTATED.includes(program)) continue;
    const xlen = Number(width) as Xlen;
    const writtenCode = writtenCodeOf({ name, elf });
    const fetch = writtenCode === undefined ? 'program' : 'memory';
    const prover = createRiscvProver({
      elf: fromBase64(elf),
      guest: MACHINE,
      writtenCode,
      parameters: 'dev',
    });
    const { trace, publicValues } = prover.witness();
    const subject = {
      machine: machineFor({ xlen, guest: 'standard', fetch }, 0),
      trace,
      fixed: prover.fixed,
      publicValues,
    };
    const dontCare = inertCells(chipsOf({ xlen, guest: 'standard', fetch }), trace);
    const { chips, survivingAttacks } = mutateTrace(subject, {
      maxCells: MUTATED_CELLS,
      dontCare,
      findsNeeded: false,
    });
    counter.check(`${name} public values`, () =>
      survivingAttacks.length === 0 ? undefined : `${survivingAttacks.join()} is not caught`,
    );
    for (const { chip, survivors, mutants } of chips) {
      counter.check(`${name} ${chip}`, () => {
        const [first] = survivors;
        if (first === undefined) return undefined;
        const { column, row, from, to } = first;
        return `${survivors.length} of ${mutants} survive: '${column}' row ${row} from ${from} to ${to}`;
      });
    }
  }
  return counter.result();
}

/** Takes what is written to x0. */
const UNREAD_REGISTER = 32;

/** How the machine-mode tests are run and proved. */
export const MACHINE: ProvableInterface = {
  abi: { ...bare, fetch: 'program' },
  calls: 'standard',
  convention: { register: REGISTER.a7, exit: 93n },
  lowerOther: lowerEnvironment,
};

const ZKVM: ProvableInterface = {
  abi: halting,
  calls: 'standard',
  convention: { register: REGISTER.t0, exit: 0n },
};

/** Programs that write instructions and execute them. */
const SELF_MODIFYING = /fence_i$/;

/** The instructions that such a program writes, found by running it; undefined for those with fixed code. */
function writtenCodeOf({
  name,
  elf,
}: Pick<Program, 'name' | 'elf'>): readonly WrittenInstruction[] | undefined {
  if (!SELF_MODIFYING.test(name)) return undefined;
  const written: WrittenInstruction[] = [];
  for (;;) {
    try {
      createRiscvProver({
        elf: fromBase64(elf),
        guest: MACHINE,
        writtenCode: written,
        parameters: 'dev',
      }).estimate();
      return written;
    } catch (error) {
      if (!isNinefoldError(error, 'RISCV_WRITTEN_CODE')) throw error;
      written.push(error.context as WrittenInstruction);
    }
  }
}

/** Proves the run and verifies the receipt; what is wrong, or nothing. */
function proveProgram({ name, elf, instret }: Program, guest: ProvableInterface): string | undefined {
  const writtenCode = writtenCodeOf({ name, elf });
  const prover = createRiscvProver({ elf: fromBase64(elf), guest, writtenCode });
  const { receipt, result } = prover.prove({ limits: { cycles: 1_000_000 } });
  const { exitCode, security } = verifyReceipt(receipt, { programId: prover.programId });
  return (
    differs('exit code', exitCode, 0) ??
    differs('instructions', result.cycles, instret) ??
    (security.provenBits < 100 ? `${security.provenBits} bits are proven` : undefined)
  );
}

function provePrograms(suite: string, programs: readonly Program[], guest: ProvableInterface): FolderResult {
  const counter = createCounter(suite);
  for (const program of programs) counter.check(program.name, () => proveProgram(program, guest));
  return counter.result();
}

/** riscv-tests of rv32im in the form that zkVMs run: proved and verified. */
export function runZkvmTests(folder: string): FolderResult {
  const { tests } = readJson<{ readonly tests: readonly Program[] }>(
    folder,
    'riscv_tests_risc0_rv32im.json.gz',
  );
  return provePrograms('proofs/zkvm', tests, ZKVM);
}

/** riscv-tests of rv32 and rv64, ui, um and ua, in their own environment: proved and verified. */
export function runMachineTests(folder: string): FolderResult {
  const { tests } = readJson<{ readonly tests: readonly Program[] }>(folder, 'riscv_tests_p.json.gz');
  const programs = tests.filter(({ name }) => /^rv(32|64)u[ima]-p-/.test(name));
  return provePrograms('proofs/zkvm-machine', programs, MACHINE);
}
