import type { Elf } from '../code/elf.ts';
import { lowerInstruction, type Lowering, type ProgramRow } from './lower.ts';
import { MICROCODE, microcodeEntry, microcodeOf, microcodeRows } from './microcode.ts';
import type { Shape } from './words.ts';

/** An instruction that a program writes before it executes it. */
export type WrittenInstruction = { readonly address: number; readonly word: number };

/**
 * The program table of a file: every instruction of its executable segments that can be proved, then those
 * that it writes itself or, where it writes none, the microcode of the others.
 */
export function lowerProgram(
  elf: Elf,
  shape: Shape,
  lowering: Lowering,
  written?: readonly WrittenInstruction[],
): readonly ProgramRow[] {
  const rows: ProgramRow[] = [];
  const microcode: ProgramRow[] = [];
  for (const { address, bytes, isExecutable } of elf.segments) {
    if (!isExecutable) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = -address & 3; at + 4 <= bytes.length; at += 4) {
      const word = view.getUint32(at, true);
      const row = lowerInstruction(word, address + at, shape, lowering);
      if (row !== undefined) rows.push(row);
      // Steps of microcode have no place in memory that they could be fetched from.
      const steps = row === undefined && written === undefined ? microcodeOf(word, shape) : undefined;
      if (steps === undefined) continue;
      const pc = (address + at) / 4;
      const first = MICROCODE + microcode.length;
      rows.push(microcodeEntry(pc, word, first));
      microcode.push(...microcodeRows(steps, { pc, first }, shape));
    }
  }
  for (const { address, word } of written ?? []) {
    const row = lowerInstruction(word >>> 0, address, shape, lowering);
    if (row !== undefined) rows.push(row);
  }
  return [...rows, ...microcode];
}
