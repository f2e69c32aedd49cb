// A program for RISC-V put together by hand, run and proved: somebody who has the receipt and the program's
// id knows that it ended well and what it said, without running it.
import {
  createRiscvProver,
  encodeInstruction,
  instructionBytes,
  verifyReceipt,
  writeElf,
} from 'ninefold/riscv';

const [a0, a1, a7, t0] = [10, 11, 17, 5];
const rv32 = (mnemonic, operands = {}) => encodeInstruction(mnemonic, operands, 32);
const call = (number) => [rv32('addi', { rd: a7, imm: number }), rv32('ecall')];

const words = [
  ...call(1), // read_input: a0 is where it lies
  rv32('lw', { rd: t0, rs1: a0 }),
  rv32('mul', { rd: t0, rs1: t0, rs2: t0 }),
  rv32('lui', { rd: a0, imm: 0x2_0000 }),
  rv32('sw', { rs1: a0, rs2: t0 }),
  rv32('addi', { rd: a1, imm: 4 }),
  ...call(2), // write_output of a1 bytes at a0
  rv32('addi', { rd: a0 }),
  ...call(93), // exit with the code in a0
];
const elf = writeElf(32, [{ address: 0x1_0000, bytes: instructionBytes(words), flags: 5 }], 0x1_0000);

const prover = createRiscvProver({ elf });
const { receipt } = prover.prove({ input: Uint8Array.of(12, 0, 0, 0) });

const { programId } = prover; // who verifies has it from building the program
const { journal, security } = verifyReceipt(receipt, { programId });
console.log('square of 12:', new DataView(journal.buffer, journal.byteOffset).getUint32(0, true));
console.log('100 bits proven or more:', security.provenBits >= 100);

try {
  verifyReceipt({ ...receipt, journal: Uint8Array.of(145, 0, 0, 0) }, { programId });
} catch ({ code }) {
  console.log('another journal:', code);
}
