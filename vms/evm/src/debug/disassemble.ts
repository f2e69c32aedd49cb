import type { Bytes } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import { mnemonicOf, opcodeAt } from '../spec/opcodes.ts';
import type { ForkName } from '../types.ts';

/** One instruction of a program. */
export type Instruction = {
  readonly pc: number;
  readonly opcode: number;
  readonly mnemonic: string;
  /** The bytes behind the opcode as hex; empty when there are none. */
  readonly immediate: string;
};

/**
 * All instructions of a program in order. Data behind the code is read as instructions too: only
 * execution tells them apart.
 *
 * @example disassemble(hexToBytes('0x602a00'), 'osaka') // PUSH1 0x2a, STOP
 */
export function disassemble(code: Bytes, fork: ForkName): readonly Instruction[] {
  const instructions: Instruction[] = [];
  for (let pc = 0; pc < code.length;) {
    const opcode = code[pc] as number;
    const size = opcodeAt(opcode, fork)?.immediate ?? 0;
    const immediate = size === 0 ? '' : bytesToHex(code.subarray(pc + 1, pc + 1 + size));
    instructions.push({ pc, opcode, mnemonic: mnemonicOf(opcode, fork), immediate });
    pc += 1 + size;
  }
  return instructions;
}
