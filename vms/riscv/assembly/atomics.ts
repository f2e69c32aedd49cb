// Atomics: there is one hart, so each is what it does without interruption. `W` is the unsigned word that
// is accessed, `S` its signed twin; each gives 0, or the status that says why nothing was done.
import {
  OP_AMOADD_D,
  OP_AMOADD_W,
  OP_AMOAND_D,
  OP_AMOAND_W,
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
  RESERVATION,
} from './layout';
import { aligned, failure } from './memory';
import { rs1, rs2, set } from './operands';

/** A word as a register holds it: with its sign. */
@inline
function widened<U, W>(value: W): U {
  return sizeof<W>() == 4 ? <U><i32>value : <U>value;
}

export function loadReserved<U, W>(vm: usize, pages: usize, rec: usize): u32 {
  const address = rs1<U>(vm, rec);
  const place = aligned<U, W>(pages, address);
  if (place == 0) return failure<U>(vm, pages, address, sizeof<W>(), false, true);
  store<u64>(vm, <u64>address, RESERVATION);
  set<U>(vm, rec, widened<U, W>(load<W>(place)));
  return 0;
}

export function storeConditional<U, W>(vm: usize, pages: usize, rec: usize): u32 {
  const address = rs1<U>(vm, rec);
  const place = aligned<U, W>(pages, address);
  if (place == 0) return failure<U>(vm, pages, address, sizeof<W>(), true, true);
  const holds = load<u64>(vm, RESERVATION) == <u64>address;
  if (holds) store<W>(place, <W>rs2<U>(vm, rec));
  store<u64>(vm, u64.MAX_VALUE, RESERVATION);
  set<U>(vm, rec, holds ? 0 : 1);
  return 0;
}

/** Puts together what was there and the second operand, as `operation` says; the register gets what was there. */
export function exchange<U, W, S>(vm: usize, pages: usize, rec: usize, operation: u32): u32 {
  const address = rs1<U>(vm, rec);
  const place = aligned<U, W>(pages, address);
  if (place == 0) return failure<U>(vm, pages, address, sizeof<W>(), true, true);
  const old = load<W>(place);
  store<W>(place, combined<W, S>(old, <W>rs2<U>(vm, rec), operation));
  set<U>(vm, rec, widened<U, W>(old));
  return 0;
}

function combined<W, S>(old: W, operand: W, operation: u32): W {
  switch (operation) {
    case OP_AMOSWAP_W:
    case OP_AMOSWAP_D:
      return operand;
    case OP_AMOADD_W:
    case OP_AMOADD_D:
      return old + operand;
    case OP_AMOXOR_W:
    case OP_AMOXOR_D:
      return old ^ operand;
    case OP_AMOAND_W:
    case OP_AMOAND_D:
      return old & operand;
    case OP_AMOOR_W:
    case OP_AMOOR_D:
      return old | operand;
    case OP_AMOMIN_W:
    case OP_AMOMIN_D:
      return <S>old < <S>operand ? old : operand;
    case OP_AMOMAX_W:
    case OP_AMOMAX_D:
      return <S>old > <S>operand ? old : operand;
    case OP_AMOMINU_W:
    case OP_AMOMINU_D:
      return old < operand ? old : operand;
    default:
      return old > operand ? old : operand;
  }
}
