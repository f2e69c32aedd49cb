import type { Chip } from '@ninefold/stark';
import type { Step, Touched } from '../gadgets.ts';
import type { MachineOperation } from '../lower.ts';
import type { Limbs } from '../words.ts';
import type { Filler } from './machine-chip.ts';

/** A step that touches the words of memory its access lies in: one, or two neighbours. */
export type MemoryStep = Step & { readonly words: readonly (Touched & { readonly next: Limbs })[] };

/** As `StepChip`, for loads and stores. */
export type MemoryStepChip = {
  readonly chip: Chip;
  readonly operations: readonly MachineOperation[];
  readonly filler: Filler<MemoryStep>;
};
