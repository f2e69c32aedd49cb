import type { ChipTrace } from '../air/trace.ts';
import type { MerkleTree } from '../commit/tree.ts';
import type { Ext } from '../field/extension.ts';
import { invM31 } from '../field/m31.ts';
import type { Columns } from '../kernel/workspace.ts';
import type { PlacedChip } from './layout.ts';
import type { ChipProgram } from './program.ts';
import { placeScalars } from './program.ts';
import type { ProverContext } from './prover-context.ts';
import { commitPlaced } from './prover-context.ts';
import { addressOf, traceAddress, traceColumns } from './prover-columns.ts';

/** The committed lookup columns of all chips. */
export type Interaction = {
  /** Undefined when no chip uses a bus. */
  readonly tree: MerkleTree | undefined;
  /** Of each chip that uses buses. */
  readonly claimedSums: readonly Ext[];
  /** By chip of the layout: claimed sum divided by height, zero without buses. */
  readonly shares: readonly Ext[];
};

/** Makes and commits the columns of the lookup argument. */
export function commitInteraction(context: ProverContext): Interaction {
  const { workspace, layout, columns, key } = context;
  const { field } = workspace;
  const claimedSums: Ext[] = [];
  const shares: Ext[] = [];
  layout.chips.forEach((placed, i) => {
    if (placed.compiled.groups.length === 0) {
      shares.push(field.zero);
      return;
    }
    const { claimed, share, committed } = commitChip(context, placed, key.parameters.logBlowup);
    claimedSums.push(claimed);
    shares.push(share);
    columns.interaction[i] = committed;
  });
  const tree =
    claimedSums.length === 0
      ? undefined
      : commitPlaced(workspace, layout, 'interaction', columns.interaction);
  return { tree, claimedSums, shares };
}

function commitChip(
  context: ProverContext,
  { compiled, logHeight }: PlacedChip,
  logBlowup: number,
): { readonly claimed: Ext; readonly share: Ext; readonly committed: Columns } {
  const { workspace, trace, fixedTraces, programs } = context;
  const { kernel, field } = workspace;
  const { degree } = field;
  const { chip, groups } = compiled;
  const rows = 2 ** logHeight;
  const { table, index } = programs.get(compiled) as ChipProgram;

  // The results outlive the scratch, so they are allocated first: every group's column but the last
  // one's, the sum of all, which becomes the running sum.
  const values = workspace.columns(groups.length * degree, rows * 2 ** logBlowup);
  const targets = traceAddress(values.address, logHeight);
  const mark = workspace.mark();
  const total = workspace.columns(degree, rows);
  workspace.clear(total.address, degree * total.stride);
  const main = traceColumns(workspace, (trace[chip.name] as ChipTrace).columns, logHeight);
  const fixed = traceColumns(workspace, fixedTraces[chip.name]?.columns ?? [], logHeight);
  const selectors = traceColumns(workspace, [oneAt(rows, 0), oneAt(rows, rows - 1)], logHeight);
  const pointers = workspace.place(
    table.slots.map((slot) => {
      if (slot.kind === 'selector') return addressOf(selectors, slot.row === 'first' ? 0 : 1);
      if (slot.tree === 'interaction') return 0;
      return addressOf(slot.tree === 'main' ? main : fixed, slot.index) + 4 * slot.offset;
    }),
  );
  const scalars = placeScalars(context, compiled, field.zero);
  const width = table.slots.length + values.count;
  for (const { start, count } of workspace.ranges(rows, width)) {
    const [from, to] = [4 * start, 4 * (start + count)];
    const { address, stride } = total;
    const results = [targets, values.stride, address, stride] as const;
    workspace.runChip(count * width, index, 'fractions', pointers, scalars, ...results, from, to);
  }
  workspace.join();
  const claimed = Array.from({ length: degree }, (_, k) => kernel.sumColumn(addressOf(total, k), rows));
  const share = field.scale(claimed, invM31(rows));
  for (let k = 0; k < degree; k++) {
    const last = targets + ((groups.length - 1) * degree + k) * values.stride;
    workspace.run(rows, 'prefixSums', last, addressOf(total, k), share[k] as number, rows);
  }
  workspace.join();
  for (let c = 0; c < values.count; c++) {
    workspace.extendTrace(addressOf(values, c), logHeight, logHeight + logBlowup);
  }
  workspace.join();
  workspace.release(mark);
  return { claimed, share, committed: values };
}

function oneAt(rows: number, row: number): Uint32Array {
  const column = new Uint32Array(rows);
  column[row] = 1;
  return column;
}
