import type { CompiledChip } from '../air/logup.ts';
import type { ColumnTree, Node } from '../air/expression.ts';
import { reachable } from '../air/expression.ts';
import type { Machine } from '../air/machine.ts';
import type { MemberLayer } from '../commit/members.ts';
import type { Parameters } from './parameters.ts';

// Where everything of a proof is, from the machine and the heights alone: prover and verifier derive it
// alike, and nothing in a proof says it again.

/** The commitments a segment opens, in this order. */
export const TREES = ['preprocessed', 'main', 'interaction', 'composition'] as const;
export type TreeName = (typeof TREES)[number];

/** Columns of a chip by tree, and those whose next row constraints read. */
export type ChipShape = {
  readonly counts: Readonly<Record<ColumnTree, number>>;
  readonly next: Readonly<Record<ColumnTree, ReadonlySet<number>>>;
};

/** A chip that is there, with its height. */
export type PlacedChip = {
  readonly compiled: CompiledChip;
  readonly shape: ChipShape;
  /** Place in the machine. */
  readonly index: number;
  readonly logHeight: number;
};

/** A column of a tree with its place in the order of commitment. */
export type PlacedColumn = {
  /**
   * Index among the chips that are there, -1 for fixed columns of one that is not; of composition columns, which
   * all chips of a height share, among the groups.
   */
  readonly owner: number;
  /** Index among the owner's columns of this tree. */
  readonly column: number;
  /** log2 of its evaluation domain. */
  readonly log: number;
  /** Index among the tree's columns of this height: its place in a row of them. */
  readonly position: number;
};

/** A value opened at the point (`next` false) or one trace row further. */
export type Opening = {
  readonly tree: TreeName;
  /** Index in the tree's order. */
  readonly place: number;
  readonly next: boolean;
};

/** All that is opened of one height, in the order of the batching challenge's powers. */
export type HeightGroup = {
  readonly log: number;
  readonly logHeight: number;
  /** Indices of its chips among those that are there. */
  readonly chips: readonly number[];
  /** log2 of the pieces that the quotient of their constraints is committed to in. */
  readonly logPieces: number;
  readonly openings: readonly Opening[];
};

export type Layout = {
  readonly chips: readonly PlacedChip[];
  readonly trees: Readonly<Record<TreeName, readonly PlacedColumn[]>>;
  /** Heights from the largest down. */
  readonly groups: readonly HeightGroup[];
  readonly fold: FoldPlan;
};

/** A committed line, which is folded `fold` times. */
export type FoldLayer = {
  readonly log: number;
  readonly fold: number;
  /** Groups whose lines are lifted to this one and added before it is committed to. */
  readonly joining: readonly number[];
};

/** How the groups' quotients become one final polynomial. */
export type FoldPlan = {
  /** By group: folds of its quotient, the first of them from the circle to a line, before its line joins others. */
  readonly quotientFolds: readonly number[];
  /** The committed layers after the quotients. */
  readonly layers: readonly FoldLayer[];
  /** Groups whose lines are added to what the last layer folds to. */
  readonly joining: readonly number[];
  /** log2 of the line the final polynomial stands for. */
  readonly finalLog: number;
  /** log2 of its coefficients. */
  readonly logFinal: number;
};

/** The columns a chip has in each tree. */
export function chipShape(compiled: CompiledChip, degree: number): ChipShape {
  const { chip, graph, constraints, wideColumns } = compiled;
  const next: Record<ColumnTree, Set<number>> = {
    preprocessed: new Set(),
    main: new Set(),
    interaction: new Set(),
  };
  for (const id of reachable(
    graph,
    constraints.map(({ expression }) => expression),
  )) {
    const node = graph.nodes[id] as Node;
    if (node.op === 'column' && node.offset === 1) next[node.tree].add(node.index);
    if (node.op === 'wide' && node.offset === 1) {
      for (let k = 0; k < degree; k++) next.interaction.add(node.index * degree + k);
    }
  }
  return {
    counts: {
      preprocessed: chip.preprocessed.length,
      main: chip.main.length,
      interaction: wideColumns * degree,
    },
    next,
  };
}

const SHAPES = new WeakMap<CompiledChip, Map<number, ChipShape>>();

/** {@link chipShape}, computed once for each chip and degree. */
function knownShape(compiled: CompiledChip, degree: number): ChipShape {
  let shapes = SHAPES.get(compiled);
  if (shapes === undefined) SHAPES.set(compiled, (shapes = new Map()));
  let shape = shapes.get(degree);
  if (shape === undefined) shapes.set(degree, (shape = chipShape(compiled, degree)));
  return shape;
}

/** Layouts that are kept of a machine. */
const KEPT_LAYOUTS = 8;

const LAYOUTS = new WeakMap<Machine, Map<string, Layout>>();

/** The layout of a segment with these heights; those of the last few are kept. */
export function layoutOf(
  {
    machine,
    fixedLogHeights,
    parameters,
  }: {
    readonly machine: Machine;
    readonly fixedLogHeights: readonly (number | undefined)[];
    readonly parameters: Parameters;
  },
  logHeights: readonly (number | undefined)[],
): Layout {
  const { extensionDegree, logBlowup, maxFold, logFinal } = parameters;
  const key = [extensionDegree, logBlowup, maxFold, logFinal, ...fixedLogHeights, ...logHeights].join();
  let known = LAYOUTS.get(machine);
  if (known === undefined) LAYOUTS.set(machine, (known = new Map()));
  let layout = known.get(key);
  if (layout === undefined) {
    if (known.size >= KEPT_LAYOUTS) known.clear();
    known.set(key, (layout = createLayout(machine, logHeights, fixedLogHeights, parameters)));
  }
  return layout;
}

/**
 * @param logHeights of each chip of the machine, undefined for one that is left out
 * @param fixedLogHeights of the chips with preprocessed columns: those are committed once for all proofs,
 *   so that their tree is the same whether a chip is there or not
 */
export function createLayout(
  machine: Machine,
  logHeights: readonly (number | undefined)[],
  fixedLogHeights: readonly (number | undefined)[],
  parameters: Parameters,
): Layout {
  const { logBlowup, extensionDegree } = parameters;
  const chips: PlacedChip[] = [];
  machine.chips.forEach((compiled, index) => {
    const logHeight = logHeights[index];
    if (logHeight === undefined) return;
    chips.push({ compiled, shape: knownShape(compiled, extensionDegree), index, logHeight });
  });
  const placeOf = new Map(chips.map(({ index }, chip) => [index, chip]));
  const columns = (
    counts: readonly (readonly [owner: number, count: number, log: number])[],
  ): PlacedColumn[] => {
    const placed: PlacedColumn[] = [];
    const widths: number[] = [];
    for (const [owner, count, log] of counts) {
      const before = widths[log] ?? 0;
      for (let column = 0; column < count; column++) {
        placed.push({ owner, column, log, position: before + column });
      }
      widths[log] = before + count;
    }
    return placed;
  };
  const ofChips = (tree: ColumnTree): PlacedColumn[] =>
    columns(chips.map(({ shape, logHeight }, chip) => [chip, shape.counts[tree], logHeight + logBlowup]));
  const logs = [...new Set(chips.map(({ logHeight }) => logHeight + logBlowup))].sort((a, b) => b - a);
  const members = logs.map((log) => {
    const own = chips.flatMap(({ logHeight }, chip) => (logHeight + logBlowup === log ? [chip] : []));
    return {
      chips: own,
      logPieces: Math.max(...own.map((chip) => (chips[chip] as PlacedChip).compiled.logPieces)),
    };
  });
  const trees: Record<TreeName, PlacedColumn[]> = {
    preprocessed: columns(
      machine.chips.map(({ chip }, index) => [
        placeOf.get(index) ?? -1,
        chip.preprocessed.length,
        (fixedLogHeights[index] ?? 0) + logBlowup,
      ]),
    ),
    main: ofChips('main'),
    interaction: ofChips('interaction'),
    composition: columns(
      members.map(({ logPieces }, group) => [group, 2 ** logPieces * extensionDegree, logs[group] as number]),
    ),
  };
  const openings = new Map<number, Opening[]>(logs.map((log) => [log, []]));
  for (const next of [false, true]) {
    for (const tree of TREES) {
      trees[tree].forEach(({ owner, column, log }, place) => {
        const isOpened =
          tree === 'composition'
            ? !next
            : chips[owner] && (!next || chips[owner].shape.next[tree].has(column));
        if (isOpened) openings.get(log)?.push({ tree, place, next });
      });
    }
  }
  const groups = logs.map((log, group) => ({
    ...(members[group] as (typeof members)[number]),
    log,
    logHeight: log - logBlowup,
    openings: openings.get(log) as Opening[],
  }));
  return { chips, trees, groups, fold: createFoldPlan(logs, parameters) };
}

/** The quotients' places and folds, in the groups' order. */
export function quotientLayers({ groups, fold }: Layout): readonly MemberLayer[] {
  return groups.map(({ log }, g) => ({ log, fold: fold.quotientFolds[g] as number }));
}

/**
 * The layers of the folding: each as many folds as allowed, the quotients being the first. Quotients above the first
 * line are folded to its size. A smaller group's line joins the smallest one that is at least as large, lifted to its
 * size: each value stands at all places that fold to its own.
 *
 * @param logs evaluation domains, largest first
 */
export function createFoldPlan(
  logs: readonly number[],
  { logBlowup, maxFold, logFinal }: Parameters,
): FoldPlan {
  const [largest, smallest] = [logs[0] as number, logs.at(-1) as number];
  const finalLog = Math.min(logFinal + logBlowup, smallest - 1);
  const first = largest - Math.min(maxFold, largest - finalLog);
  const quotientFolds = logs.map((log) => Math.max(1, log - first));
  const joiningAt = (line: number, below: number): number[] =>
    logs.flatMap((log, group) => {
      const own = log - (quotientFolds[group] as number);
      return group > 0 && own <= line && own > below ? [group] : [];
    });
  const layers: FoldLayer[] = [];
  for (let log = first; log > finalLog; log -= layers.at(-1)?.fold as number) {
    const fold = Math.min(maxFold, log - finalLog);
    layers.push({ log, fold, joining: joiningAt(log, log - fold) });
  }
  const joining = joiningAt(finalLog, finalLog - 1);
  return { quotientFolds, layers, joining, finalLog, logFinal: finalLog - logBlowup };
}
