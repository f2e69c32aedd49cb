import { doubleX } from '../circle/point.ts';
import type { ExtPoint } from '../circle/point.ts';
import { TREE_IDS } from '../commit/nodes.ts';
import type { MemberLayer } from '../commit/members.ts';
import { countSent, openedMembers } from '../commit/members.ts';
import type { OpeningClaim } from '../commit/open.ts';
import { checkOpening, openingSize, placeQueries, widthsOf } from '../commit/open.ts';
import type { TreeOpening } from '../commit/tree.ts';
import type { Ext } from '../field/extension.ts';
import { mulM31 } from '../field/m31.ts';
import { HASHERS } from '../kernel/hasher.ts';
import type { PlacedRows, VerifierMemory } from '../kernel/verifier.ts';
import type { Columns } from '../kernel/workspace.ts';
import { addressOf } from './prover-columns.ts';
import type { FoldLayer, HeightGroup, PlacedColumn, TreeName } from './layout.ts';
import { quotientLayers, TREES } from './layout.ts';
import type { SegmentProof } from './proof.ts';
import type { PointGroup } from './quotient.ts';
import { pointsOf, quotientTerms } from './quotient.ts';
import { check } from './statement.ts';
import type { VerifierContext } from './verifier-context.ts';

// What is checked at the places that the queries fall on. Everything is done for all places of a layer at
// once, in columns of a verifier's memory; a place that several queries fall on is looked at once.

/** A committed layer of the folding, and the challenges drawn before and after it. */
export type FoldClaim = FoldLayer & {
  /** Of the lines that join it. */
  readonly factors: readonly Ext[];
  readonly challenge: Ext;
};

/** What the transcript says about a segment's queries. */
export type QueryClaim = {
  readonly point: ExtPoint;
  readonly batching: Ext;
  readonly circleChallenge: Ext;
  readonly folds: readonly FoldClaim[];
  /** Of the lines that join what the last layer folds to. */
  readonly lastFactors: readonly Ext[];
  readonly indices: readonly number[];
};

/** Rows of a tree that belong to its root: their address in memory by log size, and their widths. */
type OpenedTree = { readonly widths: readonly number[]; readonly places: readonly number[] };

/** Checks the openings of a proof one after the other. */
type Opener = {
  /** The places of each layer that queries fall on, by the layer's log size. */
  readonly levels: readonly PlacedRows[];
  /** The next opening: of columns of traces. */
  readonly columns: (id: number, root: Uint32Array, widths: readonly number[]) => OpenedTree;
  /** The next opening: of members, of which those that are not sent are the values given. Columns of each layer's. */
  readonly members: (
    id: number,
    root: Uint32Array,
    layers: readonly (MemberLayer & { readonly values: Columns })[],
  ) => readonly Columns[];
};

/**
 * Follows the queries from the columns to the final polynomial.
 *
 * @throws `STARK_INVALID_PROOF`
 */
export function checkQueries(context: VerifierContext, proof: SegmentProof, claim: QueryClaim): void {
  const { key, layout } = context;
  const opener = createOpener(context, proof, claim);
  const roots: Readonly<Record<TreeName, Uint32Array | undefined>> = {
    preprocessed: key.preprocessedRoot,
    main: proof.mainRoot,
    interaction: proof.interactionRoot,
    composition: proof.compositionRoot,
  };
  const trees = Object.fromEntries(
    TREES.map((tree) => {
      const root = roots[tree];
      return [tree, root && opener.columns(TREE_IDS[tree], root, widthsOf(layout.trees[tree]))];
    }),
  ) as OpenedTrees;
  const quotients = quotientLayers(layout).map((layer, g) => {
    const group = layout.groups[g] as HeightGroup;
    const values = groupQuotient(context, opener.levels, trees, group, proof.opened[g] as Uint32Array, claim);
    return { ...layer, values };
  });
  const members = opener.members(TREE_IDS.quotients, proof.quotientRoot, quotients);
  const lines = quotients.map((layer, g) =>
    foldQuotient(context, opener.levels, members[g] as Columns, layer, claim.circleChallenge),
  );
  const last = checkFolds(context, opener, proof, lines, claim);
  checkFinal(context, opener.levels[layout.fold.finalLog] as PlacedRows, last, proof.finalPolynomial);
}

function createOpener(
  { memory, key, field, layout }: VerifierContext,
  proof: SegmentProof,
  { indices }: QueryClaim,
): Opener {
  const { degree } = field;
  const { hash, logBlowup } = key.parameters;
  const logQueries = layout.groups[0]?.log as number;
  const log = Math.max(logQueries, ...layout.trees.preprocessed.map((column) => column.log));
  const levels = placeQueries(memory, indices, logQueries, log);
  let opening = 0;
  const next = (): TreeOpening => proof.openings[opening++] as TreeOpening;
  const open = (claim: Omit<OpeningClaim, 'hasher' | 'levels'>, own: TreeOpening): OpenedTree => {
    const whole = { ...claim, hasher: HASHERS[hash], levels };
    const size = openingSize(whole);
    check(
      own.values.length === size.values && own.siblings.length === size.siblings,
      'an opening has the wrong size',
    );
    const places = checkOpening(memory, whole, own);
    check(places !== undefined, 'an opening does not belong to its root');
    return { widths: claim.widths, places };
  };
  return {
    levels,
    columns: (id, root, widths) => open({ id, root, widths, logBlowup }, next()),
    members: (id, root, layers) => {
      const { values, siblings } = next();
      const members = openedMembers((size) => (levels[size] as PlacedRows).rows, layers);
      check(values.length === degree * countSent(members), 'an opening has the wrong size');
      const words = memory.words();
      const all = new Uint32Array(degree * members.length);
      const places = layers.map(() => 0);
      let [to, from] = [0, 0];
      for (let member = 0; member < members.length; member++) {
        const layer = (members[member] as number) >> 1;
        if ((members[member] as number) % 2 === 1) {
          const { address, stride } = (layers[layer] as (typeof layers)[number]).values;
          const place = (address >>> 2) + (places[layer] as number);
          places[layer] = (places[layer] as number) + 1;
          for (let k = 0; k < degree; k++) all[to++] = words[place + k * (stride >>> 2)] as number;
        } else {
          for (let k = 0; k < degree; k++) all[to++] = values[from++] as number;
        }
      }
      const widths: number[] = [];
      const firsts = layers.map(({ log: size, fold }) => {
        const before = widths[size - fold] ?? 0;
        widths[size - fold] = before + degree * 2 ** fold;
        return before;
      });
      const opened = open({ id, root, widths }, { values: all, siblings });
      return layers.map(({ log: size, fold }, layer) => {
        const { rows } = levels[size - fold] as PlacedRows;
        const width = widths[size - fold] as number;
        const columns = memory.columns(width, rows.length);
        const { address, stride } = columns;
        memory.kernel.toColumns(address, stride, opened.places[size - fold] as number, width, rows.length);
        return {
          ...columns,
          address: addressOf(columns, firsts[layer] as number),
          count: degree * 2 ** fold,
        };
      });
    },
  };
}

type OpenedTrees = Readonly<Record<TreeName, OpenedTree | undefined>>;

/** From the columns of a height to their quotient. */
function groupQuotient(
  context: VerifierContext,
  levels: Opener['levels'],
  trees: OpenedTrees,
  group: HeightGroup,
  values: Uint32Array,
  { point, batching }: QueryClaim,
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
  return quotient;
}

/** The line that a group's quotient folds to, in the place of its members' first columns. */
function foldQuotient(
  context: VerifierContext,
  levels: Opener['levels'],
  members: Columns,
  { log, fold }: MemberLayer,
  challenge: Ext,
): Columns {
  const { memory, field } = context;
  const level = levels[log - fold] as PlacedRows;
  const placed = memory.place(challenge);
  for (let pair = 0; pair < 2 ** (fold - 1); pair++) {
    const ys = addressOf(memory.pointsAt(level, fold, 2 * pair, log), 1);
    foldPair(context, members, pair, ys, placed);
  }
  return foldLine(context, members, level, log - 1, fold - 1, field.mul(challenge, challenge));
}

/** The line that the members of a line's places fold to, in the place of their first columns. */
function foldLine(
  context: VerifierContext,
  members: Columns,
  level: PlacedRows,
  log: number,
  fold: number,
  challenge: Ext,
): Columns {
  const { memory, field } = context;
  let by = challenge;
  for (let step = 0; step < fold; step++) {
    const placed = memory.place(by);
    for (let pair = 0; pair < 2 ** (fold - step - 1); pair++) {
      // A line's x at a place are those of twice the place on the circle domain of twice its size.
      const { address: xs } = memory.pointsAt(level, fold - step + 1, 4 * pair, log - step + 1);
      foldPair(context, members, pair, xs, placed);
    }
    by = field.mul(by, by);
  }
  return { ...members, count: field.degree };
}

/** Folds members 2 `pair` and 2 `pair` + 1 to member `pair`. */
function foldPair(
  { memory, field }: VerifierContext,
  members: Columns,
  pair: number,
  inverses: number,
  challenge: number,
): void {
  const at = (member: number): number => addressOf(members, member * field.degree);
  const { stride, rows } = members;
  const [a, b] = [at(2 * pair), at(2 * pair + 1)];
  memory.kernel.foldRows(at(pair), stride, a, b, stride, inverses, challenge, rows);
}

/** Folds the groups' lines into one. */
function checkFolds(
  context: VerifierContext,
  { levels, members }: Opener,
  proof: SegmentProof,
  lines: readonly Columns[],
  { folds, lastFactors }: QueryClaim,
): Columns {
  const { memory, layout } = context;
  const { quotientFolds, joining: lastJoining, finalLog } = layout.fold;
  const join = (line: Columns, log: number, joining: readonly number[], factors: readonly Ext[]): void => {
    joining.forEach((group, j) => {
      const size = (layout.groups[group] as HeightGroup).log - (quotientFolds[group] as number);
      const { rows } = levels[log] as PlacedRows;
      const lifted = liftColumns(
        memory,
        lines[group] as Columns,
        levels[size] as PlacedRows,
        rows,
        log - size,
      );
      const factor = memory.place(factors[j] as Ext);
      const { address, stride } = line;
      memory.kernel.addScaled(address, stride, lifted.address, lifted.stride, factor, rows.length);
    });
  };
  let line = lines[0] as Columns;
  folds.forEach(({ log, fold, challenge, joining, factors }, i) => {
    join(line, log, joining, factors);
    const root = proof.foldRoots[i] as Uint32Array;
    const [opened] = members(TREE_IDS.firstFold + i, root, [{ log, fold, values: line }]);
    line = foldLine(context, opened as Columns, levels[log - fold] as PlacedRows, log, fold, challenge);
  });
  join(line, finalLog, lastJoining, lastFactors);
  return line;
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

/** A line's values at places of one that is 2^`lift` times larger: place p has that of place p >> lift. */
function liftColumns(
  memory: VerifierMemory,
  line: Columns,
  { rows: own }: PlacedRows,
  places: Uint32Array,
  lift: number,
): Columns {
  const lifted = memory.columns(line.count, places.length);
  const words = memory.words();
  let from = 0;
  places.forEach((place, to) => {
    while (own[from] !== place >>> lift) from++;
    for (let k = 0; k < line.count; k++) {
      words[addressOf(lifted, k) / 4 + to] = words[addressOf(line, k) / 4 + from] as number;
    }
  });
  return lifted;
}
