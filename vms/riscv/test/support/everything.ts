import { encodeInstruction, type Operands } from '../../src/code/encode.ts';
import type { Xlen } from '../../src/spec/opcodes.ts';
import { programElf } from './elf.ts';

const REGISTER_OPERATIONS =
  'add sub and or xor slt sltu sll srl sra mul mulh mulhsu mulhu div divu rem remu'.split(' ');
const NARROW_OPERATIONS = 'addw subw sllw srlw sraw mulw divw divuw remw remuw'.split(' ');
const BRANCHES = 'beq bne blt bge bltu bgeu'.split(' ');

/** Operands at which carries, signs and divisions change. */
const OPERANDS: readonly (readonly [number, number])[] = [
  [0x12345678, 0x0000fe01],
  [-1, -3],
  [-(2 ** 31), -1],
  [7, 0],
  [-7, 13],
  [0x7fff0000, -(2 ** 31)],
  [-6, -2],
  [9, -4],
];

/** The exit code of {@link everythingElf}. */
export const EXIT_CODE = 3;

/**
 * A program that uses every operation of the machine, misaligned accesses over words among them, takes its
 * input and writes five bytes of it, from the second on, to the journal.
 */
export function everythingElf(xlen: Xlen): Uint8Array {
  const words: number[] = [];
  const emit = (mnemonic: string, operands: Operands = {}): void => {
    words.push(encodeInstruction(mnemonic, operands, xlen));
  };
  const li = (rd: number, value: number): void => {
    const low = (value << 20) >> 20;
    emit('lui', { rd, imm: (value - low) | 0 });
    emit(xlen === 64 ? 'addiw' : 'addi', { rd, rs1: rd, imm: low });
  };
  const operations = xlen === 64 ? [...REGISTER_OPERATIONS, ...NARROW_OPERATIONS] : REGISTER_OPERATIONS;
  for (const [a, b] of OPERANDS) {
    li(8, a);
    li(9, b);
    for (const mnemonic of operations) emit(mnemonic, { rd: 10, rs1: 8, rs2: 9 });
    for (const mnemonic of BRANCHES) emit(mnemonic, { rs1: 8, rs2: 9, imm: 4 });
    for (const mnemonic of ['addi', 'slti', 'sltiu', 'xori', 'ori', 'andi'])
      emit(mnemonic, { rd: 10, rs1: 8, imm: -5 });
    for (const mnemonic of ['slli', 'srli', 'srai']) emit(mnemonic, { rd: 10, rs1: 8, imm: 13 });
  }
  emit('beq', { rs1: 8, rs2: 8, imm: 8 });
  emit('ebreak');
  emit('add', { rd: 0, rs1: 8, rs2: 9 });
  emit('fence');
  li(11, 0x2_0000);
  li(12, 0x89abcdef | 0);
  for (const imm of [0, 1, 2, 3, 5, 7, 8]) {
    for (const mnemonic of ['sb', 'sh', 'sw', ...(xlen === 64 ? ['sd'] : [])])
      emit(mnemonic, { rs1: 11, rs2: 12, imm });
    for (const mnemonic of ['lb', 'lbu', 'lh', 'lhu', 'lw', ...(xlen === 64 ? ['lwu', 'ld'] : [])])
      emit(mnemonic, { rd: 13, rs1: 11, imm });
  }
  emit('jal', { rd: 1, imm: 4 });
  emit('auipc', { rd: 5 });
  emit('jalr', { rd: 1, rs1: 5, imm: 9 });
  const call = (number: number): void => {
    emit('addi', { rd: 17, imm: number });
    emit('ecall');
  };
  call(1);
  emit('addi', { rd: 10, rs1: 10, imm: 1 });
  emit('addi', { rd: 11, imm: 5 });
  call(2);
  emit('addi', { rd: 11 });
  call(2);
  emit('addi', { rd: 10, imm: 1 });
  emit('addi', { rd: 12 });
  call(64);
  emit('addi', { rd: 10, imm: EXIT_CODE });
  call(93);
  return programElf(xlen, words);
}
