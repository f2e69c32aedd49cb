import type { Hex } from '@ninefold/base';
import { bytesToHex, toQuantity } from '@ninefold/base';
import type { AccessListEntry, Log } from '@ninefold/vm-evm';
import type { Block } from '../ledger/block.ts';
import { encodeBlock } from '../ledger/block.ts';
import type { Header } from '../ledger/header.ts';
import { headerHash } from '../ledger/header.ts';
import type { Receipt } from '../ledger/receipt.ts';
import type { Withdrawal } from '../ledger/withdrawal.ts';
import { blobGas, effectiveTip } from '../pool/price.ts';
import { createdAddress } from './created-address.ts';
import { transactionHash } from '../tx/transaction.ts';
import type { SignedTransaction } from '../tx/types.ts';

/** A JSON object as it goes into an answer. */
export type Json = Readonly<Record<string, unknown>>;

/** Where a transaction is: its block's header and its index there. */
export type Placement = { readonly header: Header; readonly index: number };

// Members are written in go-ethereum's order.

export function headerJson(header: Header): Record<string, unknown> {
  return {
    hash: headerHash(header),
    parentHash: header.parentHash,
    sha3Uncles: header.ommersHash,
    miner: header.beneficiary,
    stateRoot: header.stateRoot,
    transactionsRoot: header.transactionsRoot,
    receiptsRoot: header.receiptsRoot,
    logsBloom: bytesToHex(header.logsBloom),
    difficulty: toQuantity(header.difficulty),
    number: toQuantity(header.number),
    gasLimit: toQuantity(header.gasLimit),
    gasUsed: toQuantity(header.gasUsed),
    timestamp: toQuantity(header.timestamp),
    extraData: bytesToHex(header.extraData),
    mixHash: header.mixHash,
    nonce: header.nonce,
    ...(header.baseFeePerGas !== undefined && { baseFeePerGas: toQuantity(header.baseFeePerGas) }),
    ...(header.withdrawalsRoot !== undefined && { withdrawalsRoot: header.withdrawalsRoot }),
    ...(header.blobGasUsed !== undefined && { blobGasUsed: toQuantity(header.blobGasUsed) }),
    ...(header.excessBlobGas !== undefined && { excessBlobGas: toQuantity(header.excessBlobGas) }),
    ...(header.parentBeaconBlockRoot !== undefined && {
      parentBeaconBlockRoot: header.parentBeaconBlockRoot,
    }),
    ...(header.requestsHash !== undefined && { requestsHash: header.requestsHash }),
    ...(header.blockAccessListHash !== undefined && { blockAccessListHash: header.blockAccessListHash }),
    ...(header.slotNumber !== undefined && { slotNumber: toQuantity(header.slotNumber) }),
  };
}

/** A block; `senders` are given when transactions are wanted in full, else only their hashes are shown. */
export function blockJson(block: Block, senders: readonly Hex[] | undefined): Record<string, unknown> {
  const { header, transactions, ommers, withdrawals } = block;
  return {
    ...headerJson(header),
    size: toQuantity(encodeBlock(block).length),
    transactions: transactions.map((transaction, index) =>
      senders === undefined
        ? transactionHash(transaction)
        : transactionJson(transaction, senders[index] as Hex, { header, index }),
    ),
    uncles: ommers.map(headerHash),
    ...(withdrawals !== undefined && { withdrawals: withdrawals.map(withdrawalJson) }),
  };
}

/** An ommer looks like a block without transactions. */
export function ommerJson(ommer: Header): Json {
  return blockJson({ header: ommer, transactions: [], ommers: [], withdrawals: undefined }, undefined);
}

export function withdrawalJson({ index, validatorIndex, address, amount }: Withdrawal): Json {
  return {
    index: toQuantity(index),
    validatorIndex: toQuantity(validatorIndex),
    address,
    amount: toQuantity(amount),
  };
}

/** A transaction; without a `placement` it is pending. */
export function transactionJson(
  transaction: SignedTransaction,
  from: Hex,
  placement: Placement | undefined,
): Record<string, unknown> {
  const header = placement?.header;
  return {
    blockHash: header === undefined ? null : headerHash(header),
    blockNumber: header === undefined ? null : toQuantity(header.number),
    blockTimestamp: header === undefined ? null : toQuantity(header.timestamp),
    from,
    gas: toQuantity(transaction.gasLimit),
    ...feesJson(transaction, header),
    hash: transactionHash(transaction),
    input: bytesToHex(transaction.data),
    nonce: toQuantity(transaction.nonce),
    to: transaction.to ?? null,
    transactionIndex: placement === undefined ? null : toQuantity(placement.index),
    value: toQuantity(transaction.value),
    type: toQuantity(transaction.type),
    ...extrasJson(transaction),
    ...signatureJson(transaction),
  };
}

function feesJson(transaction: SignedTransaction, header: Header | undefined): Json {
  if (transaction.type === 0 || transaction.type === 1) {
    return { gasPrice: toQuantity(transaction.gasPrice) };
  }
  const price = header === undefined ? transaction.maxFeePerGas : effectiveGasPrice(transaction, header);
  return {
    gasPrice: toQuantity(price),
    maxFeePerGas: toQuantity(transaction.maxFeePerGas),
    maxPriorityFeePerGas: toQuantity(transaction.maxPriorityFeePerGas),
    ...(transaction.type === 3 && { maxFeePerBlobGas: toQuantity(transaction.maxFeePerBlobGas) }),
  };
}

function extrasJson(transaction: SignedTransaction): Json {
  if (transaction.type === 0) {
    return transaction.chainId === undefined ? {} : { chainId: toQuantity(transaction.chainId) };
  }
  return {
    accessList: accessListJson(transaction.accessList),
    chainId: toQuantity(transaction.chainId),
    ...(transaction.type === 3 && { blobVersionedHashes: transaction.blobVersionedHashes }),
    ...(transaction.type === 4 && {
      authorizationList: transaction.authorizationList.map(({ chainId, address, nonce, yParity, r, s }) => ({
        chainId: toQuantity(chainId),
        address,
        nonce: toQuantity(nonce),
        yParity: toQuantity(yParity),
        r: toQuantity(r),
        s: toQuantity(s),
      })),
    }),
  };
}

function signatureJson(transaction: SignedTransaction): Json {
  const r = toQuantity(transaction.r);
  const s = toQuantity(transaction.s);
  if (transaction.type === 0) return { v: toQuantity(transaction.v), r, s };
  const yParity = toQuantity(transaction.yParity);
  return { v: yParity, r, s, yParity };
}

export function accessListJson(list: readonly AccessListEntry[]): readonly Json[] {
  return list.map(({ address, storageKeys }) => ({ address, storageKeys }));
}

/** Wei per gas a transaction pays in the block of `header`. */
export function effectiveGasPrice(transaction: SignedTransaction, header: Header): bigint {
  const baseFee = header.baseFeePerGas ?? 0n;
  return effectiveTip(transaction, baseFee) + baseFee;
}

/** Everything a receipt says that is not in its consensus form. */
export type ReceiptContext = Placement & {
  readonly transaction: SignedTransaction;
  readonly sender: Hex;
  readonly receipt: Receipt;
  /** Gas of this transaction alone. */
  readonly gasUsed: bigint;
  /** Number of the receipt's first log in the block. */
  readonly firstLogIndex: number;
  /** Price of a unit of blob gas in the block. */
  readonly blobBaseFee: bigint;
};

export function receiptJson(context: ReceiptContext): Record<string, unknown> {
  const { header, index, transaction, sender, receipt, gasUsed, firstLogIndex } = context;
  const hash = transactionHash(transaction);
  const { outcome } = receipt;
  return {
    ...(transaction.type === 3 && {
      blobGasPrice: toQuantity(context.blobBaseFee),
      blobGasUsed: toQuantity(blobGas(transaction)),
    }),
    blockHash: headerHash(header),
    blockNumber: toQuantity(header.number),
    contractAddress: transaction.to === undefined ? createdAddress(sender, transaction.nonce) : null,
    cumulativeGasUsed: toQuantity(receipt.cumulativeGasUsed),
    effectiveGasPrice: toQuantity(effectiveGasPrice(transaction, header)),
    from: sender,
    gasUsed: toQuantity(gasUsed),
    logs: receipt.logs.map((log, i) => logJson(log, { header, index, hash }, firstLogIndex + i)),
    logsBloom: bytesToHex(receipt.logsBloom),
    ...(typeof outcome === 'string' ? { root: outcome } : { status: outcome ? '0x1' : '0x0' }),
    to: transaction.to ?? null,
    transactionHash: hash,
    transactionIndex: toQuantity(index),
    type: toQuantity(transaction.type),
  };
}

/** A log; `removed` when its block is no longer part of the chain. */
export function logJson(
  { address, topics, data }: Log,
  { header, index, hash }: Placement & { readonly hash: Hex },
  logIndex: number,
  removed = false,
): Json {
  return {
    address,
    topics,
    data: bytesToHex(data),
    blockNumber: toQuantity(header.number),
    transactionHash: hash,
    transactionIndex: toQuantity(index),
    blockHash: headerHash(header),
    blockTimestamp: toQuantity(header.timestamp),
    logIndex: toQuantity(logIndex),
    removed,
  };
}
