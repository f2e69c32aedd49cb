import type { Info, Net, StreamEvent, Topic, Tx } from '@ninefold/studio-api';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Client, Connection } from '../src/client/client.ts';
import type * as StoreModule from '../src/store.ts';

type Store = typeof StoreModule;

/** A node whose connection and news are the test's. */
function createFakeClient() {
  let tell: (state: Connection) => void = () => {};
  const listeners = new Map<Topic, (event: StreamEvent) => void>();
  const asked: string[] = [];
  let fails = false;
  const client = {
    kind: 'server',
    request: async (name: string) => {
      asked.push(name);
      if (fails) throw new Error('the line is down');
      return name === 'ninefold_networks' ? ([{ id: 'ethereum' }] as unknown as Net[]) : ({} as Info);
    },
    binary: async () => new ArrayBuffer(0),
    subscribe: (topic: Topic, listener: (event: StreamEvent) => void) => {
      listeners.set(topic, listener);
      return () => void listeners.delete(topic);
    },
    onConnection: (listener: (state: Connection) => void) => {
      tell = listener;
      return () => {};
    },
    close: () => {},
  } as unknown as Client;
  return {
    client,
    asked,
    connection: (...states: Connection[]) => states.forEach((state) => tell(state)),
    news: (topic: Topic, items: readonly unknown[]) =>
      listeners.get(topic)?.({ topic, seq: 1, items, dropped: 0 } as unknown as StreamEvent),
    fail: (now: boolean) => void (fails = now),
  };
}

const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('the store', () => {
  let store: Store;
  beforeEach(async () => {
    vi.resetModules();
    store = await import('../src/store.ts');
  });

  it('has no client before it is started, and one network after', async () => {
    expect(() => store.client()).toThrow('no client');
    const { client } = createFakeClient();
    await store.startStore(client);
    expect(store.client()).toBe(client);
    expect(store.netOf('ethereum')?.id).toBe('ethereum');
    expect(store.netOf('solana')).toBeUndefined();
    expect(store.connection.value).toBe('live');
  });

  it('reads again what was missed while the line was down', async () => {
    const { client, asked, connection } = createFakeClient();
    await store.startStore(client);
    connection('connecting', 'live');
    await settle();
    expect({ heads: store.heads.value, asked: asked.length }).toEqual({ heads: 0, asked: 2 });
    // Two attempts before one succeeds.
    connection('lost', 'connecting', 'lost', 'connecting', 'live');
    await settle();
    expect({ heads: store.heads.value, asked: asked.length }).toEqual({ heads: 1, asked: 4 });
    connection('live');
    await settle();
    expect(store.heads.value).toBe(1);
  });

  it('counts blocks, and keeps the newest transactions first, not all of them', async () => {
    const { client, news } = createFakeClient();
    await store.startStore(client);
    news('heads', []);
    await settle();
    expect(store.heads.value).toBe(0);
    news('heads', [{}]);
    await settle();
    expect(store.heads.value).toBe(1);
    for (let i = 0; i < 150; i++) news('txs', [{ id: `${i}a` }, { id: `${i}b` }]);
    const ids = store.fresh.value.map((tx: Tx) => tx.id);
    expect(ids).toHaveLength(200);
    expect(ids.slice(0, 3)).toEqual(['149b', '149a', '148b']);
  });

  it('fails at the start, but not later, when the node does not answer', async () => {
    const { client, news, fail } = createFakeClient();
    fail(true);
    await expect(store.startStore(client)).rejects.toThrow('the line is down');
    fail(false);
    await store.startStore(client);
    fail(true);
    news('heads', [{}]);
    await settle();
    expect(store.netOf('ethereum')?.id).toBe('ethereum');
  });
});
