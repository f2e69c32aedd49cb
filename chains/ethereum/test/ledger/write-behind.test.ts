import { createMemoryStore } from '@ninefold/state';
import type { KvStore } from '@ninefold/state';
import { describe, expect, test } from 'vitest';
import { writeBehind } from '../../src/ledger/write-behind.ts';

const key = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const put = (name: number, value: number) => ({ type: 'put', key: key(name), value: key(value) }) as const;
const remove = (name: number) => ({ type: 'delete', key: key(name) }) as const;

/** A store whose commits wait until they are let through, as LMDB's wait for its thread. */
function slowStore(): { store: KvStore; release: () => void; fail: () => void } {
  const memory = createMemoryStore();
  const waiting: { go: () => void; refuse: (error: Error) => void }[] = [];
  const gate = (): Promise<void> =>
    new Promise((resolve, reject) => waiting.push({ go: resolve, refuse: reject }));
  return {
    store: {
      ...memory,
      commit: async (batch, options) => {
        await gate();
        await memory.commit(batch, options);
      },
    },
    release: () => waiting.shift()?.go(),
    fail: () => waiting.shift()?.refuse(new Error('disk full')),
  };
}

describe('a store written behind', () => {
  test('shows a batch at once and after it is written', async () => {
    const { store, release } = slowStore();
    const behind = writeBehind(store);
    const committed = behind.commit([put(1, 10)]);
    expect(store.get(key(1))).toBeUndefined();
    expect(behind.get(key(1))).toEqual(key(10));
    release();
    await committed;
    expect(store.get(key(1))).toEqual(key(10));
    expect(behind.get(key(1))).toEqual(key(10));
  });

  test('shows the newest of several batches, deletions too', async () => {
    const { store, release } = slowStore();
    const behind = writeBehind(store);
    const commits = [behind.commit([put(1, 10), put(2, 20)]), behind.commit([put(1, 11), remove(2)])];
    expect(behind.get(key(1))).toEqual(key(11));
    expect(behind.get(key(2))).toBeUndefined();
    release();
    await commits[0];
    expect(store.get(key(2))).toEqual(key(20));
    expect(behind.get(key(2))).toBeUndefined();
    release();
    await commits[1];
    expect(behind.get(key(1))).toEqual(key(11));
  });

  test('keeps a snapshot as it was', async () => {
    const { store, release } = slowStore();
    const behind = writeBehind(store);
    const first = behind.commit([put(1, 10)]);
    const snapshot = behind.snapshot();
    const second = behind.commit([put(1, 11)]);
    release();
    await first;
    release();
    await second;
    expect(snapshot.get(key(1))).toEqual(key(10));
    expect(behind.get(key(1))).toEqual(key(11));
    snapshot.close();
  });

  test('forgets a batch that failed', async () => {
    const { store, fail } = slowStore();
    const behind = writeBehind(store);
    const committed = behind.commit([put(1, 10)]);
    fail();
    await expect(committed).rejects.toThrow('disk full');
    expect(behind.get(key(1))).toBeUndefined();
  });
});
