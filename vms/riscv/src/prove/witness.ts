import {
  type Chip,
  type ChipTrace,
  createTable,
  type DeferredTrace,
  logHeightFor,
  MAX_LOG_HEIGHT,
} from '@ninefold/stark';
import { tooLong } from './errors.ts';
import type { Columns } from './gadgets.ts';
import { createLookups } from './lookups.ts';
import type { MachineChips } from './machine.ts';
import type { PendingTable } from './pending-table.ts';
import type { ProgramTables } from './program-tables.ts';

/** A table of main columns that is being filled. */
type FilledTable = ChipTrace & { readonly column: Columns };

/** The tables of a segment, to be made when they are wanted. */
export type SegmentTables = DeferredTrace & {
  /** Cells of all tables, the fixed ones' counts among them. */
  readonly cells: number;
};

/**
 * Puts a segment's tables together with the fixed ones, which count what its rows look up.
 *
 * @throws `RISCV_TOO_LONG` when a table has more rows than tables can have
 */
export function segmentTables(
  chips: MachineChips,
  { fixed }: ProgramTables,
  pending: readonly PendingTable[],
): SegmentTables {
  const heights = new Map<Chip, number>(
    [chips.bytes, chips.amounts, chips.program, chips.image].map((chip) => [
      chip,
      (fixed[chip.name] as ChipTrace).logHeight,
    ]),
  );
  for (const { chip, rows } of pending) {
    if (rows > 2 ** MAX_LOG_HEIGHT) throw tooLong(`rows in the table '${chip.name}'`, 2 ** MAX_LOG_HEIGHT);
    heights.set(chip, logHeightFor(rows));
  }
  return {
    logHeights: Object.fromEntries(Array.from(heights, ([{ name }, height]) => [name, height])),
    cells: Array.from(heights).reduce((sum, [{ main }, height]) => sum + main.length * 2 ** height, 0),
    make: (poll) => {
      const tables = new Map<Chip, FilledTable>(
        Array.from(heights, ([chip, height]) => [chip, createTable(chip, height)]),
      );
      const columnsOf = (chip: Chip): Columns => (tables.get(chip) as FilledTable).column;
      const lookups = createLookups(
        columnsOf(chips.bytes),
        columnsOf(chips.amounts),
        columnsOf(chips.program),
      );
      for (const { chip, fill } of pending) {
        poll();
        fill(columnsOf(chip), lookups, poll);
      }
      return Object.fromEntries(Array.from(tables, ([{ name }, table]) => [name, table]));
    },
  };
}
