import type { ColumnType, StepTable } from './steps.ts';
import type { MemoryStream, SlotStream, StateStream } from './streams.ts';

/** A call: the steps [`start`, `end`) and those of its callees within. */
export type Frame = {
  readonly program: number;
  readonly fn: number;
  readonly depth: number;
  /** Index of the caller's frame, -1 for the first. */
  readonly parent: number;
  readonly start: number;
  readonly end: number;
};

/** Why a trace ends before the run did. */
export type Truncation = { readonly at: number; readonly reason: 'steps' | 'bytes' };

/** A finished trace. Programs, functions and units are the VM's numbers. */
export type Trace = {
  readonly vm: string;
  readonly steps: StepTable;
  readonly frames: readonly Frame[];
  /** Whether spaces are frames, and end with them. */
  readonly spacePerFrame: boolean;
  readonly slots: SlotStream | undefined;
  readonly memory: MemoryStream | undefined;
  readonly state: StateStream | undefined;
  readonly truncated: Truncation | undefined;
};

/** What a trace consists of, for those who fetch it piece by piece. */
export type TraceManifest = {
  readonly vm: string;
  readonly steps: number;
  readonly truncated: Truncation | undefined;
  readonly frames: number;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType; readonly bytes: number }[];
  readonly deltas: readonly { readonly name: DeltaName; readonly count: number }[];
  readonly checkpoints: { readonly every: number };
};

export type DeltaName = 'slots' | 'memory' | 'state';
