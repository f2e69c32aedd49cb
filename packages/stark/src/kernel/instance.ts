import { base64ToBytes } from '@ninefold/base';
import type { ExtensionDegree } from '../field/extension.ts';
import { starkQuarticBase64 } from '../generated/stark-quartic.ts';
import { starkQuarticSharedBase64 } from '../generated/stark-quartic-shared.ts';
import { starkSexticBase64 } from '../generated/stark-sextic.ts';
import { starkSexticSharedBase64 } from '../generated/stark-sextic-shared.ts';

/** The functions of `assembly/`: numbers are addresses, byte strides, counts and 32-bit words. */
export type KernelFunctions = {
  readonly heapBase: WebAssembly.Global<'i32'>;
  readonly evaluate: (data: number, log: number, tables: number, tableLog: number) => void;
  readonly extend: (to: number, from: number, logFrom: number, log: number, tables: number) => void;
  readonly extendTrace: (
    to: number,
    logHeight: number,
    log: number,
    inverses: number,
    tables: number,
  ) => void;
  readonly interpolate: (data: number, log: number, tables: number, tableLog: number) => void;
  readonly transposeInterpolation: (data: number, log: number, tables: number, tableLog: number) => void;
  readonly scale: (data: number, count: number, factor: number) => void;
  readonly prepareDomain: (xs: number, ys: number, inverseXs: number, inverseYs: number, log: number) => void;
  readonly toStored: (to: number, from: number, log: number) => void;
  readonly nextTable: (to: number, log: number, blowup: number, start: number, count: number) => void;
  readonly blake2s: (to: number, from: number, length: number, personal0: number, personal1: number) => void;
  readonly grind: (
    seed: number,
    bits: number,
    from: number,
    to: number,
    personal0: number,
    personal1: number,
  ) => number;
  readonly grindTo: (
    to: number,
    seed: number,
    bits: number,
    from: number,
    end: number,
    personal0: number,
    personal1: number,
  ) => void;
  readonly grindToKeccak: KernelFunctions['grindTo'];
  readonly countNonCanonical: (from: number, count: number) => number;
  readonly hashLayer: (
    to: number,
    toStride: number,
    first: number,
    nodes: number,
    children: number,
    childStride: number,
    columns: number,
    count: number,
    personal0: number,
    personal1: number,
  ) => void;
  /** Takes what `hashLayer` takes. */
  readonly hashLayerKeccak: KernelFunctions['hashLayer'];
  readonly gatherRows: (to: number, columns: number, width: number, rows: number, count: number) => void;
  readonly combine: (
    to: number,
    toStride: number,
    columns: number,
    coefficients: number,
    count: number,
    start: number,
    rows: number,
  ) => void;
  readonly evaluateColumns: (
    to: number,
    columns: number,
    count: number,
    weights: number,
    weightStride: number,
    start: number,
    rows: number,
  ) => void;
  readonly basisWeights: (to: number, stride: number, factors: number, log: number) => void;
  readonly addQuotients: (
    to: number,
    toStride: number,
    sums: number,
    sumStride: number,
    xs: number,
    ys: number,
    line: number,
    offsets: number,
    rows: number,
  ) => void;
  readonly addFraction: (
    target: number,
    targetStride: number,
    total: number,
    totalStride: number,
    fraction: number,
    rows: number,
  ) => void;
  readonly sumColumn: (from: number, rows: number) => number;
  readonly prefixSums: (to: number, from: number, share: number, rows: number) => void;
  readonly fold: (
    to: number,
    toStride: number,
    from: number,
    fromStride: number,
    inverses: number,
    challenge: number,
    rows: number,
  ) => void;
  readonly addScaled: (
    to: number,
    toStride: number,
    from: number,
    fromStride: number,
    factor: number,
    rows: number,
  ) => void;
  readonly addRepeated: (
    to: number,
    toStride: number,
    from: number,
    fromStride: number,
    start: number,
    lift: number,
    rows: number,
  ) => void;
  readonly deinterleave: (to: number, toStride: number, from: number, log: number, rows: number) => void;
};

const SOURCES: Readonly<Record<ExtensionDegree, { readonly own: string; readonly shared: string }>> = {
  4: { own: starkQuarticBase64, shared: starkQuarticSharedBase64 },
  6: { own: starkSexticBase64, shared: starkSexticSharedBase64 },
};

const MODULES = new Map<string, WebAssembly.Module>();

/** The kernels of a degree for a memory of one thread, or for one that threads share; compiled once. */
export function kernelModule(degree: ExtensionDegree, isShared: boolean): WebAssembly.Module {
  const base64 = SOURCES[degree][isShared ? 'shared' : 'own'];
  let module = MODULES.get(base64);
  if (module === undefined) {
    module = new WebAssembly.Module(base64ToBytes(base64) as Uint8Array<ArrayBuffer>);
    MODULES.set(base64, module);
  }
  return module;
}
