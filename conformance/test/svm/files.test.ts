import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { serveRepository } from '../../src/browser/static-server.ts';
import { fetchFiles } from '../../src/browser/svm.ts';
import { SUITES } from '../../src/suites.ts';
import { openFolder } from '../../src/svm/folder.ts';
import { createCounter, differs, fromBase64, fromHex, readJson, toHex } from '../../src/svm/read.ts';
import { SVM_SUITES } from '../../src/svm/suites.ts';

function vectorFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ninefold-vectors-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'inner'));
  writeFileSync(join(folder, 'inner/value.json.gz'), gzipSync('{"text":"ä"}'));
  writeFileSync(join(folder, 'bytes.bin.gz'), gzipSync(Uint8Array.of(0, 255, 10)));
  return folder;
}

test('files of a folder and those behind a URL are the same', async () => {
  const folder = vectorFolder();
  const server = await serveRepository({}, { '/vectors/svm/': folder });
  onTestFinished(() => server.close());
  const paths = ['inner/value.json.gz', 'bytes.bin.gz'];
  const fetched = await fetchFiles(`${server.url}/vectors/svm`, paths);
  for (const files of [openFolder(folder), fetched]) {
    expect(readJson(files, 'inner/value.json.gz')).toEqual({ text: 'ä' });
    expect([...files.read('bytes.bin.gz')]).toEqual([0, 255, 10]);
    files.read('bytes.bin.gz').fill(1);
    expect(files.read('bytes.bin.gz')[0]).toBe(0);
    expect(() => files.read('none')).toThrow('none');
  }
});

test('the table of suites has the suites of Solana', () => {
  const names = SUITES.map(({ name }) => name).filter((name) => name.startsWith('svm/'));
  expect(names.toSorted()).toEqual(Object.keys(SVM_SUITES).toSorted());
});

test('bytes are written as hex without a prefix and read again', () => {
  expect(toHex(fromHex('00ff0a'))).toBe('00ff0a');
  expect([...fromBase64('AP8K')]).toEqual([0, 255, 10]);
});

test('a counter has what is wrong, thrown or said, by the case', () => {
  const counter = createCounter('svm/some');
  counter.check('good', () => differs('value', 1, 1));
  counter.check('bad', () => differs('value', 1, 2));
  counter.check('thrown', () => {
    throw new RangeError('out');
  });
  const { suite, passed, failed, failures } = counter.result();
  expect({ suite, passed, failed }).toEqual({ suite: 'svm/some', passed: 1, failed: 2 });
  expect(failures[0]).toBe('bad: value is 1, expected 2');
  expect(failures[1]).toContain('RangeError: out');
});
