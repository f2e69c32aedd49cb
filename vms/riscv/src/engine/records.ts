import { decodeInstruction } from '../code/instruction.ts';
import { isNative, OPCODES, OPERATIONS, type Xlen } from '../spec/opcodes.ts';
import { CODE_PAGE_BYTES, RECORD, RECORDS_PER_PAGE, SINK } from './layout.ts';

const HOST = OPERATIONS.indexOf('host');
const PAGE_END = OPERATIONS.indexOf('pageEnd');
const NUMBERS: ReadonlyMap<string, number> = new Map(
  OPCODES.filter(isNative).map(({ mnemonic }) => [mnemonic, OPERATIONS.indexOf(mnemonic)]),
);

/**
 * Decodes a page for the kernel: a record for each word that `wordAt` gives, and one that leads on to
 * the next page. Words that are the host's, or no instructions, become `host` records that hold them.
 *
 * @param index the word's place in the page
 */
export function writeRecords(
  view: DataView,
  at: number,
  wordAt: (index: number) => number,
  xlen: Xlen,
): void {
  for (let index = 0; index < RECORDS_PER_PAGE; index++) {
    writeRecord(view, at + index * RECORD.BYTES, recordOf(wordAt(index), xlen));
  }
  writeRecord(view, at + CODE_PAGE_BYTES - RECORD.BYTES, packed(PAGE_END, SINK, 0, 0, 0));
}

/** A decoded instruction as the two words of a record: operation and registers, and the immediate. */
export type PackedRecord = readonly [fields: number, imm: number];

/** The record of an instruction. */
export function recordOf(word: number, xlen: Xlen): PackedRecord {
  const instruction = decodeInstruction(word, xlen);
  const operation = instruction && NUMBERS.get(instruction.spec.mnemonic);
  if (instruction === undefined || operation === undefined) return packed(HOST, SINK, 0, 0, word);
  const { rd, rs1, rs2, imm } = instruction;
  return packed(operation, rd === 0 ? SINK : rd, rs1, rs2, imm);
}

function packed(operation: number, rd: number, rs1: number, rs2: number, imm: number): PackedRecord {
  const fields =
    (operation << (8 * RECORD.OPERATION)) |
    (rd << (8 * RECORD.RD)) |
    (rs1 << (8 * RECORD.RS1)) |
    (rs2 << (8 * RECORD.RS2));
  return [fields >>> 0, imm >>> 0];
}

function writeRecord(view: DataView, at: number, [fields, imm]: PackedRecord): void {
  view.setUint32(at, fields, true);
  view.setUint32(at + RECORD.IMM, imm, true);
}
