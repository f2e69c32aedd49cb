export { addM31, invM31, isM31, mulM31, negM31, P, powM31, subM31, toM31 } from './field/m31.ts';
export type { Ext, ExtensionDegree, ExtensionField } from './field/extension.ts';
export { extensionOf, QM31, SEXTIC } from './field/extension.ts';
export type { AirBuilder, Bus, Chip, Constraint, Interaction } from './air/chip.ts';
export { defineBus, defineChip, MAX_BUS_ARITY } from './air/chip.ts';
export type { Operand } from './air/expression.ts';
export { Expression } from './air/expression.ts';
export type { Machine, MaxDegree, PublicMessage } from './air/machine.ts';
export { defineMachine, MAX_CHIPS } from './air/machine.ts';
export type { ChipTrace, Trace } from './air/trace.ts';
export { createTable, logHeightFor, MAX_LOG_HEIGHT, MIN_LOG_HEIGHT } from './air/trace.ts';
export type { Violation } from './air/check.ts';
export { checkSegments, checkTrace, DEFAULT_MAX_VIOLATIONS, violationText } from './air/check.ts';
export type { LintFinding, LintRule } from './air/lint.ts';
export { lintMachine } from './air/lint.ts';
export type { Parameters, ParameterSet } from './protocol/parameters.ts';
export { PARAMETER_SETS } from './protocol/parameters.ts';
export type { ProvingKey, VerifyingKey } from './protocol/keys.ts';
export { createKey, restoreVerifyingKey } from './protocol/keys.ts';
export type { Proof, SegmentProof } from './protocol/proof.ts';
export { MAX_SEGMENTS } from './protocol/proof.ts';
export type { Cancellation, DeferredTrace, ProveOptions, ProvePhase, Segment } from './protocol/prove.ts';
export { prove, throwIfCancelled } from './protocol/prove.ts';
export type { Pool, PoolOptions } from './kernel/pool.ts';
export { createPool, MAX_THREADS, WORKER_PATIENCE_MS } from './kernel/pool.ts';
export type { PoolWorker, StartWorker, WorkerEvents } from './kernel/workers.ts';
export { verify } from './protocol/verify.ts';
export type { Regime, SecurityReport, SecurityRounds, SecurityShape } from './protocol/security.ts';
export { HASH_BITS, securityOf, securityShape, securityText } from './protocol/security.ts';
export { decodeProof, encodeProof, MAX_PROOF_BYTES } from './protocol/codec.ts';
export type {
  Attack,
  ChipMutations,
  DontCare,
  MutationOptions,
  MutationReport,
  MutationSubject,
  Survivor,
} from './air/mutate.ts';
export { mutateTrace, mutationText } from './air/mutate.ts';
export type { Sample } from './samples.ts';
export { cloneTrace, SAMPLES } from './samples.ts';
export type { HashName } from './kernel/hasher.ts';
export { blake2s256 } from './kernel/hasher.ts';
export type { Fraction, Poseidon2, Poseidon2Constants, Poseidon2Spec } from './hash/poseidon2.ts';
export { createPoseidon2, POSEIDON2_SPECS } from './hash/poseidon2.ts';
export type { Columns, Workspace } from './kernel/workspace.ts';
export { createWorkspace } from './kernel/workspace.ts';
export type { ExtPoint, Point } from './circle/point.ts';
export { addPoints, GENERATOR, subgroupGenerator } from './circle/point.ts';
export { evaluateAt, reverseBits } from './circle/domain.ts';
