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

/**
 * {@link rowsOf} of every depth from `log` down to 0, at the depth's place.
 *
 * PERF: each depth's rows are those of the one below, halved: nothing is sorted again.
 */
export function rowLevels(queries: readonly number[], logQueries: number, log: number): number[][] {
  const levels: number[][] = [];
  levels[log] = rowsOf(queries, logQueries, log);
  for (let depth = log - 1; depth >= 0; depth--) {
    const rows: number[] = [];
    for (const child of levels[depth + 1] as number[]) {
      const row = Math.floor(child / 2);
      if (rows.at(-1) !== row) rows.push(row);
    }
    levels[depth] = rows;
  }
  return levels;
}

/**
 * How many rows of columns of log size `log` are sent for `count` that are asked for. Columns of traces follow from as
 * many rows as the trace has: where more are asked for, by an eighth at least, the first ones are sent and the verifier
 * computes the others. They enter the tree's hashes as if they had been sent.
 *
 * @param logBlowup of columns of traces
 */
export function rowsSent(count: number, log: number, logBlowup: number | undefined): number {
  if (logBlowup === undefined) return count;
  const height = 2 ** (log - logBlowup);
  return 9 * height <= 8 * count ? height : count;
}

/** The rows of a layer that queries on a larger one fall on: sorted, each once. */
export function rowsOf(queries: readonly number[], logQueries: number, log: number): number[] {
  const rows = new Set(queries.map((query) => Math.floor(query / 2 ** (logQueries - log))));
  return [...rows].sort((a, b) => a - b);
}
