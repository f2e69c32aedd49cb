import { isAtLeast } from '@ninefold/vm-evm';
import { transactionsRoot } from './block.ts';
import { joinBlooms } from './bloom.ts';
import type { BlockExecution } from './processor.ts';
import { receiptsRoot } from './receipt.ts';
import type { Requests } from './requests.ts';
import { requestsHash } from './requests.ts';
import type { WorldState } from './world-state.ts';
import type { ExecutionResult } from './validation.ts';

/** What the header of an executed block has to state, `world` being the state after it. */
export function summarize(
  execution: BlockExecution,
  requests: readonly Requests[],
  world: WorldState,
): ExecutionResult {
  const { fork, transactions, receipts, gasUsed, blobGasUsed } = execution;
  return {
    transactionsRoot: transactionsRoot(transactions),
    gasUsed,
    blobGasUsed,
    stateRoot: world.root(),
    receiptsRoot: receiptsRoot(receipts),
    logsBloom: joinBlooms(receipts.map((receipt) => receipt.logsBloom)),
    requestsHash: isAtLeast(fork, 'prague') ? requestsHash(requests) : undefined,
  };
}
