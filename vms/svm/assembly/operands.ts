// What a decoded instruction names: registers, its immediate and displacement, the target of a jump.
import { RECORD_DST, RECORD_IMM, RECORD_OFFSET, RECORD_SRC } from './layout';

@inline
export function dst(vm: usize, pc: usize): u64 {
  return load<u64>(vm + load<u8>(pc, RECORD_DST));
}

@inline
export function src(vm: usize, pc: usize): u64 {
  return load<u64>(vm + load<u8>(pc, RECORD_SRC));
}

@inline
export function set(vm: usize, pc: usize, value: u64): void {
  store<u64>(vm + load<u8>(pc, RECORD_DST), value);
}

@inline
export function imm(pc: usize): u64 {
  return load<u64>(pc, RECORD_IMM);
}

/** Displacement of a load or store, sign-extended. */
@inline
export function offset(pc: usize): u64 {
  return <u64><i64>load<i32>(pc, RECORD_OFFSET);
}

/** The instruction that a jump leads to. */
@inline
export function target(pc: usize): usize {
  return pc + <usize>load<i32>(pc, RECORD_OFFSET);
}
