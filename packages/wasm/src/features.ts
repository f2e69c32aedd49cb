import type { FunctionBuilder } from './function-builder.ts';
import type { ModuleBuilder } from './module-builder.ts';
import { createModule } from './module-builder.ts';
import { MODULE_HEADER } from './spec/types.ts';

/** Parts of WebAssembly that engines may lack. */
export type WasmFeature =
  | 'simd'
  | 'threads'
  | 'bulkMemory'
  | 'signExtension'
  | 'saturatingFloat'
  | 'tailCalls'
  | 'multiValue'
  | 'referenceTypes'
  | 'relaxedSimd'
  | 'memory64'
  | 'multiMemory';

/** A module that is valid only where the feature exists. */
const PROBES: Readonly<Record<WasmFeature, () => Uint8Array<ArrayBuffer>>> = {
  simd: () => probe((f) => f.i32_const(0).i8x16_splat().drop()),
  threads: () => probe((f) => f.i32_const(0).i32_atomic_load().drop(), { min: 1, max: 1, shared: true }),
  bulkMemory: () => probe((f) => f.i32_const(0).i32_const(0).i32_const(0).memory_fill()),
  signExtension: () => probe((f) => f.i32_const(0).i32_extend8_s().drop()),
  saturatingFloat: () => probe((f) => f.f32_const(0).i32_trunc_sat_f32_s().drop()),
  tailCalls: () => probe((f) => f.return_call(f.index)),
  multiValue: () =>
    probe((f, m) => {
      f.block(m.type([], ['i32', 'i32']));
      f.i32_const(0).i32_const(0).end().drop().drop();
    }),
  referenceTypes: () => probe((f) => f.ref_null('externref').drop()),
  // i8x16.relaxed_swizzle of two zeros.
  relaxedSimd: () => rawProbe([0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f, 0xfd, 0x80, 0x02, 0x1a]),
  memory64: () => Uint8Array.from([...MODULE_HEADER, 5, 3, 1, 0x04, 1]),
  multiMemory: () => Uint8Array.from([...MODULE_HEADER, 5, 5, 2, 0x00, 1, 0x00, 1]),
};

let detected: ReadonlySet<WasmFeature> | undefined;

/**
 * What the engine that runs this code has. Asked once, by validating a small module for each.
 *
 * @example if (!detectFeatures().has('simd')) useScalarKernel();
 */
export function detectFeatures(): ReadonlySet<WasmFeature> {
  detected ??= new Set(
    (Object.keys(PROBES) as WasmFeature[]).filter((feature) => WebAssembly.validate(PROBES[feature]())),
  );
  return detected;
}

function probe(
  write: (f: FunctionBuilder, m: ModuleBuilder) => void,
  memory: Parameters<ModuleBuilder['memory']>[0] = { min: 1 },
): Uint8Array<ArrayBuffer> {
  const m = createModule();
  m.memory(memory);
  write(m.func(m.type([], [])), m);
  return m.encode();
}

/** A module with one function of instructions the builder does not know. */
function rawProbe(body: readonly number[]): Uint8Array<ArrayBuffer> {
  const code = [0, ...body, 0x0b];
  const section = [1, code.length, ...code];
  return Uint8Array.from([...MODULE_HEADER, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, section.length, ...section]);
}
