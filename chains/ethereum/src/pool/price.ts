import { GAS_PER_BLOB } from '../spec/fees.ts';
import type { SignedTransaction } from '../tx/types.ts';

/** Wei per gas a transaction may cost at most. */
export function maxFeePerGas(transaction: SignedTransaction): bigint {
  return transaction.type < 2
    ? (transaction as { readonly gasPrice: bigint }).gasPrice
    : feeMarket(transaction).maxFeePerGas;
}

/** Wei per gas offered to the block's producer at most. */
export function maxPriorityFeePerGas(transaction: SignedTransaction): bigint {
  return transaction.type < 2
    ? (transaction as { readonly gasPrice: bigint }).gasPrice
    : feeMarket(transaction).maxPriorityFeePerGas;
}

function feeMarket(transaction: SignedTransaction): {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
} {
  return transaction as { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };
}

/** What the producer of a block with this base fee receives per gas; negative when it may not include it. */
export function effectiveTip(transaction: SignedTransaction, baseFee: bigint): bigint {
  const room = maxFeePerGas(transaction) - baseFee;
  const tip = maxPriorityFeePerGas(transaction);
  return tip < room ? tip : room;
}

/** Blob gas a transaction uses. */
export function blobGas(transaction: SignedTransaction): bigint {
  return transaction.type === 3 ? GAS_PER_BLOB * BigInt(transaction.blobVersionedHashes.length) : 0n;
}

/** The balance a sender must have: gas and blob gas at their caps, and the value. */
export function upfrontCost(transaction: SignedTransaction): bigint {
  const blobs = transaction.type === 3 ? blobGas(transaction) * transaction.maxFeePerBlobGas : 0n;
  return transaction.gasLimit * maxFeePerGas(transaction) + transaction.value + blobs;
}
