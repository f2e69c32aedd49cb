import { doubleX } from '../circle/point.ts';
import type { ExtPoint } from '../circle/point.ts';
import { TREE_IDS } from '../commit/nodes.ts';
import { checkOpening, openingSize, placeQueries, widthsOf } from '../commit/open.ts';
import type { Ext } from '../field/extension.ts';
import { mulM31 } from '../field/m31.ts';
import { HASHERS } from '../kernel/hasher.ts';
import type { PlacedRows, VerifierMemory } from '../kernel/verifier.ts';
import type { Columns } from '../kernel/workspace.ts';
import { addressOf } from './prover-columns.ts';
import type { HeightGroup, PlacedColumn, TreeName } from './layout.ts';
import { TREES } from './layout.ts';
import type { SegmentProof } from './proof.ts';
import type { PointGroup } from './quotient.ts';
import { pointsOf, quotientTerms } from './quotient.ts';
import { check } from './statement.ts';
import type { VerifierContext } from './verifier-context.ts';

// What is checked at the places that the queries fall on. Everything is done for all places of a layer at
// once, in columns of a verifier's memory; a place that several queries fall on is looked at once.

/** A committed layer of the folding, and the challenges drawn after it. */
export type FoldClaim = {
  /** log2 of the committed line, and how often it is folded. */
  readonly log: number;
  readonly fold: number;
  readonly challenge: Ext;
  /** The group whose line is added to what comes out, if it is above 0, and its factor. */
  readonly joining: number;
  readonly factor: Ext;
};

/** What the transcript says about a segment's queries. */
export type QueryClaim = {
  readonly point: ExtPoint;
  readonly batching: Ext;
  readonly circleChallenge: Ext;
  readonly folds: readonly FoldClaim[];
  readonly indices: readonly number[];
};

/** Rows of a tree that belong to its root: their address in memory by log size, and their widths. */
type OpenedTree = { readonly widths: readonly number[]; readonly places: readonly number[] };

type Opened = {
  /** The places of each layer that queries fall on, by the layer's log size. */
  readonly levels: readonly PlacedRows[];
  readonly trees: Readonly<Record<TreeName, OpenedTree | undefined>>;
  readonly quotients: OpenedTree;
  readonly folds: readonly OpenedTree[];
};

/**
 * Follows the queries from the columns to the final polynomial.
 *
 * @throws `STARK_INVALID_PROOF`
 */
export function checkQueries(context: VerifierContext, proof: SegmentProof, claim: QueryClaim): void {
  const { layout } = context;
  const opened = openTrees(context, proof, claim);
  const lines = layout.groups.map((group, g) =>
    checkGroup(context, opened, group, proof.opened[g] as Uint32Array, claim),
  );
  const last = checkFolds(context, opened, lines, claim.folds);
  checkFinal(context, opened.levels[layout.fold.finalLog] as PlacedRows, last, proof.finalPolynomial);
}

/** Checks every opening of a segment against its root. */
function openTrees(
  { memory, key, field, layout }: VerifierContext,
  proof: SegmentProof,
  { folds, indices }: QueryClaim,
): Opened {
  const { degree } = field;
  const logQueries = layout.groups[0]?.log as number;
  const log = Math.max(logQueries, ...layout.trees.preprocessed.map((column) => column.log));
  const levels = placeQueries(memory, indices, logQueries, log);
  let opening = 0;
  const open = (id: number, root: Uint32Array, widths: readonly number[]): OpenedTree => {
    const own = proof.openings[opening++] as SegmentProof['openings'][number];
    const claim = { hasher: HASHERS[key.parameters.hash], id, root, widths, levels };
    const size = openingSize(claim);
    check(
      own.values.length === size.values && own.siblings.length === size.siblings,
      'an opening has the wrong size',
    );
    const places = checkOpening(memory, claim, own);
    check(places !== undefined, 'an opening does not belong to its root');
    return { widths, places };
  };
  const roots: Readonly<Record<TreeName, Uint32Array | undefined>> = {
    preprocessed: key.preprocessedRoot,
    main: proof.mainRoot,
    interaction: proof.interactionRoot,
    composition: proof.compositionRoot,
  };
  const trees = Object.fromEntries(
    TREES.map((tree) => {
      const root = roots[tree];
      return [tree, root && open(TREE_IDS[tree], root, widthsOf(layout.trees[tree]))];
    }),
  ) as Record<TreeName, OpenedTree | undefined>;
  // One pair a group: heights differ, so each has a layer to itself.
  const pairs: number[] = [];
  for (const group of layout.groups) pairs[group.log - 1] = 2 * degree;
  const quotients = open(TREE_IDS.quotients, proof.quotientRoot, pairs);
  return {
    levels,
    trees,
    quotients,
    folds: folds.map(({ log, fold }, i) => {
      const widths: number[] = [];
      widths[log - fold] = degree * 2 ** fold;
      return open(TREE_IDS.firstFold + i, proof.foldRoots[i] as Uint32Array, widths);
    }),
  };
}

/** From the columns of a height to their committed quotient, and to the line that it folds to. */
function checkGroup(
  context: VerifierContext,
  { levels, trees, quotients }: Opened,
  group: HeightGroup,
  values: Uint32Array,
  { point, batching, circleChallenge }: QueryClaim,
): Columns {
  const { memory, field, layout } = context;
  const { kernel } = memory;
  const { degree } = field;
  const { log } = group;
  const level = levels[log] as PlacedRows;
  const count = level.rows.length;
  const places = memory.pointsAt(level, 0, 0, log);
  const powers = memory.allocate(coefficientBytes(field) * group.openings.length);
  kernel.powers(powers, memory.place(batching), group.openings.length);
  const quotient = memory.columns(degree, count);
  for (const { point: at, members } of pointsOf(field, group, point)) {
    const sums = memory.columns(degree, count);
    for (const tree of TREES) {
      const opened = trees[tree];
      const width = opened?.widths[log];
      if (opened === undefined || width === undefined) continue;
      const own = members.filter((member) => member.opening.tree === tree);
      if (own.length === 0) continue;
      // Columns that are not opened at this point have coefficients of zero.
      const size = coefficientBytes(field);
      const coefficients = memory.columns(1, width * (size / 4)).address;
      const words = memory.words();
      for (const { opening, at: power } of own) {
        const { position } = layout.trees[tree][opening.place] as PlacedColumn;
        const from = (powers + power * size) / 4;
        words.copyWithin((coefficients + position * size) / 4, from, from + size / 4);
      }
      kernel.combineRows(sums.address, sums.stride, opened.places[log] as number, width, count, coefficients);
    }
    const { line, constant, slope } = quotientTerms(
      field,
      at,
      coordinateSums(context, members, values, powers),
    );
    kernel.quotientRows(
      quotient.address,
      quotient.stride,
      sums.address,
      sums.stride,
      places.address,
      addressOf(places, 1),
      memory.place(line.flat()),
      memory.place([...constant, ...slope]),
      count,
    );
  }
  const half = levels[log - 1] as PlacedRows;
  const rows = quotients.places[log - 1] as number;
  check(areMembers(context, quotient, level, rows, half, 1), 'a quotient is not that of the columns');

  const pairs = memberColumns(context, rows, half, 2);
  const line = memory.columns(degree, half.rows.length);
  kernel.foldRows(
    line.address,
    line.stride,
    pairs.address,
    addressOf(pairs, degree),
    pairs.stride,
    addressOf(memory.pointsAt(half, 1, 0, log), 1),
    memory.place(circleChallenge),
    half.rows.length,
  );
  return line;
}

/** Folds the groups' lines into one. */
function checkFolds(
  context: VerifierContext,
  { levels, folds: trees }: Opened,
  lines: readonly Columns[],
  folds: readonly FoldClaim[],
): Columns {
  const { memory, field } = context;
  const { kernel } = memory;
  let value = lines[0] as Columns;
  folds.forEach(({ log, fold, challenge, joining, factor }, i) => {
    const level = levels[log - fold] as PlacedRows;
    const count = level.rows.length;
    const rows = trees[i]?.places[log - fold] as number;
    check(
      areMembers(context, value, levels[log] as PlacedRows, rows, level, fold),
      'a fold is not that of the layer above',
    );
    const members = memberColumns(context, rows, level, 2 ** fold);
    const memberAt = (m: number): number => addressOf(members, m * field.degree);
    let own = challenge;
    for (let step = 0; step < fold; step++) {
      const placed = memory.place(own);
      const pairs = 2 ** (fold - step - 1);
      for (let pair = 0; pair < pairs; pair++) {
        // A line's x at a place are those of twice the place on the circle domain of twice its size.
        const { address: xs } = memory.pointsAt(level, fold - step + 1, 4 * pair, log - step + 1);
        kernel.foldRows(
          memberAt(pair),
          members.stride,
          memberAt(2 * pair),
          memberAt(2 * pair + 1),
          members.stride,
          xs,
          placed,
          count,
        );
      }
      own = field.mul(own, own);
    }
    value = { ...members, count: field.degree };
    if (joining > 0) {
      const { address, stride } = lines[joining] as Columns;
      kernel.addScaled(value.address, value.stride, address, stride, memory.place(factor), count);
    }
  });
  return value;
}

/** The last fold has to be the final polynomial, whose basis is 1, x, pi(x), x pi(x), … */
function checkFinal(
  context: VerifierContext,
  level: PlacedRows,
  last: Columns,
  coefficients: readonly Ext[],
): void {
  const { memory, field, layout } = context;
  const count = level.rows.length;
  const size = coefficients.length;
  const points = memory.pointsAt(level, 1, 0, layout.fold.finalLog + 1);
  const basis = new Uint32Array(count * size);
  for (let row = 0; row < count; row++) {
    let variable = memory.words()[points.address / 4 + row] as number;
    basis[row * size] = 1;
    for (let known = 1; known < size; known *= 2) {
      for (let j = 0; j < known; j++) {
        basis[row * size + known + j] = mulM31(basis[row * size + j] as number, variable);
      }
      variable = doubleX(variable);
    }
  }
  const values = memory.columns(field.degree, count);
  memory.kernel.combineRows(
    values.address,
    values.stride,
    memory.place(basis),
    size,
    count,
    placeCoefficients(context, coefficients),
  );
  const words = memory.words();
  for (let k = 0; k < field.degree; k++) {
    const [a, b] = [addressOf(values, k) / 4, addressOf(last, k) / 4];
    for (let row = 0; row < count; row++) {
      check(words[a + row] === words[b + row], 'the last fold is not the final polynomial');
    }
  }
}

/** What `coordinateSums` of the prover computes, by the kernel: coordinates are rows here. */
function coordinateSums(
  { memory, field: { degree } }: VerifierContext,
  members: PointGroup['members'],
  values: Uint32Array,
  powers: number,
): Ext[] {
  const size = coefficientBytes({ degree });
  const rows = new Uint32Array(degree * members.length);
  members.forEach(({ at }, i) => {
    for (let k = 0; k < degree; k++) rows[k * members.length + i] = values[at * degree + k] as number;
  });
  const sums = memory.columns(degree, degree);
  // The openings at one point stand together.
  const first = powers + size * (members[0]?.at ?? 0);
  memory.kernel.combineRows(sums.address, sums.stride, memory.place(rows), members.length, degree, first);
  return Array.from({ length: degree }, (_, row) => readElement(memory, sums, row));
}

/** Bytes of a coefficient as `combineRows` takes it: doubled, in whole vectors. */
function coefficientBytes({ degree }: { readonly degree: number }): number {
  return 16 * Math.ceil(degree / 4);
}

function placeCoefficients({ memory, field }: VerifierContext, coefficients: readonly Ext[]): number {
  const lanes = coefficientBytes(field) / 4;
  const words = new Uint32Array(lanes * coefficients.length);
  coefficients.forEach((element, i) => {
    for (let k = 0; k < field.degree; k++) words[lanes * i + k] = 2 * (element[k] as number);
  });
  return memory.place(words);
}

function readElement(memory: VerifierMemory, columns: Columns, row: number): Ext {
  return Array.from(
    { length: columns.count },
    (_, k) => memory.words()[addressOf(columns, k) / 4 + row] as number,
  );
}

/** Rows of `size` elements as columns: member m begins with column m · degree. */
function memberColumns(
  { memory, field }: VerifierContext,
  rows: number,
  { rows: { length } }: PlacedRows,
  size: number,
): Columns {
  const columns = memory.columns(size * field.degree, length);
  memory.kernel.toColumns(columns.address, columns.stride, rows, size * field.degree, length);
  return columns;
}

/**
 * Whether values of a layer are found in the rows of the layer 2^`fold` times smaller: place p is member
 * p mod 2^`fold` of the row that it falls on.
 */
function areMembers(
  { memory, field: { degree } }: VerifierContext,
  values: Columns,
  { rows: places }: PlacedRows,
  rows: number,
  { rows: parents }: PlacedRows,
  fold: number,
): boolean {
  const words = memory.words();
  let parent = 0;
  return places.every((place, i) => {
    while (parents[parent] !== place >>> fold) parent++;
    const member = rows / 4 + ((parent << fold) + (place % 2 ** fold)) * degree;
    for (let k = 0; k < degree; k++) {
      if (words[addressOf(values, k) / 4 + i] !== words[member + k]) return false;
    }
    return true;
  });
}
