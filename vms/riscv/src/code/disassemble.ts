import type { Xlen } from '../spec/opcodes.ts';
import { REGISTER_NAMES } from '../spec/registers.ts';
import { decodeInstruction } from './instruction.ts';

const register = (index: number): string => REGISTER_NAMES[index] as string;
const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;

/**
 * The text of one word, in the assembler's syntax without pseudo-instructions. Offsets of branches
 * and jumps are relative, as they stand in the word; a word that is no instruction is `.word`.
 *
 * @example disassembleWord(0x00a00513, 32) // 'addi a0, zero, 10'
 */
export function disassembleWord(word: number, xlen: Xlen): string {
  const instruction = decodeInstruction(word, xlen);
  if (instruction === undefined) return `.word ${hex(word)}`;
  const { spec, imm } = instruction;
  const { mnemonic } = spec;
  const [rd, rs1, rs2] = [instruction.rd, instruction.rs1, instruction.rs2].map(register) as [
    string,
    string,
    string,
  ];
  switch (spec.format) {
    case 'register':
      return `${mnemonic} ${rd}, ${rs1}, ${rs2}`;
    case 'immediate':
    case 'shift':
      return `${mnemonic} ${rd}, ${rs1}, ${imm}`;
    case 'load':
      return `${mnemonic} ${rd}, ${imm}(${rs1})`;
    case 'store':
      return `${mnemonic} ${rs2}, ${imm}(${rs1})`;
    case 'branch':
      return `${mnemonic} ${rs1}, ${rs2}, ${imm}`;
    case 'upper':
      return `${mnemonic} ${rd}, ${hex(imm >>> 12)}`;
    case 'jump':
      return `${mnemonic} ${rd}, ${imm}`;
    case 'atomic':
      return `${mnemonic}${ordering(word)} ${rd}, ${rs2}, (${rs1})`;
    case 'loadReserved':
      return `${mnemonic}${ordering(word)} ${rd}, (${rs1})`;
    case 'csr':
      return `${mnemonic} ${rd}, ${hex(imm)}, ${rs1}`;
    case 'csrImmediate':
      return `${mnemonic} ${rd}, ${hex(imm)}, ${instruction.rs1}`;
    case 'custom':
      return `${mnemonic} ${hex(word)}`;
    case 'plain':
    case 'fence':
      return mnemonic;
  }
}

/** Suffix of an atomic's bits aq and rl. */
function ordering(word: number): string {
  return ['', '.rl', '.aq', '.aqrl'][(word >>> 25) & 3] as string;
}
