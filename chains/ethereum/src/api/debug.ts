import { bytesToHex } from '@ninefold/base';
import type { MethodTable, Validator } from '@ninefold/rpc';
import { object, optional, query } from '@ninefold/rpc';
import { encodeBlock } from '../ledger/block.ts';
import { encodeHeader } from '../ledger/header.ts';
import { encodeReceipt } from '../ledger/receipt.ts';
import type { ExecutedBlock } from '../ledger/types.ts';
import type { EthereumNode } from '../node.ts';
import { encodeTransaction } from '../tx/transaction.ts';
import { serverError } from './errors.ts';
import { prepareCall } from './execution.ts';
import { findTransaction } from './lookup.ts';
import type { BlockOverrides, StateOverrides } from './overrides.ts';
import { blockOverrides, overrideExecution, stateOverrides } from './overrides.ts';
import { transactionRequest } from './requests.ts';
import type { TracerFactory } from './trace/run.ts';
import { traceBlock, traceCall, tracerFactory, traceTransaction } from './trace/run.ts';
import type { BlockRef } from './values.ts';
import { blockNumber, blockRef, hash, latestByDefault } from './values.ts';

const overridesInConfig = object(
  { stateOverrides: optional(stateOverrides), blockOverrides: optional(blockOverrides) },
  { unknownKeys: 'ignore' },
);

/** `debug_traceCall` takes its overrides inside the configuration. */
const callTraceConfig: Validator<{
  readonly factory: TracerFactory;
  readonly state: StateOverrides | undefined;
  readonly block: BlockOverrides | undefined;
}> = (value) => {
  const overrides = overridesInConfig(value ?? {});
  return {
    factory: tracerFactory(value),
    state: overrides.stateOverrides,
    block: overrides.blockOverrides,
  };
};

/** Blocks, receipts and transactions as bytes, and traces. */
export function debugMethods(node: EthereumNode): MethodTable {
  const requireBlock = (ref: BlockRef): ExecutedBlock => {
    const block = node.find(ref);
    if (block !== undefined) return block;
    const name = typeof ref === 'object' ? ref.hash : typeof ref === 'bigint' ? `#${ref}` : ref;
    throw serverError(`block ${name} not found`);
  };

  return {
    debug_getRawHeader: query([blockRef], ([ref]) =>
      bytesToHex(encodeHeader(requireBlock(ref).block.header)),
    ),
    debug_getRawBlock: query([blockRef], ([ref]) => bytesToHex(encodeBlock(requireBlock(ref).block))),
    debug_getRawReceipts: query([blockRef], ([ref]) =>
      requireBlock(ref).receipts.map((receipt) => bytesToHex(encodeReceipt(receipt))),
    ),
    debug_getRawTransaction: query([hash], ([hash]) => {
      const found = findTransaction(node, hash)?.transaction ?? node.pool.get(hash)?.transaction;
      return found === undefined ? '0x' : bytesToHex(encodeTransaction(found));
    }),
    debug_getBadBlocks: query([], () => []),

    debug_traceTransaction: query([hash, tracerFactory], ([hash, factory], { cancelled }) => {
      const placed = findTransaction(node, hash);
      if (placed === undefined) throw serverError('transaction not found');
      return traceTransaction(node, placed.executed, placed.index, factory, node.deadline(cancelled));
    }),
    debug_traceBlockByNumber: query([blockNumber, tracerFactory], ([ref, factory], { cancelled }) =>
      traceBlock(node, requireBlock(ref), factory, node.deadline(cancelled)),
    ),
    debug_traceBlockByHash: query([hash, tracerFactory], ([hash, factory], { cancelled }) =>
      traceBlock(node, requireBlock({ hash, requireCanonical: false }), factory, node.deadline(cancelled)),
    ),
    debug_traceCall: query(
      [transactionRequest, latestByDefault, callTraceConfig],
      ([request, ref, { factory, state, block }], { cancelled }) => {
        const execution = overrideExecution(node.execution(ref), state, block);
        const call = prepareCall(request, execution, node.limits.gasCap);
        return traceCall(call, factory, node.deadline(cancelled));
      },
    ),
  };
}
