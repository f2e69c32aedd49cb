import { describe, expect, it, vi } from 'vitest';
import { createEmitter } from '@ninefold/base';
import type { ProviderEvents, RpcContext } from '@ninefold/rpc';
import {
  createDispatcher,
  createFetchHandler,
  createProvider,
  createSubscriptionHub,
  isJsonContentType,
  RpcError,
} from '@ninefold/rpc';

function createNode(): {
  hub: ReturnType<typeof createSubscriptionHub>;
  dispatcher: ReturnType<typeof createDispatcher>;
} {
  const hub = createSubscriptionHub();
  const dispatcher = createDispatcher({
    methods: {
      eth_chainId: { handler: () => '0x7a69' },
      wait: { handler: () => Promise.resolve('done') },
      revert: {
        handler: () => {
          throw new RpcError(3, 'execution reverted', '0x');
        },
      },
      eth_subscribe: {
        handler: (params, { session }: RpcContext) => session?.subscribe((params as string[])[0] as string),
      },
      eth_unsubscribe: {
        handler: (params, { session }: RpcContext) => session?.unsubscribe((params as string[])[0] as string),
      },
      subscribeLater: {
        handler: async (_, { session }: RpcContext) => {
          await Promise.resolve();
          return session?.subscribe('late');
        },
      },
    },
  });
  return { hub, dispatcher };
}

describe('EIP-1193 provider', () => {
  it('resolves with results of synchronous and asynchronous handlers', async () => {
    const provider = createProvider(createNode());
    await expect(provider.request({ method: 'eth_chainId' })).resolves.toBe('0x7a69');
    await expect(provider.request({ method: 'wait', params: [] })).resolves.toBe('done');
  });

  it('rejects with code, message and data', async () => {
    const provider = createProvider(createNode());
    const rejected = await provider.request({ method: 'revert' }).catch((error: unknown) => error);
    expect(rejected).toBeInstanceOf(Error);
    expect(rejected).toMatchObject({ code: 3, message: 'execution reverted', data: '0x' });
    const missing = await provider.request({ method: 'nope' }).catch((error: unknown) => error);
    expect(missing).toMatchObject({ code: -32601 });
    expect(missing).not.toHaveProperty('data');
  });

  it.each([undefined, null, {}, { method: 5 }, 'eth_chainId'])('rejects the request %j', async (request) => {
    const provider = createProvider(createNode());
    await expect(provider.request(request as never)).rejects.toMatchObject({ code: -32600 });
  });

  it('delivers notifications as messages, after the id', async () => {
    const node = createNode();
    const provider = createProvider(node);
    const heard: unknown[] = [];
    const listener = (message: unknown): void => void heard.push(message);
    provider.on('message', listener);
    const pending = provider.request({ method: 'eth_subscribe', params: ['newHeads'] });
    node.hub.publish('newHeads', 1);
    const id = await pending;
    expect(heard).toEqual([]);
    await expect
      .poll(() => heard)
      .toEqual([{ type: 'eth_subscription', data: { subscription: id, result: 1 } }]);
    provider.removeListener('message', listener);
    node.hub.publish('newHeads', 2);
    expect(heard).toHaveLength(1);
    await expect(provider.request({ method: 'eth_unsubscribe', params: [id as string] })).resolves.toBe(true);
    expect(node.hub.listeners('newHeads')).toBe(0);
  });

  it('subscribes from asynchronous handlers and ends all on close', async () => {
    const node = createNode();
    const provider = createProvider(node);
    await provider.request({ method: 'subscribeLater' });
    expect(node.hub.listeners('late')).toBe(1);
    provider.close();
    expect(node.hub.listeners('late')).toBe(0);
  });

  it('passes the chain’s events on, each listener once', () => {
    const events = createEmitter<ProviderEvents>(() => {});
    const provider = createProvider({ ...createNode(), events });
    const listener = vi.fn();
    expect(provider.on('chainChanged', listener).on('chainChanged', listener)).toBe(provider);
    events.emit('chainChanged', '0x1');
    events.emit('accountsChanged', []);
    expect(listener).toHaveBeenCalledExactlyOnceWith('0x1');
    provider.removeListener('chainChanged', listener).removeListener('chainChanged', listener);
    events.emit('chainChanged', '0x2');
    expect(listener).toHaveBeenCalledOnce();
  });

  it('works without a hub and without events', () => {
    const { dispatcher } = createNode();
    const provider = createProvider({ dispatcher });
    expect(() => provider.on('connect', () => {})).not.toThrow();
    expect(() => provider.close()).not.toThrow();
  });
});

describe('fetch handler', () => {
  const fetch = createFetchHandler({ dispatcher: createNode().dispatcher, maxBodyBytes: 200 });
  const post = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    fetch(new Request('http://node/', { method: 'POST', body, headers }));

  it('answers JSON', async () => {
    const response = await post('{"jsonrpc":"2.0","id":1,"method":"wait"}');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 1, result: 'done' });
  });

  it('answers 204 to notifications', async () => {
    expect((await post('{"jsonrpc":"2.0","method":"wait"}')).status).toBe(204);
  });

  it('refuses other methods, types and sizes', async () => {
    expect((await fetch(new Request('http://node/'))).status).toBe(405);
    expect((await post('{}', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(' '.repeat(201))).status).toBe(413);
    expect((await post(' '.repeat(200))).status).toBe(200);
  });

  it.each([
    ['application/json', true],
    ['Application/JSON; charset=utf-8', true],
    ['application/json-rpc', true],
    ['application/jsonrequest', true],
    ['application/vnd.api+json', true],
    ['text/plain', false],
    ['text/plain; application/json', false],
    ['application/x-www-form-urlencoded', false],
    ['', false],
    [undefined, false],
    [null, false],
  ])('judges the content type %j: %s', (type, expected) => {
    expect(isJsonContentType(type)).toBe(expected);
  });
});
