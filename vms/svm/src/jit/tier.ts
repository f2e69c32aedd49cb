import type { Program } from '../engine/decode.ts';
import type { MemoryLayout } from '../engine/layout.ts';
import { readCode } from './code.ts';
import { allFunctions, calledFunctions } from './functions.ts';
import { emitModule } from './module.ts';

/** Units that a program has run in the interpreter before it is compiled. */
export const COMPILE_AFTER_UNITS = 100_000;

/** What is called later than that is compiled when as much again has been interpreted; and so on. */
export const RECOMPILE_FACTOR = 4;

/** How often a program is compiled at most. */
export const MAX_COMPILATIONS = 6;

/** A program's way from the interpreter to compiled code, in all machines. */
type Progress = {
  /** Units in the interpreter since the last compilation. */
  units: number;
  threshold: number;
  compilations: number;
  readonly functions: Set<number>;
  module: WebAssembly.Module | undefined;
};

const progresses = new WeakMap<Program, Progress>();
const complete = new WeakMap<Program, { readonly module: WebAssembly.Module | undefined }>();

function progressOf(program: Program): Progress {
  let progress = progresses.get(program);
  if (progress === undefined) {
    progress = {
      units: 0,
      threshold: COMPILE_AFTER_UNITS,
      compilations: 0,
      functions: new Set(),
      module: undefined,
    };
    progresses.set(program, progress);
  }
  return progress;
}

/** The code of a program that is hot. */
export function hotModule(program: Program): WebAssembly.Module | undefined {
  return progresses.get(program)?.module;
}

/**
 * Counts units that the interpreter ran, and compiles what it has called when they are enough.
 *
 * @param records the program's records as the kernel left them
 */
export function noteInterpreted(
  program: Program,
  layout: MemoryLayout,
  units: number,
  records: () => DataView,
): void {
  const progress = progressOf(program);
  progress.units += units;
  if (progress.units < progress.threshold || progress.compilations === MAX_COMPILATIONS) return;
  progress.units = 0;
  progress.threshold *= RECOMPILE_FACTOR;
  progress.compilations++;
  const before = progress.functions.size;
  for (const pc of calledFunctions(program, records(), readCode(program))) progress.functions.add(pc);
  if (progress.module !== undefined && progress.functions.size === before) return;
  try {
    progress.module = compile(program, layout, progress.functions) ?? progress.module;
  } catch {
    // Engines have limits of their own, on sizes above all: what they refuse stays with the interpreter.
  }
}

/** The code of a program with every function it may call; `undefined` when that cannot be compiled. */
export function completeModule(program: Program, layout: MemoryLayout): WebAssembly.Module | undefined {
  let entry = complete.get(program);
  if (entry === undefined) {
    entry = { module: compile(program, layout, allFunctions(program)) };
    complete.set(program, entry);
  }
  return entry.module;
}

/** @throws `WebAssembly.CompileError` when the engine refuses the module */
function compile(
  program: Program,
  layout: MemoryLayout,
  functions: Iterable<number>,
): WebAssembly.Module | undefined {
  const bytes = emitModule(program, layout, functions);
  return bytes && new WebAssembly.Module(bytes);
}
