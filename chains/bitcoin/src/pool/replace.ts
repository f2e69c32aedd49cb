import { feeAt, MAX_REPLACEMENT_CANDIDATES, type Policy } from '../spec/policy.ts';
import { formatFeeRate, formatMoney } from '../tx/amount.ts';
import { descendantsOf, type Mempool, type PoolEntry } from './mempool.ts';
import type { Reject } from './reject.ts';

/*
 * When a transaction may push others out (BIP 125's rules, without the signal): it pays more than all
 * that leave, for its own relay besides, and by a better rate than each it is in conflict with.
 */

/** What a replacement takes out, or why it may not. */
export type Replacement = Reject | { readonly replaced: Set<PoolEntry> };

export function checkReplacement(
  entry: PoolEntry,
  conflicts: ReadonlySet<PoolEntry>,
  pool: Mempool,
  policy: Policy,
  /** What stands behind reasons when the conflict is the other child of a version 3 parent. */
  suffix: string,
): Replacement {
  const fee = pool.modifiedFee(entry);
  for (const conflict of conflicts) {
    if (isBetterRate(fee, entry.vsize, pool.modifiedFee(conflict), conflict.vsize)) continue;
    const details =
      `rejecting replacement ${entry.id}; new feerate ${formatFeeRate(fee, entry.vsize)} ` +
      `<= old feerate ${formatFeeRate(pool.modifiedFee(conflict), conflict.vsize)}`;
    return { kind: 'reconsiderable', reason: `insufficient fee${suffix}`, details };
  }
  const replaced = candidatesOf(conflicts);
  if (replaced.size > MAX_REPLACEMENT_CANDIDATES) {
    const details =
      `rejecting replacement ${entry.id}; too many potential replacements ` +
      `(${replaced.size} > ${MAX_REPLACEMENT_CANDIDATES})`;
    return { kind: 'policy', reason: `too many potential replacements${suffix}`, details };
  }
  const known = new Set([...conflicts].flatMap(({ parents }) => [...parents]));
  const fresh = entry.tx.inputs.findIndex(({ prevout }) =>
    [...entry.parents].some(
      (parent) => !known.has(parent) && parent.txid.every((byte, i) => byte === prevout.txid[i]),
    ),
  );
  if (fresh >= 0) {
    const details = `replacement ${entry.id} adds unconfirmed input, idx ${fresh}`;
    return { kind: 'policy', reason: `replacement-adds-unconfirmed${suffix}`, details };
  }
  const poor = paysTooLittle(entry.id, fee, entry.vsize, replaced, pool, policy);
  if (poor !== undefined) {
    return { kind: 'reconsiderable', reason: `insufficient fee${suffix}`, details: poor };
  }
  return { replaced };
}

/** What leaves with the conflicts: they and all that depend on them. */
export function candidatesOf(conflicts: ReadonlySet<PoolEntry>): Set<PoolEntry> {
  return descendantsOf(conflicts);
}

/** Whether a fee for a size is a higher rate than another. */
export function isBetterRate(fee: bigint, size: number, otherFee: bigint, otherSize: number): boolean {
  return fee * BigInt(otherSize) > otherFee * BigInt(size);
}

/** Why fees do not pay for what leaves and for their own relay; undefined when they do. */
export function paysTooLittle(
  id: string,
  fee: bigint,
  vsize: number,
  replaced: ReadonlySet<PoolEntry>,
  pool: Mempool,
  { incrementalRelayFeeRate }: Policy,
): string | undefined {
  const { fees } = pool.totalsOf(replaced);
  if (fee < fees) {
    return `rejecting replacement ${id}, less fees than conflicting txs; ${formatMoney(fee)} < ${formatMoney(fees)}`;
  }
  const relay = feeAt(incrementalRelayFeeRate, vsize);
  if (fee - fees >= relay) return undefined;
  return (
    `rejecting replacement ${id}, not enough additional fees to relay; ` +
    `${formatMoney(fee - fees)} < ${formatMoney(relay)}`
  );
}
