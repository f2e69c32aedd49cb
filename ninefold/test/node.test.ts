import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { once } from 'node:events';
import { fixedClock } from '@ninefold/base';
import { createMemoryStore } from '@ninefold/state';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Node, NodeOptions } from '../src/node.ts';
import { createNode } from '../src/node.ts';
import { createEvm, defineConfig } from '../src/index.ts';
import { rpc, temporaryFolder } from './support/cli.ts';

const ALICE = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const BOB = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';

async function nodeWith(options?: NodeOptions): Promise<Node> {
  const node = await createNode(options);
  onTestFinished(() => node.close());
  return node;
}

const blockNumber = (node: Node) => node.ethereum.request({ method: 'eth_blockNumber' });
const send = (node: Node) =>
  node.ethereum.request({ method: 'eth_sendTransaction', params: [{ from: ALICE, to: BOB, value: '0x1' }] });

describe('createNode', () => {
  test('makes a chain with its defaults', async () => {
    const node = await nodeWith();
    expect(await blockNumber(node)).toBe('0x0');
    expect(await node.ethereum.request({ method: 'eth_chainId' })).toBe('0x7a69');
    expect(node.ethereum.accounts).toHaveLength(10);
  });

  test('passes options on', async () => {
    const node = await nodeWith({
      chains: { ethereum: { chainId: 5, accounts: 2, fork: 'cancun' } },
      clock: fixedClock(1_700_000_000_000),
    });
    expect(await node.ethereum.request({ method: 'eth_chainId' })).toBe('0x5');
    expect(node.ethereum.node.chain.head().block.header.timestamp).toBe(1_700_000_000n);
  });

  test.each([
    [{ chain: {} }, 'NODE_UNKNOWN_OPTION', 'chains'],
    [{ chains: { etherium: {} } }, 'NODE_UNKNOWN_CHAIN', 'ethereum'],
    [{ chains: { ethereum: { chainID: 1 } } }, 'ETH_UNKNOWN_OPTION', 'chainId'],
  ])('%j is refused with a hint', async (options, code, suggestion) => {
    await expect(createNode(options as NodeOptions)).rejects.toMatchObject({ code, context: { suggestion } });
  });

  test('does not take a folder and a store', async () => {
    const options = { chains: { ethereum: { state: temporaryFolder(), store: createMemoryStore() } } };
    await expect(createNode(options)).rejects.toMatchObject({ code: 'NODE_STATE_AND_STORE' });
  });

  test('gives each node an identity', async () => {
    const [a, b] = [await nodeWith(), await nodeWith()];
    const idOf = (node: Node) => node.ethereum.request({ method: 'ninefold_instanceId' });
    expect(await idOf(a)).toBe(await idOf(a));
    expect(await idOf(a)).not.toBe(await idOf(b));
    expect(await idOf(a.fork())).not.toBe(await idOf(a));
  });

  test('keeps a chain in a folder', async () => {
    const state = join(temporaryFolder(), 'state');
    const first = await createNode({ chains: { ethereum: { state } }, clock: fixedClock(1_700_000_000_000) });
    await send(first);
    await first.close();
    const second = await nodeWith({ chains: { ethereum: { state } } });
    expect(await blockNumber(second)).toBe('0x1');
    expect(second.ethereum.node.chain.genesis().block.header.timestamp).toBe(1_700_000_000n);
    await expect(createNode({ chains: { ethereum: { state } } })).rejects.toMatchObject({
      code: 'STORE_LOCKED',
    });
  });
});

describe('a fork', () => {
  test('goes its own way', async () => {
    const node = await nodeWith();
    await send(node);
    const child = node.fork();
    onTestFinished(() => child.close());
    await send(child);
    await send(child);
    expect([await blockNumber(node), await blockNumber(child)]).toEqual(['0x1', '0x3']);
    await send(node);
    expect([await blockNumber(node), await blockNumber(child)]).toEqual(['0x2', '0x3']);
  });

  test('outlives the node it came from', async () => {
    const node = await createNode();
    const child = node.fork();
    await node.close();
    await send(child);
    expect(await blockNumber(child)).toBe('0x1');
    await child.close();
  });

  test('listens on a port of its own', async () => {
    const node = await nodeWith();
    const child = node.fork();
    onTestFinished(() => child.close());
    const [a, b] = [await node.listen({ port: 0 }), await child.listen({ port: 0 })];
    expect(a.ethereum.http).not.toBe(b.ethereum.http);
  });
});

describe('listen', () => {
  test('answers over HTTP with the identity of the chain', async () => {
    const node = await nodeWith();
    const { ethereum } = await node.listen({ port: 0 });
    expect(ethereum.http).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(ethereum.ws).toBe(ethereum.http.replace('http', 'ws'));
    expect(await rpc(ethereum.http, 'eth_chainId', [])).toBe('0x7a69');
    const response = await fetch(`${ethereum.http}/health`);
    expect(response.headers.get('x-ninefold-instance')).toBe(
      await node.ethereum.request({ method: 'ninefold_instanceId' }),
    );
  });

  test('happens once', async () => {
    const node = await nodeWith();
    const { ethereum } = await node.listen({ port: 0 });
    await expect(node.listen({ port: 0 })).rejects.toMatchObject({ code: 'NODE_LISTENS' });
    const port = Number(new URL(ethereum.http).port);
    const other = await nodeWith();
    await expect(other.listen({ port })).rejects.toMatchObject({ code: 'SERVER_PORT_IN_USE' });
    // It may try again elsewhere.
    await other.listen({ port: 0 });
  });

  test('refuses what it does not know', async () => {
    const node = await nodeWith();
    await expect(node.listen({ prot: 0 } as object)).rejects.toMatchObject({
      code: 'NODE_UNKNOWN_LISTEN_OPTION',
      context: { suggestion: 'port' },
    });
  });

  test('also on a Unix socket', async () => {
    const node = await nodeWith();
    const ipc = join(temporaryFolder(), 'node.ipc');
    expect((await node.listen({ port: 0, ipc })).ethereum.ipc).toBe(ipc);
    const socket = connect(ipc);
    socket.write('{"jsonrpc":"2.0","id":"a","method":"eth_blockNumber"}');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(JSON.parse(answer.toString())).toMatchObject({ id: 'a', result: '0x0' });
    socket.destroy();
  });
});

describe('fetch', () => {
  const call = (body: string) =>
    new Request('http://node/', { method: 'POST', headers: { 'content-type': 'application/json' }, body });

  test('answers without a socket', async () => {
    const node = await nodeWith();
    const response = await node.fetch(call('{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"}'));
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 1, result: '0x0' });
  });

  test('answers batches and mistakes', async () => {
    const node = await nodeWith();
    const response = await node.fetch(call('[{"jsonrpc":"2.0","id":1,"method":"net_version"},7]'));
    expect(await response.json()).toMatchObject([{ result: '31337' }, { error: { code: -32_600 } }]);
  });
});

describe('close', () => {
  test('may be called again, and ends everything', async () => {
    const node = await createNode();
    const { ethereum } = await node.listen({ port: 0 });
    await Promise.all([node.close(), node.close()]);
    await node.close();
    await expect(fetch(ethereum.http)).rejects.toThrow();
    await expect(node.listen({ port: 0 })).rejects.toMatchObject({ code: 'NODE_CLOSED' });
    expect(() => node.fork()).toThrow(expect.objectContaining({ code: 'NODE_CLOSED' }));
    await expect(node.fetch(new Request('http://node/'))).rejects.toMatchObject({ code: 'NODE_CLOSED' });
  });

  test('happens at the end of a block of code', async () => {
    let url = '';
    {
      await using node = await createNode();
      url = (await node.listen({ port: 0 })).ethereum.http;
    }
    await expect(fetch(url)).rejects.toThrow();
  });
});

describe('in process', () => {
  test('nothing of a server is loaded, and the process ends by itself', async () => {
    const dist = new URL('../dist/index.js', import.meta.url).href;
    const script = `
      const { createNode } = await import(${JSON.stringify(dist)});
      const node = await createNode({ chains: { ethereum: { mining: 50 } } });
      await node.ethereum.request({ method: 'eth_blockNumber' });
      const child = node.fork();
      await child.ethereum.request({ method: 'eth_blockNumber' });
      (await import('node:fs')).writeSync(1, JSON.stringify({
        builtins: process.moduleLoadList.filter((name) => /^NativeModule (http|https|net|http2|tls)$/.test(name)),
        resources: process.getActiveResourcesInfo().filter((name) => /TCP|Pipe(?!Wrap)|Server/.test(name)),
      }));
    `;
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd,
    });
    expect(JSON.parse(stdout)).toEqual({ builtins: [], resources: [] });
  });
});

test('the machine alone is exported as well', () => {
  expect(createEvm({ fork: 'prague' }).rules.fork).toBe('prague');
});

test('a configuration is what it was', () => {
  expect(defineConfig({ port: 1 })).toEqual({ port: 1 });
});
