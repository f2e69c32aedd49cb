import { pointAtStored, vanishing } from '../circle/domain.ts';
import type { MerkleTree } from '../commit/tree.ts';
import type { Ext } from '../field/extension.ts';
import { invM31 } from '../field/m31.ts';
import type { Columns, Workspace } from '../kernel/workspace.ts';
import { columnAddresses } from '../kernel/workspace.ts';
import type { ChipProgram } from './program.ts';
import { placeScalars } from './program.ts';
import type { HeightGroup, PlacedChip } from './layout.ts';
import type { ProverContext } from './prover-context.ts';
import { commitPlaced } from './prover-context.ts';
import { addressOf, selectorValues } from './prover-columns.ts';

/**
 * Evaluates a random combination of all constraints of each height's chips, divides by what vanishes on the
 * trace, and commits to the quotient in pieces of the trace's height.
 *
 * A constraint of degree d makes a quotient of degree (d - 1) N / 2 as a circle polynomial. It is in the
 * FFT space of 2^logPieces N: the one function such a space lacks, a pure power of x, does not come up for
 * d = 2^k + 1, where the top part has an odd power of y, and is below the top for smaller d.
 *
 * @param shares by chip of the layout
 */
export function commitComposition(
  context: ProverContext,
  shares: readonly Ext[],
  combination: Ext,
): MerkleTree {
  const { layout, workspace, columns } = context;
  layout.groups.forEach((group, g) => {
    columns.composition[g] = commitGroup(context, group, shares, combination);
  });
  return commitPlaced(workspace, layout, 'composition', columns.composition);
}

function commitGroup(
  context: ProverContext,
  { chips, logHeight, log, logPieces }: HeightGroup,
  shares: readonly Ext[],
  combination: Ext,
): Columns {
  const { workspace, layout } = context;
  const { field } = workspace;
  const { degree } = field;
  const rows = 2 ** logHeight;
  const logPlaces = logHeight + logPieces;
  const pieces = 2 ** logPieces;

  const values = workspace.columns(pieces * degree, 2 ** log);
  const mark = workspace.mark();
  const sums = workspace.columns(degree, 2 ** logPlaces);
  workspace.clear(sums.address, degree * sums.stride);
  const members = chips.map((index) => ({ index, placed: layout.chips[index] as PlacedChip }));
  // Each constraint of the height has a power of its own, the chips' one after the other.
  const counts = members.map(({ placed }) => placed.compiled.constraints.length);
  const powers = field.powers(
    combination,
    counts.reduce((sum, count) => sum + count, 0),
  );
  let used = 0;
  members.forEach(({ index, placed }, i) => {
    const own = workspace.mark();
    const coefficients = powers.slice(used, (used += counts[i] as number));
    const scalars = placeScalars(context, placed.compiled, shares[index] as Ext, coefficients);
    accumulate(context, placed, index, sums, scalars);
    workspace.release(own);
  });

  // What vanishes on the trace is constant on runs of as many places as the trace has rows.
  for (let run = 0; run < pieces; run++) {
    const { x } = pointAtStored(run * rows, log);
    const factor = invM31(vanishing(x, logHeight));
    for (let k = 0; k < degree; k++) {
      workspace.run(rows, 'scale', addressOf(sums, k) + 4 * run * rows, rows, factor);
    }
  }
  workspace.join();
  for (let k = 0; k < degree; k++) workspace.interpolate(addressOf(sums, k), logPlaces, log);
  workspace.join();
  for (let k = 0; k < degree; k++) {
    for (let piece = 0; piece < pieces; piece++) {
      const coefficients = addressOf(sums, k) + 4 * piece * rows;
      workspace.extend(addressOf(values, piece * degree + k), coefficients, logHeight, log);
    }
  }
  workspace.join();
  workspace.release(mark);
  return values;
}

/** Adds coefficient · constraint over the first places of the evaluation domain to `sums`. */
function accumulate(
  context: ProverContext,
  { compiled, logHeight }: PlacedChip,
  index: number,
  sums: Columns,
  scalars: number,
): void {
  const { workspace, key, columns, programs } = context;
  const { logBlowup } = key.parameters;
  const log = logHeight + logBlowup;
  const places = sums.rows;
  const { table, index: program } = programs.get(compiled) as ChipProgram;
  const usesSelectors = table.slots.some(({ kind }) => kind === 'selector');
  const selectors = usesSelectors
    ? selectorValues(workspace, logHeight, logBlowup, Math.log2(places))
    : undefined;
  const pointers = table.slots.map((slot) =>
    slot.kind === 'selector'
      ? addressOf(selectors as Columns, slot.row === 'first' ? 0 : 1)
      : addressOf(columns[slot.tree][index] as Columns, slot.index),
  );
  const readsNext = table.slots.some((slot) => slot.kind === 'column' && slot.offset === 1);
  const offsets = readsNext ? nextOffsets(workspace, log, logBlowup, places) : 0;
  const pointerTable = workspace.place([...pointers, ...columnAddresses(sums), offsets]);
  const width = table.slots.length;
  for (const { start, count } of workspace.ranges(places, width)) {
    const end = 4 * (start + count);
    workspace.runChip(count * width, program, 'constraints', pointerTable, scalars, 4 * start, end);
  }
  workspace.join();
}

/** Byte offsets of what stands one row further than each of the first places of an evaluation domain. */
function nextOffsets(workspace: Workspace, log: number, logBlowup: number, places: number): number {
  const offsets = workspace.allocate(4 * places);
  for (const { start, count } of workspace.ranges(places, 1)) {
    workspace.run(count, 'nextTable', offsets, log, logBlowup, start, count);
  }
  workspace.join();
  return offsets;
}
