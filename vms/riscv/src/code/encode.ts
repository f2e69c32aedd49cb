import { defineErrors } from '@ninefold/base';
import { opcodesOf, type OpSpec, type Xlen } from '../spec/opcodes.ts';
import type { Instruction } from './instruction.ts';

const fail = defineErrors({
  RISCV_UNKNOWN_MNEMONIC: (c: { readonly mnemonic: string; readonly xlen: Xlen }) =>
    `RV${c.xlen} has no instruction ${JSON.stringify(c.mnemonic)}`,
  RISCV_FIELD_RANGE: (c: { readonly mnemonic: string; readonly field: string; readonly value: number }) =>
    `${c.mnemonic} cannot hold ${c.value} in its field ${c.field}`,
});

/** Operands of {@link encodeInstruction}; absent ones are 0. */
export type Operands = Partial<Omit<Instruction, 'spec'>>;

/**
 * The word of an instruction, the inverse of `decodeInstruction`. Fields that the format does not
 * have are ignored.
 *
 * @throws `RISCV_UNKNOWN_MNEMONIC`, `RISCV_FIELD_RANGE`
 * @example encodeInstruction('addi', { rd: 10, imm: 10 }, 32) // 0x00a00513
 */
export function encodeInstruction(mnemonic: string, operands: Operands, xlen: Xlen): number {
  const spec = opcodesOf(xlen).find((candidate) => candidate.mnemonic === mnemonic);
  if (spec === undefined) throw fail('RISCV_UNKNOWN_MNEMONIC', { mnemonic, xlen });
  const { rd = 0, rs1 = 0, rs2 = 0, imm = 0 } = operands;
  const check = (field: string, value: number, low: number, high: number, step = 1): number => {
    if (!Number.isInteger(value) || value < low || value > high || value % step !== 0)
      throw fail('RISCV_FIELD_RANGE', { mnemonic, field, value });
    return value;
  };
  for (const [field, value] of [
    ['rd', rd],
    ['rs1', rs1],
    ['rs2', rs2],
  ] as const)
    check(field, value, 0, 31);
  return (
    (spec.match |
      operandBits(spec, rd << 7, rs1 << 15, rs2 << 20, (...range) => check('imm', imm, ...range), xlen)) >>>
    0
  );
}

type Immediate = (low: number, high: number, step?: number) => number;

/** The bits of the operands; `immediate` checks the range that the format has. */
function operandBits(
  spec: OpSpec,
  rd: number,
  rs1: number,
  rs2: number,
  immediate: Immediate,
  xlen: Xlen,
): number {
  switch (spec.format) {
    case 'register':
    case 'atomic':
    case 'custom':
      return rd | rs1 | rs2;
    case 'immediate':
    case 'load':
      return rd | rs1 | (immediate(-2048, 2047) << 20);
    case 'shift':
      return rd | rs1 | (immediate(0, xlen === 64 && !spec.mnemonic.endsWith('w') ? 63 : 31) << 20);
    case 'store': {
      const imm = immediate(-2048, 2047);
      return rs1 | rs2 | ((imm >> 5) << 25) | ((imm & 31) << 7);
    }
    case 'branch': {
      const imm = immediate(-4096, 4094, 2);
      const high = ((imm >> 12) << 31) | (((imm >> 5) & 63) << 25);
      return rs1 | rs2 | high | (((imm >> 1) & 15) << 8) | (((imm >> 11) & 1) << 7);
    }
    case 'upper':
      return rd | immediate(-(2 ** 31), 2 ** 31 - 4096, 4096);
    case 'jump': {
      const imm = immediate(-(2 ** 20), 2 ** 20 - 2, 2);
      const high = ((imm >> 20) << 31) | (((imm >> 1) & 1023) << 21);
      return rd | high | (((imm >> 11) & 1) << 20) | (((imm >> 12) & 255) << 12);
    }
    case 'loadReserved':
      return rd | rs1;
    case 'csr':
    case 'csrImmediate':
      return rd | rs1 | (immediate(0, 4095) << 20);
    case 'plain':
    case 'fence':
      return 0;
  }
}
