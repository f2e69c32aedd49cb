// The dispatch loop over decoded instructions (`src/engine/decode.ts`). Registers are in memory, one
// comparison meters an instruction, and everything that ends or interrupts the program comes back to
// the host as a status. Nothing is kept between calls but what the block at `vm` holds.
import {
  ACCESS_VIOLATION,
  CALL_DEPTH_EXCEEDED,
  CALL_OUTSIDE_TEXT_SEGMENT,
  CODE,
  CODE_SLOTS,
  DEPTH,
  DIVIDE_BY_ZERO,
  DIVIDE_OVERFLOW,
  EXCEEDED_MAX_INSTRUCTIONS,
  EXECUTION_OVERRUN,
  EXIT,
  FRAMES,
  FRAME_BYTES,
  FRAME_RETURN,
  FRAME_SAVED,
  FRAME_STEP,
  MAX_DEPTH,
  METER,
  OP_ADDW_32_IMM,
  OP_ADDW_32_REG,
  OP_ADD_32_IMM,
  OP_ADD_32_REG,
  OP_ADD_64_IMM,
  OP_ADD_64_REG,
  OP_AND_32_IMM,
  OP_AND_32_REG,
  OP_AND_64_IMM,
  OP_AND_64_REG,
  OP_ARSH_32_IMM,
  OP_ARSH_32_REG,
  OP_ARSH_64_IMM,
  OP_ARSH_64_REG,
  OP_BE_16,
  OP_BE_32,
  OP_BE_64,
  OP_CALL,
  OP_CALLX,
  OP_CALL_OUTSIDE,
  OP_DIV_32_IMM,
  OP_DIV_32_REG,
  OP_DIV_64_IMM,
  OP_DIV_64_REG,
  OP_EXIT,
  OP_JA,
  OP_JEQ_32_IMM,
  OP_JEQ_32_REG,
  OP_JEQ_64_IMM,
  OP_JEQ_64_REG,
  OP_JGE_32_IMM,
  OP_JGE_32_REG,
  OP_JGE_64_IMM,
  OP_JGE_64_REG,
  OP_JGT_32_IMM,
  OP_JGT_32_REG,
  OP_JGT_64_IMM,
  OP_JGT_64_REG,
  OP_JLE_32_IMM,
  OP_JLE_32_REG,
  OP_JLE_64_IMM,
  OP_JLE_64_REG,
  OP_JLT_32_IMM,
  OP_JLT_32_REG,
  OP_JLT_64_IMM,
  OP_JLT_64_REG,
  OP_JNE_32_IMM,
  OP_JNE_32_REG,
  OP_JNE_64_IMM,
  OP_JNE_64_REG,
  OP_JSET_32_IMM,
  OP_JSET_32_REG,
  OP_JSET_64_IMM,
  OP_JSET_64_REG,
  OP_JSGE_32_IMM,
  OP_JSGE_32_REG,
  OP_JSGE_64_IMM,
  OP_JSGE_64_REG,
  OP_JSGT_32_IMM,
  OP_JSGT_32_REG,
  OP_JSGT_64_IMM,
  OP_JSGT_64_REG,
  OP_JSLE_32_IMM,
  OP_JSLE_32_REG,
  OP_JSLE_64_IMM,
  OP_JSLE_64_REG,
  OP_JSLT_32_IMM,
  OP_JSLT_32_REG,
  OP_JSLT_64_IMM,
  OP_JSLT_64_REG,
  OP_LDDW,
  OP_LE_16,
  OP_LE_32,
  OP_LE_64,
  OP_LMUL_32_IMM,
  OP_LMUL_32_REG,
  OP_LOAD_1,
  OP_LOAD_2,
  OP_LOAD_4,
  OP_LOAD_8,
  OP_LSH_32_IMM,
  OP_LSH_32_REG,
  OP_LSH_64_IMM,
  OP_LSH_64_REG,
  OP_MEMCMP,
  OP_MEMCPY,
  OP_MEMMOVE,
  OP_MEMSET,
  OP_MOD_32_IMM,
  OP_MOD_32_REG,
  OP_MOD_64_IMM,
  OP_MOD_64_REG,
  OP_MOVSX_32_REG,
  OP_MOV_32_IMM,
  OP_MOV_32_REG,
  OP_MOV_64_IMM,
  OP_MOV_64_REG,
  OP_MUL_32_IMM,
  OP_MUL_32_REG,
  OP_MUL_64_IMM,
  OP_MUL_64_REG,
  OP_NEG_32,
  OP_NEG_64,
  OP_OR_32_IMM,
  OP_OR_32_REG,
  OP_OR_64_IMM,
  OP_OR_64_REG,
  OP_OVERRUN,
  OP_RSH_32_IMM,
  OP_RSH_32_REG,
  OP_RSH_64_IMM,
  OP_RSH_64_REG,
  OP_RSUB_32_IMM,
  OP_RSUB_64_IMM,
  OP_SDIV_32_IMM,
  OP_SDIV_32_REG,
  OP_SDIV_64_IMM,
  OP_SDIV_64_REG,
  OP_SHMUL_64_IMM,
  OP_SHMUL_64_REG,
  OP_SREM_32_IMM,
  OP_SREM_32_REG,
  OP_SREM_64_IMM,
  OP_SREM_64_REG,
  OP_STORE_1_IMM,
  OP_STORE_1_REG,
  OP_STORE_2_IMM,
  OP_STORE_2_REG,
  OP_STORE_4_IMM,
  OP_STORE_4_REG,
  OP_STORE_8_IMM,
  OP_STORE_8_REG,
  OP_SUBW_32_REG,
  OP_SUB_32_REG,
  OP_SUB_64_REG,
  OP_SYSCALL,
  OP_UHMUL_64_IMM,
  OP_UHMUL_64_REG,
  OP_XOR_32_IMM,
  OP_XOR_32_REG,
  OP_XOR_64_IMM,
  OP_XOR_64_REG,
  PC,
  RECORD_BYTES,
  RECORD_DST,
  RECORD_IMM,
  RECORD_OFFSET,
  RECORD_OPERATION,
  RECORD_SRC,
  REGISTERS,
  SYSCALL,
  SYSCALL_KEY,
  TEXT_ADDRESS,
  UNSUPPORTED_INSTRUCTION,
} from './layout';
import { readable, writable } from './memory';
import { answerMemorySyscall } from './memory-syscalls';
import { traceStep } from './trace-host';

@inline
function dst(vm: usize, pc: usize): u64 {
  return load<u64>(vm + load<u8>(pc, RECORD_DST));
}

@inline
function src(vm: usize, pc: usize): u64 {
  return load<u64>(vm + load<u8>(pc, RECORD_SRC));
}

@inline
function set(vm: usize, pc: usize, value: u64): void {
  store<u64>(vm + load<u8>(pc, RECORD_DST), value);
}

@inline
function imm(pc: usize): u64 {
  return load<u64>(pc, RECORD_IMM);
}

/** Displacement of a load or store, sign-extended. */
@inline
function offset(pc: usize): u64 {
  return <u64><i64>load<i32>(pc, RECORD_OFFSET);
}

/** Bytes from this record to the one a jump leads to. */
@inline
function displacement(pc: usize): usize {
  return <usize>load<i32>(pc, RECORD_OFFSET);
}

/** High half of the unsigned product. */
export function mulHighUnsigned(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >>> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >>> 32;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 32);
  const carried = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >>> 32) + (carried >>> 32);
}

/** High half of the signed product. */
export function mulHighSigned(a: u64, b: u64): u64 {
  return mulHighUnsigned(a, b) - (<i64>a < 0 ? b : 0) - (<i64>b < 0 ? a : 0);
}

@inline
function slotOf(vm: usize, pc: usize): u32 {
  return <u32>((pc - <usize>load<u32>(vm, CODE)) / RECORD_BYTES);
}

function stop(vm: usize, pc: usize, left: u64, status: u32): u32 {
  store<u32>(vm, slotOf(vm, pc), PC);
  store<u64>(vm, left, METER);
  return status;
}

/** Copies r6 to r10. PERF: `memory.copy` leaves the engine's code for so few bytes. */
@inline
function copyWords(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u64>(to, load<u64>(from, 16), 16);
  store<u64>(to, load<u64>(from, 24), 24);
  store<u64>(to, load<u64>(from, 32), 32);
}

/** Saves the caller's frame and enters the next one; false when there is none. */
function pushFrame(vm: usize, pc: usize): bool {
  const depth = load<u32>(vm, DEPTH);
  const frame = <usize>load<u32>(vm, FRAMES) + <usize>depth * FRAME_BYTES;
  copyWords(frame + FRAME_SAVED, vm + REGISTERS + 6 * 8);
  store<u32>(frame, <u32>(pc - <usize>load<u32>(vm, CODE)) + <u32>RECORD_BYTES, FRAME_RETURN);
  store<u32>(vm, depth + 1, DEPTH);
  if (depth + 1 == load<u32>(vm, MAX_DEPTH)) return false;
  store<u64>(vm, load<u64>(vm, REGISTERS + 10 * 8) + load<u32>(vm, FRAME_STEP), REGISTERS + 10 * 8);
  return true;
}

/** Runs from the block's `PC` on until the host is needed or the program ends; a status. */
export function run(vm: usize): u32 {
  const code = <usize>load<u32>(vm, CODE);
  let pc = code + <usize>load<u32>(vm, PC) * RECORD_BYTES;
  let left = load<u64>(vm, METER);
  while (true) {
    if (left == 0) return stop(vm, pc, left, EXCEEDED_MAX_INSTRUCTIONS);
    left -= 1;
    if (isDefined(TRACE)) traceStep(vm, slotOf(vm, pc), left);
    switch (<u32>load<u16>(pc, RECORD_OPERATION)) {
      case OP_LDDW: {
        set(vm, pc, imm(pc));
        pc += 2 * RECORD_BYTES;
        continue;
      }
      case OP_LOAD_1: {
        const at = readable<u8>(vm, src(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        set(vm, pc, <u64>load<u8>(at));
        break;
      }
      case OP_STORE_1_IMM: {
        const at = writable<u8>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u8>(at, <u8>imm(pc));
        break;
      }
      case OP_STORE_1_REG: {
        const at = writable<u8>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u8>(at, <u8>src(vm, pc));
        break;
      }
      case OP_LOAD_2: {
        const at = readable<u16>(vm, src(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        set(vm, pc, <u64>load<u16>(at));
        break;
      }
      case OP_STORE_2_IMM: {
        const at = writable<u16>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u16>(at, <u16>imm(pc));
        break;
      }
      case OP_STORE_2_REG: {
        const at = writable<u16>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u16>(at, <u16>src(vm, pc));
        break;
      }
      case OP_LOAD_4: {
        const at = readable<u32>(vm, src(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        set(vm, pc, <u64>load<u32>(at));
        break;
      }
      case OP_STORE_4_IMM: {
        const at = writable<u32>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u32>(at, <u32>imm(pc));
        break;
      }
      case OP_STORE_4_REG: {
        const at = writable<u32>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u32>(at, <u32>src(vm, pc));
        break;
      }
      case OP_LOAD_8: {
        const at = readable<u64>(vm, src(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        set(vm, pc, <u64>load<u64>(at));
        break;
      }
      case OP_STORE_8_IMM: {
        const at = writable<u64>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u64>(at, <u64>imm(pc));
        break;
      }
      case OP_STORE_8_REG: {
        const at = writable<u64>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u64>(at, <u64>src(vm, pc));
        break;
      }
      case OP_ADD_32_IMM: {
        set(vm, pc, <u64><i64><i32>(<u32>dst(vm, pc) + <u32>imm(pc)));
        break;
      }
      case OP_ADDW_32_IMM: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) + <u32>imm(pc)));
        break;
      }
      case OP_MUL_32_IMM: {
        set(vm, pc, <u64><i64><i32>(<u32>dst(vm, pc) * <u32>imm(pc)));
        break;
      }
      case OP_LMUL_32_IMM: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) * <u32>imm(pc)));
        break;
      }
      case OP_OR_32_IMM: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) | <u32>imm(pc)));
        break;
      }
      case OP_AND_32_IMM: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) & <u32>imm(pc)));
        break;
      }
      case OP_XOR_32_IMM: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) ^ <u32>imm(pc)));
        break;
      }
      case OP_LSH_32_IMM: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) << <u32>imm(pc)));
        break;
      }
      case OP_RSH_32_IMM: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) >>> <u32>imm(pc)));
        break;
      }
      case OP_ARSH_32_IMM: {
        set(vm, pc, <u64><u32>(<i32>dst(vm, pc) >> <i32>imm(pc)));
        break;
      }
      case OP_ADD_64_IMM: {
        set(vm, pc, dst(vm, pc) + imm(pc));
        break;
      }
      case OP_MUL_64_IMM: {
        set(vm, pc, dst(vm, pc) * imm(pc));
        break;
      }
      case OP_OR_64_IMM: {
        set(vm, pc, dst(vm, pc) | imm(pc));
        break;
      }
      case OP_AND_64_IMM: {
        set(vm, pc, dst(vm, pc) & imm(pc));
        break;
      }
      case OP_XOR_64_IMM: {
        set(vm, pc, dst(vm, pc) ^ imm(pc));
        break;
      }
      case OP_LSH_64_IMM: {
        set(vm, pc, dst(vm, pc) << imm(pc));
        break;
      }
      case OP_RSH_64_IMM: {
        set(vm, pc, dst(vm, pc) >>> imm(pc));
        break;
      }
      case OP_ARSH_64_IMM: {
        set(vm, pc, <u64>(<i64>dst(vm, pc) >> <i64>imm(pc)));
        break;
      }
      case OP_UHMUL_64_IMM: {
        set(vm, pc, mulHighUnsigned(dst(vm, pc), imm(pc)));
        break;
      }
      case OP_SHMUL_64_IMM: {
        set(vm, pc, mulHighSigned(dst(vm, pc), imm(pc)));
        break;
      }
      case OP_DIV_32_IMM: {
        const divisor = <u32>imm(pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u32>dst(vm, pc) / divisor));
        break;
      }
      case OP_DIV_64_IMM: {
        const divisor = <u64>imm(pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u64>dst(vm, pc) / divisor));
        break;
      }
      case OP_MOD_32_IMM: {
        const divisor = <u32>imm(pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u32>dst(vm, pc) % divisor));
        break;
      }
      case OP_MOD_64_IMM: {
        const divisor = <u64>imm(pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u64>dst(vm, pc) % divisor));
        break;
      }
      case OP_SDIV_32_IMM: {
        const divisor = <i32>imm(pc);
        const dividend = <i32>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i32.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64><u32>(dividend / divisor));
        break;
      }
      case OP_SDIV_64_IMM: {
        const divisor = <i64>imm(pc);
        const dividend = <i64>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i64.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64>(dividend / divisor));
        break;
      }
      case OP_SREM_32_IMM: {
        const divisor = <i32>imm(pc);
        const dividend = <i32>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i32.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64><u32>(dividend % divisor));
        break;
      }
      case OP_SREM_64_IMM: {
        const divisor = <i64>imm(pc);
        const dividend = <i64>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i64.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64>(dividend % divisor));
        break;
      }
      case OP_JEQ_64_IMM: {
        if (<u64>dst(vm, pc) == <u64>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JEQ_32_IMM: {
        if (<u32>dst(vm, pc) == <u32>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JGT_64_IMM: {
        if (<u64>dst(vm, pc) > <u64>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JGT_32_IMM: {
        if (<u32>dst(vm, pc) > <u32>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JGE_64_IMM: {
        if (<u64>dst(vm, pc) >= <u64>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JGE_32_IMM: {
        if (<u32>dst(vm, pc) >= <u32>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JNE_64_IMM: {
        if (<u64>dst(vm, pc) != <u64>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JNE_32_IMM: {
        if (<u32>dst(vm, pc) != <u32>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JLT_64_IMM: {
        if (<u64>dst(vm, pc) < <u64>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JLT_32_IMM: {
        if (<u32>dst(vm, pc) < <u32>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JLE_64_IMM: {
        if (<u64>dst(vm, pc) <= <u64>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JLE_32_IMM: {
        if (<u32>dst(vm, pc) <= <u32>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSGT_64_IMM: {
        if (<i64>dst(vm, pc) > <i64>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSGT_32_IMM: {
        if (<i32>dst(vm, pc) > <i32>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSGE_64_IMM: {
        if (<i64>dst(vm, pc) >= <i64>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSGE_32_IMM: {
        if (<i32>dst(vm, pc) >= <i32>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSLT_64_IMM: {
        if (<i64>dst(vm, pc) < <i64>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSLT_32_IMM: {
        if (<i32>dst(vm, pc) < <i32>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSLE_64_IMM: {
        if (<i64>dst(vm, pc) <= <i64>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSLE_32_IMM: {
        if (<i32>dst(vm, pc) <= <i32>imm(pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSET_64_IMM: {
        if ((<u64>dst(vm, pc) & <u64>imm(pc)) != 0) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSET_32_IMM: {
        if ((<u32>dst(vm, pc) & <u32>imm(pc)) != 0) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_ADD_32_REG: {
        set(vm, pc, <u64><i64><i32>(<u32>dst(vm, pc) + <u32>src(vm, pc)));
        break;
      }
      case OP_ADDW_32_REG: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) + <u32>src(vm, pc)));
        break;
      }
      case OP_MUL_32_REG: {
        set(vm, pc, <u64><i64><i32>(<u32>dst(vm, pc) * <u32>src(vm, pc)));
        break;
      }
      case OP_LMUL_32_REG: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) * <u32>src(vm, pc)));
        break;
      }
      case OP_OR_32_REG: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) | <u32>src(vm, pc)));
        break;
      }
      case OP_AND_32_REG: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) & <u32>src(vm, pc)));
        break;
      }
      case OP_XOR_32_REG: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) ^ <u32>src(vm, pc)));
        break;
      }
      case OP_LSH_32_REG: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) << <u32>src(vm, pc)));
        break;
      }
      case OP_RSH_32_REG: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) >>> <u32>src(vm, pc)));
        break;
      }
      case OP_ARSH_32_REG: {
        set(vm, pc, <u64><u32>(<i32>dst(vm, pc) >> <i32>src(vm, pc)));
        break;
      }
      case OP_ADD_64_REG: {
        set(vm, pc, dst(vm, pc) + src(vm, pc));
        break;
      }
      case OP_MUL_64_REG: {
        set(vm, pc, dst(vm, pc) * src(vm, pc));
        break;
      }
      case OP_OR_64_REG: {
        set(vm, pc, dst(vm, pc) | src(vm, pc));
        break;
      }
      case OP_AND_64_REG: {
        set(vm, pc, dst(vm, pc) & src(vm, pc));
        break;
      }
      case OP_XOR_64_REG: {
        set(vm, pc, dst(vm, pc) ^ src(vm, pc));
        break;
      }
      case OP_LSH_64_REG: {
        set(vm, pc, dst(vm, pc) << src(vm, pc));
        break;
      }
      case OP_RSH_64_REG: {
        set(vm, pc, dst(vm, pc) >>> src(vm, pc));
        break;
      }
      case OP_ARSH_64_REG: {
        set(vm, pc, <u64>(<i64>dst(vm, pc) >> <i64>src(vm, pc)));
        break;
      }
      case OP_UHMUL_64_REG: {
        set(vm, pc, mulHighUnsigned(dst(vm, pc), src(vm, pc)));
        break;
      }
      case OP_SHMUL_64_REG: {
        set(vm, pc, mulHighSigned(dst(vm, pc), src(vm, pc)));
        break;
      }
      case OP_DIV_32_REG: {
        const divisor = <u32>src(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u32>dst(vm, pc) / divisor));
        break;
      }
      case OP_DIV_64_REG: {
        const divisor = <u64>src(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u64>dst(vm, pc) / divisor));
        break;
      }
      case OP_MOD_32_REG: {
        const divisor = <u32>src(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u32>dst(vm, pc) % divisor));
        break;
      }
      case OP_MOD_64_REG: {
        const divisor = <u64>src(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u64>dst(vm, pc) % divisor));
        break;
      }
      case OP_SDIV_32_REG: {
        const divisor = <i32>src(vm, pc);
        const dividend = <i32>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i32.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64><u32>(dividend / divisor));
        break;
      }
      case OP_SDIV_64_REG: {
        const divisor = <i64>src(vm, pc);
        const dividend = <i64>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i64.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64>(dividend / divisor));
        break;
      }
      case OP_SREM_32_REG: {
        const divisor = <i32>src(vm, pc);
        const dividend = <i32>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i32.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64><u32>(dividend % divisor));
        break;
      }
      case OP_SREM_64_REG: {
        const divisor = <i64>src(vm, pc);
        const dividend = <i64>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i64.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64>(dividend % divisor));
        break;
      }
      case OP_JEQ_64_REG: {
        if (<u64>dst(vm, pc) == <u64>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JEQ_32_REG: {
        if (<u32>dst(vm, pc) == <u32>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JGT_64_REG: {
        if (<u64>dst(vm, pc) > <u64>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JGT_32_REG: {
        if (<u32>dst(vm, pc) > <u32>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JGE_64_REG: {
        if (<u64>dst(vm, pc) >= <u64>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JGE_32_REG: {
        if (<u32>dst(vm, pc) >= <u32>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JNE_64_REG: {
        if (<u64>dst(vm, pc) != <u64>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JNE_32_REG: {
        if (<u32>dst(vm, pc) != <u32>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JLT_64_REG: {
        if (<u64>dst(vm, pc) < <u64>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JLT_32_REG: {
        if (<u32>dst(vm, pc) < <u32>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JLE_64_REG: {
        if (<u64>dst(vm, pc) <= <u64>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JLE_32_REG: {
        if (<u32>dst(vm, pc) <= <u32>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSGT_64_REG: {
        if (<i64>dst(vm, pc) > <i64>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSGT_32_REG: {
        if (<i32>dst(vm, pc) > <i32>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSGE_64_REG: {
        if (<i64>dst(vm, pc) >= <i64>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSGE_32_REG: {
        if (<i32>dst(vm, pc) >= <i32>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSLT_64_REG: {
        if (<i64>dst(vm, pc) < <i64>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSLT_32_REG: {
        if (<i32>dst(vm, pc) < <i32>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSLE_64_REG: {
        if (<i64>dst(vm, pc) <= <i64>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSLE_32_REG: {
        if (<i32>dst(vm, pc) <= <i32>src(vm, pc)) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSET_64_REG: {
        if ((<u64>dst(vm, pc) & <u64>src(vm, pc)) != 0) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_JSET_32_REG: {
        if ((<u32>dst(vm, pc) & <u32>src(vm, pc)) != 0) {
          pc += displacement(pc);
          continue;
        }
        break;
      }
      case OP_SUB_32_REG: {
        set(vm, pc, <u64><i64><i32>(<u32>dst(vm, pc) - <u32>src(vm, pc)));
        break;
      }
      case OP_SUBW_32_REG: {
        set(vm, pc, <u64><u32>(<u32>dst(vm, pc) - <u32>src(vm, pc)));
        break;
      }
      case OP_RSUB_32_IMM: {
        set(vm, pc, <u64><u32>(<u32>imm(pc) - <u32>dst(vm, pc)));
        break;
      }
      case OP_SUB_64_REG: {
        set(vm, pc, dst(vm, pc) - src(vm, pc));
        break;
      }
      case OP_RSUB_64_IMM: {
        set(vm, pc, imm(pc) - dst(vm, pc));
        break;
      }
      case OP_NEG_32: {
        set(vm, pc, <u64><u32>(0 - <u32>dst(vm, pc)));
        break;
      }
      case OP_NEG_64: {
        set(vm, pc, 0 - dst(vm, pc));
        break;
      }
      case OP_MOV_32_IMM: {
        set(vm, pc, imm(pc));
        break;
      }
      case OP_MOV_64_IMM: {
        set(vm, pc, imm(pc));
        break;
      }
      case OP_MOV_32_REG: {
        set(vm, pc, <u64><u32>src(vm, pc));
        break;
      }
      case OP_MOVSX_32_REG: {
        set(vm, pc, <u64><i64><i32>src(vm, pc));
        break;
      }
      case OP_MOV_64_REG: {
        set(vm, pc, src(vm, pc));
        break;
      }
      case OP_LE_16: {
        set(vm, pc, <u64><u16>dst(vm, pc));
        break;
      }
      case OP_LE_32: {
        set(vm, pc, <u64><u32>dst(vm, pc));
        break;
      }
      case OP_LE_64: break;
      case OP_BE_16: {
        set(vm, pc, <u64>bswap<u16>(<u16>dst(vm, pc)));
        break;
      }
      case OP_BE_32: {
        set(vm, pc, <u64>bswap<u32>(<u32>dst(vm, pc)));
        break;
      }
      case OP_BE_64: {
        set(vm, pc, bswap<u64>(dst(vm, pc)));
        break;
      }
      case OP_JA: {
        pc += displacement(pc);
        continue;
      }
      case OP_CALL: {
        if (!pushFrame(vm, pc)) return stop(vm, pc, left, CALL_DEPTH_EXCEEDED);
        // What is called is what is worth compiling.
        store<u32>(pc, 1, RECORD_IMM);
        pc += displacement(pc);
        continue;
      }
      case OP_CALLX: {
        const target = src(vm, pc);
        if (!pushFrame(vm, pc)) return stop(vm, pc, left, CALL_DEPTH_EXCEEDED);
        const slot = (target - load<u64>(vm, TEXT_ADDRESS)) / 8;
        if (slot >= <u64>load<u32>(vm, CODE_SLOTS)) return stop(vm, pc, left, CALL_OUTSIDE_TEXT_SEGMENT);
        store<u32>(pc, <u32>slot + 1, RECORD_IMM);
        pc = code + <usize>slot * RECORD_BYTES;
        continue;
      }
      case OP_EXIT: {
        const depth = load<u32>(vm, DEPTH);
        if (depth == 0) return stop(vm, pc, left, EXIT);
        store<u32>(vm, depth - 1, DEPTH);
        const frame = <usize>load<u32>(vm, FRAMES) + <usize>(depth - 1) * FRAME_BYTES;
        copyWords(vm + REGISTERS + 6 * 8, frame + FRAME_SAVED);
        pc = code + <usize>load<u32>(frame, FRAME_RETURN);
        continue;
      }
      case OP_MEMCPY:
      case OP_MEMMOVE:
      case OP_MEMSET:
      case OP_MEMCMP: {
        const after = answerMemorySyscall(
          vm,
          <u32>load<u16>(pc, RECORD_OPERATION),
          load<u64>(vm, REGISTERS + 1 * 8),
          load<u64>(vm, REGISTERS + 2 * 8),
          load<u64>(vm, REGISTERS + 3 * 8),
          load<u64>(vm, REGISTERS + 4 * 8),
          left,
        );
        if (after >= 0) {
          left = <u64>after;
          store<u64>(vm, 0, REGISTERS);
          break;
        }
        store<u32>(vm, <u32>imm(pc), SYSCALL_KEY);
        return stop(vm, pc, left, SYSCALL);
      }
      case OP_SYSCALL: {
        store<u32>(vm, <u32>imm(pc), SYSCALL_KEY);
        return stop(vm, pc, left, SYSCALL);
      }
      case OP_CALL_OUTSIDE: {
        if (!pushFrame(vm, pc)) return stop(vm, pc, left, CALL_DEPTH_EXCEEDED);
        return stop(vm, pc, left, CALL_OUTSIDE_TEXT_SEGMENT);
      }
      case OP_OVERRUN: return stop(vm, pc, left, EXECUTION_OVERRUN);
      default: return stop(vm, pc, left, UNSUPPORTED_INSTRUCTION);
    }
    pc += RECORD_BYTES;
  }
}
