import { OPERATIONS } from '../spec/opcodes.ts';
import { BLOCK, RECORD, ROW, SINK } from './layout.ts';

/** What one retired instruction saw and did. */
export type Row = {
  readonly pc: bigint;
  /** Mnemonic; `host` for those that the host answers. */
  readonly operation: string;
  /** Register numbers; 0 where there is none. */
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
  readonly imm: number;
  /** Values of the operands before, of the result after the instruction: also of one that goes to x0. */
  readonly rs1Value: bigint;
  readonly rs2Value: bigint;
  readonly rdValue: bigint;
  /** Of loads, stores and atomics: the address, and the two doublewords from its aligned one on as they were. */
  readonly address: bigint;
  readonly before: bigint;
  readonly beforeNext: bigint;
};

/**
 * A piece of a run, valid during the call: rows as objects, and what is read most of them as numbers of 32
 * bits, half 0 being the low one.
 */
export type Rows = {
  readonly length: number;
  readonly row: (index: number) => Row;
  /** Low half of the program counter, which has no other in a program. */
  readonly pc: (index: number) => number;
  readonly operation: (index: number) => string;
  readonly result: (index: number, half: 0 | 1) => number;
  /** Low half of a memory access's address. */
  readonly address: (index: number) => number;
};

/** Takes a run piece by piece. */
export type RowObserver = (rows: Rows) => void;

/** Rows that are gathered before the observer is called. */
const ROWS_AT_ONCE = 4096;

/** Room for rows in the kernel's memory, emptied into `observer`. */
export function createRowBuffer(
  observer: RowObserver,
  allocate: (size: number) => number,
  view: () => DataView,
  block: number,
): { readonly flush: () => void } {
  const start = allocate(ROWS_AT_ONCE * ROW.BYTES);
  view().setUint32(block + BLOCK.ROW, start, true);
  view().setUint32(block + BLOCK.ROWS_END, start + ROWS_AT_ONCE * ROW.BYTES, true);

  const row = (index: number): Row => {
    const at = start + index * ROW.BYTES;
    const memory = view();
    const record = at + ROW.RECORD;
    const rd = memory.getUint8(record + RECORD.RD);
    const operation = OPERATIONS[memory.getUint8(record + RECORD.OPERATION)] as string;
    return {
      pc: memory.getBigUint64(at + ROW.PC, true),
      operation,
      rd: rd === SINK ? 0 : rd,
      rs1: memory.getUint8(record + RECORD.RS1),
      rs2: memory.getUint8(record + RECORD.RS2),
      imm: memory.getInt32(record + RECORD.IMM, true),
      rs1Value: memory.getBigUint64(at + ROW.RS1, true),
      rs2Value: memory.getBigUint64(at + ROW.RS2, true),
      // What the host gives comes after the row.
      rdValue: operation === 'host' ? 0n : memory.getBigUint64(at + ROW.RD, true),
      address: memory.getBigUint64(at + ROW.ADDRESS, true),
      before: memory.getBigUint64(at + ROW.BEFORE, true),
      beforeNext: memory.getBigUint64(at + ROW.BEFORE_NEXT, true),
    };
  };

  const word = (index: number, field: number): number =>
    view().getUint32(start + index * ROW.BYTES + field, true);
  const numbers: Omit<Rows, 'length' | 'row'> = {
    pc: (index) => word(index, ROW.PC),
    operation: (index) => OPERATIONS[word(index, ROW.RECORD + RECORD.OPERATION) & 255] as string,
    result: (index, half) => word(index, ROW.RD + 4 * half),
    address: (index) => word(index, ROW.ADDRESS),
  };

  return {
    flush: () => {
      const length = (view().getUint32(block + BLOCK.ROW, true) - start) / ROW.BYTES;
      view().setUint32(block + BLOCK.ROW, start, true);
      if (length > 0) observer({ length, row, ...numbers });
    },
  };
}
