export type { ScriptError } from './spec/errors.ts';
export { SCRIPT_ERRORS } from './spec/errors.ts';
export type { ScriptFlagName } from './spec/flags.ts';
export {
  ALL_SCRIPT_FLAGS,
  CONSENSUS_FLAGS,
  fillScriptFlags,
  formatScriptFlags,
  parseScriptFlags,
  SCRIPT_FLAGS,
  STANDARD_FLAGS,
  trimScriptFlags,
} from './spec/flags.ts';
export * from './spec/limits.ts';
export type { OpcodeGroup, OpcodeInfo } from './spec/opcodes.ts';
export { isSuccessOpcode, OP, opcodeInfo, OPCODES } from './spec/opcodes.ts';
export { assembleScript, disassembleScript, pushNumber, scriptToAsm } from './code/assembler.ts';
export type { Instruction, WitnessProgram } from './code/script.ts';
export {
  decodeScript,
  encodePush,
  findAndDelete,
  isMinimalPush,
  isPayToAnchor,
  isPayToScriptHash,
  isPushOnly,
  witnessProgramOf,
} from './code/script.ts';
export { decodeScriptNumber, encodeScriptNumber } from './code/script-number.ts';
export { countLegacySigops, countSigops, sigopCost } from './code/sigops.ts';
export type { ScriptExecution, ScriptVersion, TapscriptContext } from './engine/execution.ts';
export { hash160 } from './engine/hash-operations.ts';
export type { ScriptMachine, ScriptPhase } from './engine/machine.ts';
export { isStrictDer } from './engine/signature-encoding.ts';
export type { TapscriptExtension } from './engine/signature-hash.ts';
export {
  NO_CODE_SEPARATOR,
  SIGHASH_ALL,
  SIGHASH_ANYONECANPAY,
  SIGHASH_DEFAULT,
  SIGHASH_NONE,
  SIGHASH_SINGLE,
  SignatureHasher,
} from './engine/signature-hash.ts';
export type { TapLeaf, TapLeafSpend, TaprootOutput, TapTree } from './engine/taproot.ts';
export {
  createTaprootOutput,
  tapBranchHash,
  tapLeafHash,
  tapTweakHash,
  verifyTaprootCommitment,
} from './engine/taproot.ts';
export type { InputFailure } from './run.ts';
export { createScriptMachine, verifyInput, verifyInputs } from './run.ts';
export type { Block, BlockHeader, CommitmentFault } from './tx/block.ts';
export {
  BLOCK_HEADER_BYTES,
  blockHashOf,
  blockMerkleRoot,
  blockSizes,
  blockWeight,
  blockWitnessRoot,
  checkCommitments,
  decodeBlock,
  decodeBlockHeader,
  encodeBlock,
  encodeBlockHeader,
  merkleRoot,
  witnessCommitment,
  witnessCommitmentOf,
  witnessCommitmentScript,
} from './tx/block.ts';
export type { TransactionFault } from './tx/check.ts';
export { checkTransaction } from './tx/check.ts';
export type { OutPoint, Transaction, TxInput, TxOutput } from './tx/transaction.ts';
export {
  decodeTransaction,
  encodeTransaction,
  hash256,
  hashToHex,
  hasWitness,
  hexToHash,
  isCoinbase,
  isNullOutPoint,
  NULL_VOUT,
  plainInput,
  strippedSize,
  totalSize,
  txidOf,
  virtualSize,
  weightOf,
  witnessSize,
  wtxidOf,
} from './tx/transaction.ts';
export { WireReader, WireWriter } from './tx/wire.ts';
