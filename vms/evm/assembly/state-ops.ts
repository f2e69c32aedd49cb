// Instructions that read or change accounts and storage. Each works on the running frame's record,
// where the loop has saved its registers, leaves its result on the operand stack, and returns the
// gas left or NOT_ENOUGH. What an instruction cannot pay for it does not reach: the host is asked
// for an account or a slot only once its price is covered.
import { eq, isZero } from '../../../packages/kernels/assembly/u256/compare';
import { copy, fromBE, setU64, setZero } from '../../../packages/kernels/assembly/u256/word';
import {
  accountAt, addressOfWord, credit, debit, ensureLoaded, exists, findAccount, hasFlag, isDead, isWarm,
  setBalance, setFlags,
} from './accounts';
import { frame } from './arena';
import { codeOf } from './code';
import { hostBlockHash } from './host';
import { addRefund } from './journal';
import { logTransfer } from './logs';
import {
  A_ADDRESS, A_BALANCE, A_CODE_HASH, ACCOUNT_CREATED, ACCOUNT_DESTROYED, ACCOUNT_WARM, B_NUMBER, base,
  BLOCK, C_LENGTH, CODE_BYTES, F_DEPTH, F_GAS, F_MEMORY, F_SELF, F_SP, HASH_BYTES, KIND_SELFDESTRUCT,
  S_CURRENT, S_ORIGINAL, WORD_A, WORD_B,
} from './layout';
import { copyPadded, expandRange, NOT_ENOUGH, toOffset, wordsOf } from './memory';
import { isPrecompileAddress } from './precompiled';
import {
  COLD_ACCOUNT, COLD_SLOAD, COLD_SSTORE, COPY_WORD, EIP_1283, EIP_161, EIP_2200, EIP_2929, EIP_6780,
  EIP_8037, EIP_8246, hasFeature, price, SELFDESTRUCT_COLD, SELFDESTRUCT_NEW_ACCOUNT, SELFDESTRUCT_REFUND,
  SSTORE_CLEAR_REFUND, SSTORE_NOOP, SSTORE_RESET, SSTORE_SENTRY, SSTORE_SET, STATE_NEW_ACCOUNT,
  STATE_NEW_SLOT,
} from './rules';
import { chargeStateGas, refillStateGas } from './state-gas';
import {
  findSlot, isSlotWarm, loadSlot, readTransient, warmSlot, writeSlot, writeTransient,
} from './storage';
import { END_STOP } from './status';
import { traceEnter, traceExit } from './trace-host';

@inline
function stackPointer(): usize {
  return <usize>load<u32>(frame, F_SP);
}

/** What reaching the account costs over a warm one (EIP-2929). */
export function coldAccountCost(address: usize): u64 {
  if (!hasFeature(EIP_2929)) return 0;
  const account = findAccount(address);
  return (account != 0 && isWarm(account)) || isPrecompileAddress(address) ? 0 : price(COLD_ACCOUNT);
}

/** The account, loaded and warm from now on. */
export function reachAccount(address: usize): usize {
  const account = accountAt(address);
  ensureLoaded(account);
  if (hasFeature(EIP_2929)) setFlags(account, ACCOUNT_WARM);
  return account;
}

export function opBalance(): u64 {
  const address = addressOfWord(stackPointer());
  const gas = load<u64>(frame, F_GAS);
  const cost = coldAccountCost(address);
  if (gas < cost) return NOT_ENOUGH;
  const account = reachAccount(address);
  copy(stackPointer(), account + A_BALANCE);
  return gas - cost;
}

export function opExtCodeSize(): u64 {
  const address = addressOfWord(stackPointer());
  const gas = load<u64>(frame, F_GAS);
  const cost = coldAccountCost(address);
  if (gas < cost) return NOT_ENOUGH;
  const record = codeOf(reachAccount(address));
  setU64(stackPointer(), load<u32>(record, C_LENGTH));
  return gas - cost;
}

export function opExtCodeHash(): u64 {
  const address = addressOfWord(stackPointer());
  const gas = load<u64>(frame, F_GAS);
  const cost = coldAccountCost(address);
  if (gas < cost) return NOT_ENOUGH;
  const account = reachAccount(address);
  if (isDead(account)) setZero(stackPointer());
  else fromBE(stackPointer(), account + A_CODE_HASH);
  return gas - cost;
}

export function opExtCodeCopy(): u64 {
  const sp = stackPointer();
  const to = toOffset(sp + 32);
  const from = toOffset(sp + 64);
  const length = toOffset(sp + 96);
  const address = addressOfWord(sp);
  const gas = load<u64>(frame, F_GAS);
  const cost = wordsOf(length) * price(COPY_WORD) + coldAccountCost(address);
  if (gas < cost) return NOT_ENOUGH;
  const left = expandRange(frame, to, length, gas - cost);
  if (left == NOT_ENOUGH) return NOT_ENOUGH;
  const record = codeOf(reachAccount(address));
  if (length != 0) {
    const target = <usize>load<u32>(frame, F_MEMORY) + <usize>to;
    copyPadded(target, record + CODE_BYTES, load<u32>(record, C_LENGTH), from, <usize>length);
  }
  store<u32>(frame, <u32>stackPointer() + 128, F_SP);
  return left;
}

/** Replaces the block number at `sp` by the block's hash: 0 outside of the last 256. */
export function opBlockHash(sp: usize): void {
  const number = load<u64>(base + BLOCK, B_NUMBER);
  const asked = load<u64>(sp);
  const small = (load<u64>(sp, 8) | load<u64>(sp, 16) | load<u64>(sp, 24)) == 0;
  const known =
    small && asked < number && number - asked <= 256 && hostBlockHash(asked, base + HASH_BYTES) != 0;
  if (known) fromBE(sp, base + HASH_BYTES);
  else setZero(sp);
}

export function opSload(): u64 {
  const account = <usize>load<u32>(frame, F_SELF);
  const gas = load<u64>(frame, F_GAS);
  let slot = findSlot(account, stackPointer());
  if (!hasFeature(EIP_2929) || (slot != 0 && isSlotWarm(slot))) {
    if (slot == 0) slot = loadSlot(account, stackPointer());
    copy(stackPointer(), slot + S_CURRENT);
    return gas;
  }
  const cost = price(COLD_SLOAD);
  if (gas < cost) return NOT_ENOUGH;
  if (slot == 0) slot = loadSlot(account, stackPointer());
  warmSlot(slot);
  copy(stackPointer(), slot + S_CURRENT);
  return gas - cost;
}

/** Refund of the last {@link sstoreCost}; may be negative. */
let sstoreRefund: i64 = 0;

/** Gas to set `slot` to the word at `value`, by the fork's rule, and the refund that goes with it. */
export function sstoreCost(slot: usize, value: usize): u64 {
  const clearRefund = <i64>price(SSTORE_CLEAR_REFUND);
  const current = slot + S_CURRENT;
  sstoreRefund = 0;
  if (!hasFeature(EIP_1283 | EIP_2200)) {
    if (!isZero(current) && isZero(value)) sstoreRefund = clearRefund;
    return isZero(current) && !isZero(value) ? price(SSTORE_SET) : price(SSTORE_RESET);
  }
  if (eq(current, value)) return price(SSTORE_NOOP);
  const original = slot + S_ORIGINAL;
  if (eq(original, current)) {
    if (isZero(original)) return price(SSTORE_SET);
    if (isZero(value)) sstoreRefund = clearRefund;
    return price(SSTORE_RESET);
  }
  if (!isZero(original)) {
    if (isZero(current)) sstoreRefund -= clearRefund;
    if (isZero(value)) sstoreRefund += clearRefund;
  }
  if (eq(original, value)) {
    sstoreRefund += <i64>((isZero(original) ? price(SSTORE_SET) : price(SSTORE_RESET)) - price(SSTORE_NOOP));
  }
  return price(SSTORE_NOOP);
}

export function opSstore(): u64 {
  const account = <usize>load<u32>(frame, F_SELF);
  const gas = load<u64>(frame, F_GAS);
  if (hasFeature(EIP_2200) && gas <= price(SSTORE_SENTRY)) return NOT_ENOUGH;
  let slot = findSlot(account, stackPointer());
  let cost: u64 = 0;
  if (hasFeature(EIP_2929) && (slot == 0 || !isSlotWarm(slot))) {
    cost = price(COLD_SSTORE);
    if (gas < cost) return NOT_ENOUGH;
  }
  if (slot == 0) slot = loadSlot(account, stackPointer());
  copy(base + WORD_A, stackPointer() + 32);
  cost += sstoreCost(slot, base + WORD_A);
  if (gas < cost) return NOT_ENOUGH;
  const left = meterNewSlot(slot, base + WORD_A, gas - cost);
  if (left == NOT_ENOUGH) return NOT_ENOUGH;
  addRefund(sstoreRefund);
  warmSlot(slot);
  if (!eq(slot + S_CURRENT, base + WORD_A)) writeSlot(slot, base + WORD_A);
  return left;
}

/** EIP-8037: a slot that was zero before the transaction is paid for when set, and given back when cleared. */
function meterNewSlot(slot: usize, value: usize, gas: u64): u64 {
  if (!hasFeature(EIP_8037) || !isZero(slot + S_ORIGINAL)) return gas;
  const wasSet = !isZero(slot + S_CURRENT);
  if (wasSet == !isZero(value)) return gas;
  const amount = price(STATE_NEW_SLOT);
  return wasSet ? refillStateGas(amount, gas) : chargeStateGas(amount, gas);
}

export function opTload(sp: usize): void {
  readTransient(sp, load<u32>(frame, F_SELF), sp);
}

export function opTstore(): u64 {
  const sp = stackPointer();
  writeTransient(load<u32>(frame, F_SELF), sp, sp + 32);
  return load<u64>(frame, F_GAS);
}

/** Price of SELFDESTRUCT over its base cost, where the beneficiary's state may be asked for. */
export function selfdestructCost(self: usize, address: usize, gas: u64): u64 {
  let cost: u64 = 0;
  const known = findAccount(address);
  if (hasFeature(EIP_2929) && !isPrecompileAddress(address) && (known == 0 || !isWarm(known))) {
    cost = price(SELFDESTRUCT_COLD);
    if (gas < cost) return cost;
  }
  const beneficiary = accountAt(address);
  ensureLoaded(beneficiary);
  const comesIntoBeing = hasFeature(EIP_161)
    ? !isZero(self + A_BALANCE) && isDead(beneficiary)
    : !exists(beneficiary);
  return comesIntoBeing ? cost + price(SELFDESTRUCT_NEW_ACCOUNT) : cost;
}

export function opSelfdestruct(): u64 {
  const self = <usize>load<u32>(frame, F_SELF);
  const gas = load<u64>(frame, F_GAS);
  const cost = selfdestructCost(self, addressOfWord(stackPointer()), gas);
  if (gas < cost) return NOT_ENOUGH;
  const beneficiary = reachAccount(addressOfWord(stackPointer()));
  const makesAccount = hasFeature(EIP_8037) && !isZero(self + A_BALANCE) && isDead(beneficiary);
  const left = chargeStateGas(makesAccount ? price(STATE_NEW_ACCOUNT) : 0, gas - cost);
  if (left == NOT_ENOUGH) return NOT_ENOUGH;
  const balance = base + WORD_A;
  copy(balance, self + A_BALANCE);
  const depth = load<u32>(frame, F_DEPTH) + 1;
  traceEnter(KIND_SELFDESTRUCT, depth, self + A_ADDRESS, beneficiary + A_ADDRESS, balance, 0, 0, 0);
  traceExit(depth, END_STOP, 0, 0, 0, 0);
  const deletes = !hasFeature(EIP_6780) || hasFlag(self, ACCOUNT_CREATED);
  if (self != beneficiary) {
    debit(self, balance);
    credit(beneficiary, balance);
    logTransfer(self, beneficiary, balance);
  } else if (deletes && !hasFeature(EIP_8246)) {
    setZero(base + WORD_B);
    setBalance(self, base + WORD_B);
  }
  if (deletes) {
    if (!hasFlag(self, ACCOUNT_DESTROYED)) addRefund(<i64>price(SELFDESTRUCT_REFUND));
    setFlags(self, ACCOUNT_DESTROYED);
  }
  return left;
}
