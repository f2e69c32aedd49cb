import type { Bytes } from '@ninefold/base';
import { bytesToUtf8, concatBytes, defineErrors, utf8ToBytes } from '@ninefold/base';
import type { ColumnArray, ColumnType, ExtraColumn } from './steps.ts';
import { ARRAY_OF, BYTES_OF, STANDARD_COLUMNS, StepTable } from './steps.ts';
import type { DeltaStream, WordFormat } from './streams.ts';
import { MAX_SLOTS, MAX_WORD_BYTES, MemoryStream, SlotStream, StateStream } from './streams.ts';
import type { Frame, Trace, Truncation } from './trace.ts';

const fail = defineErrors({
  TRACE_MALFORMED: (context: { readonly at: number; readonly what: string }) =>
    `Not a trace of this version, at byte ${context.at}: ${context.what}`,
});

/** Begins every file; the last character is the version. */
const MAGIC = utf8ToBytes('nftrace1');

const COLUMN_TYPES: readonly ColumnType[] = ['u8', 'u16', 'u32', 'f64'];
const NO_PARENT = 0xffffffff;

const FLAGS = { spacePerFrame: 1, stepsEnd: 2, bytesEnd: 4, slots: 8, memory: 16, state: 32 } as const;
const ALL_FLAGS = 63;

/**
 * A trace as one byte string, `.nftrace`: numbers are little-endian, columns and streams stand as
 * arrays one behind the other. It compresses well.
 *
 * @example decodeTrace(encodeTrace(trace)) // an equal trace
 */
export function encodeTrace(trace: Trace): Bytes {
  const { steps, frames, truncated, slots, memory, state } = trace;
  const parts: Bytes[] = [MAGIC];
  const raw = ({ buffer, byteOffset, byteLength }: ColumnArray): void =>
    void parts.push(new Uint8Array(buffer, byteOffset, byteLength));
  const u32 = (...values: readonly number[]): void => raw(Uint32Array.from(values));
  const bytes = (value: Bytes): void => {
    u32(value.length);
    parts.push(value);
  };
  const stream = ({ length, sees, ends, heap }: DeltaStream): void => {
    u32(length);
    raw(sees.view(0, length));
    raw(ends.view(0, length));
    parts.push(heap.bytes.subarray(0, heap.length));
  };

  bytes(utf8ToBytes(trace.vm));
  u32(
    (trace.spacePerFrame ? FLAGS.spacePerFrame : 0) |
      (truncated?.reason === 'steps' ? FLAGS.stepsEnd : 0) |
      (truncated?.reason === 'bytes' ? FLAGS.bytesEnd : 0) |
      (slots === undefined ? 0 : FLAGS.slots) |
      (memory === undefined ? 0 : FLAGS.memory) |
      (state === undefined ? 0 : FLAGS.state),
    truncated?.at ?? 0,
    steps.extras.length,
  );
  for (const { name, type } of steps.extras) {
    bytes(utf8ToBytes(name));
    u32(COLUMN_TYPES.indexOf(type));
  }
  u32(steps.length);
  for (const { name } of [...STANDARD_COLUMNS, ...steps.extras]) {
    raw(steps.column(name, 0, steps.length) as ColumnArray);
  }
  u32(frames.length);
  for (const { program, fn, depth, parent, start, end } of frames) {
    u32(program, fn, depth, parent < 0 ? NO_PARENT : parent, start, end);
  }
  if (slots !== undefined) {
    u32(slots.format?.width ?? 0, slots.format?.endian === 'little' ? 1 : 0);
    stream(slots);
    raw(slots.spaces.view(0, slots.length));
    raw(slots.slots.view(0, slots.length));
  }
  if (memory !== undefined) {
    stream(memory);
    raw(memory.spaces.view(0, memory.length));
    raw(memory.addresses.view(0, memory.length));
  }
  if (state !== undefined) {
    u32(state.locations.length);
    for (const { entity, key } of state.locations) {
      bytes(entity);
      bytes(key);
    }
    stream(state);
    raw(state.places.view(0, state.length));
    raw(state.kinds.view(0, state.length));
  }
  return concatBytes(...parts);
}

/**
 * Reads what {@link encodeTrace} wrote. Whatever is accepted can be read without a fault.
 *
 * @throws `TRACE_MALFORMED`
 */
export function decodeTrace(bytes: Bytes): Trace {
  const reader = new TraceBytes(bytes);
  for (const byte of MAGIC) if (reader.take(1)[0] !== byte) reader.fail('another magic number');
  const vm = bytesToUtf8(reader.sized());
  const [flags, truncatedAt] = [reader.u32(), reader.u32()];
  const extras = reader.list(8, () => readExtra(reader));
  const names = [...STANDARD_COLUMNS, ...extras].map(({ name }) => name);
  if (new Set(names).size !== names.length) reader.fail('two columns of one name');
  const steps = readSteps(reader, extras);
  const frames = readFrames(reader, steps);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const slots = has(FLAGS.slots) ? readSlots(reader, steps.length) : undefined;
  const memory = has(FLAGS.memory) ? readMemory(reader, steps.length) : undefined;
  const state = has(FLAGS.state) ? readState(reader, steps.length) : undefined;
  if (reader.left > 0) reader.fail('bytes left');
  if (flags > ALL_FLAGS) reader.fail('unknown flags');
  const reason: Truncation['reason'] | undefined = has(FLAGS.stepsEnd)
    ? 'steps'
    : has(FLAGS.bytesEnd)
      ? 'bytes'
      : undefined;
  if (has(FLAGS.stepsEnd) && has(FLAGS.bytesEnd)) reader.fail('two reasons for one end');
  if (truncatedAt !== (reason === undefined ? 0 : steps.length)) reader.fail('cut elsewhere than at its end');
  return {
    vm,
    steps,
    frames,
    spacePerFrame: has(FLAGS.spacePerFrame),
    slots,
    memory,
    state,
    truncated: reason === undefined ? undefined : { at: truncatedAt, reason },
  };
}

function readExtra(reader: TraceBytes): ExtraColumn {
  const name = bytesToUtf8(reader.sized());
  const type = COLUMN_TYPES[reader.u32()];
  return type === undefined ? reader.fail('unknown type of column') : { name, type };
}

function readSteps(reader: TraceBytes, extras: readonly ExtraColumn[]): StepTable {
  const count = reader.u32();
  const [unit, cost, frame, sp, flags] = STANDARD_COLUMNS.map(({ type }) => reader.array(type, count)) as [
    ColumnArray,
    ColumnArray,
    ColumnArray,
    ColumnArray,
    ColumnArray,
  ];
  const own = extras.map(({ type }) => reader.array(type, count));
  const steps = new StepTable(extras);
  for (let i = 0; i < count; i++) {
    steps.push(unit[i] as number, cost[i] as number, frame[i] as number, sp[i] as number, flags[i] as number);
    for (const [k, column] of own.entries()) {
      (steps.last.extras[k] as ColumnArray)[steps.at - 1] = column[i] as number;
    }
  }
  return steps;
}

function readFrames(reader: TraceBytes, steps: StepTable): Frame[] {
  const frames: Frame[] = [];
  reader.list(24, () => {
    const [program, fn, depth, parent, start, end] = reader.array('u32', 6) as unknown as readonly [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const caller = frames[parent];
    const isRooted = parent === NO_PARENT ? depth === 0 : caller !== undefined && depth === caller.depth + 1;
    if (!isRooted || start > end || end > steps.length) reader.fail('impossible frame');
    frames.push({ program, fn, depth, parent: parent === NO_PARENT ? -1 : parent, start, end });
  });
  for (const frame of steps.column('frame', 0, steps.length) ?? []) {
    if (frame >= frames.length) reader.fail('step of a frame that does not exist');
  }
  return frames;
}

/** What all streams have: when entries are seen, and their values. */
type Entries = {
  readonly count: number;
  readonly sees: ColumnArray;
  readonly ends: ColumnArray;
  readonly heap: Bytes;
};

function readEntries(reader: TraceBytes, steps: number): Entries {
  const count = reader.u32();
  const sees = reader.array('u32', count);
  const ends = reader.array('u32', count);
  const isAscending = (values: ColumnArray): boolean =>
    values.every((value: number, i: number) => i === 0 || value >= (values[i - 1] as number));
  if (!isAscending(sees) || !isAscending(ends) || (sees.at(-1) ?? 0) > steps)
    reader.fail('entries out of order');
  return { count, sees, ends, heap: reader.take(ends.at(-1) ?? 0) };
}

/** Calls `use` with each entry's number, first step and place of its value in the heap. */
function forEachEntry(
  { count, sees, ends }: Entries,
  use: (entry: number, sees: number, from: number, to: number) => void,
): void {
  let from = 0;
  for (let entry = 0; entry < count; entry++) {
    const to = ends[entry] as number;
    use(entry, sees[entry] as number, from, to);
    from = to;
  }
}

function readSlots(reader: TraceBytes, steps: number): SlotStream {
  const [width, endian] = [reader.u32(), reader.u32()];
  if (width > MAX_WORD_BYTES || endian > 1) reader.fail('impossible format of words');
  const format: WordFormat | undefined =
    width === 0 ? undefined : { width, endian: endian === 1 ? 'little' : 'big' };
  const stream = new SlotStream(format);
  const entries = readEntries(reader, steps);
  const spaces = reader.array('u32', entries.count);
  const slots = reader.array('u32', entries.count);
  forEachEntry(entries, (entry, sees, from, to) => {
    const slot = slots[entry] as number;
    if (slot >= MAX_SLOTS || (format !== undefined && to - from > width)) reader.fail('impossible slot');
    stream.push(sees, spaces[entry] as number, slot, entries.heap, from, to);
  });
  return stream;
}

function readMemory(reader: TraceBytes, steps: number): MemoryStream {
  const stream = new MemoryStream();
  const entries = readEntries(reader, steps);
  const spaces = reader.array('u32', entries.count);
  const addresses = reader.array('f64', entries.count);
  forEachEntry(entries, (entry, sees, from, to) => {
    const address = addresses[entry] as number;
    if (!(Number.isSafeInteger(address) && address >= 0 && Number.isSafeInteger(address + to - from))) {
      reader.fail('impossible address');
    }
    stream.push(sees, spaces[entry] as number, address, entries.heap, from, to);
  });
  return stream;
}

function readState(reader: TraceBytes, steps: number): StateStream {
  const stream = new StateStream();
  const locations = reader.list(8, () => ({ entity: reader.sized(), key: reader.sized() }));
  const entries = readEntries(reader, steps);
  const places = reader.array('u32', entries.count);
  const kinds = reader.array('u32', entries.count);
  forEachEntry(entries, (entry, sees, from, to) => {
    const location = locations[places[entry] as number] ?? reader.fail('location that does not exist');
    const kind = kinds[entry] as number;
    const isPresent = (kind & 1) !== 0;
    if (kind > 3 || (!isPresent && from !== to)) reader.fail('impossible kind of entry');
    const value = isPresent ? entries.heap.subarray(from, to) : undefined;
    stream.push(sees, location.entity, location.key, value, (kind & 2) !== 0);
  });
  // Equal locations, or a value twice: no writer makes them.
  if (stream.length !== entries.count || stream.locations.length !== locations.length) {
    reader.fail('state that is recorded twice');
  }
  return stream;
}

/** Reads numbers, arrays and byte strings, never beyond the end. */
class TraceBytes {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  fail(what: string): never {
    throw fail('TRACE_MALFORMED', { at: this.#at, what });
  }

  /** A copy of the next `length` bytes. */
  take(length: number): Bytes {
    if (length > this.left) this.fail(`${length} bytes wanted, ${this.left} left`);
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  u32(): number {
    return this.array('u32', 1)[0] as number;
  }

  sized(): Bytes {
    return this.take(this.u32());
  }

  array(type: ColumnType, count: number): ColumnArray {
    const bytes = this.take(count * BYTES_OF[type]);
    const array = ARRAY_OF[type](count);
    new Uint8Array(array.buffer).set(bytes);
    return array;
  }

  /** Count, then items of at least `size` bytes each. */
  list<Item>(size: number, read: () => Item): Item[] {
    const count = this.u32();
    if (count * size > this.left) this.fail(`${count} items wanted`);
    return Array.from({ length: count }, read);
  }
}
