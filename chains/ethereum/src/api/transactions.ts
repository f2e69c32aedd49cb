import type { Hex } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import type { MethodTable, RpcContext } from '@ninefold/rpc';
import { command, query, RpcError, withDefault } from '@ninefold/rpc';
import type { ExecutedTransaction } from '@ninefold/vm-evm';
import type { ExecutedBlock } from '../ledger/types.ts';
import type { EthereumNode, Submitted } from '../node.ts';
import type { BlobSidecar, NetworkTransaction } from '../pool/sidecar.ts';
import { decodeNetworkTransaction, verifySidecar } from '../pool/sidecar.ts';
import { senderOf } from '../tx/signature.ts';
import type { BlobTransaction, SignedTransaction } from '../tx/types.ts';
import { receiptJson, transactionJson } from './format.ts';
import { at, findTransaction, receiptContext } from './lookup.ts';
import { transactionRequest } from './requests.ts';
import { revertReason } from './revert.ts';
import { signRequest } from './fill.ts';
import type { BlockHashRef, BlockTag } from './values.ts';
import { blockNumber, bytes, hash, looseUint64, uint64 } from './values.ts';

/** Looking transactions up, and sending them. */
export function transactionMethods(node: EthereumNode): MethodTable {
  const inBlock = (ref: BlockTag | bigint | BlockHashRef, index: bigint): unknown => {
    const found = node.findOrBuild(ref);
    return found && placedJson(found, Number(index));
  };

  const send = (transaction: SignedTransaction, unsigned: boolean): Hex => {
    const submitted = node.submit(transaction, undefined, unsigned);
    if (node.revertsThrow) throwIfFailed(node.outcomeOf(submitted), submitted);
    return submitted.hash;
  };

  return {
    eth_getTransactionByHash: query([hash], ([hash]) => {
      const placed = findTransaction(node, hash);
      if (placed !== undefined) return placedJson(placed.executed, placed.index);
      const waiting = node.pool.get(hash);
      return waiting && transactionJson(waiting.transaction, waiting.sender, undefined);
    }),
    eth_getTransactionByBlockHashAndIndex: query([hash, uint64], ([hash, index]) =>
      inBlock({ hash, requireCanonical: false }, index),
    ),
    eth_getTransactionByBlockNumberAndIndex: query([blockNumber, uint64], ([ref, index]) =>
      inBlock(ref, index),
    ),
    eth_getTransactionReceipt: query([hash], ([hash]) => {
      const placed = findTransaction(node, hash);
      return placed && receiptJson(receiptContext(node, placed));
    }),

    eth_sendRawTransaction: command([bytes], ([raw]) => {
      const submitted = submitNetwork(node, decodeNetworkTransaction(raw));
      return submitted instanceof Promise ? hashOf(submitted) : submitted.hash;
    }),
    eth_sendRawTransactionSync: command(
      [bytes, withDefault(looseUint64, DEFAULT_SYNC_TIMEOUT_MS)],
      async ([raw, timeout], context) => {
        const { hash } = await submitNetwork(node, decodeNetworkTransaction(raw));
        return waitForReceipt(node, hash, Number(timeout), context);
      },
    ),
    eth_sendTransaction: command([transactionRequest], ([request], { cancelled }) =>
      send(signRequest(node, request, node.deadline(cancelled)), false),
    ),
    // For whoever `from` is, as if impersonated for this once.
    eth_sendUnsignedTransaction: command([transactionRequest], ([request], { cancelled }) =>
      send(signRequest(node, request, node.deadline(cancelled), true), true),
    ),
  };
}

const DEFAULT_SYNC_TIMEOUT_MS = 20_000n;

/** EIP-7966: the transaction was accepted but not mined in time. */
const NOT_MINED_IN_TIME = 4;
const NOT_MINED_TEXT = 'The transaction was added to the mempool but was not processed';

/** Blobs are checked first, which takes time; everything else is submitted at once. */
function submitNetwork(
  node: EthereumNode,
  { transaction, sidecar }: NetworkTransaction,
): Submitted | Promise<Submitted> {
  if (transaction.type !== 3 || sidecar === undefined) return node.submit(transaction);
  return submitBlobs(node, transaction, sidecar);
}

async function submitBlobs(
  node: EthereumNode,
  transaction: BlobTransaction,
  sidecar: BlobSidecar,
): Promise<Submitted> {
  await verifySidecar(transaction, sidecar);
  return node.submit(transaction, sidecar);
}

async function hashOf(submitted: Promise<Submitted>): Promise<Hex> {
  return (await submitted).hash;
}

/**
 * Answers with the receipt. Without automine the block comes later: the head is listened to until
 * the transaction is in it.
 */
function waitForReceipt(node: EthereumNode, hash: Hex, timeoutMs: number, context: RpcContext): unknown {
  const receipt = (): unknown => {
    const placed = findTransaction(node, hash);
    return placed && receiptJson(receiptContext(node, placed));
  };
  const now = receipt();
  if (now !== undefined) return now;
  const end = node.clock.now() + timeoutMs;
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      const mined = receipt();
      const late = node.clock.now() >= end || context.cancelled?.() === true;
      if (mined === undefined && !late) return;
      stopListening();
      stopWaiting?.();
      if (mined === undefined) reject(new RpcError(NOT_MINED_IN_TIME, NOT_MINED_TEXT, hash));
      else resolve(mined);
    };
    const stopListening = node.chain.on('head', settle);
    // Where nobody keeps time, the next block ends the wait.
    const stopWaiting = node.scheduler?.every(timeoutMs, settle);
  });
}

function placedJson(executed: ExecutedBlock, index: number): unknown {
  const transaction = at(executed, index);
  if (transaction === undefined) return undefined;
  return transactionJson(transaction, senderOf(transaction, true), { header: executed.block.header, index });
}

/** Hardhat's habit: a sent transaction that was mined but failed is an error. */
function throwIfFailed(outcome: ExecutedTransaction | undefined, { hash }: Submitted): void {
  if (outcome === undefined || outcome.status === 'success') return;
  const data = { message: failureText(outcome), txHash: hash, data: bytesToHex(outcome.output) };
  throw new RpcError(-32603, data.message, data);
}

function failureText({ status, halt, output }: ExecutedTransaction): string {
  const prefix = 'VM Exception while processing transaction:';
  if (status === 'halt') {
    return halt === 'OUT_OF_GAS'
      ? 'Transaction ran out of gas'
      : halt === 'INVALID_OPCODE'
        ? `${prefix} invalid opcode`
        : `Transaction reverted without a reason string`;
  }
  const reason = revertReason(output);
  if (output.length === 0) return 'Transaction reverted without a reason string';
  if (reason === undefined) {
    return `${prefix} reverted with an unrecognized custom error (return data: ${bytesToHex(output)})`;
  }
  if (output[0] === 0x4e) return `${prefix} reverted with panic code (${reason})`;
  return `${prefix} reverted with reason string '${reason}'`;
}
