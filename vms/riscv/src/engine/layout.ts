import { CODE_SPACE_BYTES, PAGE_BYTES } from '../spec/limits.ts';
import { OPERATIONS } from '../spec/opcodes.ts';

// Where things are in the kernel's memory. `kernelLayoutSource` writes the same numbers as constants
// of the kernel, so that they stand here alone.

/** Byte offsets in the block that describes one running guest. */
export const BLOCK = {
  /** x0 to x31, a u64 each (RV32: its low half). x0 is never written. */
  REGISTERS: 0,
  /** u64: address of the next instruction; after a trap, of the one that failed. */
  PC: 264,
  /** u64: instructions that may still retire. */
  LEFT: 272,
  /** u64: what could not be accessed. */
  ADDRESS: 280,
  /** u64: address that `lr` reserved; all ones when none. */
  RESERVATION: 288,
  /** u64: accesses that were not aligned to their size. */
  MISALIGNED: 296,
  /** u32: address of the table of pages. */
  PAGES: 304,
  /** u32: address of the table of decoded pages: u32 each, 0 when a page is not decoded. */
  CODE: 308,
  /** u32: 1 when a misaligned access is a trap. */
  MISALIGNED_TRAPS: 312,
  /** u32, tracing build: where the next row goes, and the end of the room for rows. */
  ROW: 316,
  ROWS_END: 320,
  /** u32, tracing build: the row that lacks its result, 0 when there is none. */
  OPEN_ROW: 324,
  /** Room to put the bytes of a misaligned access together. */
  GATHERED: 328,
} as const;

/** Register number that results for x0 are written to. */
export const SINK = 32;

export const BLOCK_BYTES = 336;

/** A decoded instruction: operation, registers, i32 immediate. Half as far apart as in the guest, doubled. */
export const RECORD = { OPERATION: 0, RD: 1, RS1: 2, RS2: 3, IMM: 4, BYTES: 8 } as const;

/** Instructions of a page. */
export const RECORDS_PER_PAGE: number = PAGE_BYTES / 4;

/** A decoded page: its records and one that leads to the next page. */
export const CODE_PAGE_BYTES: number = (RECORDS_PER_PAGE + 1) * RECORD.BYTES;

/** Entries of the tables of pages: a page of number n is at n modulo this. */
export const PAGE_COUNT: number = CODE_SPACE_BYTES / PAGE_BYTES;

/** An entry of the table of pages: where it is here, 0 when nowhere, and its number's high bits. */
export const PAGE_ENTRY = { HOST: 0, TAG: 4, BYTES: 8 } as const;

/**
 * A row of the tracing build: what an instruction saw and did. `BEFORE` is the doubleword at the
 * aligned address of a memory access as it was, `BEFORE_NEXT` the one behind it.
 */
export const ROW = {
  PC: 0,
  RECORD: 8,
  RS1: 16,
  RS2: 24,
  RD: 32,
  ADDRESS: 40,
  BEFORE: 48,
  BEFORE_NEXT: 56,
  BYTES: 64,
} as const;

/** Why the kernel came back. */
export const STATUS = {
  /** No instruction may retire any more. */
  LIMIT: 1,
  /** The page at `PC` is not decoded. */
  FETCH: 2,
  /** The instruction at `PC` is the host's; it has been counted. */
  HOST: 3,
  /** The page at `ADDRESS` is not there. */
  LOAD_PAGE: 4,
  STORE_PAGE: 5,
  /** The access to `ADDRESS` is not aligned and has to be. */
  LOAD_MISALIGNED: 6,
  STORE_MISALIGNED: 7,
  /** The jump at `PC` leads to `ADDRESS`, which is no multiple of 4. */
  FETCH_MISALIGNED: 8,
  /** There is no room for another row. */
  ROWS_FULL: 9,
} as const;

const upper = (name: string): string =>
  name
    .replaceAll(/(?<=[a-z])[A-Z]/g, '_$&')
    .replaceAll('.', '_')
    .toUpperCase();

/** Text of `assembly/layout.ts`. */
export function kernelLayoutSource(): string {
  const group = (prefix: string, type: string, values: Readonly<Record<string, number>>): readonly string[] =>
    Object.entries(values).map(([name, value]) => `export const ${prefix}${name}: ${type} = ${value};`);
  return [
    '// Written by `npm run gen`: the numbers of `src/engine/layout.ts` and `src/spec/opcodes.ts`.',
    '',
    ...group('', 'usize', BLOCK),
    '',
    ...group('RECORD_', 'usize', RECORD),
    '',
    ...group('ROW_', 'usize', ROW),
    '',
    ...group('', 'u32', { PAGE_COUNT, PAGE_SIZE: PAGE_BYTES, SINK }),
    '',
    ...group('', 'u32', STATUS),
    '',
    ...OPERATIONS.map((name, number) => `export const OP_${upper(name)}: u32 = ${number};`),
    '',
  ].join('\n');
}
