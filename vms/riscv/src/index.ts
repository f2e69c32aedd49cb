export type { Extension, Format, OpSpec, Xlen } from './spec/opcodes.ts';
export { OPCODES, OPERATIONS, opcodesOf } from './spec/opcodes.ts';
export { REGISTER, REGISTER_NAMES } from './spec/registers.ts';
export type { Elf, Segment } from './code/elf.ts';
export { parseElf } from './code/elf.ts';
export type { Instruction } from './code/instruction.ts';
export { decodeInstruction } from './code/instruction.ts';
export type { Operands } from './code/encode.ts';
export { encodeInstruction } from './code/encode.ts';
export type { SegmentContent } from './code/write-elf.ts';
export { instructionBytes, writeElf } from './code/write-elf.ts';
export { disassembleWord } from './code/disassemble.ts';
export type { GuestMemory, MemoryObserver } from './engine/guest-memory.ts';
export type { Machine } from './engine/machine.ts';
export type { Row, RowObserver, Rows } from './engine/rows.ts';
export type { Limit, Trap, TrapKind } from './engine/traps.ts';
export { GuestFault, refuse } from './engine/traps.ts';
export type { Abi, Answer, HostInstruction, Session } from './host/abi.ts';
export { exitByA0, narrowArgument } from './host/abi.ts';
export type { AbiName } from './host/abis.ts';
export { POSEIDON2_CELLS, poseidon2Mix } from './host/accelerators/poseidon2.ts';
export { risc0ImageId } from './host/risc0-image.ts';
export { STANDARD_CALL, STANDARD_INPUT_ADDRESS } from './spec/guest-calls.ts';
export type { Outputs, OutputStream } from './host/outputs.ts';
export type { Riscv, RiscvOptions, RunOptions, RunOutcome, RunResult } from './run.ts';
export { createRiscv } from './run.ts';
export type { Estimate, ProvableInterface, ProvedRun, ProverOptions, RiscvProver } from './prove/prover.ts';
export {
  createRiscvProver,
  MAX_SEGMENT_CYCLES,
  MIN_SEGMENT_CYCLES,
  PROVABLE_INTERFACES,
} from './prove/prover.ts';
export type { CallSystemName } from './prove/calls/call-system.ts';
export type { ProgramCommitment, Receipt, Verified } from './prove/receipt.ts';
export {
  decodeReceipt,
  encodeReceipt,
  MAX_JOURNAL_BYTES,
  programIdOf,
  verifyReceipt,
} from './prove/receipt.ts';
export type { MachineChips, MachineKind, Statement } from './prove/machine.ts';
export { chipsOf, machineFor, publicValuesOf, segmentPublicValues } from './prove/machine.ts';
export type { CallConvention, LowerOther, Lowering, MachineOperation, ProgramRow } from './prove/lower.ts';
export type { WrittenInstruction } from './prove/lower-program.ts';
export type { Fetch } from './prove/buses.ts';
export { SPARE_REGISTER } from './prove/buses.ts';
export { inertCells } from './prove/inert.ts';
