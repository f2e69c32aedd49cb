import type { MemoryLayout } from '../engine/layout.ts';
import type { Code } from './code.ts';

// What all functions of a compiled module agree on.

/** What a negative `left` says. */
export const LEFT = {
  /** The state is in the block; the interpreter goes on. */
  RESUME: -1,
  /** As above, and the instruction is the program's `exit`. */
  EXIT: -2,
  /** The host ended the program in a syscall. */
  HOST_FAULT: -3,
} as const;

/** A function that can be called: its index, and the frames that it counts for besides its own. */
export type Callee = { readonly index: number; readonly weight: number };

/**
 * Functions beyond this are called where little of the engine's stack is in use, as if so many frames more
 * were: what V8 keeps on its stack for one of 4,096 instructions can be 16 KB.
 */
export const LARGE_FUNCTION_INSTRUCTIONS = 1024;
export const LARGE_FUNCTION_WEIGHT = 32;

/** What functions of a module share. */
export type FunctionContext = {
  readonly code: Code;
  readonly layout: MemoryLayout;
  /** Whether r10 is never written and calls add `frameStep` to it. */
  readonly hasFixedFrames: boolean;
  readonly frameStep: number;
  readonly textAddress: bigint;
  readonly mulHighUnsigned: number;
  readonly mulHighSigned: number;
  /** Imported functions by their index. */
  readonly miss: number;
  readonly answerMemorySyscall: number;
  readonly syscall: number;
  /** The compiled function at a slot, and what it needs of the bound on depth beyond a small one. */
  readonly functionAt: (pc: number) => Callee | undefined;
  /** `(r1 … r5, left, depth, slot) -> (r0, left)`: calls the function at a slot that is known late. */
  readonly callSlot: number;
};

/** Parameters of every compiled function. */
export const PARAMETERS = ['i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i32'] as const;
export const RESULTS = ['i64', 'i64'] as const;

/** Parameters behind r1 to r5. */
export const LEFT_PARAMETER = 5;
export const DEPTH_PARAMETER = 6;
