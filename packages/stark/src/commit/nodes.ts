import type { Personal } from '../kernel/hasher.ts';
import { personalKind } from '../kernel/hasher.ts';

// Domain separation of tree hashes: what kind of node it is, and of which tree. A leaf has values only,
// an inner node digests only, a joint node both (columns of a smaller height enter there).

const LEAF = personalKind('leaf');
const INNER = personalKind('node');
const JOINT = personalKind('join');

/** The trees of a proof as the second word of the personalisation; the folding's layers come after. */
export const TREE_IDS = {
  preprocessed: 1,
  main: 2,
  interaction: 3,
  composition: 4,
  quotients: 5,
  firstFold: 16,
} as const;

export function nodePersonal(tree: number, hasChildren: boolean, hasValues: boolean): Personal {
  if (!hasChildren) return [LEAF, tree];
  return [hasValues ? JOINT : INNER, tree];
}

/** The rows of a layer that queries on a larger one fall on: sorted, each once. */
export function rowsOf(queries: readonly number[], logQueries: number, log: number): number[] {
  const rows = new Set(queries.map((query) => Math.floor(query / 2 ** (logQueries - log))));
  return [...rows].sort((a, b) => a - b);
}
