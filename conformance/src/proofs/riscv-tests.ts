import { type Abi, createRiscv, exitByA0, type Machine, REGISTER, type RunResult } from '@ninefold/vm-riscv';
import type { FolderResult } from '../suite.ts';
import { createCounter, differs, fromBase64 } from '../svm/read.ts';
import { readJson } from './read.ts';

export type Program = {
  readonly name: string;
  readonly ext?: string;
  readonly elf: string;
  readonly instret: number;
};

export const MEPC = 0x341;
const EXIT = 93n;

/**
 * What the physical-memory environment of riscv-tests expects of a machine: control registers that
 * read as 0, of which only `mepc` keeps what is written, `mret` to there, and an exit call.
 */
export const bare: Abi = {
  name: 'bare',
  xlens: [32, 64],
  bounds: { low: 0, high: 2 ** 32 },
  fetch: 'memory',
  misaligned: 'supported',
  start: (machine) => {
    let mepc = 0n;
    return {
      answer: ({ spec, rd, rs1, imm }) => {
        if (spec.extension === 'Zicsr') {
          if (imm === MEPC && spec.mnemonic === 'csrrw') mepc = machine.register(rs1);
          machine.setRegister(rd, 0n);
          return 'next';
        }
        if (spec.mnemonic === 'mret') return { jump: mepc };
        if (spec.mnemonic !== 'ecall') return 'illegal';
        return machine.register(REGISTER.a7) === EXIT ? exitByA0(machine) : 'illegal';
      },
    };
  },
};

/** RISC Zero's build of the tests halts by the call 0 in t0. */
export const halting: Abi = {
  ...bare,
  name: 'halting',
  xlens: [32],
  start: (machine) => ({
    answer: ({ spec }) =>
      spec.mnemonic === 'ecall' && machine.register(REGISTER.t0) === 0n ? exitByA0(machine) : 'illegal',
  }),
};

/** How a run is described when it has not gone well. */
export function problemOf({ outcome }: RunResult): string | undefined {
  if (outcome.kind === 'exit' && outcome.code === 0) return undefined;
  return JSON.stringify(outcome, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString(16) : value,
  );
}

function runPrograms(suite: string, programs: readonly Program[], abi: Abi): FolderResult {
  const counter = createCounter(suite);
  for (const { name, elf, instret } of programs) {
    counter.check(name, () => {
      const result = createRiscv({ elf: fromBase64(elf), abi }).run({ limits: { cycles: 1_000_000 } });
      return problemOf(result) ?? differs('instructions', result.cycles, instret);
    });
  }
  return counter.result();
}

/** The official tests for rv32 and rv64, ui, um and ua; those of compressed instructions need another machine. */
export function runRiscvTests(folder: string): FolderResult {
  const { tests } = readJson<{ readonly tests: readonly Program[] }>(folder, 'riscv_tests_p.json.gz');
  return runPrograms(
    'proofs/riscv-tests',
    tests.filter(({ ext }) => ext !== 'c'),
    bare,
  );
}

/** The same tests of rv32im in the form that zkVMs run, without control registers. */
export function runRiscvTestsZkvm(folder: string): FolderResult {
  const { tests } = readJson<{ readonly tests: readonly Program[] }>(
    folder,
    'riscv_tests_risc0_rv32im.json.gz',
  );
  return runPrograms('proofs/riscv-tests-zkvm', tests, halting);
}

export type ArchTest = {
  readonly name: string;
  readonly elf: string;
  readonly begin_signature: number;
  readonly end_signature: number;
  readonly signature: string;
};

/** Word at an address of the tests' environment that turns the closing loop into an exit call. */
export const EXIT_SWITCH = { address: 0xa000f890, value: 0x0fffeeee } as const;

/** The architecture tests of RV64IM: what they leave in memory, as the Sail model left it. */
export function runArchTests(folder: string): FolderResult {
  const { tests } = readJson<{ readonly tests: readonly ArchTest[] }>(folder, 'arch_test_rv64im.json.gz');
  const counter = createCounter('proofs/arch-tests');
  for (const test of tests) {
    counter.check(test.name, () => {
      let signature = '';
      const abi: Abi = {
        ...bare,
        start: (machine, input, outputs) => {
          machine.memory.writeU32(EXIT_SWITCH.address, EXIT_SWITCH.value);
          const { answer } = bare.start(machine, input, outputs);
          return {
            answer: (instruction) => {
              if (instruction.spec.mnemonic === 'ecall') signature = signatureOf(machine, test);
              return answer(instruction);
            },
          };
        },
      };
      const result = createRiscv({ elf: fromBase64(test.elf), abi }).run({ limits: { cycles: 100_000 } });
      return result.outcome.kind === 'exit'
        ? differs('signature', signature, test.signature.trim())
        : problemOf(result);
    });
  }
  return counter.result();
}

export function signatureOf({ memory }: Machine, { begin_signature, end_signature }: ArchTest): string {
  const lines: string[] = [];
  for (let at = begin_signature; at < end_signature; at += 4) {
    lines.push(memory.readU32(at).toString(16).padStart(8, '0'));
  }
  return lines.join('\n');
}
