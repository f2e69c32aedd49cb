import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBasic } from '../../src/evm/basic.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ninefold-basic-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function run(files: object): Promise<ReturnType<typeof runBasic>> {
  await writeFile(join(folder, 'rlp-trie-basic.json.br'), brotliCompressSync(JSON.stringify(files)));
  return runBasic(folder);
}

const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';

describe('runBasic', () => {
  it('passes what is right', async () => {
    const result = await run({
      'RLPTests/rlptest.json': {
        text: { in: 'cat', out: '0x83636174' },
        large: { in: '#18446744073709551616', out: '0x89010000000000000000' },
        list: { in: [1, []], out: '0xc201c0' },
      },
      'RLPTests/invalidRLPTest.json': { prefixed: { in: 'INVALID', out: '0x8101' } },
      'BasicTests/hexencodetest.json': { odd: { seq: [1, 2, 3], term: true, out: '3123' } },
      'TrieTests/trietest.json': {
        undone: {
          in: [
            ['a', 'b'],
            ['a', null],
          ],
          root: EMPTY_ROOT,
        },
      },
      'TrieTests/trieanyorder.json': { none: { in: {}, root: EMPTY_ROOT } },
      'TrieTests/trietestnextprev.json': {
        basic: {
          in: ['b', 'd'],
          tests: [
            ['c', 'b', 'd'],
            ['d', 'b', ''],
          ],
        },
      },
    });
    expect(result).toEqual({ suite: 'evm/basic', passed: 8, failed: 0, failures: [] });
  });

  it('fails what is wrong, and goes on', async () => {
    const { passed, failed, failures } = await run({
      'RLPTests/rlptest.json': {
        wrong: { in: 'cat', out: '0x83646f67' },
        undecodable: { in: 'cat', out: '0x83' },
        right: { in: 'cat', out: '0x83636174' },
      },
      'RLPTests/invalidRLPTest.json': { valid: { in: 'INVALID', out: '0x80' } },
      'BasicTests/hexencodetest.json': { even: { seq: [1, 2], term: true, out: '0012' } },
      'TrieTests/trieanyorder.json': { root: { in: { a: 'b' }, root: EMPTY_ROOT } },
      'TrieTests/trietestnextprev.json': { basic: { in: ['b'], tests: [['c', 'a', '']] } },
      'Somewhere/new.json': { unknown: {} },
    });
    expect([passed, failed]).toEqual([1, 7]);
    expect(failures.map((failure) => failure.split(': ').slice(0, 2).join(' '))).toEqual([
      'RLPTests/rlptest.json wrong',
      'RLPTests/rlptest.json undecodable',
      'RLPTests/invalidRLPTest.json valid',
      'BasicTests/hexencodetest.json even',
      'TrieTests/trieanyorder.json root',
      'TrieTests/trietestnextprev.json basic',
      'Somewhere/new.json unknown',
    ]);
  });
});
