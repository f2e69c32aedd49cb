// What an instruction's record says of its operands: registers in the block at `vm`, and the immediate.
import { RECORD_IMM, RECORD_RD, RECORD_RS1, RECORD_RS2, REGISTERS } from './layout';

@inline
function register(vm: usize, rec: usize, field: usize): usize {
  return vm + REGISTERS + ((<usize>load<u8>(rec + field)) << 3);
}

@inline
export function rs1<U>(vm: usize, rec: usize): U {
  return load<U>(register(vm, rec, RECORD_RS1));
}

@inline
export function rs2<U>(vm: usize, rec: usize): U {
  return load<U>(register(vm, rec, RECORD_RS2));
}

@inline
export function set<U>(vm: usize, rec: usize, value: U): void {
  store<U>(register(vm, rec, RECORD_RD), value);
}

/** Immediate, sign-extended. */
@inline
export function imm<U>(rec: usize): U {
  return <U><i64>load<i32>(rec, RECORD_IMM);
}

/** A result of 32 bits in a register of 64. */
@inline
export function extended<U>(value: u32): U {
  return <U><i64><i32>value;
}
