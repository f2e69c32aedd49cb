import { defineErrors, didYouMean } from '@ninefold/base';
import type { Bytes, Hex } from '@ninefold/base';
import { decodeChanges } from './decode.ts';
import { encodeBlock, encodeTransaction, inputBytes, SYSTEM_CALL } from './encode.ts';
import type { Kernel, KernelSlot } from './instance.ts';
import {
  R_BLOCK_GAS_USED,
  R_BLOCK_STATE_GAS_USED,
  R_CHANGES,
  R_CREATED,
  R_CREATED_ADDRESS,
  R_GAS_REFUNDED,
  R_GAS_USED,
  R_OUTPUT,
  R_OUTPUT_LENGTH,
  R_REASON,
  R_STATUS,
  STATUS_HALT,
  STATUS_INVALID,
  STATUS_MISSING_CODE,
  T_PRICE,
} from './layout.ts';
import { HALT_REASONS, INVALID_REASONS } from './reasons.ts';
import { isAtLeast } from '../spec/forks.ts';
import type {
  BlockEnvironment,
  Evm,
  InvalidReason,
  Rules,
  StateView,
  SystemCallOutcome,
  Transaction,
  TransactionOutcome,
  TransactOptions,
} from '../types.ts';

const fail = defineErrors({
  EVM_UNKNOWN_OPTION: ({
    name,
    suggestion,
  }: {
    readonly name: string;
    readonly suggestion: string | undefined;
  }) => `Unknown option '${name}'${suggestion === undefined ? '' : `: did you mean '${suggestion}'?`}`,
  EVM_REENTERED: () => 'A machine executes one transaction at a time: the view must not call it',
});

const TRANSACT_OPTIONS: readonly (keyof TransactOptions)[] = [
  'skipNonce',
  'skipFees',
  'skipSenderCode',
  'skipGasCap',
  'blockGasUsed',
  'blobGasUsed',
  'recordAccess',
  'discardChanges',
  'precompiles',
  'tracer',
];
const NO_OPTIONS: TransactOptions = {};
const STATUSES = ['success', 'revert', 'halt'] as const;

/** Refuses options that are not `known`: a slip of the keyboard must not pass silently. */
export function checkOptions(options: object, known: readonly string[]): void {
  for (const option of Object.keys(options)) {
    if (!known.includes(option)) {
      throw fail('EVM_UNKNOWN_OPTION', { name: option, suggestion: didYouMean(option, known) });
    }
  }
}

/** The face of a machine on its kernels: one for speed, one that tells tracers of every step. */
export function createMachine(rules: Rules, plain: KernelSlot, tracing: KernelSlot): Evm {
  const randao = isAtLeast(rules.fork, 'paris');
  let running = false;

  /** Runs `execute` on a clean kernel whose records hold `transaction`. */
  const prepared = <Result>(
    transaction: Transaction,
    block: BlockEnvironment | undefined,
    view: StateView | undefined,
    transactOptions: TransactOptions,
    execute: (kernel: Kernel) => Result,
  ): Result => {
    if (running) throw fail('EVM_REENTERED', undefined);
    running = true;
    const slot = transactOptions.tracer === undefined ? plain : tracing;
    const kernel = slot.take();
    try {
      const data = kernel.exports.begin(inputBytes(transaction, transactOptions));
      kernel.memory.refresh();
      if (block !== undefined) encodeBlock(kernel.memory, kernel.block, block, randao);
      encodeTransaction(kernel.memory, kernel.transaction, data, transaction, transactOptions);
      kernel.setView(view);
      kernel.setTracer(transactOptions.tracer);
      return execute(kernel);
    } finally {
      kernel.setView(undefined);
      kernel.setTracer(undefined);
      slot.release();
      running = false;
    }
  };

  return {
    rules,
    transact(transaction, block, view, transactOptions = NO_OPTIONS) {
      if (transactOptions !== NO_OPTIONS) checkOptions(transactOptions, TRANSACT_OPTIONS);
      return prepared(transaction, block, view, transactOptions, (kernel) => {
        kernel.exports.transact();
        return decodeOutcome(kernel, transactOptions.recordAccess === true);
      });
    },
    systemCall(to, data, block, view, systemOptions = NO_OPTIONS) {
      if (systemOptions !== NO_OPTIONS) checkOptions(systemOptions, ['tracer']);
      return prepared({ ...SYSTEM_CALL, to, data }, block, view, systemOptions, (kernel) => {
        kernel.exports.systemCall();
        return decodeSystemCall(kernel);
      });
    },
    intrinsicGas(transaction) {
      return prepared(transaction, undefined, undefined, NO_OPTIONS, ({ exports }) => ({
        intrinsic: exports.intrinsic(),
        floor: exports.floor(),
      }));
    },
  };
}

function decodeOutcome(kernel: Kernel, withAccesses: boolean): TransactionOutcome {
  const { memory, result } = kernel;
  memory.refresh();
  const status = memory.getU32(result + R_STATUS);
  const reason = memory.getU32(result + R_REASON);
  if (status === STATUS_INVALID) return { valid: false, reason: INVALID_REASONS[reason] as InvalidReason };
  const { changes, logs, accessed } = decodeChanges(
    memory,
    memory.getU32(result + R_CHANGES),
    kernel.slotKeys,
    withAccesses,
  );
  return {
    valid: true,
    status: STATUSES[status] as 'success' | 'revert' | 'halt',
    halt: status === STATUS_HALT ? HALT_REASONS[reason] : undefined,
    gasUsed: memory.getU64(result + R_GAS_USED),
    gasRefunded: memory.getU64(result + R_GAS_REFUNDED),
    blockGasUsed: memory.getU64(result + R_BLOCK_GAS_USED),
    blockStateGasUsed: memory.getU64(result + R_BLOCK_STATE_GAS_USED),
    effectiveGasPrice: memory.getWord(kernel.transaction + T_PRICE),
    output: decodeOutput(kernel),
    createdAddress: decodeCreated(kernel),
    logs,
    changes,
    accessed,
  };
}

function decodeOutput({ memory, result }: Kernel): Bytes {
  return memory.getBytes(memory.getU32(result + R_OUTPUT), memory.getU32(result + R_OUTPUT_LENGTH));
}

function decodeCreated({ memory, result }: Kernel): Hex | undefined {
  return memory.getU32(result + R_CREATED) === 0 ? undefined : memory.getHex(result + R_CREATED_ADDRESS, 20);
}

function decodeSystemCall(kernel: Kernel): SystemCallOutcome {
  const { memory, result } = kernel;
  memory.refresh();
  const status = memory.getU32(result + R_STATUS);
  if (status === STATUS_MISSING_CODE) {
    return { status: 'missing-code', output: new Uint8Array(0), logs: [], changes: NO_CHANGES };
  }
  const { changes, logs } = decodeChanges(memory, memory.getU32(result + R_CHANGES), kernel.slotKeys, false);
  return {
    status: STATUSES[status] as 'success' | 'revert' | 'halt',
    output: decodeOutput(kernel),
    logs,
    changes,
  };
}

const NO_CHANGES: SystemCallOutcome['changes'] = { accounts: new Map(), codes: new Map() };
