import type { Columns } from './gadgets.ts';

/** Counts how often each entry of a fixed table is looked up. */
export type Lookups = {
  readonly u16: (value: number) => void;
  readonly u13: (value: number) => void;
  readonly pair: (a: number, b: number) => void;
  readonly and: (a: number, b: number) => void;
  readonly amount: (kind: number, amount: number) => void;
  /** An instruction by its row in the program's table. */
  readonly program: (row: number) => void;
};

const bump = (column: Uint32Array, row: number): void => {
  column[row] = (column[row] as number) + 1;
};

/** Counts in columns of the tables of bytes, shift amounts and instructions. */
export function createLookups(bytes: Columns, amounts: Columns, program: Columns): Lookups {
  const [u16, u13, pair, and] = ['u16 count', 'u13 count', 'pair count', 'and count'].map(bytes) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const amountCount = amounts('count');
  const programCount = program('count');
  return {
    u16: (value) => bump(u16, value),
    u13: (value) => bump(u13, value),
    pair: (a, b) => bump(pair, a + 256 * b),
    and: (a, b) => bump(and, a + 256 * b),
    amount: (kind, amount) => bump(amountCount, 256 * kind + amount),
    program: (row) => bump(programCount, row),
  };
}
