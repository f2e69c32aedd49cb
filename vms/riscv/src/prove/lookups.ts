import type { ChipTrace } from '@ninefold/stark';

/** Counts how often each entry of a fixed table is looked up. */
export type Lookups = {
  readonly u16: (value: number) => void;
  readonly u13: (value: number) => void;
  readonly pair: (a: number, b: number) => void;
  readonly and: (a: number, b: number) => void;
  readonly amount: (kind: number, amount: number) => void;
  readonly program: (pc: number) => void;
};

/** The tables of counts, to be filled while steps are. */
export type CountTables = {
  readonly bytes: ChipTrace & { readonly column: (name: string) => Uint32Array };
  readonly amounts: ChipTrace & { readonly column: (name: string) => Uint32Array };
  readonly program: ChipTrace & { readonly column: (name: string) => Uint32Array };
  /** Row of the program table by address. */
  readonly rowOf: ReadonlyMap<number, number>;
};

const bump = (column: Uint32Array, row: number): void => {
  column[row] = (column[row] as number) + 1;
};

export function createLookups({ bytes, amounts, program, rowOf }: CountTables): Lookups {
  const [u16, u13, pair, and] = ['u16 count', 'u13 count', 'pair count', 'and count'].map(bytes.column) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const amountCount = amounts.column('count');
  const programCount = program.column('count');
  return {
    u16: (value) => bump(u16, value),
    u13: (value) => bump(u13, value),
    pair: (a, b) => bump(pair, a + 256 * b),
    and: (a, b) => bump(and, a + 256 * b),
    amount: (kind, amount) => bump(amountCount, 256 * kind + amount),
    program: (pc) => bump(programCount, rowOf.get(pc) as number),
  };
}
