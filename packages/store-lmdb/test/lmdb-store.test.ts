import { open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesToUtf8, seededRng, utf8ToBytes } from '@ninefold/base';
import { openTrie, emptyTrie } from '@ninefold/state';
import type { KvOperation, KvStore } from '@ninefold/state';
import { open as openLmdb } from 'lmdb';
import { describe, expect, it } from 'vitest';
import { storeLaws } from '../../state/test/store-laws.ts';
import { createLmdbStore, openStore } from '../src/lmdb-store.ts';
import { SEAL_FILE } from '../src/seal.ts';
import { temporaryFolders } from './folders.ts';

const text = utf8ToBytes;
const put = (key: string, value: string): KvOperation => ({
  type: 'put',
  key: text(key),
  value: text(value),
});
const small = { mapSize: 2 ** 26 };
const BINARY = { encoding: 'binary', keyEncoding: 'binary', noSubdir: false, ...small } as const;

const temporaryFolder = temporaryFolders();

storeLaws('the LMDB store', async () => createLmdbStore(await temporaryFolder(), small));

/** A closed store with some entries. */
async function writtenStore(count = 10): Promise<string> {
  const folder = await temporaryFolder();
  const store = await createLmdbStore(folder, small);
  await store.commit(Array.from({ length: count }, (_, i) => put(`key ${i}`, `value ${i} `.repeat(20))));
  await store.close();
  return folder;
}

/** As a crash leaves it: the data file without the seal that closing writes. */
async function unsealedStore(count = 10): Promise<string> {
  const folder = await writtenStore(count);
  await rm(join(folder, SEAL_FILE));
  return folder;
}

const refusal = (code: string): object => expect.objectContaining({ name: 'NinefoldError', code });

describe('a store on disk', () => {
  it('is there again after closing', async () => {
    const folder = await writtenStore(1000);
    const store = await createLmdbStore(folder, small);
    expect(Array.from(store.range()).length).toBe(1000);
    expect(bytesToUtf8(store.get(text('key 7'))!)).toMatch(/^value 7 /);
    await store.close();
  });

  it('creates folders in folders, with any name', async () => {
    const folder = join(await temporaryFolder(), 'my.states', 'first one.state');
    const store = await createLmdbStore(folder, small);
    await store.commit([put('a', '1')], { durable: true });
    await store.close();
    expect(await readdir(folder)).toContain('data.mdb');
  });

  it('leaves nothing behind but its data', async () => {
    const folder = await writtenStore();
    expect((await readdir(folder)).sort()).toEqual(['data.mdb', 'lock.mdb', 'ninefold.seal']);
  });

  it('begins anew when its creation was interrupted', async () => {
    const folder = await temporaryFolder();
    const draft = join(folder, 'ninefold.new');
    await createLmdbStore(draft, small).then((store) => store.close());
    await truncate(join(draft, 'data.mdb'), 100);
    const store = await createLmdbStore(folder, small);
    expect(Array.from(store.range())).toEqual([]);
    await store.close();
  });

  it('needs no seal, which a crash leaves none of, and has none while it is open', async () => {
    const folder = await unsealedStore();
    const store = await createLmdbStore(folder, small);
    await store.commit([put('key 1', 'new')]);
    expect(await readdir(folder)).not.toContain(SEAL_FILE);
    await store.close();
    const again = await createLmdbStore(folder, small);
    expect(again.get(text('key 1'))).toEqual(text('new'));
    expect(await readdir(folder)).not.toContain(SEAL_FILE);
    await again.close();
  });

  it('holds tries', async () => {
    const store = await createLmdbStore(await temporaryFolder(), small);
    const entries = Array.from(
      { length: 100 },
      (_, i) => [text(`${i}`), text(`value ${i}`.repeat(9))] as const,
    );
    const trie = emptyTrie.update(entries);
    await store.commit(trie.unsavedNodes().map(({ hash, rlp }) => ({ type: 'put', key: hash, value: rlp })));
    trie.markSaved();
    expect(openTrie(trie.root(), store).get(text('42'))).toEqual(trie.get(text('42')));
    expect(Array.from(openTrie(trie.root(), store).entries()).length).toBe(100);
    await store.close();
  });

  it('waits with closing for commits under way', async () => {
    const folder = await temporaryFolder();
    const store = await createLmdbStore(folder, small);
    const commits = Array.from({ length: 50 }, (_, i) => store.commit([put(`key ${i}`, 'value')]));
    await store.close();
    await Promise.all(commits);
    const again = await createLmdbStore(folder, small);
    expect(Array.from(again.range()).length).toBe(50);
    await again.close();
  });

  it('can be closed with snapshots and iterations open', async () => {
    const folder = await writtenStore(100);
    const store = await createLmdbStore(folder, small);
    const snapshot = store.snapshot();
    const iterators = [store.range(), snapshot.range()].map((entries) => entries[Symbol.iterator]());
    for (const iterator of iterators) expect(iterator.next().done).toBe(false);
    await store.close();
    for (const iterator of iterators) expect(() => iterator.next()).toThrow(refusal('STATE_STORE_CLOSED'));
    snapshot.close();
  });

  it('grows beyond the address space it reserved at first', async () => {
    const folder = await temporaryFolder();
    const store = await createLmdbStore(folder, { mapSize: 2 ** 20 });
    const snapshot = store.snapshot();
    for (let i = 0; i < 50; i++) await store.commit([put(`large ${i}`, 'x'.repeat(100_000))]);
    expect(Array.from(store.range()).length).toBe(50);
    expect(Array.from(snapshot.range()).length).toBe(0);
    await store.close();
  });
});

describe('createLmdbStore refuses', () => {
  it('to work without its optional package', async () => {
    const missing = async (): Promise<never> => {
      throw new Error('Cannot find package');
    };
    await expect(openStore(await temporaryFolder(), {}, missing)).rejects.toThrow(
      refusal('STORE_LMDB_MISSING'),
    );
  });

  it('a file for a folder', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, 'text');
    await expect(createLmdbStore(file)).rejects.toThrow(refusal('STORE_CORRUPT'));
    await expect(createLmdbStore(join(file, 'below'))).rejects.toThrow(refusal('STORE_CORRUPT'));
  });

  it('a folder with other things in it, and leaves it alone', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'thesis.txt'), 'years of work');
    await expect(createLmdbStore(folder)).rejects.toThrow(refusal('STORE_CORRUPT'));
    expect(await readdir(folder)).toEqual(['thesis.txt']);
  });

  it.each([
    ['empty', ''],
    ['short', 'a'],
    ['of another kind', 'not a database '.repeat(2000)],
  ])('a data file that is %s', async (_, content) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'data.mdb'), content);
    await expect(createLmdbStore(folder)).rejects.toThrow(refusal('STORE_CORRUPT'));
    expect(await readFile(join(folder, 'data.mdb'), 'utf8')).toBe(content);
  });

  it('the database of another program, and leaves it alone', async () => {
    const folder = await temporaryFolder();
    const foreign = openLmdb({ path: folder, ...BINARY });
    await foreign.put(Buffer.from('key'), Buffer.from('value'));
    await foreign.close();
    await expect(createLmdbStore(folder, small)).rejects.toThrow(refusal('STORE_CORRUPT'));
    const again = openLmdb({ path: folder, ...BINARY });
    expect(Array.from(again.getKeys(), String)).toEqual(['key']);
    await again.close();
  });

  it('a store of another format', async () => {
    const folder = await unsealedStore();
    const root = openLmdb({ path: folder, ...BINARY });
    await root
      .openDB({ ...BINARY, name: 'about' })
      .put(Buffer.from('format'), Buffer.from('ninefold-store 9'));
    await root.close();
    await expect(createLmdbStore(folder, small)).rejects.toMatchObject({
      code: 'STORE_FORMAT',
      context: { found: 'ninefold-store 9' },
    });
  });

  it.each([0, 100, 4096, 5000, 8192])('a data file cut off after %i bytes', async (length) => {
    const folder = await unsealedStore(500);
    await truncate(join(folder, 'data.mdb'), length);
    await expect(createLmdbStore(folder, small)).rejects.toThrow(refusal('STORE_CORRUPT'));
  });

  it('any change of a closed data file', async () => {
    const folder = await writtenStore(500);
    const data = join(folder, 'data.mdb');
    const content = await readFile(data);
    const rng = seededRng(5);
    for (let i = 0; i < 30; i++) {
      const damaged = Buffer.from(content);
      damaged[rng.below(content.length)]! ^= 1 << rng.below(8);
      await writeFile(data, i === 0 ? damaged.subarray(0, -1) : damaged);
      await expect(createLmdbStore(folder, small)).rejects.toThrow(refusal('STORE_CORRUPT'));
    }
    await writeFile(data, content);
    const store = await createLmdbStore(folder, small);
    expect(Array.from(store.range()).length).toBe(500);
    await store.close();
  });

  it('a store whose data file is gone', async () => {
    const folder = await writtenStore();
    await rm(join(folder, 'data.mdb'));
    await expect(createLmdbStore(folder, small)).rejects.toThrow(refusal('STORE_CORRUPT'));
  });

  const headerFields: readonly (readonly [name: string, at: number, bytes: readonly number[]])[] = [
    ['magic', 24, [0]],
    ['version', 28, [9]],
    ['page size of zero', 48, [0, 0, 0, 0]],
    ['page size that is no power of two', 48, [0x01, 0x10]],
    ['number of pages', 144, [255, 255, 255, 255, 255, 255, 255, 255]],
  ];
  it.each(headerFields)('a damaged header: %s', async (_, at, bytes) => {
    const folder = await unsealedStore();
    const file = await open(join(folder, 'data.mdb'), 'r+');
    await file.write(Uint8Array.from(bytes), 0, bytes.length, at);
    await file.close();
    await expect(createLmdbStore(folder, small)).rejects.toThrow(refusal('STORE_CORRUPT'));
  });

  it('and can be asked again when the cause is gone', async () => {
    const folder = await writtenStore();
    const data = join(folder, 'data.mdb');
    const content = await readFile(data);
    await writeFile(data, 'damaged');
    await expect(createLmdbStore(folder, small)).rejects.toThrow(refusal('STORE_CORRUPT'));
    await writeFile(data, content);
    const store: KvStore = await createLmdbStore(folder, small);
    expect(store.get(text('key 1'))).toBeDefined();
    await store.close();
  });
});
