// The CALL family: prices, the value transfer, and where execution goes on.
import { isZero } from '../../../packages/kernels/assembly/u256/compare';
import { copy, fitsU64, setU64, setZero } from '../../../packages/kernels/assembly/u256/word';
import {
  accountAt, addressOfWord, canPay, credit, debit, ensureLoaded, exists, findAccount, hasCode, isDead,
  touch,
} from './accounts';
import { frame } from './arena';
import { codeOf, isDelegation } from './code';
import { logTransfer } from './logs';
import { checkpoint, enterFrame, revertCheckpoint, setInput, setParties, useCode } from './frames';
import {
  A_ADDRESS, base, C_LENGTH, CODE_BYTES, F_CALLER, F_DEPTH, F_GAS, F_MEMORY, F_OUTPUT_LENGTH,
  F_OUTPUT_OFFSET, F_PARENT, F_PC, F_PENDING_STATE_GAS, F_SELF, F_SP, F_STATIC, F_VALUE, KIND_CALL,
  KIND_CALLCODE, KIND_DELEGATECALL, KIND_STATICCALL, MAX_DEPTH, WORD_A,
} from './layout';
import { expand, NOT_ENOUGH, toOffset } from './memory';
import { callPrecompile, isPrecompile, precompileGasLeft } from './precompiled';
import { clearReturnData, returnData, returnDataLength } from './return-data';
import {
  CALL_NEW_ACCOUNT, CALL_STIPEND, CALL_VALUE, EIP_150, EIP_161, EIP_7702, EIP_8037, hasFeature, price,
  STATE_NEW_ACCOUNT, WARM_ACCOUNT,
} from './rules';
import { coldAccountCost, reachAccount } from './state-ops';
import {
  CALL_DEPTH_EXCEEDED, DO_RESUME, END_HALT, END_STOP, halt, haltReason, INSUFFICIENT_BALANCE, OUT_OF_GAS,
  STATIC_VIOLATION,
} from './status';
import { chargeStateGas, refillStateGas } from './state-gas';
import { traceEnter, traceExit } from './trace-host';

@inline
export function kindOf(op: u8): u32 {
  return op == 0xf1 ? KIND_CALL : op == 0xf2 ? KIND_CALLCODE : op == 0xf4 ? KIND_DELEGATECALL : KIND_STATICCALL;
}

@inline
export function hasValueOperand(kind: u32): bool {
  return kind == KIND_CALL || kind == KIND_CALLCODE;
}

/** Later of the two ends of the ranges for input and output; 0 when both are empty. */
export function callMemoryEnd(operands: usize): u64 {
  const inputLength = toOffset(operands + 32);
  const outputLength = toOffset(operands + 96);
  const inputEnd = inputLength == 0 ? 0 : toOffset(operands) + inputLength;
  const outputEnd = outputLength == 0 ? 0 : toOffset(operands + 64) + outputLength;
  return max(inputEnd, outputEnd);
}

/**
 * Gas a call at stack `sp` costs over base cost and memory, without what it forwards, when `gas` is
 * left; more than `gas` as soon as that is certain, before state is reached that is not paid for.
 */
export function callAccessCost(kind: u32, sp: usize, gas: u64): u64 {
  const transfers = hasValueOperand(kind) && !isZero(sp + 64);
  let cost = coldAccountCost(addressOfWord(sp + 32));
  if (transfers) cost += price(CALL_VALUE);
  if (cost > gas) return cost;
  const account = accountAt(addressOfWord(sp + 32));
  ensureLoaded(account);
  if (kind == KIND_CALL) {
    const comesIntoBeing = hasFeature(EIP_161) ? transfers && isDead(account) : !exists(account);
    if (comesIntoBeing) cost += price(CALL_NEW_ACCOUNT);
    if (cost > gas) return cost;
  }
  if (hasFeature(EIP_7702) && hasCode(account)) {
    const record = codeOf(account);
    if (isDelegation(record)) {
      const target = record + CODE_BYTES + 3;
      // The callee is warm once it is reached, also as its own delegate.
      cost += price(WARM_ACCOUNT) + (findAccount(target) == account ? 0 : coldAccountCost(target));
    }
  }
  return cost;
}

/** State gas of a call that brings its callee into being (EIP-8037). */
export function calleeStateGas(kind: u32, sp: usize, account: usize): u64 {
  return kind == KIND_CALL && hasFeature(EIP_8037) && !isZero(sp + 64) && isDead(account)
    ? price(STATE_NEW_ACCOUNT)
    : 0;
}

/** Gas for the callee when `available` is left after the call's own costs; NOT_ENOUGH before EIP-150. */
export function forwardedGas(requested: usize, available: u64): u64 {
  const asked = fitsU64(requested) ? load<u64>(requested) : u64.MAX_VALUE;
  if (!hasFeature(EIP_150)) return asked > available ? NOT_ENOUGH : asked;
  return min(asked, available - available / 64);
}

/** The code that runs when `account` is called: its own or, one hop on, its delegate's; 0 for none. */
export function executedCode(account: usize): usize {
  const record = codeOf(account);
  if (!hasFeature(EIP_7702) || !isDelegation(record)) return record;
  const target = reachAccount(record + CODE_BYTES + 3);
  return isPrecompile(target + A_ADDRESS) ? 0 : codeOf(target);
}

/** Executes the instruction of the CALL family at the running frame's pc; an `END_` or `DO_` code. */
export function opCall(): u32 {
  const kind = kindOf(load<u8>(load<u32>(frame, F_PC)));
  let sp = <usize>load<u32>(frame, F_SP);
  const hasValue = hasValueOperand(kind);
  const operands = sp + (hasValue ? 96 : 64);
  const transfers = hasValue && !isZero(sp + 64);
  if (kind == KIND_CALL && transfers && load<u32>(frame, F_STATIC) != 0) return halt(STATIC_VIOLATION);
  const inputLength = toOffset(operands + 32);
  const inputOffset = inputLength == 0 ? 0 : toOffset(operands);
  const outputLength = toOffset(operands + 96);
  const outputOffset = outputLength == 0 ? 0 : toOffset(operands + 64);

  let gas = expand(frame, callMemoryEnd(operands), load<u64>(frame, F_GAS));
  if (gas == NOT_ENOUGH) return halt(OUT_OF_GAS);
  const access = callAccessCost(kind, sp, gas);
  if (access > gas) return halt(OUT_OF_GAS);
  gas -= access;
  // Reaching the callee may have moved the stack.
  sp = <usize>load<u32>(frame, F_SP);
  const stateGas = calleeStateGas(kind, sp, accountAt(addressOfWord(sp + 32)));
  gas = chargeStateGas(stateGas, gas);
  if (gas == NOT_ENOUGH) return halt(OUT_OF_GAS);
  store<u64>(frame, stateGas, F_PENDING_STATE_GAS);
  const forwarded = forwardedGas(sp, gas);
  if (forwarded == NOT_ENOUGH) return halt(OUT_OF_GAS);
  const callee = reachAccount(addressOfWord(sp + 32));
  const record = executedCode(callee);

  const caller = frame;
  sp = <usize>load<u32>(caller, F_SP);
  const value = base + WORD_A;
  if (hasValue) copy(value, sp + 64);
  else if (kind == KIND_DELEGATECALL) copy(value, caller + F_VALUE);
  else setZero(value);
  store<u64>(caller, gas - forwarded, F_GAS);
  store<u32>(caller, <u32>(sp + (hasValue ? 224 : 192)), F_SP);
  store<u32>(caller, load<u32>(caller, F_PC) + 1, F_PC);
  store<u32>(caller, <u32>outputOffset, F_OUTPUT_OFFSET);
  store<u32>(caller, <u32>outputLength, F_OUTPUT_LENGTH);

  const given = transfers ? forwarded + price(CALL_STIPEND) : forwarded;
  const self = <usize>load<u32>(caller, F_SELF);
  const input = <usize>load<u32>(caller, F_MEMORY) + <usize>inputOffset;
  const depth = load<u32>(caller, F_DEPTH) + 1;
  traceEnter(kind, depth + 1, self + A_ADDRESS, callee + A_ADDRESS, value, given, input, <u32>inputLength);
  if (depth > MAX_DEPTH) return refuse(CALL_DEPTH_EXCEEDED, given);
  if (hasValue && !canPay(self, value)) return refuse(INSUFFICIENT_BALANCE, given);
  const end = startCall(kind, self, callee, record, given, input, <u32>inputLength);
  if (end == DO_RESUME) return DO_RESUME;
  return finishCall(end, callGasLeft);
}

/** A call that may not be made: the gas comes back (with the stipend), and no state changes. */
function refuse(reason: u32, gas: u64): u32 {
  clearReturnData();
  traceExit(load<u32>(frame, F_DEPTH) + 2, halt(reason), reason, 0, 0, 0);
  return finishCall(END_HALT, gas);
}

/** Ends a call that did not become a frame; its output is the return data. */
function finishCall(end: u32, gasLeft: u64): u32 {
  const caller = frame;
  copyOutput(caller);
  const sp = <usize>load<u32>(caller, F_SP) - 32;
  setU64(sp, <u64>(end == END_STOP));
  store<u32>(caller, <u32>sp, F_SP);
  const pending = load<u64>(caller, F_PENDING_STATE_GAS);
  store<u64>(caller, 0, F_PENDING_STATE_GAS);
  const gas = load<u64>(caller, F_GAS) + gasLeft;
  store<u64>(caller, end == END_STOP ? gas : refillStateGas(pending, gas), F_GAS);
  return DO_RESUME;
}

/** Copies the return data to where the call wanted it. */
export function copyOutput(caller: usize): void {
  const length = min(returnDataLength, load<u32>(caller, F_OUTPUT_LENGTH));
  if (length == 0) return;
  memory.copy(<usize>load<u32>(caller, F_MEMORY) + load<u32>(caller, F_OUTPUT_OFFSET), returnData, length);
}

/** Gas left of the last {@link startCall} that ended at once. */
export let callGasLeft: u64 = 0;

/**
 * Moves the value in WORD_A and starts the callee: DO_RESUME when a frame now runs; otherwise, for
 * a precompile or an account without code, how the call ended, with its output as return data.
 * `self` is the account that calls. The first call's checkpoint is the transaction's to take.
 */
export function startCall(
  kind: u32,
  self: usize,
  callee: usize,
  record: usize,
  gas: u64,
  input: usize,
  inputLength: u32,
): u32 {
  const value = base + WORD_A;
  const nested = frame != 0;
  // What follows may move the caller's memory.
  const inputOffset = nested ? input - <usize>load<u32>(frame, F_MEMORY) : 0;
  if (nested) checkpoint();
  if (kind == KIND_CALL) {
    debit(self, value);
    credit(callee, value);
    logTransfer(self, callee, value);
  } else if (kind == KIND_STATICCALL && hasFeature(EIP_161) && exists(callee)) {
    touch(callee);
  }
  const depth = nested ? load<u32>(frame, F_DEPTH) + 1 : 0;
  if (isPrecompile(callee + A_ADDRESS)) {
    const at = nested ? <usize>load<u32>(frame, F_MEMORY) + inputOffset : input;
    const end = callPrecompile(callee + A_ADDRESS, at, inputLength, gas);
    callGasLeft = precompileGasLeft;
    if (end != END_STOP) revertCheckpoint();
    traceExit(depth + 1, end, haltReason, gas - callGasLeft, returnData, returnDataLength);
    return end;
  }
  if (record == 0 || load<u32>(record, C_LENGTH) == 0) {
    clearReturnData();
    callGasLeft = gas;
    traceExit(depth + 1, END_STOP, 0, 0, 0, 0);
    return END_STOP;
  }
  const f = enterFrame(kind, gas, value, 0);
  const parent = <usize>load<u32>(f, F_PARENT);
  if (kind == KIND_STATICCALL) store<u32>(f, 1, F_STATIC);
  if (kind == KIND_DELEGATECALL) setParties(f, self, load<u32>(parent, F_CALLER), callee);
  else setParties(f, kind == KIND_CALLCODE ? self : callee, self, callee);
  setInput(f, nested ? <usize>load<u32>(parent, F_MEMORY) + inputOffset : input, inputLength);
  useCode(record);
  return DO_RESUME;
}
