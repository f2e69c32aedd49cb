// Accounts of the running transaction: loaded once from the host, changed in place under the
// undo log. Found by address in an open-addressing table.
import { add, sub } from '../../../packages/kernels/assembly/u256/arith';
import { eq, isZero, lt } from '../../../packages/kernels/assembly/u256/compare';
import { copy, setZero, toBE } from '../../../packages/kernels/assembly/u256/word';
import { reserve, reserveZeroed } from './arena';
import { hostAccount } from './host';
import { saveU32, saveU64, saveWord } from './journal';
import {
  A_ADDRESS, A_BALANCE, A_CODE, A_CODE_HASH, A_FLAGS, A_NEXT, A_NONCE, A_ORIGINAL_BALANCE,
  A_ORIGINAL_CODE_HASH, A_ORIGINAL_NONCE, ACCOUNT_BYTES, ACCOUNT_EXISTED, ACCOUNT_EXISTS, ACCOUNT_LOADED,
  ACCOUNT_TOUCHED, ACCOUNT_WARM, ADDRESS_WORD, base,
} from './layout';
import { EIP_161, hasFeature } from './rules';
import { traceReadAccount } from './trace-host';

const FIRST_SLOTS: u32 = 64;

let table: usize = 0;
let tableSlots: u32 = 0;
let count: u32 = 0;
/** All accounts, last first. */
export let firstAccount: usize = 0;
/** RIPEMD-160's account was touched: stays so even if the frame fails (EIP-161's historic exception). */
export let ripemdTouched: bool = false;

export function resetAccounts(): void {
  tableSlots = FIRST_SLOTS;
  table = reserveZeroed(<usize>FIRST_SLOTS << 2);
  count = 0;
  firstAccount = 0;
  ripemdTouched = false;
}

@inline
function hashOf(address: usize): u32 {
  const mixed =
    (load<u64>(address) ^ (load<u64>(address, 8) * 0x9e3779b97f4a7c15) ^ <u64>load<u32>(address, 16)) *
    0xff51afd7ed558ccd;
  return <u32>(mixed >> 32);
}

@inline
export function sameAddress(a: usize, b: usize): bool {
  return (
    load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8) && load<u32>(a, 16) == load<u32>(b, 16)
  );
}

/** The address in the low 20 bytes of the stack word at `word`, as bytes; valid until the next call. */
@inline
export function addressOfWord(word: usize): usize {
  toBE(base + ADDRESS_WORD, word);
  return base + ADDRESS_WORD + 12;
}

/** Record of `address`, or 0 when this transaction has not met it. */
export function findAccount(address: usize): usize {
  const mask = tableSlots - 1;
  let i = hashOf(address) & mask;
  let found = <usize>load<u32>(table + (<usize>i << 2));
  while (found != 0 && !sameAddress(found, address)) {
    i = (i + 1) & mask;
    found = <usize>load<u32>(table + (<usize>i << 2));
  }
  return found;
}

/** Record of `address`, made if need be; the host is not asked yet. */
export function accountAt(address: usize): usize {
  const found = findAccount(address);
  if (found != 0) return found;
  const account = reserve(ACCOUNT_BYTES);
  memory.copy(account + A_ADDRESS, address, 20);
  memory.fill(account + 20, 0, ACCOUNT_BYTES - 20);
  if (count * 2 >= tableSlots) growTable();
  insert(account);
  count++;
  store<u32>(account, <u32>firstAccount, A_NEXT);
  firstAccount = account;
  return account;
}

function insert(account: usize): void {
  const mask = tableSlots - 1;
  let i = hashOf(account) & mask;
  while (load<u32>(table + (<usize>i << 2)) != 0) i = (i + 1) & mask;
  store<u32>(table + (<usize>i << 2), <u32>account);
}

function growTable(): void {
  const larger = reserveZeroed(<usize>tableSlots << 3);
  tableSlots <<= 1;
  table = larger;
  for (let account = firstAccount; account != 0; account = load<u32>(account, A_NEXT)) insert(account);
}

/** Record of `address` with its state. */
export function loadAccount(address: usize): usize {
  const account = accountAt(address);
  ensureLoaded(account);
  return account;
}

/** Asks the host for the account's state, once. */
export function ensureLoaded(account: usize): void {
  const flags = load<u32>(account, A_FLAGS);
  if ((flags & ACCOUNT_LOADED) != 0) return;
  traceReadAccount(account);
  if (hostAccount(account + A_ADDRESS, account + A_NONCE) != 0) {
    store<u32>(account, flags | ACCOUNT_LOADED | ACCOUNT_EXISTED | ACCOUNT_EXISTS, A_FLAGS);
  } else {
    setEmptyCodeHash(account + A_CODE_HASH);
    store<u64>(account, 0, A_NONCE);
    setZero(account + A_BALANCE);
    store<u32>(account, flags | ACCOUNT_LOADED, A_FLAGS);
  }
  store<u64>(account, load<u64>(account, A_NONCE), A_ORIGINAL_NONCE);
  copy(account + A_ORIGINAL_BALANCE, account + A_BALANCE);
  copy(account + A_ORIGINAL_CODE_HASH, account + A_CODE_HASH);
}

// keccak-256 of nothing, as the little-endian u64s of its bytes.
const EMPTY_0: u64 = 0x3c23f7860146d2c5;
const EMPTY_1: u64 = 0xc003c7dcb27d7e92;
const EMPTY_2: u64 = 0x3b2782ca53b600e5;
const EMPTY_3: u64 = 0x70a4855d04d8fa7b;

export function setEmptyCodeHash(at: usize): void {
  store<u64>(at, EMPTY_0);
  store<u64>(at, EMPTY_1, 8);
  store<u64>(at, EMPTY_2, 16);
  store<u64>(at, EMPTY_3, 24);
}

/** Whether the account's code is not empty. */
@inline
export function hasCode(account: usize): bool {
  const hash = account + A_CODE_HASH;
  return (
    load<u64>(hash) != EMPTY_0 ||
    load<u64>(hash, 8) != EMPTY_1 ||
    load<u64>(hash, 16) != EMPTY_2 ||
    load<u64>(hash, 24) != EMPTY_3
  );
}

@inline
export function hasFlag(account: usize, flag: u32): bool {
  return (load<u32>(account, A_FLAGS) & flag) != 0;
}

/** Sets flags, undone with the frame. */
export function setFlags(account: usize, set: u32): void {
  const flags = load<u32>(account, A_FLAGS);
  if ((flags & set) == set) return;
  saveU32(account + A_FLAGS);
  store<u32>(account, flags | set, A_FLAGS);
}

@inline
export function exists(account: usize): bool {
  return hasFlag(account, ACCOUNT_EXISTS);
}

/** No nonce, no balance, no code (EIP-161). */
export function isEmpty(account: usize): bool {
  return load<u64>(account, A_NONCE) == 0 && isZero(account + A_BALANCE) && !hasCode(account);
}

/** Not there or empty (EIP-161). */
export function isDead(account: usize): bool {
  return !exists(account) || isEmpty(account);
}

@inline
export function isWarm(account: usize): bool {
  return hasFlag(account, ACCOUNT_WARM);
}

/** Marks an account that an instruction reached at no value: deleted at the end if empty (EIP-161). */
export function touch(account: usize): void {
  setFlags(account, ACCOUNT_TOUCHED);
  if (isRipemd(account)) ripemdTouched = true;
}

/** Whether the account has the address of precompile 3. */
export function isRipemd(account: usize): bool {
  return load<u64>(account) == 0 && load<u64>(account, 8) == 0 && load<u32>(account, 16) == 0x03000000;
}

/** Brings an account into being if it is not there. */
export function ensureExists(account: usize): void {
  setFlags(account, ACCOUNT_EXISTS);
}

/** Adds wei to an account, which comes into being if need be. */
export function credit(account: usize, amount: usize): void {
  if (isZero(amount)) {
    // A transfer of nothing makes an account only before EIP-161.
    if (!hasFeature(EIP_161)) ensureExists(account);
    else if (exists(account)) touch(account);
    return;
  }
  setFlags(account, ACCOUNT_EXISTS | ACCOUNT_TOUCHED);
  saveWord(account + A_BALANCE);
  add(account + A_BALANCE, account + A_BALANCE, amount);
}

/** Takes wei that the account has. */
export function debit(account: usize, amount: usize): void {
  setFlags(account, ACCOUNT_TOUCHED);
  if (isZero(amount)) return;
  saveWord(account + A_BALANCE);
  sub(account + A_BALANCE, account + A_BALANCE, amount);
}

@inline
export function canPay(account: usize, amount: usize): bool {
  return !lt(account + A_BALANCE, amount);
}

export function setBalance(account: usize, balance: usize): void {
  saveWord(account + A_BALANCE);
  copy(account + A_BALANCE, balance);
}

export function setNonce(account: usize, nonce: u64): void {
  saveU64(account + A_NONCE);
  store<u64>(account, nonce, A_NONCE);
}

/** Gives the account the code of `record`. */
export function setCode(account: usize, record: usize): void {
  saveU32(account + A_CODE);
  saveWord(account + A_CODE_HASH);
  store<u32>(account, <u32>record, A_CODE);
  copy(account + A_CODE_HASH, record);
}

/** Whether nonce, balance or code differ from before the transaction. */
export function isChanged(account: usize): bool {
  return (
    load<u64>(account, A_NONCE) != load<u64>(account, A_ORIGINAL_NONCE) ||
    !eq(account + A_BALANCE, account + A_ORIGINAL_BALANCE) ||
    !eq(account + A_CODE_HASH, account + A_ORIGINAL_CODE_HASH)
  );
}
