// Rows of the tracing build: one for each instruction that retires, written into the room that the
// host gives. The last row is open until the next instruction begins or the loop is left, for only
// then its result is in the register; `OPEN_ROW` says where it is.
import {
  OPEN_ROW,
  PAGES,
  RECORD_IMM,
  RECORD_RD,
  RECORD_RS1,
  RECORD_RS2,
  REGISTERS,
  ROW,
  ROWS_END,
  ROW_ADDRESS,
  ROW_BEFORE,
  ROW_BEFORE_NEXT,
  ROW_BYTES,
  ROW_PC,
  ROW_RD,
  ROW_RECORD,
  ROW_RS1,
  ROW_RS2,
  SINK,
} from './layout';
import { doublewordAt } from './memory';

@inline
function valueOf(vm: usize, index: u8): u64 {
  return index == <u8>SINK ? 0 : load<u64>(vm + REGISTERS + ((<usize>index) << 3));
}

export function hasRoom(vm: usize): bool {
  return load<u32>(vm, ROW) + <u32>ROW_BYTES <= load<u32>(vm, ROWS_END);
}

/** Writes what the instruction of `rec` at `pc` is about to see. */
export function beginRow<U>(vm: usize, rec: usize, pc: U): void {
  const row = <usize>load<u32>(vm, ROW);
  const rs1 = valueOf(vm, load<u8>(rec, RECORD_RS1));
  // Of instructions that access no memory this is the address of nothing: it and what is there are unused.
  const address = <U>rs1 + <U><i64>load<i32>(rec, RECORD_IMM);
  const pages = <usize>load<u32>(vm, PAGES);
  store<u64>(row, <u64>pc, ROW_PC);
  store<u64>(row, load<u64>(rec), ROW_RECORD);
  store<u64>(row, rs1, ROW_RS1);
  store<u64>(row, valueOf(vm, load<u8>(rec, RECORD_RS2)), ROW_RS2);
  store<u64>(row, <u64>address, ROW_ADDRESS);
  store<u64>(row, doublewordAt<U>(pages, address), ROW_BEFORE);
  store<u64>(row, doublewordAt<U>(pages, address + 8), ROW_BEFORE_NEXT);
  store<u32>(vm, <u32>row, OPEN_ROW);
  store<u32>(vm, <u32>(row + ROW_BYTES), ROW);
}

/** Completes the open row by its result. */
export function endRow(vm: usize): void {
  const row = <usize>load<u32>(vm, OPEN_ROW);
  if (row == 0) return;
  const rd = <usize>load<u8>(row + ROW_RECORD, RECORD_RD);
  store<u64>(row, load<u64>(vm + REGISTERS + (rd << 3)), ROW_RD);
  store<u32>(vm, 0, OPEN_ROW);
}

/** Takes the open row back: its instruction did not retire. */
export function dropRow(vm: usize): void {
  const row = load<u32>(vm, OPEN_ROW);
  if (row == 0) return;
  store<u32>(vm, row, ROW);
  store<u32>(vm, 0, OPEN_ROW);
}
