import { fail } from '../errors.ts';
import { P } from '../field/m31.ts';
import type { Chip } from './chip.ts';

/** Smallest height of a table: kernels work on vectors of four rows. */
export const MIN_LOG_HEIGHT = 3;

/** Largest height of a table. */
export const MAX_LOG_HEIGHT = 22;

/** The values of a chip's main (or preprocessed) columns: 2^`logHeight` canonical words each. */
export type ChipTrace = {
  readonly logHeight: number;
  readonly columns: readonly Uint32Array[];
};

/** Tables of a machine by the names of their chips. */
export type Trace = Readonly<Record<string, ChipTrace>>;

/**
 * A table of zeros to be filled, with its columns by name.
 *
 * @throws `STARK_INVALID_TRACE` when no table can have that height; `column` for a name that is none
 * @example
 * const table = createTable(fibonacci, 4);
 * table.column('a')[0] = 1;
 */
export function createTable(
  chip: Chip,
  logHeight: number,
  tree: 'main' | 'preprocessed' = 'main',
): ChipTrace & { readonly column: (name: string) => Uint32Array } {
  checkHeight(chip, logHeight);
  const names = tree === 'main' ? chip.main : chip.preprocessed;
  const columns = names.map(() => new Uint32Array(2 ** logHeight));
  return {
    logHeight,
    columns,
    column: (name) => {
      const found = columns[names.indexOf(name)];
      if (found === undefined)
        throw fail('STARK_INVALID_TRACE', { chip: chip.name, what: `no column '${name}'` });
      return found;
    },
  };
}

/** The smallest height with room for `rows`. */
export function logHeightFor(rows: number): number {
  return Math.max(MIN_LOG_HEIGHT, Math.ceil(Math.log2(Math.max(rows, 1))));
}

/** @throws `STARK_INVALID_TRACE` when no table can have that height */
export function checkHeight(chip: Chip, logHeight: number): void {
  if (Number.isInteger(logHeight) && logHeight >= MIN_LOG_HEIGHT && logHeight <= MAX_LOG_HEIGHT) return;
  throw fail('STARK_INVALID_TRACE', {
    chip: chip.name,
    what: `a height of 2^${logHeight} is not between 2^${MIN_LOG_HEIGHT} and 2^${MAX_LOG_HEIGHT}`,
  });
}

/**
 * Checks that a table has its chip's form.
 *
 * @throws `STARK_INVALID_TRACE`
 */
export function checkShape(chip: Chip, table: ChipTrace, tree: 'main' | 'preprocessed'): void {
  const wrong = (what: string): never => {
    throw fail('STARK_INVALID_TRACE', { chip: chip.name, what });
  };
  const names = tree === 'main' ? chip.main : chip.preprocessed;
  const { logHeight, columns } = table;
  checkHeight(chip, logHeight);
  if (columns.length !== names.length) {
    wrong(`${columns.length} ${tree} columns instead of ${names.length}`);
  }
  columns.forEach((column, c) => {
    if (column.length !== 2 ** logHeight) wrong(`column '${names[c]}' has ${column.length} rows`);
  });
}

/**
 * {@link checkShape}, and that all words are canonical.
 *
 * @throws `STARK_INVALID_TRACE`
 */
export function checkTable(chip: Chip, table: ChipTrace, tree: 'main' | 'preprocessed'): void {
  checkShape(chip, table, tree);
  const names = tree === 'main' ? chip.main : chip.preprocessed;
  const modulus: number = P;
  table.columns.forEach((column, c) => {
    for (let row = 0; row < column.length; row++) {
      const value = column[row] as number;
      if (value < modulus) continue;
      const what = `column '${names[c]}', row ${row}: ${value} is not below the modulus`;
      throw fail('STARK_INVALID_TRACE', { chip: chip.name, what });
    }
  });
}
