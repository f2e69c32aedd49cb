import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Client } from '../src/client/client.ts';
import { DebugSession } from '../src/debug/session.ts';
import { TraceData } from '../src/debug/trace-data.ts';
import { createLocalClient } from './support/local-client.ts';

// The debugger without a page: its sample's trace, stepped through by every button.

const net = 'ethereum';
let client: Client;
let id: string;
let data: TraceData;
let session: DebugSession;

beforeAll(async () => {
  client = await createLocalClient();
  ({ id } = await client.request('ninefold_sample', { net }));
  data = await TraceData.open(client, net, id);
  await Promise.all(data.manifest.programs.map((_, program) => data.load(program)));
});
afterAll(() => client.close());

beforeEach(() => {
  // The address is written a while after each change; here nothing waits so long.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  session = new DebugSession(client, data, (error) => {
    throw error;
  });
  return () => {
    vi.clearAllTimers();
    vi.useRealTimers();
  };
});

const anyStep = () => fc.nat(data.steps - 1);
const lineAt = (step: number): string => {
  const place = data.placeAt(step);
  return `${place?.program}/${place?.file}/${place?.line}`;
};

describe('the trace in the page', () => {
  it('finds the innermost frame of each step', () => {
    for (let step = 0; step < data.steps; step++) {
      const { index, s0, s1, depth } = data.frameView(data.frameAt(step));
      expect(s0 <= step && step < s1).toBe(true);
      for (let other = 0; other < data.frameCount; other++) {
        const view = data.frameView(other);
        if (other !== index && view.s0 <= step && step < view.s1)
          expect(view.depth).toBeLessThanOrEqual(depth);
      }
    }
  });

  it('stacks frames from the innermost to the outermost', () => {
    fc.assert(
      fc.property(anyStep(), (step) => {
        const stack = data.stackAt(step);
        expect(stack.at(-1)).toMatchObject({ index: 0, parent: -1 });
        stack.forEach((view, i) => expect(view.parent).toBe(stack[i + 1]?.index ?? -1));
      }),
    );
  });

  it('adds up what was used, whatever the buckets', () => {
    let used = 0;
    for (let step = 0; step < data.steps; step++) {
      expect(data.usedAt(step)).toBe(used);
      used += data.cost[step]!;
    }
  });

  it('spreads the cost of lines over the whole trace', () => {
    const { files } = data.levels(0)!;
    const sums = files.map((_, file) => [...data.costByLine(0, file).values()].reduce((a, b) => a + b, 0));
    const total = data.cost.reduce((a, b) => a + b, 0);
    expect(Math.max(...sums)).toBeGreaterThan(0);
    expect(sums.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(total);
  });
});

describe('stepping', () => {
  it('stays within the trace', () => {
    session.goTo(-5);
    expect(session.step.value).toBe(0);
    session.goTo(1e9);
    expect(session.step.value).toBe(session.last);
    session.move(1);
    expect(session.step.value).toBe(session.last);
  });

  it('over moves on, never into a deeper call, and to another line where lines are known', () => {
    fc.assert(
      fc.property(anyStep(), (from) => {
        session.goTo(from);
        session.over();
        const to = session.step.value;
        if (from < session.last) expect(to).toBeGreaterThan(from);
        if (to === session.last) return;
        expect(data.depthAt(to)).toBeLessThanOrEqual(data.depthAt(from));
        // Where no source is known the next instruction is the next line.
        if (data.placeAt(from) !== undefined && data.frameAt(to) === data.frameAt(from))
          expect(lineAt(to)).not.toBe(lineAt(from));
      }),
    );
  });

  it('over back moves back, never into a deeper call', () => {
    fc.assert(
      fc.property(anyStep(), (from) => {
        session.goTo(from);
        session.overBack();
        const to = session.step.value;
        if (from > 0) expect(to).toBeLessThan(from);
        if (to > 0) expect(data.depthAt(to)).toBeLessThanOrEqual(data.depthAt(from));
      }),
    );
  });

  it('without source over is an instruction', () => {
    session.levels.value = new Set(
      data.manifest.levels.map((level) => level.id).filter((level) => level !== 'sol'),
    );
    fc.assert(
      fc.property(anyStep(), (from) => {
        session.goTo(from);
        session.over();
        const to = session.step.value;
        for (let step = from + 1; step < to && to < session.last; step++)
          expect(data.depthAt(step)).toBeGreaterThan(data.depthAt(from));
      }),
    );
  });

  it('out leaves the call, forwards and backwards', () => {
    fc.assert(
      fc.property(anyStep(), (from) => {
        const { s0, s1 } = data.frameView(data.frameAt(from));
        session.goTo(from);
        session.out();
        expect(session.step.value).toBe(Math.min(s1, session.last));
        session.goTo(from);
        session.outBack();
        expect(session.step.value).toBe(Math.max(0, s0 - 1));
      }),
    );
  });
});

describe('breakpoints', () => {
  it('on an instruction are hit each time, on both ways', () => {
    const pc = data.pcOf(200);
    const program = data.programOf(200);
    const hits = Array.from({ length: data.steps }, (_, step) => step).filter(
      (step) => data.pcOf(step) === pc && data.programOf(step) === program,
    );
    session.goTo(200);
    session.levels.value = new Set(['evm']);
    session.toggleBreakpoint(`pc:${program}:${pc}`);
    session.goTo(0);
    const forward: number[] = [];
    for (session.run(true); session.step.value < session.last; session.run(true))
      forward.push(session.step.value);
    expect(forward).toEqual(hits.filter((step) => step > 0 && step < session.last));
    const back: number[] = [];
    for (session.run(false); session.step.value > 0; session.run(false)) back.push(session.step.value);
    expect(back).toEqual(forward.toReversed());
  });

  it('on a line are hit where it is entered, and can be taken away', () => {
    session.goTo(300);
    session.toggleHere();
    const [text] = [...session.breakpoints.value];
    expect(text).toMatch(/^.+:\d+$/);
    session.goTo(0);
    session.run(true);
    const hit = session.step.value;
    expect(
      `${data.levels(data.programOf(hit))!.files[data.ownPlace(hit)!.file]!.path}:${data.ownPlace(hit)!.line}`,
    ).toBe(text);
    session.toggleBreakpoint(text!);
    session.goTo(0);
    session.run(true);
    expect(session.step.value).toBe(session.last);
  });

  it('that are none stop nowhere', () => {
    for (const text of ['nowhere.sol:1', 'pc:9:9', ':', 'pc:x:y', '']) session.toggleBreakpoint(text);
    session.run(true);
    expect(session.step.value).toBe(session.last);
    session.run(false);
    expect(session.step.value).toBe(0);
  });
});

describe('what is searched', () => {
  it('is found, from hit to hit and around the end', async () => {
    await session.find('SSTORE');
    const { steps, total } = session.found.value!;
    expect(steps.length).toBe(total);
    expect(steps.every((step) => data.op[step] === 0x55)).toBe(true);
    session.goTo(session.last);
    session.nextFound(true);
    expect(session.step.value).toBe(steps[0]);
    session.nextFound(false);
    expect(session.step.value).toBe(steps.at(-1));
    await session.find('  ');
    expect(session.found.value).toBeUndefined();
    session.nextFound(true);
    expect(session.step.value).toBe(steps.at(-1));
  });

  it('is a write of what was chosen', async () => {
    await session.find('write');
    const write = session.found.value!.steps.find((step) => data.op[step] === 0x55)!;
    const { storage } = await client.request('ninefold_traceState', {
      trace: data.manifest.id,
      step: write + 1,
      parts: ['storage'],
    });
    const { entity, key } = storage![0]!;
    session.choose(`storage:${entity.id}:${key}`, '');
    session.goTo(0);
    await session.nextWrite(true);
    expect(data.op[session.step.value]).toBe(0x55);
    session.choose('stack:0', '');
    const before = session.step.value;
    await session.nextWrite(true);
    expect(session.step.value).toBe(before);
  });
});

describe('the view', () => {
  it('is a part of the trace, whatever is done to it, with the playhead in it', () => {
    const move = fc.oneof(
      fc.record({
        op: fc.constant('zoom'),
        a: fc.double({ min: 0.01, max: 100, noNaN: true }),
        b: fc.nat(data.steps),
      }),
      fc.record({ op: fc.constant('pan'), a: fc.integer({ min: -1e6, max: 1e6 }), b: fc.constant(0) }),
      fc.record({ op: fc.constant('zoomTo'), a: fc.nat(data.steps), b: fc.nat(data.steps) }),
      fc.record({ op: fc.constant('goTo'), a: fc.nat(data.steps), b: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 12 }), (moves) => {
        for (const { op, a, b } of moves) {
          if (op === 'zoom') session.zoom(a, b);
          else if (op === 'pan') session.pan(a);
          else if (op === 'zoomTo') session.zoomTo(Math.min(a, b), Math.max(a, b));
          else session.goTo(a);
          const { from, to } = session.view.value;
          expect(from).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThanOrEqual(data.steps + 1e-6);
          expect(to - from).toBeGreaterThanOrEqual(Math.min(16, data.steps) - 1e-6);
          if (op === 'goTo')
            expect(session.step.value >= from - 1e-6 && session.step.value < to + 1e-6).toBe(true);
        }
      }),
    );
  });

  it('comes back to a playhead that stands where it is asked to go', () => {
    session.goTo(0);
    session.zoomTo(0, 50);
    session.pan(1000);
    expect(session.view.value.from).toBeGreaterThan(0);
    session.goTo(0);
    expect(session.view.value.from).toBe(0);
  });

  it('keeps the last eight marks, one a step, without what would end them', () => {
    for (let i = 0; i < 12; i++) {
      session.goTo(i);
      session.mark(`note ${i} | ~ ${'x'.repeat(60)}`);
    }
    session.mark('again');
    const marks = session.marks.value;
    expect(marks.map(({ step }) => step)).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
    expect(marks.at(-1)?.note).toBe('again');
    expect(marks.every(({ note }) => note.length <= 40 && !/[|~]/.test(note))).toBe(true);
  });

  it('always shows one level', () => {
    for (const level of data.manifest.levels) session.toggleLevel(level.id);
    expect(session.levels.value.size).toBe(1);
  });
});

describe('a trace that cannot be opened', () => {
  const broken = (part: Partial<Client>): Client => ({ ...client, ...part }) as Client;

  it('is closed at the node when its columns do not come or are cut off', async () => {
    for (const binary of [
      async () => Promise.reject(new Error('the line is down')),
      async () => new ArrayBuffer(4),
    ]) {
      const closed: unknown[] = [];
      const request = (async (name: string, params: { readonly trace?: string }) => {
        if (name === 'ninefold_closeTrace') closed.push(params.trace);
        return client.request(name as never, params as never);
      }) as Client['request'];
      await expect(TraceData.open(broken({ binary, request }), net, id)).rejects.toThrow();
      expect(closed).toHaveLength(1);
    }
  });

  it('asks for the levels of a program again after a failure', async () => {
    let isDown = false;
    const request = (async (name: string, params: object) => {
      if (isDown && name === 'ninefold_traceLevels') throw new Error('the line is down');
      return client.request(name as never, params as never);
    }) as Client['request'];
    const other = await TraceData.open(broken({ request }), net, id);
    const program = data.manifest.programs.findIndex((_, at) => other.levels(at) === undefined);
    await Promise.allSettled([other.load(program)]);
    const late = await TraceData.open(broken({ request }), net, id);
    isDown = true;
    await expect(late.load(program)).rejects.toThrow('the line is down');
    isDown = false;
    expect((await late.load(program)).code.length).toBeGreaterThan(0);
    other.close();
    late.close();
  });
});
