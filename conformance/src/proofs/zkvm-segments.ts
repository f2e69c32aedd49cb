import {
  createRiscvProver,
  encodeInstruction,
  instructionBytes,
  MIN_SEGMENT_CYCLES,
  STANDARD_CALL,
  verifyReceipt,
  writeElf,
} from '@ninefold/vm-riscv';
import type { FolderResult } from '../suite.ts';
import { createCounter, differs, fromBase64 } from '../svm/read.ts';
import { readJson } from './read.ts';
import type { Program } from './riscv-tests.ts';
import { MACHINE } from './zkvm.ts';

/** Instructions of the long run, and of its segments; guests of other zkVMs take five of the largest size. */
const LONG_CYCLES = 700_000;
const LONG_SEGMENT_CYCLES: number = 2 ** 18;

const TEXT = 0x1_0000;
const DATA = 0x2_0000;
/** Turns of the inner loop, of nine instructions; the outer one has three more. */
const INNER_TURNS = 1000;

/** Registers by their names in the calling convention. */
const [s0, s1, s2, a0, a1, a7, t0, t1] = [8, 9, 18, 10, 11, 17, 5, 6];

/**
 * A guest that goes through an array again and again, adds its number to each word and multiplies, and puts
 * the last word into the journal.
 */
function longGuest(cycles: number): Uint8Array {
  const turns = Math.floor(cycles / (9 * INNER_TURNS + 4));
  const lines: readonly (readonly [string, Parameters<typeof encodeInstruction>[1]])[] = [
    ['addi', { rd: s2, imm: turns }],
    ['lui', { rd: s0, imm: DATA }],
    ['addi', { rd: s1, imm: INNER_TURNS }],
    ['lw', { rd: t0, rs1: s0 }],
    ['add', { rd: t0, rs1: t0, rs2: s1 }],
    ['mul', { rd: t1, rs1: t0, rs2: s2 }],
    ['srli', { rd: t1, rs1: t1, imm: 3 }],
    ['xor', { rd: t0, rs1: t0, rs2: t1 }],
    ['sw', { rs1: s0, rs2: t0 }],
    ['addi', { rd: s0, rs1: s0, imm: 4 }],
    ['addi', { rd: s1, rs1: s1, imm: -1 }],
    ['bne', { rs1: s1, imm: -32 }],
    ['addi', { rd: s2, rs1: s2, imm: -1 }],
    ['bne', { rs1: s2, imm: -48 }],
    ['addi', { rd: a0, rs1: s0, imm: -4 }],
    ['addi', { rd: a1, imm: 4 }],
    ['addi', { rd: a7, imm: STANDARD_CALL.WRITE_OUTPUT }],
    ['ecall', {}],
    ['addi', { rd: a0 }],
    ['addi', { rd: a7, imm: STANDARD_CALL.EXIT }],
    ['ecall', {}],
  ];
  const words = lines.map(([mnemonic, operands]) => encodeInstruction(mnemonic, operands, 32));
  return writeElf(32, [{ address: TEXT, bytes: instructionBytes(words), flags: 5 }], TEXT);
}

/**
 * Runs in several segments: every riscv-test of rv32 and rv64 cut after 256 instructions, and a long one with
 * 100 proven bits. What they say is what they say in one piece.
 */
export function runSegmentProofs(folder: string): FolderResult {
  const { tests } = readJson<{ readonly tests: readonly Program[] }>(folder, 'riscv_tests_p.json.gz');
  const counter = createCounter('proofs/zkvm-segments');
  for (const { name, elf, instret } of tests.filter((test) =>
    /^rv(32|64)u[im]-p-(?!fence_i)/.test(test.name),
  )) {
    counter.check(name, () => {
      const options = { elf: fromBase64(elf), guest: MACHINE, parameters: 'dev' } as const;
      const prover = createRiscvProver({ ...options, segmentCycles: MIN_SEGMENT_CYCLES });
      const { receipt, result } = prover.prove({ limits: { cycles: 1_000_000 } });
      const { exitCode, segments } = verifyReceipt(receipt, {
        programId: createRiscvProver(options).programId,
        allowInsecure: true,
      });
      return (
        differs('exit code', exitCode, 0) ??
        differs('instructions', result.cycles, instret) ??
        differs('segments', segments, Math.ceil(instret / MIN_SEGMENT_CYCLES))
      );
    });
  }
  counter.check(`a run of ${LONG_CYCLES} instructions`, () => {
    const prover = createRiscvProver({
      elf: longGuest(LONG_CYCLES),
      segmentCycles: LONG_SEGMENT_CYCLES,
    });
    const begun = performance.now();
    const { receipt, result } = prover.prove();
    const proved = performance.now();
    const { journal, security, segments } = verifyReceipt(receipt, prover);
    process.stderr.write(
      `  ${result.cycles} instructions in ${segments} segments: proved in ${((proved - begun) / 1000).toFixed(1)} s, verified in ${Math.round(performance.now() - proved)} ms, ${receipt.proof.length} bytes\n`,
    );
    return (
      differs('segments', segments, Math.ceil(result.cycles / LONG_SEGMENT_CYCLES)) ??
      differs('journal', journal.join(), result.journal.join()) ??
      (security.provenBits < 100 ? `${security.provenBits} bits are proven` : undefined)
    );
  });
  return counter.result();
}
