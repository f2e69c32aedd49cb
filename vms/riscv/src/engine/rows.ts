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

/** A piece of a run, valid during the call: rows as objects, and as the kernel writes them. */
export type Rows = {
  readonly length: number;
  readonly row: (index: number) => Row;
  /** The rows' words, each row as `ROW` of `layout.ts` says. */
  readonly words: Uint32Array;
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

  return {
    flush: () => {
      const length = (view().getUint32(block + BLOCK.ROW, true) - start) / ROW.BYTES;
      view().setUint32(block + BLOCK.ROW, start, true);
      if (length === 0) return;
      const words = new Uint32Array(view().buffer, start, (length * ROW.BYTES) / 4);
      observer({ length, row, words });
    },
  };
}
