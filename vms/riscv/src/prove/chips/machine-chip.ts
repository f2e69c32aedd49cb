import type { Chip } from '@ninefold/stark';
import type { Columns, Step } from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import type { MachineOperation } from '../lower.ts';

/**
 * How a table is filled from what steps did, one after the other.
 *
 * @param atEnd takes what is to be done when all rows are there
 */
export type Filler<OwnStep> = (
  columns: Columns,
  lookups: Lookups,
  atEnd: (work: () => void) => void,
) => (step: OwnStep) => void;

/** A chip for some of the machine's operations, and how its table is filled from what they did. */
export type StepChip = {
  readonly chip: Chip;
  readonly operations: readonly MachineOperation[];
  readonly filler: Filler<Step>;
};
