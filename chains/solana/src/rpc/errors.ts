import { describeError, toBase58 } from '@ninefold/vm-svm';
import { bytesToBase64 } from '@ninefold/base';
import {
  INVALID_PARAMS,
  type ParamFailure,
  pathText,
  RpcError,
  type RpcErrorTable,
  type RpcWording,
} from '@ninefold/rpc';
import type { TransactionResult } from '../bank/process.ts';
import type { PlainTransactionError, TransactionError } from '../tx/errors.ts';
import type { JsonObject } from './parsed/fields.ts';

/** Codes of Agave's `rpc_client_api::custom_error`. */
export const RPC_ERROR = {
  blockCleanedUp: -32_001,
  preflightFailure: -32_002,
  signatureVerification: -32_003,
  blockNotAvailable: -32_004,
  nodeUnhealthy: -32_005,
  precompileVerification: -32_006,
  slotSkipped: -32_007,
  noSnapshot: -32_008,
  longTermSlotSkipped: -32_009,
  keyExcluded: -32_010,
  historyUnavailable: -32_011,
  scanError: -32_012,
  signatureLength: -32_013,
  statusNotAvailable: -32_014,
  unsupportedVersion: -32_015,
  minContextSlot: -32_016,
  rewardsPeriodActive: -32_017,
} as const;

/** Sentences of transaction errors, which clients show. */
const SENTENCES: Readonly<Record<PlainTransactionError, string>> = {
  AccountInUse: 'Account in use',
  AccountLoadedTwice: 'Account loaded twice',
  AccountNotFound: 'Attempt to debit an account but found no record of a prior credit.',
  ProgramAccountNotFound: 'Attempt to load a program that does not exist',
  InsufficientFundsForFee: 'Insufficient funds for fee',
  InvalidAccountForFee: 'This account may not be used to pay transaction fees',
  AlreadyProcessed: 'This transaction has already been processed',
  BlockhashNotFound: 'Blockhash not found',
  SignatureFailure: 'Transaction did not pass signature verification',
  InvalidProgramForExecution: 'This program may not be used for executing instructions',
  SanitizeFailure: 'Transaction failed to sanitize accounts offsets correctly',
  WouldExceedMaxBlockCostLimit: 'Transaction would exceed max Block Cost Limit',
  UnsupportedVersion: 'Transaction version is unsupported',
  WouldExceedMaxAccountCostLimit: 'Transaction would exceed max account limit within the block',
  WouldExceedAccountDataBlockLimit: 'Transaction would exceed account data limit within the block',
  TooManyAccountLocks: 'Transaction locked too many accounts',
  AddressLookupTableNotFound: "Transaction loads an address table account that doesn't exist",
  InvalidAddressLookupTableOwner: 'Transaction loads an address table account with an invalid owner',
  InvalidAddressLookupTableData: 'Transaction loads an address table account with invalid data',
  InvalidAddressLookupTableIndex: 'Transaction address table lookup uses an invalid index',
  InvalidLoadedAccountsDataSizeLimit:
    'LoadedAccountsDataSizeLimit set for transaction must be greater than 0.',
  MaxLoadedAccountsDataSizeExceeded: 'Transaction exceeded max loaded accounts data size cap',
  UnbalancedTransaction: 'Sum of account balances before and after transaction do not match',
};

/** A transaction's error as a sentence. */
export function describeTransactionError(error: TransactionError): string {
  if (typeof error === 'string') return SENTENCES[error];
  if ('InstructionError' in error) {
    const [index, reason] = error.InstructionError;
    return `Error processing Instruction ${index}: ${describeError(reason)}`;
  }
  if ('DuplicateInstruction' in error)
    return `Transaction contains a duplicate instruction (${error.DuplicateInstruction}) that is not allowed`;
  return `Transaction results in an account (${error.InsufficientFundsForRent.account_index}) with insufficient funds for rent`;
}

/** What a program returned, as JSON shows it. */
export function returnDataJson(result: TransactionResult): JsonObject | null {
  const { returnData } = result;
  if (returnData === undefined || returnData.data.length === 0) return null;
  return { programId: toBase58(returnData.program), data: [bytesToBase64(returnData.data), 'base64'] };
}

/** A transaction that is not sent because it would fail. */
export function preflightFailure(result: TransactionResult & { readonly error: TransactionError }): RpcError {
  const { error, logs, units, loadedBytes } = result;
  return new RpcError(
    RPC_ERROR.preflightFailure,
    `Transaction simulation failed: ${describeTransactionError(error)}`,
    {
      accounts: null,
      err: error,
      fee: null,
      innerInstructions: null,
      loadedAccountsDataSize: loadedBytes,
      loadedAddresses: null,
      logs,
      postBalances: null,
      postTokenBalances: null,
      preBalances: null,
      preTokenBalances: null,
      replacementBlockhash: null,
      returnData: returnDataJson(result),
      unitsConsumed: units,
    },
  );
}

/** A parameter that is no good, in the words of Agave. */
export const invalidParams = (message: string): RpcError => new RpcError(INVALID_PARAMS, message);

/** Agave's words for what the dispatcher itself refuses. */
export const AGAVE_WORDING: Partial<RpcWording> = {
  parseError: () => ({ code: -32_700, message: 'Parse error' }),
  invalidRequest: () => ({ code: -32_600, message: 'Invalid request' }),
  methodNotFound: () => ({ code: -32_601, message: 'Method not found' }),
  internalError: () => ({ code: -32_603, message: 'Internal error' }),
  invalidParams: (failure: ParamFailure) => ({ code: INVALID_PARAMS, message: wordingOf(failure) }),
};

function wordingOf({ problem, path, message }: ParamFailure): string {
  const place = path[0];
  if (problem === 'missing' && path.length === 1 && typeof place === 'number')
    return `\`params\` should have at least ${place + 1} argument(s)`;
  return `Invalid params: ${path.length === 0 ? '' : `${pathText(path)}: `}${message}`;
}

const asInvalidParams = ({
  message,
}: {
  readonly message: string;
}): {
  readonly code: number;
  readonly message: string;
} => ({ code: INVALID_PARAMS, message });

/** Typed errors of the chain that reach a client. */
export const ERROR_TABLE: RpcErrorTable = {
  BASE_INVALID_BASE64: asInvalidParams,
  SVM_INVALID_BASE58: asInvalidParams,
  SVM_INVALID_ADDRESS: asInvalidParams,
  SOLANA_SYSVAR_NEEDED: asInvalidParams,
};
