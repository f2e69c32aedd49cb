import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '@ninefold/base';
import { defineErrors, isNinefoldError } from '@ninefold/base';
import type { KeyRange, KvOperation, KvReader, KvStore } from '@ninefold/state';
import { assertOpen, assertValidKeys, KV_MAX_KEY_LENGTH } from '@ninefold/state';
import type * as Lmdb from 'lmdb';
import { corruptStore, prepareDataFile } from './data-file.ts';
import { openSeal, SEAL_FILE, sealFile, syncFolder } from './seal.ts';
import { LOCK_FILE, lockStore } from './store-lock.ts';

type Entries = Lmdb.Database<Buffer, Buffer>;
type Root = Lmdb.RootDatabase<Buffer, Buffer>;

export type LmdbStoreOptions = {
  /** Address space to reserve for the file, in bytes, 64 GiB unless given. Not a limit: beyond it LMDB maps anew. */
  readonly mapSize?: number | undefined;
};

const DEFAULT_MAP_SIZE = 2 ** 36;

const DATA_FILE = 'data.mdb';
const DRAFT_FOLDER = 'ninefold.new';
const OWN_FILES: readonly string[] = ['lock.mdb', DRAFT_FOLDER, `${SEAL_FILE}.new`];

const fail = defineErrors({
  STORE_LMDB_MISSING: () =>
    'Keeping state on disk needs the package "lmdb", which is not installed: run `npm install lmdb@3.5.6`',
  STORE_FORMAT: (c: { readonly path: string; readonly found: string; readonly expected: string }) =>
    `The store in ${c.path} has the format ${JSON.stringify(c.found)}, and this version reads ${JSON.stringify(c.expected)}: open it with the version that wrote it`,
  STORE_FAILED: (c: { readonly path: string; readonly reason: string }) =>
    `The store in ${c.path} failed: ${c.reason}`,
});

/** Named databases inside the file: the entries, and one record that says whose file it is. */
const ENTRIES = 'entries';
const ABOUT = 'about';
const FORMAT_KEY = Buffer.from('format');
/** The number goes up when files of the old format cannot be read any more. */
const FORMAT = 'ninefold-store 1';

/** LMDB's codes for what only damage explains: a page missing, of the wrong kind, without its magic … */
const DAMAGE: readonly number[] = [-30797, -30796, -30795, -30794, -30793, -30784, -30779];

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;
/**
 * Left to itself, LMDB's binding takes a path with a dot in it for that of a file; and it gathers
 * writes in a batch of its own, whose failure nobody can catch.
 */
const FOLDER = { ...BINARY, noSubdir: false, eventTurnBatching: false } as const;

/**
 * Opens the store in the folder `path`, creating both if need be. One process at a time can have it
 * open, and one thread of it. Reads come from the mapped file and are copied out of it; commits go
 * to a thread of LMDB's, several at once when they come fast.
 *
 * @throws `STORE_LMDB_MISSING`, `STORE_LOCKED`, `STORE_CORRUPT`, `STORE_FORMAT`, `STORE_FAILED`;
 * later calls throw `STORE_CORRUPT` where the file is damaged, and `STORE_FAILED` where LMDB or the disk fails
 * @example
 * const store = await createLmdbStore('/var/lib/ninefold/ethereum');
 * await store.commit([{ type: 'put', key, value }], { durable: true }); // on disk
 * await store.close();
 */
export async function createLmdbStore(path: string, options: LmdbStoreOptions = {}): Promise<KvStore> {
  return openStore(path, options, () => import('lmdb'));
}

/** {@link createLmdbStore} with another way to come by the package. */
export async function openStore(
  path: string,
  { mapSize = DEFAULT_MAP_SIZE }: LmdbStoreOptions,
  load: () => Promise<typeof Lmdb>,
): Promise<KvStore> {
  let lmdb: typeof Lmdb;
  try {
    lmdb = await load();
  } catch (cause) {
    throw fail('STORE_LMDB_MISSING', undefined, { cause });
  }
  await prepareFolder(path);
  const unlock = await lockStore(path);
  let root: Root | undefined;
  try {
    if (!(await exists(join(path, DATA_FILE)))) await createDataFile(lmdb, path, mapSize);
    else await openSeal(path, DATA_FILE);
    await prepareDataFile(join(path, DATA_FILE), path);
    root = lmdb.open<Buffer, Buffer>({ path, mapSize, ...FOLDER });
    checkFormat(root, path);
    const entries = root.openDB<Buffer, Buffer>({ name: ENTRIES, ...BINARY });
    return new LmdbStore({ path, root, entries, unlock }).face();
  } catch (error) {
    await root?.close();
    await unlock();
    throw storeError(error, path);
  }
}

async function prepareFolder(path: string): Promise<void> {
  let files: readonly string[];
  try {
    await mkdir(path, { recursive: true });
    files = await readdir(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw corruptStore(path, `it cannot be opened as a folder (${code})`, { cause });
  }
  if (files.includes(DATA_FILE)) return;
  if (files.includes(SEAL_FILE)) throw corruptStore(path, 'its data file is gone');
  const foreign = files.find((file) => !OWN_FILES.includes(file) && !file.startsWith(LOCK_FILE));
  if (foreign !== undefined) {
    throw corruptStore(path, `it contains no store, but other things, such as ${foreign}`);
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Makes the data file elsewhere and moves it into place, so that there never is half of one. */
async function createDataFile(lmdb: typeof Lmdb, path: string, mapSize: number): Promise<void> {
  const draft = join(path, DRAFT_FOLDER);
  await rm(draft, { recursive: true, force: true });
  const root = lmdb.open<Buffer, Buffer>({ path: draft, mapSize, ...FOLDER });
  root.openDB<Buffer, Buffer>({ name: ENTRIES, ...BINARY });
  root.openDB<Buffer, Buffer>({ name: ABOUT, ...BINARY }).putSync(FORMAT_KEY, Buffer.from(FORMAT));
  await root.close();
  await rename(join(draft, DATA_FILE), join(path, DATA_FILE));
  await syncFolder(path);
  await rm(draft, { recursive: true, force: true });
}

function checkFormat(root: Root, path: string): void {
  // Looked up among the names, because opening a named database creates it. LMDB's binding ends them with a zero.
  const names = Array.from(root.getKeys(), (key) => key.toString('latin1').replace(/\0$/, ''));
  if (names.length !== 2 || !names.includes(ENTRIES) || !names.includes(ABOUT)) {
    throw corruptStore(path, 'its data file belongs to another program');
  }
  const format = root.openDB<Buffer, Buffer>({ name: ABOUT, ...BINARY }).get(FORMAT_KEY);
  const found = format?.toString() ?? '';
  if (found !== FORMAT) throw fail('STORE_FORMAT', { path, found, expected: FORMAT });
}

type Parts = {
  readonly path: string;
  readonly root: Root;
  readonly entries: Entries;
  readonly unlock: () => Promise<void>;
};

/** Snapshots of one moment have one transaction, so it cannot stand for them. */
type OpenSnapshot = { readonly transaction: Lmdb.Transaction };

class LmdbStore {
  readonly #parts: Parts;
  /** What has to be closed before the file is: LMDB crashes otherwise. */
  readonly #snapshots: Set<OpenSnapshot> = new Set();
  readonly #iterators: Set<Iterator<unknown>> = new Set();
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  face(): KvStore {
    return {
      ...this.#reader(undefined),
      snapshot: () => {
        assertOpen(this.#closed === undefined, 'store');
        const snapshot = { transaction: this.#parts.entries.useReadTransaction() };
        this.#snapshots.add(snapshot);
        return {
          ...this.#reader(snapshot),
          close: () => {
            if (this.#snapshots.delete(snapshot)) snapshot.transaction.done();
          },
        };
      },
      commit: async (batch, { durable = false } = {}) => {
        assertOpen(this.#closed === undefined, 'store');
        assertValidKeys(batch);
        if (batch.length > 0) await this.#write(batch);
        if (durable) await this.#flushed();
      },
      close: async () => {
        this.#closed ??= this.#close();
        await this.#closed;
      },
    };
  }

  #reader(snapshot: OpenSnapshot | undefined): KvReader {
    const get = (key: Bytes): Bytes | undefined => {
      this.#assertReadable(snapshot);
      if (key.length === 0 || key.length > KV_MAX_KEY_LENGTH) return undefined;
      try {
        const value = this.#parts.entries.get(buffer(key), snapshot);
        return value && plain(value);
      } catch (error) {
        throw this.#error(error);
      }
    };
    return {
      get,
      getMany: (keys) => {
        this.#assertReadable(snapshot);
        return keys.map(get);
      },
      range: (range = {}) => this.#range(range, snapshot),
    };
  }

  *#range(range: KeyRange, snapshot: OpenSnapshot | undefined): Generator<readonly [Bytes, Bytes]> {
    this.#assertReadable(snapshot);
    const entries = this.#parts.entries.getRange({ ...rangeOptions(range), ...snapshot });
    const iterator = entries[Symbol.iterator]();
    this.#iterators.add(iterator);
    try {
      for (;;) {
        this.#assertReadable(snapshot);
        const { done, value: entry } = iterator.next();
        if (done === true) return;
        yield [plain(entry.key), plain(entry.value)];
      }
    } catch (error) {
      throw this.#error(error);
    } finally {
      if (this.#iterators.delete(iterator)) iterator.return?.();
    }
  }

  async #write(batch: readonly KvOperation[]): Promise<void> {
    const { entries } = this.#parts;
    let last: Promise<boolean> | undefined;
    try {
      await entries.batch(() => {
        for (const operation of batch) {
          const done =
            operation.type === 'put'
              ? entries.put(buffer(operation.key), buffer(operation.value))
              : entries.remove(buffer(operation.key));
          // The batch has the same outcome; this promise, mostly one for all, only must not go unheard.
          if (done !== last) done.catch(ignore);
          last = done;
        }
      });
    } catch (error) {
      throw this.#error(await commitError(error));
    }
    // Reads of one turn of the event loop share a transaction, which may have begun before the commit.
    if (this.#closed === undefined) this.#parts.root.resetReadTxn();
  }

  /** A resolved write is committed, and a crash of the system could still undo it; a flushed one is safe. */
  async #flushed(): Promise<void> {
    try {
      await this.#parts.entries.flushed;
    } catch (error) {
      throw this.#error(error);
    }
  }

  async #close(): Promise<void> {
    const { path, root, unlock } = this.#parts;
    for (const iterator of this.#iterators) iterator.return?.();
    this.#iterators.clear();
    for (const { transaction } of this.#snapshots) transaction.done();
    this.#snapshots.clear();
    await root.close();
    await sealFile(path, DATA_FILE);
    await unlock();
  }

  #assertReadable(snapshot: OpenSnapshot | undefined): void {
    assertOpen(this.#closed === undefined, 'store');
    assertOpen(snapshot === undefined || this.#snapshots.has(snapshot), 'snapshot');
  }

  #error(error: unknown): unknown {
    return storeError(error, this.#parts.path);
  }
}

/** LMDB's own ranges: from `start` inclusive to `end` exclusive, in the direction of travel. */
function rangeOptions({ gte, lt, reverse = false, limit }: KeyRange): Lmdb.RangeOptions {
  const from = reverse ? lt : gte;
  const to = reverse ? gte : lt;
  return {
    ...(from && { start: buffer(from) }),
    // In reverse, no `end` at all would stop before the key 00.
    end: to && buffer(to),
    ...(limit !== undefined && { limit }),
    ...(reverse && { reverse, exclusiveStart: true, inclusiveEnd: true }),
  } as Lmdb.RangeOptions;
}

function buffer(bytes: Bytes): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The same memory, which is the caller's own, without the Buffer. */
function plain(bytes: Buffer): Bytes {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function ignore(): void {}

/** What LMDB throws, as one of our errors. */
function storeError(error: unknown, path: string): unknown {
  if (isNinefoldError(error)) return error;
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  const reason = message ?? String(error);
  if (DAMAGE.includes(code as number)) return corruptStore(path, reason, { cause: error });
  return fail('STORE_FAILED', { path, reason }, { cause: error });
}

/** Why a commit failed: LMDB's binding rejects with an error that holds a promise of the real one. */
async function commitError(error: unknown): Promise<unknown> {
  try {
    await (error as { readonly commitError?: unknown }).commitError;
    return error;
  } catch (real) {
    return real;
  }
}
