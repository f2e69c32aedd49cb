import type { Chip, Trace } from '@ninefold/stark';
import { numbers } from './bits.ts';
import { ROUNDS } from './chips/keccak-f.ts';
import type { MachineChips } from './machine.ts';

/** A place in a trace. */
type CellPlace = { readonly chip: string; readonly column: string; readonly row: number };

/** Value of another column on the same row. */
type Beside = (column: string) => number | undefined;

type InertRule = {
  readonly chip: RegExp;
  readonly column: RegExp;
  readonly when: (beside: Beside, column: string) => boolean;
  readonly because: string;
};

const is =
  (column: string, value: 0 | 1): InertRule['when'] =>
  (beside) =>
    beside(column) === value;

/** Witnesses of rules that do not apply to every row. */
const INERT: readonly InertRule[] = [
  {
    chip: /./,
    column: /^rs2 (previous|gap)$/,
    when: is('isRegister', 0),
    because: 'no second register is read',
  },
  {
    chip: /^branch$/,
    column: /^weight\./,
    when: (beside, column) => beside(column.replace('weight', 'a')) === beside(column.replace('weight', 'b')),
    because: 'a difference of 0 times anything is 0',
  },
  { chip: /^mul$/, column: /^over\./, when: is('high', 0), because: 'the low half has no correction' },
  { chip: /^div/, column: /^inverse$/, when: is('by zero', 1), because: 'a sum of 0 times anything is 0' },
  {
    chip: /^div/,
    column: /^(dividend|r) negated/,
    when: is('a is negative', 0),
    because: 'nothing is negated',
  },
  { chip: /^div/, column: /^divisor negated/, when: is('b is negative', 0), because: 'nothing is negated' },
  { chip: /^div/, column: /^q negated/, when: is('q is negative', 0), because: 'nothing is negated' },
  { chip: /^div/, column: /^q negated/, when: is('by zero', 1), because: 'the quotient is all ones' },
  {
    chip: /^div/,
    column: /^rest borrow/,
    when: is('by zero', 1),
    because: 'there is nothing to compare with',
  },
  {
    chip: /^host call$/,
    column: /^inverse$/,
    when: is('has bytes', 0),
    because: 'a length of 0 times anything is 0',
  },
  {
    chip: /^sp1 call$/,
    column: /^answer/,
    when: is('HINT_LEN', 0),
    because: 'the number stays in its register',
  },
  {
    chip: /^sp1 call$/,
    column: /^padding$/,
    when: is('HINT_READ', 0),
    because: 'there is no length to be filled up',
  },
  {
    chip: /^sp1 call$/,
    column: /^inverse$/,
    when: is('has words', 0),
    because: 'no words times anything is 0',
  },
  {
    chip: /^keccak$/,
    column: /^time$/,
    when: (beside) => numbers(ROUNDS).every((round) => beside(`round.${round}`) === 0),
    because: 'padding is of no call',
  },
  { chip: /^openvm call$/, column: /^inverse$/, when: is('hint', 0), because: 'there are no words' },
  {
    chip: /^openvm call$/,
    column: /^(address|revealed|overwritten)/,
    when: is('reveal', 0),
    because: 'nothing is revealed',
  },
  {
    chip: /^revealed$/,
    column: /^inverse$/,
    when: is('highest', 0),
    because: 'only the highest has to have been revealed',
  },
  {
    chip: /^memory ends$/,
    column: /^place low$/,
    when: is('from input', 0),
    because: 'the word is not of the input',
  },
  { chip: /^memory ends$/, column: /^gap low$/, when: is('followed', 0), because: 'no row follows' },
  {
    chip: /^memory ends$/,
    column: /^gap low$/,
    when: is('stays', 0),
    because: 'the next word is in another space',
  },
];

/**
 * Tells cells whose value no statement depends on: a prover may write anything there. On padding these are
 * all but those that say that no message of the row counts; on other rows, witnesses of rules that do not apply. Mutation
 * tests leave them out, and every other cell has to be caught.
 */
export function inertCells(chips: MachineChips, trace: Trace): (place: CellPlace) => boolean {
  const byName = new Map<string, Chip>(
    [...chips.steps, ...chips.memory, ...chips.across]
      .map(({ chip }) => chip)
      .concat([...chips.calls.chips, chips.memoryEnds, ...(chips.fetch === undefined ? [] : [chips.fetch])])
      .map((chip) => [chip.name, chip]),
  );
  return ({ chip: name, column, row }) => {
    // Behind the last register there is nothing to end.
    if (name === chips.registers.name) return row >= REGISTER_ROWS;
    const chip = byName.get(name);
    if (chip === undefined) return false;
    const at = (other: string): number | undefined => trace[name]?.columns[chip.main.indexOf(other)]?.[row];
    if (at('real') === 0) return !multiplicities(chip).has(chip.main.indexOf(column));
    return INERT.some((rule) => rule.chip.test(name) && rule.column.test(column) && rule.when(at, column));
  };
}

const REGISTER_ROWS = 35;

/** The main columns that say how often a row's messages count: 0 on padding, or it would not be padding. */
function multiplicities({ graph, interactions }: Chip): ReadonlySet<number> {
  const columns = new Set<number>();
  const visit = (id: number): void => {
    const node = graph.nodes[id];
    if (node === undefined) return;
    if (node.op === 'column' && node.tree === 'main') columns.add(node.index);
    if ('a' in node) visit(node.a);
    if ('b' in node) visit(node.b);
  };
  for (const { multiplicity } of interactions) visit(multiplicity);
  return columns;
}
