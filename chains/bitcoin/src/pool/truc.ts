import {
  TRUC_ANCESTOR_LIMIT,
  TRUC_CHILD_MAX_VSIZE,
  TRUC_DESCENDANT_LIMIT,
  TRUC_MAX_VSIZE,
  TRUC_VERSION,
} from '../spec/policy.ts';
import { descendantsOf, type PoolEntry } from './mempool.ts';

/*
 * Topologically restricted transactions (BIP 431): version 3 has one parent and one child at most
 * while unconfirmed, and the child is small.
 */

/** What is wrong, and the other child that could be replaced instead. */
export type TrucFault = { readonly details: string; readonly sibling?: PoolEntry | undefined };

const named = ({ id, wtxid }: PoolEntry): string => `${id} (wtxid=${wtxid})`;

/**
 * What keeps an entry out.
 *
 * @param ancestors those in the mempool or in front of it in its package, without itself
 * @param conflicts entries it replaces directly
 */
export function checkTruc(
  entry: PoolEntry,
  ancestors: ReadonlySet<PoolEntry>,
  conflicts: ReadonlySet<PoolEntry>,
): TrucFault | undefined {
  const restricted = entry.tx.version === TRUC_VERSION;
  for (const ancestor of ancestors) {
    if (restricted === (ancestor.tx.version === TRUC_VERSION)) continue;
    const [own, other] = restricted ? ['version=3', 'non-version=3'] : ['non-version=3', 'version=3'];
    return { details: `${own} tx ${named(entry)} cannot spend from ${other} tx ${named(ancestor)}` };
  }
  if (!restricted) return undefined;
  if (entry.vsize > TRUC_MAX_VSIZE) {
    const details = `version=3 tx ${named(entry)} is too big: ${entry.vsize} > ${TRUC_MAX_VSIZE} virtual bytes`;
    return { details };
  }
  if (ancestors.size + 1 > TRUC_ANCESTOR_LIMIT) {
    return { details: `tx ${named(entry)} would have too many ancestors` };
  }
  const [parent] = ancestors;
  if (parent === undefined) return undefined;
  if (entry.vsize > TRUC_CHILD_MAX_VSIZE) {
    const details = `version=3 child tx ${named(entry)} is too big: ${entry.vsize} > ${TRUC_CHILD_MAX_VSIZE} virtual bytes`;
    return { details };
  }
  return checkSiblings(entry, parent, conflicts);
}

function checkSiblings(
  entry: PoolEntry,
  parent: PoolEntry,
  conflicts: ReadonlySet<PoolEntry>,
): TrucFault | undefined {
  const siblings = [...parent.children].filter((child) => child !== entry);
  const replaced = siblings.length > 0 && siblings.every((child) => conflicts.has(child));
  const count = descendantsOf([parent]).size;
  const others = parent.children.has(entry) ? count - 1 : count;
  if (others + 1 <= TRUC_DESCENDANT_LIMIT || replaced) return undefined;
  const [sibling] = siblings;
  const details = `tx ${named(parent)} would exceed descendant count limit`;
  // One child of this parent alone may give way to a better one.
  const evictable = others === TRUC_DESCENDANT_LIMIT && sibling?.parents.size === 1;
  return evictable ? { details, sibling } : { details };
}
