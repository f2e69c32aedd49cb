import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createMemoryStore } from '@ninefold/state';
import { createNode } from '../src/node.ts';
import { startNinefold, temporaryFolder } from './support/cli.ts';

const ADDRESS = 'bcrt1qdsd4f5hjvemfz79thz0mh36rxffua9hx9p42wa';

async function bitcoinNode(options: { readonly state?: string } = {}) {
  const node = await createNode({ chains: { bitcoin: options } });
  onTestFinished(() => node.close());
  return node;
}

/** A call of JSON-RPC over HTTP. */
async function ask(
  url: string,
  auth: string,
  method: string,
  params: readonly unknown[] = [],
): Promise<unknown> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(auth)}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return ((await answer.json()) as { readonly result: unknown }).result;
}

describe('a node with a Bitcoin chain', () => {
  test('answers in process and as fetch, and has no Ethereum chain', async () => {
    const node = await bitcoinNode();
    expect('ethereum' in node).toBe(false);
    await node.bitcoin.request('generatetoaddress', [2, ADDRESS]);
    const request = new Request('http://x/', { method: 'POST', body: '{"id":7,"method":"getblockcount"}' });
    expect(await (await node.fetch(request)).json()).toEqual({ result: 2, error: null, id: 7 });
    const child = node.fork();
    await child.bitcoin.request('generatetoaddress', [1, ADDRESS]);
    expect(await node.bitcoin.request('getblockcount')).toBe(2);
    await child.close();
  });

  test('listens behind a cookie that is made up, Esplora beside it', async () => {
    const node = await bitcoinNode();
    const { bitcoin } = await node.listen({ port: 0 });
    expect(bitcoin.auth).toMatch(/^__cookie__:[\da-f]{64}$/);
    expect(await ask(bitcoin.http, bitcoin.auth, 'generatetoaddress', [1, ADDRESS])).toHaveLength(1);
    expect(await (await fetch(`${bitcoin.esplora}/blocks/tip/height`)).text()).toBe('1');
    const wallet = await ask(`${bitcoin.http}/wallet/w`, bitcoin.auth, 'createwallet', ['w']);
    expect(wallet).toEqual({ name: 'w' });
    expect(await ask(`${bitcoin.http}/wallet/w`, bitcoin.auth, 'getbalance')).toBe(0);
  });

  test('keeps blocks and wallets in a folder', async () => {
    const state = temporaryFolder();
    const first = await bitcoinNode({ state });
    await first.bitcoin.request('createwallet', ['w']);
    await first.bitcoin.request('generatetoaddress', [101, await first.bitcoin.request('getnewaddress')]);
    await first.close();
    const second = await bitcoinNode({ state });
    expect(await second.bitcoin.request('getblockcount')).toBe(101);
    expect(await second.bitcoin.request('getbalance')).toBe(50);
    await expect(
      createNode({ chains: { bitcoin: { state, store: createMemoryStore() } } }),
    ).rejects.toMatchObject({ code: 'NODE_STATE_AND_STORE' });
  });

  test('stands beside an Ethereum chain', async () => {
    const node = await createNode({ chains: { bitcoin: {}, ethereum: {} } });
    onTestFinished(() => node.close());
    const urls = await node.listen({ port: 0 });
    expect(urls.ethereum.http).not.toBe(urls.bitcoin.http);
    expect(await node.ethereum.request({ method: 'eth_blockNumber' })).toBe('0x0');
    expect(await node.bitcoin.request('getblockcount')).toBe(0);
  });
});

describe('ninefold start --chains bitcoin', () => {
  test('serves it alone, keeps it, and stops when a call says so', async () => {
    const args = ['--chains', 'bitcoin', '--bitcoin-auth', 'a:b', '--state', temporaryFolder()];
    const first = await startNinefold(args);
    expect(Object.keys(first.ready.chains)).toEqual(['bitcoin']);
    const { http, esplora, auth } = first.ready.chains.bitcoin!;
    expect(auth).toBe('a:b');
    expect(await ask(http, auth, 'generatetoaddress', [2, ADDRESS])).toHaveLength(2);
    expect(await (await fetch(`${esplora}/blocks/tip/height`)).text()).toBe('2');
    expect(await ask(http, auth, 'stop')).toBe('Ninefold stopping');
    expect((await first.finished).exitCode).toBe(0);
    const second = await startNinefold(args);
    expect(await ask(second.http, 'a:b', 'getblockcount')).toBe(2);
  });

  test('stands beside the others', async () => {
    const node = await startNinefold(['--chains', 'ethereum,bitcoin', '--accounts', '0']);
    const { http, auth } = node.ready.chains.bitcoin!;
    expect(await node.request('eth_blockNumber')).toBe('0x0');
    expect(await ask(http, auth, 'getblockcount')).toBe(0);
    expect((await node.stop()).exitCode).toBe(0);
  });
});

describe('docs/bitcoin-rpc.md', () => {
  const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

  test('names each method, and no other', async () => {
    const node = await bitcoinNode();
    const table = read('docs/bitcoin-rpc.md').split('## Methods')[1] ?? '';
    const named = [...table.matchAll(/`([a-z\d]+)`/g)].map(([, name]) => name).sort();
    expect(named).toEqual(Object.keys(node.bitcoin.methods).sort());
  });

  test('shows the example that is run', () => {
    expect(read('docs/bitcoin-rpc.md')).toContain(read('examples/bitcoin.mjs').trim());
  });
});
