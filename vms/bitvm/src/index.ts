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
export { ANCHOR_OUTPUT, createDispute, POT_VOUT, preSignatures } from './game/dispute.ts';
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
export type { Randomness } from './game/signing.ts';
export { checkSignatures, compressedKey, JointSigning, signedFunding, signFunding } from './game/signing.ts';
export type { DisputeLocks, Lane, Stage, StageKind } from './game/stages.ts';
export type { FundingInput, PartyTerms, Role, Terms } from './game/terms.ts';
export { checkTerms, otherRole } from './game/terms.ts';
export type { Verifier } from './game/verifier.ts';
export { claimIsRight, correctValues, decideVerifier, nextQuestion } from './game/verifier.ts';
export type { ChainView, Outcome, Position, Sighting } from './game/view.ts';
export { DisputeWatch, movesAfter, positionOf } from './game/view.ts';
