import type { Hex } from '@ninefold/base';
import { bytesToHex, toQuantity } from '@ninefold/base';
import type { MethodTable } from '@ninefold/rpc';
import { optional, query } from '@ninefold/rpc';
import type { EthereumNode } from '../node.ts';
import { createdAddress } from './created-address.ts';
import { createAccessList } from './access-list.ts';
import { estimateGas } from './estimate.ts';
import type { Execution } from './execution.ts';
import { callOutput, haltedAt, prepareCall, runCall } from './execution.ts';
import { accessListJson } from './format.ts';
import { haltText } from './halt.ts';
import type { BlockOverrides, StateOverrides } from './overrides.ts';
import { blockOverrides, overrideExecution, stateOverrides } from './overrides.ts';
import { isPrecompileOf } from './precompiles.ts';
import { transactionRequest } from './requests.ts';
import type { BlockRef } from './values.ts';
import { latestByDefault } from './values.ts';

/** Executions that leave no trace: calls, estimates, access lists. */
export function callMethods(node: EthereumNode): MethodTable {
  const executionAt = (
    ref: BlockRef,
    state: StateOverrides | undefined,
    block: BlockOverrides | undefined,
  ): Execution => {
    const execution = node.execution(ref);
    return state === undefined && block === undefined
      ? execution
      : overrideExecution(execution, state, block);
  };
  const { gasCap } = node.limits;

  return {
    eth_call: query(
      [transactionRequest, latestByDefault, optional(stateOverrides), optional(blockOverrides)],
      ([request, ref, state, block]) => {
        const call = prepareCall(request, executionAt(ref, state, block), gasCap);
        return bytesToHex(callOutput(call, runCall(call)));
      },
    ),
    eth_estimateGas: query(
      [transactionRequest, latestByDefault, optional(stateOverrides), optional(blockOverrides)],
      ([request, ref, state, block], { cancelled }) => {
        const execution = executionAt(ref, state, block);
        return toQuantity(estimateGas(request, execution, gasCap, node.deadline(cancelled)));
      },
    ),
    eth_createAccessList: query(
      [transactionRequest, latestByDefault, optional(stateOverrides)],
      ([request, ref, state], { cancelled }) => {
        const call = prepareCall(request, executionAt(ref, state, undefined), gasCap);
        const { transaction, execution } = call;
        const isPrecompile = isPrecompileOf(execution.evm.rules.fork);
        const { accessList, outcome } = createAccessList(
          call,
          isPrecompile,
          receiver(transaction.from, transaction.to, transaction.nonce),
          node.deadline(cancelled),
        );
        return {
          accessList: accessListJson(accessList),
          ...(outcome.status === 'revert' && { error: 'execution reverted' }),
          ...(outcome.halt !== undefined && { error: haltText(outcome.halt, haltedAt(call, outcome)) }),
          gasUsed: toQuantity(outcome.gasUsed),
        };
      },
    ),
  };
}

function receiver(from: Hex, to: Hex | undefined, nonce: bigint): Hex {
  return to ?? createdAddress(from, nonce);
}
