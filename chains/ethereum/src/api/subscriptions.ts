import type { MethodTable, SubscriptionHub } from '@ninefold/rpc';
import { anything, command, NOTIFICATIONS_UNSUPPORTED, optional, RpcError, string } from '@ninefold/rpc';
import type { Log } from '@ninefold/vm-evm';
import type { ExecutedBlock, HeadChange } from '../ledger/types.ts';
import type { EthereumNode } from '../node.ts';
import type { PooledTransaction } from '../pool/pool.ts';
import { invalidParams } from './errors.ts';
import type { Json } from './format.ts';
import { headerJson, transactionJson } from './format.ts';
import type { LogCriteria } from './log-filter.ts';
import { logFilter, matchesLog } from './log-filter.ts';
import { logsOfBlock } from './logs.ts';

const NEW_HEADS = 'newHeads';
const LOGS = 'logs';
const PENDING = 'newPendingTransactions';
const SYNCING = 'syncing';

const EVERYTHING: LogCriteria = { addresses: [], topics: [] };

/** `eth_subscribe` and `eth_unsubscribe`; notifications go out through the node's hub. */
export function subscriptionMethods(): MethodTable {
  return {
    eth_subscribe: command([string(64), optional(anything)], ([topic, option], { session }) => {
      if (session === undefined) throw new RpcError(NOTIFICATIONS_UNSUPPORTED, 'notifications not supported');
      switch (topic) {
        case NEW_HEADS:
        case SYNCING:
          return session.subscribe(topic);
        case PENDING:
          return session.subscribe(topic, (payload) =>
            pendingJson(payload as PooledTransaction, option === true),
          );
        case LOGS: {
          const filter = logFilter(option ?? {});
          return session.subscribe(LOGS, (payload) => {
            const { log, json } = payload as LogNotification;
            return matchesLog(filter, log) ? json : undefined;
          });
        }
        default:
          throw invalidParams(`no "${topic}" subscription in eth namespace`);
      }
    }),
    eth_unsubscribe: command([string(64)], ([id], { session }) => {
      if (session?.unsubscribe(id) === true) return true;
      throw invalidParams('subscription not found');
    }),
  };
}

/** What the `logs` topic carries: each subscriber picks the logs it wants. */
type LogNotification = { readonly log: Log; readonly json: Json };

/** Tells subscribers about a change of the head. */
export function publishHead({ hub }: EthereumNode, { removed, added }: HeadChange): void {
  if (hub.listeners(LOGS) > 0) {
    for (const block of removed) publishLogs(hub, block, true);
  }
  for (const block of added) {
    if (hub.listeners(NEW_HEADS) > 0) hub.publish(NEW_HEADS, headerJson(block.block.header));
    if (hub.listeners(LOGS) > 0) publishLogs(hub, block, false);
  }
}

function publishLogs(hub: SubscriptionHub, block: ExecutedBlock, removed: boolean): void {
  const logs = block.receipts.flatMap(({ logs }) => logs);
  const texts = logsOfBlock(block, EVERYTHING, removed);
  for (let i = 0; i < logs.length; i++) {
    const notification = { log: logs[i], json: texts[i] } as LogNotification;
    hub.publish(LOGS, notification);
  }
}

/** Tells subscribers about a transaction that can be mined now. */
export function publishPending({ hub }: EthereumNode, pooled: PooledTransaction): void {
  if (hub.listeners(PENDING) > 0) hub.publish(PENDING, pooled);
}

function pendingJson({ hash, sender, transaction }: PooledTransaction, full: boolean): unknown {
  return full ? transactionJson(transaction, sender, undefined) : hash;
}
