import { type Chip, type ChipTrace, cloneTrace, P, type Violation } from '@ninefold/stark';
import { describe, expect, it } from 'vitest';
import { inertCells } from '../../src/prove/inert.ts';
import { chipsOf, machineFor } from '../../src/prove/machine.ts';
import type { Xlen } from '../../src/spec/opcodes.ts';
import { everythingElf } from '../support/everything.ts';
import { faultyProver } from '../support/faulty-run.ts';

// Other limbs for the same number: what a recomposition alone takes for right (OpenVM GHSA-jf2r-x3j4-23m7, and
// comparisons and products that leave range checks to others). Each has to be refused by a range, or by being
// found as other limbs elsewhere.

const INPUT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);

/** Columns that are neighbouring limbs or bytes of one number. */
type Pair = { readonly low: number; readonly high: number; readonly name: string };

function pairsOf({ main }: Chip): Pair[] {
  return main.flatMap((name, low) => {
    const [, stem, place] = /^(.*)\.(\d+)$/.exec(name) ?? [];
    if (stem === undefined || /weight|carry|borrow|flag/.test(stem)) return [];
    const high = main.indexOf(`${stem}.${Number(place) + 1}`);
    return high < 0 ? [] : [{ low, high, name }];
  });
}

/** A row that breaks a constraint, or takes part in a message that does not balance. */
function refusedRows(problems: readonly Violation[]): Set<string> {
  return new Set(
    problems.flatMap((problem) =>
      problem.kind === 'bus'
        ? problem.rows.map((row) => row.replace(/ \(.*/, ''))
        : [`'${problem.chip}' row ${problem.row}`],
    ),
  );
}

type Alias = (low: number, high: number, isByte: boolean) => readonly [low: number, high: number] | undefined;

const ALIASES: Readonly<Record<string, Alias>> = {
  'a carry that is not made': (low, high, isByte) =>
    high === 0 ? undefined : [low + (isByte ? 2 ** 8 : 2 ** 16), high - 1],
  'a borrow that is not there': (low, high, isByte) => [
    (low + P - (isByte ? 2 ** 8 : 2 ** 16)) % P,
    (high + 1) % P,
  ],
  'the number plus the modulus': (low, high, isByte) => {
    const other = low + 2 ** 16 * high + P;
    return isByte || other >= 2 ** 32 ? undefined : [other % 2 ** 16, Math.floor(other / 2 ** 16)];
  },
  'the number less the modulus': (low, high, isByte) => [
    // 2^16 times 2^15, or 2^8 times 2^23, is one in the field.
    (low + 1) % P,
    (high + P - (isByte ? 2 ** 23 : 2 ** 15)) % P,
  ],
};

/** Cells of one row, by their columns. */
type Change = {
  readonly chip: string;
  readonly row: number;
  readonly name: string;
  readonly cells: readonly (readonly [column: number, value: number])[];
};

describe.each<Xlen>([32, 64])('limbs on RV%i', (xlen) => {
  const prover = faultyProver(everythingElf(xlen), INPUT);
  const honest = prover.run(() => undefined);
  const kind = { xlen, guest: 'standard', fetch: 'program' } as const;
  const isInert = inertCells(chipsOf(kind), honest.trace);
  const machine = machineFor(kind, 5);
  const tables = machine.chips.map(({ chip }) => chip).filter(({ name }) => name in honest.trace);

  /** One row for each pair of limbs, with an alias in it. */
  function aliased(alias: Alias): Change[] {
    return tables.flatMap((chip) => {
      const columns = honest.trace[chip.name]?.columns as readonly Uint32Array[];
      const real = columns[chip.main.indexOf('real')] ?? new Uint32Array();
      const taken = new Set<number>();
      return pairsOf(chip).flatMap(({ low, high, name }): Change[] => {
        const matters = (row: number): boolean =>
          [low, high].every(
            (column) => !isInert({ chip: chip.name, column: chip.main[column] as string, row }),
          );
        for (const [row, isReal] of real.entries()) {
          if (isReal !== 1 || taken.has(row) || !matters(row)) continue;
          const [lows, highs] = [columns[low] as Uint32Array, columns[high] as Uint32Array];
          const other = alias(lows[row] as number, highs[row] as number, name.includes('byte'));
          if (other === undefined) continue;
          taken.add(row);
          return [
            {
              chip: chip.name,
              row,
              name,
              cells: [
                [low, other[0]],
                [high, other[1]],
              ],
            },
          ];
        }
        return [];
      });
    });
  }

  const problemsWith = (changes: readonly Change[]): Violation[] => {
    const trace = cloneTrace(honest.trace);
    for (const { chip, row, cells } of changes) {
      const { columns } = trace[chip] as ChipTrace;
      for (const [column, value] of cells) (columns[column] as Uint32Array)[row] = value;
    }
    return prover.problems({ ...honest, trace });
  };

  it.each(Object.entries(ALIASES))('are not %s', (_name, alias) => {
    const changes = aliased(alias);
    expect(changes.length).toBeGreaterThan(40);
    const refused = refusedRows(problemsWith(changes));
    // What is not named among so many is tried alone: a value and its next reader may have the same alias.
    const unnamed = changes.filter(({ chip, row }) => !refused.has(`'${chip}' row ${row}`));
    expect(unnamed.length).toBeLessThan(20);
    expect(unnamed.filter((change) => problemsWith([change]).length === 0)).toEqual([]);
  });
});
