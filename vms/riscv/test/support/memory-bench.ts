import {
  type Chip,
  createTable,
  defineMachine,
  logHeightFor,
  type Machine,
  type Trace,
} from '@ninefold/stark';
import { type Buses, defineBuses, memorySpace } from '../../src/prove/buses.ts';
import { type Cell, createCells } from '../../src/prove/cells.ts';
import { bytesChip, bytesTable } from '../../src/prove/chips/fixed.ts';
import type { Lookups } from '../../src/prove/lookups.ts';
import type { Computation } from '../../src/prove/precompiles/computation.ts';
import { type Limbs, type Shape } from '../../src/prove/words.ts';
import { callerChip, callerTable, listenerChip } from './caller.ts';

/** A computation among memory and range checks alone, without a program that calls it. */
export type MemoryBench<Call> = {
  readonly computation: Computation<Call>;
  readonly machine: Machine;
  readonly fixed: Trace;
  /**
   * The trace of calls over words of space 1.
   *
   * @param image first contents of words by number
   * @param messages what the calls are on the bus
   * @param cell a word's cell when all calls are done
   */
  readonly trace: (
    image: ReadonlyMap<number, Limbs>,
    calls: readonly Call[],
    messages: readonly (readonly number[])[],
  ) => { readonly trace: Trace; readonly cell: (index: number) => Cell };
};

/** Space of the words that a bench has. */
export const BENCH_SPACE: number = memorySpace(0);

export function memoryBench<Call>(
  shape: Shape,
  create: (shape: Shape, buses: Buses) => Computation<Call>,
): MemoryBench<Call> {
  const buses = defineBuses(shape, 'program');
  const computation = create(shape, buses);
  const bytes = bytesChip(buses);
  const caller = callerChip('caller', computation.calls);
  const [begins, ends] = [callerChip('begins', buses.memory), listenerChip('ends', buses.memory)];
  // The bytes' table answers more than these chips ask for.
  const [pairs, ands] = [callerChip('pairs', buses.pair), callerChip('ands', buses.and)];
  const chips: readonly Chip[] = [...computation.chips, bytes, caller, begins, ends, pairs, ands];
  return {
    computation,
    machine: defineMachine({ name: 'bench', chips }),
    fixed: { [bytes.name]: bytesTable(bytes) },
    trace: (image, calls, messages) => {
      const table = createTable(bytes, 16);
      const [u16, u13] = ['u16 count', 'u13 count'].map(table.column) as [Uint32Array, Uint32Array];
      const lookups: Lookups = {
        u16: (value) => void (u16[value] = (u16[value] as number) + 1),
        u13: (value) => void (u13[value] = (u13[value] as number) + 1),
        pair: unused,
        and: unused,
        amount: unused,
        program: unused,
      };
      const cells = createCells(shape, image, new Map());
      const recorder = computation.recorder(cells);
      for (const call of calls) recorder.take(call);
      const tables = new Map<string, Trace[string]>();
      for (const { chip, rows, fill } of recorder.tables()) {
        const own = createTable(chip, logHeightFor(rows));
        fill(own.column, lookups, () => {});
        tables.set(chip.name, own);
      }
      const memory = cells.memoryEnds();
      const limbsOf = (words: Uint32Array, row: number): Limbs =>
        Array.from({ length: shape.limbs }, (_, i) => {
          const half = words[(row * shape.limbs) / 2 + (i >> 1)] as number;
          return (half >>> (16 * (i & 1))) & 0xffff;
        });
      const messagesOf = (words: Uint32Array, timeOf: (row: number) => number): number[][] =>
        Array.from({ length: memory.count }, (_, row) => [
          BENCH_SPACE,
          memory.index[row] as number,
          timeOf(row),
          ...limbsOf(words, row),
        ]);
      const beginsWith = messagesOf(memory.first, () => 0);
      const endsWith = messagesOf(memory.last, (row) => memory.time[row] as number);
      return {
        cell: (index) => cells.word(BENCH_SPACE, index),
        trace: {
          ...Object.fromEntries(tables),
          [bytes.name]: table,
          ...callerTable(caller, messages),
          ...callerTable(begins, beginsWith),
          ...callerTable(ends, endsWith),
          ...callerTable(pairs, []),
          ...callerTable(ands, []),
        },
      };
    },
  };
}

const unused = (): never => {
  throw new Error('nothing here looks that up');
};
