import { manualClock } from '@ninefold/base';
import { createSubscriptionHub } from '@ninefold/rpc';
import { describe, expect, it } from 'vitest';
import type { TraceManifest, TraceSession } from '../src/index.ts';
import { MAX_BATCH_ITEMS, MAX_OPEN_TRACES } from '../src/index.ts';
import { PulseMeter, REMEMBERED_BLOCKS } from '../src/pulse.ts';
import { BatchedStream } from '../src/stream.ts';
import { Traces } from '../src/traces.ts';

const news = (txs: number, failed = 0): Parameters<PulseMeter['add']>[0] => ({
  blocks: [{ net: 'n', number: '1', time: 0, txCount: txs, failed, extra: {} }],
  txs: [],
  reorganised: false,
});

describe('the pulse', () => {
  it('counts by bucket, the running one last', () => {
    const meter = new PulseMeter();
    const clock = manualClock(10_000);
    meter.add(news(3), clock.now());
    clock.advance(1500);
    meter.add(news(2, 1), clock.now());
    meter.add(news(0), clock.now());
    expect(meter.read('n', clock.now(), 3, 1000)).toEqual({
      net: 'n',
      t0: 9000,
      bucketMs: 1000,
      txs: [0, 3, 2],
      failed: [0, 0, 1],
      blocks: [0, 1, 2],
    });
    expect(meter.read('n', clock.now() + 60_000, 3, 1000).txs).toEqual([0, 0, 0]);
  });

  it('forgets the oldest blocks', () => {
    const meter = new PulseMeter();
    for (let i = 0; i < REMEMBERED_BLOCKS + 10; i++) meter.add(news(1), 500);
    expect(meter.read('n', 500, 1, 1000).txs).toEqual([REMEMBERED_BLOCKS]);
  });
});

describe('the stream', () => {
  const setUp = (): { stream: BatchedStream; told: unknown[]; run: () => void; waiting: () => number } => {
    const hub = createSubscriptionHub({ method: 'ninefold_event' });
    const told: unknown[] = [];
    const session = hub.connect({ send: (text) => told.push(JSON.parse(text).params.result) }).begin();
    session.subscribe('txs');
    session.end();
    const tasks: (() => void)[] = [];
    const stream = new BatchedStream(hub, (_, task) => {
      tasks.push(task);
      return () => void tasks.splice(tasks.indexOf(task), 1);
    });
    return { stream, told, run: () => tasks.shift()?.(), waiting: () => tasks.length };
  };

  it('gathers what comes within a beat, and numbers the batches', () => {
    const { stream, told, run, waiting } = setUp();
    stream.push('txs', [1, 2]);
    stream.push('txs', [3]);
    expect(waiting()).toBe(1);
    expect(told).toEqual([]);
    run();
    stream.push('txs', [4]);
    run();
    expect(told).toEqual([
      { topic: 'txs', seq: 1, items: [1, 2, 3], dropped: 0 },
      { topic: 'txs', seq: 2, items: [4], dropped: 0 },
    ]);
  });

  it('drops the oldest of too many and counts them', () => {
    const { stream, told, run } = setUp();
    stream.push(
      'txs',
      Array.from({ length: 150 }, (_, i) => i),
    );
    stream.push(
      'txs',
      Array.from({ length: 450 }, (_, i) => 1000 + i),
    );
    run();
    const [batch] = told as { items: number[]; dropped: number }[];
    expect(batch?.items.length).toBe(MAX_BATCH_ITEMS);
    expect(batch?.items.at(-1)).toBe(1449);
    expect(batch?.dropped).toBe(400);
  });

  it('makes nothing for topics that nobody hears, nor after its end', () => {
    const { stream, waiting } = setUp();
    stream.push('heads', [1]);
    stream.push('txs', []);
    expect(waiting()).toBe(0);
    stream.push('txs', [1]);
    stream.close();
    expect(waiting()).toBe(0);
  });
});

describe('open traces', () => {
  const session = (steps: number): TraceSession =>
    ({
      manifest: (id: string) => ({ id, steps }) as TraceManifest,
      column: (_: string, from: number, to: number) => new Uint8Array(to - from),
      frames: () => new Uint8Array(28),
      mips: () => new Uint8Array(16),
      deltas: () => new Uint8Array(0),
    }) as unknown as TraceSession;
  const at = (traces: Traces, path: string, query = ''): number =>
    traces.binary(path.split('/'), new URLSearchParams(query)).bytes.length;

  it('give their columns by range', () => {
    const traces = new Traces();
    const { id } = traces.open(session(100));
    expect(at(traces, `${id}/column/unit`)).toBe(100);
    expect(at(traces, `${id}/column/unit`, 'from=10&to=30')).toBe(20);
    expect(at(traces, `${id}/frames`)).toBe(28);
    for (const query of ['from=101', 'to=101', 'from=-1', 'from=x', 'from=30&to=10', 'to=1e3']) {
      expect(() => at(traces, `${id}/column/unit`, query)).toThrow(
        expect.objectContaining({ code: 'STUDIO_OUT_OF_RANGE' }),
      );
    }
    expect(() => at(traces, `${id}/nothing`)).toThrow(expect.objectContaining({ code: 'STUDIO_NOT_FOUND' }));
  });

  it('are few: the one used longest ago is closed', () => {
    const traces = new Traces();
    const ids = Array.from({ length: MAX_OPEN_TRACES }, () => traces.open(session(1)).id);
    traces.get(ids[0] as string);
    traces.open(session(1));
    expect(traces.get(ids[0] as string)).toBeDefined();
    expect(() => traces.get(ids[1] as string)).toThrow(expect.objectContaining({ code: 'STUDIO_NOT_FOUND' }));
    expect(traces.close(ids[0] as string)).toBe(true);
    expect(traces.close(ids[0] as string)).toBe(false);
  });
});
