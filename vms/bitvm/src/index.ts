export type { GateInfo, GateName } from './spec/gates.ts';
export { GATE, GATES } from './spec/gates.ts';
export * from './spec/limits.ts';
export { formatBristol, parseBristol } from './code/bristol.ts';
export type { Wire } from './code/builder.ts';
export { CircuitBuilder } from './code/builder.ts';
export type { Circuit } from './code/circuit.ts';
export {
  checkCircuit,
  circuitDigest,
  evaluateCircuit,
  evaluateFrom,
  gateAt,
  gateHolds,
  gateWires,
  inputCount,
  outputCount,
} from './code/circuit.ts';
export type { Cuts } from './code/cuts.ts';
export { blockWires, cutCircuit, cutsOfRound, cutWires, searchDepth } from './code/cuts.ts';
export { hashLocks } from './engine/kernel.ts';
export { LOCK_DOMAIN, lockPreimage, sessionSeed, wireLocks, wirePreimage } from './engine/locks.ts';
export type { LeafSource, TapOutput } from './engine/tree.ts';
export { controlBlock, keyScript, LeafTree, NUMS_KEY, tapOutput } from './engine/tree.ts';
export type { Dispute, DisputeState, Pot, PreSignature } from './game/dispute.ts';
export {
  ANCHOR_OUTPUT,
  createDispute,
  POT_VOUT,
  preSignatures,
  signedFunding,
  signFunding,
} from './game/dispute.ts';
export { Evidence } from './game/evidence.ts';
export type { Collection, Equivocation, MoveContent, PartySecrets } from './game/moves.ts';
export {
  askMove,
  collectByEquivocation,
  collectByTimeout,
  readMove,
  settlementMove,
  showMove,
} from './game/moves.ts';
export type { ProverLocks, VerifierLocks } from './game/party.ts';
export { partySecrets, proverLocks, verifierLocks } from './game/party.ts';
export type { Decision, Prover } from './game/prover.ts';
export { claimValues, decideProver, proverMove } from './game/prover.ts';
export type { JointMessage, Randomness } from './game/signing.ts';
export { checkSignatures, compressedKey, JointSigning } from './game/signing.ts';
export type { DisputeLocks, Lane, Stage, StageKind } from './game/stages.ts';
export type { FundingInput, PartyTerms, Role, Terms } from './game/terms.ts';
export { checkTerms, otherRole } from './game/terms.ts';
export type { Verifier } from './game/verifier.ts';
export { claimIsRight, correctValues, decideVerifier, nextQuestion } from './game/verifier.ts';
export type { ChainView, Outcome, Position, Sighting } from './game/view.ts';
export { DisputeWatch, movesAfter, positionOf } from './game/view.ts';
export type { Assertion, Assignment, Chunk, Program, ProgramKeys, Variable } from './chunk/program.ts';
export {
  assertProgram,
  disproofLeaf,
  disproofWitness,
  emitDisproof,
  faultyChunk,
  programKeys,
  readAssertion,
  runProgram,
} from './chunk/program.ts';
export type { AssertionGraph, AssertionTerms } from './chunk/graph.ts';
export {
  assertionMove,
  createAssertionGraph,
  disprove,
  readAssertionMove,
  signAssertionFunding,
  signedAssertionFunding,
  takeBack,
  takeForSilence,
} from './chunk/graph.ts';
export { BLAKE3_PROGRAM, blake3Input } from './chunk/blake3.ts';
export { padSha256, SHA256_INITIAL_STATE, SHA256_PROGRAM } from './chunk/sha256.ts';
export {
  recoverWinternitz,
  signWinternitz,
  winternitzDigits,
  winternitzPublicKey,
  winternitzScriptSize,
  winternitzWitness,
  writeWinternitz,
} from './chunk/winternitz.ts';
export type { BumpPurse } from './game/bump.ts';
export { bumpTransaction } from './game/bump.ts';
export type { TranscriptEvent } from './game/transcript.ts';
export {
  claimOf,
  formatTranscript,
  parseTranscript,
  TRANSCRIPT_SCHEMA,
  transcriptOf,
} from './game/transcript.ts';
export { ScriptWriter, writeScript } from './engine/script-writer.ts';
