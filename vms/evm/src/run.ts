import { defineErrors, didYouMean } from '@ninefold/base';
import { createKernelSlot } from './engine/instance.ts';
import { checkOptions, createMachine } from './engine/machine.ts';
import { evmTraceBase64 } from './generated/evm-trace.ts';
import { evmBase64 } from './generated/evm.ts';
import { DEFAULT_FORK, FORKS } from './spec/forks.ts';
import type { BlobSchedule, Evm, ForkName, Rules } from './types.ts';

const fail = defineErrors({
  EVM_UNKNOWN_FORK: ({
    fork,
    suggestion,
  }: {
    readonly fork: string;
    readonly suggestion: string | undefined;
  }) => `Unknown fork '${fork}'${suggestion === undefined ? '' : `: did you mean '${suggestion}'?`}`,
});

export type EvmOptions = {
  /** Rules to execute by; the newest of mainnet when absent. */
  readonly fork?: ForkName | undefined;
  /** Instead of the fork's own blob schedule (EIP-7840). */
  readonly blobSchedule?: BlobSchedule | undefined;
};

const EVM_OPTIONS: readonly (keyof EvmOptions)[] = ['fork', 'blobSchedule'];

/**
 * A virtual machine with the rules of one fork. Synchronous in Node and browsers; instances share
 * nothing but compiled code.
 *
 * @throws `EVM_UNKNOWN_OPTION`, `EVM_UNKNOWN_FORK`
 * @example
 * const evm = createEvm({ fork: 'cancun' });
 * const outcome = evm.transact(transaction, block, view);
 * if (outcome.valid) outcome.gasUsed; // 21000n for a plain transfer
 */
export function createEvm(options: EvmOptions = {}): Evm {
  checkOptions(options, EVM_OPTIONS);
  const { fork = DEFAULT_FORK, blobSchedule } = options;
  const names = FORKS.map(({ name }) => name);
  if (!names.includes(fork)) throw fail('EVM_UNKNOWN_FORK', { fork, suggestion: didYouMean(fork, names) });
  const rules: Rules = { fork, blobSchedule };
  return createMachine(rules, createKernelSlot(evmBase64, rules), createKernelSlot(evmTraceBase64, rules));
}
