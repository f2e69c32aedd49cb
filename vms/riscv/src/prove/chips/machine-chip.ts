import type { Chip } from '@ninefold/stark';
import type { Columns, Step } from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import type { MachineOperation } from '../lower.ts';

/** A chip for some of the machine's operations, and how its table is filled from what they did. */
export type StepChip = {
  readonly chip: Chip;
  readonly operations: readonly MachineOperation[];
  readonly filler: (columns: Columns, lookups: Lookups) => (step: Step) => void;
};
