import { isNinefoldError } from '@ninefold/base';
import type { InvalidReason } from '@ninefold/vm-evm';
import { isExpected } from './exceptions.ts';

const MALFORMED = [
  'RLP_STRUCTURES_ENCODING',
  'RLP_WITHDRAWALS_NOT_READ',
  'RLP_INVALID_ADDRESS',
  'RLP_INVALID_FIELD_OVERFLOW_64',
  'INCORRECT_BLOCK_FORMAT',
  'TYPE_3_TX_CONTRACT_CREATION',
  'TYPE_3_TX_WITH_FULL_BLOBS',
  'TYPE_4_TX_CONTRACT_CREATION',
];

/** Errors of an import, and the exception names of published fixtures that each of them is. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  ETH_MALFORMED_RLP: MALFORMED,
  ETH_FIELD_COUNT: MALFORMED,
  ETH_INVALID_FIELD: MALFORMED,
  TX_TYPE_UNKNOWN: [...MALFORMED, 'TYPE_NOT_SUPPORTED'],
  BLOCK_UNKNOWN_PARENT: ['UNKNOWN_PARENT', 'UNKNOWN_PARENT_ZERO'],
  BLOCK_INVALID_NUMBER: ['INVALID_BLOCK_NUMBER', 'InvalidNumber'],
  BLOCK_INVALID_TIMESTAMP: ['INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT', 'InvalidTimestamp'],
  BLOCK_INVALID_GAS_LIMIT: ['INVALID_GASLIMIT', 'InvalidGasLimit'],
  BLOCK_GAS_USED_ABOVE_LIMIT: ['INVALID_GAS_USED_ABOVE_LIMIT', 'INVALID_GASLIMIT', 'TooMuchGasUsed'],
  BLOCK_EXTRA_DATA_TOO_LONG: ['EXTRA_DATA_TOO_BIG', 'ExtraDataTooBig'],
  BLOCK_INVALID_DAO_EXTRA_DATA: ['EXTRA_DATA_INVALID_DAO'],
  BLOCK_INVALID_DIFFICULTY: [
    'INVALID_DIFFICULTY',
    'IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS',
    'InvalidDifficulty',
  ],
  BLOCK_INVALID_POW_NONCE: ['INVALID_BLOCK_NONCE'],
  BLOCK_OMMERS_AFTER_MERGE: ['IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS'],
  BLOCK_INVALID_BASE_FEE: ['INVALID_BASEFEE_PER_GAS'],
  BLOCK_INVALID_EXCESS_BLOB_GAS: ['INCORRECT_EXCESS_BLOB_GAS'],
  BLOCK_INVALID_BLOB_GAS_USED: ['INCORRECT_BLOB_GAS_USED'],
  BLOCK_BLOB_GAS_ABOVE_LIMIT: ['BLOB_GAS_USED_ABOVE_LIMIT', 'TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED'],
  BLOCK_HEADER_FIELD: [
    'INCORRECT_BLOCK_FORMAT',
    'IMPORT_IMPOSSIBLE_LEGACY',
    'IMPORT_IMPOSSIBLE_LEGACY_WRONG_PARENT',
    'IMPORT_IMPOSSIBLE_LONDON_WRONG_PARENT',
  ],
  BLOCK_WITHDRAWALS_FIELD: ['INCORRECT_BLOCK_FORMAT', 'RLP_WITHDRAWALS_NOT_READ'],
  BLOCK_TOO_LARGE: ['RLP_BLOCK_LIMIT_EXCEEDED'],
  BLOCK_INVALID_TRANSACTIONS_ROOT: ['INVALID_TRANSACTIONS_ROOT', 'InvalidTransactionsRoot'],
  BLOCK_INVALID_OMMERS_HASH: ['INVALID_UNCLES_HASH', 'InvalidUnclesHash'],
  BLOCK_INVALID_WITHDRAWALS_ROOT: ['INVALID_WITHDRAWALS_ROOT'],
  BLOCK_INVALID_GAS_USED: ['INVALID_GAS_USED', 'InvalidGasUsed'],
  BLOCK_INVALID_STATE_ROOT: ['INVALID_STATE_ROOT', 'InvalidStateRoot'],
  BLOCK_INVALID_RECEIPTS_ROOT: ['INVALID_RECEIPTS_ROOT', 'InvalidReceiptsStateRoot'],
  BLOCK_INVALID_LOGS_BLOOM: ['INVALID_LOG_BLOOM', 'InvalidLogBloom'],
  BLOCK_INVALID_REQUESTS_HASH: ['INVALID_REQUESTS'],
  BLOCK_INVALID_DEPOSIT_LAYOUT: ['INVALID_DEPOSIT_EVENT_LAYOUT'],
  BLOCK_SYSTEM_CONTRACT_EMPTY: ['SYSTEM_CONTRACT_EMPTY'],
  BLOCK_SYSTEM_CALL_FAILED: ['SYSTEM_CONTRACT_CALL_FAILED'],
  BLOCK_TOO_MANY_OMMERS: ['TOO_MANY_UNCLES', 'TooManyUncles'],
};

/** Those of an ommer, by what is wrong with it; a bad header counts as what it is itself, too. */
const OMMER_NAMES: Readonly<Record<string, readonly string[]>> = {
  ancestor: ['UNCLE_IS_ANCESTOR', 'UncleIsAncestor', 'UncleInChain'],
  duplicate: ['UNCLE_IN_CHAIN', 'UncleInChain'],
  parent: ['UNCLE_PARENT_INCORRECT', 'UNCLE_UNKNOWN_PARENT', 'InvalidUncleParentHash', 'UncleIsBrother'],
  header: [],
};

/** Proof of work is not verified: such blocks have to be refused for whatever else is wrong with them. */
const SEAL = 'InvalidBlockNonce';

/** Whether `error` is what a fixture expects; alternatives are joined by `|`. */
export function isExpectedError(expectation: string, error: unknown): boolean {
  if (!isNinefoldError(error)) return false;
  const { code, context, cause } = error;
  if (code === 'BLOCK_INVALID_TRANSACTION') {
    const { reason } = context as { readonly reason: InvalidReason };
    return isExpected(expectation, reason);
  }
  const expected = expectation.split('|').map((name) => name.slice(name.indexOf('.') + 1));
  if (expected.includes(SEAL)) return true;
  const names =
    code === 'BLOCK_INVALID_OMMER'
      ? OMMER_NAMES[(context as { readonly problem: string }).problem]
      : NAMES[code];
  if (names?.some((name) => expected.includes(name))) return true;
  return code === 'BLOCK_INVALID_OMMER' && isExpectedError(expectation, cause);
}
