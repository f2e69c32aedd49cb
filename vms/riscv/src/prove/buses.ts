import { type Bus, defineBus } from '@ninefold/stark';
import type { Abi } from '../host/abi.ts';
import type { Shape } from './words.ts';

/**
 * Where a machine has its instructions from: out of a fixed table by their addresses, or out of memory, as a
 * program needs that writes instructions before it executes them.
 */
export type Fetch = Abi['fetch'];

/** What the chips of a machine tell each other. */
export type Buses = {
  /** [pc, time]: the one token that goes from instruction to instruction. */
  readonly state: Bus;
  /**
   * [pc, operation, rd, rs1, rs2, isRegister, imm…, link…, target]: the instruction at pc; behind it the time,
   * where instructions are fetched from memory.
   */
  readonly program: Bus;
  /** [index, upper, low, high, pc, …]: what a word of memory means as an instruction, where they are fetched. */
  readonly code: Bus | undefined;
  /** [space, index, time, limbs…]: a cell's content since that time. Space 0 is registers, 1 and above memory. */
  readonly memory: Bus;
  /** [index, limbs…]: a word of the program's image. */
  readonly image: Bus;
  /** [value]: below 2^16. */
  readonly u16: Bus;
  /** [value]: below 2^13. */
  readonly u13: Bus;
  /** [a, b]: both below 2^8. */
  readonly pair: Bus;
  /** [a, b, a and b] of bytes. */
  readonly and: Bus;
  /** [kind, amount, factor, bytes]: how a shift by a byte's low bits is done. */
  readonly amount: Bus;
  /** [low, high]: the exit code. */
  readonly exit: Bus;
};

export function defineBuses({ limbs }: Shape, fetch: Fetch): Buses {
  const instruction = 7 + 2 * limbs;
  const fetches = fetch === 'memory';
  return {
    state: defineBus('state', 2),
    program: defineBus('program', fetches ? instruction + 1 : instruction),
    code: fetches ? defineBus('code', 4 + instruction) : undefined,
    memory: defineBus('memory', 3 + limbs),
    image: defineBus('image', 1 + limbs),
    u16: defineBus('u16', 1),
    u13: defineBus('u13', 1),
    pair: defineBus('pair', 2),
    and: defineBus('and', 3),
    amount: defineBus('amount', 4),
    exit: defineBus('exit', 2),
  };
}

/**
 * Place of the public value that is 1 in the segment where memory and registers begin and end, and where the
 * run is tied to its statement, and 0 in all others. The verifier sets it: to 1 for the last segment.
 */
export const ENDS_HERE = 0;

/** The space of registers, and of the cells that the machine itself keeps. */
export const REGISTER_SPACE = 0;

/** Cell of space 0 that counts the journal's bytes. */
export const JOURNAL_CELL = 34;

/** A register that a guest's environment may use besides its own; conformance keeps `mepc` there. */
export const SPARE_REGISTER = 33;

/** Registers that steps of microcode use among themselves. */
export const SCRATCH_CELLS = [35, 36] as const;

/** The complement of the address that `lr` has reserved, 0 where none is. */
export const RESERVED_CELL = 37;

/** Cells of space 0. */
export const REGISTER_CELLS = 38;

/** Space of memory whose address has these bits above the low 32. */
export function memorySpace(high: number): number {
  return 1 + high;
}

/**
 * What the clock gains with an instruction; its accesses happen at times in between.
 *
 * Times are unique, and earlier is told from later by differences, over all segments: a row that moves the
 * clock by a step has {@link MIN_STEP_MESSAGES} messages at least, and a proof has fewer than 2^31 - 1 of
 * them, so that no time comes to two thirds of that. A difference below 2^29 modulo 2^31 - 1 is then one of
 * integers.
 */
export const TIME_STEP = 4;

/** Fewest messages of a row for each step by which it moves the clock. */
export const MIN_STEP_MESSAGES = 6;

/** The clock at the first instruction: everything begins at 0. */
export const START_TIME = 4;

/** Offsets to an instruction's time at which it accesses its cells. */
export const SLOT = { FETCH: 0, RS1: 0, RS2: 1, MEMORY: 2, RD: 3 } as const;
