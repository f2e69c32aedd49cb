import { MIN_LOG_HEIGHT } from '@ninefold/stark';
import type { MemoryStep } from './chips/memory-step.ts';
import type { PreparedRow } from './lower.ts';
import { scratch, type Shape } from './words.ts';

// What instructions did, as words side by side: enough to fill a table's rows without the cells they
// touched, as often as that is wanted.

/** Fields of a step; those with values have as many words as a machine word has halves. */
export type StepFields = {
  /** Row of the program table. */
  readonly program: number;
  readonly time: number;
  /** Times at which the registers were touched before. */
  readonly rs1Time: number;
  readonly rs2Time: number;
  readonly rdTime: number;
  /** Number of the next instruction. */
  readonly next: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly overwritten: number;
  /** The first word of memory: its time, what it held, what it holds. The others follow. */
  readonly memory: number;
  readonly memorySize: number;
  /** Words of a step. */
  readonly size: number;
};

/** The fields of steps that touch so many words of memory. */
export function stepFields({ limbs }: Shape, memoryWords: number): StepFields {
  const halves = limbs / 2;
  const values = 6;
  const memory = values + 4 * halves;
  const memorySize = 1 + 2 * halves;
  return {
    program: 0,
    time: 1,
    rs1Time: 2,
    rs2Time: 3,
    rdTime: 4,
    next: 5,
    a: values,
    b: values + halves,
    c: values + 2 * halves,
    overwritten: values + 3 * halves,
    memory,
    memorySize,
    size: memory + memoryWords * memorySize,
  };
}

/** Steps of one chip in one segment. */
export type StepLog = {
  readonly fields: StepFields;
  count: number;
  /** Rows of the table they fill: a power of 2, or none. */
  height: number;
  /** Where the last step's fields begin, and in which words. */
  at: number;
  words: Uint32Array;
  readonly pieces: Uint32Array[];
};

/** Steps of the first piece of a log, and of its largest ones. */
const FIRST_PIECE = 64;
const LARGEST_PIECE = 8192;

export function createStepLog(fields: StepFields): StepLog {
  return { fields, count: 0, height: 0, at: 0, words: new Uint32Array(0), pieces: [] };
}

/** Makes room for a step: its fields are at `log.at` of `log.words`, all zero. */
export function addStep(log: StepLog): void {
  const { size } = log.fields;
  log.at += size;
  if (log.at >= log.words.length) {
    const steps = Math.min(LARGEST_PIECE, Math.max(FIRST_PIECE, log.count));
    log.words = new Uint32Array(steps * size);
    log.pieces.push(log.words);
    log.at = 0;
  }
  log.height = heightAfter(log);
  log.count++;
}

/** Rows of the table when it has one step more. */
export function heightAfter({ count, height }: StepLog): number {
  return count < height ? height : Math.max(2 ** MIN_LOG_HEIGHT, 2 * height);
}

/**
 * Takes the steps of a log one after the other; each is the same object with other contents.
 *
 * @param poll called between the log's pieces
 */
export function visitSteps(
  { fields, count, pieces }: StepLog,
  program: readonly PreparedRow[],
  { limbs }: Shape,
  memoryWords: number,
  visit: (step: MemoryStep) => void,
  poll: () => void,
): void {
  const first = program[0] as PreparedRow;
  const [a, b, c, overwritten] = [scratch(limbs), scratch(limbs), scratch(limbs), scratch(limbs)];
  const rs1 = { previousTime: 0, previous: a };
  const rs2 = { previousTime: 0, previous: b };
  const rd = { previousTime: 0, previous: overwritten };
  const words = Array.from({ length: memoryWords }, () => ({
    previousTime: 0,
    previous: scratch(limbs),
    next: scratch(limbs),
  }));
  const step = { row: 0, time: 0, program: first, a, b, c, rs1, rs2, rd, next: 0, words };
  const halves = limbs / 2;
  let row = 0;
  for (const piece of pieces) {
    poll();
    for (let at = 0; at < piece.length && row < count; at += fields.size) {
      step.row = row++;
      step.program = program[piece[at + fields.program] as number] as PreparedRow;
      step.time = piece[at + fields.time] as number;
      step.next = piece[at + fields.next] as number;
      rs1.previousTime = piece[at + fields.rs1Time] as number;
      rs2.previousTime = piece[at + fields.rs2Time] as number;
      rd.previousTime = piece[at + fields.rdTime] as number;
      readLimbs(piece, at + fields.a, a);
      readLimbs(piece, at + fields.b, b);
      readLimbs(piece, at + fields.c, c);
      readLimbs(piece, at + fields.overwritten, overwritten);
      for (let word = 0; word < memoryWords; word++) {
        const own = words[word] as (typeof words)[number];
        const from = at + fields.memory + word * fields.memorySize;
        own.previousTime = piece[from] as number;
        readLimbs(piece, from + 1, own.previous);
        readLimbs(piece, from + 1 + halves, own.next);
      }
      visit(step);
    }
  }
}

function readLimbs(words: Uint32Array, at: number, limbs: number[]): void {
  const low = words[at] as number;
  limbs[0] = low & 0xffff;
  limbs[1] = low >>> 16;
  if (limbs.length === 2) return;
  const high = words[at + 1] as number;
  limbs[2] = high & 0xffff;
  limbs[3] = high >>> 16;
}
