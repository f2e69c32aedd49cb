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
    const word = wordAt(index);
    const record = at + index * RECORD.BYTES;
    const instruction = decodeInstruction(word, xlen);
    const operation = instruction && NUMBERS.get(instruction.spec.mnemonic);
    if (instruction === undefined || operation === undefined) {
      writeRecord(view, record, HOST, SINK, 0, 0, word);
    } else {
      const { rd, rs1, rs2, imm } = instruction;
      writeRecord(view, record, operation, rd === 0 ? SINK : rd, rs1, rs2, imm);
    }
  }
  writeRecord(view, at + CODE_PAGE_BYTES - RECORD.BYTES, PAGE_END, SINK, 0, 0, 0);
}

function writeRecord(
  view: DataView,
  at: number,
  operation: number,
  rd: number,
  rs1: number,
  rs2: number,
  imm: number,
): void {
  view.setUint8(at + RECORD.OPERATION, operation);
  view.setUint8(at + RECORD.RD, rd);
  view.setUint8(at + RECORD.RS1, rs1);
  view.setUint8(at + RECORD.RS2, rs2);
  view.setInt32(at + RECORD.IMM, imm, true);
}
