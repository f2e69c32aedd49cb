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
