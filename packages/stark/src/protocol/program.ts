import type { ChipCode } from '../air/emit.ts';
import { emitChip, instantiateChip } from '../air/emit.ts';
import type { CompiledChip } from '../air/logup.ts';
import type { SlotTable } from '../air/slots.ts';
import { createSlotTable } from '../air/slots.ts';
import type { Ext } from '../field/extension.ts';
import { lookupChallengeCount } from './challenges.ts';
import type { ProverContext } from './prover-context.ts';

/** A chip's generated code and what its pointers mean. */
export type ChipProgram = { readonly table: SlotTable; readonly code: ChipCode };

const MODULES = new WeakMap<CompiledChip, Map<number, WebAssembly.Module>>();

/** Generates a chip's code, once for each degree, and instantiates it over the workspace. */
export function chipProgram({ workspace, key }: ProverContext, compiled: CompiledChip): ChipProgram {
  const { field, memory } = workspace;
  const { machine } = key;
  const table = createSlotTable(compiled, field.degree, lookupChallengeCount(machine));
  let modules = MODULES.get(compiled);
  if (modules === undefined) MODULES.set(compiled, (modules = new Map()));
  let module = modules.get(field.degree);
  if (module === undefined) {
    module = new WebAssembly.Module(emitChip(compiled, table, field) as Uint8Array<ArrayBuffer>);
    modules.set(field.degree, module);
  }
  return { table, code: instantiateChip(module, memory) };
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
