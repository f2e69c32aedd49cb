import { encodeInstruction, instructionBytes, STANDARD_CALL, writeElf } from '@ninefold/vm-riscv';

const TEXT = 0x1_0000;
const RESULT = 0x2_0000;

/** Registers by their names in the calling convention. */
const [t0, t1, t2, t3, a0, a1, a7] = [5, 6, 7, 28, 10, 11, 17];

type Line = readonly [mnemonic: string, operands?: Parameters<typeof encodeInstruction>[1]];

/** Instructions of the loop: what one more term takes. */
export const STEP_CYCLES = 5;

/**
 * A guest for RV32 that works out the Fibonacci number of that index modulo 2^32, one addition a term, and
 * writes it to the journal.
 */
export function fibonacciGuest(terms: number): Uint8Array {
  const upper = (terms + 0x800) & ~0xfff;
  const lines: readonly Line[] = [
    ['lui', { rd: t2, imm: upper }],
    ['addi', { rd: t2, rs1: t2, imm: terms - upper }],
    ['addi', { rd: t1, imm: 1 }],
    // The loop: t0, t1 := t1, t0 + t1.
    ['add', { rd: t3, rs1: t0, rs2: t1 }],
    ['addi', { rd: t0, rs1: t1 }],
    ['addi', { rd: t1, rs1: t3 }],
    ['addi', { rd: t2, rs1: t2, imm: -1 }],
    ['bne', { rs1: t2, imm: -4 * (STEP_CYCLES - 1) }],
    ['lui', { rd: a0, imm: RESULT }],
    ['sw', { rs1: a0, rs2: t0 }],
    ['addi', { rd: a1, imm: 4 }],
    ['addi', { rd: a7, imm: STANDARD_CALL.WRITE_OUTPUT }],
    ['ecall'],
    ['addi', { rd: a0 }],
    ['addi', { rd: a7, imm: STANDARD_CALL.EXIT }],
    ['ecall'],
  ];
  const words = lines.map(([mnemonic, operands = {}]) => encodeInstruction(mnemonic, operands, 32));
  return writeElf(32, [{ address: TEXT, bytes: instructionBytes(words), flags: 5 }], TEXT);
}

/** The same number as the guest writes it: 32 bits, little-endian. */
export function fibonacciJournal(terms: number): Uint8Array {
  let [a, b] = [0, 1];
  for (let i = 0; i < terms; i++) [a, b] = [b, (a + b) >>> 0];
  return new Uint8Array(Uint32Array.of(a).buffer);
}
