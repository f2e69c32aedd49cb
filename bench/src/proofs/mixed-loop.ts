import { encodeInstruction, instructionBytes, STANDARD_CALL, writeElf, type Xlen } from '@ninefold/vm-riscv';

const TEXT = 0x1_0000;
const DATA = 0x2_0000;

/** Instructions of the loop. */
const LOOP_CYCLES = 9;

/** Registers by their names in the calling convention. */
const [s0, s1, a0, a7, t0, t1, t2] = [8, 9, 10, 17, 5, 6, 7];

/**
 * A guest whose loop has two additions and a decrement, exclusive or, shift, comparison, store, load and
 * branch, as compiled code mixes them; it makes about `cycles` steps.
 */
export function mixedLoopGuest(xlen: Xlen, cycles: number): Uint8Array {
  const turns = Math.floor((cycles - 8) / LOOP_CYCLES);
  const upper = (turns + 0x800) & ~0xfff;
  const lines: readonly (readonly [mnemonic: string, operands?: Parameters<typeof encodeInstruction>[1]])[] =
    [
      ['lui', { rd: s0, imm: DATA }],
      ['lui', { rd: s1, imm: upper }],
      ['addi', { rd: s1, rs1: s1, imm: turns - upper }],
      ['add', { rd: t0, rs1: t0, rs2: s1 }],
      ['xor', { rd: t1, rs1: t1, rs2: t0 }],
      ['slli', { rd: t2, rs1: t1, imm: 3 }],
      ['sltu', { rd: a0, rs1: t1, rs2: t2 }],
      ['sw', { rs1: s0, rs2: t2, imm: 16 }],
      ['lw', { rd: t1, rs1: s0, imm: 16 }],
      ['add', { rd: t0, rs1: t0, rs2: a0 }],
      ['addi', { rd: s1, rs1: s1, imm: -1 }],
      ['bne', { rs1: s1, imm: -4 * (LOOP_CYCLES - 1) }],
      ['addi', { rd: a0 }],
      ['addi', { rd: a7, imm: STANDARD_CALL.EXIT }],
      ['ecall'],
    ];
  const words = lines.map(([mnemonic, operands = {}]) => encodeInstruction(mnemonic, operands, xlen));
  return writeElf(xlen, [{ address: TEXT, bytes: instructionBytes(words), flags: 5 }], TEXT);
}
