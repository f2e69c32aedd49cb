// CREATE and CREATE2: addresses, collisions, and what becomes of the returned code.
import { keccak256 } from '../../../packages/kernels/assembly/keccak';
import { bswap64 } from '../../../packages/kernels/assembly/intrinsics';

import { copy, setZero, toBE } from '../../../packages/kernels/assembly/u256/word';
import {
  canPay, credit, debit, ensureExists, hasCode, isDead, loadAccount, setCode, setFlags, setNonce,
} from './accounts';
import { frame } from './arena';
import { newCode } from './code';
import { checkpoint, enterFrame, initcodeBytes, setInput, setParties, useInitcode } from './frames';
import { hostHasStorage } from './host';
import { logTransfer } from './logs';
import {
  A_ADDRESS, A_FLAGS, A_NONCE, ACCOUNT_CREATED, ACCOUNT_EXISTED, ACCOUNT_NEW_CODE, ACCOUNT_WARM, base,
  BUFFER, F_DEPTH, F_GAS, F_MEMORY, F_PARENT, F_PC, F_PENDING_STATE_GAS, F_SELF, F_SP, F_STATIC,
  HASH_BYTES, KECCAK, KIND_CREATE, KIND_CREATE2, MAX_DEPTH, WORD_A,
} from './layout';
import { expandRange, NOT_ENOUGH, toOffset, wordsOf } from './memory';
import { clearReturnData, returnData, returnDataLength } from './return-data';
import {
  CODE_DEPOSIT_BYTE, CODE_DEPOSIT_WORD, EIP_150, EIP_161, EIP_2, EIP_2929, EIP_3541, EIP_8037, hasFeature,
  INITCODE_WORD, KECCAK_WORD, MAX_CODE_SIZE, MAX_INITCODE_SIZE, price, STATE_CODE_BYTE, STATE_NEW_ACCOUNT,
} from './rules';
import {
  ADDRESS_COLLISION, CALL_DEPTH_EXCEEDED, CODE_SIZE_EXCEEDED, DO_RESUME, END_HALT, END_STOP, halt,
  INITCODE_SIZE_EXCEEDED, INSUFFICIENT_BALANCE, INVALID_CODE_PREFIX, NONCE_OVERFLOW, OUT_OF_GAS,
  STATIC_VIOLATION,
} from './status';
import { chargeStateGas, refillStateGas } from './state-gas';
import { traceEnter, traceExit } from './trace-host';

/**
 * Address of the contract that `creator` makes at `nonce`: the last 20 bytes of
 * keccak(rlp([creator, nonce])). Valid until the next hash.
 */
export function createdAddress(creator: usize, nonce: u64): usize {
  const list = base + BUFFER;
  const bytes = <usize>(64 - clz<u64>(nonce) + 7) >> 3;
  const nonceBytes: usize = nonce < 0x80 ? 1 : 1 + bytes;
  store<u8>(list, <u8>(0xc0 + 21 + nonceBytes));
  store<u8>(list, 0x94, 1);
  memory.copy(list + 2, creator, 20);
  if (nonce < 0x80) {
    store<u8>(list, nonce == 0 ? 0x80 : <u8>nonce, 22);
  } else {
    store<u8>(list, <u8>(0x80 + bytes), 22);
    store<u64>(list, bswap64(nonce << (64 - (<u64>bytes << 3))), 23);
  }
  keccak256(base + HASH_BYTES, list, 22 + nonceBytes, base + KECCAK);
  return base + HASH_BYTES + 12;
}

/** Address for CREATE2: keccak(0xff ++ creator ++ salt ++ keccak(initcode)); EIP-1014. */
function saltedAddress(creator: usize, salt: usize, initcode: usize, length: u32): usize {
  const preimage = base + BUFFER;
  store<u8>(preimage, 0xff);
  memory.copy(preimage + 1, creator, 20);
  toBE(preimage + 21, salt);
  keccak256(preimage + 53, initcode, length, base + KECCAK);
  keccak256(base + HASH_BYTES, preimage, 85, base + KECCAK);
  return base + HASH_BYTES + 12;
}

/** Gas of a creation over base cost and memory, without what it forwards. */
export function createCost(kind: u32, length: u64): u64 {
  const hashing = kind == KIND_CREATE2 ? price(KECCAK_WORD) : 0;
  return wordsOf(length) * (price(INITCODE_WORD) + hashing);
}

/** Executes CREATE or CREATE2 at the running frame's pc; an `END_` or `DO_` code. */
export function opCreate(): u32 {
  const kind = load<u8>(load<u32>(frame, F_PC)) == 0xf5 ? KIND_CREATE2 : KIND_CREATE;
  const sp = <usize>load<u32>(frame, F_SP);
  if (load<u32>(frame, F_STATIC) != 0) return halt(STATIC_VIOLATION);
  const offset = toOffset(sp + 32);
  const length = toOffset(sp + 64);
  let gas = expandRange(frame, offset, length, load<u64>(frame, F_GAS));
  if (gas == NOT_ENOUGH) return halt(OUT_OF_GAS);
  if (length > price(MAX_INITCODE_SIZE)) return halt(INITCODE_SIZE_EXCEEDED);
  const cost = createCost(kind, length);
  if (gas < cost) return halt(OUT_OF_GAS);
  gas -= cost;

  const creator = <usize>load<u32>(frame, F_SELF);
  const initcode = <usize>load<u32>(frame, F_MEMORY) + (length == 0 ? 0 : <usize>offset);
  const nonce = load<u64>(creator, A_NONCE);
  const address =
    kind == KIND_CREATE
      ? createdAddress(creator + A_ADDRESS, nonce)
      : saltedAddress(creator + A_ADDRESS, sp + 96, initcode, <u32>length);
  const stateGas = newAccountStateGas(address);
  gas = chargeStateGas(stateGas, gas);
  if (gas == NOT_ENOUGH) return halt(OUT_OF_GAS);
  store<u64>(frame, stateGas, F_PENDING_STATE_GAS);
  const given = hasFeature(EIP_150) ? gas - gas / 64 : gas;

  // Looking at the target may have moved stack and memory.
  const operands = <usize>load<u32>(frame, F_SP);
  const input = <usize>load<u32>(frame, F_MEMORY) + (length == 0 ? 0 : <usize>offset);
  copy(base + WORD_A, operands);
  store<u32>(frame, <u32>(operands + (kind == KIND_CREATE2 ? 128 : 96)), F_SP);
  store<u32>(frame, load<u32>(frame, F_PC) + 1, F_PC);
  store<u64>(frame, gas - given, F_GAS);

  const depth = load<u32>(frame, F_DEPTH) + 1;
  traceEnter(kind, depth + 1, creator + A_ADDRESS, address, base + WORD_A, given, input, <u32>length);
  if (depth > MAX_DEPTH) return refuse(CALL_DEPTH_EXCEEDED, 0, given);
  if (!canPay(creator, base + WORD_A)) return refuse(INSUFFICIENT_BALANCE, 0, given);
  if (nonce == u64.MAX_VALUE) return refuse(NONCE_OVERFLOW, 0, given);
  // `address` stands in scratch that the account's loading does not use.
  setNonce(creator, nonce + 1);
  const created = loadAccount(address);
  const end = startCreate(kind, creator, created, given, <usize>offset, <u32>length);
  return end == DO_RESUME ? DO_RESUME : refuse(ADDRESS_COLLISION, given, 0);
}

/** State gas of a new account at `address`, 0 where one is alive already (EIP-8037). */
export function newAccountStateGas(address: usize): u64 {
  return hasFeature(EIP_8037) && isDead(loadAccount(address)) ? price(STATE_NEW_ACCOUNT) : 0;
}

/** A creation that does not take place. */
function refuse(reason: u32, gasUsed: u64, gasLeft: u64): u32 {
  const f = frame;
  clearReturnData();
  halt(reason);
  traceExit(load<u32>(f, F_DEPTH) + 2, END_HALT, reason, gasUsed, 0, 0);
  const sp = <usize>load<u32>(f, F_SP) - 32;
  setZero(sp);
  store<u32>(f, <u32>sp, F_SP);
  const pending = load<u64>(f, F_PENDING_STATE_GAS);
  store<u64>(f, 0, F_PENDING_STATE_GAS);
  store<u64>(f, refillStateGas(pending, load<u64>(f, F_GAS) + gasLeft), F_GAS);
  return DO_RESUME;
}

/**
 * Starts initcode for the account `created` with the value in WORD_A: DO_RESUME, or END_HALT where
 * the address is taken (nonce, code or, by EIP-7610, storage). The initcode stands in the running
 * frame's memory at `initcode`; for a transaction's first frame `initcode` is a pointer.
 */
export function startCreate(
  kind: u32,
  creator: usize,
  created: usize,
  gas: u64,
  initcode: usize,
  length: u32,
): u32 {
  if (hasFeature(EIP_2929)) setFlags(created, ACCOUNT_WARM);
  if (isTaken(created)) return END_HALT;
  if (frame != 0) checkpoint();
  setFlags(created, ACCOUNT_CREATED);
  ensureExists(created);
  if (hasFeature(EIP_161)) setNonce(created, 1);
  debit(creator, base + WORD_A);
  credit(created, base + WORD_A);
  logTransfer(creator, created, base + WORD_A);
  const f = enterFrame(kind, gas, base + WORD_A, initcodeBytes(length));
  setParties(f, created, creator, created);
  setInput(f, 0, 0);
  const parent = <usize>load<u32>(f, F_PARENT);
  const bytes = parent == 0 ? initcode : <usize>load<u32>(parent, F_MEMORY) + initcode;
  useInitcode(f, bytes, length);
  return DO_RESUME;
}

function isTaken(account: usize): bool {
  if (load<u64>(account, A_NONCE) != 0 || hasCode(account)) return true;
  return (load<u32>(account, A_FLAGS) & ACCOUNT_EXISTED) != 0 && hostHasStorage(account + A_ADDRESS) != 0;
}

/** Gas left of the creation whose code was last deposited. */
export let depositGasLeft: u64 = 0;

/**
 * Makes the return data the code of the account the running frame created, at `gas` left; END_STOP,
 * or END_HALT when the code may not be or cannot be paid for.
 */
export function depositCode(gas: u64): u32 {
  const account = <usize>load<u32>(frame, F_SELF);
  const length = returnDataLength;
  depositGasLeft = gas;
  if (<u64>length > price(MAX_CODE_SIZE)) return halt(CODE_SIZE_EXCEEDED);
  if (hasFeature(EIP_3541) && length != 0 && load<u8>(returnData) == 0xef) return halt(INVALID_CODE_PREFIX);
  const cost = <u64>length * price(CODE_DEPOSIT_BYTE) + wordsOf(length) * price(CODE_DEPOSIT_WORD);
  if (cost > gas) {
    // Frontier leaves the contract without code.
    return hasFeature(EIP_2) ? halt(OUT_OF_GAS) : END_STOP;
  }
  const left = chargeStateGas(<u64>length * price(STATE_CODE_BYTE), gas - cost);
  if (left == NOT_ENOUGH) return halt(OUT_OF_GAS);
  depositGasLeft = left;
  if (length != 0) {
    setCode(account, newCode(returnData, length));
    setFlags(account, ACCOUNT_NEW_CODE);
  }
  return END_STOP;
}
