import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, EMPTY_BYTES } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import type { Trace } from '@ninefold/trace';
import { createTraceWriter } from '@ninefold/trace';
import { createTraceRecorder, EVM_TRACE_OPTIONS } from '../engine/recorder.ts';
import type { ForkName, FrameEnd, FrameStart, HaltReason, Log, Step, Tracer } from '../types.ts';

/** A call of a recorded run. SELFDESTRUCT is one too, of no steps: it moves money. */
export type RecordedFrame = {
  readonly kind: FrameStart['kind'];
  readonly from: Hex;
  readonly to: Hex;
  readonly value: bigint;
  readonly gas: bigint;
  readonly input: Bytes;
  readonly depth: number;
  /** Index of the caller's frame, -1 for the first. */
  readonly parent: number;
  /** Steps [s0, s1), those of callees included. */
  readonly s0: number;
  s1: number;
  gasUsed: bigint;
  output: Bytes;
  status: FrameEnd['status'];
  halt: HaltReason | undefined;
  /** Storage writes of the frame itself. */
  writes: number;
};

export type RecordedLog = { readonly log: Log; readonly step: number; readonly frame: number };

/** What runs in a frame of the trace. */
export type RecordedProgram = { readonly address: Hex; readonly initcode: boolean; readonly code: Bytes };

/** First and last step that wrote a slot; key `address/slot`. */
export type SlotWrites = ReadonlyMap<string, { readonly first: number; readonly last: number }>;

export type RecordedRun = {
  readonly fork: ForkName;
  readonly steps: number;
  /** Pre-order. */
  readonly frames: readonly RecordedFrame[];
  /** In order of emission, those of failed frames included. */
  readonly logs: readonly RecordedLog[];
  readonly writes: SlotWrites;
  /** Hash -> what was hashed, for inputs that mappings and arrays are addressed by. */
  readonly preimages: ReadonlyMap<Hex, Bytes>;
  /** With `full`. */
  readonly trace: Trace | undefined;
  readonly programs: readonly RecordedProgram[];
  /** Frame of the trace -> frame of the run: the trace knows no SELFDESTRUCT. */
  readonly tracedFrames: readonly number[];
};

export type RecordingOptions = {
  readonly fork: ForkName;
  /** Code of an account before the run. */
  readonly codeOf: (address: Hex) => Bytes;
  /** Record every step, not only calls, events and writes. */
  readonly full: boolean;
  readonly maxSteps: number;
};

const KECCAK256 = 0x20;
const SSTORE = 0x55;

/** Gas a callee gets on top of what its caller pays when value is sent along. */
const CALL_STIPEND = 2300;
const CALLS_WITH_STIPEND: ReadonlySet<FrameStart['kind']> = new Set(['CALL', 'CALLCODE']);

/** Hashed inputs that are kept, and the longest of them. */
export const MAX_PREIMAGES = 100_000;
const LONGEST_PREIMAGE = 128;

/**
 * Watches one run and keeps what a debugger asks about it.
 *
 * @example
 * const recording = createRecording({ fork: 'osaka', codeOf, full: true, maxSteps: 1_000_000 });
 * evm.transact(transaction, block, view, { tracer: recording.tracer });
 * const run = recording.finish();
 */
export function createRecording(options: RecordingOptions): {
  readonly tracer: Tracer;
  readonly finish: () => RecordedRun;
} {
  const { fork, codeOf, full, maxSteps } = options;
  const writer = full ? createTraceWriter({ ...EVM_TRACE_OPTIONS, maxSteps }) : undefined;
  const recorder = writer && createTraceRecorder(writer, fork);
  const frames: RecordedFrame[] = [];
  const open: number[] = [];
  const tracedFrames: number[] = [];
  const logs: RecordedLog[] = [];
  const writes = new Map<string, { first: number; last: number }>();
  const preimages = new Map<Hex, Bytes>();
  const initcodes = new Map<Hex, Bytes>();
  const created = new Map<Hex, Bytes>();
  let steps = 0;
  let lastCost = 0;

  const enter = (start: FrameStart): void => {
    const { kind, from, to, value, gas, input } = start;
    if (open.length > 0 && kind !== 'SELFDESTRUCT') {
      // What is handed to the callee is no cost of the step: only what the callee uses is, by its own steps.
      const handed = Number(gas) - (value > 0n && CALLS_WITH_STIPEND.has(kind) ? CALL_STIPEND : 0);
      if (handed <= lastCost) lastCost -= handed;
      writer?.setCost(lastCost);
    }
    if (kind === 'CREATE' || kind === 'CREATE2') initcodes.set(to, input);
    frames.push({
      kind,
      from,
      to,
      value,
      gas,
      input,
      depth: open.length,
      parent: open.at(-1) ?? -1,
      s0: steps,
      s1: steps,
      gasUsed: 0n,
      output: EMPTY_BYTES,
      status: 'success',
      halt: undefined,
      writes: 0,
    });
    open.push(frames.length - 1);
    if (kind !== 'SELFDESTRUCT') tracedFrames.push(frames.length - 1);
    recorder?.tracer.enter?.(start);
  };

  const step = (current: Step): void => {
    const { opcode } = current;
    if (opcode === KECCAK256) keepPreimage(current);
    else if (opcode === SSTORE && current.stackHeight >= 2) keepWrite(current);
    recorder?.tracer.step?.(current);
    lastCost = Number(current.cost);
    steps++;
  };

  const keepPreimage = (current: Step): void => {
    if (current.stackHeight < 2 || preimages.size >= MAX_PREIMAGES) return;
    const length = current.stack(1);
    const offset = current.stack(0);
    if (length < 32n || length > LONGEST_PREIMAGE || offset + length > BigInt(current.memorySize)) return;
    const input = current.memory(Number(offset), Number(length));
    preimages.set(bytesToHex(keccak256(input)), input);
  };

  const keepWrite = (current: Step): void => {
    const key = `${current.address()}/0x${current.stack(0).toString(16).padStart(64, '0')}`;
    const known = writes.get(key);
    if (known === undefined) writes.set(key, { first: steps, last: steps });
    else known.last = steps;
    const frame = frames[open.at(-1) as number];
    if (frame !== undefined) frame.writes++;
  };

  const exit = (end: FrameEnd): void => {
    const frame = frames[open.pop() as number] as RecordedFrame;
    frame.s1 = steps;
    frame.gasUsed = end.gasUsed;
    frame.output = end.output;
    frame.status = end.status;
    frame.halt = end.halt;
    // A precompile has no steps to carry its cost.
    if (frame.s0 === steps && frame.kind !== 'SELFDESTRUCT') writer?.setCost(lastCost + Number(end.gasUsed));
    const creates = frame.kind === 'CREATE' || frame.kind === 'CREATE2';
    if (creates && end.status === 'success') created.set(frame.to, end.output);
    recorder?.tracer.exit?.(end);
  };

  const log = (entry: Log): void => {
    logs.push({ log: entry, step: Math.max(0, steps - 1), frame: open.at(-1) ?? 0 });
  };

  const programs = (): readonly RecordedProgram[] =>
    (recorder?.programs ?? []).map(({ address, initcode }) => ({
      address,
      initcode,
      code: initcode ? (initcodes.get(address) ?? EMPTY_BYTES) : (created.get(address) ?? codeOf(address)),
    }));

  return {
    tracer: { enter, step, exit, log },
    finish: () => ({
      fork,
      steps,
      frames,
      logs,
      writes,
      preimages,
      trace: writer?.finish(),
      programs: programs(),
      tracedFrames,
    }),
  };
}
