import { extensionOf } from '../field/extension.ts';
import type { ExtensionDegree, ExtensionField } from '../field/extension.ts';
import { invM31 } from '../field/m31.ts';
import { fail } from '../errors.ts';
import type { KernelFunctions } from './instance.ts';
import { instantiateKernel } from './instance.ts';

/** Largest log size of a domain: 2^26 words are 256 MiB. */
export const MAX_LOG_DOMAIN = 26;

/** Most memory a prover takes unless told otherwise: all that 32-bit addresses reach. */
export const MAX_WORKSPACE_BYTES: number = 2 ** 32 - 65_536;

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
  readonly kernel: KernelFunctions;
  readonly memory: WebAssembly.Memory;
  /** The memory as words: valid until the next allocation. */
  readonly words: () => Uint32Array;
  /** A 16-aligned address; contents are undefined. @throws `STARK_OUT_OF_MEMORY` */
  readonly allocate: (bytes: number) => number;
  /** Room for columns, contents undefined; rows are rounded up to eight. */
  readonly columns: (count: number, rows: number) => Columns;
  /** An array of words in memory, for example of addresses. */
  readonly place: (values: ArrayLike<number>) => number;
  readonly mark: () => number;
  readonly release: (mark: number) => void;
  /** Fills bytes with zeros. */
  readonly clear: (address: number, bytes: number) => void;
  /** Values of a domain to coefficients, in place. `tableLog` is the domain whose first places these are. */
  readonly interpolate: (address: number, log: number, tableLog?: number) => void;
  /**
   * The transpose of `interpolate`, in place: takes weights of coefficients to weights of values. Words come
   * in canonical and go out doubled, as kernels take factors.
   */
  readonly transposeInterpolation: (address: number, log: number, tableLog: number) => void;
  /** Coefficients to values, in place. */
  readonly evaluate: (address: number, log: number) => void;
  /** Values on a domain of log size `log` of 2^`logFrom` >= 8 coefficients. */
  readonly extend: (to: number, from: number, logFrom: number, log: number) => void;
  /** Address of the doubled x or y table of a domain, or of its inverses. */
  readonly table: (kind: TableKind, log: number) => number;
  /** Bytes in use at the most so far. */
  readonly peak: () => number;
};

/** Tables of a domain, see `assembly/fft.ts`. */
export type TableKind = 'x' | 'y' | '1/x' | '1/y';

/**
 * @param maxLog the largest domain that will be used
 * @param limit bytes of memory
 */
export function createWorkspace(
  degree: ExtensionDegree,
  maxLog: number,
  limit: number = MAX_WORKSPACE_BYTES,
): Workspace {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: Math.ceil(limit / PAGE) });
  const kernel = instantiateKernel(degree, memory);
  const field = extensionOf(degree);
  let view = new Uint32Array(memory.buffer);
  let top = Math.ceil((kernel.heapBase.value as number) / 64) * 64;
  let peak = top;

  const allocate = (bytes: number): number => {
    const address = top;
    top = Math.ceil((top + bytes) / 16) * 16;
    // Kernels may read a few vectors behind a column.
    const needed = top + 256;
    if (needed > view.byteLength) {
      if (needed > limit) throw fail('STARK_OUT_OF_MEMORY', { bytes: needed, limit });
      try {
        // In steps of an eighth at least, so that many small requests do not grow it many times.
        const wanted = Math.min(limit, Math.max(needed, view.byteLength * 1.125));
        memory.grow(Math.ceil((wanted - view.byteLength) / PAGE));
      } catch (cause) {
        throw fail('STARK_OUT_OF_MEMORY', { bytes: needed, limit }, { cause });
      }
      view = new Uint32Array(memory.buffer);
    }
    peak = Math.max(peak, top);
    return address;
  };
  const words = (): Uint32Array => view;
  const place = (values: ArrayLike<number>): number => {
    const address = allocate(4 * values.length);
    view.set(values, address / 4);
    return address;
  };

  const forward = allocate(8 * (MAX_LOG_DOMAIN + 1));
  const inverse = allocate(8 * (MAX_LOG_DOMAIN + 1));
  for (let log = 1; log <= maxLog; log++) {
    const ys = 2 ** (log - 1);
    const xs = Math.max(1, 2 ** (log - 2));
    const x = allocate(4 * xs);
    const y = allocate(4 * ys);
    const invX = allocate(4 * xs);
    const invY = allocate(4 * ys);
    kernel.domainTables(x, y, log);
    // The half coset of size one has x = 0, which no layer uses.
    if (log > 1) kernel.invertTable(invX, x, xs);
    kernel.invertTable(invY, y, ys);
    view.set([y, x], forward / 4 + 2 * log);
    view.set([invY, invX], inverse / 4 + 2 * log);
  }

  return {
    field,
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
    interpolate(address, log, tableLog = log) {
      kernel.interpolate(address, log, inverse, tableLog);
      if (log >= 2) kernel.scale(address, 2 ** log, invM31(2 ** log));
      else kernel.scale(address, 4, invM31(2 ** log));
    },
    transposeInterpolation(address, log, tableLog) {
      kernel.evaluate(address, log, inverse, tableLog);
      kernel.scale(address, 2 ** log, invM31(2 ** log));
      kernel.double(address, 2 ** log);
    },
    evaluate: (address, log) => kernel.evaluate(address, log, forward, log),
    extend: (to, from, logFrom, log) => kernel.extend(to, from, logFrom, log, forward),
    table: (kind, log) =>
      view[(kind.startsWith('1') ? inverse : forward) / 4 + 2 * log + (kind.endsWith('y') ? 0 : 1)] as number,
    peak: () => peak,
  };
}

/** The addresses of columns. */
export function columnAddresses({ address, stride, count }: Columns): number[] {
  return Array.from({ length: count }, (_, i) => address + i * stride);
}
