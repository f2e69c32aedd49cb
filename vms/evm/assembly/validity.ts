// Whether a transaction may be part of the block at all.
import { eq, lt } from '../../../packages/kernels/assembly/u256/compare';
import { copy } from '../../../packages/kernels/assembly/u256/word';
import { canPay, hasCode } from './accounts';
import { addChecked, mulU64 } from './amounts';
import { codeOf, isDelegation } from './code';
import { floorGas, intrinsicGas } from './intrinsic';
import {
  A_NONCE, B_BASE_FEE, B_BLOB_BASE_FEE, B_CHAIN_ID, B_GAS_LIMIT, base, BLOCK, T_AUTHORIZATION_COUNT,
  T_BLOB_COUNT, T_BLOB_GAS_USED, T_BLOBS, T_BLOCK_GAS_USED, T_CHAIN_ID, T_DATA_LENGTH, T_FLAGS,
  T_GAS_LIMIT, T_MAX_BLOB_FEE, T_MAX_FEE, T_NONCE, T_PRICE, T_PRIORITY_FEE, T_TYPE, T_VALUE, TX,
  TX_CREATES, TX_HAS_CHAIN_ID, TX_NONCE_OVERFLOWS, TX_SKIP_FEES, TX_SKIP_GAS_CAP, TX_SKIP_NONCE,
  TX_SKIP_SENDER_CODE, WORD_A, WORD_B,
} from './layout';
import {
  BLOB_GAS, EIP_1559, EIP_2930, EIP_4844, EIP_7702, EIP_8037, hasFeature, MAX_BLOBS_PER_BLOCK,
  MAX_BLOBS_PER_TRANSACTION, MAX_INITCODE_SIZE, price, TX_GAS_CAP,
} from './rules';
import {
  AUTHORIZATION_LIST_EMPTY, BLOB_BLOCK_GAS_EXCEEDED, BLOB_COUNT_EXCEEDED, BLOB_CREATES_CONTRACT,
  BLOB_FEE_CAP_TOO_LOW, BLOB_LIST_EMPTY, BLOB_VERSION_INVALID, BLOCK_GAS_EXCEEDED, CHAIN_ID_MISMATCH,
  FEE_CAP_BELOW_BASE_FEE, GAS_BELOW_FLOOR, GAS_LIMIT_EXCEEDS_CAP, INITCODE_TOO_LARGE, INSUFFICIENT_FUNDS,
  INTRINSIC_GAS_TOO_LOW, NONCE_IS_MAX, NONCE_TOO_HIGH, NONCE_TOO_LOW, PRIORITY_FEE_ABOVE_FEE_CAP,
  SENDER_NOT_EOA, SET_CODE_CREATES_CONTRACT, TYPE_NOT_SUPPORTED, VALID,
} from './status';

/** First byte of a blob's versioned hash (EIP-4844). */
const VERSIONED_HASH_VERSION_KZG: u8 = 1;

@inline
function hasFlag(flag: u32): bool {
  return (load<u32>(base + TX, T_FLAGS) & flag) != 0;
}

/** What can be said without the state: 0 or the reason. Sets the price per gas. */
export function checkTransaction(): u32 {
  const tx = base + TX;
  const block = base + BLOCK;
  const type = load<u32>(tx, T_TYPE);
  if (!isTypeSupported(type)) return TYPE_NOT_SUPPORTED;
  if (hasFlag(TX_HAS_CHAIN_ID) && !eq(tx + T_CHAIN_ID, block + B_CHAIN_ID)) return CHAIN_ID_MISMATCH;
  const creates = hasFlag(TX_CREATES);
  if (type == 3) {
    const reason = checkBlobs(creates);
    if (reason != VALID) return reason;
  }
  if (type == 4) {
    if (creates) return SET_CODE_CREATES_CONTRACT;
    if (load<u32>(tx, T_AUTHORIZATION_COUNT) == 0) return AUTHORIZATION_LIST_EMPTY;
  }
  const gasLimit = load<u64>(tx, T_GAS_LIMIT);
  if (creates && <u64>load<u32>(tx, T_DATA_LENGTH) > price(MAX_INITCODE_SIZE)) return INITCODE_TOO_LARGE;
  if (gasLimit < intrinsicGas) return INTRINSIC_GAS_TOO_LOW;
  if (gasLimit < floorGas) return GAS_BELOW_FLOOR;
  if (!hasFlag(TX_SKIP_GAS_CAP)) {
    // EIP-8037 caps what is not state gas: of the limit only what comes before execution is known.
    const capped = hasFeature(EIP_8037) ? max(intrinsicGas, floorGas) : gasLimit;
    if (capped > price(TX_GAS_CAP)) return GAS_LIMIT_EXCEEDS_CAP;
    const used = load<u64>(tx, T_BLOCK_GAS_USED);
    const blockLimit = load<u64>(block, B_GAS_LIMIT);
    const needed = hasFeature(EIP_8037) ? min(gasLimit, price(TX_GAS_CAP)) : gasLimit;
    if (used > blockLimit || needed > blockLimit - used || gasLimit > blockLimit) return BLOCK_GAS_EXCEEDED;
  }
  return setPrice();
}

function isTypeSupported(type: u32): bool {
  if (type == 0) return true;
  if (type == 1) return hasFeature(EIP_2930);
  if (type == 2) return hasFeature(EIP_1559);
  if (type == 3) return hasFeature(EIP_4844);
  return type == 4 && hasFeature(EIP_7702);
}

function checkBlobs(creates: bool): u32 {
  const tx = base + TX;
  const count = load<u32>(tx, T_BLOB_COUNT);
  if (creates) return BLOB_CREATES_CONTRACT;
  if (count == 0) return BLOB_LIST_EMPTY;
  if (<u64>count > price(MAX_BLOBS_PER_TRANSACTION)) return BLOB_COUNT_EXCEEDED;
  const hashes = <usize>load<u32>(tx, T_BLOBS);
  for (let i: u32 = 0; i < count; i++) {
    if (load<u8>(hashes + (<usize>i << 5)) != VERSIONED_HASH_VERSION_KZG) return BLOB_VERSION_INVALID;
  }
  const limit = price(MAX_BLOBS_PER_BLOCK) * price(BLOB_GAS);
  if (load<u64>(tx, T_BLOB_GAS_USED) + <u64>count * price(BLOB_GAS) > limit) return BLOB_BLOCK_GAS_EXCEEDED;
  if (!hasFlag(TX_SKIP_FEES) && lt(tx + T_MAX_BLOB_FEE, base + BLOCK + B_BLOB_BASE_FEE)) {
    return BLOB_FEE_CAP_TOO_LOW;
  }
  return VALID;
}

/** T_PRICE = min(fee cap, base fee + priority fee); without a base fee that is the gas price. */
function setPrice(): u32 {
  const tx = base + TX;
  if (!hasFeature(EIP_1559)) {
    copy(tx + T_PRICE, tx + T_MAX_FEE);
    return VALID;
  }
  const baseFee = base + BLOCK + B_BASE_FEE;
  if (lt(tx + T_MAX_FEE, tx + T_PRIORITY_FEE)) return PRIORITY_FEE_ABOVE_FEE_CAP;
  if (!hasFlag(TX_SKIP_FEES) && lt(tx + T_MAX_FEE, baseFee)) return FEE_CAP_BELOW_BASE_FEE;
  const overflows = addChecked(tx + T_PRICE, baseFee, tx + T_PRIORITY_FEE);
  if (overflows || lt(tx + T_MAX_FEE, tx + T_PRICE)) copy(tx + T_PRICE, tx + T_MAX_FEE);
  return VALID;
}

/** What depends on the sender's account: 0 or the reason. */
export function checkSender(sender: usize): u32 {
  const tx = base + TX;
  if (hasFlag(TX_NONCE_OVERFLOWS)) return NONCE_IS_MAX;
  const nonce = load<u64>(tx, T_NONCE);
  const expected = load<u64>(sender, A_NONCE);
  if (!hasFlag(TX_SKIP_NONCE)) {
    if (nonce < expected) return NONCE_TOO_LOW;
    if (nonce > expected) return NONCE_TOO_HIGH;
  }
  if (expected == u64.MAX_VALUE) return NONCE_IS_MAX;
  if (!hasFlag(TX_SKIP_SENDER_CODE) && hasCode(sender)) {
    if (!hasFeature(EIP_7702) || !isDelegation(codeOf(sender))) return SENDER_NOT_EOA;
  }
  return canAfford(sender) ? VALID : INSUFFICIENT_FUNDS;
}

/** Whether the balance covers value, gas and blobs at the highest prices the transaction allows. */
function canAfford(sender: usize): bool {
  const tx = base + TX;
  const total = base + WORD_A;
  const part = base + WORD_B;
  copy(total, tx + T_VALUE);
  if (!hasFlag(TX_SKIP_FEES)) {
    if (mulU64(part, tx + T_MAX_FEE, load<u64>(tx, T_GAS_LIMIT))) return false;
    if (addChecked(total, total, part)) return false;
    const blobs = <u64>load<u32>(tx, T_BLOB_COUNT) * price(BLOB_GAS);
    if (blobs != 0) {
      if (mulU64(part, tx + T_MAX_BLOB_FEE, blobs)) return false;
      if (addChecked(total, total, part)) return false;
    }
  }
  return canPay(sender, total);
}
