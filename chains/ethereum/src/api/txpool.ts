import { query } from '@ninefold/rpc';
import type { Hex } from '@ninefold/base';
import { toQuantity } from '@ninefold/base';
import type { MethodTable } from '@ninefold/rpc';
import type { EthereumNode } from '../node.ts';
import type { PooledTransaction } from '../pool/pool.ts';
import { maxFeePerGas } from '../pool/price.ts';
import { checksumAddress } from './checksum.ts';
import type { Json } from './format.ts';
import { transactionJson } from './format.ts';
import { address } from './values.ts';

type BySender = ReadonlyMap<Hex, readonly PooledTransaction[]>;

/** The pool as geth shows it: by sender in checksum form, then by nonce in decimal. */
export function txpoolMethods({ pool }: EthereumNode): MethodTable {
  return {
    txpool_status: query([], () => {
      const { pending, queued } = pool.counts();
      return { pending: toQuantity(pending), queued: toQuantity(queued) };
    }),
    txpool_content: query([], () => ({
      pending: bySender(pool.pending(), pooledJson),
      queued: bySender(pool.queued(), pooledJson),
    })),
    txpool_contentFrom: query([address], ([from]) => ({
      pending: byNonce(pool.pending().get(from) ?? [], pooledJson),
      queued: byNonce(pool.queued().get(from) ?? [], pooledJson),
    })),
    txpool_inspect: query([], () => ({
      pending: bySender(pool.pending(), summary),
      queued: bySender(pool.queued(), summary),
    })),
  };
}

function bySender(all: BySender, show: (pooled: PooledTransaction) => unknown): Json {
  return Object.fromEntries(
    [...all].map(([sender, pooled]) => [checksumAddress(sender), byNonce(pooled, show)]),
  );
}

function byNonce(pooled: readonly PooledTransaction[], show: (pooled: PooledTransaction) => unknown): Json {
  return Object.fromEntries(pooled.map((each) => [each.transaction.nonce.toString(), show(each)]));
}

function pooledJson({ transaction, sender }: PooledTransaction): unknown {
  return transactionJson(transaction, sender, undefined);
}

function summary({ transaction }: PooledTransaction): string {
  const { to, value, gasLimit } = transaction;
  const receiver = to === undefined ? 'contract creation' : checksumAddress(to);
  return `${receiver}: ${value} wei + ${gasLimit} gas × ${maxFeePerGas(transaction)} wei`;
}
