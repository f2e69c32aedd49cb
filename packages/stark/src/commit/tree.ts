import { DIGEST_WORDS } from '../kernel/hasher.ts';
import type { Workspace } from '../kernel/workspace.ts';
import { nodePersonal, rowLevels } from './nodes.ts';

/** A committed column: 2^`log` values in stored order. */
export type TreeColumn = { readonly address: number; readonly log: number };

/** A Merkle tree in a workspace, over columns of one or several heights. */
export type MerkleTree = {
  readonly root: Uint32Array;
  /** log2 of the leaves: the largest column's. */
  readonly log: number;
  readonly open: (queries: readonly number[], logQueries: number) => TreeOpening;
};

/** Rows and the digests that a verifier cannot compute itself. */
export type TreeOpening = {
  /** For each layer with columns from the leaves up, for each row asked for in order: its values. */
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
  const layers: { readonly address: number; readonly stride: number }[] = [];
  for (let depth = log; depth >= 0; depth--) {
    const own = columns.filter((column) => column.log === depth);
    const layer = workspace.columns(DIGEST_WORDS, 2 ** depth);
    const below = layers[depth + 1];
    const mark = workspace.mark();
    const pointers = workspace.place(own.map(({ address }) => address));
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

  const digest = (depth: number, node: number): Uint32Array => {
    const words = workspace.words();
    const { address, stride } = layers[depth] as { address: number; stride: number };
    return Uint32Array.from(
      { length: DIGEST_WORDS },
      (_, w) => words[(address + w * stride) / 4 + node] as number,
    );
  };

  return {
    root: digest(0, 0),
    log,
    open(queries, logQueries) {
      const words = workspace.words();
      const values: number[] = [];
      const siblings: number[] = [];
      const levels = rowLevels(queries, logQueries, log);
      for (let depth = log; depth >= 0; depth--) {
        const rows = levels[depth] as number[];
        if (depth < log) {
          const { address, stride } = layers[depth + 1] as { address: number; stride: number };
          // Both lists are sorted: a child is known when it is the next one.
          const known = levels[depth + 1] as number[];
          let at = 0;
          for (const row of rows) {
            for (let child = 2 * row; child <= 2 * row + 1; child++) {
              if (known[at] === child) at++;
              else {
                for (let w = 0; w < DIGEST_WORDS; w++) {
                  siblings.push(words[(address + w * stride) / 4 + child] as number);
                }
              }
            }
          }
        }
        const own = columns.filter((column) => column.log === depth);
        for (const row of rows) {
          for (const { address } of own) values.push(words[address / 4 + row] as number);
        }
      }
      return { values: Uint32Array.from(values), siblings: Uint32Array.from(siblings) };
    },
  };
}
