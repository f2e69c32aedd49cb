import { doubleExtX } from '../circle/point.ts';
import type { ExtPoint } from '../circle/point.ts';
import { TREE_IDS } from '../commit/nodes.ts';
import type { MerkleTree } from '../commit/tree.ts';
import { commitTree } from '../commit/tree.ts';
import type { Ext, ExtensionField } from '../field/extension.ts';
import { addM31 } from '../field/m31.ts';
import type { Columns, Workspace } from '../kernel/workspace.ts';
import { columnAddresses } from '../kernel/workspace.ts';
import type { HeightGroup, Opening, PlacedColumn } from './layout.ts';
import type { ProverContext } from './prover-context.ts';
import { addressOf } from './prover-columns.ts';
import { coordinateSums, pointsOf, quotientTerms } from './quotient.ts';

/** The FFT basis' factors at a point: y, x, pi(x), … */
function basisFactors(field: ExtensionField, point: ExtPoint, log: number): Ext[] {
  const factors = [point.y, point.x];
  while (factors.length < log) factors.push(doubleExtX(field, factors.at(-1) as Ext));
  return factors;
}

/** Evaluates all columns of all groups, in the layout's order. */
export function openColumns(context: ProverContext, point: ExtPoint): Ext[][] {
  const { workspace, layout } = context;
  const { field } = workspace;
  return layout.groups.map((group) => {
    const values: Ext[] = [];
    for (const { point: at, members } of pointsOf(field, group, point)) {
      const addresses = members.map(({ opening }) => columnOf(context, opening));
      const evaluated = evaluateColumns(workspace, addresses, group, at);
      members.forEach(({ at: place }, i) => {
        values[place] = evaluated[i] as Ext;
      });
    }
    return values;
  });
}

function columnOf({ layout, columns }: ProverContext, { tree, place }: Opening): number {
  const { owner, column } = layout.trees[tree][place] as PlacedColumn;
  return addressOf(columns[tree][owner] as Columns, column);
}

/**
 * Values at a point of polynomials given by their values on an evaluation domain.
 *
 * The first 2^logHeight places of the domain are a coset that determines a column. Its coefficients there are
 * a linear map of its values, the inverse FFT; the value at the point is the inner product with the basis at
 * the point, so that the transposed map takes the basis to weights of the values, once for all columns.
 */
function evaluateColumns(
  workspace: Workspace,
  addresses: readonly number[],
  { log, logHeight }: HeightGroup,
  point: ExtPoint,
): Ext[] {
  const { field, kernel } = workspace;
  const { degree } = field;
  const rows = 2 ** logHeight;
  const mark = workspace.mark();
  const weights = workspace.columns(degree, rows);
  const factors = workspace.place(basisFactors(field, point, logHeight).flat());
  kernel.basisWeights(weights.address, weights.stride, factors, logHeight);
  for (let k = 0; k < degree; k++) workspace.transposeInterpolation(addressOf(weights, k), logHeight, log);
  workspace.join();
  const columns = workspace.place(addresses);
  const { length } = addresses;
  const { address, stride } = weights;
  const ranges = workspace.ranges(rows, length);
  const results = workspace.allocate(4 * degree * length * ranges.length);
  ranges.forEach(({ start, count }, i) => {
    const to = results + 4 * degree * length * i;
    workspace.run(count * length, 'evaluateColumns', to, columns, length, address, stride, start, count);
  });
  workspace.join();
  const words = workspace.words();
  const values = addresses.map((_, c) =>
    field.zero.map((_, k) =>
      ranges.reduce(
        (sum, _, i) => addM31(sum, words[results / 4 + (i * length + c) * degree + k] as number),
        0,
      ),
    ),
  );
  workspace.release(mark);
  return values;
}

/** What a place's quotient weighs in words of other work. */
const QUOTIENT_WORDS = 16;

/** The combined quotient of each group, as columns of E, and the tree over what their folds read together. */
export type Quotients = { readonly tree: MerkleTree; readonly columns: readonly Columns[] };

/** Combines each group's openings by powers of the batching challenge and commits to the quotients. */
export function commitQuotients(
  context: ProverContext,
  point: ExtPoint,
  opened: readonly (readonly Ext[])[],
  batching: Ext,
): Quotients {
  const { workspace, layout } = context;
  const { field } = workspace;
  const { degree } = field;
  const columns = layout.groups.map((group, g) => {
    const rows = 2 ** group.log;
    const quotient = workspace.columns(degree, rows);
    workspace.clear(quotient.address, degree * quotient.stride);
    const powers = field.powers(batching, group.openings.length);
    for (const { point: at, members } of pointsOf(field, group, point)) {
      const mark = workspace.mark();
      const sums = workspace.columns(degree, rows);
      workspace.clear(sums.address, degree * sums.stride);
      const coefficients = members.map((member) => powers[member.at] as Ext);
      const pointers = workspace.place(members.map(({ opening }) => columnOf(context, opening)));
      const factors = workspace.place(coefficients.flat());
      const { length } = members;
      for (const { start, count } of workspace.ranges(rows, length)) {
        const { address, stride } = sums;
        workspace.run(count * length, 'combine', address, stride, pointers, factors, length, start, count);
      }
      workspace.join();
      const values = members.map((member) => opened[g]?.[member.at] as Ext);
      const { line, constant, slope } = quotientTerms(field, at, coordinateSums(field, values, coefficients));
      const lineWords = workspace.place(line.flat());
      const offsets = workspace.place([...constant, ...slope]);
      const [xs, ys] = [workspace.table('x', group.log), workspace.table('y', group.log)];
      for (const { start, count } of workspace.ranges(rows, QUOTIENT_WORDS)) {
        workspace.run(
          QUOTIENT_WORDS * count,
          'addQuotients',
          quotient.address + 4 * start,
          quotient.stride,
          sums.address + 4 * start,
          sums.stride,
          // Four places share an x, two a y.
          xs + start,
          ys + 2 * start,
          lineWords,
          offsets,
          count,
        );
      }
      workspace.join();
      workspace.release(mark);
    }
    return quotient;
  });
  const members = columns.flatMap((quotient, g) => {
    const { log } = layout.groups[g] as HeightGroup;
    const fold = layout.fold.quotientFolds[g] as number;
    return groupedColumns(workspace, quotient, log, fold).map((address) => ({ address, log: log - fold }));
  });
  return { tree: commitTree(workspace, TREE_IDS.quotients, members), columns };
}

/**
 * Columns of the members of groups of 2^`fold` places: for each member in order, its `degree` words. A
 * tree over them has one leaf for all that a fold reads.
 */
export function groupedColumns(workspace: Workspace, columns: Columns, log: number, fold: number): number[] {
  const { degree } = workspace.field;
  const size = 2 ** fold;
  const rows = 2 ** (log - fold);
  const grouped = workspace.columns(size * degree, rows);
  const addresses = columnAddresses(grouped);
  for (let k = 0; k < degree; k++) {
    // Member g of coordinate k is column g · degree + k.
    const [to, from] = [addresses[k] as number, addressOf(columns, k)];
    for (const { start, count } of workspace.ranges(rows, size)) {
      const target = to + 4 * start;
      const source = from + 4 * size * start;
      workspace.run(size * count, 'deinterleave', target, grouped.stride * degree, source, fold, count);
    }
  }
  workspace.join();
  return addresses;
}
