import {
  type Chip,
  createTable,
  logHeightFor,
  MAX_LOG_HEIGHT,
  type ChipTrace,
  type Trace,
} from '@ninefold/stark';
import type { Elf } from '../code/elf.ts';
import type { Rows } from '../engine/rows.ts';
import { STANDARD_INPUT_ADDRESS } from '../host/standard.ts';
import { addLimbs, placeOf } from './address.ts';
import { SLOT, START_TIME, TIME_STEP } from './buses.ts';
import { type Cells, createCells, touch } from './cells.ts';
import {
  bytesTable,
  amountsTable,
  imageTable,
  type ImageWord,
  programTable,
  registersTable,
} from './chips/fixed.ts';
import { accessBytes } from './chips/memory-access.ts';
import { fillMemoryEnds } from './chips/memory-ends.ts';
import type { MemoryStep } from './chips/memory-step.ts';
import type { HostEffect } from './effects.ts';
import { tooLong, unprovable } from './errors.ts';
import type { Columns } from './gadgets.ts';
import { createLookups, type Lookups } from './lookups.ts';
import type { PreparedRow, ProgramRow } from './lower.ts';
import type { MachineChips } from './machine.ts';
import { bytesOf, type Limbs, limbsFromBytes, type Shape, toLimbs } from './words.ts';

/** Rows of a run in pieces, again each time it is called. */
export type Replay = (take: (rows: Rows) => void) => void;

/** A program as tables, fixed before any run. */
export type ProgramTables = {
  readonly rows: ReadonlyMap<number, PreparedRow>;
  /** Row of the program table by address. */
  readonly rowOf: ReadonlyMap<number, number>;
  /** First contents of memory's words by number. */
  readonly image: ReadonlyMap<number, Limbs>;
  readonly fixed: Trace;
};

/** The fixed columns of a machine for a program. */
export function programTables(chips: MachineChips, elf: Elf, rows: readonly ProgramRow[]): ProgramTables {
  const { shape } = chips;
  const image = imageOf(elf, shape);
  const words: readonly ImageWord[] = Array.from(image, ([index, limbs]) => ({ index, limbs }));
  return {
    rows: new Map(rows.map((row) => [row.pc, prepared(row, shape)])),
    rowOf: new Map(rows.map(({ pc }, row) => [pc, row])),
    image,
    fixed: {
      [chips.program.name]: programTable(chips.program, shape, rows),
      [chips.image.name]: imageTable(chips.image, shape, words),
      [chips.registers.name]: registersTable(chips.registers),
      [chips.bytes.name]: bytesTable(chips.bytes),
      [chips.amounts.name]: amountsTable(chips.amounts),
    },
  };
}

const prepared = (row: ProgramRow, shape: Shape): PreparedRow => ({
  ...row,
  immLimbs: toLimbs(row.imm, shape),
  linkLimbs: toLimbs(row.link, shape),
});

/** The words that the file fills, in ascending order. */
function imageOf({ segments }: Elf, shape: Shape): Map<number, Limbs> {
  const words = new Map<number, number[]>();
  for (const { address, bytes } of segments) {
    bytes.forEach((byte, i) => {
      const index = Math.floor((address + i) / shape.bytes);
      let limbs = words.get(index);
      if (limbs === undefined) words.set(index, (limbs = new Array<number>(shape.limbs).fill(0)));
      const place = (address + i) % shape.bytes;
      limbs[place >> 1] = (limbs[place >> 1] as number) + byte * (place & 1 ? 256 : 1);
    });
  }
  return words;
}

/** A table of main columns that is being filled. */
type FilledTable = ChipTrace & { readonly column: Columns };

/** Makes the table of a chip with room for that many rows. */
type TableOf = (chip: Chip, rows: number) => FilledTable;

/** The tables of a run. */
export type Witness = {
  readonly trace: Trace;
  /** Cells of all tables, the fixed ones' counts among them. */
  readonly cells: number;
};

/** A run to be filled into tables. */
export type RecordedRun = {
  /** Its rows; called twice. */
  readonly replay: Replay;
  /** What the host did for each of its calls. */
  readonly effects: readonly HostEffect[];
  readonly input: Uint8Array;
  readonly journal: Uint8Array;
};

/**
 * The trace of a run.
 *
 * @throws `RISCV_UNPROVABLE` where a row or a call has no chip, `RISCV_TOO_LONG`
 */
export function createWitness(chips: MachineChips, program: ProgramTables, run: RecordedRun): Witness {
  const { shape, system } = chips;
  const tables = new Map<string, FilledTable>();
  const tableOf: TableOf = (chip, rows) => {
    if (rows > 2 ** MAX_LOG_HEIGHT) throw tooLong(chip.name, rows);
    const table = createTable(chip, logHeightFor(rows));
    tables.set(chip.name, table);
    return table;
  };
  const ofFixed = (chip: Chip): FilledTable => {
    const table = createTable(chip, (program.fixed[chip.name] as ChipTrace).logHeight);
    tables.set(chip.name, table);
    return table;
  };
  const lookups = createLookups({
    bytes: ofFixed(chips.bytes),
    amounts: ofFixed(chips.amounts),
    program: ofFixed(chips.program),
    rowOf: program.rowOf,
  });
  ofFixed(chips.image);
  const cells = createCells(
    shape,
    program.image,
    system.memory.hasInput ? inputOf(run.input, shape) : new Map(),
  );
  fillSteps(chips, program, run, cells, lookups, tableOf);

  const registers = ofFixed(chips.registers);
  cells.registers.forEach(({ value, time }, cell) => {
    registers.column('time')[cell] = time;
    value.forEach((limb, i) => (registers.column(`last.${i}`)[cell] = limb));
  });
  const ends = cells.memoryEnds();
  const endTable = tableOf(chips.memoryEnds, ends.length);
  fillMemoryEnds(endTable.column, lookups, shape, system.memory)(ends);
  const trace = Object.fromEntries(tables);
  const count = Object.values(trace).reduce(
    (sum, { columns, logHeight }) => sum + columns.length * 2 ** logHeight,
    0,
  );
  return { trace, cells: count };
}

/** Whether the instruction with that number is one that the call system answers. */
export function isCall({ system }: MachineChips, { rows }: ProgramTables, pc: number): boolean {
  const operation = rows.get(pc)?.operation;
  return operation !== undefined && system.operations.includes(operation);
}

function programRow(program: ProgramTables, pc: number): PreparedRow {
  const found = program.rows.get(pc / 4);
  if (found === undefined) throw unprovable(pc / 4, 'an instruction without a chip');
  return found;
}

/** Chips by operation, those for accesses across words under the operation's name with `+`; calls have none here. */
function chipsByKey({ steps, memory, across }: MachineChips): ReadonlyMap<string, Chip> {
  const kinds = new Map<string, Chip>();
  for (const { chip, operations } of [...steps, ...memory]) {
    for (const operation of operations) kinds.set(operation, chip);
  }
  for (const { chip, operations } of across) {
    for (const operation of operations) kinds.set(`${operation}+`, chip);
  }
  return kinds;
}

/** What a row is called in {@link chipsByKey}: accesses that reach into the next word have a `+`. */
function keyOf(address: number, { operation }: ProgramRow, { bytes }: Shape): string {
  const size = accessBytes(operation);
  return size > 1 && (address % bytes) + size > bytes ? `${operation}+` : operation;
}

/** How many rows each table of instructions needs. */
function countRows(chips: MachineChips, program: ProgramTables, replay: Replay): ReadonlyMap<string, number> {
  const byKey = chipsByKey(chips);
  const counts = new Map<string, number>();
  replay((rows) => {
    for (let i = 0; i < rows.length; i++) {
      const chip = byKey.get(keyOf(rows.address(i), programRow(program, rows.pc(i)), chips.shape));
      if (chip !== undefined) counts.set(chip.name, (counts.get(chip.name) ?? 0) + 1);
    }
  });
  return counts;
}

const NO_WORDS: MemoryStep['words'] = [];

/** An instruction whose successor is not known yet. */
type Pending = {
  readonly entry: PreparedRow;
  readonly key: string;
  /** Whether the machine works out the result itself. */
  readonly isOwn: boolean;
  readonly result: Limbs;
};

function resultLimbs(rows: Rows, index: number, { limbs }: Shape): Limbs {
  const low = rows.result(index, 0);
  if (limbs === 2) return [low & 0xffff, low >>> 16];
  const high = rows.result(index, 1);
  return [low & 0xffff, low >>> 16, high & 0xffff, high >>> 16];
}

/** Fills the tables of all steps and calls. */
function fillSteps(
  chips: MachineChips,
  program: ProgramTables,
  { replay, effects, journal }: RecordedRun,
  cells: Cells,
  lookups: Lookups,
  tableOf: TableOf,
): void {
  const { shape, system } = chips;
  const zero: Limbs = new Array<number>(shape.limbs).fill(0);
  const counts = countRows(chips, program, replay);
  const recorder = chips.calls.recorder(cells, journal);
  const calls: ReadonlySet<string> = new Set(system.operations);
  let answered = 0;

  const fillers = new Map<string, (step: never) => void>();
  const addFillers = (prefix: string, list: MachineChips['steps'] | MachineChips['memory']): void => {
    for (const { chip, operations, filler } of list) {
      const rows = counts.get(chip.name);
      if (rows === undefined) continue;
      const fill = filler(tableOf(chip, rows).column, lookups) as (step: never) => void;
      for (const operation of operations) fillers.set(`${operation}${prefix}`, fill);
    }
  };
  addFillers('', chips.steps);
  addFillers('', chips.memory);
  addFillers('+', chips.across);
  const rowsOf = new Map<string, number>();
  const nextRow = (name: string): number => {
    const row = rowsOf.get(name) ?? 0;
    rowsOf.set(name, row + 1);
    return row;
  };
  let time = START_TIME;
  const byKey = chipsByKey(chips);
  const fillRow = ({ entry, key, isOwn, result }: Pending, next: number): void => {
    const imm = entry.immLimbs;
    const a = cells.register(entry.rs1).value;
    const b = entry.isRegister ? cells.register(entry.rs2).value : imm;
    const rs1 = touch(cells.register(entry.rs1), time + SLOT.RS1);
    const rs2 = entry.isRegister ? touch(cells.register(entry.rs2), time + SLOT.RS2) : rs1;
    if (calls.has(entry.operation)) {
      const effect = effects[answered++] as HostEffect;
      time = recorder.take({ time, program: entry, a, b, rs1, rs2, effect });
      return;
    }
    const row = nextRow((byKey.get(key) as Chip).name);
    const size = accessBytes(entry.operation);
    const across = key === entry.operation ? 1 : 2;
    const words = size === 0 ? NO_WORDS : touchWords(entry.operation, addLimbs(a, imm), b, time, across);
    const writes = entry.rd !== 0;
    // Fences, and what the machine does in the host's place, are sums of their own.
    const value = entry.operation === 'jump' ? entry.linkLimbs : isOwn ? addLimbs(a, b) : result;
    const c = writes ? value : zero;
    const rd = writes ? touch(cells.register(entry.rd), time + SLOT.RD, c) : rs1;
    // PERF: one literal, the same for all steps; spreading a common part costs more than filling a row.
    (fillers.get(key) as (step: MemoryStep) => void)({
      row,
      time,
      program: entry,
      a,
      b,
      c,
      rs1,
      rs2,
      rd,
      next,
      words,
    });
    time += TIME_STEP;
  };

  /** Touches the words an access lies in; a store's new bytes are put into them. */
  const touchWords = (
    operation: string,
    address: Limbs,
    data: Limbs,
    now: number,
    count: number,
  ): MemoryStep['words'] => {
    const { space, index, offset } = placeOf(address, shape);
    const words = Array.from({ length: count }, (_, i) => cells.word(space, index + i));
    const isStore = operation.startsWith('s');
    const held = words.flatMap(({ value }) => bytesOf(value));
    if (isStore) {
      const bytes = bytesOf(data);
      for (let j = 0; j < accessBytes(operation); j++) held[offset + j] = bytes[j] as number;
    }
    return words.map((cell, i) => {
      const next = isStore ? limbsFromBytes(held.slice(i * shape.bytes, (i + 1) * shape.bytes)) : cell.value;
      return { ...touch(cell, now + SLOT.MEMORY, next), next };
    });
  };

  // An instruction's successor is known when it comes.
  let pending: Pending | undefined;
  replay((rows) => {
    for (let i = 0; i < rows.length; i++) {
      const pc = rows.pc(i);
      if (pending !== undefined) fillRow(pending, pc / 4);
      const entry = programRow(program, pc);
      const operation = rows.operation(i);
      pending = {
        entry,
        key: keyOf(rows.address(i), entry, shape),
        isOwn: operation === 'host' || operation === 'fence',
        result: resultLimbs(rows, i, shape),
      };
    }
  });
  if (pending !== undefined) fillRow(pending, 0);
  for (const { chip, rows, fill } of [...recorder.cut(), ...recorder.ends()])
    fill(tableOf(chip, rows).column, lookups);
}

/** The words of the input by their numbers. */
function inputOf(input: Uint8Array, shape: Shape): ReadonlyMap<number, Limbs> {
  const padded = new Uint8Array(Math.ceil(input.length / shape.bytes) * shape.bytes);
  padded.set(input);
  const words = new Map<number, Limbs>();
  for (let at = 0; at < padded.length; at += shape.bytes) {
    words.set(
      (STANDARD_INPUT_ADDRESS + at) / shape.bytes,
      limbsFromBytes(padded.subarray(at, at + shape.bytes)),
    );
  }
  return words;
}
