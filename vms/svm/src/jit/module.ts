import { createModule, type FunctionBuilder, type ModuleBuilder } from '@ninefold/wasm';
import type { Program } from '../engine/decode.ts';
import { frameStep } from '../engine/guest-memory.ts';
import { BLOCK, FRAME, type MemoryLayout } from '../engine/layout.ts';
import { FRAME_POINTER, SBPF_VERSIONS } from '../spec/versions.ts';
import { type Code, readCode } from './code.ts';
import {
  type Callee,
  DEPTH_PARAMETER,
  type FunctionContext,
  LARGE_FUNCTION_INSTRUCTIONS,
  LARGE_FUNCTION_WEIGHT,
  LEFT,
  LEFT_PARAMETER,
  PARAMETERS,
  RESULTS,
} from './context.ts';
import { findBlocks, type FunctionBody } from './control-flow.ts';
import { emitFunction } from './function.ts';

/** Instructions that are compiled at most, in all functions of a program. */
export const MAX_COMPILED_INSTRUCTIONS = 400_000;

/** Bytes of a module; Chromium's main thread compiles no more than 8 MiB at once. */
export const MAX_MODULE_BYTES: number = 7 << 20;

/** What a compiled module exports: runs from the program's entry on; one of {@link LEFT}. */
export type CompiledExports = { readonly enter: () => number };

/** What it imports. */
export type CompiledImports = {
  readonly kernel: WebAssembly.Exports;
  readonly host: {
    /** Answers a syscall on the state in the block; whether the program ends there. */
    readonly syscall: (key: number) => number;
  };
};

/**
 * The module of the functions of `program` at the slots `entries`; calls of others are left to the interpreter.
 *
 * @returns `undefined` when the program's entry cannot be compiled, or all of it is too large
 */
export function emitModule(
  program: Program,
  layout: MemoryLayout,
  entries: Iterable<number>,
): Uint8Array<ArrayBuffer> | undefined {
  const code = readCode(program);
  const { executable } = program;
  const hasFixedFrames = !SBPF_VERSIONS[executable.version].manualStackFrames;
  const bodies = findBodies(code, [executable.entryPc, ...entries], hasFixedFrames);
  const module = createModule();
  module.importMemory('kernel', 'memory', { min: 1 });
  const signature = module.type([...PARAMETERS], [...RESULTS]);
  const imports = importFunctions(module);
  const functions = new Map<number, FunctionBuilder>();
  for (const { entry } of bodies) functions.set(entry, module.func(signature, `slot${entry}`));
  const entryFunction = functions.get(executable.entryPc);
  if (entryFunction === undefined) return undefined;
  const callees = new Map(
    bodies.map(({ entry, instructions }): [number, Callee] => {
      const weight = instructions > LARGE_FUNCTION_INSTRUCTIONS ? LARGE_FUNCTION_WEIGHT : 0;
      return [entry, { index: (functions.get(entry) as FunctionBuilder).index, weight }];
    }),
  );
  const callSlot = module.func(module.type([...PARAMETERS, 'i32'], [...RESULTS]), 'callSlot');
  const context: FunctionContext = {
    ...imports,
    code,
    layout,
    hasFixedFrames,
    frameStep: frameStep(program),
    textAddress: executable.textAddress,
    functionAt: (pc) => callees.get(pc),
    callSlot: callSlot.index,
  };
  for (const body of bodies) emitFunction(context, functions.get(body.entry) as FunctionBuilder, body);
  const targets = [...callees].map(([pc, callee]) => ({ pc, ...callee })).sort((a, b) => a.pc - b.pc);
  emitCallSlot(context, callSlot, targets);
  const enter = module.func(module.type([], ['i32']), 'enter');
  emitEnter(context, enter, entryFunction.index);
  module.export('enter', 'func', enter.index);
  const bytes = module.encode();
  return bytes.length > MAX_MODULE_BYTES ? undefined : bytes;
}

type Imported = Pick<
  FunctionContext,
  'miss' | 'answerMemorySyscall' | 'mulHighUnsigned' | 'mulHighSigned' | 'syscall'
>;

function importFunctions(module: ModuleBuilder): Imported {
  const { type, importFunction } = module;
  const product = type(['i64', 'i64'], ['i64']);
  return {
    miss: importFunction('kernel', 'miss', type(['i32', 'i64', 'i32', 'i32'], ['i32'])),
    answerMemorySyscall: importFunction(
      'kernel',
      'answerMemorySyscall',
      type(['i32', 'i32', 'i64', 'i64', 'i64', 'i64', 'i64'], ['i64']),
    ),
    mulHighUnsigned: importFunction('kernel', 'mulHighUnsigned', product),
    mulHighSigned: importFunction('kernel', 'mulHighSigned', product),
    syscall: importFunction('host', 'syscall', type(['i32'], ['i32'])),
  };
}

/** The bodies of the functions that can be compiled, up to the limit. */
function findBodies(code: Code, entries: Iterable<number>, hasFixedFrames: boolean): FunctionBody[] {
  const bodies: FunctionBody[] = [];
  let instructions = 0;
  for (const entry of new Set(entries)) {
    const body = findBlocks(code, entry);
    if (body === undefined || (hasFixedFrames && writesFramePointer(code, body))) continue;
    instructions += body.blocks.reduce((sum, { cost }) => sum + cost, 0);
    if (instructions > MAX_COMPILED_INSTRUCTIONS) break;
    bodies.push(body);
  }
  return bodies;
}

/** No verified program does: versions with fixed frames have no instruction for it. */
function writesFramePointer(code: Code, { blocks }: FunctionBody): boolean {
  return blocks.some(({ start, last }) => {
    for (let pc = start; ; pc = code.next(pc)) {
      if (code.spec(pc).writesDst && code.dst(pc) === FRAME_POINTER) return true;
      if (pc === last) return false;
    }
  });
}

const [R1, SLOT_PARAMETER] = [0, 7];

/** Searches the function at a slot; the interpreter runs those that are not compiled. */
function emitCallSlot(
  { layout, frameStep: step }: FunctionContext,
  f: FunctionBuilder,
  targets: readonly (Callee & { readonly pc: number })[],
): void {
  const search = (low: number, high: number): void => {
    const middle = (low + high) >>> 1;
    const { pc, index, weight } = targets[middle] as (typeof targets)[number];
    if (high - low === 1) {
      f.local_get(SLOT_PARAMETER).i32_const(pc).i32_eq();
      f.local_get(DEPTH_PARAMETER).i32_const(weight).i32_add();
      f.i32_const(layout.block).i32_load(BLOCK.MAX_COMPILED_DEPTH).i32_lt_u();
      f.i32_and().if();
      for (let i = 0; i <= DEPTH_PARAMETER; i++) f.local_get(i);
      f.call(index).return().end();
      return;
    }
    f.local_get(SLOT_PARAMETER).i32_const(pc).i32_lt_u().if();
    search(low, middle);
    f.else();
    search(middle, high);
    f.end();
  };
  if (targets.length > 0) search(0, targets.length);
  const register = (number: number, push: () => void): void => {
    f.i32_const(layout.block);
    push();
    f.i64_store(BLOCK.REGISTERS + 8 * number);
  };
  const saved = (field: number): void => {
    f.local_get(DEPTH_PARAMETER).i32_const(FRAME.BYTES).i32_mul();
    f.i64_load(layout.frames - FRAME.BYTES + field);
  };
  for (let number = 1; number <= 5; number++) register(number, () => f.local_get(R1 + number - 1));
  for (let number = 6; number <= 9; number++) register(number, () => saved(FRAME.SAVED + 8 * (number - 6)));
  register(FRAME_POINTER, () => {
    saved(FRAME.FRAME_POINTER);
    f.i64_const(step).i64_add();
  });
  f.i32_const(layout.block).local_get(SLOT_PARAMETER).i32_store(BLOCK.PC);
  f.i32_const(layout.block).local_get(DEPTH_PARAMETER).i32_store(BLOCK.DEPTH);
  f.i32_const(layout.block).local_get(LEFT_PARAMETER).i64_store(BLOCK.METER);
  f.i64_const(0).i64_const(LEFT.RESUME);
}

/** Starts the program with the registers and units in the block. */
function emitEnter({ layout }: FunctionContext, f: FunctionBuilder, entry: number): void {
  const { block, frames } = layout;
  // r6 to r10 are where a caller would have saved them.
  for (let number = 6; number <= FRAME_POINTER; number++) {
    f.i32_const(frames - FRAME.BYTES)
      .i32_const(block)
      .i64_load(BLOCK.REGISTERS + 8 * number);
    f.i64_store(FRAME.SAVED + 8 * (number - 6));
  }
  for (let number = 1; number <= 5; number++) f.i32_const(block).i64_load(BLOCK.REGISTERS + 8 * number);
  f.i32_const(block).i64_load(BLOCK.METER).i32_const(0).call(entry);
  const left = f.local('i64', 'left');
  f.local_set(left).drop().local_get(left).i32_wrap_i64();
}
