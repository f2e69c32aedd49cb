import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createMetrics } from '@ninefold/base';
import { createSubscriptionHub, rawJson } from '@ninefold/rpc';

function recorder(): { sent: string[]; send: (text: string) => void; results: () => unknown[] } {
  const sent: string[] = [];
  const results = (): unknown[] =>
    sent.map((text) => (JSON.parse(text) as { params: { result: unknown } }).params.result);
  return { sent, send: (text) => void sent.push(text), results };
}

describe('notifications', () => {
  it('have the form clients know', () => {
    const hub = createSubscriptionHub();
    const sink = recorder();
    const session = hub.connect(sink).begin();
    expect(session.subscribe('newHeads')).toBe('0x1');
    session.end();
    hub.publish('newHeads', { number: '0x5' });
    hub.publish('other', 1);
    expect(sink.sent).toEqual([
      '{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":{"number":"0x5"}}}',
    ]);
  });

  it('take method and id from the chain', () => {
    let next = 10;
    const hub = createSubscriptionHub({ method: (topic) => `${topic}Notification`, createId: () => next++ });
    const sink = recorder();
    const session = hub.connect(sink).begin();
    session.subscribe('slot');
    session.end();
    hub.publish('slot', rawJson('{"slot":1}'));
    expect(sink.sent).toEqual([
      '{"jsonrpc":"2.0","method":"slotNotification","params":{"subscription":10,"result":{"slot":1}}}',
    ]);
  });

  it('go to those whose selector takes the payload, transformed', () => {
    const hub = createSubscriptionHub();
    const sink = recorder();
    const session = hub.connect(sink).begin();
    session.subscribe('n', (n) => ((n as number) % 2 === 0 ? n : undefined));
    session.subscribe('n', (n) => (n as number) * 10);
    session.end();
    hub.publish('n', 1);
    hub.publish('n', 2);
    expect(sink.results()).toEqual([10, 2, 20]);
  });

  it('wait until the answer with the id is written', () => {
    const hub = createSubscriptionHub();
    const sink = recorder();
    const connection = hub.connect(sink);
    const first = connection.begin();
    const second = connection.begin();
    first.subscribe('a');
    second.subscribe('a');
    hub.publish('a', 1);
    second.end();
    expect(sink.sent).toHaveLength(1);
    hub.publish('a', 2);
    first.end();
    expect(sink.results()).toEqual([1, 2, 1, 2]);
  });

  it('reach everyone although one fails', () => {
    const onError = vi.fn();
    const hub = createSubscriptionHub({ onError });
    const good = recorder();
    const broken = {
      send: () => {
        throw new Error('gone');
      },
    };
    for (const sink of [broken, good]) {
      const session = hub.connect(sink).begin();
      session.subscribe('a', (value) => {
        if (value === 2) throw new Error('selector');
        return value;
      });
      session.end();
    }
    hub.publish('a', 1);
    hub.publish('a', 2);
    hub.publish('a', 3n);
    expect(good.results()).toEqual([1]);
    expect(onError).toHaveBeenCalledTimes(1 + 2 + 2);
  });
});

describe('lifetime', () => {
  it('ends on unsubscribe, once, and only for the own connection', () => {
    const hub = createSubscriptionHub();
    const sink = recorder();
    const session = hub.connect(sink).begin();
    const stranger = hub.connect(recorder()).begin();
    const id = session.subscribe('a');
    session.end();
    expect(hub.listeners('a')).toBe(1);
    expect(stranger.unsubscribe(id)).toBe(false);
    expect(session.unsubscribe(id)).toBe(true);
    expect(session.unsubscribe(id)).toBe(false);
    hub.publish('a', 1);
    expect(sink.sent).toEqual([]);
    expect(hub.listeners('a')).toBe(0);
  });

  it('leaves nothing behind when a connection closes', () => {
    const hub = createSubscriptionHub();
    const sink = recorder();
    const connection = hub.connect(sink);
    const session = connection.begin();
    session.subscribe('a');
    session.subscribe('b');
    expect(connection.size()).toBe(2);
    connection.close();
    session.subscribe('c');
    session.end();
    expect([connection.size(), hub.listeners('a'), hub.listeners('c')]).toEqual([0, 0, 0]);
    hub.publish('a', 1);
    expect(sink.sent).toEqual([]);
  });

  it('allows a limited number', () => {
    const hub = createSubscriptionHub({ maxSubscriptions: 2 });
    const session = hub.connect(recorder()).begin();
    const first = session.subscribe('a');
    session.subscribe('a');
    expect(() => session.subscribe('a')).toThrow(expect.objectContaining({ code: -32602 }));
    session.unsubscribe(first);
    expect(session.subscribe('a')).toBe('0x3');
  });

  it('allows 1 000 by default', () => {
    const session = createSubscriptionHub().connect(recorder()).begin();
    for (let i = 0; i < 1000; i++) session.subscribe('a');
    expect(() => session.subscribe('a')).toThrow(expect.objectContaining({ code: -32602 }));
  });

  it('survives a connection that closes while it is told', () => {
    const hub = createSubscriptionHub();
    const sink = { send: (): void => connection.close() };
    const connection = hub.connect(sink);
    const session = connection.begin();
    session.subscribe('a');
    session.subscribe('a');
    session.end();
    expect(() => hub.publish('a', 1)).not.toThrow();
    expect(hub.listeners('a')).toBe(0);
  });
});

describe('slow readers', () => {
  it('get the newest notifications, and the others are counted', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('publish', 'block', 'unblock'), { maxLength: 60 }), (steps) => {
        const metrics = createMetrics();
        const hub = createSubscriptionHub({ maxQueued: 4, metrics });
        const sink = recorder();
        let ready = true;
        const connection = hub.connect({ send: sink.send, isReady: () => ready });
        const session = connection.begin();
        session.subscribe('a');
        session.end();
        const expected: number[] = [];
        let waiting: number[] = [];
        let lost = 0;
        for (const [i, step] of steps.entries()) {
          if (step === 'publish') {
            hub.publish('a', i);
            waiting.push(i);
            if (!ready && waiting.length > 4) {
              waiting.shift();
              lost++;
            }
          } else {
            ready = step === 'unblock';
            connection.drain();
          }
          if (ready) {
            expected.push(...waiting);
            waiting = [];
          }
        }
        expect(sink.results()).toEqual(expected);
        expect(metrics.render()).toContain(`ninefold_rpc_notifications_dropped_total ${lost}\n`);
      }),
    );
  });

  it('keep the order through long queues', () => {
    const hub = createSubscriptionHub();
    const sink = recorder();
    let budget = 0;
    const connection = hub.connect({
      send: (text) => (budget--, sink.send(text)),
      isReady: () => budget > 0,
    });
    const session = connection.begin();
    session.subscribe('a');
    session.end();
    for (let i = 0; i < 500; i++) hub.publish('a', i);
    while (sink.sent.length < 500) {
      budget = 7;
      connection.drain();
    }
    expect(sink.results()).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });
});
