import { type Chip, defineMachine, type Machine, type PublicMessage } from '@ninefold/stark';
import type { Xlen } from '../spec/opcodes.ts';
import { type Buses, defineBuses, START_TIME } from './buses.ts';
import { additionChip } from './chips/addition.ts';
import { bitwiseChip } from './chips/bitwise.ts';
import { branchChip } from './chips/branch.ts';
import { comparisonChip } from './chips/comparison.ts';
import { divisionChip } from './chips/division.ts';
import { amountsChip, bytesChip, imageChip, programChip, registersChip } from './chips/fixed.ts';
import { hostCallChip } from './chips/host-call.ts';
import { jumpChip } from './chips/jump.ts';
import type { StepChip } from './chips/machine-chip.ts';
import { loadChip, storeChip } from './chips/memory-access.ts';
import { memoryEndsChip } from './chips/memory-ends.ts';
import type { MemoryStepChip } from './chips/memory-step.ts';
import { multiplicationChip } from './chips/multiplication.ts';
import { outputChip } from './chips/output.ts';
import { shiftChip } from './chips/shift.ts';
import { type Shape, SHAPES } from './words.ts';

/** The chips of a machine for one width of words. */
export type MachineChips = {
  readonly shape: Shape;
  readonly buses: Buses;
  /** By the operations they do. */
  readonly steps: readonly StepChip[];
  /** Loads and stores that stay in a word, then those that reach into the next one. */
  readonly memory: readonly MemoryStepChip[];
  readonly across: readonly MemoryStepChip[];
  readonly hostCall: Chip;
  readonly output: Chip;
  readonly memoryEnds: Chip;
  readonly registers: Chip;
  readonly program: Chip;
  readonly image: Chip;
  readonly bytes: Chip;
  readonly amounts: Chip;
};

function createChips(shape: Shape): MachineChips {
  const buses = defineBuses(shape);
  const widths = shape.limbs === 2 ? [2] : [4, 2];
  return {
    shape,
    buses,
    steps: [
      ...widths.map((width) => additionChip(shape, buses, width)),
      bitwiseChip(shape, buses),
      comparisonChip(shape, buses),
      branchChip(shape, buses),
      jumpChip(shape, buses),
      ...widths.map((width) => shiftChip(shape, buses, width)),
      ...widths.map((width) => multiplicationChip(shape, buses, width)),
      ...widths.map((width) => divisionChip(shape, buses, width)),
    ],
    memory: [loadChip(shape, buses, 1), storeChip(shape, buses, 1)],
    across: [loadChip(shape, buses, 2), storeChip(shape, buses, 2)],
    hostCall: hostCallChip(shape, buses),
    output: outputChip(shape, buses),
    memoryEnds: memoryEndsChip(shape, buses),
    registers: registersChip(shape, buses),
    program: programChip(shape, buses),
    image: imageChip(shape, buses),
    bytes: bytesChip(buses),
    amounts: amountsChip(buses),
  };
}

const CHIPS: Partial<Record<Xlen, MachineChips>> = {};

/** The chips of a width, made on first use. */
export function chipsOf(xlen: Xlen): MachineChips {
  return (CHIPS[xlen] ??= createChips(SHAPES[xlen]));
}

/** What a proof says: where the run began, how it ended, what it made public. */
export type Statement = {
  /** Address of the first instruction. */
  readonly entry: number;
  readonly exitCode: number;
  readonly journal: Uint8Array;
};

/** A statement as the public values of a proof. */
export function publicValuesOf({ entry, exitCode, journal }: Statement): number[] {
  return [entry / 4, exitCode % 65_536, Math.floor(exitCode / 65_536), ...journal];
}

/** Public values before those of the journal. */
const FIXED_PUBLIC_VALUES = 3;

/**
 * The machine for statements with a journal of that length. Its messages are what ties the run to the
 * statement: one token of state begins at the entry, one call ends with the exit code, and the journal's
 * bytes are those that were written, each at its place.
 */
export function machineFor(xlen: Xlen, journalLength: number): Machine {
  const chips = chipsOf(xlen);
  const { buses } = chips;
  return defineMachine({
    name: `rv${xlen}im`,
    chips: [
      ...[...chips.steps, ...chips.memory, ...chips.across].map(({ chip }) => chip),
      chips.hostCall,
      chips.output,
      chips.memoryEnds,
      chips.registers,
      chips.program,
      chips.image,
      chips.bytes,
      chips.amounts,
    ],
    publicCount: FIXED_PUBLIC_VALUES + journalLength,
    messages: ([entry = 0, low = 0, high = 0, ...journal]): readonly PublicMessage[] => [
      { bus: buses.state, values: [entry, START_TIME], multiplicity: 1 },
      { bus: buses.exit, values: [low, high], multiplicity: -1 },
      ...journal.map((byte, position) => ({
        bus: buses.journal,
        values: [position, byte],
        multiplicity: -1,
      })),
    ],
  });
}
