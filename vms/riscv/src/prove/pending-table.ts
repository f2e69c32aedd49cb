import type { Chip } from '@ninefold/stark';
import type { Columns } from './gadgets.ts';
import type { Lookups } from './lookups.ts';

/** A table of a segment whose rows are known and not written yet. */
export type PendingTable = {
  readonly chip: Chip;
  readonly rows: number;
  /** Writes the rows and counts what they look up; called once each time the segment's tables are made. */
  readonly fill: (columns: Columns, lookups: Lookups) => void;
};

/** A table of rows that were gathered as objects, or none where there are no rows. */
export function pendingRows<Step>(
  chip: Chip,
  steps: readonly Step[],
  filler: (columns: Columns, lookups: Lookups) => (row: number, step: Step) => void,
): readonly PendingTable[] {
  if (steps.length === 0) return [];
  const fill: PendingTable['fill'] = (columns, lookups) => {
    const write = filler(columns, lookups);
    steps.forEach((step, row) => write(row, step));
  };
  return [{ chip, rows: steps.length, fill }];
}
