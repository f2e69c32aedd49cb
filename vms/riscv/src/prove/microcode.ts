import { decodeInstruction } from '../code/instruction.ts';
import { SINK } from '../engine/layout.ts';
import { RESERVED_CELL, SCRATCH_CELLS } from './buses.ts';
import { type MachineOperation, NOWHERE, type ProgramRow } from './lower.ts';
import type { Shape } from './words.ts';

// Atomic instructions are short programs of the machine's own operations, which stand at places of their own behind
// all instructions: the instruction is a branch there, its last step one back. Nothing comes in between, so that they
// are atomic; and a hart that is alone sees its reservation end by its own `sc` only.

/** Numbers of the first step of microcode, where addresses of instructions end. */
export const MICROCODE: number = NOWHERE + 1;

/** A step: its second operand is a register or a constant; its target, of a branch, is a step's index. */
type Step = {
  readonly operation: MachineOperation;
  readonly rd?: number;
  readonly rs1: number;
  readonly rs2?: number;
  readonly imm?: number;
  readonly target?: number;
};

const [OLD, NEW] = SCRATCH_CELLS;
const ALL_ONES = -1;
const ALWAYS = { operation: 'beq', rs1: 0, rs2: 0 } as const;
/** A branch to a place that has no instruction, where a run cannot go on. */
const TRAP = Infinity;
/** A branch behind the instruction. */
const BACK = -1;

const copy = (rd: number, rs1: number): Step => ({ operation: 'add', rd, rs1, imm: 0 });

/** What memory will hold is put into NEW, given OLD, by steps that begin with number `first`. */
function combined(name: string, rs2: number, isNarrow: boolean, first: number): readonly Step[] {
  const operand: Step = { operation: isNarrow ? 'addw' : 'add', rd: NEW, rs1: rs2, imm: 0 };
  // Words are compared with their signs extended: that keeps the order of unsigned ones too.
  const chosen = (operation: MachineOperation, isLess: boolean): readonly Step[] => [
    operand,
    { operation, rs1: isLess ? NEW : OLD, rs2: isLess ? OLD : NEW, target: first + 3 },
    copy(NEW, OLD),
  ];
  switch (name) {
    case 'amoswap':
      return [copy(NEW, rs2)];
    case 'amomin':
      return chosen('blt', true);
    case 'amomax':
      return chosen('blt', false);
    case 'amominu':
      return chosen('bltu', true);
    case 'amomaxu':
      return chosen('bltu', false);
    default:
      return [{ operation: name.slice('amo'.length) as MachineOperation, rd: NEW, rs1: OLD, rs2 }];
  }
}

/**
 * The steps of an atomic instruction; undefined for any other one.
 *
 * @example amoadd.w a0, a1, (a2): is a2 a multiple of 4, old = lw (a2), new = old + a1, sw new, a0 = old
 */
export function microcodeOf(word: number, { xlen }: Shape): readonly Step[] | undefined {
  const instruction = decodeInstruction(word, xlen);
  if (instruction?.spec.extension !== 'A') return undefined;
  const { spec, rs1, rs2 } = instruction;
  const rd = instruction.rd === 0 ? SINK : instruction.rd;
  const [name, suffix] = spec.mnemonic.split('.') as [string, 'w' | 'd'];
  const size = suffix === 'w' ? 4 : 8;
  const store = (value: number): Step => ({ operation: `s${suffix}`, rs1, rs2: value, imm: 0 });
  const steps: Step[] = [
    { operation: 'and', rd: OLD, rs1, imm: size - 1 },
    { operation: 'bne', rs1: OLD, rs2: 0, target: TRAP },
  ];
  if (name === 'sc') {
    const end = steps.length + 5;
    steps.push(
      { operation: 'add', rd: OLD, rs1: 0, imm: 1 },
      { operation: 'xor', rd: NEW, rs1, imm: ALL_ONES },
      { operation: 'bne', rs1: NEW, rs2: RESERVED_CELL, target: end },
      store(rs2),
      copy(OLD, 0),
      copy(RESERVED_CELL, 0),
    );
  } else {
    steps.push({ operation: `l${suffix}`, rd: OLD, rs1, imm: 0 });
    // The address' complement: nothing is reserved at first, and what is reserved is a multiple of its size.
    if (name === 'lr') steps.push({ operation: 'xor', rd: RESERVED_CELL, rs1, imm: ALL_ONES });
    else steps.push(...combined(name, rs2, size * 8 < xlen, steps.length), store(NEW));
  }
  // The operands have been read by now: the result's register may be theirs.
  steps.push(copy(rd, OLD), { ...ALWAYS, target: BACK });
  return steps;
}

/** Rows of the program table for steps whose first one is numbered `first`, of the instruction at `pc`. */
export function microcodeRows(
  steps: readonly Step[],
  { pc, first }: { readonly pc: number; readonly first: number },
  { xlen }: Shape,
): readonly ProgramRow[] {
  const place = (target: number): number => {
    if (target === BACK) return pc + 1;
    return target === TRAP ? NOWHERE : first + target;
  };
  return steps.map(({ operation, rd = 0, rs1, rs2, imm = 0, target }, i) => ({
    pc: first + i,
    word: 0,
    operation,
    rd,
    rs1,
    rs2: rs2 ?? 0,
    isRegister: rs2 !== undefined,
    imm: BigInt.asUintN(xlen, BigInt(imm)),
    link: 0n,
    target: target === undefined ? 0 : place(target),
  }));
}

/** The row that stands for the instruction itself. */
export function microcodeEntry(pc: number, word: number, first: number): ProgramRow {
  const { operation, rs1, rs2 } = ALWAYS;
  return { pc, word, operation, rd: 0, rs1, rs2, isRegister: true, imm: 0n, link: 0n, target: first };
}

/** What a step of microcode does, for who records it. */
export type MicroEffect = {
  readonly result: bigint;
  /** Of a load or a store. */
  readonly address: bigint;
  /** Number of the step or instruction that follows. */
  readonly next: number;
};

/**
 * Executes a step.
 *
 * @param a first operand; `b` the second one
 * @param load a word of so many bytes, unsigned
 */
export function microEffect(
  { operation, imm, pc, target, isRegister }: ProgramRow,
  { xlen }: Shape,
  a: bigint,
  b: bigint,
  load: (address: bigint, bytes: number) => bigint,
): MicroEffect {
  const signed = (value: bigint): bigint => BigInt.asIntN(xlen, value);
  const effect = (value: bigint, isTaken = false): MicroEffect => ({
    result: BigInt.asUintN(xlen, value),
    address: BigInt.asUintN(xlen, a + (isRegister ? imm : b)),
    next: isTaken ? target : pc + 1,
  });
  switch (operation) {
    case 'add':
      return effect(a + b);
    case 'addw':
      return effect(BigInt.asIntN(32, a + b));
    case 'and':
      return effect(a & b);
    case 'or':
      return effect(a | b);
    case 'xor':
      return effect(a ^ b);
    case 'lw':
      return effect(BigInt.asIntN(32, load(effect(0n).address, 4)));
    case 'ld':
      return effect(load(effect(0n).address, 8));
    case 'beq':
      return effect(0n, a === b);
    case 'bne':
      return effect(0n, a !== b);
    case 'blt':
      return effect(0n, signed(a) < signed(b));
    case 'bltu':
      return effect(0n, a < b);
    default:
      // Stores have no result.
      return effect(0n);
  }
}
