// What an instruction is going to cost in all, for the tracing build: known before it executes, as
// geth's logger reports it. A call's cost holds the gas it forwards. Where the cost cannot be known,
// since the instruction fails first or an offset passes all bounds, it is the base cost.
import { isZero } from '../../../packages/kernels/assembly/u256/compare';
import { byteLength, copy, fitsU64 } from '../../../packages/kernels/assembly/u256/word';
import { accountAt, addressOfWord, isDead } from './accounts';
import { callAccessCost, calleeStateGas, forwardedGas, hasValueOperand, kindOf } from './calls';
import { createCost } from './creates';
import { frame } from './arena';
import {
  A_BALANCE, base, F_MEMORY_COST, F_MEMORY_SIZE, F_SELF, F_SP, KIND_CREATE, KIND_CREATE2, S_CURRENT,
  S_ORIGINAL, WORD_A, WORD_B,
} from './layout';
import { memoryCost, NOT_ENOUGH, wordsOf } from './memory';
import {
  COLD_SLOAD, COLD_SSTORE, COPY_WORD, EIP_2200, EIP_2929, EIP_8037, EXP_BYTE, hasFeature, KECCAK_WORD,
  LOG_BYTE, MAX_INITCODE_SIZE, OP_COST, OP_FLAGS, OP_MAX_HEIGHT, OP_STACK_IN, opcodeTable, price,
  SSTORE_SENTRY, STATE_NEW_ACCOUNT, STATE_NEW_SLOT,
} from './rules';
import { spillOf } from './state-gas';
import { coldAccountCost, selfdestructCost, sstoreCost } from './state-ops';
import { findSlot, isSlotWarm, loadSlot } from './storage';

/** Memory beyond this has no price: the square of its words would not fit (geth: ErrGasUintOverflow). */
const MAX_PRICED_MEMORY: u64 = 0x1fffffffe0;

/** Gas the instruction at stack height `height` will cost when `gas` is left. May move the frame. */
export function stepCost(op: u8, height: u32, gas: u64): u64 {
  const entry = opcodeTable() + (<usize>op << 3);
  const fixed = <u64>load<u16>(entry, OP_COST);
  if (load<u8>(entry, OP_FLAGS) == 0) return fixed;
  if (height < <u32>load<u8>(entry, OP_STACK_IN) || height > <u32>load<u16>(entry, OP_MAX_HEIGHT)) return fixed;
  // SLOAD has no base cost of its own once its price depends on warmth.
  if (gas < fixed && !(op == 0x54 && hasFeature(EIP_2929))) return fixed;
  const dynamic = dynamicCost(op, <usize>load<u32>(frame, F_SP), gas, gas - fixed);
  return dynamic == NOT_ENOUGH || fixed + dynamic < fixed ? fixed : fixed + dynamic;
}

/** The part over the base cost, or NOT_ENOUGH where there is no saying. */
function dynamicCost(op: u8, sp: usize, gas: u64, left: u64): u64 {
  switch (op) {
    case 0x0a:
      return <u64>byteLength(sp + 32) * price(EXP_BYTE);
    case 0x20:
      return withMemory(sp, sp + 32, wordsOf(lengthAt(sp + 32)) * price(KECCAK_WORD));
    case 0x31:
    case 0x3b:
    case 0x3f:
      return coldAccountCost(addressOfWord(sp));
    case 0x37:
    case 0x39:
    case 0x3e:
      return withMemory(sp, sp + 64, wordsOf(lengthAt(sp + 64)) * price(COPY_WORD));
    case 0x3c: {
      const cost = wordsOf(lengthAt(sp + 96)) * price(COPY_WORD) + coldAccountCost(addressOfWord(sp));
      return withMemory(sp + 32, sp + 96, cost);
    }
    case 0x51:
    case 0x52:
      return fixedMemory(sp, 32);
    case 0x53:
      return fixedMemory(sp, 1);
    case 0x54:
      return coldSlotCost(sp, COLD_SLOAD);
    case 0x55:
      return storeCost(sp, gas);
    case 0x5e: {
      const cost = wordsOf(lengthAt(sp + 64)) * price(COPY_WORD);
      const written = withMemory(sp, sp + 64, cost);
      const read = withMemory(sp + 32, sp + 64, cost);
      return max(written, read);
    }
    case 0xa0:
    case 0xa1:
    case 0xa2:
    case 0xa3:
    case 0xa4:
      return withMemory(sp, sp + 32, lengthAt(sp + 32) * price(LOG_BYTE));
    case 0xf0:
    case 0xf5: {
      const length = lengthAt(sp + 64);
      if (length > price(MAX_INITCODE_SIZE)) return NOT_ENOUGH;
      // Amsterdam: an address that is alive already, which only its hash would tell, costs no state gas.
      const account = hasFeature(EIP_8037) ? spillOf(price(STATE_NEW_ACCOUNT)) : 0;
      const creation = createCost(op == 0xf5 ? KIND_CREATE2 : KIND_CREATE, length);
      return withMemory(sp + 32, sp + 64, creation + account);
    }
    case 0xf1:
    case 0xf2:
    case 0xf4:
    case 0xfa:
      return callCost(op, sp, left);
    case 0xf3:
    case 0xfd:
      return withMemory(sp, sp + 32, 0);
    case 0xff:
      return selfdestructStepCost(addressOfWord(sp), left);
    default:
      return 0;
  }
}

/** The length at `word`; what is above all bounds fails by its memory. */
@inline
function lengthAt(word: usize): u64 {
  return min<u64>(fitsU64(word) ? load<u64>(word) : MAX_PRICED_MEMORY, MAX_PRICED_MEMORY);
}

/** Where a range ends; 0 for an empty one, NOT_ENOUGH beyond what has a price. */
function rangeEnd(offset: usize, length: u64): u64 {
  if (length == 0) return 0;
  if (!fitsU64(offset) || load<u64>(offset) > MAX_PRICED_MEMORY) return NOT_ENOUGH;
  const end = load<u64>(offset) + length;
  return end > MAX_PRICED_MEMORY ? NOT_ENOUGH : end;
}

function pricedExpansion(end: u64): u64 {
  if (end == NOT_ENOUGH) return NOT_ENOUGH;
  if (end <= <u64>load<u32>(frame, F_MEMORY_SIZE)) return 0;
  return memoryCost(wordsOf(end)) - load<u64>(frame, F_MEMORY_COST);
}

function fixedMemory(offset: usize, length: u64): u64 {
  return pricedExpansion(rangeEnd(offset, length));
}

function withMemory(offset: usize, length: usize, cost: u64): u64 {
  const bytes = fitsU64(length) ? load<u64>(length) : NOT_ENOUGH;
  if (bytes > MAX_PRICED_MEMORY) return NOT_ENOUGH;
  const expansion = pricedExpansion(rangeEnd(offset, bytes));
  return expansion == NOT_ENOUGH ? NOT_ENOUGH : expansion + cost;
}

function coldSlotCost(key: usize, coldPrice: usize): u64 {
  if (!hasFeature(EIP_2929)) return 0;
  const slot = findSlot(load<u32>(frame, F_SELF), key);
  return slot != 0 && isSlotWarm(slot) ? 0 : price(coldPrice);
}

function storeCost(sp: usize, gas: u64): u64 {
  if (hasFeature(EIP_2200) && gas <= price(SSTORE_SENTRY)) return NOT_ENOUGH;
  const cold = coldSlotCost(sp, COLD_SSTORE);
  copy(base + WORD_A, sp + 32);
  const slot = loadSlot(load<u32>(frame, F_SELF), sp);
  const cost = cold + sstoreCost(slot, base + WORD_A);
  const makesSlot = hasFeature(EIP_8037) && isZero(slot + S_ORIGINAL) && isZero(slot + S_CURRENT);
  return makesSlot && !isZero(base + WORD_A) ? cost + spillOf(price(STATE_NEW_SLOT)) : cost;
}

function selfdestructStepCost(address: usize, left: u64): u64 {
  const self = <usize>load<u32>(frame, F_SELF);
  const cost = selfdestructCost(self, address, left);
  if (cost > left || !hasFeature(EIP_8037) || isZero(self + A_BALANCE)) return cost;
  const beneficiary = accountAt(addressOfWord(load<u32>(frame, F_SP)));
  return isDead(beneficiary) ? cost + spillOf(price(STATE_NEW_ACCOUNT)) : cost;
}

function callCost(op: u8, sp: usize, left: u64): u64 {
  const kind = kindOf(op);
  const operands = sp + (hasValueOperand(kind) ? 96 : 64);
  const input = withMemory(operands, operands + 32, 0);
  const output = withMemory(operands + 64, operands + 96, 0);
  const expansion = max(input, output);
  if (expansion == NOT_ENOUGH) return NOT_ENOUGH;
  copy(base + WORD_B, sp);
  let cost = expansion + callAccessCost(kind, sp, left > expansion ? left - expansion : 0);
  if (cost <= left) {
    const stack = <usize>load<u32>(frame, F_SP);
    cost += spillOf(calleeStateGas(kind, stack, accountAt(addressOfWord(stack + 32))));
  }
  // As in geth, what does not suffice wraps around, and the call then fails by its total.
  const forwarded = forwardedGas(base + WORD_B, left - cost);
  if (forwarded != NOT_ENOUGH) return cost + forwarded < cost ? NOT_ENOUGH : cost + forwarded;
  const asked = fitsU64(base + WORD_B) ? load<u64>(base + WORD_B) : NOT_ENOUGH;
  return asked == NOT_ENOUGH || cost + asked < cost ? NOT_ENOUGH : cost + asked;
}
