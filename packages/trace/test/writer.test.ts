import { describe, expect, it } from 'vitest';
import type { TraceWriterOptions } from '@ninefold/trace';
import { createTraceReader, createTraceWriter, MAX_SLOTS, STEP_FLAGS } from '@ninefold/trace';

const code = (value: string): object => expect.objectContaining({ code: value });
const key = Uint8Array.of(1);

function create(options: Partial<TraceWriterOptions> = {}): ReturnType<typeof createTraceWriter> {
  return createTraceWriter({ vm: 'x', slots: 'bytes', memory: true, state: true, ...options });
}

describe('frames', () => {
  it('nest', () => {
    const writer = create();
    expect(writer.enterFrame(7, 1)).toBe(0);
    writer.step(0, 1, 0, 0);
    expect(writer.enterFrame(8, 2)).toBe(1);
    writer.step(0, 1, 0, 0);
    writer.step(0, 1, 0, 0);
    writer.leaveFrame();
    writer.step(0, 1, 0, 0);
    expect(writer.enterFrame(9, 3)).toBe(2);
    writer.leaveFrame();
    const { frames } = writer.finish();
    expect(frames).toEqual([
      { program: 7, fn: 1, depth: 0, parent: -1, start: 0, end: 4 },
      { program: 8, fn: 2, depth: 1, parent: 0, start: 1, end: 3 },
      { program: 9, fn: 3, depth: 1, parent: 0, start: 4, end: 4 },
    ]);
  });

  it('must be open', () => {
    const writer = create();
    expect(() => writer.step(0, 1, 0, 0)).toThrow(code('TRACE_NO_OPEN_FRAME'));
    expect(() => writer.leaveFrame()).toThrow(code('TRACE_NO_OPEN_FRAME'));
    writer.enterFrame(0, 0);
    writer.leaveFrame();
    expect(() => writer.step(0, 1, 0, 0)).toThrow(code('TRACE_NO_OPEN_FRAME'));
  });

  it('are closed at the end', () => {
    const writer = create();
    writer.enterFrame(0, 0);
    writer.enterFrame(0, 0);
    writer.step(0, 1, 0, 0);
    expect(writer.finish().frames.map(({ end }) => end)).toEqual([1, 1]);
  });
});

describe('steps', () => {
  it('can be completed after they were executed', () => {
    const writer = create({ extras: [{ name: 'tier', type: 'u8' }] });
    writer.setCost(1);
    writer.addFlags(1);
    writer.extra(0, 1);
    writer.enterFrame(0, 0);
    writer.step(5, 0, 2, STEP_FLAGS.stateRead);
    writer.setCost(2100);
    writer.addFlags(STEP_FLAGS.failure);
    writer.extra(0, 3);
    writer.extra(9, 3);
    const reader = createTraceReader(writer.finish());
    expect(reader.step(0)).toEqual({ unit: 5, cost: 2100, frame: 0, sp: 2, flags: 34 });
    expect(reader.extra('tier', 0)).toBe(3);
  });

  it('keep costs above 32 bits as the largest', () => {
    const writer = create();
    writer.enterFrame(0, 0);
    writer.step(0, 2 ** 32, 0, 0);
    writer.step(0, 0, 0, 0);
    writer.setCost(2 ** 50);
    const reader = createTraceReader(writer.finish());
    expect([reader.step(0).cost, reader.step(1).cost]).toEqual([0xffffffff, 0xffffffff]);
  });
});

describe('words', () => {
  it.each([
    ['big', [0, 0, 1, 2]],
    ['little', [1, 2, 0, 0]],
    ['big', [0, 0, 0, 0]],
    ['little', [0, 0, 0, 7]],
  ] as const)('lose zeros in storage alone (%s endian, %j)', (endian, bytes) => {
    const writer = create({ slots: { width: 4, endian } });
    writer.enterFrame(0, 0);
    writer.slot(0, 1, Uint8Array.of(9, ...bytes, 9), 1, 5);
    const trace = writer.finish();
    expect(createTraceReader(trace).slot(0, 0, 1)).toEqual(Uint8Array.from(bytes));
    expect(trace.slots?.heap.length).toBeLessThanOrEqual(4);
  });

  it('can have any length', () => {
    const writer = create({ slots: 'bytes' });
    writer.enterFrame(0, 0);
    const long = new Uint8Array(5000).fill(3);
    writer.slot(0, 0, Uint8Array.of(0, 1));
    writer.slot(0, 1, long);
    const reader = createTraceReader(writer.finish());
    expect(reader.slots(0, 0, 3)).toEqual([Uint8Array.of(0, 1), long, new Uint8Array(0)]);
  });

  it('belong to slots below the limit', () => {
    const writer = create();
    writer.slot(0, MAX_SLOTS - 1, key);
    expect(() => writer.slot(0, MAX_SLOTS, key)).toThrow(code('TRACE_SLOT_RANGE'));
  });
});

describe('state', () => {
  it('returns to its values on revert, through reads and writes', () => {
    const writer = create();
    const value = (n: number): Uint8Array => Uint8Array.of(n);
    writer.enterFrame(0, 0);
    writer.state(key, value(1), value(10));
    writer.step(0, 1, 0, 0);
    const outer = writer.markState();
    writer.state(key, value(1), value(11));
    writer.stateRead(key, value(2), value(20));
    writer.state(key, value(2), value(21));
    writer.state(key, value(3), value(31));
    writer.step(0, 1, 0, 0);
    const inner = writer.markState();
    writer.state(key, value(1), undefined);
    writer.step(0, 1, 0, 0);
    writer.revertState(inner);
    writer.step(0, 1, 0, 0);
    writer.revertState(outer);
    const reader = createTraceReader(writer.finish());
    const seen = (step: number): (number | undefined)[] =>
      [1, 2, 3].map((n) => reader.state(step, key, value(n))?.[0]);
    expect(seen(0)).toEqual([10, undefined, undefined]);
    expect(seen(1)).toEqual([11, 21, 31]);
    expect(seen(2)).toEqual([undefined, 21, 31]);
    expect(seen(3)).toEqual([11, 21, 31]);
    expect(seen(4)).toEqual([10, 20, undefined]);
  });

  it('records what is known already no second time', () => {
    const writer = create();
    writer.state(key, key, key);
    writer.state(key, key, key.slice());
    writer.stateRead(key, key, key);
    writer.state(key, key, undefined);
    writer.state(key, key, undefined);
    writer.state(key, key, new Uint8Array(0));
    expect(writer.finish().state?.length).toBe(3);
  });

  it('copies what it is given', () => {
    const writer = create();
    const memory = Uint8Array.of(5);
    writer.state(memory, memory, memory);
    writer.slot(0, 0, memory);
    memory.fill(6);
    const reader = createTraceReader(writer.finish());
    expect(reader.state(0, Uint8Array.of(5), Uint8Array.of(5))).toEqual(Uint8Array.of(5));
    expect(reader.slot(0, 0, 0)).toEqual(Uint8Array.of(5));
  });
});

describe('limits', () => {
  it('end the trace at the last step allowed, and say so', () => {
    const writer = create({ maxSteps: 2 });
    writer.enterFrame(0, 0);
    expect(writer.step(1, 1, 0, 0)).toBe(true);
    expect(writer.step(2, 1, 0, 0)).toBe(true);
    writer.slot(0, 0, Uint8Array.of(1));
    expect(writer.step(3, 1, 0, 0)).toBe(false);
    writer.setCost(99);
    writer.addFlags(255);
    writer.slot(0, 0, Uint8Array.of(2));
    writer.memory(0, 0, key);
    writer.state(key, key, key);
    writer.revertState(0);
    expect(writer.enterFrame(1, 1)).toBe(0);
    expect(writer.step(4, 1, 0, 0)).toBe(false);
    writer.leaveFrame();
    const trace = writer.finish();
    const reader = createTraceReader(trace);
    expect(trace.truncated).toEqual({ at: 2, reason: 'steps' });
    expect(reader.manifest()).toMatchObject({ steps: 2, frames: 1, truncated: { at: 2 } });
    expect(reader.slot(2, 0, 0)).toEqual(Uint8Array.of(1));
    expect(reader.step(1)).toMatchObject({ unit: 2, cost: 1, flags: 0 });
    expect(reader.memoryLength(2, 0)).toBe(0);
  });

  it('end the trace when its values take too much', () => {
    const writer = create({ maxValueBytes: 100 });
    writer.enterFrame(0, 0);
    writer.step(0, 1, 0, 0);
    writer.memory(0, 0, new Uint8Array(101));
    expect(writer.step(0, 1, 0, 0)).toBe(false);
    expect(writer.finish().truncated).toEqual({ at: 1, reason: 'bytes' });
  });

  it('let frames come and go where none is recorded any more', () => {
    const full = create({ maxValueBytes: 1 });
    full.memory(0, 0, new Uint8Array(2));
    expect(full.enterFrame(1, 1)).toBe(-1);
    full.enterFrame(2, 2);
    full.leaveFrame();
    full.leaveFrame();
    expect(() => full.leaveFrame()).toThrow(code('TRACE_NO_OPEN_FRAME'));
    full.enterFrame(3, 3);
    expect(full.finish()).toMatchObject({ frames: [], truncated: { at: 0, reason: 'bytes' } });

    const second = create({ maxSteps: 1 });
    second.enterFrame(1, 1);
    second.step(0, 1, 0, 0);
    second.step(0, 1, 0, 0);
    second.leaveFrame();
    second.enterFrame(2, 2);
    second.leaveFrame();
    expect(second.finish().frames).toEqual([{ program: 1, fn: 1, depth: 0, parent: -1, start: 0, end: 1 }]);
  });
});

describe('parts', () => {
  it('that were not asked for cannot be written, and read as empty', () => {
    const writer = createTraceWriter({ vm: 'x' });
    expect(() => writer.slot(0, 0, key)).toThrow(code('TRACE_STREAM_OFF'));
    expect(() => writer.memory(0, 0, key)).toThrow(code('TRACE_STREAM_OFF'));
    expect(() => writer.state(key, key, key)).toThrow(code('TRACE_STREAM_OFF'));
    expect(() => writer.stateRead(key, key, key)).toThrow(code('TRACE_STREAM_OFF'));
    expect(() => writer.revertState(writer.markState())).not.toThrow();
    const reader = createTraceReader(writer.finish());
    expect(reader.slot(0, 0, 0)).toBeUndefined();
    expect(reader.memory(0, 0, 0, 2)).toEqual(new Uint8Array(2));
    expect(reader.state(0, key, key)).toBeUndefined();
    expect(reader.checkpoint(0)).toEqual({ step: 0, spaces: [], state: [] });
    expect(Array.from(reader.deltas(0, 0))).toEqual([]);
    expect(reader.manifest().deltas).toEqual([]);
  });

  it('have words of a possible width', () => {
    for (const width of [0, -1, 0.5, 4097]) {
      expect(() => create({ slots: { width, endian: 'big' } })).toThrow(code('TRACE_WORD_WIDTH'));
    }
  });

  it('have different names', () => {
    const extras = [{ name: 'cost', type: 'u8' as const }];
    expect(() => createTraceWriter({ vm: 'x', extras })).toThrow(code('TRACE_DUPLICATE_COLUMN'));
  });
});

it('takes at most 64 bytes a step with a full word each', () => {
  const writer = createTraceWriter({ vm: 'x', slots: { width: 32, endian: 'big' } });
  writer.enterFrame(0, 0);
  const word = new Uint8Array(32).fill(1);
  const steps = 5000;
  for (let i = 0; i < steps; i++) {
    writer.step(0, 1, 0, 0);
    writer.slot(0, 0, word);
  }
  const trace = writer.finish();
  const reader = createTraceReader(trace);
  const columns = reader.manifest().columns.reduce((sum, { bytes }) => sum + bytes, 0);
  const entries = (trace.slots?.length ?? 0) * 4 * 4;
  expect((columns + entries + (trace.slots?.heap.length ?? 0)) / steps).toBeLessThanOrEqual(64);
});
