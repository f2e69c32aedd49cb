import { BYTES_PER_UNIT, MEM_OP_BASE } from '../spec/costs.ts';
import { OPERATIONS } from '../spec/opcodes.ts';
import { MAX_CALL_DEPTH, MAX_HEAP_BYTES, STACK_BYTES } from '../spec/versions.ts';

// Where things are in the kernel's memory. `kernelLayoutSource` writes the same numbers as constants
// of the kernel, so that they stand here alone.

/** Byte offsets in the block that describes one running program. */
export const BLOCK = {
  /** r0 to r10, a u64 each. */
  REGISTERS: 0,
  /** u32: slot of the next instruction; after a fault, of the one that failed. */
  PC: 88,
  /** u32: frames that wait for a return. */
  DEPTH: 92,
  /** u64: compute units left. */
  METER: 96,
  /** u64: what could not be accessed. */
  FAULT_ADDRESS: 104,
  FAULT_BYTES: 112,
  FAULT_IS_WRITE: 116,
  /** u32: address of the decoded instructions. */
  CODE: 120,
  /** u32: how many slots the text has. */
  CODE_SLOTS: 124,
  /** u64: virtual address of the first instruction. */
  TEXT_ADDRESS: 128,
  /** u32: address of the saved frames. */
  FRAMES: 136,
  /** u32: what a call adds to r10. */
  FRAME_STEP: 140,
  /** u32: depth that a call must not reach. */
  MAX_DEPTH: 144,
  /** u32: address of the table of pieces, ascending by their start. */
  PIECES: 148,
  PIECE_COUNT: 152,
  /** u32: key of the syscall that is asked for. */
  SYSCALL_KEY: 156,
  /** u32: depth from which on compiled code leaves calls to the interpreter. */
  MAX_COMPILED_DEPTH: 160,
  /** u32: whether memory syscalls are answered without the host where nothing is wrong with them. */
  ANSWERS_MEMORY: 164,
  /** A window for each region: the piece that was last accessed there. */
  WINDOWS: 192,
} as const;

/** A window into memory: first virtual address, address here, and limits by kind and size of access. */
export const WINDOW = { START: 0, HOST: 8, READ_LIMITS: 16, WRITE_LIMITS: 48, BYTES: 128 } as const;

/** Windows are found by the low bits of the region: one for each of 8. */
const WINDOW_COUNT = 8;

export const BLOCK_BYTES: number = BLOCK.WINDOWS + WINDOW_COUNT * WINDOW.BYTES;

/** A piece of mapped memory. */
export const PIECE = { START: 0, LENGTH: 8, HOST: 16, FLAGS: 20, BYTES: 24 } as const;
/**
 * SHALLOW pieces are known to be clean beyond their first bytes; the kernel says by REACHED that a
 * program went on to what lies behind them.
 */
export const PIECE_FLAGS = { WRITABLE: 1, GAPPED: 2, SHALLOW: 4, REACHED: 8 } as const;

/** The first bytes of a shallow piece. */
export const SHALLOW = { BYTES: 16_384 } as const;

/** A saved frame: r6 to r9, r10, and bytes from the first record to the one to return to. */
export const FRAME = { SAVED: 0, FRAME_POINTER: 32, RETURN: 40, BYTES: 48 } as const;

export const FRAMES_BYTES: number = MAX_CALL_DEPTH * FRAME.BYTES;

/** Where things are in a machine's memory, from the kernel's own data up to the first program. */
export type MemoryLayout = {
  readonly block: number;
  /** Saved frames; one that is nobody's stands before them, for compiled code to find r6 to r9 in. */
  readonly frames: number;
  readonly stack: number;
  readonly heap: number;
  readonly programs: number;
};

const CACHE_LINE = 64;

/** The layout over a kernel whose own data ends at `heapBase`. */
export function memoryLayout(heapBase: number): MemoryLayout {
  const block = Math.ceil(heapBase / CACHE_LINE) * CACHE_LINE;
  const frames = align(block + BLOCK_BYTES + FRAME.BYTES);
  const stack = align(frames + FRAMES_BYTES);
  const heap = stack + STACK_BYTES;
  return { block, frames, stack, heap, programs: heap + MAX_HEAP_BYTES };
}

/** The next multiple of 16. */
export const align = (address: number): number => (address + 15) & ~15;

/** A decoded instruction: operation, byte offsets of its registers, displacement, operand. */
export const RECORD = { OPERATION: 0, DST: 2, SRC: 3, OFFSET: 4, IMM: 8, BYTES: 16 } as const;

/** Why the kernel came back. */
export const STATUS = {
  EXIT: 1,
  SYSCALL: 2,
  EXCEEDED_MAX_INSTRUCTIONS: 3,
  EXECUTION_OVERRUN: 4,
  ACCESS_VIOLATION: 5,
  DIVIDE_BY_ZERO: 6,
  DIVIDE_OVERFLOW: 7,
  CALL_DEPTH_EXCEEDED: 8,
  CALL_OUTSIDE_TEXT_SEGMENT: 9,
  UNSUPPORTED_INSTRUCTION: 10,
} as const;

const upper = (name: string): string =>
  name
    .replaceAll(/(?<=[a-z\d])[A-Z]/g, '_$&')
    .replaceAll(/(?<=[a-z])(?=\d)/g, '_')
    .toUpperCase();

/** Text of `assembly/layout.ts`. */
export function kernelLayoutSource(): string {
  const group = (prefix: string, type: string, values: Readonly<Record<string, number>>): readonly string[] =>
    Object.entries(values).map(([name, value]) => `export const ${prefix}${name}: ${type} = ${value};`);
  return [
    '// Written by `npm run gen`: the numbers of `src/engine/layout.ts`.',
    '',
    ...group('', 'usize', BLOCK),
    '',
    ...group('WINDOW_', 'usize', WINDOW),
    '',
    ...group('PIECE_', 'usize', PIECE),
    ...group('PIECE_IS_', 'u32', PIECE_FLAGS),
    ...group('SHALLOW_', 'u64', SHALLOW),
    '',
    ...group('FRAME_', 'usize', FRAME),
    '',
    ...group('RECORD_', 'usize', RECORD),
    '',
    ...group('', 'u32', STATUS),
    '',
    ...group('', 'u64', { BYTES_PER_UNIT, MEM_OP_BASE }),
    '',
  ].join('\n');
}

/** Text of `assembly/operations.ts`. */
export function kernelOperationsSource(): string {
  return [
    '// Written by `npm run gen`: the numbers of the operations in `src/spec/opcodes.ts`.',
    '',
    ...OPERATIONS.map((name, number) => `export const ${upper(name)}: u32 = ${number};`),
    '',
  ].join('\n');
}
