// A whole transaction: validity, fees, authorizations, warm-up, execution, settlement.
import { sub } from '../../../packages/kernels/assembly/u256/arith';
import { isZero } from '../../../packages/kernels/assembly/u256/compare';
import { copy, fromBE, setZero } from '../../../packages/kernels/assembly/u256/word';
import {
  accountAt, credit, debit, ensureExists, exists, firstAccount, hasFlag, isDead, isEmpty, isRipemd,
  loadAccount, resetAccounts, ripemdTouched, setEmptyCodeHash, setFlags, setNonce,
} from './accounts';
import { addChecked, mulU64 } from './amounts';
import { reserve, resetArena } from './arena';
import { applyAuthorizations } from './authorization';
import { callGasLeft, executedCode, startCall } from './calls';
import { codeOf, isDelegation, trimCodeCache } from './code';
import { createdAddress, newAccountStateGas, startCreate } from './creates';
import { execute, gasLeft } from './execute';
import { checkpoint, revertCheckpoint } from './frames';
import { ACCESS_ENTRY, floorGas, intrinsicGas, priceTransaction } from './intrinsic';
import { refund, resetJournal, revertTo, setRefund, undoMark } from './journal';
import {
  A_ADDRESS, A_BALANCE, A_CODE, A_CODE_HASH, A_FLAGS, A_NEXT, A_NONCE, ACCOUNT_DESTROYED, ACCOUNT_EXISTS,
  ACCOUNT_TOUCHED, ACCOUNT_WARM, ACCOUNT_WRITE_PAID, B_BASE_FEE, B_BLOB_BASE_FEE, B_COINBASE, base, BLOCK,
  C_LENGTH, CODE_BYTES, KIND_CALL, KIND_CREATE, R_BLOCK_GAS_USED, R_BLOCK_STATE_GAS_USED, R_CREATED,
  R_CREATED_ADDRESS, R_GAS_REFUNDED, R_GAS_USED, R_OUTPUT, R_OUTPUT_LENGTH, R_REASON, R_STATUS, RESULT,
  RESULT_BYTES, STATUS_HALT, STATUS_INVALID, STATUS_MISSING_CODE, STATUS_REVERT, STATUS_SUCCESS,
  T_ACCESS_COUNT, T_ACCESS_LIST, T_BLOB_COUNT, T_DATA, T_DATA_LENGTH, T_FLAGS, T_FROM, T_GAS_LIMIT,
  T_PRICE, T_TO, T_VALUE, TX, TX_CREATES, TX_SKIP_FEES, WORD_A, WORD_B,
} from './layout';
import { resetLogs } from './logs';
import { writeChanges } from './output';
import { NOT_ENOUGH } from './memory';
import { clearReturnData, resetReturnData, returnData, returnDataLength } from './return-data';
import {
  BLOB_GAS, EIP_1559, EIP_161, EIP_2780, EIP_2929, EIP_3651, EIP_7778, EIP_8037, EIP_8246, hasFeature,
  price, REFUND_QUOTIENT, STATE_NEW_ACCOUNT, TX_GAS_CAP, WARM_ACCOUNT,
} from './rules';
import {
  ADDRESS_COLLISION, DO_RESUME, END_HALT, END_REVERT, END_STOP, halt, haltReason, OUT_OF_GAS, VALID,
} from './status';
import { chargeStateGas, reservoir, resetStateGas, stateGasUsed } from './state-gas';
import { coldAccountCost } from './state-ops';
import { loadSlot, resetStorage, warmSlot } from './storage';
import { traceEnter, traceExit } from './trace-host';
import { checkSender, checkTransaction } from './validity';

/** Gas of a system call (EIP-4788). */
const SYSTEM_CALL_GAS: u64 = 30_000_000;

/** Starts clean and returns where the host may write `bytes` of the transaction's data. */
export function begin(bytes: usize): usize {
  resetArena();
  trimCodeCache();
  return reserve(bytes);
}

function resetState(): void {
  resetJournal();
  resetReturnData();
  resetAccounts();
  resetStorage();
  resetLogs();
  memory.fill(base + RESULT, 0, RESULT_BYTES);
}

/** Executes the transaction in the record; the outcome stands in the result record. */
export function transact(): void {
  resetState();
  priceTransaction();
  let reason = checkTransaction();
  if (reason != VALID) return refuse(reason);
  const sender = loadAccount(base + TX + T_FROM);
  reason = checkSender(sender);
  if (reason != VALID) return refuse(reason);

  buyGas(sender);
  setNonce(sender, load<u64>(sender, A_NONCE) + 1);
  // A sender without balance that pays nothing comes into being by its nonce.
  ensureExists(sender);
  const gas = load<u64>(base + TX, T_GAS_LIMIT) - intrinsicGas;
  // EIP-8037: what passes the cap of EIP-7825 is for state only.
  const running = hasFeature(EIP_8037) ? min(gas, price(TX_GAS_CAP) - intrinsicGas) : gas;
  resetStateGas(gas - running);
  const end = runPrepared(sender, running);
  settle(sender);
  finish(end);
}

function refuse(reason: u32): void {
  store<u32>(base + RESULT, STATUS_INVALID, R_STATUS);
  store<u32>(base + RESULT, reason, R_REASON);
}

@inline
function hasTxFlag(flag: u32): bool {
  return (load<u32>(base + TX, T_FLAGS) & flag) != 0;
}

/** Takes gas limit x price and the blob fee, which is burnt. */
function buyGas(sender: usize): void {
  if (hasTxFlag(TX_SKIP_FEES)) return;
  const tx = base + TX;
  const fee = base + WORD_A;
  mulU64(fee, tx + T_PRICE, load<u64>(tx, T_GAS_LIMIT));
  const blobGas = <u64>load<u32>(tx, T_BLOB_COUNT) * price(BLOB_GAS);
  if (blobGas != 0) {
    mulU64(base + WORD_B, base + BLOCK + B_BLOB_BASE_FEE, blobGas);
    addChecked(fee, fee, base + WORD_B);
  }
  debit(sender, fee);
}

/** EIP-2929, 2930, 3651: what is warm from the start; precompiles always are. */
function warmUp(sender: usize): void {
  if (!hasFeature(EIP_2929)) return;
  const tx = base + TX;
  setFlags(sender, ACCOUNT_WARM);
  if (!hasTxFlag(TX_CREATES)) setFlags(accountAt(tx + T_TO), ACCOUNT_WARM);
  if (hasFeature(EIP_3651)) setFlags(accountAt(base + BLOCK + B_COINBASE), ACCOUNT_WARM);
  const entries = load<u32>(tx, T_ACCESS_COUNT);
  let entry = <usize>load<u32>(tx, T_ACCESS_LIST);
  for (let i: u32 = 0; i < entries; i++) {
    const account = accountAt(entry);
    setFlags(account, ACCOUNT_WARM);
    const keys = load<u32>(entry, 20);
    entry += ACCESS_ENTRY;
    for (let k: u32 = 0; k < keys; k++, entry += 32) {
      fromBE(base + WORD_A, entry);
      warmSlot(loadSlot(account, base + WORD_A));
    }
  }
}

/** Gas the first call left, before refunds. */
let leftOver: u64 = 0;

/** Applies authorizations, which stay whatever the first frame does, and runs it; how it ended. */
function runPrepared(sender: usize, gas: u64): u32 {
  const mark = undoMark();
  const stateGas = reservoir;
  let end = DO_RESUME;
  if (hasFeature(EIP_8037)) {
    setFlags(sender, ACCOUNT_WRITE_PAID);
    if (!hasTxFlag(TX_CREATES) && !isZero(base + TX + T_VALUE)) {
      setFlags(accountAt(base + TX + T_TO), ACCOUNT_WRITE_PAID);
    }
  }
  gas = applyAuthorizations(gas);
  warmUp(sender);
  if (gas != NOT_ENOUGH) {
    checkpoint();
    end = run(sender, gas);
  }
  if (end != DO_RESUME) return end;
  // From Amsterdam the way to the first instruction may cost more than there is: all is undone but
  // the sender's payment and nonce.
  revertTo(mark);
  setRefund(0);
  resetStateGas(stateGas);
  clearReturnData();
  leftOver = 0;
  return halt(OUT_OF_GAS);
}

/** Gas left when the recipient's account and delegate are paid for (EIP-2780), or NOT_ENOUGH. */
function payForRecipient(callee: usize, gas: u64): u64 {
  if (!hasFeature(EIP_2780)) return gas;
  if (!isZero(base + TX + T_VALUE) && isDead(callee)) {
    gas = chargeStateGas(price(STATE_NEW_ACCOUNT), gas);
    if (gas == NOT_ENOUGH) return NOT_ENOUGH;
  }
  const record = codeOf(callee);
  if (!isDelegation(record)) return gas;
  const cost = price(WARM_ACCOUNT) + coldAccountCost(record + CODE_BYTES + 3);
  return gas < cost ? NOT_ENOUGH : gas - cost;
}

/**
 * Runs the first frame; how it ended, with its output as return data, or DO_RESUME where the gas does
 * not suffice to begin.
 */
function run(sender: usize, gas: u64): u32 {
  const tx = base + TX;
  const data = <usize>load<u32>(tx, T_DATA);
  const length = load<u32>(tx, T_DATA_LENGTH);
  copy(base + WORD_A, tx + T_VALUE);
  let next: u32;
  if (hasTxFlag(TX_CREATES)) {
    const created = loadAccount(createdAddress(sender + A_ADDRESS, load<u64>(sender, A_NONCE) - 1));
    store<u32>(base + RESULT, 1, R_CREATED);
    memory.copy(base + RESULT + R_CREATED_ADDRESS, created + A_ADDRESS, 20);
    gas = chargeStateGas(newAccountStateGas(created + A_ADDRESS), gas);
    if (gas == NOT_ENOUGH) return DO_RESUME;
    traceEnter(KIND_CREATE, 1, sender + A_ADDRESS, created + A_ADDRESS, base + WORD_A, gas, data, length);
    next = startCreate(KIND_CREATE, sender, created, gas, data, length);
    if (next == END_HALT) {
      revertCheckpoint();
      traceExit(1, halt(ADDRESS_COLLISION), ADDRESS_COLLISION, gas, 0, 0);
    }
  } else {
    const callee = loadAccount(tx + T_TO);
    gas = payForRecipient(callee, gas);
    if (gas == NOT_ENOUGH) return DO_RESUME;
    traceEnter(KIND_CALL, 1, sender + A_ADDRESS, callee + A_ADDRESS, base + WORD_A, gas, data, length);
    next = startCall(KIND_CALL, sender, callee, executedCode(callee), gas, data, length);
  }
  if (next == DO_RESUME) {
    const end = execute();
    leftOver = gasLeft;
    return end;
  }
  leftOver = next == END_STOP ? callGasLeft : 0;
  return next;
}

/** Refund, calldata floor, what the sender gets back and the coinbase gets. */
function settle(sender: usize): void {
  const tx = base + TX;
  const result = base + RESULT;
  const limit = load<u64>(tx, T_GAS_LIMIT);
  let used = limit - leftOver - reservoir;
  const stateGas = <u64>max<i64>(stateGasUsed, 0);
  const countsBeforeRefunds = hasFeature(EIP_7778);
  const counted = max(used - stateGas, floorGas);
  const granted = min<u64>(<u64>refund, used / price(REFUND_QUOTIENT));
  used = max(used - granted, floorGas);
  store<u64>(result, used, R_GAS_USED);
  store<u64>(result, countsBeforeRefunds ? counted : used, R_BLOCK_GAS_USED);
  store<u64>(result, stateGas, R_BLOCK_STATE_GAS_USED);
  store<u64>(result, granted, R_GAS_REFUNDED);
  if (hasTxFlag(TX_SKIP_FEES)) return;
  const amount = base + WORD_A;
  mulU64(amount, tx + T_PRICE, limit - used);
  credit(sender, amount);
  const coinbase = loadAccount(base + BLOCK + B_COINBASE);
  copy(amount, tx + T_PRICE);
  if (hasFeature(EIP_1559)) sub(amount, amount, base + BLOCK + B_BASE_FEE);
  mulU64(amount, amount, used);
  credit(coinbase, amount);
}

/** Deletes what was destroyed and what was touched and is empty, and writes the outcome. */
function finish(end: u32): void {
  const result = base + RESULT;
  for (let account = firstAccount; account != 0; account = load<u32>(account, A_NEXT)) {
    if (hasFlag(account, ACCOUNT_DESTROYED)) destroy(account);
    else if (hasFeature(EIP_161) && exists(account) && isTouched(account) && isEmpty(account)) drop(account);
  }
  store<u32>(
    result,
    end == END_HALT ? STATUS_HALT : end == END_REVERT ? STATUS_REVERT : STATUS_SUCCESS,
    R_STATUS,
  );
  store<u32>(result, haltReason, R_REASON);
  store<u32>(result, <u32>returnData, R_OUTPUT);
  store<u32>(result, returnDataLength, R_OUTPUT_LENGTH);
  writeChanges();
}

function isTouched(account: usize): bool {
  return hasFlag(account, ACCOUNT_TOUCHED) || (ripemdTouched && isRipemd(account));
}

/** EIP-8246 leaves an account with its balance, and nothing else. */
function destroy(account: usize): void {
  if (!hasFeature(EIP_8246) || isZero(account + A_BALANCE)) return drop(account);
  store<u64>(account, 0, A_NONCE);
  store<u32>(account, 0, A_CODE);
  setEmptyCodeHash(account + A_CODE_HASH);
}

function drop(account: usize): void {
  store<u32>(account, (load<u32>(account, A_FLAGS) | ACCOUNT_DESTROYED) & ~ACCOUNT_EXISTS, A_FLAGS);
}

/** Calls `T_TO` with `T_DATA` as the system's address in `T_FROM`: no fee, no nonce, nothing counted. */
export function systemCall(): void {
  resetState();
  const tx = base + TX;
  const callee = loadAccount(tx + T_TO);
  const record = executedCode(callee);
  if (record == 0 || load<u32>(record, C_LENGTH) == 0) {
    store<u32>(base + RESULT, STATUS_MISSING_CODE, R_STATUS);
    return;
  }
  if (hasFeature(EIP_2929)) setFlags(callee, ACCOUNT_WARM);
  resetStateGas(0);
  checkpoint();
  const caller = accountAt(tx + T_FROM);
  const data = <usize>load<u32>(tx, T_DATA);
  const length = load<u32>(tx, T_DATA_LENGTH);
  setZero(base + WORD_A);
  traceEnter(KIND_CALL, 1, caller + A_ADDRESS, callee + A_ADDRESS, base + WORD_A, SYSTEM_CALL_GAS, data, length);
  const next = startCall(KIND_CALL, caller, callee, record, SYSTEM_CALL_GAS, data, length);
  finish(next == DO_RESUME ? execute() : next);
}
