import type { Bytes } from '@ninefold/base';
import { defineErrors } from '@ninefold/base';

/** Keys of a store are of 1 to so many bytes, which is what LMDB can do everywhere. */
export const KV_MAX_KEY_LENGTH = 511;

/** Which entries of an ordered collection: keys from `gte` up to but without `lt`; all without bounds. */
export type KeyRange = {
  readonly gte?: Bytes | undefined;
  readonly lt?: Bytes | undefined;
  /** From the last key to the first. */
  readonly reverse?: boolean | undefined;
  /** At most so many entries. */
  readonly limit?: number | undefined;
};

/** One operation of a batch. Of several on one key the last counts. */
export type KvOperation =
  | { readonly type: 'put'; readonly key: Bytes; readonly value: Bytes }
  | { readonly type: 'delete'; readonly key: Bytes };

/** What can be read, all of it synchronously. Bytes that went in or came out are not to be changed. */
export type KvReader = {
  readonly get: (key: Bytes) => Bytes | undefined;
  /** The values in the order of `keys`. */
  readonly getMany: (keys: readonly Bytes[]) => (Bytes | undefined)[];
  /** Entries in the bytewise order of their keys, as they are when the iteration begins. To be iterated once. */
  readonly range: (range?: KeyRange) => Iterable<readonly [key: Bytes, value: Bytes]>;
};

/** A view of one moment of a store; until `close` it keeps old data from being freed. */
export type KvSnapshot = KvReader & { readonly close: () => void };

/**
 * An ordered map of byte strings to byte strings. Implementations differ in where the data lives;
 * the laws they share are `storeLaws` in the tests. After `close`, everything but `close` throws
 * `STATE_STORE_CLOSED`; so does a closed snapshot.
 */
export type KvStore = KvReader & {
  /** A view that later commits do not change, in constant time. */
  readonly snapshot: () => KvSnapshot;
  /**
   * Applies all operations or none, after the batches of earlier calls. When the promise resolves,
   * reads show the batch; with `durable` it is also on disk, where no crash can take it away.
   *
   * @throws `STATE_INVALID_KEY`, `STATE_STORE_CLOSED`, both before anything is applied
   */
  readonly commit: (
    batch: readonly KvOperation[],
    options?: { readonly durable?: boolean | undefined },
  ) => Promise<void>;
  /** Waits for commits under way. Idempotent. */
  readonly close: () => Promise<void>;
};

const fail = defineErrors({
  STATE_INVALID_KEY: (c: { readonly length: number; readonly limit: number }) =>
    `A store's keys are of 1 to ${c.limit} bytes, not ${c.length}`,
  STATE_STORE_CLOSED: (c: { readonly what: 'store' | 'snapshot' }) => `The ${c.what} has been closed`,
});

/** @throws `STATE_STORE_CLOSED` unless `open`; for implementations of {@link KvStore} */
export function assertOpen(open: boolean, what: 'store' | 'snapshot'): void {
  if (!open) throw fail('STATE_STORE_CLOSED', { what });
}

/** @throws `STATE_INVALID_KEY`; for implementations of {@link KvStore} */
export function assertValidKeys(batch: readonly KvOperation[]): void {
  for (const { key } of batch) {
    if (key.length === 0 || key.length > KV_MAX_KEY_LENGTH) {
      throw fail('STATE_INVALID_KEY', { length: key.length, limit: KV_MAX_KEY_LENGTH });
    }
  }
}
