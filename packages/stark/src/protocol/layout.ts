import type { CompiledChip } from '../air/logup.ts';
import type { ColumnTree, Node } from '../air/expression.ts';
import { reachable } from '../air/expression.ts';
import type { Machine } from '../air/machine.ts';
import type { Parameters } from './parameters.ts';

// Where everything of a proof is, from the machine and the heights alone: prover and verifier derive it
// alike, and nothing in a proof says it again.

/** The commitments a segment opens, in this order. */
export const TREES = ['preprocessed', 'main', 'interaction', 'composition'] as const;
export type TreeName = (typeof TREES)[number];

/** Columns of a chip by tree, and those whose next row constraints read. */
export type ChipShape = {
  readonly counts: Readonly<Record<TreeName, number>>;
  readonly next: Readonly<Record<TreeName, ReadonlySet<number>>>;
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
  /** Index among the chips that are there, -1 for fixed columns of one that is not. */
  readonly chip: number;
  /** Index among the chip's columns of this tree. */
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
  readonly openings: readonly Opening[];
};

export type Layout = {
  readonly chips: readonly PlacedChip[];
  readonly trees: Readonly<Record<TreeName, readonly PlacedColumn[]>>;
  /** Heights from the largest down. */
  readonly groups: readonly HeightGroup[];
  readonly fold: FoldPlan;
};

/** The committed layers after the first one: lines that are folded `fold` times. */
export type FoldPlan = {
  readonly layers: readonly { readonly log: number; readonly fold: number }[];
  /** log2 of the line the final polynomial stands for. */
  readonly finalLog: number;
  /** log2 of its coefficients. */
  readonly logFinal: number;
};

/** The columns a chip has in each tree. */
export function chipShape(compiled: CompiledChip, degree: number): ChipShape {
  const { chip, graph, constraints, wideColumns, logPieces } = compiled;
  const next: Record<TreeName, Set<number>> = {
    preprocessed: new Set(),
    main: new Set(),
    interaction: new Set(),
    composition: new Set(),
  };
  for (const id of reachable(
    graph,
    constraints.map(({ expression }) => expression),
  )) {
    const node = graph.nodes[id] as Node;
    if (node.op === 'column' && node.offset === 1) next[node.tree satisfies ColumnTree].add(node.index);
    if (node.op === 'wide' && node.offset === 1) {
      for (let k = 0; k < degree; k++) next.interaction.add(node.index * degree + k);
    }
  }
  return {
    counts: {
      preprocessed: chip.preprocessed.length,
      main: chip.main.length,
      interaction: wideColumns * degree,
      composition: 2 ** logPieces * degree,
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
    counts: readonly (readonly [chip: number, count: number, log: number])[],
  ): PlacedColumn[] => {
    const placed: PlacedColumn[] = [];
    const widths: number[] = [];
    for (const [chip, count, log] of counts) {
      const before = widths[log] ?? 0;
      for (let column = 0; column < count; column++) {
        placed.push({ chip, column, log, position: before + column });
      }
      widths[log] = before + count;
    }
    return placed;
  };
  const ofChips = (tree: TreeName): PlacedColumn[] =>
    columns(chips.map(({ shape, logHeight }, chip) => [chip, shape.counts[tree], logHeight + logBlowup]));
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
    composition: ofChips('composition'),
  };
  const logs = [...new Set(chips.map(({ logHeight }) => logHeight + logBlowup))].sort((a, b) => b - a);
  const openings = new Map<number, Opening[]>(logs.map((log) => [log, []]));
  for (const next of [false, true]) {
    for (const tree of TREES) {
      trees[tree].forEach(({ chip, column, log }, place) => {
        const shape = chips[chip]?.shape;
        if (shape === undefined || (next && !shape.next[tree].has(column))) return;
        openings.get(log)?.push({ tree, place, next });
      });
    }
  }
  const groups = logs.map((log) => ({
    log,
    logHeight: log - logBlowup,
    openings: openings.get(log) as Opening[],
  }));
  return { chips, trees, groups, fold: createFoldPlan(logs, parameters) };
}

/**
 * The layers of the folding: each as many folds as allowed, but none beyond the height where the next
 * smaller table's quotient joins.
 *
 * @param logs evaluation domains, largest first
 */
export function createFoldPlan(
  logs: readonly number[],
  { logBlowup, maxFold, logFinal }: Parameters,
): FoldPlan {
  const smallest = logs.at(-1) as number;
  const finalLog = Math.min(logFinal + logBlowup, smallest - 1);
  const layers: { log: number; fold: number }[] = [];
  let log = (logs[0] as number) - 1;
  while (log > finalLog) {
    const joins = logs.map((other) => other - 1).filter((other) => other < log);
    const stop = Math.max(finalLog, ...joins);
    const fold = Math.min(maxFold, log - stop);
    layers.push({ log, fold });
    log -= fold;
  }
  return { layers, finalLog, logFinal: finalLog - logBlowup };
}
