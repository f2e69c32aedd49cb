import type { Hex } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import { outOfRange } from '@ninefold/studio-api';
import type { Trace, TraceReader } from '@ninefold/trace';
import type { ProgramDebug, RecordedFrame } from '@ninefold/vm-evm';
import { Dataflow, UNITS_PER_PROGRAM } from '@ninefold/vm-evm';
import { debugOfFrame } from './calls.ts';
import type { Names } from './names.ts';
import { shortText } from './names.ts';
import type { Replay } from './replay.ts';
import type { TracedCalls } from './trace-frames.ts';
import { traceCalls } from './trace-frames.ts';
import { ValueNames } from './value-names.ts';

/** Bytes of memory that one answer tells. */
export const MAX_MEMORY_BYTES = 4096;

/** A recorded transaction with all that its views are read from. */
export type OpenedTrace = {
  readonly names: Names;
  readonly replay: Replay;
  readonly trace: Trace;
  readonly flow: Dataflow;
  readonly reader: TraceReader;
  readonly steps: number;
  readonly values: ValueNames;
  /** By program; what has no source has none. */
  readonly debugs: readonly (ProgramDebug | undefined)[];
  readonly calls: TracedCalls;
  /** By step. */
  readonly opcodes: Uint8Array;
};

/** Opens a replay that was recorded with a trace. */
export function openTrace(names: Names, replay: Replay): OpenedTrace {
  const { run } = replay;
  const trace = run.trace as Trace;
  const flow = new Dataflow(run);
  const { reader } = flow;
  const debugs = run.programs.map(({ code, initcode }) => names.debugOf(code, initcode, run.fork));
  const codes = new Map(run.programs.map(({ address, initcode }, i) => [`${address}${initcode}`, debugs[i]]));
  const debugOf = (address: Hex): ProgramDebug | undefined =>
    codes.get(`${address}false`) ?? codes.get(`${address}true`) ?? names.debugOfAddress(address);
  return {
    names,
    replay,
    trace,
    flow,
    reader,
    steps: reader.steps,
    values: new ValueNames(run, flow, debugs, debugOf),
    debugs,
    calls: traceCalls(run, trace, debugs, (frame) => frameName(names, replay, frame)),
    opcodes: readOpcodes(replay, trace, reader.steps),
  };
}

/** Refuses a step behind the end. */
export function checkStep({ steps }: OpenedTrace, step: number): void {
  if (step > steps) throw outOfRange('Step', step, steps + 1);
}

/** The call of the run that a frame of the trace is. */
export function recordedFrame({ run }: Replay, frame: number): RecordedFrame {
  return run.frames[run.tracedFrames[frame] ?? 0] as RecordedFrame;
}

// PERF: a loop over the units' column, not a look-up by step.
function readOpcodes({ run }: Replay, trace: Trace, steps: number): Uint8Array {
  const units = trace.steps.column('unit', 0, steps) as Uint32Array;
  const codes = run.programs.map(({ code }) => code);
  const opcodes = new Uint8Array(units.length);
  for (let i = 0; i < units.length; i++) {
    const unit = units[i] as number;
    opcodes[i] = codes[unit >>> 17]?.[unit & (UNITS_PER_PROGRAM - 1)] ?? 0;
  }
  return opcodes;
}

function frameName(names: Names, replay: Replay, frame: number): string {
  const recorded = recordedFrame(replay, frame);
  const debug = debugOfFrame(names, replay, recorded);
  const creates = recorded.kind === 'CREATE' || recorded.kind === 'CREATE2';
  const call = creates ? 'constructor' : names.call(debug, recorded.input)?.name;
  const program = debug?.artifact.name ?? shortText(recorded.to);
  const selector = recorded.input.length >= 4 ? bytesToHex(recorded.input.subarray(0, 4)) : '';
  return `${program}.${call ?? (selector === '' ? 'receive' : selector)}`;
}
