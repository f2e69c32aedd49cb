// The dispatch loop over decoded instructions (`src/engine/records.ts`), one source for both widths: `U`
// is u32 or u64, `S` its signed twin, and what only one width has is left out when compiling.
// Registers are in memory, one comparison meters an instruction, and whatever the loop cannot do comes
// back to the host as a status. Nothing is kept between calls but what the block at `vm` holds.
import {
  mulHighMixed,
  mulHighSigned,
  mulHighUnsigned,
  quotient,
  quotientUnsigned,
  remainder,
  remainderUnsigned,
} from './arithmetic';
import { exchange, loadReserved, storeConditional } from './atomics';
import {
  ADDRESS,
  CODE,
  FETCH,
  FETCH_MISALIGNED,
  HOST,
  LEFT,
  LIMIT,
  OP_ADD,
  OP_ADDI,
  OP_ADDIW,
  OP_ADDW,
  OP_AMOADD_D,
  OP_AMOADD_W,
  OP_AMOAND_D,
  OP_AMOAND_W,
  OP_AMOMAXU_D,
  OP_AMOMAXU_W,
  OP_AMOMAX_D,
  OP_AMOMAX_W,
  OP_AMOMINU_D,
  OP_AMOMINU_W,
  OP_AMOMIN_D,
  OP_AMOMIN_W,
  OP_AMOOR_D,
  OP_AMOOR_W,
  OP_AMOSWAP_D,
  OP_AMOSWAP_W,
  OP_AMOXOR_D,
  OP_AMOXOR_W,
  OP_AND,
  OP_ANDI,
  OP_AUIPC,
  OP_BEQ,
  OP_BGE,
  OP_BGEU,
  OP_BLT,
  OP_BLTU,
  OP_BNE,
  OP_DIV,
  OP_DIVU,
  OP_DIVUW,
  OP_DIVW,
  OP_FENCE,
  OP_JAL,
  OP_JALR,
  OP_LB,
  OP_LBU,
  OP_LD,
  OP_LH,
  OP_LHU,
  OP_LR_D,
  OP_LR_W,
  OP_LUI,
  OP_LW,
  OP_LWU,
  OP_MUL,
  OP_MULH,
  OP_MULHSU,
  OP_MULHU,
  OP_MULW,
  OP_OR,
  OP_ORI,
  OP_PAGE_END,
  OP_REM,
  OP_REMU,
  OP_REMUW,
  OP_REMW,
  OP_SB,
  OP_SC_D,
  OP_SC_W,
  OP_SD,
  OP_SH,
  OP_SLL,
  OP_SLLI,
  OP_SLLIW,
  OP_SLLW,
  OP_SLT,
  OP_SLTI,
  OP_SLTIU,
  OP_SLTU,
  OP_SRA,
  OP_SRAI,
  OP_SRAIW,
  OP_SRAW,
  OP_SRL,
  OP_SRLI,
  OP_SRLIW,
  OP_SRLW,
  OP_SUB,
  OP_SUBW,
  OP_SW,
  OP_XOR,
  OP_XORI,
  PAGES,
  PAGE_COUNT,
  PC,
  RECORD_BYTES,
  RECORD_OPERATION,
  ROWS_FULL,
} from './layout';
import { failure, readable, write } from './memory';
import { extended, imm, rs1, rs2, set } from './operands';
import { beginRow, dropRow, endRow, hasRoom } from './rows';

// A record is half as far from its page's first as the instruction is, doubled: with a bias that
// holds for the page, the one gives the other.

/** Address of the instruction of a record. */
@inline
function at<U>(rec: usize, bias: U): U {
  return <U>(rec >>> 1) + bias;
}

@inline
function biasOf<U>(rec: usize, address: U): U {
  return address - <U>(rec >>> 1);
}

/** Record of the instruction at `address`; 0 when it is not decoded or cannot be. */
@inline
function recordAt<U>(code: usize, address: U): usize {
  const page = address >>> 12;
  if (sizeof<U>() == 8 && page >= <U>PAGE_COUNT) return 0;
  const start = <usize>load<u32>(code + ((<usize>page) << 2));
  return start == 0 || (address & 3) != 0 ? 0 : start + (((<usize>address) & 4095) << 1);
}

/** Leaves with the next instruction at `pc`. */
function stop<U>(vm: usize, pc: U, left: u64, status: u32): u32 {
  if (isDefined(TRACE)) endRow(vm);
  store<u64>(vm, <u64>pc, PC);
  store<u64>(vm, left, LEFT);
  return status;
}

/** Leaves as if the instruction at `pc` had not been begun. */
function undo<U>(vm: usize, pc: U, left: u64, status: u32): u32 {
  if (isDefined(TRACE)) dropRow(vm);
  store<u64>(vm, <u64>pc, PC);
  store<u64>(vm, left + 1, LEFT);
  return status;
}

/** Leaves because the jump at `pc` leads to where nothing is decoded, or nowhere. */
function miss<U>(vm: usize, pc: U, target: U, left: u64): u32 {
  if ((target & 3) == 0) return stop<U>(vm, target, left, FETCH);
  store<u64>(vm, <u64>target, ADDRESS);
  return undo<U>(vm, pc, left, FETCH_MISALIGNED);
}

/** Loads a `T`, whose sign a register takes over; 0, or the status that says why not. */
@inline
function fetch<U, T>(vm: usize, pages: usize, rec: usize): u32 {
  const address = rs1<U>(vm, rec) + imm<U>(rec);
  const place = readable<U, T>(vm, pages, address);
  if (place == 0) return failure<U>(vm, pages, address, sizeof<T>(), false, false);
  set<U>(vm, rec, <U>load<T>(place));
  return 0;
}

/** Stores a `T`; 0, or the status that says why not. */
@inline
function put<U, T>(vm: usize, pages: usize, rec: usize): u32 {
  const address = rs1<U>(vm, rec) + imm<U>(rec);
  if (write<U, T>(vm, pages, address, <T>rs2<U>(vm, rec))) return 0;
  return failure<U>(vm, pages, address, sizeof<T>(), true, false);
}

/** Runs from the block's `PC` on until the host is needed; a status. */
export function execute<U, S>(vm: usize): u32 {
  const pages = <usize>load<u32>(vm, PAGES);
  const code = <usize>load<u32>(vm, CODE);
  const start = <U>load<u64>(vm, PC);
  let left = load<u64>(vm, LEFT);
  let rec = recordAt<U>(code, start);
  if (rec == 0) return FETCH;
  let bias = biasOf<U>(rec, start);
  while (true) {
    const operation = <u32>load<u8>(rec, RECORD_OPERATION);
    if (left == 0 && operation != OP_PAGE_END) return stop<U>(vm, at<U>(rec, bias), left, LIMIT);
    left -= 1;
    if (isDefined(TRACE)) {
      if (operation != OP_PAGE_END) {
        if (!hasRoom(vm)) return stop<U>(vm, at<U>(rec, bias), left + 1, ROWS_FULL);
        endRow(vm);
        beginRow<U>(vm, rec, at<U>(rec, bias));
      }
    }
    switch (operation) {
      // Constants
      case OP_LUI: {
        set<U>(vm, rec, imm<U>(rec));
        break;
      }
      case OP_AUIPC: {
        set<U>(vm, rec, at<U>(rec, bias) + imm<U>(rec));
        break;
      }
      // Register and constant
      case OP_ADDI: {
        set<U>(vm, rec, rs1<U>(vm, rec) + imm<U>(rec));
        break;
      }
      case OP_SLTI: {
        set<U>(vm, rec, <U>(<S>rs1<U>(vm, rec) < <S>imm<U>(rec)));
        break;
      }
      case OP_SLTIU: {
        set<U>(vm, rec, <U>(rs1<U>(vm, rec) < imm<U>(rec)));
        break;
      }
      case OP_XORI: {
        set<U>(vm, rec, rs1<U>(vm, rec) ^ imm<U>(rec));
        break;
      }
      case OP_ORI: {
        set<U>(vm, rec, rs1<U>(vm, rec) | imm<U>(rec));
        break;
      }
      case OP_ANDI: {
        set<U>(vm, rec, rs1<U>(vm, rec) & imm<U>(rec));
        break;
      }
      case OP_SLLI: {
        set<U>(vm, rec, rs1<U>(vm, rec) << imm<U>(rec));
        break;
      }
      case OP_SRLI: {
        set<U>(vm, rec, rs1<U>(vm, rec) >> imm<U>(rec));
        break;
      }
      case OP_SRAI: {
        set<U>(vm, rec, <U>(<S>rs1<U>(vm, rec) >> <S>imm<U>(rec)));
        break;
      }
      // Register and register; WebAssembly takes the low bits of a shift amount as RISC-V does
      case OP_ADD: {
        set<U>(vm, rec, rs1<U>(vm, rec) + rs2<U>(vm, rec));
        break;
      }
      case OP_SUB: {
        set<U>(vm, rec, rs1<U>(vm, rec) - rs2<U>(vm, rec));
        break;
      }
      case OP_SLL: {
        set<U>(vm, rec, rs1<U>(vm, rec) << rs2<U>(vm, rec));
        break;
      }
      case OP_SLT: {
        set<U>(vm, rec, <U>(<S>rs1<U>(vm, rec) < <S>rs2<U>(vm, rec)));
        break;
      }
      case OP_SLTU: {
        set<U>(vm, rec, <U>(rs1<U>(vm, rec) < rs2<U>(vm, rec)));
        break;
      }
      case OP_XOR: {
        set<U>(vm, rec, rs1<U>(vm, rec) ^ rs2<U>(vm, rec));
        break;
      }
      case OP_SRL: {
        set<U>(vm, rec, rs1<U>(vm, rec) >> rs2<U>(vm, rec));
        break;
      }
      case OP_SRA: {
        set<U>(vm, rec, <U>(<S>rs1<U>(vm, rec) >> <S>rs2<U>(vm, rec)));
        break;
      }
      case OP_OR: {
        set<U>(vm, rec, rs1<U>(vm, rec) | rs2<U>(vm, rec));
        break;
      }
      case OP_AND: {
        set<U>(vm, rec, rs1<U>(vm, rec) & rs2<U>(vm, rec));
        break;
      }
      // 32 bits in a machine of 64
      case OP_ADDIW: {
        if (sizeof<U>() == 8) set<U>(vm, rec, extended<U>(<u32>rs1<U>(vm, rec) + <u32>imm<U>(rec)));
        break;
      }
      case OP_SLLIW: {
        if (sizeof<U>() == 8) set<U>(vm, rec, extended<U>(<u32>rs1<U>(vm, rec) << <u32>imm<U>(rec)));
        break;
      }
      case OP_SRLIW: {
        if (sizeof<U>() == 8) set<U>(vm, rec, extended<U>(<u32>rs1<U>(vm, rec) >> <u32>imm<U>(rec)));
        break;
      }
      case OP_SRAIW: {
        if (sizeof<U>() == 8) set<U>(vm, rec, extended<U>(<u32>(<i32>rs1<U>(vm, rec) >> <i32>imm<U>(rec))));
        break;
      }
      case OP_ADDW: {
        if (sizeof<U>() == 8) set<U>(vm, rec, extended<U>(<u32>rs1<U>(vm, rec) + <u32>rs2<U>(vm, rec)));
        break;
      }
      case OP_SUBW: {
        if (sizeof<U>() == 8) set<U>(vm, rec, extended<U>(<u32>rs1<U>(vm, rec) - <u32>rs2<U>(vm, rec)));
        break;
      }
      case OP_SLLW: {
        if (sizeof<U>() == 8) set<U>(vm, rec, extended<U>(<u32>rs1<U>(vm, rec) << <u32>rs2<U>(vm, rec)));
        break;
      }
      case OP_SRLW: {
        if (sizeof<U>() == 8) set<U>(vm, rec, extended<U>(<u32>rs1<U>(vm, rec) >> <u32>rs2<U>(vm, rec)));
        break;
      }
      case OP_SRAW: {
        if (sizeof<U>() == 8) set<U>(vm, rec, extended<U>(<u32>(<i32>rs1<U>(vm, rec) >> <i32>rs2<U>(vm, rec))));
        break;
      }
      case OP_MULW: {
        if (sizeof<U>() == 8) set<U>(vm, rec, extended<U>(<u32>rs1<U>(vm, rec) * <u32>rs2<U>(vm, rec)));
        break;
      }
      case OP_DIVW: {
        if (sizeof<U>() == 8) set<U>(vm, rec, extended<U>(quotient<u32, i32>(<u32>rs1<U>(vm, rec), <u32>rs2<U>(vm, rec))));
        break;
      }
      case OP_DIVUW: {
        if (sizeof<U>() == 8) set<U>(vm, rec, extended<U>(quotientUnsigned<u32>(<u32>rs1<U>(vm, rec), <u32>rs2<U>(vm, rec))));
        break;
      }
      case OP_REMW: {
        if (sizeof<U>() == 8) set<U>(vm, rec, extended<U>(remainder<u32, i32>(<u32>rs1<U>(vm, rec), <u32>rs2<U>(vm, rec))));
        break;
      }
      case OP_REMUW: {
        if (sizeof<U>() == 8) set<U>(vm, rec, extended<U>(remainderUnsigned<u32>(<u32>rs1<U>(vm, rec), <u32>rs2<U>(vm, rec))));
        break;
      }
      // Products and quotients
      case OP_MUL: {
        set<U>(vm, rec, rs1<U>(vm, rec) * rs2<U>(vm, rec));
        break;
      }
      case OP_MULH: {
        set<U>(vm, rec, mulHighSigned<U, S>(rs1<U>(vm, rec), rs2<U>(vm, rec)));
        break;
      }
      case OP_MULHSU: {
        set<U>(vm, rec, mulHighMixed<U, S>(rs1<U>(vm, rec), rs2<U>(vm, rec)));
        break;
      }
      case OP_MULHU: {
        set<U>(vm, rec, mulHighUnsigned<U>(rs1<U>(vm, rec), rs2<U>(vm, rec)));
        break;
      }
      case OP_DIV: {
        set<U>(vm, rec, quotient<U, S>(rs1<U>(vm, rec), rs2<U>(vm, rec)));
        break;
      }
      case OP_DIVU: {
        set<U>(vm, rec, quotientUnsigned<U>(rs1<U>(vm, rec), rs2<U>(vm, rec)));
        break;
      }
      case OP_REM: {
        set<U>(vm, rec, remainder<U, S>(rs1<U>(vm, rec), rs2<U>(vm, rec)));
        break;
      }
      case OP_REMU: {
        set<U>(vm, rec, remainderUnsigned<U>(rs1<U>(vm, rec), rs2<U>(vm, rec)));
        break;
      }
      // Loads and stores
      case OP_LB: {
        const status = fetch<U, i8>(vm, pages, rec);
        if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        break;
      }
      case OP_LH: {
        const status = fetch<U, i16>(vm, pages, rec);
        if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        break;
      }
      case OP_LW: {
        const status = fetch<U, i32>(vm, pages, rec);
        if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        break;
      }
      case OP_LBU: {
        const status = fetch<U, u8>(vm, pages, rec);
        if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        break;
      }
      case OP_LHU: {
        const status = fetch<U, u16>(vm, pages, rec);
        if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        break;
      }
      case OP_LWU: {
        if (sizeof<U>() == 8) {
          const status = fetch<U, u32>(vm, pages, rec);
          if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        }
        break;
      }
      case OP_LD: {
        if (sizeof<U>() == 8) {
          const status = fetch<U, u64>(vm, pages, rec);
          if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        }
        break;
      }
      case OP_SB: {
        const status = put<U, u8>(vm, pages, rec);
        if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        break;
      }
      case OP_SH: {
        const status = put<U, u16>(vm, pages, rec);
        if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        break;
      }
      case OP_SW: {
        const status = put<U, u32>(vm, pages, rec);
        if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        break;
      }
      case OP_SD: {
        if (sizeof<U>() == 8) {
          const status = put<U, u64>(vm, pages, rec);
          if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        }
        break;
      }
      // Branches
      case OP_BEQ: {
        if (rs1<U>(vm, rec) == rs2<U>(vm, rec)) {
          const target = at<U>(rec, bias) + imm<U>(rec);
          const next = recordAt<U>(code, target);
          if (next == 0) return miss<U>(vm, at<U>(rec, bias), target, left);
          rec = next;
          bias = biasOf<U>(rec, target);
          continue;
        }
        break;
      }
      case OP_BNE: {
        if (rs1<U>(vm, rec) != rs2<U>(vm, rec)) {
          const target = at<U>(rec, bias) + imm<U>(rec);
          const next = recordAt<U>(code, target);
          if (next == 0) return miss<U>(vm, at<U>(rec, bias), target, left);
          rec = next;
          bias = biasOf<U>(rec, target);
          continue;
        }
        break;
      }
      case OP_BLT: {
        if (<S>rs1<U>(vm, rec) < <S>rs2<U>(vm, rec)) {
          const target = at<U>(rec, bias) + imm<U>(rec);
          const next = recordAt<U>(code, target);
          if (next == 0) return miss<U>(vm, at<U>(rec, bias), target, left);
          rec = next;
          bias = biasOf<U>(rec, target);
          continue;
        }
        break;
      }
      case OP_BGE: {
        if (<S>rs1<U>(vm, rec) >= <S>rs2<U>(vm, rec)) {
          const target = at<U>(rec, bias) + imm<U>(rec);
          const next = recordAt<U>(code, target);
          if (next == 0) return miss<U>(vm, at<U>(rec, bias), target, left);
          rec = next;
          bias = biasOf<U>(rec, target);
          continue;
        }
        break;
      }
      case OP_BLTU: {
        if (rs1<U>(vm, rec) < rs2<U>(vm, rec)) {
          const target = at<U>(rec, bias) + imm<U>(rec);
          const next = recordAt<U>(code, target);
          if (next == 0) return miss<U>(vm, at<U>(rec, bias), target, left);
          rec = next;
          bias = biasOf<U>(rec, target);
          continue;
        }
        break;
      }
      case OP_BGEU: {
        if (rs1<U>(vm, rec) >= rs2<U>(vm, rec)) {
          const target = at<U>(rec, bias) + imm<U>(rec);
          const next = recordAt<U>(code, target);
          if (next == 0) return miss<U>(vm, at<U>(rec, bias), target, left);
          rec = next;
          bias = biasOf<U>(rec, target);
          continue;
        }
        break;
      }
      case OP_JAL: {
        const here = at<U>(rec, bias);
        const target = here + imm<U>(rec);
        const next = recordAt<U>(code, target);
        if (next == 0 && (target & 3) != 0) return miss<U>(vm, here, target, left);
        set<U>(vm, rec, here + 4);
        if (next == 0) return miss<U>(vm, here, target, left);
        rec = next;
        bias = biasOf<U>(rec, target);
        continue;
      }
      case OP_JALR: {
        const here = at<U>(rec, bias);
        const target = (rs1<U>(vm, rec) + imm<U>(rec)) & ~(<U>1);
        const next = recordAt<U>(code, target);
        if (next == 0 && (target & 3) != 0) return miss<U>(vm, here, target, left);
        set<U>(vm, rec, here + 4);
        if (next == 0) return miss<U>(vm, here, target, left);
        rec = next;
        bias = biasOf<U>(rec, target);
        continue;
      }
      case OP_FENCE:
        break;
      // Atomics
      case OP_LR_W: {
        const status = loadReserved<U, u32>(vm, pages, rec);
        if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        break;
      }
      case OP_SC_W: {
        const status = storeConditional<U, u32>(vm, pages, rec);
        if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        break;
      }
      case OP_AMOSWAP_W:
      case OP_AMOADD_W:
      case OP_AMOXOR_W:
      case OP_AMOAND_W:
      case OP_AMOOR_W:
      case OP_AMOMIN_W:
      case OP_AMOMAX_W:
      case OP_AMOMINU_W:
      case OP_AMOMAXU_W: {
        const status = exchange<U, u32, i32>(vm, pages, rec, operation);
        if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        break;
      }
      case OP_LR_D: {
        if (sizeof<U>() == 8) {
          const status = loadReserved<U, u64>(vm, pages, rec);
          if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        }
        break;
      }
      case OP_SC_D: {
        if (sizeof<U>() == 8) {
          const status = storeConditional<U, u64>(vm, pages, rec);
          if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        }
        break;
      }
      case OP_AMOSWAP_D:
      case OP_AMOADD_D:
      case OP_AMOXOR_D:
      case OP_AMOAND_D:
      case OP_AMOOR_D:
      case OP_AMOMIN_D:
      case OP_AMOMAX_D:
      case OP_AMOMINU_D:
      case OP_AMOMAXU_D: {
        if (sizeof<U>() == 8) {
          const status = exchange<U, u64, i64>(vm, pages, rec, operation);
          if (status != 0) return undo<U>(vm, at<U>(rec, bias), left, status);
        }
        break;
      }
      case OP_PAGE_END: {
        left += 1;
        const target = at<U>(rec, bias);
        const next = recordAt<U>(code, target);
        if (next == 0) return stop<U>(vm, target, left, FETCH);
        rec = next;
        bias = biasOf<U>(rec, target);
        continue;
      }
      default:
        return stop<U>(vm, at<U>(rec, bias), left, HOST);
    }
    rec += RECORD_BYTES;
  }
}
