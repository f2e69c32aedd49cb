import { defineErrors } from '@ninefold/base';
import type { ForkName } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import { checkSignature, isImpersonated } from './signature.ts';
import type { SignedTransaction, TransactionType } from './types.ts';

const fail = defineErrors({
  TX_TYPE_UNSUPPORTED: (c: { readonly type: TransactionType; readonly fork: ForkName }) =>
    `Transactions of type ${c.type} do not exist in ${c.fork} yet`,
  TX_FEE_OVERFLOW: (c: { readonly gasLimit: bigint; readonly price: bigint }) =>
    `${c.gasLimit} gas at up to ${c.price} wei cost more than there can be`,
});

/** EIP-2718 types and the forks that brought them. */
const TYPE_SINCE: Readonly<Record<TransactionType, ForkName>> = {
  0: 'frontier',
  1: 'berlin',
  2: 'london',
  3: 'cancun',
  4: 'prague',
};

const MAX_UINT256 = 2n ** 256n - 1n;

/**
 * What can be said of a transaction in `fork` on chain `chainId` without looking at the state: its
 * type, its signature, and that its fee is no more than 256 bits. What depends on the state or the
 * block is the machine's to check.
 *
 * @throws `TX_TYPE_UNSUPPORTED`, `TX_CHAIN_ID_MISMATCH`, `TX_INVALID_SIGNATURE`, `TX_FEE_OVERFLOW`
 */
export function checkTransaction(
  transaction: SignedTransaction,
  fork: ForkName,
  chainId: bigint,
  allowImpersonation = false,
): void {
  const { type, gasLimit } = transaction;
  if (!isAtLeast(fork, TYPE_SINCE[type])) throw fail('TX_TYPE_UNSUPPORTED', { type, fork });
  if (!allowImpersonation || !isImpersonated(transaction)) checkSignature(transaction, fork, chainId);
  const price = 'gasPrice' in transaction ? transaction.gasPrice : transaction.maxFeePerGas;
  if (gasLimit * price > MAX_UINT256) throw fail('TX_FEE_OVERFLOW', { gasLimit, price });
}
