import { pointAtStored, vanishing } from '../circle/domain.ts';
import type { MerkleTree } from '../commit/tree.ts';
import type { Ext } from '../field/extension.ts';
import { invM31 } from '../field/m31.ts';
import type { Columns } from '../kernel/workspace.ts';
import { columnAddresses } from '../kernel/workspace.ts';
import { chipProgram, placeScalars } from './program.ts';
import type { PlacedChip } from './layout.ts';
import type { ProverContext } from './prover-context.ts';
import { commitPlaced } from './prover-context.ts';
import { addressOf, selectorValues } from './prover-columns.ts';

/** Rows evaluated at a time: what a tile reads stays in the second cache. */
const TILE_ROWS = 256;

/**
 * Evaluates the random combination of each chip's constraints, divides by what vanishes on the trace, and
 * commits to the quotient in pieces of the trace's height.
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
  layout.chips.forEach((placed, i) => {
    columns.composition[i] = commitChip(context, placed, i, shares[i] as Ext, combination);
  });
  return commitPlaced(workspace, layout, 'composition', columns.composition);
}

function commitChip(
  context: ProverContext,
  placed: PlacedChip,
  index: number,
  share: Ext,
  combination: Ext,
): Columns {
  const { workspace, key } = context;
  const { kernel, field } = workspace;
  const { degree } = field;
  const { logBlowup } = key.parameters;
  const { compiled, logHeight } = placed;
  const { logPieces } = compiled;
  const rows = 2 ** logHeight;
  const logPlaces = logHeight + logPieces;
  const pieces = 2 ** logPieces;

  const values = workspace.columns(pieces * degree, rows * 2 ** logBlowup);
  const mark = workspace.mark();
  const sums = workspace.columns(degree, 2 ** logPlaces);
  workspace.clear(sums.address, degree * sums.stride);
  accumulate(
    context,
    placed,
    index,
    sums,
    placeScalars(context, placed.compiled, share, field.powers(combination, compiled.constraints.length)),
  );

  // What vanishes on the trace is constant on runs of as many places as the trace has rows.
  for (let run = 0; run < pieces; run++) {
    const { x } = pointAtStored(run * rows, logHeight + logBlowup);
    const factor = invM31(vanishing(x, logHeight));
    for (let k = 0; k < degree; k++) kernel.scale(addressOf(sums, k) + 4 * run * rows, rows, factor);
  }
  for (let k = 0; k < degree; k++) {
    context.poll();
    workspace.interpolate(addressOf(sums, k), logPlaces, logHeight + logBlowup);
    for (let piece = 0; piece < pieces; piece++) {
      const coefficients = addressOf(sums, k) + 4 * piece * rows;
      workspace.extend(addressOf(values, piece * degree + k), coefficients, logHeight, logHeight + logBlowup);
    }
  }
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
  const { workspace, key, columns } = context;
  const { kernel } = workspace;
  const { logBlowup } = key.parameters;
  const log = logHeight + logBlowup;
  const places = sums.rows;
  const { table, code } = chipProgram(context, compiled);
  const usesSelectors = table.slots.some(({ kind }) => kind === 'selector');
  const selectors = usesSelectors
    ? selectorValues(workspace, logHeight, logBlowup, logHeight + compiled.logPieces)
    : undefined;

  // Values of the next row are gathered into a scratch column a tile at a time.
  const nextSlots: number[] = [];
  const sources: number[] = [];
  const pointers = table.slots.map((slot, at) => {
    if (slot.kind === 'selector') return addressOf(selectors as Columns, slot.row === 'first' ? 0 : 1);
    const address = addressOf(columns[slot.tree][index] as Columns, slot.index);
    if (slot.offset === 1) {
      nextSlots.push(at);
      sources.push(address);
    }
    return address;
  });
  const pointerTable = workspace.place([...pointers, ...columnAddresses(sums)]);
  const scratch = workspace.columns(nextSlots.length, TILE_ROWS);
  const targets = workspace.place(columnAddresses(scratch));
  const from = workspace.place(sources);
  const offsets = workspace.allocate(4 * places);
  if (nextSlots.length > 0) kernel.nextTable(offsets, log, logBlowup, places);

  for (let start = 0; start < places; start += TILE_ROWS) {
    const count = Math.min(TILE_ROWS, places - start);
    if (start % (64 * TILE_ROWS) === 0) context.poll();
    kernel.gather(targets, from, nextSlots.length, offsets + 4 * start, count);
    // Generated code counts rows from the domain's begin.
    const words = workspace.words();
    nextSlots.forEach((slot, i) => {
      words[pointerTable / 4 + slot] = addressOf(scratch, i) - 4 * start;
    });
    for (const add of code.constraints) add(pointerTable, scalars, 4 * start, 4 * (start + count));
  }
}
