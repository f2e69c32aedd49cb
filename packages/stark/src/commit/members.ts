// Rows of what is folded are the members of folds: elements at 2^fold places that stand together. Those at the places
// that queries fall on follow from the layer above, and are not sent.

/** A layer whose rows are members: 2^(log - fold) rows over 2^log places. */
export type MemberLayer = { readonly log: number; readonly fold: number };

/** The members of opened rows in order: twice the layer each is of, and 1 more where it is known. */
export type Members = Uint8Array;

/**
 * The members of all rows that queries fall on, in a tree's order: the smallest rows' depth last, each row with the
 * members of all layers that have rows of that depth.
 *
 * @param rowsAt the sorted places of a log size that queries fall on
 */
export function openedMembers(
  rowsAt: (log: number) => ArrayLike<number>,
  layers: readonly MemberLayer[],
): Members {
  const depths = [...new Set(layers.map(({ log, fold }) => log - fold))].sort((a, b) => b - a);
  const size = layers.reduce((sum, { log, fold }) => sum + rowsAt(log - fold).length * 2 ** fold, 0);
  const members = new Uint8Array(size);
  const places = layers.map(({ log }) => rowsAt(log));
  const next = layers.map(() => 0);
  let to = 0;
  for (const depth of depths) {
    const rows = rowsAt(depth);
    for (let i = 0; i < rows.length; i++) {
      for (let layer = 0; layer < layers.length; layer++) {
        const { log, fold } = layers[layer] as MemberLayer;
        if (log - fold !== depth) continue;
        const known = places[layer] as ArrayLike<number>;
        let at = next[layer] as number;
        const first = (rows[i] as number) * 2 ** fold;
        for (let member = 0; member < 2 ** fold; member++) {
          const isKnown = known[at] === first + member;
          if (isKnown) at++;
          members[to++] = 2 * layer + (isKnown ? 1 : 0);
        }
        next[layer] = at;
      }
    }
  }
  return members;
}

/** How many members are sent. */
export function countSent(members: Members): number {
  let sent = 0;
  for (let i = 0; i < members.length; i++) sent += 1 - ((members[i] as number) & 1);
  return sent;
}

/**
 * Leaves out of a tree's opened rows what is known.
 *
 * @param degree words of a member
 */
export function withoutKnown(values: Uint32Array, members: Members, degree: number): Uint32Array {
  const sent = new Uint32Array(degree * countSent(members));
  let at = 0;
  members.forEach((code, member) => {
    if (code % 2 === 1) return;
    sent.set(values.subarray(degree * member, degree * (member + 1)), at);
    at += degree;
  });
  return sent;
}
