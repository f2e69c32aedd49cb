import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, equalBytes } from '@ninefold/base';
import type { Checkpoint, TraceReader } from '@ninefold/trace';
import { CHECKPOINT_STEPS, CHUNK_STEPS, createTraceReader, createTraceWriter } from '@ninefold/trace';
import type { Run, Snapshot } from './model.ts';
import { actions, ENTITY, play } from './model.ts';

const outOfRange: object = expect.objectContaining({ code: 'TRACE_STEP_RANGE' });

/** Compares what the reader says of a step with the naive copy. */
function expectState(reader: TraceReader, step: number, snapshot: Snapshot): void {
  const spaces = new Set([...Array.from(snapshot.slots.keys(), (key) => Number(key.split('/')[0])), 0]);
  for (const space of spaces) {
    for (let slot = 0; slot < 6; slot++) {
      const value = reader.slot(step, space, slot);
      expect(value && bytesToHex(value)).toBe(snapshot.slots.get(`${space}/${slot}`));
    }
  }
  for (const [space, bytes] of snapshot.memories) {
    expect(reader.memoryLength(step, space)).toBe(bytes.length);
    expect(Array.from(reader.memory(step, space, 0, bytes.length))).toEqual(bytes);
  }
  for (let key = 0; key < 4; key++) {
    const value = reader.state(step, ENTITY, Uint8Array.of(key));
    expect(value && bytesToHex(value)).toBe(snapshot.state.get(key));
  }
}

describe('the state at any step', () => {
  it.each([true, false])(
    'equals the copies of a naive tracer (a space for each frame: %s)',
    (spacePerFrame) => {
      fc.assert(
        fc.property(actions, (list) => {
          const { trace, snapshots } = play(list, spacePerFrame);
          const reader = createTraceReader(trace);
          expect(reader.steps).toBe(snapshots.length - 1);
          for (const [step, snapshot] of snapshots.entries()) expectState(reader, step, snapshot);
        }),
        { numRuns: 150 },
      );
    },
  );

  it('is the state before the step plus what the step changed', () => {
    fc.assert(
      fc.property(actions, fc.nat(), fc.nat(), (list, a, b) => {
        const { trace, snapshots } = play(list, true);
        const reader = createTraceReader(trace);
        const [from, to] = [a % snapshots.length, b % snapshots.length].sort((x, y) => x - y) as [
          number,
          number,
        ];
        const replayed = replay(reader, snapshots[from] as Snapshot, from, to);
        expect(replayed).toEqual(withoutOpen(snapshots[to] as Snapshot));
      }),
      { numRuns: 150 },
    );
  });

  it('reads any window of memory', () => {
    fc.assert(
      fc.property(actions, fc.nat(1200), fc.nat(600), (list, start, length) => {
        const { trace, snapshots } = play(list, false);
        const bytes = snapshots.at(-1)?.memories.get(0) ?? [];
        const expected = Array.from({ length }, (_, i) => bytes[start + i] ?? 0);
        const reader = createTraceReader(trace);
        expect(Array.from(reader.memory(reader.steps, 0, start, length))).toEqual(expected);
      }),
    );
  });

  it('stays exact where one page is written many times', () => {
    const writer = createTraceWriter({ vm: 'x', memory: true });
    writer.enterFrame(0, 0);
    for (let i = 0; i < 1000; i++) {
      writer.step(0, 1, 0, 0);
      writer.memory(0, i % 256, Uint8Array.of(i >>> 8, i));
    }
    const reader = createTraceReader(writer.finish());
    const memory = new Uint8Array(257);
    for (let step = 0; step <= 1000; step++) {
      expect(equalBytes(reader.memory(step, 0, 0, 257), memory), `step ${step}`).toBe(true);
      memory.set([step >>> 8, step & 0xff], step % 256);
    }
  });

  it('takes addresses beyond 32 bits', () => {
    const writer = createTraceWriter({ vm: 'x', memory: true });
    writer.enterFrame(0, 0);
    writer.step(0, 1, 0, 0);
    writer.memory(0, 0x3_0000_00ff, Uint8Array.of(1, 2));
    const reader = createTraceReader(writer.finish());
    expect(reader.memory(1, 0, 0x3_0000_00fe, 4)).toEqual(Uint8Array.of(0, 1, 2, 0));
    expect(reader.memoryLength(1, 0)).toBe(0x3_0000_0101);
    expect(reader.checkpoint(0).spaces).toEqual([]);
  });
});

describe('steps', () => {
  it('come back as they were recorded, also as bytes', () => {
    fc.assert(
      fc.property(actions, (list) => {
        const { trace, steps } = play(list, true);
        const reader = createTraceReader(trace);
        for (const [i, { unit, cost, flags, frame, depth }] of steps.entries()) {
          expect(reader.step(i)).toEqual({ unit, cost, flags, frame, sp: 6 });
          expect(reader.frames[frame]?.depth).toBe(depth);
        }
        expect(Array.from(new Uint32Array(reader.columnBytes('unit').buffer))).toEqual(
          steps.map(({ unit }) => unit),
        );
        expect(Array.from(reader.columnBytes('flags'))).toEqual(steps.map(({ flags }) => flags));
      }),
    );
  });

  it('cross chunks', () => {
    const writer = createTraceWriter({ vm: 'x', extras: [{ name: 'gas', type: 'f64' }] });
    const count = 2 * CHUNK_STEPS + 10;
    writer.enterFrame(0, 0);
    for (let i = 0; i < count; i++) {
      writer.step(i, 1, 0, 0);
      writer.extra(0, 2 ** 40 + i);
    }
    const reader = createTraceReader(writer.finish());
    for (const step of [0, 1023, 1024, 4096, CHUNK_STEPS - 1, CHUNK_STEPS, 2 * CHUNK_STEPS, count - 1]) {
      expect(reader.step(step).unit).toBe(step);
      expect(reader.extra('gas', step)).toBe(2 ** 40 + step);
    }
    const [from, to] = [CHUNK_STEPS - 3, 2 * CHUNK_STEPS + 4];
    const units = new Uint32Array(reader.columnBytes('unit', from, to).buffer);
    expect(units).toEqual(Uint32Array.from({ length: to - from }, (_, i) => from + i));
    expect(new Float64Array(reader.columnBytes('gas', from, to).buffer)[5]).toBe(2 ** 40 + from + 5);
  });

  it('sum up in blocks', () => {
    fc.assert(
      fc.property(actions, fc.integer({ min: 1, max: 9 }), (list, size) => {
        const { trace, steps } = play(list, true);
        const mip = createTraceReader(trace).mip(size);
        for (let block = 0; block * size < steps.length; block++) {
          const part = steps.slice(block * size, (block + 1) * size);
          expect(mip.cost[block]).toBe(part.reduce((sum, { cost }) => sum + cost, 0));
          expect(mip.maxDepth[block]).toBe(Math.max(...part.map(({ depth }) => depth)));
          for (let bit = 0; bit < 8; bit++) {
            expect(mip.flagCounts[bit]?.[block]).toBe(part.filter(({ flags }) => (flags >> bit) & 1).length);
          }
        }
      }),
    );
  });

  it('as deep as no column of 16 bits can say count as the deepest', () => {
    const writer = createTraceWriter({ vm: 'x' });
    for (let depth = 0; depth <= 0x10001; depth++) writer.enterFrame(0, 0);
    writer.step(0, 1, 0, 0);
    writer.leaveFrame();
    writer.leaveFrame();
    writer.leaveFrame();
    writer.step(0, 1, 0, 0);
    const { maxDepth } = createTraceReader(writer.finish()).mip(1);
    expect(maxDepth).toEqual(Uint16Array.of(0xffff, 0xfffe));
  });

  it('are refused beyond the trace', () => {
    const reader = createTraceReader(play([{ kind: 'step', unit: 1, cost: 1, flags: 0 }], true).trace);
    for (const step of [-1, 1, 0.5, Number.NaN]) expect(() => reader.step(step)).toThrow(outOfRange);
    for (const step of [-1, 2, 0.5]) {
      expect(() => reader.slot(step, 0, 0)).toThrow(outOfRange);
      expect(() => reader.memory(step, 0, 0, 1)).toThrow(outOfRange);
      expect(() => reader.memoryLength(step, 0)).toThrow(outOfRange);
      expect(() => reader.state(step, ENTITY, ENTITY)).toThrow(outOfRange);
      expect(() => reader.stateValues(step)).toThrow(outOfRange);
    }
    expect(() => reader.columnBytes('unit', 0, 2)).toThrow(outOfRange);
    expect(() => reader.columnBytes('unit', 1, 0)).toThrow(outOfRange);
    expect(() => reader.checkpoint(1)).toThrow(outOfRange);
    expect(() => Array.from(reader.deltas(0, 2))).toThrow(outOfRange);
    const unknown: object = expect.objectContaining({ code: 'TRACE_UNKNOWN_COLUMN' });
    expect(() => reader.columnBytes('gas')).toThrow(unknown);
    expect(() => reader.extra('unit', 0)).toThrow(unknown);
  });
});

describe('checkpoints', () => {
  it('with the deltas after them give every later state', () => {
    const stepsOf = (index: number): number[] => [0, 1, 49].map((more) => index * CHECKPOINT_STEPS + more);
    const lookedAt = new Set([0, 1, 2].flatMap(stepsOf));
    const run = longRun(2 * CHECKPOINT_STEPS + 50, (step) => lookedAt.has(step));
    const reader = createTraceReader(run.trace);
    for (const index of [0, 1, 2]) {
      const checkpoint = reader.checkpoint(index);
      const from = index * CHECKPOINT_STEPS;
      expect(checkpoint.step).toBe(from);
      for (const to of stepsOf(index)) {
        expect(live(replay(reader, toSnapshot(checkpoint), from, to), run, to)).toEqual(
          live(withoutOpen(run.snapshots[to] as Snapshot), run, to),
        );
      }
    }
  });

  it('hold sparse memory in stretches', () => {
    const writer = createTraceWriter({ vm: 'x', memory: true });
    for (const address of [0x4_0000_0000, 1000, 200, 255]) writer.memory(0, address, Uint8Array.of(1, 2));
    const [space] = createTraceReader(writer.finish()).checkpoint(0).spaces;
    expect(space?.memoryLength).toBe(0x4_0000_0002);
    expect(space?.memory.map(({ address, bytes }) => [address, bytes.length])).toEqual([
      [0, 512],
      [768, 256],
      [0x4_0000_0000, 2],
    ]);
    expect(space?.memory[0]?.bytes.subarray(255, 258)).toEqual(Uint8Array.of(1, 2, 0));
  });

  it('hold open frames only', () => {
    const writer = createTraceWriter({ vm: 'x', slots: 'bytes', spacePerFrame: true });
    const root = writer.enterFrame(0, 0);
    writer.slot(root, 0, Uint8Array.of(1));
    const child = writer.enterFrame(1, 0);
    writer.step(0, 1, 0, 0);
    writer.slot(child, 0, Uint8Array.of(2));
    writer.leaveFrame();
    for (let i = 1; i <= CHECKPOINT_STEPS; i++) writer.step(0, 1, 0, 0);
    const reader = createTraceReader(writer.finish());
    expect(reader.checkpoint(0).spaces).toMatchObject([{ space: root }]);
    expect(reader.checkpoint(1).spaces).toMatchObject([{ space: root }]);
    expect(reader.slot(1, child, 0)).toEqual(Uint8Array.of(2));
  });
});

describe('deltas', () => {
  it('of a range are those of all steps that belong to it', () => {
    fc.assert(
      fc.property(actions, fc.nat(), fc.nat(), (list, a, b) => {
        const reader = createTraceReader(play(list, true).trace);
        const [from, to] = [a % (reader.steps + 1), b % (reader.steps + 1)].sort((x, y) => x - y) as [
          number,
          number,
        ];
        const all = Array.from(reader.deltas(0, reader.steps));
        const inRange = all.filter(({ sees }) => (from === 0 || sees > from) && sees <= to);
        expect(Array.from(reader.deltas(from, to))).toEqual(inRange);
      }),
    );
  });

  it('are found across checkpoints', () => {
    const { trace } = longRun(3 * CHECKPOINT_STEPS, () => false);
    const reader = createTraceReader(trace);
    const all = Array.from(reader.deltas(0, reader.steps));
    for (const from of [
      1,
      CHECKPOINT_STEPS - 1,
      CHECKPOINT_STEPS,
      CHECKPOINT_STEPS + 1,
      2 * CHECKPOINT_STEPS + 7,
    ]) {
      const expected = all.filter(({ sees }) => sees > from && sees <= from + 3);
      expect(Array.from(reader.deltas(from, from + 3))).toEqual(expected);
    }
  });

  it('name the writers of every slot', () => {
    fc.assert(
      fc.property(actions, (list) => {
        const reader = createTraceReader(play(list, false).trace);
        const all = Array.from(reader.deltas(0, reader.steps));
        for (let slot = 0; slot < 6; slot++) {
          const expected = all.filter((delta) => delta.kind === 'slot' && delta.slot === slot);
          expect(reader.slotWriters(0, slot)).toEqual(expected.map(({ sees }) => sees - 1));
        }
      }),
    );
  });
});

describe('places', () => {
  it('know who wrote them', () => {
    const writer = createTraceWriter({ vm: 'x', slots: 'bytes', state: true });
    writer.enterFrame(0, 0);
    writer.slot(0, 3, Uint8Array.of(1));
    for (let step = 0; step < 6; step++) {
      writer.step(0, 1, 0, 0);
      if (step % 2 === 0) writer.slot(0, 3, Uint8Array.of(step));
      if (step === 1) writer.stateRead(ENTITY, ENTITY, Uint8Array.of(9));
      if (step >= 3) writer.state(ENTITY, ENTITY, Uint8Array.of(5));
    }
    const reader = createTraceReader(writer.finish());
    expect(reader.slotWriters(0, 3)).toEqual([-1, 0, 2, 4]);
    expect(reader.slotWriters(0, 4)).toEqual([]);
    expect(reader.stateWriters(ENTITY, ENTITY)).toEqual([3]);
    expect(reader.stateWriters(ENTITY, Uint8Array.of(1))).toEqual([]);
    expect(reader.stateValues(1)).toEqual([]);
    expect(reader.stateValues(2)).toEqual([{ entity: ENTITY, key: ENTITY, value: Uint8Array.of(9) }]);
  });
});

it('lists its parts', () => {
  const { trace } = play([{ kind: 'step', unit: 1, cost: 1, flags: 0 }], true);
  expect(createTraceReader(trace).manifest()).toEqual({
    vm: 'model',
    steps: 1,
    truncated: undefined,
    frames: 1,
    columns: [
      { name: 'unit', type: 'u32', bytes: 4 },
      { name: 'cost', type: 'u32', bytes: 4 },
      { name: 'frame', type: 'u32', bytes: 4 },
      { name: 'sp', type: 'u16', bytes: 2 },
      { name: 'flags', type: 'u8', bytes: 1 },
    ],
    deltas: [
      { name: 'slots', count: 0 },
      { name: 'memory', count: 0 },
      { name: 'state', count: 0 },
    ],
    checkpoints: { every: 4096 },
  });
});

type Plain = Omit<Snapshot, 'open'>;

function withoutOpen({ slots, memories, state }: Snapshot): Plain {
  return { slots, memories, state };
}

function toSnapshot({ spaces, state }: Checkpoint): Snapshot {
  const slots = spaces.flatMap(({ space, slots }) =>
    Array.from(slots, ([slot, value]) => [`${space}/${slot}`, bytesToHex(value)] as const),
  );
  const memories = spaces
    .filter(({ memoryLength }) => memoryLength > 0)
    .map(({ space, memory, memoryLength }) => {
      const bytes = new Uint8Array(memoryLength);
      for (const stretch of memory) bytes.set(stretch.bytes, stretch.address);
      return [space, Array.from(bytes)] as const;
    });
  const values = state.map(({ key, value }) => [key[0] as number, value && bytesToHex(value)] as const);
  return { slots: new Map(slots), memories: new Map(memories), state: new Map(values), open: [] };
}

/** The state at `to` from that at `from` and the deltas between. */
function replay(reader: TraceReader, start: Snapshot, from: number, to: number): Plain {
  const slots = new Map(from === 0 ? [] : start.slots);
  const memories = new Map(
    from === 0 ? [] : Array.from(start.memories, ([space, bytes]) => [space, bytes.slice()]),
  );
  const state = new Map(from === 0 ? [] : start.state);
  for (const delta of reader.deltas(from, to)) {
    if (delta.kind === 'slot') slots.set(`${delta.space}/${delta.slot}`, bytesToHex(delta.value));
    else if (delta.kind === 'state')
      state.set(delta.key[0] as number, delta.value && bytesToHex(delta.value));
    else {
      const memory = memories.get(delta.space) ?? [];
      memories.set(delta.space, memory);
      while (memory.length < delta.address + delta.value.length) memory.push(0);
      for (const [i, byte] of delta.value.entries()) memory[delta.address + i] = byte;
    }
  }
  return { slots, memories, state };
}

/** What is left of a state when only frames open at `step` count. */
function live(plain: Plain, { snapshots }: Run, step: number): Plain {
  const open = snapshots[step]?.open ?? [];
  return {
    slots: new Map(Array.from(plain.slots).filter(([key]) => open.includes(Number(key.split('/')[0])))),
    memories: new Map(
      Array.from(plain.memories).filter(([space, bytes]) => open.includes(space) && bytes.length > 0),
    ),
    state: plain.state,
  };
}

/** A run of `length` steps that goes in and out of calls and writes everywhere. */
function longRun(length: number, isLookedAt: (step: number) => boolean): Run {
  return play(
    Array.from({ length }, (_, i) => [
      { kind: 'step' as const, unit: i, cost: 1, flags: 0 },
      ...(i % 100 === 99 ? [{ kind: 'leave' as const }] : []),
      ...(i % 100 === 50 ? [{ kind: 'enter' as const, program: 1 }] : []),
      { kind: 'slot' as const, slot: i % 6, word: Uint8Array.of(0, 0, 0, 0, 0, 0, i >>> 8, i) },
      ...(i % 7 === 0 ? [{ kind: 'memory' as const, address: i % 40, bytes: Uint8Array.of(i, i) }] : []),
      ...(i % 31 === 0 ? [{ kind: 'write' as const, key: i % 4, value: Uint8Array.of(i) }] : []),
    ]).flat(),
    true,
    isLookedAt,
  );
}
