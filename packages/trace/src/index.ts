export type { ColumnType, ExtraColumn } from './steps.ts';
export { CHUNK_STEPS, STANDARD_COLUMNS, STEP_FLAGS } from './steps.ts';
export type { StateLocation, WordFormat } from './streams.ts';
export { CHECKPOINT_STEPS, MAX_SLOTS } from './streams.ts';
export type { DeltaName, Frame, Trace, TraceManifest, Truncation } from './trace.ts';
export type { TraceWriter, TraceWriterOptions } from './writer.ts';
export { createTraceWriter, DEFAULT_MAX_STEPS, DEFAULT_MAX_VALUE_BYTES } from './writer.ts';
export type {
  Checkpoint,
  Delta,
  MemoryWrite,
  Mip,
  SpaceState,
  StateValue,
  Step,
  TraceReader,
} from './reader.ts';
export { createTraceReader } from './reader.ts';
export { decodeTrace, encodeTrace } from './codec.ts';
export type { Eip3155Summary, Eip3155View } from './eip3155.ts';
export { eip3155Lines } from './eip3155.ts';
