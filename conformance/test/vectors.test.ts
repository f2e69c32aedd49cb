import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Suite, SuiteEntry } from '../src/suite.ts';
import { findVectors, readRecords, vectorsOf, type VectorRecord } from '../src/vectors.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ninefold-vectors-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, content: string | Uint8Array): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

async function all(file: string, shard?: number, shards?: number): Promise<readonly VectorRecord[]> {
  const records: VectorRecord[] = [];
  for await (const record of readRecords(file, shard, shards)) records.push(record);
  return records;
}

const LINES = '{"name":"a","x":1}\n{"name":"b","x":2}\n{"name":"c","y":3}\n';

describe('records', () => {
  it('are the lines of a file, packed or not', async () => {
    const expected = [
      { name: 'a', x: 1 },
      { name: 'b', x: 2 },
      { name: 'c', y: 3 },
    ];
    expect(await all(put('plain.ndjson', LINES))).toEqual(expected);
    expect(await all(put('packed.ndjson.br', brotliCompressSync(Buffer.from(LINES))))).toEqual(expected);
  });

  it('are the members of a published file', async () => {
    const file = put('sum.json', JSON.stringify({ one: { x: 1 }, two: { x: 2, name: 'own' }, _info: null }));
    expect(await all(file)).toEqual([
      { src: 'sum.json', name: 'one', x: 1 },
      { src: 'sum.json', name: 'own', x: 2 },
    ]);
  });

  it('are split over shards without loss', async () => {
    const file = put('plain.ndjson', LINES);
    const names: unknown[] = [];
    for (let shard = 0; shard < 2; shard++) {
      for (const { name } of await all(file, shard, 2)) names.push(name);
    }
    expect(names.sort()).toEqual(['a', 'b', 'c']);
  });

  it('fail to be read out of a broken file', async () => {
    await expect(
      all(put('cut.ndjson.br', brotliCompressSync(Buffer.from(LINES)).subarray(0, 8))),
    ).rejects.toThrow();
    await expect(all(put('bad.ndjson', '{"name":'))).rejects.toThrow();
    await expect(all(join(root, 'missing.ndjson'))).rejects.toThrow();
  });
});

describe('vectors of a suite', () => {
  const records: Suite = { kind: 'records', accepts: (record) => 'x' in record, run: () => {} };
  const folder: Suite = {
    kind: 'folder',
    run: () => ({ suite: 'f/sums', passed: 0, failed: 0, failures: [] }),
  };
  const entry: SuiteEntry = { name: 'f/sums', vectors: 'f/sums', load: () => Promise.resolve(records) };
  const other = '{"z":1}\n';

  it('are in its own folder of a root or of a family', async () => {
    const file = put('f/sums/a.ndjson', LINES);
    put('f/sums/README.md', '');
    put('f/sums/other.ndjson', other);
    put('f/terms/b.ndjson', LINES);
    for (const path of [root, join(root, 'f'), join(root, 'f/sums'), file]) {
      expect(await vectorsOf(entry, records, path)).toEqual([file]);
    }
  });

  it('are all files of its format elsewhere', async () => {
    const files = [put('deep/a.ndjson', LINES), put('deep/down/b.json', '{"t":{"x":1}}')];
    put('deep/c.ndjson', other);
    expect(await vectorsOf(entry, records, root)).toEqual(files);
    expect(await vectorsOf(entry, records, join(root, 'deep/c.ndjson'))).toEqual([]);
  });

  it('are one folder for a folder suite', async () => {
    put('f/sums/a.json', '{}');
    const own = join(root, 'f/sums');
    for (const path of [root, join(root, 'f'), own]) {
      expect(await vectorsOf(entry, folder, path)).toEqual([own]);
    }
    expect(await vectorsOf(entry, folder, tmpdir())).toEqual([]);
  });
});

describe('the place of vectors', () => {
  it('is what the environment says', () => {
    expect(findVectors({ NINEFOLD_VECTORS: root })).toBe(root);
  });

  it('is not a path that does not exist', () => {
    expect(findVectors({ NINEFOLD_VECTORS: join(root, 'missing') })).not.toBe(join(root, 'missing'));
    expect(findVectors({ NINEFOLD_VECTORS: '' })).not.toBe('');
  });
});
