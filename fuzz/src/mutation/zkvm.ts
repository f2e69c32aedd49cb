import type { MutationOptions, MutationSubject } from '@ninefold/stark';
import type { Xlen } from '@ninefold/vm-riscv';
import {
  chipsOf,
  createRiscvProver,
  encodeInstruction,
  inertCells,
  instructionBytes,
  machineFor,
  opcodesOf,
  STANDARD_CALL,
  writeElf,
} from '@ninefold/vm-riscv';

/** Where the program, and the words that it loads and stores, are. */
const TEXT = 0x1_0000;
const DATA = 0x2_0000;

/** Operands at which carries, signs and divisions change; as 32-bit words. */
const OPERANDS: readonly (readonly [number, number])[] = [
  [0x1234_5678, 0xfe01],
  [-(2 ** 31), -1],
  [7, 0],
  [-7, 13],
];

/** Bytes of input, all of which are written to the journal. */
const INPUT: Uint8Array = Uint8Array.of(1, 2, 3, 4, 5);

type Operands = Parameters<typeof encodeInstruction>[1];

/**
 * A program of every instruction that the machine proves, each with several operands: from the instruction
 * table, so that a new one is in it.
 */
function everyInstruction(xlen: Xlen): Uint8Array {
  const words: number[] = [];
  const emit = (mnemonic: string, operands: Operands = {}): void => {
    words.push(encodeInstruction(mnemonic, operands, xlen));
  };
  const set = (rd: number, value: number): void => {
    const low = (value << 20) >> 20;
    emit('lui', { rd, imm: (value - low) | 0 });
    emit(xlen === 64 ? 'addiw' : 'addi', { rd, rs1: rd, imm: low });
  };
  // The jump by a register has an offset as loads have, and a target of its own below.
  const specs = opcodesOf(xlen).filter(
    ({ extension, mnemonic }) => (extension === 'I' || extension === 'M') && mnemonic !== 'jalr',
  );
  const named = (...formats: readonly string[]): readonly string[] =>
    specs.filter(({ format }) => formats.includes(format)).map(({ mnemonic }) => mnemonic);
  for (const [a, b] of OPERANDS) {
    set(8, a);
    set(9, b);
    for (const mnemonic of named('register')) emit(mnemonic, { rd: 10, rs1: 8, rs2: 9 });
    for (const mnemonic of named('branch')) emit(mnemonic, { rs1: 8, rs2: 9, imm: 4 });
    for (const mnemonic of named('immediate')) emit(mnemonic, { rd: 10, rs1: 8, imm: -5 });
    for (const mnemonic of named('shift')) emit(mnemonic, { rd: 10, rs1: 8, imm: 13 });
  }
  set(11, DATA);
  set(12, 0x89ab_cdef | 0);
  for (const imm of [0, 1, 3, 5, 7, 8]) {
    for (const mnemonic of named('store')) emit(mnemonic, { rs1: 11, rs2: 12, imm });
    for (const mnemonic of named('load')) emit(mnemonic, { rd: 13, rs1: 11, imm });
  }
  emit('jal', { rd: 1, imm: 4 });
  emit('auipc', { rd: 5 });
  emit('jalr', { rd: 1, rs1: 5, imm: 8 });
  const call = (number: number): void => {
    emit('addi', { rd: 17, imm: number });
    emit('ecall');
  };
  call(STANDARD_CALL.READ_INPUT);
  call(STANDARD_CALL.WRITE_OUTPUT);
  emit('addi', { rd: 10, imm: 1 });
  emit('addi', { rd: 12 });
  call(STANDARD_CALL.WRITE_STREAM);
  emit('addi', { rd: 10 });
  call(STANDARD_CALL.EXIT);
  return writeElf(xlen, [{ address: TEXT, bytes: instructionBytes(words), flags: 5 }], TEXT);
}

/**
 * The zkVM's machine with the trace of that program, the cells in it that do not matter,
 * and the buses by which a wrong result would go on.
 */
export function zkvmSubject(
  xlen: Xlen,
): MutationSubject & Required<Pick<MutationOptions, 'dontCare' | 'followed'>> {
  const prover = createRiscvProver({ elf: everyInstruction(xlen), parameters: 'dev' });
  const { trace, publicValues } = prover.witness({ input: INPUT });
  const kind = { xlen, guest: 'standard', fetch: 'program' } as const;
  return {
    machine: machineFor(kind, INPUT.length),
    trace,
    fixed: prover.fixed,
    publicValues,
    dontCare: inertCells(chipsOf(kind), trace),
    followed: ['memory', 'state', 'output'],
  };
}
