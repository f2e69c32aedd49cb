import { command, query } from '@ninefold/rpc';
import type { Clock, Hex } from '@ninefold/base';
import { toQuantity } from '@ninefold/base';
import type { MethodTable } from '@ninefold/rpc';
import type { ExecutedBlock, HeadChange } from '../ledger/types.ts';
import type { EthereumNode } from '../node.ts';
import { serverError } from './errors.ts';
import type { LogFilter } from './log-filter.ts';
import { logFilter } from './log-filter.ts';
import { findLogs, logsOfBlock } from './logs.ts';
import { uint256 } from './values.ts';

/** Filters nobody asks for this long are forgotten (geth's five minutes). */
export const FILTER_LIFETIME_MS = 300_000;

export const MAX_FILTERS = 10_000;

/** Changes a filter keeps; beyond, the oldest are lost. */
export const MAX_FILTER_CHANGES = 10_000;

type Filter = {
  readonly kind: 'blocks' | 'pending' | 'logs';
  readonly logs: LogFilter | undefined;
  changes: unknown[];
  lastUse: number;
};

/** What has happened since a client asked last. */
export class Filters {
  readonly #filters = new Map<bigint, Filter>();
  readonly #clock: Clock;
  #lastId = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#filters.size;
  }

  add(kind: Filter['kind'], logs?: LogFilter): bigint {
    this.#forgetIdle();
    if (this.#filters.size >= MAX_FILTERS) throw serverError('too many filters');
    const id = ++this.#lastId;
    this.#filters.set(id, { kind, logs, changes: [], lastUse: this.#clock.now() });
    return id;
  }

  remove(id: bigint): boolean {
    return this.#filters.delete(id);
  }

  /** @throws `RpcError` "filter not found" */
  get(id: bigint): Filter {
    this.#forgetIdle();
    const filter = this.#filters.get(id);
    if (filter === undefined) throw serverError('filter not found');
    filter.lastUse = this.#clock.now();
    return filter;
  }

  /** Hands out what has gathered. */
  take(id: bigint): readonly unknown[] {
    const filter = this.get(id);
    const { changes } = filter;
    filter.changes = [];
    return changes;
  }

  /** The head moved: removed blocks take their logs back, newest first. */
  onHead({ removed, added }: HeadChange): void {
    for (const filter of this.#filters.values()) {
      if (filter.kind === 'blocks') {
        for (const { hash } of added) gather(filter, hash);
      } else if (filter.logs !== undefined) {
        for (const block of removed) gatherLogs(filter, filter.logs, block, true);
        for (const block of added) gatherLogs(filter, filter.logs, block, false);
      }
    }
  }

  onPending(hash: Hex): void {
    for (const filter of this.#filters.values()) if (filter.kind === 'pending') gather(filter, hash);
  }

  clear(): void {
    this.#filters.clear();
  }

  #forgetIdle(): void {
    const oldest = this.#clock.now() - FILTER_LIFETIME_MS;
    for (const [id, { lastUse }] of this.#filters) if (lastUse < oldest) this.#filters.delete(id);
  }
}

function gather(filter: Filter, change: unknown): void {
  filter.changes.push(change);
  if (filter.changes.length > MAX_FILTER_CHANGES) filter.changes.shift();
}

function gatherLogs(filter: Filter, criteria: LogFilter, block: ExecutedBlock, removed: boolean): void {
  const { range } = criteria;
  const { number } = block.block.header;
  if (range.blockHash === undefined) {
    if (typeof range.fromBlock === 'bigint' && number < range.fromBlock) return;
    if (typeof range.toBlock === 'bigint' && number > range.toBlock) return;
  } else if (range.blockHash !== block.hash) {
    return;
  }
  const logs = logsOfBlock(block, criteria, removed);
  for (const log of removed ? logs.toReversed() : logs) gather(filter, log);
}

/** `eth_getLogs` and the polling filters. */
export function filterMethods(node: EthereumNode, filters: Filters): MethodTable {
  return {
    eth_getLogs: query([logFilter], ([filter], { cancelled }) =>
      findLogs(node, filter, node.deadline(cancelled)),
    ),
    eth_newFilter: command([logFilter], ([filter]) => toQuantity(filters.add('logs', filter))),
    eth_newBlockFilter: command([], () => toQuantity(filters.add('blocks'))),
    eth_newPendingTransactionFilter: command([], () => toQuantity(filters.add('pending'))),
    eth_uninstallFilter: command([uint256], ([id]) => filters.remove(id)),
    eth_getFilterChanges: command([uint256], ([id]) => filters.take(id)),
    eth_getFilterLogs: query([uint256], ([id], { cancelled }) => {
      const { logs } = filters.get(id);
      if (logs === undefined) throw serverError('filter not found');
      return findLogs(node, logs, node.deadline(cancelled));
    }),
  };
}
