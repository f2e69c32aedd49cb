import type { InvalidReason } from '@ninefold/vm-evm';

/** Why a transaction of a fixture is refused: by the machine, or because it cannot be encoded at all. */
export type Refusal = InvalidReason | 'NOT_ENCODABLE';

const TYPE: readonly Refusal[] = ['TYPE_NOT_SUPPORTED'];
const FUNDS: readonly Refusal[] = ['INSUFFICIENT_FUNDS'];
const OVERFLOW: readonly Refusal[] = ['NOT_ENCODABLE', 'INSUFFICIENT_FUNDS'];
const BLOBS: readonly Refusal[] = ['BLOB_COUNT_EXCEEDED', 'BLOB_BLOCK_GAS_EXCEEDED'];

/** Exception names of published fixtures, without their class, and the refusals each of them allows. */
const REFUSALS: Readonly<Record<string, readonly Refusal[]>> = {
  // ethereum/execution-spec-tests, `TransactionException`.
  TYPE_1_TX_PRE_FORK: TYPE,
  TYPE_2_TX_PRE_FORK: TYPE,
  TYPE_3_TX_PRE_FORK: TYPE,
  TYPE_3_TX_ZERO_BLOBS_PRE_FORK: TYPE,
  TYPE_4_TX_PRE_FORK: TYPE,
  TYPE_NOT_SUPPORTED: TYPE,
  INVALID_CHAINID: ['CHAIN_ID_MISMATCH'],
  NONCE_MISMATCH_TOO_LOW: ['NONCE_TOO_LOW'],
  NONCE_MISMATCH_TOO_HIGH: ['NONCE_TOO_HIGH'],
  NONCE_IS_MAX: ['NONCE_IS_MAX'],
  NONCE_OVERFLOW: ['NONCE_IS_MAX', 'NOT_ENCODABLE'],
  NONCE_TOO_BIG: ['NONCE_IS_MAX', 'NOT_ENCODABLE'],
  SENDER_NOT_EOA: ['SENDER_NOT_EOA'],
  INSUFFICIENT_ACCOUNT_FUNDS: FUNDS,
  GASLIMIT_PRICE_PRODUCT_OVERFLOW: OVERFLOW,
  GASPRICE_OVERFLOW: OVERFLOW,
  PRIORITY_OVERFLOW: OVERFLOW,
  VALUE_OVERFLOW: OVERFLOW,
  GASLIMIT_OVERFLOW: OVERFLOW,
  INTRINSIC_GAS_TOO_LOW: ['INTRINSIC_GAS_TOO_LOW'],
  INTRINSIC_GAS_BELOW_FLOOR_GAS_COST: ['GAS_BELOW_FLOOR'],
  GAS_LIMIT_EXCEEDS_MAXIMUM: ['GAS_LIMIT_EXCEEDS_CAP'],
  GAS_ALLOWANCE_EXCEEDED: ['BLOCK_GAS_EXCEEDED'],
  INITCODE_SIZE_EXCEEDED: ['INITCODE_TOO_LARGE'],
  INSUFFICIENT_MAX_FEE_PER_GAS: ['FEE_CAP_BELOW_BASE_FEE'],
  PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS: ['PRIORITY_FEE_ABOVE_FEE_CAP'],
  PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2: ['PRIORITY_FEE_ABOVE_FEE_CAP'],
  INSUFFICIENT_MAX_FEE_PER_BLOB_GAS: ['BLOB_FEE_CAP_TOO_LOW'],
  TYPE_3_TX_BLOB_COUNT_EXCEEDED: BLOBS,
  TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED: BLOBS,
  TYPE_3_TX_ZERO_BLOBS: ['BLOB_LIST_EMPTY'],
  TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH: ['BLOB_VERSION_INVALID'],
  TYPE_3_TX_CONTRACT_CREATION: ['BLOB_CREATES_CONTRACT'],
  TYPE_4_EMPTY_AUTHORIZATION_LIST: ['AUTHORIZATION_LIST_EMPTY'],
  TYPE_4_TX_CONTRACT_CREATION: ['SET_CODE_CREATES_CONTRACT'],
  // ethereum/tests, as its filler named them.
  TR_TypeNotSupported: TYPE,
  TR_NoFunds: FUNDS,
  TR_NoFundsX: FUNDS,
  TR_NoFundsOrGas: ['INSUFFICIENT_FUNDS', 'INTRINSIC_GAS_TOO_LOW'],
  TR_IntrinsicGas: ['INTRINSIC_GAS_TOO_LOW'],
  IntrinsicGas: ['INTRINSIC_GAS_TOO_LOW'],
  SenderNotEOA: ['SENDER_NOT_EOA'],
  TR_GasLimitReached: ['BLOCK_GAS_EXCEEDED'],
  TR_FeeCapLessThanBlocks: ['FEE_CAP_BELOW_BASE_FEE'],
  TR_TipGtFeeCap: ['PRIORITY_FEE_ABOVE_FEE_CAP'],
  TR_InitCodeLimitExceeded: ['INITCODE_TOO_LARGE'],
  TR_NonceHasMaxValue: ['NONCE_IS_MAX'],
  TR_RLP_WRONGVALUE: ['NOT_ENCODABLE'],
  TR_BLOBLIST_OVERSIZE: BLOBS,
  TR_EMPTYBLOB: ['BLOB_LIST_EMPTY'],
  TR_BLOBCREATE: ['BLOB_CREATES_CONTRACT'],
  TR_BLOBVERSION_INVALID: ['BLOB_VERSION_INVALID'],
};

/** Says only that the transaction is refused: in vectors made by a client that gives no reasons. */
const ANY = 'ANY';

/**
 * Whether `refusal` is what the fixture expects; alternatives are joined by `|`. An expectation with
 * a name that is not known is never met, so that it does not go unnoticed.
 *
 * @example isExpected('TransactionException.SENDER_NOT_EOA', 'SENDER_NOT_EOA') // true
 */
export function isExpected(expectation: string, refusal: Refusal): boolean {
  return expectation
    .split('|')
    .map((name) => name.slice(name.indexOf('.') + 1))
    .some((name) => name === ANY || (Object.hasOwn(REFUSALS, name) && REFUSALS[name]?.includes(refusal)));
}
