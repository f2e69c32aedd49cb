import { rowsOf } from './nodes.ts';

// Rows of what is folded are the members of folds: elements at 2^fold places that stand together. Those at the places
// that queries fall on follow from the layer above, and are not sent.

/** A layer whose rows are members: 2^(log - fold) rows over 2^log places. */
export type MemberLayer = { readonly log: number; readonly fold: number };

/** A member in an opening's rows: of which layer, and whether a query falls on it. */
export type Member = { readonly layer: number; readonly isKnown: boolean };

/**
 * The members of all rows that queries fall on, in a tree's order: the smallest rows' depth last, each row with the
 * members of all layers that have rows of that depth.
 */
export function openedMembers(
  queries: readonly number[],
  logQueries: number,
  layers: readonly MemberLayer[],
): readonly Member[] {
  const known = layers.map(({ log }) => new Set(rowsOf(queries, logQueries, log)));
  const depths = [...new Set(layers.map(({ log, fold }) => log - fold))].sort((a, b) => b - a);
  const members: Member[] = [];
  for (const depth of depths) {
    for (const row of rowsOf(queries, logQueries, depth)) {
      layers.forEach(({ log, fold }, layer) => {
        if (log - fold !== depth) return;
        for (let place = row * 2 ** fold; place < (row + 1) * 2 ** fold; place++) {
          members.push({ layer, isKnown: known[layer]?.has(place) === true });
        }
      });
    }
  }
  return members;
}

/**
 * Leaves out of a tree's opened rows what is known.
 *
 * @param degree words of a member
 */
export function withoutKnown(values: Uint32Array, members: readonly Member[], degree: number): Uint32Array {
  const sent = new Uint32Array(degree * members.filter(({ isKnown }) => !isKnown).length);
  let at = 0;
  members.forEach(({ isKnown }, member) => {
    if (isKnown) return;
    sent.set(values.subarray(degree * member, degree * (member + 1)), at);
    at += degree;
  });
  return sent;
}
