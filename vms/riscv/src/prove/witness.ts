import { defineErrors } from '@ninefold/base';
import {
  type Chip,
  type ChipTrace,
  createTable,
  logHeightFor,
  MAX_LOG_HEIGHT,
  type Trace,
} from '@ninefold/stark';
import type { Elf } from '../code/elf.ts';
import type { Rows } from '../engine/rows.ts';
import { STANDARD_CALL, STANDARD_INPUT_ADDRESS } from '../host/standard.ts';
import { REGISTER } from '../spec/registers.ts';
import { addLimbs, placeOf } from './address.ts';
import { JOURNAL_CELL, memorySpace, REGISTER_CELLS, SLOT, START_TIME, TIME_STEP } from './buses.ts';
import {
  bytesTable,
  amountsTable,
  imageTable,
  type ImageWord,
  programTable,
  registersTable,
} from './chips/fixed.ts';
import { fillHostCalls, type HostCall, type HostStep } from './chips/host-call.ts';
import { accessBytes } from './chips/memory-access.ts';
import { fillMemoryEnds, isInputWord, MAX_WORD_GAP, type MemoryEnd } from './chips/memory-ends.ts';
import type { MemoryStep } from './chips/memory-step.ts';
import { fillOutput, type OutputStep } from './chips/output.ts';
import type { Columns, Touched } from './gadgets.ts';
import { createLookups, type Lookups } from './lookups.ts';
import type { PreparedRow, ProgramRow } from './lower.ts';
import type { MachineChips } from './machine.ts';
import { bytesOf, fromLimbs, type Limbs, type Shape, toLimbs } from './words.ts';

const fail = defineErrors({
  RISCV_UNPROVABLE: (c: { readonly pc: bigint; readonly what: string }) =>
    `The run cannot be proved: ${c.what} at 0x${c.pc.toString(16)}`,
  RISCV_TOO_LONG: (c: { readonly chip: string; readonly rows: number }) =>
    `The run cannot be proved in one piece: the table '${c.chip}' would have ${c.rows} rows of at most ${2 ** MAX_LOG_HEIGHT}`,
});

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

/** A cell's content and when it was last touched. */
type Cell = { value: Limbs; time: number };

/** The tables of a run. */
export type Witness = {
  readonly trace: Trace;
  /** Cells of all tables, the fixed ones' counts among them. */
  readonly cells: number;
};

/**
 * The trace of a run under the standard interface.
 *
 * @param replay the run's rows; called twice
 * @throws `RISCV_UNPROVABLE` where a row has no chip, `RISCV_TOO_LONG`
 */
export function createWitness(
  chips: MachineChips,
  program: ProgramTables,
  replay: Replay,
  input: Uint8Array,
): Witness {
  const counts = countRows(chips, program, replay, input.length);
  const tables = new Map<string, ReturnType<typeof createTable>>();
  const tableOf = (chip: Chip, rows: number): ReturnType<typeof createTable> => {
    if (rows > 2 ** MAX_LOG_HEIGHT) throw fail('RISCV_TOO_LONG', { chip: chip.name, rows });
    const table = createTable(chip, logHeightFor(rows));
    tables.set(chip.name, table);
    return table;
  };
  const ofFixed = (chip: Chip): ReturnType<typeof createTable> => {
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
  const run = fillSteps(chips, program, replay, input, lookups, counts, tableOf);

  const registers = ofFixed(chips.registers);
  run.registers.forEach(({ value, time }, cell) => {
    registers.column('time')[cell] = time;
    value.forEach((limb, i) => (registers.column(`last.${i}`)[cell] = limb));
  });
  const ends = memoryEnds(chips.shape, program, run.memory);
  const endTable = tableOf(chips.memoryEnds, ends.length);
  fillMemoryEnds(endTable.column, lookups, chips.shape)(ends);
  const trace = Object.fromEntries(tables);
  const cells = Object.values(trace).reduce(
    (sum, { columns, logHeight }) => sum + columns.length * 2 ** logHeight,
    0,
  );
  return { trace, cells };
}

type Kind = { readonly chip: Chip; readonly isMemory: boolean };

function programRow(program: ProgramTables, pc: number): PreparedRow {
  const found = program.rows.get(pc / 4);
  if (found === undefined)
    throw fail('RISCV_UNPROVABLE', { pc: BigInt(pc), what: 'an instruction without a chip' });
  return found;
}

/** Chips by operation, those for accesses across words under the operation's name with `+`. */
function kindsOf(chips: MachineChips): ReadonlyMap<string, Kind> {
  const kinds = new Map<string, Kind>();
  for (const { chip, operations } of chips.steps) {
    for (const operation of operations) kinds.set(operation, { chip, isMemory: false });
  }
  for (const { chip, operations } of chips.memory) {
    for (const operation of operations) kinds.set(operation, { chip, isMemory: true });
  }
  for (const { chip, operations } of chips.across) {
    for (const operation of operations) kinds.set(`${operation}+`, { chip, isMemory: true });
  }
  kinds.set('ecall', { chip: chips.hostCall, isMemory: false });
  return kinds;
}

/** What a row is called in {@link kindsOf}: accesses that reach into the next word have a `+`. */
function keyOf(address: number, { operation }: ProgramRow, { bytes }: Shape): string {
  const size = accessBytes(operation);
  return size > 1 && (address % bytes) + size > bytes ? `${operation}+` : operation;
}

/** How many rows each table needs. */
function countRows(
  chips: MachineChips,
  program: ProgramTables,
  replay: Replay,
  inputLength: number,
): ReadonlyMap<string, number> {
  const kinds = kindsOf(chips);
  const counts = new Map<string, number>();
  const add = (name: string, rows: number): void => void counts.set(name, (counts.get(name) ?? 0) + rows);
  /** What a7 and a1 hold: which call comes, and how many bytes it writes. */
  const low = new Uint32Array(32);
  replay((rows) => {
    for (let i = 0; i < rows.length; i++) {
      const entry = programRow(program, rows.pc(i));
      add((kinds.get(keyOf(rows.address(i), entry, chips.shape)) as Kind).chip.name, 1);
      if (entry.operation === 'ecall') {
        const call = low[REGISTER.a7];
        if (call === STANDARD_CALL.WRITE_OUTPUT) add(chips.output.name, low[REGISTER.a1] as number);
        // A call's results come back in a0 and a1; only a length that was given matters for later ones.
        if (call === STANDARD_CALL.READ_INPUT) low[REGISTER.a1] = inputLength;
      } else if (entry.rd < low.length && entry.rd !== 0) low[entry.rd] = rows.result(i, 0);
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

type TableOf = (chip: Chip, rows: number) => { readonly column: Columns };

/** Fills the tables of all steps; what cells hold in the end. */
function fillSteps(
  chips: MachineChips,
  program: ProgramTables,
  replay: Replay,
  input: Uint8Array,
  lookups: Lookups,
  counts: ReadonlyMap<string, number>,
  tableOf: TableOf,
): {
  readonly registers: readonly Cell[];
  readonly memory: ReadonlyMap<number, Cell & { readonly first: Limbs }>;
} {
  const { shape } = chips;
  const zero: Limbs = new Array<number>(shape.limbs).fill(0);
  const registers: Cell[] = Array.from({ length: REGISTER_CELLS }, () => ({ value: zero, time: 0 }));
  const memory = new Map<number, Cell & { readonly first: Limbs }>();
  const inputWords = inputOf(input, shape);

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
  const fillHostCall = fillHostCalls(
    tableOf(chips.hostCall, counts.get(chips.hostCall.name) ?? 0).column,
    lookups,
    shape,
  );
  const outputRows = counts.get(chips.output.name) ?? 0;
  const fillByte =
    outputRows === 0 ? undefined : fillOutput(tableOf(chips.output, outputRows).column, lookups, shape);

  const rowsOf = new Map<string, number>();
  const nextRow = (name: string): number => {
    const row = rowsOf.get(name) ?? 0;
    rowsOf.set(name, row + 1);
    return row;
  };
  const touch = (cell: Cell, time: number, value: Limbs | undefined): Touched => {
    const touched = { previousTime: cell.time, previous: cell.value };
    cell.time = time;
    if (value !== undefined) cell.value = value;
    return touched;
  };
  const registerAt = (index: number): Cell => registers[index] as Cell;
  const wordAt = (key: number): Cell => {
    let cell = memory.get(key);
    if (cell === undefined) {
      const first = program.image.get(key) ?? inputWords.get(key) ?? zero;
      memory.set(key, (cell = { value: first, first, time: 0 }));
    }
    return cell;
  };

  let time = START_TIME;
  const kinds = kindsOf(chips);
  const fillRow = ({ entry, key, isOwn, result }: Pending, next: number): void => {
    const name = (kinds.get(key) as Kind).chip.name;
    const imm = entry.immLimbs;
    const a = registerAt(entry.rs1).value;
    const b = entry.isRegister ? registerAt(entry.rs2).value : imm;
    const rs1 = touch(registerAt(entry.rs1), time + SLOT.RS1, undefined);
    const rs2 = entry.isRegister ? touch(registerAt(entry.rs2), time + SLOT.RS2, undefined) : rs1;
    const row = nextRow(name);
    if (entry.operation === 'ecall') {
      time = fillCall({ row, time, program: entry, a, b, rs1, rs2 });
      return;
    }
    const size = accessBytes(entry.operation);
    const across = key === entry.operation ? 1 : 2;
    const words = size === 0 ? NO_WORDS : touchWords(entry.operation, addLimbs(a, imm), b, time, across);
    const writes = entry.rd !== 0;
    // Fences, and what the machine does in the host's place, are sums of their own.
    const value = entry.operation === 'jump' ? entry.linkLimbs : isOwn ? addLimbs(a, b) : result;
    const c = writes ? value : zero;
    const rd = writes ? touch(registerAt(entry.rd), time + SLOT.RD, c) : rs1;
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
    const cells = Array.from({ length: count }, (_, i) => wordAt(memoryKey(space, index + i)));
    const isStore = operation.startsWith('s');
    const held = cells.flatMap(({ value }) => bytesOf(value));
    if (isStore) {
      const bytes = bytesOf(data);
      for (let j = 0; j < accessBytes(operation); j++) held[offset + j] = bytes[j] as number;
    }
    return cells.map((cell, i) => {
      const next = isStore ? limbsFromBytes(held.slice(i * shape.bytes, (i + 1) * shape.bytes)) : cell.value;
      return { ...touch(cell, now + SLOT.MEMORY, next), next };
    });
  };

  /** Fills the row of a call, and those of the bytes it writes; the time of the next instruction. */
  const fillCall = (step: Omit<HostStep, 'call' | 'cells' | 'c' | 'rd' | 'next'>): number => {
    const call = callOf(step.a, step.program.immLimbs, step.program.pc);
    const cells = [REGISTER.a0, REGISTER.a1, REGISTER.a2, JOURNAL_CELL].map(registerAt) as [
      Cell,
      Cell,
      Cell,
      Cell,
    ];
    const [a0, a1, a2, journal] = cells.map(({ value }) => value) as [Limbs, Limbs, Limbs, Limbs];
    const next = [a0, a1, a2, journal];
    let written = 0;
    if (call === 'read input') {
      next[0] = toLimbs(BigInt(STANDARD_INPUT_ADDRESS), shape);
      next[1] = toLimbs(BigInt(input.length), shape);
    } else if (call === 'write stream') next[0] = a2;
    else if (call === 'write output') {
      written = Number(fromLimbs(a1));
      next[3] = [(journal[0] as number) + written, ...journal.slice(1)];
    }
    const touched = cells.map((cell, i) => {
      const value = next[i] as Limbs;
      return { ...touch(cell, step.time + 1, value), next: value };
    });
    fillHostCall({ ...step, call, cells: touched, c: zero, rd: step.rs1, next: step.program.pc + 1 });
    let place = placeOf(a0, shape);
    for (let i = 0; i < written; i++) {
      const at = step.time + i * TIME_STEP;
      const word = touch(
        wordAt(memoryKey(place.space, place.index)),
        at + TIME_STEP + SLOT.MEMORY,
        undefined,
      );
      const left = written - i;
      const position = (journal[0] as number) + i;
      fillByte?.({
        row: nextRow(chips.output.name),
        time: at,
        place,
        left,
        position,
        word,
      } satisfies OutputStep);
      const wraps = place.offset === shape.bytes - 1;
      place = {
        space: place.space,
        index: place.index + (wraps ? 1 : 0),
        offset: wraps ? 0 : place.offset + 1,
      };
    }
    return step.time + TIME_STEP * (1 + written);
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
  return { registers, memory };
}

/** Number of a word in maps: space and index in one. */
function memoryKey(space: number, index: number): number {
  return (space - memorySpace(0)) * KEY_STEP + index;
}

/** More than the words of any space. */
const KEY_STEP: number = 2 ** 30;

function limbsFromBytes(bytes: readonly number[]): Limbs {
  return Array.from(
    { length: bytes.length / 2 },
    (_, i) => (bytes[2 * i] as number) + 256 * (bytes[2 * i + 1] as number),
  );
}

function callOf(number: Limbs, exit: Limbs, pc: number): HostCall {
  if (number.every((limb, i) => limb === exit[i])) return 'exit';
  const call = CALLS[Number(fromLimbs(number))];
  if (call === undefined)
    throw fail('RISCV_UNPROVABLE', { pc: BigInt(4 * pc), what: `call ${fromLimbs(number)}` });
  return call;
}

const CALLS: Readonly<Record<number, HostCall>> = {
  [STANDARD_CALL.READ_INPUT]: 'read input',
  [STANDARD_CALL.WRITE_OUTPUT]: 'write output',
  [STANDARD_CALL.WRITE_STREAM]: 'write stream',
};

/** The words of the input by their numbers. */
function inputOf(input: Uint8Array, shape: Shape): ReadonlyMap<number, Limbs> {
  const padded = new Uint8Array(Math.ceil(input.length / shape.bytes) * shape.bytes);
  padded.set(input);
  const words = new Map<number, Limbs>();
  for (let at = 0; at < padded.length; at += shape.bytes) {
    const bytes = Array.from(padded.subarray(at, at + shape.bytes));
    words.set((STANDARD_INPUT_ADDRESS + at) / shape.bytes, limbsFromBytes(bytes));
  }
  return words;
}

/** The words of memory from their beginning to their end, in order and without long gaps. */
function memoryEnds(
  shape: Shape,
  program: ProgramTables,
  memory: ReadonlyMap<number, Cell & { readonly first: Limbs }>,
): readonly MemoryEnd[] {
  const zero: Limbs = new Array<number>(shape.limbs).fill(0);
  const ends: MemoryEnd[] = [];
  for (const key of Array.from(new Set([...program.image.keys(), ...memory.keys()])).sort((x, y) => x - y)) {
    const [high, index] = [Math.floor(key / KEY_STEP), key % KEY_STEP];
    const before = ends.at(-1);
    if (before !== undefined && before.high === high && index - before.index > MAX_WORD_GAP) {
      ends.push({
        high,
        index: before.index + MAX_WORD_GAP,
        source: 'zero',
        first: zero,
        last: zero,
        time: 0,
      });
    }
    const own = memory.get(key);
    const image = program.image.get(key);
    const first = own?.first ?? image ?? zero;
    const isInput = isInputWord(high, index, shape) && first.some((limb) => limb !== 0);
    const source = image !== undefined ? 'image' : isInput ? 'input' : 'zero';
    ends.push({ high, index, source, first, last: own?.value ?? first, time: own?.time ?? 0 });
  }
  return ends;
}
