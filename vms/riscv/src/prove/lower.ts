import { decodeInstruction, type Instruction } from '../code/instruction.ts';
import { SINK } from '../engine/layout.ts';
import { REGISTER } from '../spec/registers.ts';
import type { Limbs, Shape } from './words.ts';

// A program as the proving machine knows it: fewer operations than the instruction set has, with all that
// is known beforehand computed. `lui` and `auipc` are sums of x0 and a constant, `jal` is a jump through
// x0 to a constant address, fences add nothing to x0.

/** Operations of the machine; the number of one is its place here. */
export const MACHINE_OPERATIONS = [
  'none',
  'add',
  'sub',
  'addw',
  'subw',
  'and',
  'or',
  'xor',
  'slt',
  'sltu',
  'sll',
  'srl',
  'sra',
  'sllw',
  'srlw',
  'sraw',
  'beq',
  'bne',
  'blt',
  'bge',
  'bltu',
  'bgeu',
  'jump',
  'lb',
  'lh',
  'lw',
  'lbu',
  'lhu',
  'lwu',
  'ld',
  'sb',
  'sh',
  'sw',
  'sd',
  'mul',
  'mulh',
  'mulhsu',
  'mulhu',
  'mulw',
  'div',
  'divu',
  'rem',
  'remu',
  'divw',
  'divuw',
  'remw',
  'remuw',
  'ecall',
  'terminate',
  'hint',
  'reveal',
] as const;

export type MachineOperation = (typeof MACHINE_OPERATIONS)[number];

/** Number of an operation in messages. */
export function operationNumber(operation: MachineOperation): number {
  return MACHINE_OPERATIONS.indexOf(operation);
}

/** An instruction of the program table. Addresses are counted in instructions, four bytes each. */
export type ProgramRow = {
  readonly pc: number;
  /** The instruction as it stands in memory. */
  readonly word: number;
  readonly operation: MachineOperation;
  /** Registers; what is written to x0 goes to a register that nobody reads. */
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
  /** Whether the second operand is rs2, and not `imm`. */
  readonly isRegister: boolean;
  /** Constant operand, or offset of an address, as an unsigned word. */
  readonly imm: bigint;
  /** Address behind the instruction, of jumps. */
  readonly link: bigint;
  /** Where a branch leads. */
  readonly target: number;
};

/** A row of the program's table with its place there, and with its words as limbs. */
export type PreparedRow = ProgramRow & {
  readonly index: number;
  /** The operation's. */
  readonly number: number;
  readonly immLimbs: Limbs;
  readonly linkLimbs: Limbs;
};

/** How a guest asks the host: the register that holds the call's number, and the number that ends the run. */
export type CallConvention = { readonly register: number; readonly exit: bigint };

export const STANDARD_CONVENTION: CallConvention = { register: REGISTER.a7, exit: 93n };

/** A place where no instruction is: a jump that would trap leads there. */
export const NOWHERE: number = 2 ** 30;

/** How an instruction that is not one of the base sets is lowered; `undefined` when it cannot be proved. */
export type LowerOther = (
  instruction: Instruction & { readonly word: number },
  pc: number,
) => Partial<ProgramRow> | undefined;

/** What is lowered in a way of the guest interface's own. */
export type Lowering = {
  /** How `ecall` asks; it cannot be proved where absent. */
  readonly convention?: CallConvention | undefined;
  /** How instructions beside the base sets are proved, if they are. */
  readonly lowerOther?: LowerOther | undefined;
};

/** Lowers the instruction at the byte address `address`; `undefined` when the machine cannot prove it. */
export function lowerInstruction(
  instructionWord: number,
  address: number,
  shape: Shape,
  { convention, lowerOther }: Lowering,
): ProgramRow | undefined {
  const instruction = decodeInstruction(instructionWord, shape.xlen);
  if (instruction === undefined) return undefined;
  const { spec, rd, rs1, rs2, imm } = instruction;
  const word = (value: number): bigint => BigInt.asUintN(shape.xlen, BigInt(value));
  const row = (operation: MachineOperation, fields: Partial<ProgramRow>): ProgramRow => ({
    pc: address / 4,
    word: instructionWord,
    operation,
    rd: rd === 0 ? SINK : rd,
    rs1,
    rs2: 0,
    isRegister: false,
    imm: 0n,
    link: 0n,
    target: 0,
    ...fields,
  });
  const { mnemonic, format } = spec;
  switch (format) {
    case 'register':
      return row(mnemonic as MachineOperation, { rs2, isRegister: true });
    case 'immediate':
    case 'shift':
      return row(withoutImmediate(mnemonic), { imm: word(imm) });
    case 'upper':
      return row('add', { rs1: 0, imm: word(mnemonic === 'auipc' ? address + imm : imm) });
    case 'jump':
      return row('jump', { rs1: 0, imm: word(address + imm), link: word(address + 4) });
    case 'load':
      return mnemonic === 'jalr'
        ? row('jump', { imm: word(imm), link: word(address + 4) })
        : row(mnemonic as MachineOperation, { imm: word(imm) });
    case 'store':
      return row(mnemonic as MachineOperation, { rd: 0, rs2, isRegister: true, imm: word(imm) });
    case 'branch': {
      const target = (address + imm) / 4;
      const isPlace = Number.isInteger(target) && target >= 0 && target < NOWHERE;
      return row(mnemonic as MachineOperation, {
        rd: 0,
        rs2,
        isRegister: true,
        target: isPlace ? target : NOWHERE,
      });
    }
    case 'fence':
      return row('add', { rd: SINK, rs1: 0 });
    default: {
      if (mnemonic === 'ecall' && convention !== undefined)
        return row('ecall', { rd: 0, rs1: convention.register, imm: convention.exit });
      const other = lowerOther?.({ ...instruction, word: instructionWord }, address);
      return other && row('add', other);
    }
  }
}

/** `addiw` is `addw` with a constant; `sltiu` is `sltu`. */
function withoutImmediate(mnemonic: string): MachineOperation {
  const name = mnemonic === 'sltiu' ? 'sltu' : mnemonic.replace(/i(w?)$/, '$1');
  return name as MachineOperation;
}
