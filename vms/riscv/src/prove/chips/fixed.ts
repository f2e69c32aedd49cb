import { type Chip, type ChipTrace, createTable, defineChip, logHeightFor } from '@ninefold/stark';
import { type Buses, ENDS_HERE, REGISTER_CELLS, REGISTER_SPACE } from '../buses.ts';
import { operationNumber, type ProgramRow } from '../lower.ts';
import { AMOUNT_KINDS, shiftedBytes, shiftFactor } from '../shift-amounts.ts';
import { codePlace, type Limbs, type Shape, toLimbs } from '../words.ts';

// Chips whose columns are fixed with the machine or with the program.

/** All pairs of bytes: ranges of 8, 13 and 16 bits, and conjunctions. */
export function bytesChip(buses: Buses): Chip {
  return defineChip('bytes', (air) => {
    const [a, b, and, small] = ['a', 'b', 'and', 'small'].map(air.preprocessed) as [
      never,
      never,
      never,
      never,
    ];
    air.receive(buses.pair, [a, b], air.column('pair count'));
    air.receive(buses.and, [a, b, and], air.column('and count'));
    air.receive(buses.u16, [air.sum([a, air.constant(256).mul(b)])], air.column('u16 count'));
    air.receive(buses.u13, [small], air.column('u13 count'));
  });
}

const LOG_BYTES = 16;

/** The fixed columns of {@link bytesChip}; `small` is the pair as a number where that is below 2^13, else 0. */
export function bytesTable(chip: Chip): ChipTrace {
  const table = createTable(chip, LOG_BYTES, 'preprocessed');
  const [a, b, and, small] = ['a', 'b', 'and', 'small'].map(table.column) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  for (let row = 0; row < 2 ** LOG_BYTES; row++) {
    a[row] = row & 255;
    b[row] = row >> 8;
    and[row] = row & (row >> 8) & 255;
    small[row] = row < 2 ** 13 ? row : 0;
  }
  return table;
}

/** How shifts by each value of a byte are done. */
export function amountsChip(buses: Buses): Chip {
  return defineChip('amounts', (air) => {
    const entry = ['kind', 'amount', 'factor', 'bytes'].map(air.preprocessed);
    air.receive(buses.amount, entry, air.column('count'));
  });
}

/** The fixed columns of {@link amountsChip}. */
export function amountsTable(chip: Chip): ChipTrace {
  const table = createTable(chip, 10, 'preprocessed');
  for (let kind = 0; kind < AMOUNT_KINDS; kind++) {
    for (let amount = 0; amount < 256; amount++) {
      const row = 256 * kind + amount;
      table.column('kind')[row] = kind;
      table.column('amount')[row] = amount;
      table.column('factor')[row] = shiftFactor(kind, amount);
      table.column('bytes')[row] = shiftedBytes(kind, amount);
    }
  }
  return table;
}

const PROGRAM_FIELDS = ['pc', 'operation', 'rd', 'rs1', 'rs2', 'isRegister'] as const;

const limbNames = (name: string, { limbs }: Shape): string[] =>
  Array.from({ length: limbs }, (_, i) => `${name}.${i}`);

/** What is known of an instruction, in the order of messages. */
export const programFields = (shape: Shape): readonly string[] => [
  ...PROGRAM_FIELDS,
  ...limbNames('imm', shape),
  ...limbNames('link', shape),
  'target',
];

/** Where an instruction's word lies, and its halves: what instructions that are fetched are known by. */
const CODE_FIELDS = ['index', 'upper', 'low', 'high'] as const;

/** The program's instructions, by their addresses or by what stands there in memory. */
export function programChip(shape: Shape, buses: Buses): Chip {
  return defineChip('program', (air) => {
    const names = [...(buses.code === undefined ? [] : CODE_FIELDS), ...programFields(shape)];
    air.receive(buses.code ?? buses.program, names.map(air.preprocessed), air.column('count'));
  });
}

/** The fixed columns of {@link programChip}; rows behind the last are of no operation, which nobody asks for. */
export function programTable(chip: Chip, shape: Shape, rows: readonly ProgramRow[]): ChipTrace {
  const table = createTable(chip, logHeightFor(rows.length), 'preprocessed');
  const fields = PROGRAM_FIELDS.map(table.column);
  const [imm, link] = ['imm', 'link'].map((name) => limbNames(name, shape).map(table.column)) as [
    Uint32Array[],
    Uint32Array[],
  ];
  const target = table.column('target');
  const code = chip.preprocessed.includes(CODE_FIELDS[0]) ? CODE_FIELDS.map(table.column) : [];
  rows.forEach((entry, row) => {
    const { pc, word, operation, rd, rs1, rs2, isRegister } = entry;
    const { index, upper } = codePlace(pc, shape);
    const place = [index, upper, word & 0xffff, word >>> 16];
    code.forEach((column, i) => (column[row] = place[i] as number));
    [pc, operationNumber(operation), rd, rs1, rs2, isRegister ? 1 : 0].forEach((value, i) => {
      (fields[i] as Uint32Array)[row] = value;
    });
    toLimbs(entry.imm, shape).forEach((limb, i) => ((imm[i] as Uint32Array)[row] = limb));
    toLimbs(entry.link, shape).forEach((limb, i) => ((link[i] as Uint32Array)[row] = limb));
    target[row] = entry.target;
  });
  return table;
}

/** A word of memory that is not zero when the program begins. */
export type ImageWord = { readonly index: number; readonly limbs: Limbs };

/**
 * The words that the program file fills, each of which begins once. Every segment has this table, but only
 * in the one where memory begins do its messages count: it cannot be left out there, nor count twice.
 */
export function imageChip(shape: Shape, buses: Buses): Chip {
  return defineChip('image', (air) => {
    const [index, ...limbs] = ['index', ...limbNames('limb', shape)].map(air.preprocessed);
    const counts = air.preprocessed('real').mul(air.public(ENDS_HERE));
    air.send(buses.image, [index as never, ...limbs], counts);
    // The framework's tables have a main column each.
    air.assertZero('nothing of its own', air.column('nothing'));
  });
}

/** The fixed columns of {@link imageChip}. */
export function imageTable(chip: Chip, shape: Shape, words: readonly ImageWord[]): ChipTrace {
  const table = createTable(chip, logHeightFor(words.length), 'preprocessed');
  const limbs = limbNames('limb', shape).map(table.column);
  words.forEach((word, row) => {
    table.column('index')[row] = word.index;
    table.column('real')[row] = 1;
    word.limbs.forEach((limb, i) => ((limbs[i] as Uint32Array)[row] = limb));
  });
  return table;
}

/** The registers, which begin as zero, and what they end as: in one segment. */
export function registersChip(shape: Shape, buses: Buses): Chip {
  return defineChip(
    'registers',
    (air) => {
      const cell = air.preprocessed('cell');
      const counts = air.preprocessed('real').mul(air.public(ENDS_HERE));
      const zeros = new Array<number>(shape.limbs).fill(0);
      air.send(buses.memory, [REGISTER_SPACE, cell, 0, ...zeros], counts);
      air.receive(
        buses.memory,
        [REGISTER_SPACE, cell, air.column('time'), ...air.columns('last', shape.limbs)],
        counts,
      );
    },
    { optional: true },
  );
}

/** The fixed columns of {@link registersChip}. */
export function registersTable(chip: Chip): ChipTrace {
  const table = createTable(chip, logHeightFor(REGISTER_CELLS), 'preprocessed');
  for (let cell = 0; cell < REGISTER_CELLS; cell++) {
    table.column('cell')[cell] = cell;
    table.column('real')[cell] = 1;
  }
  return table;
}
