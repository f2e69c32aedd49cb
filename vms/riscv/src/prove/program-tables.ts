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
  /** Row by address, in instructions. */
  readonly rowOf: ReadonlyMap<number, number>;
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
    rowOf: new Map(rows.map(({ pc }, row) => [pc, row])),
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

/** Whether the instruction with that number is one that the call system answers. */
export function isCall({ system }: MachineChips, { rows, rowOf }: ProgramTables, pc: number): boolean {
  const row = rows[rowOf.get(pc) ?? -1];
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
