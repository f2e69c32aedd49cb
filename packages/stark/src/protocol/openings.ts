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
import { pointsOf, quotientTerms } from './quotient.ts';

/** The FFT basis' factors at a point: y, x, pi(x), … */
function basisFactors(field: ExtensionField, point: ExtPoint, log: number): Ext[] {
  const factors = [point.y, point.x];
  while (factors.length < log) factors.push(doubleExtX(field, factors.at(-1) as Ext));
  return factors;
}

/** Rows weighed at a time: their weights stay cached for all columns. */
const BLOCK_ROWS = 1024;

/** Evaluates all columns of all groups, in the layout's order. */
export function openColumns(context: ProverContext, point: ExtPoint): Ext[][] {
  const { workspace, layout } = context;
  const { field } = workspace;
  return layout.groups.map((group) => {
    const values: Ext[] = [];
    for (const { point: at, members } of pointsOf(field, group, point)) {
      const addresses = members.map(({ opening }) => columnOf(context, opening));
      const evaluated = evaluateColumns(workspace, addresses, group, at, context.poll);
      members.forEach(({ at: place }, i) => {
        values[place] = evaluated[i] as Ext;
      });
    }
    return values;
  });
}

function columnOf({ layout, columns }: ProverContext, { tree, place }: Opening): number {
  const { chip, column } = layout.trees[tree][place] as PlacedColumn;
  return addressOf(columns[tree][chip] as Columns, column);
}

/**
 * Values at a point of polynomials given by their values on an evaluation domain.
 *
 * The first 2^logHeight places of the domain are a coset that determines a column. Its coefficients there are
 * a linear map of its values, the inverse FFT; the value at the point is the inner product with the basis at
 * the point, so that the transposed map takes the basis to weights of the values, once for all columns. The
 * transpose of an inverse butterfly (a + b, (a - b) / w) is the forward one with 1/w for w.
 */
function evaluateColumns(
  workspace: Workspace,
  addresses: readonly number[],
  { log, logHeight }: HeightGroup,
  point: ExtPoint,
  poll: () => void,
): Ext[] {
  const { field, kernel } = workspace;
  const { degree } = field;
  const rows = 2 ** logHeight;
  const mark = workspace.mark();
  const weights = workspace.columns(degree, rows);
  const factors = workspace.place(basisFactors(field, point, logHeight).flat());
  kernel.basisWeights(weights.address, weights.stride, factors, logHeight);
  for (let k = 0; k < degree; k++) workspace.transposeInterpolation(addressOf(weights, k), logHeight, log);
  const results = workspace.allocate(4 * degree * addresses.length);
  const pointers = workspace.allocate(4 * addresses.length);
  let values = addresses.map(() => field.zero);
  for (let start = 0; start < rows; start += BLOCK_ROWS) {
    poll();
    const words = workspace.words();
    words.set(
      addresses.map((address) => address + 4 * start),
      pointers / 4,
    );
    kernel.evaluateColumns(
      results,
      pointers,
      addresses.length,
      weights.address + 4 * start,
      weights.stride,
      Math.min(BLOCK_ROWS, rows),
    );
    values = values.map((value, c) => {
      const at = results / 4 + c * degree;
      return value.map((word, k) => addM31(word, words[at + k] as number));
    });
  }
  workspace.release(mark);
  return values;
}

/** The combined quotient of each group, as columns of E, and the tree over their pairs of places. */
export type Quotients = { readonly tree: MerkleTree; readonly columns: readonly Columns[] };

/** Combines each group's openings by powers of the batching challenge and commits to the quotients. */
export function commitQuotients(
  context: ProverContext,
  point: ExtPoint,
  opened: readonly (readonly Ext[])[],
  batching: Ext,
): Quotients {
  const { workspace, layout } = context;
  const { kernel, field } = workspace;
  const { degree } = field;
  const columns = layout.groups.map((group, g) => {
    const rows = 2 ** group.log;
    const quotient = workspace.columns(degree, rows);
    workspace.clear(quotient.address, degree * quotient.stride);
    const powers = field.powers(batching, group.openings.length);
    for (const { point: at, members } of pointsOf(field, group, point)) {
      context.poll();
      const mark = workspace.mark();
      const sums = workspace.columns(degree, rows);
      workspace.clear(sums.address, degree * sums.stride);
      const coefficients = members.map((member) => powers[member.at] as Ext);
      kernel.combine(
        sums.address,
        sums.stride,
        workspace.place(members.map(({ opening }) => columnOf(context, opening))),
        workspace.place(coefficients.flat().map((word) => 2 * word)),
        members.length,
        rows,
      );
      const values = members.map((member) => opened[g]?.[member.at] as Ext);
      const { line, constant, slope } = quotientTerms(field, at, values, coefficients);
      kernel.addQuotients(
        quotient.address,
        quotient.stride,
        sums.address,
        sums.stride,
        workspace.table('x', group.log),
        workspace.table('y', group.log),
        workspace.place(line.flat()),
        workspace.place([...constant, ...slope]),
        rows,
      );
      workspace.release(mark);
    }
    return quotient;
  });
  const pairs = columns.flatMap((quotient, g) => {
    const { log } = layout.groups[g] as HeightGroup;
    return groupedColumns(workspace, quotient, log, 1).map((address) => ({ address, log: log - 1 }));
  });
  return { tree: commitTree(workspace, TREE_IDS.quotients, pairs), columns };
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
    workspace.kernel.deinterleave(
      addresses[k] as number,
      grouped.stride * degree,
      addressOf(columns, k),
      fold,
      rows,
    );
  }
  return addresses;
}
