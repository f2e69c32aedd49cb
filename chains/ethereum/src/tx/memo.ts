import type { Bytes, Hex } from '@ninefold/base';
import type { SignedTransaction } from './types.ts';

/** What is computed once for a transaction and found again by its identity. */
export type TransactionMemo = {
  encoded: Bytes | undefined;
  hash: Hex | undefined;
  sender: Hex | undefined;
};

// Beside the object rather than in it: transactions stay plain data that compares and prints as such.
const memos = new WeakMap<SignedTransaction, TransactionMemo>();

export function memoOf(transaction: SignedTransaction): TransactionMemo {
  let memo = memos.get(transaction);
  if (memo === undefined) {
    memo = { encoded: undefined, hash: undefined, sender: undefined };
    memos.set(transaction, memo);
  }
  return memo;
}
