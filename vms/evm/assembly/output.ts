// The outcome of a transaction as one run of bytes, little-endian, for the host to decode:
//
//   u32 accounts, then each: address 20, u32 OUT_ bits, u64 nonce, word balance, 32 code hash,
//       u32 slots, then each: key 32, value 32 (big-endian), u32 S_READ
//   u32 codes, then each: hash 32, u32 length, bytes
//   u32 logs, then each: address 20, u32 topics, u32 length, topics 32 each, data
//   with TX_RECORD_ACCESS, u32 accounts met, then each: address 20, u32 slots, then each key 32
import { eq } from '../../../packages/kernels/assembly/u256/compare';
import { copy, toBE } from '../../../packages/kernels/assembly/u256/word';
import { exists, firstAccount, hasFlag, isChanged } from './accounts';
import { arenaTop, extend, reserve } from './arena';
import { codeOf } from './code';
import {
  A_BALANCE, A_CODE_HASH, A_NEXT, A_NONCE, A_SLOTS, ACCOUNT_CREATED, ACCOUNT_DESTROYED, ACCOUNT_EXISTED,
  ACCOUNT_LOADED, ACCOUNT_NEW_CODE, base, C_HASH, C_LENGTH, CODE_BYTES, L_ACCOUNT, L_DATA_LENGTH, L_NEXT,
  L_TOPICS, LOG_BYTES, R_CHANGES, R_CHANGES_LENGTH, RESULT, S_CURRENT, S_KEY, S_NEXT, S_ORIGINAL, S_READ,
  T_FLAGS, TX, TX_DISCARD_CHANGES, TX_RECORD_ACCESS,
} from './layout';
import { firstLog } from './logs';

/** The account is there. */
export const OUT_EXISTS: u32 = 1;
/** All its earlier storage is gone. */
export const OUT_CLEARED: u32 = 2;

/** A changed slot. */
const SLOT_OUT_BYTES: usize = 68;

/** Writes the record and notes it in the result. */
export function writeChanges(): void {
  const start = reserve(4);
  if ((load<u32>(base + TX, T_FLAGS) & TX_DISCARD_CHANGES) != 0) {
    // No accounts, codes, logs.
    store<u32>(start, 0);
    store<u64>(extend(8), 0);
  } else {
    writeAccounts(start);
    writeCodes();
    writeLogs();
  }
  if ((load<u32>(base + TX, T_FLAGS) & TX_RECORD_ACCESS) != 0) writeAccesses();
  store<u32>(base + RESULT, <u32>start, R_CHANGES);
  store<u32>(base + RESULT, <u32>(arenaTop - start), R_CHANGES_LENGTH);
}

@inline
function isCleared(account: usize): bool {
  return hasFlag(account, ACCOUNT_DESTROYED | ACCOUNT_CREATED);
}

function writeAccounts(countAt: usize): void {
  let count: u32 = 0;
  for (let account = firstAccount; account != 0; account = load<u32>(account, A_NEXT)) {
    if (!hasFlag(account, ACCOUNT_LOADED)) continue;
    const existed = hasFlag(account, ACCOUNT_EXISTED);
    const there = exists(account);
    if (!there && !existed) continue;
    const differs = there != existed || isChanged(account) || (there && existed && hasFlag(account, ACCOUNT_CREATED));
    if (!differs && !hasChangedSlot(account)) continue;
    count++;
    const at = extend(96 + 4);
    memory.copy(at, account, 20);
    store<u32>(at, (there ? OUT_EXISTS : 0) | (isCleared(account) ? OUT_CLEARED : 0), 20);
    store<u64>(at, load<u64>(account, A_NONCE), 24);
    copy(at + 32, account + A_BALANCE);
    copy(at + 64, account + A_CODE_HASH);
    store<u32>(at, there && !hasFlag(account, ACCOUNT_DESTROYED) ? writeSlots(account) : 0, 96);
  }
  store<u32>(countAt, count);
}

function hasChangedSlot(account: usize): bool {
  for (let slot = <usize>load<u32>(account, A_SLOTS); slot != 0; slot = load<u32>(slot, S_NEXT)) {
    if (!eq(slot + S_ORIGINAL, slot + S_CURRENT)) return true;
  }
  return false;
}

function writeSlots(account: usize): u32 {
  let count: u32 = 0;
  for (let slot = <usize>load<u32>(account, A_SLOTS); slot != 0; slot = load<u32>(slot, S_NEXT)) {
    if (eq(slot + S_ORIGINAL, slot + S_CURRENT)) continue;
    const at = extend(SLOT_OUT_BYTES);
    toBE(at, slot + S_KEY);
    toBE(at + 32, slot + S_CURRENT);
    store<u32>(at, load<u32>(slot, S_READ), 64);
    count++;
  }
  return count;
}

function writeCodes(): void {
  const countAt = extend(4);
  let count: u32 = 0;
  for (let account = firstAccount; account != 0; account = load<u32>(account, A_NEXT)) {
    if (!hasFlag(account, ACCOUNT_NEW_CODE) || !exists(account)) continue;
    const record = codeOf(account);
    const length = load<u32>(record, C_LENGTH);
    if (length == 0) continue;
    const at = extend(36 + <usize>length);
    copy(at, record + C_HASH);
    store<u32>(at, length, 32);
    memory.copy(at + 36, record + CODE_BYTES, length);
    count++;
  }
  store<u32>(countAt, count);
}

function writeLogs(): void {
  const countAt = extend(4);
  let count: u32 = 0;
  for (let log = firstLog(); log != 0; log = load<u32>(log, L_NEXT)) {
    const topics = load<u32>(log, L_TOPICS);
    const length = load<u32>(log, L_DATA_LENGTH);
    const body = (<usize>topics << 5) + length;
    const at = extend(28 + body);
    memory.copy(at, load<u32>(log, L_ACCOUNT), 20);
    store<u32>(at, topics, 20);
    store<u32>(at, length, 24);
    memory.copy(at + 28, log + LOG_BYTES, body);
    count++;
  }
  store<u32>(countAt, count);
}

function writeAccesses(): void {
  const countAt = extend(4);
  let count: u32 = 0;
  for (let account = firstAccount; account != 0; account = load<u32>(account, A_NEXT)) {
    if (!hasFlag(account, ACCOUNT_LOADED)) continue;
    const at = extend(24);
    memory.copy(at, account, 20);
    let slots: u32 = 0;
    for (let slot = <usize>load<u32>(account, A_SLOTS); slot != 0; slot = load<u32>(slot, S_NEXT)) {
      toBE(extend(32), slot + S_KEY);
      slots++;
    }
    store<u32>(at, slots, 20);
    count++;
  }
  store<u32>(countAt, count);
}
