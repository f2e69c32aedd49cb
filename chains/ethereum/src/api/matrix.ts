import type { MethodTable } from '@ninefold/rpc';

/** One line of the method matrix. */
export type MatrixEntry = {
  readonly name: string;
  readonly status: 'supported' | 'left out';
  /** It changes the chain, the pool or the node's settings. */
  readonly mutating: boolean;
  /** Why it is left out. */
  readonly reason: string | undefined;
};

const ENGINE = 'no consensus client drives this chain: blocks come from its own miner or by import';
const ACCESS_LISTS = 'block access lists (EIP-7928) are not built yet';
const MINING_WORK = 'there is no proof of work';
const FORK_MODE = 'forking from another chain is not supported';

/** Methods other nodes have and this one deliberately has not. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  engine_exchangeCapabilities: ENGINE,
  engine_exchangeTransitionConfigurationV1: ENGINE,
  engine_forkchoiceUpdatedV1: ENGINE,
  engine_forkchoiceUpdatedV2: ENGINE,
  engine_forkchoiceUpdatedV3: ENGINE,
  engine_forkchoiceUpdatedV4: ENGINE,
  engine_forkchoiceUpdatedV5: ENGINE,
  engine_getBlobsV1: ENGINE,
  engine_getBlobsV2: ENGINE,
  engine_getBlobsV3: ENGINE,
  engine_getBlobsV4: ENGINE,
  engine_getInclusionListV1: ENGINE,
  engine_getPayloadBodiesByHashV1: ENGINE,
  engine_getPayloadBodiesByHashV2: ENGINE,
  engine_getPayloadBodiesByRangeV1: ENGINE,
  engine_getPayloadBodiesByRangeV2: ENGINE,
  engine_getPayloadV1: ENGINE,
  engine_getPayloadV2: ENGINE,
  engine_getPayloadV3: ENGINE,
  engine_getPayloadV4: ENGINE,
  engine_getPayloadV5: ENGINE,
  engine_getPayloadV6: ENGINE,
  engine_newPayloadV1: ENGINE,
  engine_newPayloadV2: ENGINE,
  engine_newPayloadV3: ENGINE,
  engine_newPayloadV4: ENGINE,
  engine_newPayloadV5: ENGINE,
  engine_newPayloadV6: ENGINE,
  eth_getBlockAccessList: ACCESS_LISTS,
  debug_getRawBlockAccessList: ACCESS_LISTS,
  eth_getWork: MINING_WORK,
  eth_submitWork: MINING_WORK,
  eth_submitHashrate: MINING_WORK,
  anvil_setRpcUrl: FORK_MODE,
  trace_block: 'use debug_traceBlockByNumber with callTracer',
  trace_transaction: 'use debug_traceTransaction with callTracer',
  trace_filter: 'use eth_getLogs or debug_traceBlockByNumber',
  ots_getApiLevel: "Otterscan's own methods need indexes this node does not keep",
};

/** All methods: those of a node's table, and those that are left out. Sorted by name. */
export function methodMatrix(methods: MethodTable): readonly MatrixEntry[] {
  const entries: MatrixEntry[] = [
    ...Object.entries(methods).map(([name, { mutating = false }]) => ({
      name,
      status: 'supported' as const,
      mutating,
      reason: undefined,
    })),
    ...Object.entries(LEFT_OUT).map(([name, reason]) => ({
      name,
      status: 'left out' as const,
      mutating: false,
      reason,
    })),
  ];
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
