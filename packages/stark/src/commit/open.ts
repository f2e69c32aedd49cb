import { DIGEST_WORDS, hashWords } from '../kernel/hasher.ts';
import { nodePersonal, rowLevels, rowsOf } from './nodes.ts';

/** Rows of a tree that have been checked against its root. */
export type OpenedRows = {
  /** The row of the columns of log size `log` that a query falls on, in the columns' order. */
  readonly row: (log: number, query: number) => Uint32Array;
};

/** What an opening is checked against. */
export type OpeningClaim = {
  /** See `TREE_IDS`. */
  readonly id: number;
  readonly root: ArrayLike<number>;
  /** log2 of each column's length, in the order of commitment. */
  readonly logs: readonly number[];
  readonly queries: readonly number[];
  readonly logQueries: number;
};

/** How many words of values an opening has. */
export function openingSize({ logs, queries, logQueries }: OpeningClaim): number {
  let size = 0;
  for (const log of new Set(logs)) {
    size += rowsOf(queries, logQueries, log).length * logs.filter((other) => other === log).length;
  }
  return size;
}

/**
 * Recomputes the root from rows and siblings. Total: any words may be given.
 *
 * @param values {@link openingSize} words
 * @param nextSibling the next digest of the proof, undefined when there is none left
 * @returns undefined when the root differs or a sibling is missing
 */
export function checkOpening(
  claim: OpeningClaim,
  values: Uint32Array,
  nextSibling: () => Uint32Array | undefined,
): OpenedRows | undefined {
  const { id, root, logs, queries, logQueries } = claim;
  const log = Math.max(...logs);
  const levels = rowLevels(queries, logQueries, log);
  const places = new Map<number, { readonly width: number; readonly offset: ReadonlyMap<number, number> }>();
  let at = 0;
  let below = new Map<number, Uint32Array>();
  for (let depth = log; depth >= 0; depth--) {
    const rows = levels[depth] as number[];
    const width = logs.filter((other) => other === depth).length;
    const offset = new Map<number, number>();
    const digests = new Map<number, Uint32Array>();
    const personal = nodePersonal(id, depth < log, width > 0);
    for (const row of rows) {
      const parts: Uint32Array[] = [];
      if (depth < log) {
        for (const child of [2 * row, 2 * row + 1]) {
          const digest = below.get(child) ?? nextSibling();
          if (digest?.length !== DIGEST_WORDS) return undefined;
          parts.push(digest);
        }
      }
      parts.push(values.subarray(at, at + width));
      offset.set(row, at);
      at += width;
      digests.set(row, hashWords(personal, ...parts));
    }
    if (width > 0) places.set(depth, { width, offset });
    below = digests;
  }
  const computed = below.get(0) as Uint32Array;
  for (let w = 0; w < DIGEST_WORDS; w++) if (computed[w] !== root[w]) return undefined;
  return {
    row(own, query) {
      const layer = places.get(own);
      const start = layer?.offset.get(Math.floor(query / 2 ** (logQueries - own)));
      if (layer === undefined || start === undefined) throw new RangeError('A row that was not opened');
      return values.subarray(start, start + layer.width);
    },
  };
}
