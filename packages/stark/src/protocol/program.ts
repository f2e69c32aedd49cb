import { emitChip } from '../air/emit.ts';
import type { CompiledChip } from '../air/logup.ts';
import type { Machine } from '../air/machine.ts';
import type { SlotTable } from '../air/slots.ts';
import { createSlotTable } from '../air/slots.ts';
import type { Ext, ExtensionField } from '../field/extension.ts';
import { lookupChallengeCount } from './challenges.ts';
import type { ProverContext } from './prover-context.ts';

/** A chip's generated code and what its pointers mean. */
export type ChipProgram = {
  readonly table: SlotTable;
  readonly module: WebAssembly.Module;
  /** Its place among the workspace's chips. */
  readonly index: number;
};

const MODULES = new WeakMap<CompiledChip, Map<string, WebAssembly.Module>>();

/**
 * Generates the code of a machine's chips, once for each degree and kind of memory.
 *
 * @param poll called between chips
 */
export function chipPrograms(
  machine: Machine,
  field: ExtensionField,
  isShared: boolean,
  poll: () => void,
): ReadonlyMap<CompiledChip, ChipProgram> {
  const challenges = lookupChallengeCount(machine);
  return new Map(
    machine.chips.map((compiled, index) => {
      const table = createSlotTable(compiled, field.degree, challenges);
      let modules = MODULES.get(compiled);
      if (modules === undefined) MODULES.set(compiled, (modules = new Map()));
      const kind = `${field.degree} ${isShared}`;
      let module = modules.get(kind);
      if (module === undefined) {
        poll();
        module = new WebAssembly.Module(emitChip(compiled, table, field, isShared));
        modules.set(kind, module);
      }
      return [compiled, { table, module, index }];
    }),
  );
}

/**
 * Writes the scalars of a chip's generated code: challenges, share, coefficients, public values.
 *
 * @param coefficients of the chip's constraints, where the code reads them
 */
export function placeScalars(
  { workspace, publicValues, lookup }: ProverContext,
  { constraints }: CompiledChip,
  share: Ext,
  coefficients: readonly Ext[] = constraints.map(() => workspace.field.zero),
): number {
  return workspace.place([
    ...lookup.flat(),
    ...share,
    ...coefficients.flat().map((word) => 2 * word),
    ...publicValues,
  ]);
}
