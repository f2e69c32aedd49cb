import type { Hasher } from '../kernel/hasher.ts';
import { DIGEST_WORDS } from '../kernel/hasher.ts';
import type { PlacedRows, VerifierMemory } from '../kernel/verifier.ts';
import { continueRows } from './continue.ts';
import { nodePersonal, rowLevels, rowsSent } from './nodes.ts';
import type { TreeOpening } from './tree.ts';

/** What an opening is checked against. */
export type OpeningClaim = {
  readonly hasher: Hasher;
  /** See `TREE_IDS`. */
  readonly id: number;
  readonly root: Uint32Array;
  /** Columns of each log size: a sparse array. */
  readonly widths: readonly number[];
  /** Of at least the tree's depth, see {@link placeQueries}. */
  readonly levels: readonly PlacedRows[];
  /** Of columns of traces: short ones are sent as a whole, see `rowsSent`. */
  readonly logBlowup?: number;
};

/** Columns of each log size. */
export function widthsOf(columns: readonly { readonly log: number }[]): number[] {
  const widths: number[] = [];
  for (const { log } of columns) widths[log] = (widths[log] ?? 0) + 1;
  return widths;
}

/** The rows that queries fall on at every depth from `log` down to 0, at the depth's place. */
export function placeQueries(
  memory: VerifierMemory,
  queries: readonly number[],
  logQueries: number,
  log: number,
): PlacedRows[] {
  return rowLevels(queries, logQueries, log).map((level) => {
    const rows = Uint32Array.from(level);
    // Kernels take four at a time.
    const address = memory.allocate(4 * rows.length + 12);
    memory.words().set(rows, address / 4);
    return { rows, address };
  });
}

/** How many words an opening has. */
export function openingSize({ widths, levels, logBlowup }: OpeningClaim): {
  readonly values: number;
  readonly siblings: number;
} {
  const log = widths.length - 1;
  let [values, siblings] = [0, 0];
  for (let depth = log; depth >= 0; depth--) {
    const count = levels[depth]?.rows.length as number;
    const width = widths[depth] ?? 0;
    if (width > 0) values += rowsSent(count, depth, logBlowup) * width;
    if (depth < log) siblings += DIGEST_WORDS * (2 * count - (levels[depth + 1]?.rows.length as number));
  }
  return { values, siblings };
}

/**
 * Recomputes the root from rows and siblings. Total: any words of {@link openingSize} may be given.
 *
 * @returns where the rows of each log size now stand in memory, one after the other in the columns' order;
 *   undefined when the root differs or a value is not canonical
 */
export function checkOpening(
  memory: VerifierMemory,
  { hasher, id, root, widths, levels, logBlowup }: OpeningClaim,
  { values, siblings }: TreeOpening,
): readonly number[] | undefined {
  const { kernel } = memory;
  const log = widths.length - 1;
  const countAt = (depth: number): number => levels[depth]?.rows.length as number;
  const places: number[] = [];
  let row = memory.place(values);
  if (kernel.areCanonical(row, values.length) === 0) return undefined;
  let sibling = memory.place(siblings);
  const digests = memory.allocate(4 * DIGEST_WORDS * countAt(log));
  const pairs = memory.allocate(8 * DIGEST_WORDS * countAt(log));
  for (let depth = log; depth >= 0; depth--) {
    const count = countAt(depth);
    const width = widths[depth] ?? 0;
    const hasChildren = depth < log;
    if (hasChildren) {
      const below = levels[depth + 1]?.address as number;
      sibling = kernel.pairDigests(pairs, below, countAt(depth + 1), digests, sibling);
    }
    const [kind, tree] = nodePersonal(id, hasChildren, width > 0);
    let own = row;
    if (width > 0) {
      const sent = rowsSent(count, depth, logBlowup);
      if (sent < count) own = continueRows(memory, row, width, sent, levels[depth] as PlacedRows, depth);
      row += 4 * width * sent;
      places[depth] = own;
    }
    kernel[hasher.rowsKernel](digests, hasChildren ? pairs : 0, own, width, count, kind, tree);
  }
  const computed = memory.words().subarray(digests / 4, digests / 4 + DIGEST_WORDS);
  return computed.every((word, w) => word === root[w]) ? places : undefined;
}
