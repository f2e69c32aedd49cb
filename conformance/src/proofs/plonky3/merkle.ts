/** How a tree hashes. */
export type TreeHash<Digest> = {
  /** The digest of a row: all matrices' cells of one height, one after another. */
  readonly leaf: (cells: readonly number[]) => Digest;
  readonly node: (left: Digest, right: Digest) => Digest;
  readonly equal: (a: Digest, b: Digest) => boolean;
};

/** A committed matrix' opened rows, one for each query. */
export type OpenedRows = { readonly log: number; readonly cells: readonly (readonly number[])[] };

/**
 * Whether rows are a root's. Paths are walked together and siblings come level by level, from left to right;
 * rows of a smaller height are hashed into the nodes of that height.
 *
 * @param places of the queries among the tallest matrix' rows
 */
export function rowsHold<Digest>(
  tree: TreeHash<Digest>,
  root: Digest,
  matrices: readonly OpenedRows[],
  places: readonly number[],
  siblings: readonly Digest[],
): boolean {
  let used = 0;
  const top = Math.max(...matrices.map(({ log }) => log));
  let nodes = leavesAt(tree, matrices, places, top, top);
  for (let log = top - 1; log >= 0 && nodes !== undefined; log--) {
    const joining = leavesAt(tree, matrices, places, log, top);
    if (joining === undefined) return false;
    const parents = new Map<number, Digest>();
    for (const place of [...nodes.keys()].sort((a, b) => a - b)) {
      const parent = place >> 1;
      if (parents.has(parent)) continue;
      const left: Digest | undefined = nodes.get(2 * parent) ?? siblings[used++];
      const right: Digest | undefined = nodes.get(2 * parent + 1) ?? siblings[used++];
      if (left === undefined || right === undefined) return false;
      const inner = tree.node(left, right);
      const joined = joining.get(parent);
      parents.set(parent, joined === undefined ? inner : tree.node(inner, joined));
    }
    nodes = parents;
  }
  return nodes !== undefined && used === siblings.length && tree.equal(nodes.get(0) as Digest, root);
}

/** Digests of the rows of a height by their place there; undefined where two queries disagree on a row. */
function leavesAt<Digest>(
  tree: TreeHash<Digest>,
  matrices: readonly OpenedRows[],
  places: readonly number[],
  log: number,
  top: number,
): Map<number, Digest> | undefined {
  const leaves = new Map<number, Digest>();
  const own = matrices.filter((matrix) => matrix.log === log);
  if (own.length === 0) return leaves;
  for (const [query, place] of places.entries()) {
    const leaf = tree.leaf(own.flatMap(({ cells }) => cells[query] as readonly number[]));
    const known = leaves.get(place >> (top - log));
    if (known !== undefined && !tree.equal(known, leaf)) return undefined;
    leaves.set(place >> (top - log), leaf);
  }
  return leaves;
}
