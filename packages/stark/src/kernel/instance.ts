import { base64ToBytes } from '@ninefold/base';
import type { ExtensionDegree } from '../field/extension.ts';
import { starkQuarticBase64 } from '../generated/stark-quartic.ts';
import { starkSexticBase64 } from '../generated/stark-sextic.ts';

/** The functions of `assembly/`: numbers are addresses, byte strides, counts and 32-bit words. */
export type KernelFunctions = {
  readonly heapBase: WebAssembly.Global<'i32'>;
  readonly evaluate: (data: number, log: number, tables: number, tableLog: number) => void;
  readonly extend: (to: number, from: number, logFrom: number, log: number, tables: number) => void;
  readonly interpolate: (data: number, log: number, tables: number, tableLog: number) => void;
  readonly double: (data: number, count: number) => void;
  readonly scale: (data: number, count: number, factor: number) => void;
  readonly domainTables: (xs: number, ys: number, log: number) => void;
  readonly invertTable: (to: number, from: number, count: number) => void;
  readonly toStored: (to: number, from: number, log: number) => void;
  readonly nextTable: (to: number, log: number, blowup: number, count: number) => void;
  readonly gather: (to: number, from: number, columns: number, offsets: number, count: number) => void;
  readonly blake2s: (to: number, from: number, length: number, personal0: number, personal1: number) => void;
  readonly grind: (
    seed: number,
    bits: number,
    from: number,
    to: number,
    personal0: number,
    personal1: number,
  ) => number;
  readonly hashLayer: (
    to: number,
    toStride: number,
    nodes: number,
    children: number,
    childStride: number,
    columns: number,
    count: number,
    personal0: number,
    personal1: number,
  ) => void;
  readonly combine: (
    to: number,
    toStride: number,
    columns: number,
    coefficients: number,
    count: number,
    rows: number,
  ) => void;
  readonly evaluateColumns: (
    to: number,
    columns: number,
    count: number,
    weights: number,
    weightStride: number,
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
  readonly invertColumns: (
    to: number,
    toStride: number,
    from: number,
    fromStride: number,
    rows: number,
  ) => void;
  readonly multiplyColumns: (
    to: number,
    toStride: number,
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    rows: number,
  ) => void;
  readonly addColumn: (to: number, from: number, rows: number) => void;
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
  readonly deinterleave: (to: number, toStride: number, from: number, log: number, rows: number) => void;
};

const MODULES: Record<ExtensionDegree, WebAssembly.Module | undefined> = { 4: undefined, 6: undefined };

/** A fresh instance over `memory`; the module of each degree is compiled once. */
export function instantiateKernel(degree: ExtensionDegree, memory: WebAssembly.Memory): KernelFunctions {
  const base64 = degree === 4 ? starkQuarticBase64 : starkSexticBase64;
  const module = (MODULES[degree] ??= new WebAssembly.Module(
    base64ToBytes(base64) as Uint8Array<ArrayBuffer>,
  ));
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelFunctions;
}
