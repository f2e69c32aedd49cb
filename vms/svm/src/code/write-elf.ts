import { type Bytes, concatBytes } from '@ninefold/base';
import { INSTRUCTION_BYTES, PROGRAM_START } from '../spec/versions.ts';
import { EM_BPF, FILE_HEADER_BYTES, PF_R, PF_X, PROGRAM_HEADER_BYTES, PT_LOAD } from './elf-file.ts';

/**
 * An instruction as its fields: registers are 0 to 10, `offset` is signed of 16 bits, `imm` signed of 32. A wide
 * constant (`lddw`) is two of them, the second `[0, 0, 0, 0, high]`.
 */
export type InstructionFields = readonly [
  opcode: number,
  dst: number,
  src: number,
  offset: number,
  imm: number,
];

/** What a program file may have besides code. */
export type ElfOptions = {
  /** Bytes at address 0; none when absent. */
  readonly readOnly?: Bytes | undefined;
  /** Instruction that the program begins with, the first when absent. */
  readonly entryPc?: number | undefined;
};

const VERSION = 3;
const ET_DYN = 3;

/** Instructions as the text of a program, eight bytes each. */
export function instructionBytes(instructions: readonly InstructionFields[]): Bytes {
  const bytes = new Uint8Array(INSTRUCTION_BYTES * instructions.length);
  const view = new DataView(bytes.buffer);
  instructions.forEach(([opcode, dst, src, offset, imm], i) => {
    const at = INSTRUCTION_BYTES * i;
    view.setUint8(at, opcode);
    view.setUint8(at + 1, dst | (src << 4));
    view.setInt16(at + 2, offset, true);
    view.setInt32(at + 4, imm, true);
  });
  return bytes;
}

/**
 * A program file of sBPF version 3, as a linker would write it without sections: what `loadProgram` reads, for
 * programs that are put together instruction by instruction. Nothing is checked here.
 *
 * @example
 * // mov64 r0, 0; exit
 * writeElf(instructionBytes([[0xb7, 0, 0, 0, 0], [0x95, 0, 0, 0, 0]]));
 */
export function writeElf(text: Bytes, { readOnly = new Uint8Array(0), entryPc = 0 }: ElfOptions = {}): Bytes {
  const code = { flags: PF_X, address: PROGRAM_START, bytes: text };
  const segments = readOnly.length === 0 ? [code] : [{ flags: PF_R, address: 0n, bytes: readOnly }, code];
  const header = new Uint8Array(FILE_HEADER_BYTES + PROGRAM_HEADER_BYTES * segments.length);
  const view = new DataView(header.buffer);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, ET_DYN, true);
  view.setUint16(18, EM_BPF, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, PROGRAM_START + BigInt(INSTRUCTION_BYTES * entryPc), true);
  view.setBigUint64(32, BigInt(FILE_HEADER_BYTES), true);
  view.setUint32(48, VERSION, true);
  [FILE_HEADER_BYTES, PROGRAM_HEADER_BYTES, segments.length].forEach((size, i) =>
    view.setUint16(52 + 2 * i, size, true),
  );
  let offset = header.length;
  segments.forEach(({ flags, address, bytes }, i) => {
    const at = FILE_HEADER_BYTES + PROGRAM_HEADER_BYTES * i;
    const size = BigInt(bytes.length);
    view.setUint32(at, PT_LOAD, true);
    view.setUint32(at + 4, flags, true);
    [BigInt(offset), address, address, size, size].forEach((field, j) =>
      view.setBigUint64(at + 8 + 8 * j, field, true),
    );
    offset += bytes.length;
  });
  return concatBytes(header, ...segments.map(({ bytes }) => bytes));
}
