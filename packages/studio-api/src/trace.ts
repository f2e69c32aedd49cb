import type { EntityRef, Field, Json } from './types.ts';

// A trace as the studio sees it. Columns, frames and mips are little-endian arrays under `/bin`, all else
// is JSON. The state at step `s` is what `s` finds before it is executed; at `steps`, what the run left.

export type ColumnInfo = {
  readonly name: string;
  readonly type: 'u8' | 'u16' | 'u32' | 'f64';
  readonly bytes: number;
  readonly url: string;
};

/** Words of one frame in `/bin/trace/:id/frames`, all u32. */
export const FRAME_WORDS = 7;

/** Bits of a frame's last word. */
export const FRAME_FLAGS = { internal: 1, failed: 2, static: 4, create: 8 } as const;

/**
 * A call as the timeline draws it, `FRAME_WORDS` numbers in this order: program, name (index into
 * `names`), depth, s0, s1, parent (2^32 - 1 for none), flags. Pre-order; steps [s0, s1). Functions inside a
 * program are frames of their own, flagged as internal, where debug information tells of them.
 */
export type TraceFrame = {
  readonly program: number;
  readonly name: number;
  readonly depth: number;
  readonly s0: number;
  readonly s1: number;
  readonly parent: number;
  readonly flags: number;
};

/** Steps of one bucket of each array in `/bin/trace/:id/mips`: cost f64, writes u32, fails u32. */
export const MIP_STEPS = 64;

export type TraceProgram = {
  readonly ref: EntityRef;
  readonly name: string;
  readonly size: number;
  /** Levels that are known of it, the native one last. */
  readonly levels: readonly string[];
};

export type TraceMark = { readonly step: number; readonly label: string };

export type TraceManifest = {
  readonly id: string;
  readonly net: string;
  readonly tx: string;
  readonly vm: string;
  readonly steps: number;
  readonly truncated?: { readonly at: number; readonly reason: string };
  /** A step's unit is `program * unitsPerProgram + pc`. */
  readonly unitsPerProgram: number;
  readonly levels: readonly { readonly id: string; readonly title: string }[];
  readonly programs: readonly TraceProgram[];
  readonly frames: { readonly count: number; readonly url: string };
  readonly names: readonly string[];
  readonly columns: readonly ColumnInfo[];
  readonly mips: { readonly steps: number; readonly count: number; readonly url: string };
  readonly deltas: readonly { readonly name: string; readonly count: number; readonly url: string }[];
  readonly checkpoints: { readonly every: number };
  readonly events: readonly TraceMark[];
  readonly failures: readonly TraceMark[];
  readonly outcome: { readonly status: 'ok' | 'failed'; readonly error?: string };
  /** All that is kept of it. */
  readonly bytes: number;
  readonly recordMs: number;
};

/** One instruction: pc, opcode, index of its mnemonic, immediate as hex or nothing. */
export type CodeUnit = readonly [pc: number, op: number, mnemonic: number, immediate: string];

/** Instructions `a` to `b` (exclusive) stem from lines `c` to `d` (inclusive, from 1) of a file. */
export type LevelInterval = readonly [a: number, b: number, file: number, c: number, d: number, kind: number];

/** Kinds of an interval. */
export const LEVEL_KINDS = { exact: 0, synthetic: 1 } as const;

export type TraceLevels = {
  readonly program: number;
  readonly mnemonics: readonly string[];
  readonly code: readonly CodeUnit[];
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly map: readonly LevelInterval[];
};

export type StackItem = { readonly value: string; readonly name?: string };

export type StorageItem = {
  readonly entity: EntityRef;
  readonly key: string;
  readonly label: string;
  readonly type?: string;
  readonly before: Json;
  readonly after: Json;
  readonly rawBefore: string;
  readonly rawAfter: string;
  readonly step: number;
};

export type TraceState = {
  readonly step: number;
  readonly frame: number;
  /** Top first. */
  readonly stack?: readonly StackItem[];
  /** How many items of the stack this step's predecessor left, from the top. */
  readonly changed?: number;
  readonly memory?: {
    readonly length: number;
    readonly start: number;
    readonly bytes: string;
    /** Written by the step before, [from, to). */
    readonly written?: readonly [number, number];
    /** Read by this step. */
    readonly read?: readonly [number, number];
  };
  /** Since the start. */
  readonly storage?: readonly StorageItem[];
  readonly balances?: readonly {
    readonly entity: EntityRef;
    readonly before: string;
    readonly after: string;
  }[];
  readonly logs?: readonly { readonly step: number; readonly text: string }[];
  readonly calldata?: { readonly bytes: string; readonly fields?: readonly Field[] };
  readonly returndata?: string;
};

export const STATE_PARTS = [
  'stack',
  'memory',
  'storage',
  'balances',
  'logs',
  'calldata',
  'returndata',
] as const;
export type StatePart = (typeof STATE_PARTS)[number];

/**
 * A place a value can be in: `stack:SLOT`, `memory:ADDRESS:LENGTH`, `calldata:OFFSET`,
 * `storage:ACCOUNT:KEY`, seen from the frame of a step.
 */
export type Location = string;

export type OriginNode = {
  readonly step: number;
  readonly op: string;
  /** Hex of the value, shortened never. */
  readonly value: string;
  readonly label: string;
  readonly line?: number;
  readonly file?: string;
  /** Steps between this node and the next that only moved the value. */
  readonly skipped: number;
  readonly kind: 'written' | 'computed' | 'input' | 'storage' | 'constant' | 'environment';
  readonly inputs: readonly {
    readonly loc: Location;
    readonly step: number;
    readonly name: string;
    readonly value: string;
  }[];
};

/** What to look for; all that are given must hold. */
export type TraceQuery = {
  /** Mnemonic. */
  readonly op?: string;
  readonly pc?: number;
  readonly program?: number;
  readonly file?: string;
  readonly line?: number;
  /** A value that the step left on the stack, decimal or hex. */
  readonly value?: string;
  /** Writes of this location. */
  readonly writes?: Location;
  readonly kind?: 'event' | 'call' | 'failure' | 'write' | 'jump';
  readonly minCost?: number;
};

export type FindResult = {
  readonly items: readonly { readonly step: number; readonly why: string }[];
  readonly total: number;
};

/** An open trace of any machine: what a chain gives the studio, still without an id. */
export type TraceSession = {
  readonly manifest: (id: string) => TraceManifest;
  /** @throws `STUDIO_NOT_FOUND` for an unknown name, `STUDIO_OUT_OF_RANGE` */
  readonly column: (name: string, from: number, to: number) => Uint8Array;
  readonly frames: () => Uint8Array;
  readonly mips: () => Uint8Array;
  /** Deltas of steps [from, to) as JSON lines. */
  readonly deltas: (name: string, from: number, to: number) => Uint8Array;
  readonly state: (step: number, parts: readonly StatePart[], memoryAt?: number) => TraceState;
  readonly find: (query: TraceQuery, from: number, forward: boolean, limit: number) => FindResult;
  readonly origin: (step: number, loc: Location, max: number) => readonly OriginNode[];
  /** Later steps that take the value in. */
  readonly uses: (step: number, loc: Location, max: number) => readonly OriginNode[];
  readonly evaluate: (step: number, expression: string) => Field;
  readonly levels: (program: number) => TraceLevels;
};
