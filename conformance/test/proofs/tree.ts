import type { TreeHash } from '../../src/proofs/plonky3/merkle.ts';

/** All rows of a matrix of 2^log rows. */
export type WholeMatrix = { readonly log: number; readonly rows: readonly (readonly number[])[] };

/** A tree with all its nodes. */
export type Tree<Digest> = {
  readonly root: Digest;
  /** What the paths of some of the tallest matrix' rows need, level by level. */
  readonly siblings: (places: readonly number[]) => Digest[];
};

/** Commits to matrices; each height's rows enter at the layer with as many nodes. */
export function createTree<Digest>(hash: TreeHash<Digest>, matrices: readonly WholeMatrix[]): Tree<Digest> {
  const top = Math.max(...matrices.map(({ log }) => log));
  const rowsAt = (log: number): Digest[] | undefined => {
    const own = matrices.filter((matrix) => matrix.log === log);
    if (own.length === 0) return undefined;
    return Array.from({ length: 2 ** log }, (_, i) =>
      hash.leaf(own.flatMap(({ rows }) => rows[i] as readonly number[])),
    );
  };
  const layers = [rowsAt(top) as Digest[]];
  for (let log = top - 1; log >= 0; log--) {
    const below = layers.at(-1) as Digest[];
    const joining = rowsAt(log);
    layers.push(
      Array.from({ length: 2 ** log }, (_, i) => {
        const inner = hash.node(below[2 * i] as Digest, below[2 * i + 1] as Digest);
        return joining === undefined ? inner : hash.node(inner, joining[i] as Digest);
      }),
    );
  }
  return {
    root: layers.at(-1)?.[0] as Digest,
    siblings(places) {
      const needed: Digest[] = [];
      let known = new Set(places);
      for (const layer of layers.slice(0, -1)) {
        for (const place of [...known].sort((a, b) => a - b)) {
          if (!known.has(place ^ 1)) needed.push(layer[place ^ 1] as Digest);
        }
        known = new Set([...known].map((place) => place >> 1));
      }
      return needed;
    },
  };
}
