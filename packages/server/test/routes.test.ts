import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createDispatcher } from '@ninefold/rpc';
import type { TransportContext } from '@ninefold/server';
import { httpRoute, rpcRoute } from '@ninefold/server';
import { createCallContext } from '../src/call-context.ts';
import { createRouter } from '../src/routes.ts';
import { body, openWebSocket, post, raw, requestText, startNode, statusOf } from './harness.ts';

describe('router', () => {
  const [root, v1, v2, exact] = Array.from({ length: 4 }, () => httpRoute(() => ({})));
  const find = createRouter({ '/*': root!, '/v1/*': v1!, '/v1/deep/*': v2!, '/v1/spec': exact! });

  it.each([
    ['/', root],
    ['/other', root],
    ['/v1', root],
    ['/v1/', v1],
    ['/v1/a', v1],
    ['/v1/deep/a/b', v2],
    ['/v1/spec', exact],
    ['/v1/spec/', v1],
  ])('sends %s to the longest match', (path, route) => {
    expect(find(path)).toBe(route);
  });

  it('knows only what it was given', () => {
    const only = createRouter({ '/rpc': root! });
    expect(only('/rpc')).toBe(root);
    for (const path of ['/', '/rpc/', '/rpcs', '', '/constructor', '__proto__'])
      expect(only(path)).toBeUndefined();
  });
});

describe('routes', () => {
  it('give handlers the context they ask for', () => {
    const dispatcher = createDispatcher<TransportContext & { readonly chain: string }>({
      methods: { where: { handler: (_, { chain, transport }) => `${chain} over ${transport}` } },
    });
    const route = rpcRoute({ dispatcher, createContext: (transport) => ({ ...transport, chain: 'a' }) });
    const { context } = createCallContext('ipc', createSocket(), 1000);
    expect(route.handleText(body('where'), context)).toContain('"a over ipc"');
  });

  it('accept the types of content they name', () => {
    const { accepts } = httpRoute(() => ({}), { contentTypes: ['Application/X-BCS'] });
    expect(['application/json', 'application/x-bcs', 'application/x-bcs; a=b'].every(accepts)).toBe(true);
    expect(['text/plain', '', undefined].some(accepts)).toBe(false);
  });
});

describe('the context of a call', () => {
  it('aborts its signal when the socket closes, and leaves nothing on it', () => {
    const socket = createSocket();
    const first = createCallContext('http', socket, 1000);
    expect(socket.listenerCount('close')).toBe(0);
    const { signal } = first.context;
    expect(first.context.signal).toBe(signal);
    expect(socket.listenerCount('close')).toBe(1);
    first.release();
    expect(socket.listenerCount('close')).toBe(0);
    const second = createCallContext('http', socket, 1000);
    const later = second.context.signal;
    socket.emit('close');
    expect([signal.aborted, later.aborted]).toEqual([false, true]);
  });

  it('is cancelled from the start on a socket that is gone, or without time', () => {
    const gone = createCallContext('http', createSocket(true), 1000).context;
    expect([gone.cancelled(), gone.signal.aborted]).toEqual([true, true]);
    expect(createCallContext('http', createSocket(), -1).context.cancelled()).toBe(true);
    expect(createCallContext('http', createSocket(), 1000).context.cancelled()).toBe(false);
  });
});

describe('options of access', () => {
  it('open the server to other names and origins', async () => {
    const { server } = await startNode({ allowedHosts: ['node.test'], cors: '*' });
    expect(statusOf(await raw(server, requestText({ host: 'node.test' })))).toBe(200);
    expect(statusOf(await raw(server, requestText({ host: 'other.test' })))).toBe(403);
    const response = await post(server, body('echo'), { origin: 'https://anywhere.test' });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const { socket } = await openWebSocket(server, { headers: { origin: 'https://anywhere.test' } });
    expect(socket.readyState).toBe(socket.OPEN);
  });

  it('let one origin in by its name', async () => {
    const { server } = await startNode({ cors: ['https://app.test'] });
    expect((await post(server, body('echo'), { origin: 'https://app.test' })).status).toBe(200);
    expect((await post(server, body('echo'), { origin: 'https://evil.test' })).status).toBe(403);
  });

  it('count the name that is listened on as allowed', async () => {
    const { server } = await startNode({ host: 'localhost' });
    expect(server.url).toBe(`http://localhost:${server.port}`);
    expect((await post(server, body('echo'))).status).toBe(200);
  });
});

/** As much of a socket as a context looks at. */
function createSocket(destroyed = false): Socket {
  return Object.assign(new EventEmitter(), { destroyed, remoteAddress: '127.0.0.1' }) as unknown as Socket;
}
