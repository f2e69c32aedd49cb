import type { InstructionError } from '@ninefold/vm-svm';

/** Errors of transactions that are a name alone. */
export type PlainTransactionError =
  | 'AccountInUse'
  | 'AccountLoadedTwice'
  | 'AccountNotFound'
  | 'ProgramAccountNotFound'
  | 'InsufficientFundsForFee'
  | 'InvalidAccountForFee'
  | 'AlreadyProcessed'
  | 'BlockhashNotFound'
  | 'SignatureFailure'
  | 'InvalidProgramForExecution'
  | 'SanitizeFailure'
  | 'WouldExceedMaxBlockCostLimit'
  | 'UnsupportedVersion'
  | 'WouldExceedMaxAccountCostLimit'
  | 'WouldExceedAccountDataBlockLimit'
  | 'TooManyAccountLocks'
  | 'AddressLookupTableNotFound'
  | 'InvalidAddressLookupTableOwner'
  | 'InvalidAddressLookupTableData'
  | 'InvalidAddressLookupTableIndex'
  | 'InvalidLoadedAccountsDataSizeLimit'
  | 'MaxLoadedAccountsDataSizeExceeded'
  | 'UnbalancedTransaction';

/** Why a transaction failed, in the shape of JSON-RPC. */
export type TransactionError =
  | PlainTransactionError
  | { readonly InstructionError: readonly [index: number, error: InstructionError] }
  | { readonly DuplicateInstruction: number }
  | { readonly InsufficientFundsForRent: { readonly account_index: number } };

/** `TransactionError::InstructionError` of the instruction at `index`. */
export const instructionError = (index: number, error: InstructionError): TransactionError => ({
  InstructionError: [index, error],
});
