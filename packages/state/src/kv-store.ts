import type { Bytes } from '@ninefold/base';

/** Which entries of an ordered collection: keys from `gte` up to but without `lt`, all without bounds. */
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

/** What can be read from a store, all of it synchronously. Bytes that go in or come out are not to be changed. */
export type KvReader = {
  readonly get: (key: Bytes) => Bytes | undefined;
  /** The values in the order of `keys`. */
  readonly getMany: (keys: readonly Bytes[]) => (Bytes | undefined)[];
  /** Entries in the bytewise order of their keys. */
  readonly range: (range?: KeyRange) => Iterable<readonly [key: Bytes, value: Bytes]>;
};

/** A view of one moment of a store; `close` frees what keeps the old data. Reading after that throws `STATE_STORE_CLOSED`. */
export type KvSnapshot = KvReader & { readonly close: () => void };

/**
 * An ordered map of byte strings to byte strings. Implementations differ in where the data lives;
 * `storeLaws` in this package's tests says what they share.
 */
export type KvStore = KvReader & {
  /** A view that later commits do not change, in constant time. */
  readonly snapshot: () => KvSnapshot;
  /**
   * Applies all operations or none. When the call returns reads show them; when the promise resolves
   * a store with `durable` has them on disk, where a crash cannot take them away.
   */
  readonly commit: (
    batch: readonly KvOperation[],
    options?: { readonly durable?: boolean | undefined },
  ) => Promise<void>;
  /** Waits for pending commits. Idempotent. */
  readonly close: () => Promise<void>;
};
