import type { ExecutedBlock } from '../ledger/types.ts';
import type { EthereumNode } from '../node.ts';
import { transactionHash } from '../tx/transaction.ts';
import { invalidParams, serverError } from './errors.ts';
import type { Deadline } from './execution.ts';
import type { Json } from './format.ts';
import { logJson } from './format.ts';
import type { LogCriteria, LogFilter } from './log-filter.ts';
import { matchesLog, mayHaveLogs } from './log-filter.ts';
import type { BlockTag } from './values.ts';

/** Blocks between two looks at the clock. */
const CHECK_INTERVAL = 256n;

/** The wanted logs of one block, in order. */
export function logsOfBlock(
  executed: ExecutedBlock,
  criteria: LogCriteria,
  removed = false,
): readonly Json[] {
  const { block, receipts } = executed;
  if (!mayHaveLogs(criteria, block.header.logsBloom)) return [];
  const found: Json[] = [];
  let logIndex = 0;
  for (let index = 0; index < receipts.length; index++) {
    const { logs } = receipts[index] as (typeof receipts)[number];
    if (logs.length === 0) continue;
    const hash = transactionHash(block.transactions[index] as (typeof block.transactions)[number]);
    for (const log of logs) {
      if (matchesLog(criteria, log)) {
        found.push(logJson(log, { header: block.header, index, hash }, logIndex, removed));
      }
      logIndex++;
    }
  }
  return found;
}

/**
 * The logs a filter asks for.
 *
 * @throws `RpcError` for an unknown block or a range that is reversed, in the future or too large
 */
export function findLogs(node: EthereumNode, filter: LogFilter, deadline: Deadline): readonly Json[] {
  const { range } = filter;
  if (range.blockHash !== undefined) {
    const block = node.chain.blockByHash(range.blockHash);
    if (block === undefined) throw serverError('unknown block');
    return logsOfBlock(block, filter);
  }
  const head = node.chain.head().block.header.number;
  const from = numberOf(node, range.fromBlock ?? 'latest');
  const to = numberOf(node, range.toBlock ?? 'latest');
  if (from > to) throw invalidParams('invalid block range params');
  const last = to < head ? to : head;
  if (last - from >= node.limits.logBlocks) {
    throw invalidParams(`exceed maximum block range: ${node.limits.logBlocks}`);
  }
  const found: Json[] = [];
  for (let number = from; number <= last; number++) {
    if (number % CHECK_INTERVAL === 0n) deadline.check();
    const block = node.chain.blockByNumber(number) as ExecutedBlock;
    for (const log of logsOfBlock(block, filter)) found.push(log);
    if (found.length > node.limits.logResults) {
      throw invalidParams(`query exceeds max results ${node.limits.logResults}`);
    }
  }
  return found;
}

function numberOf(node: EthereumNode, ref: BlockTag | bigint): bigint {
  return typeof ref === 'bigint' ? ref : node.require(ref).block.header.number;
}
