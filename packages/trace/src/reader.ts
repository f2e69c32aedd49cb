import type { Bytes } from '@ninefold/base';
import { defineErrors } from '@ninefold/base';
import { History, indexMemory, indexSlots, PAGE_BYTES, rebuildPage } from './histories.ts';
import type { SpaceHistory } from './histories.ts';
import type { ColumnArray } from './steps.ts';
import { BYTES_OF, CHUNK_STEPS, STANDARD_COLUMNS } from './steps.ts';
import type { StateLocation } from './streams.ts';
import { CHECKPOINT_STEPS } from './streams.ts';
import type { Frame, Trace, TraceManifest } from './trace.ts';

const fail = defineErrors({
  TRACE_STEP_RANGE: (context: { readonly step: number; readonly steps: number }) =>
    `Step ${context.step} is not in this trace of ${context.steps} steps`,
  TRACE_UNKNOWN_COLUMN: (context: { readonly name: string }) => `This trace has no column ${context.name}`,
});

export type Step = {
  readonly unit: number;
  readonly cost: number;
  readonly frame: number;
  readonly sp: number;
  readonly flags: number;
};

export type StateValue = StateLocation & { readonly value: Bytes | undefined };

/** The values of one space that were ever written; slots that are missing hold zero. */
export type SpaceState = {
  readonly space: number;
  readonly slots: ReadonlyMap<number, Bytes>;
  /** Stretches that hold all that was written, ascending: address spaces may be sparse. */
  readonly memory: readonly { readonly address: number; readonly bytes: Bytes }[];
  readonly memoryLength: number;
};

/** All that is needed to replay deltas from `step` on, without those before: of frames the open ones. */
export type Checkpoint = {
  readonly step: number;
  readonly spaces: readonly SpaceState[];
  readonly state: readonly StateValue[];
};

export type Delta =
  | {
      readonly kind: 'slot';
      readonly sees: number;
      readonly space: number;
      readonly slot: number;
      readonly value: Bytes;
    }
  | {
      readonly kind: 'memory';
      readonly sees: number;
      readonly space: number;
      readonly address: number;
      readonly value: Bytes;
    }
  | ({ readonly kind: 'state'; readonly sees: number } & StateValue);

/** A write of memory: `length` bytes from `address` on, by `step`. */
export type MemoryWrite = { readonly step: number; readonly address: number; readonly length: number };

/** Sums over blocks of steps, for drawings that show more steps than pixels. */
export type Mip = {
  readonly cost: Float64Array;
  /** Depths above 16 bits count as the largest. */
  readonly maxDepth: Uint16Array;
  /** Steps with flag bit `b`: `flagCounts[b]`. */
  readonly flagCounts: readonly Uint32Array[];
};

/**
 * Random access to a trace. The state at step `s` is what `s` finds, before it is executed; at
 * `steps`, what the run left. Methods that take a step throw `TRACE_STEP_RANGE`.
 */
export type TraceReader = {
  readonly steps: number;
  readonly frames: readonly Frame[];
  readonly step: (step: number) => Step;
  /** The value of an extra column. @throws `TRACE_UNKNOWN_COLUMN` */
  readonly extra: (name: string, step: number) => number;
  /** One slot; undefined when it was never written. */
  readonly slot: (step: number, space: number, slot: number) => Bytes | undefined;
  /** Slots [0, `count`); those never written are empty. */
  readonly slots: (step: number, space: number, count: number) => Bytes[];
  /** `length` bytes of memory from `start` on; what was never written is zero. */
  readonly memory: (step: number, space: number, start: number, length: number) => Bytes;
  readonly memoryLength: (step: number, space: number) => number;
  /** The value of a location; undefined when nothing is known of it or it does not exist. */
  readonly state: (step: number, entity: Bytes, key: Bytes) => Bytes | undefined;
  /** All locations of which something is known. */
  readonly stateValues: (step: number) => StateValue[];
  /** The steps that wrote a slot, ascending; -1 for what stood there at the start. */
  readonly slotWriters: (space: number, slot: number) => number[];
  readonly stateWriters: (entity: Bytes, key: Bytes) => number[];
  /** The newest step before `step` that wrote a slot; undefined when none did. */
  readonly slotWriter: (step: number, space: number, slot: number) => number | undefined;
  /** The newest write before `step` that touched a byte of memory; undefined when there was none. */
  readonly memoryWriter: (step: number, space: number, address: number) => MemoryWrite | undefined;
  /** What steps [`from`, `to`) changed, stream by stream. */
  readonly deltas: (from: number, to: number) => Generator<Delta>;
  /** The state at step `4096 * index`, in full. */
  readonly checkpoint: (index: number) => Checkpoint;
  /** Little-endian bytes of one column, of steps [`from`, `to`). @throws `TRACE_UNKNOWN_COLUMN` */
  readonly columnBytes: (name: string, from?: number, to?: number) => Bytes;
  readonly mip: (stepsPerBlock: number) => Mip;
  readonly manifest: () => TraceManifest;
};

/**
 * Indexes of places are made when first needed, in one pass.
 *
 * PERF: a slot or location costs a binary search, a page of memory at most 63 writes.
 */
export function createTraceReader(trace: Trace): TraceReader {
  const { steps: table, frames } = trace;
  const steps = table.length;
  const slotIndex = lazy(() =>
    trace.slots === undefined ? new Map<number, Map<number, History>>() : indexSlots(trace.slots),
  );
  const memoryIndex = lazy(() =>
    trace.memory === undefined ? new Map<number, SpaceHistory>() : indexMemory(trace.memory),
  );
  const stateIndex = lazy(() => {
    const histories = trace.state?.locations.map(() => new History()) ?? [];
    for (let entry = 0; entry < (trace.state?.length ?? 0); entry++) {
      histories[trace.state?.places.array[entry] as number]?.entries.push(entry);
    }
    return histories;
  });

  const check = (step: number, last: number): void => {
    if (!(Number.isInteger(step) && step >= 0 && step <= last))
      throw fail('TRACE_STEP_RANGE', { step, steps });
  };

  const step = (index: number): Step => {
    check(index, steps - 1);
    const chunk = table.chunkOf(index);
    const at = index % CHUNK_STEPS;
    return {
      unit: chunk.unit[at] as number,
      cost: chunk.cost[at] as number,
      frame: chunk.frame[at] as number,
      sp: chunk.sp[at] as number,
      flags: chunk.flags[at] as number,
    };
  };

  const extra = (name: string, index: number): number => {
    check(index, steps - 1);
    const column = table.extras.findIndex((extra) => extra.name === name);
    if (column < 0) throw fail('TRACE_UNKNOWN_COLUMN', { name });
    return table.chunkOf(index).extras[column]?.[index % CHUNK_STEPS] as number;
  };

  /** The entry of a history that `at` sees last. */
  const lastEntry = (history: History | undefined, sees: Uint32Array, at: number): number | undefined =>
    history?.entries[history.countAt(sees, at) - 1];

  const slot = (at: number, space: number, index: number): Bytes | undefined => {
    check(at, steps);
    if (trace.slots === undefined) return undefined;
    const entry = lastEntry(slotIndex().get(space)?.get(index), trace.slots.sees.array, at);
    return entry === undefined ? undefined : trace.slots.word(entry);
  };

  const slots = (at: number, space: number, count: number): Bytes[] =>
    Array.from({ length: count }, (_, i) => slot(at, space, i) ?? new Uint8Array(0));

  const memory = (at: number, space: number, start: number, length: number): Bytes => {
    check(at, steps);
    const bytes = new Uint8Array(length);
    const pages = memoryIndex().get(space)?.pages;
    if (pages === undefined || trace.memory === undefined) return bytes;
    const end = start + length;
    for (let page = Math.floor(start / PAGE_BYTES); page * PAGE_BYTES < end; page++) {
      const history = pages.get(page);
      if (history === undefined) continue;
      const content = rebuildPage(trace.memory, history, page, history.countAt(trace.memory.sees.array, at));
      const offset = page * PAGE_BYTES - start;
      bytes.set(
        content.subarray(Math.max(0, -offset), Math.min(PAGE_BYTES, length - offset)),
        Math.max(0, offset),
      );
    }
    return bytes;
  };

  const memoryLength = (at: number, space: number): number => {
    check(at, steps);
    const history = memoryIndex().get(space);
    if (history === undefined || trace.memory === undefined) return 0;
    return history.lengths[history.growth.countAt(trace.memory.sees.array, at) - 1] ?? 0;
  };

  const stateAt = (at: number, place: number): { readonly value: Bytes | undefined } | undefined => {
    if (trace.state === undefined) return undefined;
    const entry = lastEntry(stateIndex()[place], trace.state.sees.array, at);
    return entry === undefined ? undefined : { value: trace.state.valueAt(entry)?.slice() };
  };

  const state = (at: number, entity: Bytes, key: Bytes): Bytes | undefined => {
    check(at, steps);
    const place = trace.state?.find(entity, key);
    return place === undefined ? undefined : stateAt(at, place)?.value;
  };

  const stateValues = (at: number): StateValue[] => {
    check(at, steps);
    return (trace.state?.locations ?? []).flatMap((location, place) => {
      const known = stateAt(at, place);
      return known === undefined ? [] : [{ ...location, value: known.value }];
    });
  };

  const slotWriters = (space: number, index: number): number[] => {
    const entries = slotIndex().get(space)?.get(index)?.entries ?? [];
    return entries.map((entry) => (trace.slots?.sees.array[entry] as number) - 1);
  };

  const stateWriters = (entity: Bytes, key: Bytes): number[] => {
    const place = trace.state?.find(entity, key);
    const stream = trace.state;
    if (place === undefined || stream === undefined) return [];
    const written = stateIndex()[place]?.entries.filter((entry) => !stream.isRead(entry)) ?? [];
    return written.map((entry) => (stream.sees.array[entry] as number) - 1);
  };

  const slotWriter = (at: number, space: number, index: number): number | undefined => {
    check(at, steps);
    if (trace.slots === undefined) return undefined;
    const entry = lastEntry(slotIndex().get(space)?.get(index), trace.slots.sees.array, at);
    return entry === undefined ? undefined : (trace.slots.sees.array[entry] as number) - 1;
  };

  const memoryWriter = (at: number, space: number, address: number): MemoryWrite | undefined => {
    check(at, steps);
    const history = memoryIndex()
      .get(space)
      ?.pages.get(Math.floor(address / PAGE_BYTES));
    if (history === undefined || trace.memory === undefined) return undefined;
    const { sees, addresses } = trace.memory;
    for (let i = history.countAt(sees.array, at) - 1; i >= 0; i--) {
      const entry = history.entries[i] as number;
      const start = addresses.array[entry] as number;
      const { length } = trace.memory.value(entry);
      if (start <= address && address < start + length) {
        return { step: (sees.array[entry] as number) - 1, address: start, length };
      }
    }
    return undefined;
  };

  const deltas = function* (from: number, to: number): Generator<Delta> {
    check(from, steps);
    check(to, steps);
    // What step s does is seen by s + 1; what stands there at the start comes with step 0.
    const first = from === 0 ? 0 : from + 1;
    if (trace.slots !== undefined) {
      const { sees, spaces, slots } = trace.slots;
      for (let entry = trace.slots.entryAt(first), end = trace.slots.entryAt(to + 1); entry < end; entry++) {
        yield {
          kind: 'slot',
          sees: sees.array[entry] as number,
          space: spaces.array[entry] as number,
          slot: slots.array[entry] as number,
          value: trace.slots.word(entry),
        };
      }
    }
    if (trace.memory !== undefined) {
      const { sees, spaces, addresses } = trace.memory;
      for (
        let entry = trace.memory.entryAt(first), end = trace.memory.entryAt(to + 1);
        entry < end;
        entry++
      ) {
        yield {
          kind: 'memory',
          sees: sees.array[entry] as number,
          space: spaces.array[entry] as number,
          address: addresses.array[entry] as number,
          value: trace.memory.value(entry).slice(),
        };
      }
    }
    if (trace.state !== undefined) {
      const { sees, places, locations } = trace.state;
      for (let entry = trace.state.entryAt(first), end = trace.state.entryAt(to + 1); entry < end; entry++) {
        const location = locations[places.array[entry] as number] as StateLocation;
        const value = trace.state.valueAt(entry)?.slice();
        yield { kind: 'state', sees: sees.array[entry] as number, ...location, value };
      }
    }
  };

  /** The pages that a step finds written, neighbours joined. */
  const stretches = (at: number, space: number): SpaceState['memory'] => {
    const sees = trace.memory?.sees.array ?? new Uint32Array(0);
    const written = Array.from(memoryIndex().get(space)?.pages ?? [])
      .filter(([, history]) => history.countAt(sees, at) > 0)
      .map(([page]) => page)
      .sort((a, b) => a - b);
    const found: { first: number; end: number }[] = [];
    for (const page of written) {
      const last = found.at(-1);
      if (last?.end === page) last.end++;
      else found.push({ first: page, end: page + 1 });
    }
    const total = memoryLength(at, space);
    return found.map(({ first, end }) => {
      const address = first * PAGE_BYTES;
      return { address, bytes: memory(at, space, address, Math.min(end * PAGE_BYTES, total) - address) };
    });
  };

  const isLive = (space: number, at: number): boolean => {
    if (!trace.spacePerFrame) return true;
    const frame = frames[space];
    return frame !== undefined && frame.start <= at && at < frame.end;
  };

  const checkpoint = (index: number): Checkpoint => {
    const at = index * CHECKPOINT_STEPS;
    check(at, steps);
    const numbers = Array.from(new Set([...slotIndex().keys(), ...memoryIndex().keys()])).filter((space) =>
      isLive(space, at),
    );
    const spaces = numbers.map((space) => {
      const values = new Map<number, Bytes>();
      for (const place of slotIndex().get(space)?.keys() ?? []) {
        const value = slot(at, space, place);
        if (value !== undefined) values.set(place, value);
      }
      return { space, slots: values, memory: stretches(at, space), memoryLength: memoryLength(at, space) };
    });
    const known = spaces.filter(({ slots, memoryLength }) => slots.size > 0 || memoryLength > 0);
    return { step: at, spaces: known, state: stateValues(at) };
  };

  const columnBytes = (name: string, from = 0, to = steps): Bytes => {
    check(to, steps);
    check(from, to);
    const values: ColumnArray | undefined = table.column(name, from, to);
    if (values === undefined) throw fail('TRACE_UNKNOWN_COLUMN', { name });
    return new Uint8Array(values.buffer);
  };

  const mip = (stepsPerBlock: number): Mip => {
    const blocks = Math.ceil(steps / stepsPerBlock);
    const cost = new Float64Array(blocks);
    const maxDepth = new Uint16Array(blocks);
    const flagCounts = Array.from({ length: 8 }, () => new Uint32Array(blocks));
    for (let index = 0; index < steps; index++) {
      const chunk = table.chunkOf(index);
      const at = index % CHUNK_STEPS;
      const block = Math.floor(index / stepsPerBlock);
      cost[block] = (cost[block] as number) + (chunk.cost[at] as number);
      const depth = Math.min(frames[chunk.frame[at] as number]?.depth ?? 0, 0xffff);
      if (depth > (maxDepth[block] as number)) maxDepth[block] = depth;
      const flags = chunk.flags[at] as number;
      for (let bit = 0; flags >>> bit !== 0; bit++) {
        const counts = flagCounts[bit] as Uint32Array;
        counts[block] = (counts[block] as number) + ((flags >>> bit) & 1);
      }
    }
    return { cost, maxDepth, flagCounts };
  };

  const manifest = (): TraceManifest => ({
    vm: trace.vm,
    steps,
    truncated: trace.truncated,
    frames: frames.length,
    columns: [...STANDARD_COLUMNS, ...table.extras].map(({ name, type }) => ({
      name,
      type,
      bytes: steps * BYTES_OF[type],
    })),
    deltas: (['slots', 'memory', 'state'] as const).flatMap((name) => {
      const count = trace[name]?.length;
      return count === undefined ? [] : [{ name, count }];
    }),
    checkpoints: { every: CHECKPOINT_STEPS },
  });

  return {
    steps,
    frames,
    step,
    extra,
    slot,
    slots,
    memory,
    memoryLength,
    state,
    stateValues,
    slotWriters,
    stateWriters,
    slotWriter,
    memoryWriter,
    deltas,
    checkpoint,
    columnBytes,
    mip,
    manifest,
  };
}

function lazy<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
