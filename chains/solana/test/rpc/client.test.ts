import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createInProcessSocket,
  createKitChannels,
  createKitTransport,
  createWeb3Fetch,
} from '../../src/rpc/client.ts';
import { alice, name, openWorld, type World } from './support.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ standardPrograms: false });
  world.chain.airdrop(name(alice), 2n ** 53n + 1n);
});
afterAll(() => world.chain.close());

const balance = { jsonrpc: '2.0', id: 1, method: 'getBalance', params: [name(alice)] };
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('in process', () => {
  it('kit is told every integer as a bigint, and texts as they are', async () => {
    const transport = createKitTransport(world.chain.dispatcher);
    expect(await transport({ payload: { ...balance, id: '17 "quoted" 5' } })).toMatchObject({
      id: '17 "quoted" 5',
      result: { value: 2n ** 53n + 1n },
    });
  });

  it('kit subscribes, until it no longer wants to', async () => {
    const abort = new AbortController();
    const channel = await createKitChannels(world.chain)({ abortSignal: abort.signal });
    const heard: unknown[] = [];
    const stop = channel.on('message', (message: never) => heard.push(message));
    channel.on('error', () => {});
    await channel.send({ jsonrpc: '2.0', id: 1, method: 'slotSubscribe' });
    await soon();
    expect(heard).toEqual([{ jsonrpc: '2.0', id: 1n, result: expect.any(BigInt) }]);
    world.chain.endSlot();
    await soon();
    expect(heard[1]).toMatchObject({ method: 'slotNotification' });
    stop();
    abort.abort();
    world.chain.endSlot();
    await soon();
    expect(heard).toHaveLength(2);
  });

  it('a socket opens, answers, tells and closes', async () => {
    const socket = createInProcessSocket(world.chain);
    const heard: string[] = [];
    let sent = 0;
    socket.addEventListener('open', () => heard.push('open'));
    socket.addEventListener('message', ({ data }) => heard.push(data));
    socket.addEventListener('close', ({ code, reason }) => heard.push(`${code} ${reason}`));
    expect(socket.readyState).toBe(0);
    await soon();
    expect(socket.readyState).toBe(1);
    socket.send(JSON.stringify(balance), () => sent++);
    await soon();
    expect(heard[1]).toContain('"value":9007199254740993');
    expect(sent).toBe(1);
    socket.close();
    socket.close();
    await soon();
    expect([heard[0], heard.at(-1), heard.length]).toEqual(['open', '1000 ', 3]);
  });

  it('a socket that is closed before it opens never opens', async () => {
    const socket = createInProcessSocket(world.chain);
    socket.addEventListener('open', () => expect.unreachable());
    socket.close();
    await soon();
    expect(socket.readyState).toBe(3);
  });

  it('web3.js fetches whatever the URL is', async () => {
    const response = await createWeb3Fetch(world.chain)('http://nowhere/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...balance, method: 'getMinimumBalanceForRentExemption', params: [0] }),
    });
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 1, result: 650_240 });
  });
});
