import type { Bytes } from '@ninefold/base';
import { defineErrors } from '@ninefold/base';
import type { ExtraColumn } from './steps.ts';
import { STANDARD_COLUMNS, StepTable } from './steps.ts';
import type { WordFormat } from './streams.ts';
import { MAX_SLOTS, MAX_WORD_BYTES, MemoryStream, SlotStream, StateStream } from './streams.ts';
import type { Frame, Trace, Truncation } from './trace.ts';

export const DEFAULT_MAX_STEPS = 10_000_000;
export const DEFAULT_MAX_VALUE_BYTES: number = 512 * 1024 * 1024;

// Values are found by 32-bit offsets; one more value may come after the limit is reached.
const MOST_VALUE_BYTES = 2 ** 31;

const fail = defineErrors({
  TRACE_NO_OPEN_FRAME: () => 'No frame is open: enter one before the first step, leave it once',
  TRACE_SLOT_RANGE: (context: { readonly slot: number }) => `Slot ${context.slot} is not below ${MAX_SLOTS}`,
  TRACE_WORD_WIDTH: (context: { readonly width: number }) =>
    `Words of ${context.width} bytes: from 1 to ${MAX_WORD_BYTES} are possible`,
  TRACE_STREAM_OFF: (context: { readonly stream: string }) =>
    `This trace records no ${context.stream}: ask for it when the writer is created`,
  TRACE_DUPLICATE_COLUMN: (context: { readonly name: string }) => `Two columns are called ${context.name}`,
});

export type TraceWriterOptions = {
  readonly vm: string;
  /** The trace ends there, and says so. */
  readonly maxSteps?: number | undefined;
  /** Bytes of all recorded values, after which the trace ends. */
  readonly maxValueBytes?: number | undefined;
  readonly extras?: readonly ExtraColumn[] | undefined;
  /** Stack slots or registers: their word format, or `'bytes'` when values have any length. */
  readonly slots?: WordFormat | 'bytes' | undefined;
  readonly memory?: boolean | undefined;
  /** Whether each frame has slots and memory of its own, under its number. Default false. */
  readonly spacePerFrame?: boolean | undefined;
  readonly state?: boolean | undefined;
};

/**
 * Records a run. Everything recorded between two calls of `step` is an effect of the former step.
 * Once the trace is full, all methods do nothing, so that a VM need not ask.
 *
 * A *space* is a set of slots or a memory that comes and goes as one: the frame's number where each
 * call has its own (EVM), 0 where there is only one.
 */
export type TraceWriter = {
  /** Opens a frame that begins with the next step; returns its number, of a full trace the last open one's or -1. */
  readonly enterFrame: (program: number, fn: number) => number;
  /** @throws `TRACE_NO_OPEN_FRAME` */
  readonly leaveFrame: () => void;
  /**
   * Records a step of the open frame before it is executed.
   *
   * @param sp - height of the stack, 0 where there is none
   * @returns whether it was recorded
   * @throws `TRACE_NO_OPEN_FRAME`
   */
  readonly step: (unit: number, cost: number, sp: number, flags: number) => boolean;
  /** Sets the cost of the step when it is known only after it. */
  readonly setCost: (cost: number) => void;
  /** Adds flags to the step. */
  readonly addFlags: (flags: number) => void;
  /** Sets the step's value of the extra column at `index`. */
  readonly extra: (index: number, value: number) => void;
  /** A slot now holds `bytes[from, to)`. @throws `TRACE_SLOT_RANGE`, `TRACE_STREAM_OFF` */
  readonly slot: (space: number, slot: number, bytes: Bytes, from?: number, to?: number) => void;
  /**
   * Memory from `address` on now holds `bytes[from, to)`. Growth without a write is an empty write
   * at the new end.
   *
   * @throws `TRACE_STREAM_OFF`
   */
  readonly memory: (space: number, address: number, bytes: Bytes, from?: number, to?: number) => void;
  /** A location of the chain's state was written; undefined ends it. @throws `TRACE_STREAM_OFF` */
  readonly state: (entity: Bytes, key: Bytes, value: Bytes | undefined) => void;
  /** A location was found to hold `value`. @throws `TRACE_STREAM_OFF` */
  readonly stateRead: (entity: Bytes, key: Bytes, value: Bytes | undefined) => void;
  /** A point to which {@link TraceWriter.revertState} can return. */
  readonly markState: () => number;
  readonly revertState: (mark: number) => void;
  /** Closes open frames and hands the trace out. */
  readonly finish: () => Trace;
};

type OpenFrame = { -readonly [Key in keyof Frame]: Frame[Key] };

/**
 * PERF: with one 32-byte slot written per step about 0.15 µs and at most 63 bytes a step; small
 * words take less, their zeros are not stored.
 *
 * @throws `TRACE_DUPLICATE_COLUMN`, `TRACE_WORD_WIDTH`
 * @example
 * const writer = createTraceWriter({ vm: 'evm', slots: { width: 32, endian: 'big' }, spacePerFrame: true });
 * const frame = writer.enterFrame(0, 0);
 * writer.step(0, 3, 0, 0); // PUSH1 5
 * writer.slot(frame, 0, Uint8Array.of(5));
 * const reader = createTraceReader(writer.finish());
 */
export function createTraceWriter(options: TraceWriterOptions): TraceWriter {
  const { vm, extras = [], maxSteps = DEFAULT_MAX_STEPS, spacePerFrame = false } = options;
  const maxValueBytes = Math.min(options.maxValueBytes ?? DEFAULT_MAX_VALUE_BYTES, MOST_VALUE_BYTES);
  const names = [...STANDARD_COLUMNS, ...extras].map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw fail('TRACE_DUPLICATE_COLUMN', { name: twice });

  if (typeof options.slots === 'object') {
    const { width } = options.slots;
    if (!(Number.isInteger(width) && width >= 1 && width <= MAX_WORD_BYTES))
      throw fail('TRACE_WORD_WIDTH', { width });
  }

  const steps = new StepTable(extras);
  const slots = options.slots && new SlotStream(options.slots === 'bytes' ? undefined : options.slots);
  const memories = options.memory === true ? new MemoryStream() : undefined;
  const states = options.state === true ? new StateStream() : undefined;
  const frames: OpenFrame[] = [];
  const open: number[] = [];
  let current = -1;
  let truncated: Truncation | undefined;

  const valueBytes = (): number =>
    (slots?.heap.length ?? 0) + (memories?.heap.length ?? 0) + (states?.heap.length ?? 0);
  const truncate = (reason: Truncation['reason']): false => {
    truncated ??= { at: steps.length, reason };
    return false;
  };

  const enterFrame = (program: number, fn: number): number => {
    if (truncated === undefined) {
      const depth = open.length;
      frames.push({ program, fn, depth, parent: current, start: steps.length, end: steps.length });
      current = frames.length - 1;
    }
    open.push(current);
    return current;
  };

  const leaveFrame = (): void => {
    const left = open.pop();
    if (left === undefined) throw fail('TRACE_NO_OPEN_FRAME', undefined);
    const frame = frames[left];
    // A full trace has no frame for what was entered outside of those it has.
    if (frame !== undefined) frame.end = steps.length;
    current = open.at(-1) ?? -1;
  };

  const step = (unit: number, cost: number, sp: number, flags: number): boolean => {
    if (truncated !== undefined) return false;
    if (current < 0) throw fail('TRACE_NO_OPEN_FRAME', undefined);
    if (steps.length >= maxSteps) return truncate('steps');
    steps.push(unit, cost, current, sp, flags);
    return true;
  };

  const setCost = (cost: number): void => {
    if (truncated === undefined && steps.at > 0) steps.last.cost[steps.at - 1] = Math.min(cost, 0xffffffff);
  };

  const addFlags = (flags: number): void => {
    if (truncated !== undefined || steps.at === 0) return;
    steps.last.flags[steps.at - 1] = (steps.last.flags[steps.at - 1] as number) | flags;
  };

  const extra = (index: number, value: number): void => {
    const column = steps.last.extras[index];
    if (truncated === undefined && steps.at > 0 && column !== undefined) column[steps.at - 1] = value;
  };

  const slot = (space: number, index: number, bytes: Bytes, from = 0, to = bytes.length): void => {
    if (slots === undefined) throw fail('TRACE_STREAM_OFF', { stream: 'slots' });
    if (index >= MAX_SLOTS) throw fail('TRACE_SLOT_RANGE', { slot: index });
    if (truncated !== undefined) return;
    slots.push(steps.length, space, index, bytes, from, to);
    if (valueBytes() > maxValueBytes) truncate('bytes');
  };

  const memory = (space: number, address: number, bytes: Bytes, from = 0, to = bytes.length): void => {
    if (memories === undefined) throw fail('TRACE_STREAM_OFF', { stream: 'memory' });
    if (truncated !== undefined) return;
    memories.push(steps.length, space, address, bytes, from, to);
    if (valueBytes() > maxValueBytes) truncate('bytes');
  };

  const record = (entity: Bytes, key: Bytes, value: Bytes | undefined, isRead: boolean): void => {
    if (states === undefined) throw fail('TRACE_STREAM_OFF', { stream: 'state' });
    if (truncated !== undefined) return;
    states.push(steps.length, entity, key, value, isRead);
    if (valueBytes() > maxValueBytes) truncate('bytes');
  };

  const revertState = (mark: number): void => {
    if (truncated === undefined) states?.revert(steps.length, mark);
  };

  const finish = (): Trace => {
    while (open.length > 0) leaveFrame();
    return { vm, steps, frames, spacePerFrame, slots, memory: memories, state: states, truncated };
  };

  return {
    enterFrame,
    leaveFrame,
    step,
    setCost,
    addFlags,
    extra,
    slot,
    memory,
    state: (entity, key, value) => record(entity, key, value, false),
    stateRead: (entity, key, value) => record(entity, key, value, true),
    markState: () => states?.length ?? 0,
    revertState,
    finish,
  };
}
