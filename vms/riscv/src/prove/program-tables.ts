import type { Trace } from '@ninefold/stark';
import type { Elf } from '../code/elf.ts';
import {
  amountsTable,
  bytesTable,
  imageTable,
  type ImageWord,
  programTable,
  registersTable,
} from './chips/fixed.ts';
import { operationNumber, type PreparedRow, type ProgramRow } from './lower.ts';
import type { MachineChips } from './machine.ts';
import { type Limbs, type Shape, toLimbs } from './words.ts';

/** A program as tables, fixed before any run. */
export type ProgramTables = {
  /** The program table's rows in order. */
  readonly rows: readonly PreparedRow[];
  /** Rows by address, in instructions: more than one where the program writes other ones. */
  readonly rowsAt: ReadonlyMap<number, readonly number[]>;
  /** First contents of memory's words by number. */
  readonly image: ReadonlyMap<number, Limbs>;
  readonly fixed: Trace;
};

/** The fixed columns of a machine for a program. */
export function programTables(chips: MachineChips, elf: Elf, rows: readonly ProgramRow[]): ProgramTables {
  const { shape } = chips;
  const image = imageOf(elf, shape);
  const words: readonly ImageWord[] = Array.from(image, ([index, limbs]) => ({ index, limbs }));
  return {
    rows: rows.map((row, index) => ({
      ...row,
      index,
      number: operationNumber(row.operation),
      immLimbs: toLimbs(row.imm, shape),
      linkLimbs: toLimbs(row.link, shape),
    })),
    rowsAt: rowsByAddress(rows),
    image,
    fixed: {
      [chips.program.name]: programTable(chips.program, shape, rows),
      [chips.image.name]: imageTable(chips.image, shape, words),
      [chips.registers.name]: registersTable(chips.registers),
      [chips.bytes.name]: bytesTable(chips.bytes),
      [chips.amounts.name]: amountsTable(chips.amounts),
    },
  };
}

function rowsByAddress(rows: readonly ProgramRow[]): ReadonlyMap<number, readonly number[]> {
  const rowsAt = new Map<number, number[]>();
  rows.forEach(({ pc }, row) => {
    const own = rowsAt.get(pc);
    if (own === undefined) rowsAt.set(pc, [row]);
    else own.push(row);
  });
  return rowsAt;
}

/** The row of an instruction by its address and its word; -1 where the program has no such instruction. */
export function rowOf({ rows, rowsAt }: ProgramTables, pc: number, word: number): number {
  return rowsAt.get(pc)?.find((row) => (rows[row] as PreparedRow).word === word) ?? -1;
}

/** Whether an instruction is one that the call system answers. */
export function isCall({ system }: MachineChips, tables: ProgramTables, pc: number, word: number): boolean {
  const row = tables.rows[rowOf(tables, pc, word)];
  return row !== undefined && system.operations.includes(row.operation);
}

/** The words that the file fills, in ascending order. */
function imageOf({ segments }: Elf, shape: Shape): Map<number, Limbs> {
  const words = new Map<number, number[]>();
  for (const { address, bytes } of segments) {
    bytes.forEach((byte, i) => {
      const index = Math.floor((address + i) / shape.bytes);
      let limbs = words.get(index);
      if (limbs === undefined) words.set(index, (limbs = new Array<number>(shape.limbs).fill(0)));
      const place = (address + i) % shape.bytes;
      limbs[place >> 1] = (limbs[place >> 1] as number) + byte * (place & 1 ? 256 : 1);
    });
  }
  return words;
}
