import { base64ToBytes } from '@ninefold/base';
import { LOG_ORDER, subgroupGenerator } from '../circle/point.ts';
import type { ExtensionDegree } from '../field/extension.ts';
import { verifierQuarticBase64 } from '../generated/verifier-quartic.ts';
import { verifierSexticBase64 } from '../generated/verifier-sextic.ts';
import type { Columns } from './workspace.ts';

/** The functions of `assembly/entry/verifier.ts`: numbers are addresses, byte strides, counts and words. */
export type VerifierFunctions = {
  readonly memory: WebAssembly.Memory;
  readonly heapBase: WebAssembly.Global<'i32'>;
  readonly blake2s: (to: number, from: number, length: number, personal0: number, personal1: number) => void;
  readonly grind: (
    seed: number,
    bits: number,
    from: number,
    to: number,
    personal0: number,
    personal1: number,
  ) => number;
  readonly keccak: VerifierFunctions['blake2s'];
  readonly grindKeccak: VerifierFunctions['grind'];
  readonly areCanonical: (words: number, count: number) => number;
  readonly hashRows: (
    to: number,
    pairs: number,
    rows: number,
    width: number,
    count: number,
    personal0: number,
    personal1: number,
  ) => void;
  readonly hashRowsKeccak: VerifierFunctions['hashRows'];
  readonly pairDigests: (
    to: number,
    rows: number,
    count: number,
    digests: number,
    siblings: number,
  ) => number;
  readonly toColumns: (to: number, toStride: number, rows: number, width: number, count: number) => void;
  readonly combineRows: (
    to: number,
    toStride: number,
    rows: number,
    width: number,
    count: number,
    coefficients: number,
  ) => void;
  readonly continueRows: (
    to: number,
    from: number,
    width: number,
    sent: number,
    matrix: number,
    count: number,
  ) => void;
  readonly powers: (to: number, base: number, count: number) => void;
  readonly pointsAt: (
    xs: number,
    ys: number,
    rows: number,
    count: number,
    shift: number,
    offset: number,
    log: number,
    generators: number,
  ) => void;
  readonly quotientRows: (
    to: number,
    toStride: number,
    sums: number,
    sumStride: number,
    xs: number,
    ys: number,
    line: number,
    offsets: number,
    count: number,
  ) => void;
  readonly foldRows: (
    to: number,
    toStride: number,
    a: number,
    b: number,
    stride: number,
    ws: number,
    challenge: number,
    count: number,
  ) => void;
  readonly addScaled: (
    to: number,
    toStride: number,
    from: number,
    fromStride: number,
    factor: number,
    rows: number,
  ) => void;
  readonly evaluateSteps: (steps: number, count: number, values: number) => void;
};

/** Sorted rows of a layer, each once, in a verifier's memory: `rows` of them at `address`. */
export type PlacedRows = { readonly rows: Uint32Array; readonly address: number };

/**
 * A verifier's memory: what is allocated stays until the next `reset`, which the next use begins with.
 * There is one a degree, since nothing in a verifier waits.
 */
export type VerifierMemory = {
  readonly kernel: VerifierFunctions;
  /** The memory as words: valid until the next allocation. */
  readonly words: () => Uint32Array;
  /** A 16-aligned address; contents are undefined. */
  readonly allocate: (bytes: number) => number;
  readonly place: (words: ArrayLike<number>) => number;
  /** Columns of zeros, each with room for a multiple of four rows. */
  readonly columns: (count: number, rows: number) => Columns;
  /** x and y (two columns) of the points of a domain at the places (row << shift) + offset. */
  readonly pointsAt: (rows: PlacedRows, shift: number, offset: number, log: number) => Columns;
  /** Takes back all that was allocated; gives memory back if it is much. */
  readonly reset: () => void;
};

const PAGE = 65_536;
/** Memory that is kept for the next proof, in bytes. */
const KEPT_BYTES = 2 ** 24;

const MODULES: Partial<Record<ExtensionDegree, WebAssembly.Module>> = {};
const MEMORIES: Partial<Record<ExtensionDegree, VerifierMemory>> = {};

/** A fresh instance with a memory of its own; the module of each degree is compiled once. */
export function instantiateVerifier(degree: ExtensionDegree): VerifierFunctions {
  const base64 = degree === 4 ? verifierQuarticBase64 : verifierSexticBase64;
  const module = (MODULES[degree] ??= new WebAssembly.Module(
    base64ToBytes(base64) as Uint8Array<ArrayBuffer>,
  ));
  return new WebAssembly.Instance(module, { env: {} }).exports as unknown as VerifierFunctions;
}

/** The memory of verifiers over the extension of `degree`, empty. */
export function verifierMemory(degree: ExtensionDegree): VerifierMemory {
  const memory = (MEMORIES[degree] ??= createMemory(degree));
  memory.reset();
  return memory;
}

function createMemory(degree: ExtensionDegree): VerifierMemory {
  let kernel = instantiateVerifier(degree);
  let view = new Uint32Array(kernel.memory.buffer);
  let generators = 0;
  let bottom = 0;
  let top = 0;

  const allocate = (bytes: number): number => {
    const address = top;
    top = Math.ceil((top + bytes) / 16) * 16;
    // Kernels may read a vector behind what they are given.
    const missing = top + 16 - view.byteLength;
    if (missing > 0) {
      kernel.memory.grow(Math.ceil(Math.max(missing, view.byteLength / 2) / PAGE));
      view = new Uint32Array(kernel.memory.buffer);
    }
    return address;
  };
  const place = (words: ArrayLike<number>): number => {
    const address = allocate(4 * words.length);
    view.set(words, address / 4);
    return address;
  };
  const columns = (count: number, rows: number): Columns => {
    const stride = 16 * Math.ceil(rows / 4);
    const address = allocate(count * stride);
    view.fill(0, address / 4, (address + count * stride) / 4);
    return { address, stride, count, rows };
  };
  const begin = (): void => {
    top = Math.ceil((kernel.heapBase.value as number) / 16) * 16;
    generators = place(
      Array.from({ length: LOG_ORDER + 1 }, (_, k) => subgroupGenerator(k)).flatMap(({ x, y }) => [x, y]),
    );
    bottom = top;
  };
  begin();

  return {
    get kernel() {
      return kernel;
    },
    words: () => view,
    allocate,
    place,
    columns,
    pointsAt({ rows, address }, shift, offset, log) {
      const points = columns(2, rows.length);
      const { address: xs, stride } = points;
      kernel.pointsAt(xs, xs + stride, address, rows.length, shift, offset, log, generators);
      return points;
    },
    reset() {
      top = bottom;
      if (view.byteLength <= KEPT_BYTES) return;
      kernel = instantiateVerifier(degree);
      view = new Uint32Array(kernel.memory.buffer);
      begin();
    },
  };
}
