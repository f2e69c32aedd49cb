import type { Hex } from '@ninefold/base';
import { bytesToHex, concatBytes, toQuantity } from '@ninefold/base';
import type { MethodTable } from '@ninefold/rpc';
import { array, object, optional, query, RpcError, withDefault } from '@ninefold/rpc';
import type { BlockBuilder, ExecutedBlock } from '../ledger/types.ts';
import type { EthereumNode } from '../node.ts';
import { effectiveTip } from '../pool/price.ts';
import type { BlobSidecar } from '../pool/sidecar.ts';
import { decodeTransaction, encodeTransaction, transactionHash } from '../tx/transaction.ts';
import { invalidParams } from './errors.ts';
import { withdrawalJson } from './format.ts';
import { withdrawals } from './overrides.ts';
import { address, bytes, hash, uint64 } from './values.ts';

const payloadAttributes = object(
  {
    timestamp: uint64,
    prevRandao: hash,
    suggestedFeeRecipient: address,
    withdrawals: optional(withdrawals),
    parentBeaconBlockRoot: optional(hash),
  },
  { unknownKeys: 'ignore' },
);

/** Gas limit block producers aim at: the default of geth, 60 million (EIP-7935). */
const TARGET_GAS_LIMIT = 60_000_000n;
const GAS_LIMIT_STEP = 1024n;

/** `testing_buildBlockV1`: builds a block on any parent without touching the chain. */
export function testingMethods(node: EthereumNode): MethodTable {
  return {
    testing_buildBlockV1: query(
      [hash, payloadAttributes, optional(array(bytes, 100_000)), withDefault(bytes, new Uint8Array(0))],
      ([parentHash, attributes, raw, extraData]) => {
        const parent = node.chain.blockByHash(parentHash);
        if (parent === undefined) throw invalidParams('unknown parent block');
        const { timestamp } = attributes;
        if (timestamp <= parent.block.header.timestamp) {
          throw invalidParams('timestamp must be after that of the parent');
        }
        const builder = node.chain.createBuilder(
          {
            timestamp,
            beneficiary: attributes.suggestedFeeRecipient,
            gasLimit: producerGasLimit(parent.block.header.gasLimit),
            extraData,
            prevRandao: attributes.prevRandao,
            withdrawals: attributes.withdrawals,
            parentBeaconBlockRoot: attributes.parentBeaconBlockRoot,
          },
          parent,
        );
        // Without a list the pool is asked; an empty list means an empty block.
        if (raw === undefined) node.miner.fill(builder, false);
        else addAll(builder, raw);
        return payloadJson(node, builder.seal().executed);
      },
    ),
  };
}

function addAll(builder: BlockBuilder, raw: readonly Uint8Array[]): void {
  for (const [i, bytes] of raw.entries()) {
    const outcome = builder.add(decodeTransaction(bytes));
    if (!outcome.valid) throw new RpcError(-32603, `transaction ${i} is not valid: ${outcome.reason}`);
  }
}

/** One step from the parent's limit towards the target, as far as a block may go. */
function producerGasLimit(parent: bigint): bigint {
  const step = parent / GAS_LIMIT_STEP - 1n;
  if (parent < TARGET_GAS_LIMIT) return min(parent + step, TARGET_GAS_LIMIT);
  const lower = parent - step;
  return lower > TARGET_GAS_LIMIT ? lower : TARGET_GAS_LIMIT;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** The envelope of the engine API's `getPayload`. */
function payloadJson(node: EthereumNode, executed: ExecutedBlock): unknown {
  const { block, receipts, requests } = executed;
  const { header, transactions } = block;
  const baseFee = header.baseFeePerGas ?? 0n;
  let value = 0n;
  let gasBefore = 0n;
  const bundle = { commitments: [] as Hex[], proofs: [] as Hex[], blobs: [] as Hex[] };
  for (let i = 0; i < transactions.length; i++) {
    const transaction = transactions[i] as (typeof transactions)[number];
    const { cumulativeGasUsed } = receipts[i] as (typeof receipts)[number];
    value += effectiveTip(transaction, baseFee) * (cumulativeGasUsed - gasBefore);
    gasBefore = cumulativeGasUsed;
  }
  for (const { commitments, proofs, blobs } of sidecarsOf(node, executed)) {
    bundle.commitments.push(...commitments.map(bytesToHex));
    bundle.proofs.push(...proofs.map(bytesToHex));
    bundle.blobs.push(...blobs.map(bytesToHex));
  }
  return {
    executionPayload: {
      parentHash: header.parentHash,
      feeRecipient: header.beneficiary,
      stateRoot: header.stateRoot,
      receiptsRoot: header.receiptsRoot,
      logsBloom: bytesToHex(header.logsBloom),
      prevRandao: header.mixHash,
      blockNumber: toQuantity(header.number),
      gasLimit: toQuantity(header.gasLimit),
      gasUsed: toQuantity(header.gasUsed),
      timestamp: toQuantity(header.timestamp),
      extraData: bytesToHex(header.extraData),
      baseFeePerGas: toQuantity(baseFee),
      blockHash: executed.hash,
      transactions: transactions.map((each) => bytesToHex(encodeTransaction(each))),
      ...(block.withdrawals !== undefined && { withdrawals: block.withdrawals.map(withdrawalJson) }),
      ...(header.blobGasUsed !== undefined && { blobGasUsed: toQuantity(header.blobGasUsed) }),
      ...(header.excessBlobGas !== undefined && { excessBlobGas: toQuantity(header.excessBlobGas) }),
    },
    blockValue: toQuantity(value),
    blobsBundle: bundle,
    ...(header.requestsHash !== undefined && {
      executionRequests: requests.map(({ type, data }) => bytesToHex(concatBytes(Uint8Array.of(type), data))),
    }),
    shouldOverrideBuilder: false,
  };
}

function sidecarsOf(node: EthereumNode, { block }: ExecutedBlock): readonly BlobSidecar[] {
  return block.transactions.flatMap(
    (transaction) => node.pool.get(transactionHash(transaction))?.sidecar ?? [],
  );
}
