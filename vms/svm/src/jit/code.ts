import type { Program } from '../engine/decode.ts';
import { RECORD } from '../engine/layout.ts';
import { OPERATION_SPECS, type OperationSpec } from './operations.ts';

/** Decoded instructions as the compiler reads them, by slot. */
export type Code = {
  /** Slots of the text; the records of its end are behind them. */
  readonly slots: number;
  readonly spec: (pc: number) => OperationSpec;
  /** Number of the operation. */
  readonly operation: (pc: number) => number;
  readonly dst: (pc: number) => number;
  readonly src: (pc: number) => number;
  /** Of a load or store: bytes from what the register holds. */
  readonly offset: (pc: number) => number;
  /** Of a jump or call: the slot it leads to. */
  readonly target: (pc: number) => number;
  readonly imm: (pc: number) => bigint;
  /** The immediate's low half, signed. */
  readonly immLow: (pc: number) => number;
  /** The slot behind an instruction. */
  readonly next: (pc: number) => number;
};

/** Reads a program's records. */
export function readCode({ records, slots }: Program): Code {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const at = (pc: number, field: number): number => pc * RECORD.BYTES + field;
  const operation = (pc: number): number => view.getUint16(at(pc, RECORD.OPERATION), true);
  const spec = (pc: number): OperationSpec => OPERATION_SPECS[operation(pc)] as OperationSpec;
  const offset = (pc: number): number => view.getInt32(at(pc, RECORD.OFFSET), true);
  return {
    slots,
    spec,
    operation,
    dst: (pc) => view.getUint8(at(pc, RECORD.DST)) >> 3,
    src: (pc) => view.getUint8(at(pc, RECORD.SRC)) >> 3,
    offset,
    target: (pc) => pc + offset(pc) / RECORD.BYTES,
    imm: (pc) => view.getBigInt64(at(pc, RECORD.IMM), true),
    immLow: (pc) => view.getInt32(at(pc, RECORD.IMM), true),
    next: (pc) => pc + (spec(pc).kind === 'lddw' ? 2 : 1),
  };
}
