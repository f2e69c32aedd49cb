// The dispatch loop over decoded instructions (`src/engine/decode.ts`). Registers are in memory, one
// comparison meters an instruction, and everything that ends or interrupts the program comes back to
// the host as a status. Nothing is kept between calls but what the block at `vm` holds.
import { mulHighSigned, mulHighUnsigned } from './arithmetic';
import { popFrame, pushFrame } from './frames';
import {
  ACCESS_VIOLATION, CALL_DEPTH_EXCEEDED, CALL_OUTSIDE_TEXT_SEGMENT, CODE, CODE_SLOTS, DEPTH, DIVIDE_BY_ZERO,
  DIVIDE_OVERFLOW, EXCEEDED_MAX_INSTRUCTIONS, EXECUTION_OVERRUN, EXIT, METER, PC, RECORD_BYTES, RECORD_IMM,
  RECORD_OPERATION, REGISTERS, SYSCALL, SYSCALL_KEY, TEXT_ADDRESS, UNSUPPORTED_INSTRUCTION,
} from './layout';
import { readable, writable } from './memory';
import { answerMemorySyscall } from './memory-syscalls';
import { dst, imm, offset, set, src, target } from './operands';
import * as op from './operations';
import { traceStep } from './trace-host';

@inline
function slotOf(vm: usize, pc: usize): u32 {
  return <u32>((pc - <usize>load<u32>(vm, CODE)) / RECORD_BYTES);
}

function stop(vm: usize, pc: usize, left: u64, status: u32): u32 {
  store<u32>(vm, slotOf(vm, pc), PC);
  store<u64>(vm, left, METER);
  return status;
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
      case op.LDDW: {
        set(vm, pc, imm(pc));
        pc += 2 * RECORD_BYTES;
        continue;
      }
      case op.LOAD_1: {
        const at = readable<u8>(vm, src(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        set(vm, pc, <u64>load<u8>(at));
        break;
      }
      case op.STORE_1_IMM: {
        const at = writable<u8>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u8>(at, <u8>imm(pc));
        break;
      }
      case op.STORE_1_REG: {
        const at = writable<u8>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u8>(at, <u8>src(vm, pc));
        break;
      }
      case op.LOAD_2: {
        const at = readable<u16>(vm, src(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        set(vm, pc, <u64>load<u16>(at));
        break;
      }
      case op.STORE_2_IMM: {
        const at = writable<u16>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u16>(at, <u16>imm(pc));
        break;
      }
      case op.STORE_2_REG: {
        const at = writable<u16>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u16>(at, <u16>src(vm, pc));
        break;
      }
      case op.LOAD_4: {
        const at = readable<u32>(vm, src(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        set(vm, pc, <u64>load<u32>(at));
        break;
      }
      case op.STORE_4_IMM: {
        const at = writable<u32>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u32>(at, <u32>imm(pc));
        break;
      }
      case op.STORE_4_REG: {
        const at = writable<u32>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u32>(at, <u32>src(vm, pc));
        break;
      }
      case op.LOAD_8: {
        const at = readable<u64>(vm, src(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        set(vm, pc, <u64>load<u64>(at));
        break;
      }
      case op.STORE_8_IMM: {
        const at = writable<u64>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u64>(at, <u64>imm(pc));
        break;
      }
      case op.STORE_8_REG: {
        const at = writable<u64>(vm, dst(vm, pc) + offset(pc));
        if (at == 0) return stop(vm, pc, left, ACCESS_VIOLATION);
        store<u64>(at, <u64>src(vm, pc));
        break;
      }
      case op.ADD_32_IMM: set(vm, pc, <u64><i64><i32>(<u32>dst(vm, pc) + <u32>imm(pc))); break;
      case op.ADDW_32_IMM: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) + <u32>imm(pc))); break;
      case op.MUL_32_IMM: set(vm, pc, <u64><i64><i32>(<u32>dst(vm, pc) * <u32>imm(pc))); break;
      case op.LMUL_32_IMM: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) * <u32>imm(pc))); break;
      case op.OR_32_IMM: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) | <u32>imm(pc))); break;
      case op.AND_32_IMM: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) & <u32>imm(pc))); break;
      case op.XOR_32_IMM: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) ^ <u32>imm(pc))); break;
      case op.LSH_32_IMM: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) << <u32>imm(pc))); break;
      case op.RSH_32_IMM: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) >>> <u32>imm(pc))); break;
      case op.ARSH_32_IMM: set(vm, pc, <u64><u32>(<i32>dst(vm, pc) >> <i32>imm(pc))); break;
      case op.ADD_64_IMM: set(vm, pc, dst(vm, pc) + imm(pc)); break;
      case op.MUL_64_IMM: set(vm, pc, dst(vm, pc) * imm(pc)); break;
      case op.OR_64_IMM: set(vm, pc, dst(vm, pc) | imm(pc)); break;
      case op.AND_64_IMM: set(vm, pc, dst(vm, pc) & imm(pc)); break;
      case op.XOR_64_IMM: set(vm, pc, dst(vm, pc) ^ imm(pc)); break;
      case op.LSH_64_IMM: set(vm, pc, dst(vm, pc) << imm(pc)); break;
      case op.RSH_64_IMM: set(vm, pc, dst(vm, pc) >>> imm(pc)); break;
      case op.ARSH_64_IMM: set(vm, pc, <u64>(<i64>dst(vm, pc) >> <i64>imm(pc))); break;
      case op.UHMUL_64_IMM: set(vm, pc, mulHighUnsigned(dst(vm, pc), imm(pc))); break;
      case op.SHMUL_64_IMM: set(vm, pc, mulHighSigned(dst(vm, pc), imm(pc))); break;
      case op.DIV_32_IMM: {
        const divisor = <u32>imm(pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u32>dst(vm, pc) / divisor));
        break;
      }
      case op.DIV_64_IMM: {
        const divisor = <u64>imm(pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u64>dst(vm, pc) / divisor));
        break;
      }
      case op.MOD_32_IMM: {
        const divisor = <u32>imm(pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u32>dst(vm, pc) % divisor));
        break;
      }
      case op.MOD_64_IMM: {
        const divisor = <u64>imm(pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u64>dst(vm, pc) % divisor));
        break;
      }
      case op.SDIV_32_IMM: {
        const divisor = <i32>imm(pc);
        const dividend = <i32>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i32.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64><u32>(dividend / divisor));
        break;
      }
      case op.SDIV_64_IMM: {
        const divisor = <i64>imm(pc);
        const dividend = <i64>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i64.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64>(dividend / divisor));
        break;
      }
      case op.SREM_32_IMM: {
        const divisor = <i32>imm(pc);
        const dividend = <i32>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i32.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64><u32>(dividend % divisor));
        break;
      }
      case op.SREM_64_IMM: {
        const divisor = <i64>imm(pc);
        const dividend = <i64>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i64.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64>(dividend % divisor));
        break;
      }
      case op.JEQ_64_IMM: if (dst(vm, pc) == imm(pc)) { pc = target(pc); continue; } break;
      case op.JEQ_32_IMM: if (<u32>dst(vm, pc) == <u32>imm(pc)) { pc = target(pc); continue; } break;
      case op.JGT_64_IMM: if (dst(vm, pc) > imm(pc)) { pc = target(pc); continue; } break;
      case op.JGT_32_IMM: if (<u32>dst(vm, pc) > <u32>imm(pc)) { pc = target(pc); continue; } break;
      case op.JGE_64_IMM: if (dst(vm, pc) >= imm(pc)) { pc = target(pc); continue; } break;
      case op.JGE_32_IMM: if (<u32>dst(vm, pc) >= <u32>imm(pc)) { pc = target(pc); continue; } break;
      case op.JNE_64_IMM: if (dst(vm, pc) != imm(pc)) { pc = target(pc); continue; } break;
      case op.JNE_32_IMM: if (<u32>dst(vm, pc) != <u32>imm(pc)) { pc = target(pc); continue; } break;
      case op.JLT_64_IMM: if (dst(vm, pc) < imm(pc)) { pc = target(pc); continue; } break;
      case op.JLT_32_IMM: if (<u32>dst(vm, pc) < <u32>imm(pc)) { pc = target(pc); continue; } break;
      case op.JLE_64_IMM: if (dst(vm, pc) <= imm(pc)) { pc = target(pc); continue; } break;
      case op.JLE_32_IMM: if (<u32>dst(vm, pc) <= <u32>imm(pc)) { pc = target(pc); continue; } break;
      case op.JSGT_64_IMM: if (<i64>dst(vm, pc) > <i64>imm(pc)) { pc = target(pc); continue; } break;
      case op.JSGT_32_IMM: if (<i32>dst(vm, pc) > <i32>imm(pc)) { pc = target(pc); continue; } break;
      case op.JSGE_64_IMM: if (<i64>dst(vm, pc) >= <i64>imm(pc)) { pc = target(pc); continue; } break;
      case op.JSGE_32_IMM: if (<i32>dst(vm, pc) >= <i32>imm(pc)) { pc = target(pc); continue; } break;
      case op.JSLT_64_IMM: if (<i64>dst(vm, pc) < <i64>imm(pc)) { pc = target(pc); continue; } break;
      case op.JSLT_32_IMM: if (<i32>dst(vm, pc) < <i32>imm(pc)) { pc = target(pc); continue; } break;
      case op.JSLE_64_IMM: if (<i64>dst(vm, pc) <= <i64>imm(pc)) { pc = target(pc); continue; } break;
      case op.JSLE_32_IMM: if (<i32>dst(vm, pc) <= <i32>imm(pc)) { pc = target(pc); continue; } break;
      case op.JSET_64_IMM: if ((dst(vm, pc) & imm(pc)) != 0) { pc = target(pc); continue; } break;
      case op.JSET_32_IMM: if ((<u32>dst(vm, pc) & <u32>imm(pc)) != 0) { pc = target(pc); continue; } break;
      case op.ADD_32_REG: set(vm, pc, <u64><i64><i32>(<u32>dst(vm, pc) + <u32>src(vm, pc))); break;
      case op.ADDW_32_REG: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) + <u32>src(vm, pc))); break;
      case op.MUL_32_REG: set(vm, pc, <u64><i64><i32>(<u32>dst(vm, pc) * <u32>src(vm, pc))); break;
      case op.LMUL_32_REG: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) * <u32>src(vm, pc))); break;
      case op.OR_32_REG: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) | <u32>src(vm, pc))); break;
      case op.AND_32_REG: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) & <u32>src(vm, pc))); break;
      case op.XOR_32_REG: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) ^ <u32>src(vm, pc))); break;
      case op.LSH_32_REG: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) << <u32>src(vm, pc))); break;
      case op.RSH_32_REG: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) >>> <u32>src(vm, pc))); break;
      case op.ARSH_32_REG: set(vm, pc, <u64><u32>(<i32>dst(vm, pc) >> <i32>src(vm, pc))); break;
      case op.ADD_64_REG: set(vm, pc, dst(vm, pc) + src(vm, pc)); break;
      case op.MUL_64_REG: set(vm, pc, dst(vm, pc) * src(vm, pc)); break;
      case op.OR_64_REG: set(vm, pc, dst(vm, pc) | src(vm, pc)); break;
      case op.AND_64_REG: set(vm, pc, dst(vm, pc) & src(vm, pc)); break;
      case op.XOR_64_REG: set(vm, pc, dst(vm, pc) ^ src(vm, pc)); break;
      case op.LSH_64_REG: set(vm, pc, dst(vm, pc) << src(vm, pc)); break;
      case op.RSH_64_REG: set(vm, pc, dst(vm, pc) >>> src(vm, pc)); break;
      case op.ARSH_64_REG: set(vm, pc, <u64>(<i64>dst(vm, pc) >> <i64>src(vm, pc))); break;
      case op.UHMUL_64_REG: set(vm, pc, mulHighUnsigned(dst(vm, pc), src(vm, pc))); break;
      case op.SHMUL_64_REG: set(vm, pc, mulHighSigned(dst(vm, pc), src(vm, pc))); break;
      case op.DIV_32_REG: {
        const divisor = <u32>src(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u32>dst(vm, pc) / divisor));
        break;
      }
      case op.DIV_64_REG: {
        const divisor = <u64>src(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u64>dst(vm, pc) / divisor));
        break;
      }
      case op.MOD_32_REG: {
        const divisor = <u32>src(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u32>dst(vm, pc) % divisor));
        break;
      }
      case op.MOD_64_REG: {
        const divisor = <u64>src(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        set(vm, pc, <u64>(<u64>dst(vm, pc) % divisor));
        break;
      }
      case op.SDIV_32_REG: {
        const divisor = <i32>src(vm, pc);
        const dividend = <i32>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i32.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64><u32>(dividend / divisor));
        break;
      }
      case op.SDIV_64_REG: {
        const divisor = <i64>src(vm, pc);
        const dividend = <i64>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i64.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64>(dividend / divisor));
        break;
      }
      case op.SREM_32_REG: {
        const divisor = <i32>src(vm, pc);
        const dividend = <i32>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i32.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64><u32>(dividend % divisor));
        break;
      }
      case op.SREM_64_REG: {
        const divisor = <i64>src(vm, pc);
        const dividend = <i64>dst(vm, pc);
        if (divisor == 0) return stop(vm, pc, left, DIVIDE_BY_ZERO);
        if (divisor == -1 && dividend == i64.MIN_VALUE) return stop(vm, pc, left, DIVIDE_OVERFLOW);
        set(vm, pc, <u64>(dividend % divisor));
        break;
      }
      case op.JEQ_64_REG: if (dst(vm, pc) == src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JEQ_32_REG: if (<u32>dst(vm, pc) == <u32>src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JGT_64_REG: if (dst(vm, pc) > src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JGT_32_REG: if (<u32>dst(vm, pc) > <u32>src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JGE_64_REG: if (dst(vm, pc) >= src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JGE_32_REG: if (<u32>dst(vm, pc) >= <u32>src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JNE_64_REG: if (dst(vm, pc) != src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JNE_32_REG: if (<u32>dst(vm, pc) != <u32>src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JLT_64_REG: if (dst(vm, pc) < src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JLT_32_REG: if (<u32>dst(vm, pc) < <u32>src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JLE_64_REG: if (dst(vm, pc) <= src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JLE_32_REG: if (<u32>dst(vm, pc) <= <u32>src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JSGT_64_REG: if (<i64>dst(vm, pc) > <i64>src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JSGT_32_REG: if (<i32>dst(vm, pc) > <i32>src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JSGE_64_REG: if (<i64>dst(vm, pc) >= <i64>src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JSGE_32_REG: if (<i32>dst(vm, pc) >= <i32>src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JSLT_64_REG: if (<i64>dst(vm, pc) < <i64>src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JSLT_32_REG: if (<i32>dst(vm, pc) < <i32>src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JSLE_64_REG: if (<i64>dst(vm, pc) <= <i64>src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JSLE_32_REG: if (<i32>dst(vm, pc) <= <i32>src(vm, pc)) { pc = target(pc); continue; } break;
      case op.JSET_64_REG: if ((dst(vm, pc) & src(vm, pc)) != 0) { pc = target(pc); continue; } break;
      case op.JSET_32_REG: if ((<u32>dst(vm, pc) & <u32>src(vm, pc)) != 0) { pc = target(pc); continue; } break;
      case op.SUB_32_REG: set(vm, pc, <u64><i64><i32>(<u32>dst(vm, pc) - <u32>src(vm, pc))); break;
      case op.SUBW_32_REG: set(vm, pc, <u64><u32>(<u32>dst(vm, pc) - <u32>src(vm, pc))); break;
      case op.RSUB_32_IMM: set(vm, pc, <u64><u32>(<u32>imm(pc) - <u32>dst(vm, pc))); break;
      case op.SUB_64_REG: set(vm, pc, dst(vm, pc) - src(vm, pc)); break;
      case op.RSUB_64_IMM: set(vm, pc, imm(pc) - dst(vm, pc)); break;
      case op.NEG_32: set(vm, pc, <u64><u32>(0 - <u32>dst(vm, pc))); break;
      case op.NEG_64: set(vm, pc, 0 - dst(vm, pc)); break;
      case op.MOV_32_IMM: set(vm, pc, imm(pc)); break;
      case op.MOV_64_IMM: set(vm, pc, imm(pc)); break;
      case op.MOV_32_REG: set(vm, pc, <u64><u32>src(vm, pc)); break;
      case op.MOVSX_32_REG: set(vm, pc, <u64><i64><i32>src(vm, pc)); break;
      case op.MOV_64_REG: set(vm, pc, src(vm, pc)); break;
      case op.LE_16: set(vm, pc, <u64><u16>dst(vm, pc)); break;
      case op.LE_32: set(vm, pc, <u64><u32>dst(vm, pc)); break;
      case op.LE_64: break;
      case op.BE_16: set(vm, pc, <u64>bswap<u16>(<u16>dst(vm, pc))); break;
      case op.BE_32: set(vm, pc, <u64>bswap<u32>(<u32>dst(vm, pc))); break;
      case op.BE_64: set(vm, pc, bswap<u64>(dst(vm, pc))); break;
      case op.JA: pc = target(pc); continue;
      case op.CALL: {
        if (!pushFrame(vm, pc)) return stop(vm, pc, left, CALL_DEPTH_EXCEEDED);
        // What is called is what is worth compiling.
        store<u32>(pc, 1, RECORD_IMM);
        pc = target(pc);
        continue;
      }
      case op.CALLX: {
        const address = src(vm, pc);
        if (!pushFrame(vm, pc)) return stop(vm, pc, left, CALL_DEPTH_EXCEEDED);
        const slot = (address - load<u64>(vm, TEXT_ADDRESS)) / 8;
        if (slot >= <u64>load<u32>(vm, CODE_SLOTS)) return stop(vm, pc, left, CALL_OUTSIDE_TEXT_SEGMENT);
        store<u32>(pc, <u32>slot + 1, RECORD_IMM);
        pc = code + <usize>slot * RECORD_BYTES;
        continue;
      }
      case op.EXIT: {
        const depth = load<u32>(vm, DEPTH);
        if (depth == 0) return stop(vm, pc, left, EXIT);
        pc = code + popFrame(vm, depth);
        continue;
      }
      case op.MEMCPY:
      case op.MEMMOVE:
      case op.MEMSET:
      case op.MEMCMP: {
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
      case op.SYSCALL: {
        store<u32>(vm, <u32>imm(pc), SYSCALL_KEY);
        return stop(vm, pc, left, SYSCALL);
      }
      case op.CALL_OUTSIDE: {
        if (!pushFrame(vm, pc)) return stop(vm, pc, left, CALL_DEPTH_EXCEEDED);
        return stop(vm, pc, left, CALL_OUTSIDE_TEXT_SEGMENT);
      }
      case op.OVERRUN: return stop(vm, pc, left, EXECUTION_OVERRUN);
      default: return stop(vm, pc, left, UNSUPPORTED_INSTRUCTION);
    }
    pc += RECORD_BYTES;
  }
}
