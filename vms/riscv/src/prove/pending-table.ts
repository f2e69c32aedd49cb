import type { Chip } from '@ninefold/stark';
import type { Columns } from './gadgets.ts';
import type { Lookups } from './lookups.ts';

/** A table of a segment whose rows are known and not written yet. */
export type PendingTable = {
  readonly chip: Chip;
  readonly rows: number;
  /**
   * Writes the rows and counts what they look up; called once each time the segment's tables are made.
   *
   * @param poll called now and then: what it throws ends the filling
   */
  readonly fill: (columns: Columns, lookups: Lookups, poll: () => void) => void;
};

/** Gathers a table's rows as objects, segment by segment. */
export type PendingRows<Step> = {
  readonly push: (...steps: readonly Step[]) => void;
  /** The table of the rows since it was cut last, or none where there are no rows. */
  readonly tables: () => readonly PendingTable[];
  /** Gives that table away and begins another. */
  readonly cut: () => readonly PendingTable[];
};

/** @param rowsEach rows that a step takes; they are written with the number of the first one */
export function pendingRows<Step>(
  chip: Chip,
  filler: (columns: Columns, lookups: Lookups) => (row: number, step: Step) => void,
  rowsEach = 1,
): PendingRows<Step> {
  let steps: Step[] = [];
  const tables = (): readonly PendingTable[] => {
    const own = steps;
    if (own.length === 0) return [];
    const fill: PendingTable['fill'] = (columns, lookups) => {
      const write = filler(columns, lookups);
      own.forEach((step, i) => write(rowsEach * i, step));
    };
    return [{ chip, rows: rowsEach * own.length, fill }];
  };
  return {
    push: (...more) => void steps.push(...more),
    tables,
    cut: () => {
      const cut = tables();
      steps = [];
      return cut;
    },
  };
}

/** The tables of several lists of rows, as a recorder of calls has them. */
export function tablesOf(
  lists: readonly Pick<PendingRows<never>, 'tables' | 'cut'>[],
): Pick<PendingRows<never>, 'tables' | 'cut'> {
  return {
    tables: () => lists.flatMap((list) => list.tables()),
    cut: () => lists.flatMap((list) => list.cut()),
  };
}
