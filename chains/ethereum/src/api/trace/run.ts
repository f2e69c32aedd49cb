import type { Hex } from '@ninefold/base';
import type { Validator } from '@ninefold/rpc';
import { anything, boolean, integer, object, optional, string, withDefault } from '@ninefold/rpc';
import type { BlockEnvironment, Evm, ExecutedTransaction, StateView, Transaction } from '@ninefold/vm-evm';
import { mnemonicOf } from '@ninefold/vm-evm';
import type { BlockBuilder, ExecutedBlock } from '../../ledger/types.ts';
import type { EthereumNode } from '../../node.ts';
import { senderOf } from '../../tx/signature.ts';
import { transactionHash } from '../../tx/transaction.ts';
import { toVmTransaction } from '../../tx/vm-transaction.ts';
import { serverError } from '../errors.ts';
import type { Deadline, PreparedCall } from '../execution.ts';
import { runCall } from '../execution.ts';
import { isPrecompileOf } from '../precompiles.ts';
import { createCallTracer } from './call-tracer.ts';
import { createFourByteTracer } from './four-byte-tracer.ts';
import { createPrestateTracer } from './prestate-tracer.ts';
import { createStructLogger } from './struct-logger.ts';
import type { TraceContext, TraceRun } from './trace.ts';

/** Makes a tracer of the kind and with the options a request named. */
export type TracerFactory = (context: TraceContext) => TraceRun;

const flag = withDefault(boolean, false);

const callConfig = object({ onlyTopCall: flag, withLog: flag }, { unknownKeys: 'ignore' });
const prestateConfig = object(
  { diffMode: flag, disableCode: flag, disableStorage: flag, includeEmpty: flag },
  { unknownKeys: 'ignore' },
);

const traceConfigShape = object(
  {
    tracer: optional(string(10_000)),
    tracerConfig: optional(anything),
    enableMemory: flag,
    disableStack: flag,
    disableStorage: flag,
    enableReturnData: flag,
    limit: withDefault(integer(), 0),
  },
  { unknownKeys: 'ignore' },
);

/** The configuration object of the `debug_trace*` methods; without one the default tracer is meant. */
export const tracerFactory: Validator<TracerFactory> = (value) => {
  const { tracer, tracerConfig, ...structConfig } = traceConfigShape(value ?? {});
  switch (tracer) {
    case undefined:
    case '':
      return (context) => createStructLogger(structConfig, context);
    case 'callTracer': {
      const config = callConfig(tracerConfig ?? {});
      return (context) => createCallTracer(config, context);
    }
    case 'prestateTracer': {
      const config = prestateConfig(tracerConfig ?? {});
      return (context) => createPrestateTracer(config, context);
    }
    case '4byteTracer':
      return createFourByteTracer;
    case 'noopTracer':
      return () => ({ hooks: {}, result: () => ({}) });
    default:
      throw serverError(`tracer not found: ${tracer.slice(0, 100)}`);
  }
};

/** The trace of one transaction of a block, executed anew after those before it. */
export function traceTransaction(
  node: EthereumNode,
  executed: ExecutedBlock,
  index: number,
  factory: TracerFactory,
  deadline: Deadline,
): unknown {
  const builder = replayBuilder(node, executed);
  let trace: unknown;
  for (let i = 0; i <= index; i++) {
    trace = step(builder, executed, i, i === index ? factory : undefined, deadline);
  }
  return trace;
}

/** The traces of all transactions of a block. */
export function traceBlock(
  node: EthereumNode,
  executed: ExecutedBlock,
  factory: TracerFactory,
  deadline: Deadline,
): readonly { readonly txHash: Hex; readonly result: unknown }[] {
  const builder = replayBuilder(node, executed);
  return executed.block.transactions.map((transaction, i) => ({
    txHash: transactionHash(transaction),
    result: step(builder, executed, i, factory, deadline),
  }));
}

/** The trace of a call that is no transaction. */
export function traceCall(call: PreparedCall, factory: TracerFactory, deadline: Deadline): unknown {
  const { evm, block, view } = call.execution;
  const run = timed(factory(contextOf(evm, block, view, call.transaction)), deadline);
  return run.result(runCall(call, run.hooks));
}

/** A builder in the place of an executed block: its parent's state, its own environment. */
function replayBuilder(node: EthereumNode, { block }: ExecutedBlock): BlockBuilder {
  const { header, withdrawals } = block;
  if (header.number === node.chain.genesis().block.header.number)
    throw serverError('genesis is not traceable');
  const parent = node.chain.blockByHash(header.parentHash);
  if (parent === undefined) throw serverError(`parent ${header.parentHash} not found`);
  return node.chain.createBuilder(
    {
      timestamp: header.timestamp,
      beneficiary: header.beneficiary,
      gasLimit: header.gasLimit,
      extraData: header.extraData,
      prevRandao: header.mixHash,
      baseFeePerGas: header.baseFeePerGas,
      withdrawals,
      parentBeaconBlockRoot: header.parentBeaconBlockRoot,
      slotNumber: header.slotNumber,
    },
    parent,
  );
}

function step(
  builder: BlockBuilder,
  { block }: ExecutedBlock,
  index: number,
  factory: TracerFactory | undefined,
  deadline: Deadline,
): unknown {
  deadline.check();
  const signed = block.transactions[index] as (typeof block.transactions)[number];
  const transaction = toVmTransaction(signed, senderOf(signed, true));
  const { evm, environment, state } = builder;
  const run = factory && timed(factory(contextOf(evm, environment, state, transaction)), deadline);
  const outcome = evm.transact(transaction, environment, state, {
    tracer: run?.hooks,
    skipGasCap: true,
    skipSenderCode: true,
  });
  // The block was valid once; on the same state its transactions are again.
  if (!outcome.valid) throw serverError(`tracing failed: ${outcome.reason}`);
  // The result first: tracers compare with the state as it was before.
  const result = run?.result(outcome satisfies ExecutedTransaction);
  state.apply(outcome.changes);
  return result;
}

/** Instructions between two looks at the clock. */
const CHECK_INTERVAL = 4096;

/**
 * The same run, ended when the time is over: traced execution is slow, and one transaction can have
 * millions of instructions.
 */
function timed(run: TraceRun, deadline: Deadline): TraceRun {
  const { step: inner } = run.hooks;
  if (inner === undefined) return run;
  let steps = 0;
  const step: typeof inner = (each) => {
    if (++steps % CHECK_INTERVAL === 0) deadline.check();
    inner(each);
  };
  return { ...run, hooks: { ...run.hooks, step } };
}

function contextOf(
  evm: Evm,
  block: BlockEnvironment,
  view: StateView,
  transaction: Transaction,
): TraceContext {
  const { fork } = evm.rules;
  return {
    transaction,
    block,
    view,
    opcodeName: (opcode) => mnemonicOf(opcode, fork),
    isPrecompile: isPrecompileOf(fork),
  };
}
