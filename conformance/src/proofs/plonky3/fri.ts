import type { Ext, Extension } from './extension.ts';
import type { OpenedRows, TreeHash } from './merkle.ts';
import { rowsHold } from './merkle.ts';
import type { Folds, MultiOpening } from './proof.ts';
import type { Transcript } from './transcript.ts';
import { hasWork, sampleFrom } from './transcript.ts';

/** What prover and verifier agree on. */
export type Setting<Digest> = {
  readonly field: Extension;
  readonly tree: TreeHash<Digest>;
  readonly logBlowup: number;
  /** Log of the number of coefficients that are sent in the end. */
  readonly logFinal: number;
  readonly queries: number;
  /** Bits of work before each folding challenge. */
  readonly foldWork: number;
  /** Bits of work before the queries. */
  readonly queryWork: number;
};

/** An opening of a committed matrix at a point of type `At`. */
export type OpenedAt<At> = { readonly at: At; readonly values: readonly Ext[] };

/** A committed matrix: its evaluations' log height, its width and the points it is opened at. */
export type Matrix<At> = {
  readonly log: number;
  readonly width: number;
  readonly points: readonly OpenedAt<At>[];
};

/** Codewords of one query, to be folded together. */
export type Chain = {
  /** The query's place in the tallest codeword. */
  readonly place: number;
  /** Values there by the log height of their codeword. */
  readonly values: ReadonlyMap<number, Ext>;
};

/** Says what is wrong with the numbers of a proof's folds. */
export function foldsShape<Digest>(
  { logFinal, queries }: Setting<Digest>,
  { roots, nonces, steps, final }: Folds<Digest>,
  rounds: number,
): string | undefined {
  if ([roots, nonces, steps].some(({ length }) => length !== rounds)) return 'the number of folds';
  if (final.length !== 2 ** logFinal) return 'the number of final coefficients';
  const paired = steps.every(
    ({ logArity, siblings }) =>
      logArity === 1 && siblings.length === queries && siblings.every(({ length }) => length === 1),
  );
  return paired ? undefined : 'the arity of a fold';
}

/** The folding challenges, each drawn after its codeword's root; undefined when work is missing. */
export function drawBetas<Digest>(
  { field, foldWork }: Setting<Digest>,
  transcript: Transcript<Digest>,
  { roots, nonces }: Folds<Digest>,
): Ext[] | undefined {
  const betas: Ext[] = [];
  for (const [round, root] of roots.entries()) {
    transcript.observeRoot(root);
    if (!hasWork(transcript, foldWork, nonces[round] as number)) return undefined;
    betas.push(sampleFrom(transcript, field));
  }
  return betas;
}

/**
 * Says what is wrong with the opened rows of committed matrices.
 *
 * @param log bits of a query's index
 */
export function inputsProblem<Digest, At>(
  { tree, queries }: Setting<Digest>,
  roots: readonly Digest[],
  batches: readonly (readonly Matrix<At>[])[],
  openings: readonly MultiOpening<Digest>[],
  indices: readonly number[],
  log: number,
): string | undefined {
  if (openings.length !== batches.length) return 'the number of commitments';
  for (const [batch, { rows, digests }] of openings.entries()) {
    const matrices = batches[batch] as readonly Matrix<At>[];
    const shaped =
      rows.length === queries &&
      rows.every(
        (row) =>
          row.length === matrices.length && row.every((cells, m) => cells.length === matrices[m]?.width),
      );
    if (!shaped) return 'the shape of opened rows';
    const opened = matrices.map((matrix, m): OpenedRows => ({
      log: matrix.log,
      cells: rows.map((row) => row[m] as readonly number[]),
    }));
    const top = Math.max(...matrices.map((matrix) => matrix.log));
    const places = indices.map((index) => index >> (log - top));
    if (!rowsHold(tree, roots[batch] as Digest, opened, places, digests)) return 'the path of opened rows';
  }
  return undefined;
}

/** The value that a pair of opposite points folds to; `twiddle` is the first point's coordinate. */
export function foldPair(
  { prime, add, sub, mul, scale, mulWords, invWord }: Extension,
  [e0, e1]: readonly [Ext, Ext],
  twiddle: number,
  beta: Ext,
): Ext {
  const half = (prime + 1) / 2;
  const odd = scale(sub(e0, e1), mulWords(half, invWord(twiddle)));
  return add(scale(add(e0, e1), half), mul(beta, odd));
}

/**
 * Says what is wrong with the folds of the queried values: each chain has to end in the final polynomial, and
 * the pairs on the way have to be those that are committed to.
 *
 * @param log of the tallest codeword's height
 * @param twiddle of a pair, by its place and the log height of the codeword it is folded to
 * @param finalAt the final polynomial's value, by the place in the last codeword
 */
export function foldsProblem<Digest>(
  { field, tree }: Setting<Digest>,
  { roots, steps }: Folds<Digest>,
  betas: readonly Ext[],
  chains: readonly Chain[],
  log: number,
  twiddle: (place: number, log: number) => number,
  finalAt: (place: number) => Ext,
): string | undefined {
  const pairs = steps.map((): number[][] => []);
  for (const [query, { place: start, values }] of chains.entries()) {
    const entering = (height: number): Ext => values.get(height) ?? field.zero;
    let value = entering(log);
    let place = start;
    for (const [round, { siblings }] of steps.entries()) {
      const height = log - round - 1;
      const sibling = siblings[query]?.[0] as Ext;
      const pair = pairAt(place, value, sibling);
      pairs[round]?.push(pair.flat());
      place >>= 1;
      const folded = foldPair(field, pair, twiddle(place, height), betas[round] as Ext);
      value = field.add(folded, entering(height));
    }
    if (!field.equal(value, finalAt(place))) return 'the final value';
  }
  for (const [round, { digests }] of steps.entries()) {
    const places = chains.map(({ place }) => place >> (round + 1));
    const rows = { log: log - round - 1, cells: pairs[round] as number[][] };
    if (!rowsHold(tree, roots[round] as Digest, [rows], places, digests)) return 'the path of a fold';
  }
  return undefined;
}

/** A value and the one beside it, in the order of their places. */
export function pairAt(place: number, value: Ext, sibling: Ext): readonly [Ext, Ext] {
  return place % 2 === 0 ? [value, sibling] : [sibling, value];
}

/** The lower bits of a number, the other way round. */
export function reverseBits(index: number, bits: number): number {
  let reversed = 0;
  for (let i = 0; i < bits; i++) reversed = reversed * 2 + ((index >> i) & 1);
  return reversed;
}
