import type { Hex } from '@ninefold/base';
import type { Transaction } from '@ninefold/vm-evm';
import type { SignedTransaction, UnsignedTransaction } from './types.ts';

/** What the machine executes: the transaction in its terms, from `from`. */
export function toVmTransaction(
  transaction: SignedTransaction | UnsignedTransaction,
  from: Hex,
): Transaction {
  const { type, to, nonce, gasLimit, value, data, chainId } = transaction;
  const legacyFees = type === 0 || type === 1;
  return {
    type,
    from,
    to,
    nonce,
    gasLimit,
    maxFeePerGas: legacyFees ? transaction.gasPrice : transaction.maxFeePerGas,
    maxPriorityFeePerGas: legacyFees ? transaction.gasPrice : transaction.maxPriorityFeePerGas,
    value,
    data,
    chainId,
    accessList: type === 0 ? undefined : transaction.accessList,
    maxFeePerBlobGas: type === 3 ? transaction.maxFeePerBlobGas : undefined,
    blobHashes: type === 3 ? transaction.blobVersionedHashes : undefined,
    authorizations: type === 4 ? transaction.authorizationList : undefined,
  };
}
