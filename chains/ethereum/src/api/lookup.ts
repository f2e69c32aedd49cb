import type { Hex } from '@ninefold/base';
import type { ExecutedBlock } from '../ledger/types.ts';
import type { EthereumNode } from '../node.ts';
import { senderOf } from '../tx/signature.ts';
import type { SignedTransaction } from '../tx/types.ts';
import type { ReceiptContext } from './format.ts';

/** A transaction with its place in a block. */
export type Placed = {
  readonly executed: ExecutedBlock;
  readonly index: number;
  readonly transaction: SignedTransaction;
};

export function sendersOf({ block }: ExecutedBlock): readonly Hex[] {
  return block.transactions.map((each) => senderOf(each, true));
}

/** A transaction of the canonical chain. */
export function findTransaction(node: EthereumNode, hash: Hex): Placed | undefined {
  const location = node.chain.locate(hash);
  if (location === undefined) return undefined;
  const executed = node.chain.blockByHash(location.blockHash) as ExecutedBlock;
  return { executed, index: location.index, transaction: at(executed, location.index) as SignedTransaction };
}

export function at({ block }: ExecutedBlock, index: number): SignedTransaction | undefined {
  return block.transactions[index];
}

/** All there is to say about the receipt of one transaction of a block. */
export function receiptContext(node: EthereumNode, { executed, index, transaction }: Placed): ReceiptContext {
  const { block, receipts } = executed;
  const receipt = receipts[index] as (typeof receipts)[number];
  let firstLogIndex = 0;
  for (let i = 0; i < index; i++) firstLogIndex += (receipts[i] as typeof receipt).logs.length;
  return {
    header: block.header,
    index,
    transaction,
    sender: senderOf(transaction, true),
    receipt,
    gasUsed: receipt.cumulativeGasUsed - (receipts[index - 1]?.cumulativeGasUsed ?? 0n),
    firstLogIndex,
    blobBaseFee: transaction.type === 3 ? node.chain.environmentOf(executed).blobBaseFee : 0n,
  };
}

/** The receipts of a whole block. */
export function receiptContexts(node: EthereumNode, executed: ExecutedBlock): readonly ReceiptContext[] {
  const { block, receipts } = executed;
  const blobBaseFee = node.chain.environmentOf(executed).blobBaseFee;
  let firstLogIndex = 0;
  let gasBefore = 0n;
  return block.transactions.map((transaction, index) => {
    const receipt = receipts[index] as (typeof receipts)[number];
    const context: ReceiptContext = {
      header: block.header,
      index,
      transaction,
      sender: senderOf(transaction, true),
      receipt,
      gasUsed: receipt.cumulativeGasUsed - gasBefore,
      firstLogIndex,
      blobBaseFee,
    };
    firstLogIndex += receipt.logs.length;
    gasBefore = receipt.cumulativeGasUsed;
    return context;
  });
}
