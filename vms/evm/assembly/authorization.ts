// EIP-7702: accounts that sign away their code. A tuple that does not apply is skipped.
import { keccak256 } from '../../../packages/kernels/assembly/keccak';
import { bswap64 } from '../../../packages/kernels/assembly/intrinsics';
import { eq, isZero } from '../../../packages/kernels/assembly/u256/compare';
import { byteLength } from '../../../packages/kernels/assembly/u256/word';
import { ensureExists, exists, hasCode, hasFlag, loadAccount, setCode, setFlags, setNonce } from './accounts';
import { codeOf, isDelegation, newCode } from './code';
import { addRefund } from './journal';
import {
  A_NONCE, ACCOUNT_AUTHORIZED, ACCOUNT_DELEGATION_PAID, ACCOUNT_NEW_CODE, ACCOUNT_WARM,
  ACCOUNT_WAS_DELEGATED, ACCOUNT_WRITE_PAID, AUTH_ADDRESS, AUTH_CHAIN_ID, AUTH_NONCE, AUTH_PARITY, AUTH_R,
  AUTH_S, AUTHORIZATION_BYTES, B_CHAIN_ID, base, BLOCK, BUFFER, KECCAK, T_AUTHORIZATION_COUNT,
  T_AUTHORIZATIONS, TX,
} from './layout';
import { EC_RECOVER } from './precompiles/numbers';
import { hostCurve } from './precompiles/run';
import { NOT_ENOUGH } from './memory';
import {
  ACCOUNT_WRITE, AUTHORIZATION_REFUND, EIP_8037, hasFeature, price, STATE_DELEGATION, STATE_NEW_ACCOUNT,
} from './rules';
import { chargeStateGas } from './state-gas';

const DELEGATION_BYTES: u32 = 23;

/**
 * Applies the transaction's authorizations in order; what is left of `gas`, or NOT_ENOUGH where it does
 * not cover what they write (from Amsterdam).
 */
export function applyAuthorizations(gas: u64): u64 {
  const count = load<u32>(base + TX, T_AUTHORIZATION_COUNT);
  let at = <usize>load<u32>(base + TX, T_AUTHORIZATIONS);
  for (let i: u32 = 0; i < count; i++, at += AUTHORIZATION_BYTES) {
    gas = apply(at, gas);
    if (gas == NOT_ENOUGH) return NOT_ENOUGH;
  }
  return gas;
}

function apply(tuple: usize, gas: u64): u64 {
  if (!isZero(tuple + AUTH_CHAIN_ID) && !eq(tuple + AUTH_CHAIN_ID, base + BLOCK + B_CHAIN_ID)) return gas;
  const nonce = load<u64>(tuple, AUTH_NONCE);
  if (nonce == u64.MAX_VALUE || !recoverAuthority(tuple)) return gas;
  const authority = loadAccount(base + BUFFER + 12);
  setFlags(authority, ACCOUNT_WARM);
  if (hasCode(authority) && !isDelegation(codeOf(authority))) return gas;
  if (load<u64>(authority, A_NONCE) != nonce) return gas;
  if (hasFeature(EIP_8037)) {
    gas = payForAuthority(authority, isZeroAddress(tuple + AUTH_ADDRESS), gas);
    if (gas == NOT_ENOUGH) return NOT_ENOUGH;
  }
  if (exists(authority)) addRefund(<i64>price(AUTHORIZATION_REFUND));
  ensureExists(authority);
  setDelegation(authority, tuple + AUTH_ADDRESS);
  setNonce(authority, nonce + 1);
  return gas;
}

/** Amsterdam: the authority's first write, its account where there is none, its first indicator. */
function payForAuthority(authority: usize, clears: bool, gas: u64): u64 {
  if (!hasFlag(authority, ACCOUNT_WRITE_PAID)) {
    const write = price(ACCOUNT_WRITE);
    if (gas < write) return NOT_ENOUGH;
    gas -= write;
    setFlags(authority, ACCOUNT_WRITE_PAID);
  }
  const delegated = hasCode(authority);
  if (!hasFlag(authority, ACCOUNT_AUTHORIZED)) {
    setFlags(authority, delegated ? ACCOUNT_AUTHORIZED | ACCOUNT_WAS_DELEGATED : ACCOUNT_AUTHORIZED);
  }
  let amount: u64 = exists(authority) ? 0 : price(STATE_NEW_ACCOUNT);
  if (!clears && !delegated && !hasFlag(authority, ACCOUNT_WAS_DELEGATED | ACCOUNT_DELEGATION_PAID)) {
    amount += price(STATE_DELEGATION);
    setFlags(authority, ACCOUNT_DELEGATION_PAID);
  }
  return chargeStateGas(amount, gas);
}

function isZeroAddress(address: usize): bool {
  return load<u64>(address) == 0 && load<u64>(address, 8) == 0 && load<u32>(address, 16) == 0;
}

/** Code becomes 0xef0100 ++ address, or nothing for the zero address. */
function setDelegation(authority: usize, address: usize): void {
  const cleared = isZeroAddress(address);
  const indicator = base + BUFFER;
  store<u32>(indicator, 0x0001ef);
  memory.copy(indicator + 3, address, 20);
  setCode(authority, newCode(indicator, cleared ? 0 : DELEGATION_BYTES));
  if (!cleared) setFlags(authority, ACCOUNT_NEW_CODE);
}

/** Puts the signer's address into the last 20 of the 32 bytes at BUFFER; whether there is one. */
function recoverAuthority(tuple: usize): bool {
  const parity = load<u32>(tuple, AUTH_PARITY);
  if (parity > 1 || isHighS(tuple + AUTH_S)) return false;
  const input = base + BUFFER + 32;
  const length = writeMessage(input, tuple);
  keccak256(input, input, length, base + KECCAK);
  memory.fill(input + 32, 0, 31);
  store<u8>(input + 32, <u8>(27 + parity), 31);
  memory.copy(input + 64, tuple + AUTH_R, 64);
  return hostCurve(EC_RECOVER, input, 128, base + BUFFER) == 32;
}

/** 0x05 ++ rlp([chainId, address, nonce]); its length. */
function writeMessage(out: usize, tuple: usize): usize {
  const payload = out + 2;
  let at = payload;
  at = writeInteger(at, tuple + AUTH_CHAIN_ID);
  store<u8>(at, 0x94);
  memory.copy(at + 1, tuple + AUTH_ADDRESS, 20);
  at += 21;
  const nonceWord = base + BUFFER;
  store<u64>(nonceWord, load<u64>(tuple, AUTH_NONCE));
  memory.fill(nonceWord + 8, 0, 24);
  at = writeInteger(at, nonceWord);
  store<u8>(out, 0x05);
  // 55 bytes at most: a short list.
  store<u8>(out, <u8>(0xc0 + (at - payload)), 1);
  return at - out;
}

/** The word as an RLP integer; where it ends. */
function writeInteger(out: usize, word: usize): usize {
  const bytes = <usize>byteLength(word);
  if (bytes <= 1 && load<u8>(word) < 0x80) {
    store<u8>(out, bytes == 0 ? 0x80 : load<u8>(word));
    return out + 1;
  }
  store<u8>(out, <u8>(0x80 + bytes));
  for (let i: usize = 0; i < bytes; i++) store<u8>(out + 1 + i, load<u8>(word + bytes - 1 - i));
  return out + 1 + bytes;
}

/** Whether the big-endian s is over half the order of secp256k1 (EIP-2). */
function isHighS(s: usize): bool {
  const s0 = bswap64(load<u64>(s));
  if (s0 != 0x7fffffffffffffff) return s0 > 0x7fffffffffffffff;
  const s1 = bswap64(load<u64>(s, 8));
  if (s1 != 0xffffffffffffffff) return false;
  const s2 = bswap64(load<u64>(s, 16));
  if (s2 != 0x5d576e7357a4501d) return s2 > 0x5d576e7357a4501d;
  return bswap64(load<u64>(s, 24)) > 0xdfe92f46681b20a0;
}
