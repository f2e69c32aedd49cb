export type * from './types.ts';
export type { Activation, Feature, ForkSpec } from './spec/forks.ts';
export {
  blobScheduleOf,
  DEFAULT_FORK,
  FEATURES,
  featuresOf,
  forkIndex,
  FORKS,
  forksUntil,
  isAtLeast,
} from './spec/forks.ts';
export type { GasSchedule } from './spec/gas-schedule.ts';
export { gasSchedule, NO_LIMIT } from './spec/gas-schedule.ts';
export type { CostHistory, Location, OpCategory, OpSpec } from './spec/opcodes.ts';
export { baseCost, introducedIn, mnemonicOf, opcodeAt, OPCODES, specLink } from './spec/opcodes.ts';
export type { TracedProgram, TraceRecorder } from './engine/recorder.ts';
export { createTraceRecorder, EVM_TRACE_OPTIONS, UNITS_PER_PROGRAM } from './engine/recorder.ts';
export type { EvmOptions } from './run.ts';
export { createEvm } from './run.ts';
export type { AbiItem, AbiParameter, AbiValue } from './debug/abi.ts';
export { abiPathAt, canonicalType, decodeAbi, MAX_ABI_ELEMENTS, parseAbi, wordValue } from './debug/abi.ts';
export type { Artifact, ProgramDebug } from './debug/artifacts.ts';
export { ArtifactStore, MAX_ARTIFACTS, readArtifacts } from './debug/artifacts.ts';
export type { PlacedValue, Source, ValueKind, ValuePlace } from './debug/dataflow.ts';
export { Dataflow } from './debug/dataflow.ts';
export type { Instruction } from './debug/disassemble.ts';
export { disassemble } from './debug/disassemble.ts';
export type {
  RecordedFrame,
  RecordedLog,
  RecordedProgram,
  RecordedRun,
  RecordingOptions,
  SlotWrites,
} from './debug/recording.ts';
export { createRecording, MAX_PREIMAGES } from './debug/recording.ts';
export type { SourceEntry, SourcePlace, SourceText } from './debug/source-map.ts';
export { decodeSourceMap, SourceLevel } from './debug/source-map.ts';
export type { SlotPart, StorageLayout } from './debug/storage-layout.ts';
export { parseStorageLayout, partValue, SlotNames } from './debug/storage-layout.ts';
