import type { Bytes } from '@ninefold/base';
import { type Chip, logHeightFor } from '@ninefold/stark';
import { ROW } from '../engine/layout.ts';
import type { Rows } from '../engine/rows.ts';
import { OPERATIONS } from '../spec/opcodes.ts';
import { recordOf } from '../engine/records.ts';
import { memorySpace, SLOT, START_TIME, TIME_STEP } from './buses.ts';
import { type Cells, type CellBlock, placeInPage, touch } from './cells.ts';
import { fillFetches, type FetchStep } from './chips/fetch.ts';
import { accessBytes } from './chips/memory-access.ts';
import { fillMemoryEnds } from './chips/memory-ends.ts';
import type { MemoryStepChip } from './chips/memory-step.ts';
import type { HostEffect } from './effects.ts';
import { tooLong, unprovable, writtenCode } from './errors.ts';
import type { PreparedRow } from './lower.ts';
import type { MachineChips } from './machine.ts';
import { microEffect, MICROCODE } from './microcode.ts';
import { pendingRows, type PendingTable } from './pending-table.ts';
import { type ProgramTables, rowOf } from './program-tables.ts';
import { addStep, createStepLog, heightAfter, stepFields, type StepLog, visitSteps } from './step-log.ts';
import { codePlace, fromLimbs, type Limbs } from './words.ts';

/** Where a run is cut into segments, and where it is too long. */
export type RecordLimits = {
  /** Instructions of a segment. */
  readonly segmentCycles: number;
  /** Cells of a segment's tables of steps and calls. */
  readonly segmentCells: number;
  /** Instructions of a run. */
  readonly cycles: number;
};

/** Takes a run row by row. */
export type Recorder = {
  /** @throws `RISCV_UNPROVABLE` where a row or a call has no chip, `RISCV_TOO_LONG` */
  readonly take: (rows: Rows) => void;
  /**
   * The tables of each segment; those of memory's and the registers' ends are the last one's.
   *
   * @param journal what the run has made public
   */
  readonly end: (journal: Bytes) => readonly (readonly PendingTable[])[];
};

/** A chip of steps, and how many words of memory its steps touch. */
type StepTable = {
  readonly chip: Chip;
  readonly filler: MemoryStepChip['filler'];
  readonly memoryWords: 0 | 1 | 2;
};

const ROW_WORDS = ROW.BYTES / 4;
/** Words of a row. */
const SEEN = {
  PC: ROW.PC / 4,
  RECORD: ROW.RECORD / 4,
  RESULT: ROW.RD / 4,
  ADDRESS: ROW.ADDRESS / 4,
} as const;
const HOST = OPERATIONS.indexOf('host');
const FENCE = OPERATIONS.indexOf('fence');

/** What a row of the program table does, beside its operands. */
const KIND = { PLAIN: 0, JUMP: 1, LOAD: 2, STORE: 3, CALL: 4, MICROCODE: 5 } as const;

/** The program table as the recorder reads it: by row. */
type Code = {
  readonly kind: Uint8Array;
  readonly rd: Uint8Array;
  readonly rs1: Uint8Array;
  readonly rs2: Uint8Array;
  readonly isRegister: Uint8Array;
  /** Bytes that are moved. */
  readonly size: Uint8Array;
  /** Number of the table of steps, and of the one for accesses across words. */
  readonly table: Uint8Array;
  readonly across: Uint8Array;
  readonly imm: CellBlock;
  readonly link: CellBlock;
};

function stepTables({ steps, memory, across }: MachineChips): readonly StepTable[] {
  return [
    ...steps.map(({ chip, filler }) => ({ chip, filler, memoryWords: 0 as const })),
    ...memory.map(({ chip, filler }) => ({ chip, filler, memoryWords: 1 as const })),
    ...across.map(({ chip, filler }) => ({ chip, filler, memoryWords: 2 as const })),
  ];
}

function compile(chips: MachineChips, rows: readonly PreparedRow[]): Code {
  const numbers = (): Uint8Array => new Uint8Array(rows.length);
  const block = (): CellBlock => ({
    times: new Uint32Array(0),
    low: new Uint32Array(rows.length),
    high: new Uint32Array(rows.length),
  });
  const code: Code = {
    kind: numbers(),
    rd: numbers(),
    rs1: numbers(),
    rs2: numbers(),
    isRegister: numbers(),
    size: numbers(),
    table: numbers(),
    across: numbers(),
    imm: block(),
    link: block(),
  };
  const all = [...chips.steps, ...chips.memory];
  const write = ({ low, high }: CellBlock, row: number, limbs: Limbs): void => {
    const value = fromLimbs(limbs);
    low[row] = Number(value & 0xffff_ffffn);
    high[row] = Number(value >> 32n);
  };
  rows.forEach(({ pc, operation, rd, rs1, rs2, isRegister, immLimbs, linkLimbs, target }, row) => {
    const size = accessBytes(operation);
    code.rd[row] = rd;
    code.rs1[row] = rs1;
    code.rs2[row] = rs2;
    code.isRegister[row] = isRegister ? 1 : 0;
    code.size[row] = size;
    code.table[row] = all.findIndex(({ operations }) => operations.includes(operation));
    const across = chips.across.findIndex(({ operations }) => operations.includes(operation));
    code.across[row] = all.length + Math.max(0, across);
    write(code.imm, row, immLimbs);
    write(code.link, row, linkLimbs);
    if (chips.system.operations.includes(operation)) code.kind[row] = KIND.CALL;
    else if (size > 0) code.kind[row] = operation.startsWith('s') ? KIND.STORE : KIND.LOAD;
    else if (pc < MICROCODE && target >= MICROCODE) code.kind[row] = KIND.MICROCODE;
    else code.kind[row] = operation === 'jump' ? KIND.JUMP : KIND.PLAIN;
  });
  return code;
}

/**
 * Records a run: each instruction with what it read and wrote, and when that was touched before.
 *
 * @param effects what the host did for each call, complete whenever rows are taken
 */
export function createRecorder(
  chips: MachineChips,
  program: ProgramTables,
  cells: Cells,
  effects: readonly HostEffect[],
  limits: RecordLimits,
): Recorder {
  const { shape } = chips;
  const isWide = shape.limbs > 2;
  const halves = shape.limbs / 2;
  const logWordBytes = Math.log2(shape.bytes);
  const tables = stepTables(chips);
  const fieldsOf = tables.map(({ memoryWords }) => stepFields(shape, memoryWords));
  const widths = tables.map(({ chip }) => chip.main.length);
  const code = compile(chips, program.rows);
  const { times, low, high } = cells.registers;
  const calls = chips.calls.recorder(cells);
  const segments: (readonly PendingTable[])[] = [];
  // An access's words, first as they are, then as they will be.
  const heldWords = new Uint32Array(4);
  const heldBytes = new Uint8Array(heldWords.buffer);
  const dataWords = new Uint32Array(2);
  const dataBytes = new Uint8Array(dataWords.buffer);

  const newLogs = (): StepLog[] => fieldsOf.map(createStepLog);
  let logs = newLogs();
  let time = START_TIME;
  let taken = 0;
  let segmentBegin = 0;
  let segmentCells = 0;
  let callCells = 0;
  let answered = 0;
  /** The step whose successor is not known yet, by its log; and the call whose effect is not. */
  let openLog: StepLog | undefined;
  let openCall = -1;
  /** What is wrong with an instruction that is not in the program's table, if it turns out to have retired. */
  let unknown: Error | undefined;
  let lastRow = -1;

  const rowAt = (pc: number): number => {
    // Most instructions are followed by the next one.
    if (program.rows[lastRow + 1]?.pc === pc) return lastRow + 1;
    const [row] = program.rowsAt.get(pc) ?? [];
    if (row === undefined) unknown = unprovable(pc, 'an instruction without a chip');
    return row ?? -1;
  };

  const fetchTable = chips.fetch;
  const fetchWidth = fetchTable?.main.length ?? 0;
  const fetches =
    fetchTable &&
    pendingRows<FetchStep>(fetchTable, (columns, lookups) => fillFetches(columns, lookups, shape));

  /** Reads the instruction out of memory, and sees to it that it is the one that was executed. */
  const fetchAt = (pc: number, seen: Uint32Array, from: number): number => {
    const { index, upper } = codePlace(pc, shape);
    const word = touch(cells.word(memorySpace(0), index), time + SLOT.FETCH);
    const [low, high] = word.previous.slice(2 * upper) as [number, number];
    const instruction = (low | (high << 16)) >>> 0;
    const [fields, imm] = recordOf(instruction, shape.xlen);
    if (seen[from + SEEN.RECORD] !== fields || seen[from + SEEN.RECORD + 1] !== imm)
      throw unprovable(pc, 'an instruction that was changed without a fence.i');
    const row = rowOf(program, pc, instruction);
    if (row < 0) unknown = writtenCode(pc, instruction);
    else fetches?.push({ time, program: program.rows[row] as PreparedRow, word });
    return row;
  };

  const cut = (): void => {
    const own = logs;
    segments.push([
      ...tables.flatMap(({ chip, filler, memoryWords }, i) => {
        const log = own[i] as StepLog;
        if (log.count === 0) return [];
        const fill: PendingTable['fill'] = (columns, lookups, poll) => {
          const ends: (() => void)[] = [];
          const visit = filler(columns, lookups, (work) => ends.push(work));
          visitSteps(log, program.rows, shape, memoryWords, visit, poll);
          for (const end of ends) end();
        };
        return [{ chip, rows: log.count, fill }];
      }),
      ...calls.cut(),
      ...(fetches?.cut() ?? []),
    ]);
    logs = newLogs();
    segmentBegin = taken;
    segmentCells = 0;
    callCells = 0;
  };

  const takeCall = (row: number): void => {
    const entry = program.rows[row] as PreparedRow;
    const touch = (register: number, now: number): { previousTime: number; previous: Limbs } => {
      const cell = cells.register(register);
      const touched = { previousTime: cell.time, previous: cell.value };
      cell.time = now;
      return touched;
    };
    const a = cells.register(entry.rs1).value;
    const b = entry.isRegister ? cells.register(entry.rs2).value : entry.immLimbs;
    const rs1 = touch(entry.rs1, time + SLOT.RS1);
    const rs2 = entry.isRegister ? touch(entry.rs2, time + SLOT.RS2) : rs1;
    const effect = effects[answered++] as HostEffect;
    time = calls.take({ time, program: entry, a, b, rs1, rs2, effect });
    callCells = 0;
    for (const { chip, rows } of calls.tables()) callCells += chip.main.length * 2 ** logHeightFor(rows);
  };

  /** Touches the words of an access, and records them; a store's bytes are put into them. */
  const touchMemory = (log: StepLog, row: number, count: number, address: number, upper: number): void => {
    const { words, at, fields } = log;
    const space = isWide ? upper & 0xffff : 0;
    const index = address >>> logWordBytes;
    for (let i = 0; i < count; i++) {
      const page = cells.page(space, index + i);
      const place = placeInPage(index + i);
      const to = at + fields.memory + i * fields.memorySize;
      words[to] = page.times[place] as number;
      page.times[place] = time + SLOT.MEMORY;
      words[to + 1] = heldWords[i * halves] = page.low[place] as number;
      if (isWide) words[to + 2] = heldWords[2 * i + 1] = page.high[place] as number;
    }
    if (code.kind[row] === KIND.STORE) {
      const offset = address & (shape.bytes - 1);
      dataWords[0] = words[at + fields.b] as number;
      if (isWide) dataWords[1] = words[at + fields.b + 1] as number;
      const size = code.size[row] as number;
      for (let j = 0; j < size; j++) heldBytes[offset + j] = dataBytes[j] as number;
    }
    for (let i = 0; i < count; i++) {
      const to = at + fields.memory + i * fields.memorySize + 1 + halves;
      const page = cells.page(space, index + i);
      const place = placeInPage(index + i);
      words[to] = page.low[place] = heldWords[i * halves] as number;
      if (isWide) words[to + 1] = page.high[place] = heldWords[2 * i + 1] as number;
    }
  };

  /** The log that a step goes to, of another segment where this one's table would become too large. */
  const roomFor = (table: number): StepLog => {
    const log = logs[table] as StepLog;
    if (log.count < log.height) return log;
    const more = (heightAfter(log) - log.height) * (widths[table] as number);
    const fetchCells = fetchWidth * (taken - segmentBegin);
    if (taken > segmentBegin && segmentCells + callCells + fetchCells + more > limits.segmentCells) {
      cut();
      return roomFor(table);
    }
    segmentCells += more;
    return log;
  };

  const takeStep = (row: number, seen: Uint32Array, from: number): void => {
    const kind = code.kind[row] as number;
    const address = seen[from + SEEN.ADDRESS] as number;
    const size = code.size[row] as number;
    const isAcross = size > 1 && (address & (shape.bytes - 1)) + size > shape.bytes;
    const table = (isAcross ? code.across[row] : code.table[row]) as number;
    const log = roomFor(table);
    addStep(log);
    openLog = log;
    const { words, at, fields } = log;
    const [rs1, rd] = [code.rs1[row] as number, code.rd[row] as number];
    words[at + fields.program] = row;
    words[at + fields.time] = time;
    words[at + fields.rs1Time] = times[rs1] as number;
    const aLow = (words[at + fields.a] = low[rs1] as number);
    const aHigh = isWide ? (words[at + fields.a + 1] = high[rs1] as number) : 0;
    times[rs1] = time + SLOT.RS1;
    let bLow = code.imm.low[row] as number;
    let bHigh = code.imm.high[row] as number;
    if (code.isRegister[row] === 1) {
      const rs2 = code.rs2[row] as number;
      words[at + fields.rs2Time] = times[rs2] as number;
      bLow = low[rs2] as number;
      if (isWide) bHigh = high[rs2] as number;
      times[rs2] = time + SLOT.RS2;
    }
    words[at + fields.b] = bLow;
    if (isWide) words[at + fields.b + 1] = bHigh;
    if (size > 0) touchMemory(log, row, isAcross ? 2 : 1, address, seen[from + SEEN.ADDRESS + 1] as number);
    if (rd !== 0) {
      let cLow = seen[from + SEEN.RESULT] as number;
      let cHigh = seen[from + SEEN.RESULT + 1] as number;
      const operation = (seen[from + SEEN.RECORD] as number) & 255;
      if (kind === KIND.JUMP) {
        cLow = code.link.low[row] as number;
        cHigh = code.link.high[row] as number;
      } else if (operation === HOST || operation === FENCE) {
        // Fences, and what the machine does in the host's place, are sums of their own.
        cLow = (aLow + bLow) >>> 0;
        cHigh = (aHigh + bHigh + (cLow < aLow ? 1 : 0)) >>> 0;
      }
      words[at + fields.rdTime] = times[rd] as number;
      words[at + fields.overwritten] = low[rd] as number;
      words[at + fields.c] = low[rd] = cLow;
      if (isWide) {
        words[at + fields.overwritten + 1] = high[rd] as number;
        words[at + fields.c + 1] = high[rd] = cHigh;
      }
      times[rd] = time + SLOT.RD;
    }
    time += TIME_STEP;
  };

  const micro = new Uint32Array(ROW_WORDS);
  micro[SEEN.RECORD] = OPERATIONS.indexOf('add');

  /** Takes the steps of an instruction's microcode, from the branch to them on, as rows of the interpreter's. */
  const takeMicrocode = (entry: number): void => {
    for (let row = entry; ;) {
      if (time >= START_TIME + TIME_STEP * limits.cycles) throw tooLong('instructions', limits.cycles);
      const own = program.rows[row] as PreparedRow;
      const a = fromLimbs(cells.register(own.rs1).value);
      const b = own.isRegister ? fromLimbs(cells.register(own.rs2).value) : own.imm;
      const { result, address, next } = microEffect(own, shape, a, b, loadAligned);
      for (const [at, value] of [
        [SEEN.RESULT, result],
        [SEEN.ADDRESS, address],
      ] as const) {
        micro[at] = Number(value & 0xffff_ffffn);
        micro[at + 1] = Number(value >> 32n);
      }
      takeStep(row, micro, 0);
      if (next < MICROCODE) return;
      close(next);
      row = rowAt(next);
    }
  };

  /** Bytes of memory that lie within a word. */
  const loadAligned = (address: bigint, bytes: number): bigint => {
    const index = Number((address & 0xffff_ffffn) >> BigInt(logWordBytes));
    const word = fromLimbs(cells.word(memorySpace(Number(address >> 32n)), index).value);
    const offset = 8 * (Number(address) & (shape.bytes - 1));
    return BigInt.asUintN(8 * bytes, word >> BigInt(offset));
  };

  /** Completes what was left open, now that the next instruction is known. */
  const close = (next: number): void => {
    if (unknown !== undefined) throw unknown;
    if (openLog !== undefined) openLog.words[openLog.at + openLog.fields.next] = next;
    openLog = undefined;
    if (openCall >= 0) takeCall(openCall);
    openCall = -1;
  };

  return {
    take: ({ length, words }) => {
      for (let i = 0, from = 0; i < length; i++, from += ROW_WORDS) {
        const pc = (words[from + SEEN.PC] as number) >>> 2;
        close(pc);
        const cycles = taken - segmentBegin;
        if (cycles === limits.segmentCycles || (cycles > 0 && callCells > limits.segmentCells)) cut();
        if (taken === limits.cycles) throw tooLong('instructions', limits.cycles);
        const row = fetches === undefined ? rowAt(pc) : fetchAt(pc, words, from);
        lastRow = row;
        if (row >= 0) {
          if (code.kind[row] === KIND.CALL) openCall = row;
          else if (code.kind[row] === KIND.MICROCODE) takeMicrocode(row);
          else takeStep(row, words, from);
        }
        taken++;
      }
    },
    end: (journal) => {
      close(0);
      cut();
      const last = segments.pop() as readonly PendingTable[];
      return [...segments, [...last, ...calls.ends(journal), ...endTables(chips, cells)]];
    },
  };
}

/** The tables of what registers and memory hold in the end. */
function endTables(chips: MachineChips, cells: Cells): readonly PendingTable[] {
  const { shape, system } = chips;
  const { times, low, high } = cells.registers;
  const ends = cells.memoryEnds();
  return [
    {
      chip: chips.registers,
      rows: times.length,
      fill: (columns) => {
        columns('time').set(times);
        for (let i = 0; i < shape.limbs; i++) {
          const half = i < 2 ? low : high;
          columns(`last.${i}`).set(half.map((word) => (word >>> (16 * (i & 1))) & 0xffff));
        }
      },
    },
    {
      chip: chips.memoryEnds,
      rows: ends.count,
      fill: (columns, lookups) => fillMemoryEnds(columns, lookups, shape, system.memory)(ends),
    },
  ];
}
