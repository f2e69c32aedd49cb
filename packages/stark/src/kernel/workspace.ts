import { extensionOf } from '../field/extension.ts';
import type { ExtensionDegree, ExtensionField } from '../field/extension.ts';
import { fail } from '../errors.ts';
import type { Hasher, HashName } from './hasher.ts';
import { HASHERS } from './hasher.ts';
import type { KernelFunctions } from './instance.ts';
import type { Crew } from './crew.ts';
import { createLoneCrew } from './crew.ts';
import type { Pool } from './pool.ts';
import type { ChipPart, TaskName } from './tasks.ts';
import { CHIP_PARTS, TASK_NAMES } from './tasks.ts';

/** Largest log size of a domain: 2^26 words are 256 MiB. */
export const MAX_LOG_DOMAIN = 26;

/** Most memory a prover takes unless told otherwise: all that 32-bit addresses reach. */
export const MAX_WORKSPACE_BYTES: number = 2 ** 32 - 65_536;

/** Words of a task at most, where work is cut by rows: some milliseconds, after which a proof can be cancelled. */
const LARGEST_TASK: number = 2 ** 20;

/** Rows of a task are a multiple of what any kernel works on together. */
const ROW_GRAIN = 64;

/** Tasks a thread that work is cut into, if it is not too small: threads do not come and go together. */
const TASKS_PER_THREAD = 4;

const PAGE = 65_536;
/** Columns of a power of two bytes would all fall on the same cache sets: they are kept this far apart. */
const COLUMN_GAP = 192;

/** Columns of equal length, `stride` bytes apart. */
export type Columns = {
  readonly address: number;
  readonly stride: number;
  readonly count: number;
  /** Words of each. */
  readonly rows: number;
};

/**
 * The prover's memory: a stack of columns under one kernel instance. What is allocated after `mark()` is
 * given back by `release(mark)`.
 */
export type Workspace = {
  readonly field: ExtensionField;
  /** Of trees that are made in it. */
  readonly hasher: Hasher;
  readonly kernel: KernelFunctions;
  readonly memory: WebAssembly.Memory;
  /** The memory as words: valid until the next allocation. */
  readonly words: () => Uint32Array;
  /** A 16-aligned address; contents are undefined. @throws `STARK_OUT_OF_MEMORY`, `STARK_MEMORY_REFUSED` */
  readonly allocate: (bytes: number) => number;
  /** Room for columns, contents undefined; rows are rounded up to eight. */
  readonly columns: (count: number, rows: number) => Columns;
  /** An array of words in memory, for example of addresses. */
  readonly place: (values: ArrayLike<number>) => number;
  readonly mark: () => number;
  readonly release: (mark: number) => void;
  /** Threads at work. */
  readonly threads: number;
  /**
   * Calls a kernel function, at once or on another thread: it has been called when `join` returns. Until then no
   * other call may write what it reads or read what it writes.
   *
   * @param words read and written: few are not worth a thread
   */
  readonly run: <Name extends TaskName>(
    words: number,
    name: Name,
    ...args: Parameters<KernelFunctions[Name]>
  ) => void;
  /** The same for the generated code of a chip, by its place among the workspace's. */
  readonly runChip: (words: number, chip: number, part: ChipPart, ...args: readonly number[]) => void;
  /** Waits for all that was run. @throws `STARK_WORKER_FAILED`, `STARK_CANCELLED` */
  readonly join: () => void;
  /** Cuts rows into ranges for calls of `run`. @param width words a row */
  readonly ranges: (rows: number, width: number) => readonly RowRange[];
  /** Lets go of the pool. */
  readonly close: () => void;
  /** Fills bytes with zeros. */
  readonly clear: (address: number, bytes: number) => void;
  /** Values of a domain to coefficients, in place. `tableLog` is the domain whose first places these are. */
  readonly interpolate: (address: number, log: number, tableLog?: number) => void;
  /** The transpose of `interpolate`, in place: takes weights of coefficients to weights of values. */
  readonly transposeInterpolation: (address: number, log: number, tableLog: number) => void;
  /** Coefficients to values, in place. */
  readonly evaluate: (address: number, log: number) => void;
  /** Values on a domain of log size `log` of 2^`logFrom` >= 8 coefficients, which may stand at `to`. */
  readonly extend: (to: number, from: number, logFrom: number, log: number) => void;
  /** Values on a domain of log size `log` of 2^`logHeight` rows in trace order at {@link traceAddress}. */
  readonly extendTrace: (to: number, logHeight: number, log: number) => void;
  /** Address of the doubled x or y table of a domain, or of its inverses. */
  readonly table: (kind: TableKind, log: number) => number;
  /** Bytes in use at the most so far. */
  readonly peak: () => number;
};

/** Tables of a domain, see `assembly/fft.ts`. */
export type TableKind = 'x' | 'y' | '1/x' | '1/y';

/** Rows from `start` on. */
export type RowRange = { readonly start: number; readonly count: number };

export type WorkspaceOptions = {
  /** Of trees: BLAKE2s unless given. */
  readonly hash?: HashName | undefined;
  /** Bytes of memory at most. */
  readonly limit?: number | undefined;
  /** Threads to work with. */
  readonly pool?: Pool | undefined;
  /** Generated code, for a memory as the pool's. */
  readonly chips?: readonly WebAssembly.Module[] | undefined;
  /** Called between pieces of work: what it throws ends the work. */
  readonly poll?: (() => void) | undefined;
};

/**
 * @param maxLog the largest domain that will be used
 * @throws `STARK_OUT_OF_MEMORY`, `STARK_MEMORY_REFUSED`, `STARK_WORKER_FAILED`
 */
export function createWorkspace(
  degree: ExtensionDegree,
  maxLog: number,
  { hash = 'blake2s', limit = MAX_WORKSPACE_BYTES, pool, chips = [], poll = () => {} }: WorkspaceOptions = {},
): Workspace {
  const crew =
    pool?.begin?.(degree, chips, poll) ?? createLoneCrew(degree, chips, Math.ceil(limit / PAGE), poll);
  const { threads, memory } = crew;
  const kernel = crew.kernel.exports as unknown as KernelFunctions;
  const field = extensionOf(degree);
  let view = new Uint32Array(memory.buffer);
  let top = Math.ceil(crew.heapBase / 64) * 64;
  let peak = top;

  const allocate = (bytes: number): number => {
    const address = top;
    top = Math.ceil((top + bytes) / 16) * 16;
    // Kernels may read a few vectors behind a column.
    const needed = top + 256;
    if (needed > limit) throw fail('STARK_OUT_OF_MEMORY', { bytes: needed, limit });
    if (needed > view.byteLength) {
      try {
        // It doubles: engines take long for a step, and pages that are not touched are not there.
        const wanted = Math.min(limit, Math.max(needed, view.byteLength * 2));
        memory.grow(Math.ceil((wanted - view.byteLength) / PAGE));
      } catch {
        growTo(needed);
      }
      view = new Uint32Array(memory.buffer);
    }
    peak = Math.max(peak, top);
    return address;
  };
  /** No more than is needed now, where doubling is refused. */
  const growTo = (bytes: number): void => {
    try {
      memory.grow(Math.ceil((bytes - view.byteLength) / PAGE));
    } catch (cause) {
      throw fail('STARK_MEMORY_REFUSED', { bytes }, { cause });
    }
  };
  const words = (): Uint32Array => view;
  const place = (values: ArrayLike<number>): number => {
    const address = allocate(4 * values.length);
    view.set(values, address / 4);
    return address;
  };

  const start = (size: number, index: number, args: readonly number[]): void => {
    if (size < crew.smallestTask) crew.functions[index]?.(...args);
    else crew.run(index, args);
  };
  const run: Workspace['run'] = (size, name, ...args) => start(size, TASK_NAMES.indexOf(name), args);

  let forward = 0;
  let inverse = 0;
  const prepareDomains = (): void => {
    forward = allocate(8 * (MAX_LOG_DOMAIN + 1));
    inverse = allocate(8 * (MAX_LOG_DOMAIN + 1));
    for (let log = 1; log <= maxLog; log++) {
      const ys = 2 ** (log - 1);
      const xs = Math.max(1, 2 ** (log - 2));
      const x = allocate(4 * xs);
      const y = allocate(4 * ys);
      const invX = allocate(4 * xs);
      const invY = allocate(4 * ys);
      run(2 ** log, 'prepareDomain', x, y, invX, invY, log);
      view.set([y, x], forward / 4 + 2 * log);
      view.set([invY, invX], inverse / 4 + 2 * log);
    }
    crew.join();
  };
  try {
    prepareDomains();
  } catch (error) {
    crew.end();
    throw error;
  }

  return {
    field,
    hasher: HASHERS[hash],
    kernel,
    memory,
    words,
    allocate,
    columns(count, rows) {
      const stride = Math.max(rows, 8) * 4 + COLUMN_GAP;
      return { address: allocate(count * stride), stride, count, rows };
    },
    place,
    mark: () => top,
    release: (mark) => void (top = mark),
    clear: (address, bytes) => void new Uint8Array(memory.buffer, address, bytes).fill(0),
    threads,
    run,
    runChip: (size, chip, part, ...args) =>
      start(size, TASK_NAMES.length + chip * CHIP_PARTS.length + CHIP_PARTS.indexOf(part), args),
    join: crew.join,
    ranges: (rows, width) => rowRanges(rows, width, crew),
    close: crew.end,
    interpolate: (address, log, tableLog = log) =>
      run(2 ** log, 'interpolate', address, log, inverse, tableLog),
    transposeInterpolation: (address, log, tableLog) =>
      run(2 ** log, 'transposeInterpolation', address, log, inverse, tableLog),
    evaluate: (address, log) => kernel.evaluate(address, log, forward, log),
    extend: (to, from, logFrom, log) => run(2 ** log, 'extend', to, from, logFrom, log, forward),
    extendTrace: (to, logHeight, log) => run(2 ** log, 'extendTrace', to, logHeight, log, inverse, forward),
    table: (kind, log) =>
      view[(kind.startsWith('1') ? inverse : forward) / 4 + 2 * log + (kind.endsWith('y') ? 0 : 1)] as number,
    peak: () => peak,
  };
}

function rowRanges(rows: number, width: number, { threads, smallestTask }: Crew): RowRange[] {
  // Alone, a thread is only interrupted by the question whether to go on.
  const shares = threads === 1 ? 1 : threads * TASKS_PER_THREAD;
  const wanted = Math.min(Math.max(rows / shares, smallestTask / width), Math.max(LARGEST_TASK / width, 1));
  const count = Math.ceil(wanted / ROW_GRAIN) * ROW_GRAIN;
  const ranges: RowRange[] = [];
  for (let start = 0; start < rows; start += count) {
    ranges.push({ start, count: Math.min(count, rows - start) });
  }
  return ranges;
}

/** The addresses of columns. */
export function columnAddresses({ address, stride, count }: Columns): number[] {
  return Array.from({ length: count }, (_, i) => address + i * stride);
}
