import { type Chip, defineMachine, type Machine, type PublicMessage } from '@ninefold/stark';
import type { Xlen } from '../spec/opcodes.ts';
import { type Buses, defineBuses, type Fetch, START_TIME } from './buses.ts';
import type { Calls, CallSystem, CallSystemName } from './calls/call-system.ts';
import { CALL_SYSTEMS } from './calls/systems.ts';
import { additionChip } from './chips/addition.ts';
import { bitwiseChip } from './chips/bitwise.ts';
import { branchChip } from './chips/branch.ts';
import { comparisonChip } from './chips/comparison.ts';
import { divisionChip } from './chips/division.ts';
import { fetchChip } from './chips/fetch.ts';
import { amountsChip, bytesChip, imageChip, programChip, registersChip } from './chips/fixed.ts';
import { jumpChip } from './chips/jump.ts';
import type { StepChip } from './chips/machine-chip.ts';
import { loadChip, storeChip } from './chips/memory-access.ts';
import { memoryEndsChip } from './chips/memory-ends.ts';
import type { MemoryStepChip } from './chips/memory-step.ts';
import { multiplicationChip } from './chips/multiplication.ts';
import { shiftChip } from './chips/shift.ts';
import { LIMB, type Shape, SHAPES } from './words.ts';

/** The chips of a machine for one width of words, the calls of one guest interface and one way to fetch. */
export type MachineChips = {
  readonly shape: Shape;
  readonly system: CallSystem;
  readonly buses: Buses;
  /** By the operations they do. */
  readonly steps: readonly StepChip[];
  /** Loads and stores that stay in a word, then those that reach into the next one. */
  readonly memory: readonly MemoryStepChip[];
  readonly across: readonly MemoryStepChip[];
  readonly calls: Calls;
  /** Of machines that fetch instructions from memory. */
  readonly fetch: Chip | undefined;
  readonly memoryEnds: Chip;
  readonly registers: Chip;
  readonly program: Chip;
  readonly image: Chip;
  readonly bytes: Chip;
  readonly amounts: Chip;
};

function createChips(shape: Shape, system: CallSystem, fetch: Fetch): MachineChips {
  const buses = defineBuses(shape, fetch);
  const isAligned = system.memory.misaligned === 'trap';
  const widths = shape.limbs === 2 ? [2] : [4, 2];
  return {
    shape,
    system,
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
    memory: [loadChip(shape, buses, 1, isAligned), storeChip(shape, buses, 1, isAligned)],
    across: isAligned ? [] : [loadChip(shape, buses, 2, false), storeChip(shape, buses, 2, false)],
    calls: system.create(shape, buses),
    fetch: buses.code && fetchChip(shape, buses, buses.code),
    memoryEnds: memoryEndsChip(shape, buses, system.memory),
    registers: registersChip(shape, buses),
    program: programChip(shape, buses),
    image: imageChip(shape, buses),
    bytes: bytesChip(buses),
    amounts: amountsChip(buses),
  };
}

/** Which machine a statement is about. */
export type MachineKind = {
  /** The width of its words. */
  readonly xlen: Xlen;
  /** How its guests ask the host. */
  readonly guest: CallSystemName;
  /** Where it has its instructions from. */
  readonly fetch: Fetch;
};

const CHIPS = new Map<string, MachineChips>();

const nameOf = ({ xlen, guest, fetch }: MachineKind): string =>
  `rv${xlen}im ${guest}${fetch === 'memory' ? ', code from memory' : ''}`;

/** The chips of a machine, made on first use. */
export function chipsOf(kind: MachineKind): MachineChips {
  const name = nameOf(kind);
  let chips = CHIPS.get(name);
  if (chips === undefined) {
    chips = createChips(SHAPES[kind.xlen], CALL_SYSTEMS[kind.guest], kind.fetch);
    CHIPS.set(name, chips);
  }
  return chips;
}

/** What a proof says: where the run began, how it ended, what it made public. */
export type Statement = MachineKind & {
  /** Address of the first instruction. */
  readonly entry: number;
  readonly exitCode: number;
  readonly journal: Uint8Array;
};

/** A statement as the public values of the last segment, which is the only one that says anything. */
export function publicValuesOf({ guest, entry, exitCode, journal }: Statement): number[] {
  const own = CALL_SYSTEMS[guest].publicValues(journal);
  return [1, entry / 4, exitCode % LIMB, Math.floor(exitCode / LIMB), ...own];
}

/** The public values of that many segments: zero in all but the last. */
export function segmentPublicValues(
  last: readonly number[],
  segments: number,
): readonly (readonly number[])[] {
  const none = last.map(() => 0);
  return Array.from({ length: segments }, (_, i) => (i === segments - 1 ? last : none));
}

/** Public values before those of the journal. */
const FIXED_PUBLIC_VALUES = 4;

/**
 * The machine for statements with a journal of that length. Its messages are what ties the run to the
 * statement: one token of state begins at the entry, one call ends with the exit code, and the journal is
 * what the guest's calls made public. They are those of the last segment; the token goes through all of them.
 */
export function machineFor(kind: MachineKind, journalLength: number): Machine {
  const chips = chipsOf(kind);
  const { buses, calls, system } = chips;
  return defineMachine({
    name: nameOf(kind),
    chips: [
      ...[...chips.steps, ...chips.memory, ...chips.across].map(({ chip }) => chip),
      ...calls.chips,
      ...(chips.fetch === undefined ? [] : [chips.fetch]),
      chips.memoryEnds,
      chips.registers,
      chips.program,
      chips.image,
      chips.bytes,
      chips.amounts,
    ],
    publicCount: FIXED_PUBLIC_VALUES + system.publicCount(journalLength),
    messages: ([endsHere = 0, entry = 0, low = 0, high = 0, ...journal]): readonly PublicMessage[] =>
      endsHere === 0
        ? []
        : [
            { bus: buses.state, values: [entry, START_TIME], multiplicity: 1 },
            { bus: buses.exit, values: [low, high], multiplicity: -1 },
            ...calls.messages(journal),
          ],
  });
}
