import type { Bytes } from '@ninefold/base';
import type { KvReader, KvStore } from './kv-store.ts';
import { assertOpen, assertValidKeys } from './kv-store.ts';
import { SortedMap } from './sorted-map.ts';

/**
 * A store in memory: nothing survives the process, so `durable` promises no more than the rest.
 * A commit shows in reads as soon as the call returns.
 *
 * @example
 * const store = createMemoryStore();
 * await store.commit([{ type: 'put', key: utf8ToBytes('head'), value: hash }]);
 * store.get(utf8ToBytes('head'));
 */
export function createMemoryStore(): KvStore {
  let entries = SortedMap.empty<Bytes>();
  let open = true;
  return {
    ...reader(() => {
      assertOpen(open, 'store');
      return entries;
    }),
    snapshot: () => {
      assertOpen(open, 'store');
      const then = entries;
      let kept = true;
      return {
        ...reader(() => {
          assertOpen(kept && open, kept ? 'store' : 'snapshot');
          return then;
        }),
        close: () => {
          kept = false;
        },
      };
    },
    commit: async (batch) => {
      assertOpen(open, 'store');
      assertValidKeys(batch);
      let next = entries;
      for (const operation of batch) {
        if (operation.type === 'put') next = next.set(operation.key, operation.value);
        else next = next.delete(operation.key);
      }
      entries = next;
    },
    close: async () => {
      open = false;
    },
  };
}

function reader(entries: () => SortedMap<Bytes>): KvReader {
  return {
    get: (key) => entries().get(key),
    getMany: (keys) => {
      const found = entries();
      return keys.map((key) => found.get(key));
    },
    *range(range) {
      for (const entry of entries().entries(range)) {
        yield entry;
        // Throws when the store or the snapshot has been closed meanwhile.
        entries();
      }
    },
  };
}
