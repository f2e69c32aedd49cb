import type { Bytes } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import type { KvOperation, KvReader, KvSnapshot, KvStore } from '@ninefold/state';

/** Key in hex -> what a batch on its way makes of it, `undefined` for deleted; one map a batch. */
type PendingBatch = ReadonlyMap<string, Bytes | undefined>;

/** The part of a store a chain needs; `get` shows a batch from the moment it is committed. */
export type WriteBehindStore = Pick<KvReader, 'get'> &
  Pick<KvStore, 'commit' | 'close'> & {
    readonly snapshot: () => Pick<KvSnapshot, 'get' | 'close'>;
  };

/**
 * A store whose reads do not wait for its writes. A chain goes on to the next block while the last
 * one is being written, and reads what that one left; a store shows a batch only when it is written.
 */
export function writeBehind(store: KvStore): WriteBehindStore {
  const pending = new Set<PendingBatch>();

  const commit: KvStore['commit'] = async (operations, options) => {
    const batch = byKey(operations);
    pending.add(batch);
    try {
      await store.commit(operations, options);
    } finally {
      pending.delete(batch);
    }
  };

  const snapshot: WriteBehindStore['snapshot'] = () => {
    const waiting = [...pending];
    const below = store.snapshot();
    return { get: (key) => lookUp(waiting, key, below), close: below.close };
  };

  return {
    get: (key) => (pending.size === 0 ? store.get(key) : lookUp([...pending], key, store)),
    commit,
    snapshot,
    close: store.close,
  };
}

function byKey(operations: readonly KvOperation[]): PendingBatch {
  return new Map(
    operations.map((operation) => [
      bytesToHex(operation.key),
      operation.type === 'put' ? operation.value : undefined,
    ]),
  );
}

/** The newest batch that knows the key decides. */
function lookUp(
  batches: readonly PendingBatch[],
  key: Bytes,
  below: Pick<KvReader, 'get'>,
): Bytes | undefined {
  const name = bytesToHex(key);
  const newest = batches.findLast((batch) => batch.has(name));
  return newest === undefined ? below.get(key) : newest.get(name);
}
