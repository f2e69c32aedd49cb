import { DIGEST_WORDS } from '../kernel/hasher.ts';
import type { Columns, Workspace } from '../kernel/workspace.ts';
import { columnAddresses } from '../kernel/workspace.ts';
import { nodePersonal, rowLevels, rowsSent } from './nodes.ts';

/** A committed column: 2^`log` values in stored order. */
export type TreeColumn = { readonly address: number; readonly log: number };

/** A Merkle tree in a workspace, over columns of one or several heights. */
export type MerkleTree = {
  readonly root: Uint32Array;
  /** log2 of the leaves: the largest column's. */
  readonly log: number;
  /** @param logBlowup of columns of traces: short ones are opened as a whole, see `rowsSent` */
  readonly open: (queries: readonly number[], logQueries: number, logBlowup?: number) => TreeOpening;
};

/** Rows and the digests that a verifier cannot compute itself. */
export type TreeOpening = {
  /** For each layer with columns from the leaves up, for each row that is sent in order: its values. */
  readonly values: Uint32Array;
  /** Missing siblings, {@link DIGEST_WORDS} words each, in the order the verifier walks. */
  readonly siblings: Uint32Array;
};

/**
 * Commits to columns: a node at depth k hashes its children's digests and the k-th row of the columns of
 * log size k. Layers stay in the workspace as long as its mark allows.
 *
 * @param id separates this tree's hashes from those of others, see `TREE_IDS`
 */
export function commitTree(workspace: Workspace, id: number, columns: readonly TreeColumn[]): MerkleTree {
  const log = Math.max(...columns.map((column) => column.log));
  const layers: Columns[] = [];
  /** Addresses of the columns of each depth. */
  const owned: number[][] = Array.from({ length: log + 1 }, () => []);
  for (const { address, log: depth } of columns) owned[depth]?.push(address);
  for (let depth = log; depth >= 0; depth--) {
    const own = owned[depth] as number[];
    const layer = workspace.columns(DIGEST_WORDS, 2 ** depth);
    const below = layers[depth + 1];
    const mark = workspace.mark();
    const pointers = workspace.place(own);
    const [kind, tree] = nodePersonal(id, below !== undefined, own.length > 0);
    // A hash of 16 words weighs more than reading them.
    const width = 64 + 4 * own.length;
    for (const { start, count } of workspace.ranges(2 ** depth, width)) {
      workspace.run(
        width * count,
        workspace.hasher.layerTask,
        layer.address,
        layer.stride,
        start,
        count,
        below?.address ?? 0,
        below?.stride ?? 0,
        pointers,
        own.length,
        kind,
        tree,
      );
    }
    workspace.join();
    workspace.release(mark);
    layers[depth] = layer;
  }

  return {
    root: rowsAt(workspace, [{ columns: columnAddresses(layers[0] as Columns), rows: [0] }]),
    log,
    open(queries, logQueries, logBlowup) {
      const values: Rows[] = [];
      const siblings: Rows[] = [];
      const levels = rowLevels(queries, logQueries, log);
      for (let depth = log; depth >= 0; depth--) {
        const rows = levels[depth] as number[];
        if (depth < log) {
          const missing = missingChildren(rows, levels[depth + 1] as number[]);
          siblings.push({ columns: columnAddresses(layers[depth + 1] as Columns), rows: missing });
        }
        const sent = rowsSent(rows.length, depth, logBlowup);
        const first = sent < rows.length ? Array.from({ length: sent }, (_, row) => row) : rows;
        values.push({ columns: owned[depth] as number[], rows: first });
      }
      return { values: rowsAt(workspace, values), siblings: rowsAt(workspace, siblings) };
    },
  };
}

/** The children of `rows` that are not among `known`, both sorted. */
function missingChildren(rows: readonly number[], known: readonly number[]): number[] {
  const missing: number[] = [];
  let at = 0;
  for (const row of rows) {
    for (let child = 2 * row; child <= 2 * row + 1; child++) {
      if (known[at] === child) at++;
      else missing.push(child);
    }
  }
  return missing;
}

/** Rows of columns. */
type Rows = { readonly columns: readonly number[]; readonly rows: readonly number[] };

/** What a word weighs that is read anywhere, in words of other work. */
const SCATTERED_WORDS = 16;

/** The words of rows, one row after the other. */
function rowsAt(workspace: Workspace, parts: readonly Rows[]): Uint32Array {
  const mark = workspace.mark();
  let size = 0;
  for (const { columns, rows } of parts) size += columns.length * rows.length;
  const result = workspace.allocate(4 * size);
  let to = result;
  for (const { columns, rows } of parts) {
    const words = columns.length * rows.length;
    const [pointers, places] = [workspace.place(columns), workspace.place(rows)];
    workspace.run(SCATTERED_WORDS * words, 'gatherRows', to, pointers, columns.length, places, rows.length);
    to += 4 * words;
  }
  workspace.join();
  const found = workspace.words().slice(result / 4, result / 4 + size);
  workspace.release(mark);
  return found;
}
