export type { OpForm, OpSpec } from './spec/opcodes.ts';
export { opcodeAt, OPCODES } from './spec/opcodes.ts';
export type { SbpfVersion } from './spec/versions.ts';
export { enabledVersions } from './spec/versions.ts';
export type { Executable, LoadOptions } from './code/executable.ts';
export { disassemble } from './code/disassemble.ts';
export { loadProgram } from './code/load.ts';
export type { ElfOptions, InstructionFields } from './code/write-elf.ts';
export { instructionBytes, writeElf } from './code/write-elf.ts';
export { verify } from './code/verify.ts';
export { functionKey, syscallKey } from './code/murmur3.ts';
export type { Program } from './engine/decode.ts';
export { decodeProgram } from './engine/decode.ts';
export type { Fault, FaultKind } from './engine/faults.ts';
export { SyscallFault, syscallFault } from './engine/faults.ts';
export type { GuestMemory } from './engine/guest-memory.ts';
export type {
  EngineChoice,
  InputPiece,
  Machine,
  Outcome,
  Run,
  RunSetup,
  Step,
  SyscallHandler,
} from './engine/machine.ts';
export { createMachine } from './engine/machine.ts';
export { useEngine } from './engine/pool.ts';
export type { Feature, FeatureSet } from './spec/features.ts';
export { allFeatures, FEATURES, mainnetFeatures } from './spec/features.ts';
export { PROGRAM, SYSVAR } from './spec/addresses.ts';
export { addressBytes, fromBase58, toBase58 } from './host/base58.ts';
export { binaryText, knownAddress } from './host/known-address.ts';
export type { Call, Environment, ProcessedInstruction, Syscall, TransactionState } from './host/call.ts';
export type { Log } from './host/log.ts';
export { createLog } from './host/log.ts';
export { createProgramAddress, findProgramAddress } from './host/program-address.ts';
export type {
  AccountAddresses,
  InputLayout,
  InputRegion,
  InstructionInput,
  SerializedAccount,
  SerializedInput,
} from './host/serialize.ts';
export { inputLayout, serializeInput } from './host/serialize.ts';
export type { SyscallSpec } from './host/syscalls.ts';
export { SYSCALLS, syscallsOf } from './host/syscalls.ts';
export type { ProgramResult, ProgramRun } from './host/run-program.ts';
export { heapCost, runProgram } from './host/run-program.ts';
export type { InstructionError } from './spec/instruction-errors.ts';
export { describeError, returnedError } from './spec/instruction-errors.ts';
export type { Builtin, InstructionContext } from './host/invoke.ts';
export { customFailure, InstructionFailure } from './host/failure.ts';
export type { LoaderState } from './host/programs/loader-state.ts';
export {
  decodeLoaderState,
  deployedFile,
  encodeLoaderState,
  PROGRAM_DATA_HEADER_BYTES,
  programDataOf,
} from './host/programs/loader-state.ts';
export type { InstructionAccount } from './host/accounts.ts';
export type { AccountState, Instruction, Message, MessageOutcome, Svm, SvmOptions } from './run.ts';
export { createSvm } from './run.ts';
export type { Nonce } from './host/programs/nonce.ts';
export type { VoteState } from './host/programs/vote-state.ts';
export { decodeVoteState } from './host/programs/vote-state.ts';
export { durableNonceOf, NONCE_BYTES, readNonce } from './host/programs/nonce.ts';
export { isEd25519Point as isOnCurve, verifyEd25519 } from '@ninefold/crypto';
