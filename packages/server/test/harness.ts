import { connect } from 'node:net';
import { afterEach } from 'vitest';
import { WebSocket } from 'ws';
import type { RpcContext } from '@ninefold/rpc';
import { createDispatcher, createSubscriptionHub, RpcError } from '@ninefold/rpc';
import type { Server, ServerOptions, TransportContext } from '@ninefold/server';
import { createServer, httpRoute, rpcRoute } from '@ninefold/server';

/** A gate that a handler waits at until the test opens it. */
export type Gate = { readonly promise: Promise<void>; readonly open: () => void };

export function createGate(): Gate {
  let open = (): void => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

export type Node = {
  readonly server: Server;
  readonly hub: ReturnType<typeof createSubscriptionHub>;
  /** Contexts of calls of `hold`, in order. */
  readonly held: TransportContext[];
  readonly gate: Gate;
};

const running: Server[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

/** A server with a few methods, closed after the test. */
export async function startNode(options: Partial<ServerOptions> = {}): Promise<Node> {
  const hub = createSubscriptionHub();
  const held: TransportContext[] = [];
  const gate = createGate();
  const dispatcher = createDispatcher<RpcContext>({
    methods: {
      echo: { handler: (params) => params },
      big: { handler: (params) => 'x'.repeat((params as number[])[0] as number) },
      expired: { handler: (_, context) => context.cancelled?.() },
      hold: {
        handler: async (_, context) => {
          held.push(context as TransportContext);
          await gate.promise;
          return 'released';
        },
      },
      subscribe: {
        handler: (params, { session }) => {
          if (session === undefined) throw new RpcError(-32001, 'notifications not supported');
          return session.subscribe((params as string[])[0] as string);
        },
      },
    },
  });
  const broken = rpcRoute({ dispatcher });
  const routes = {
    '/': rpcRoute({ dispatcher, hub }),
    '/broken': {
      ...broken,
      handleText: () => {
        throw new Error('bug');
      },
    },
    '/rejects': { ...broken, handleText: () => Promise.reject(new Error('bug')) },
    '/rest/*': httpRoute(
      ({ method, path, query, body }) => ({
        status: 201,
        headers: { 'content-type': 'application/x-test' },
        body: `${method} ${path} ${query.get('q') ?? ''} ${body.length}`,
      }),
      { contentTypes: ['application/x-test'] },
    ),
    '/rest/stream': httpRoute(() => ({
      headers: { 'content-type': 'text/event-stream' },
      body: (async function* () {
        yield 'data: 1\n\n';
        await Promise.resolve();
        yield new TextEncoder().encode('data: 2\n\n');
      })(),
    })),
    '/rest/broken': httpRoute(() => Promise.reject(new Error('bug'))),
  };
  const server = await createServer({ routes, ...options });
  running.push(server);
  return { server, hub, held, gate };
}

export function body(method: string, params: unknown = [], id: number = 1): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

export const JSON_HEADERS = { 'content-type': 'application/json' };

export function post(server: Server, text: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(server.url, { method: 'POST', body: text, headers: { ...JSON_HEADERS, ...headers } });
}

/** Sends raw bytes and resolves with all that comes back until the server ends the connection. */
export function raw(server: Server, bytes: string | Uint8Array, host: string = '127.0.0.1'): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(server.port, host, () => socket.write(bytes));
    socket.setEncoding('latin1');
    socket.on('data', (piece: string) => {
      answer += piece;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

/** A request that asks for the end of the connection, so that `raw` resolves. */
export function requestText(headers: Record<string, string>, text: string = body('echo')): string {
  const all = { connection: 'close', ...JSON_HEADERS, 'content-length': String(text.length), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST / HTTP/1.1\r\n${lines.join('')}\r\n${text}`;
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

export type Client = {
  readonly socket: WebSocket;
  /** The next message, parsed. */
  readonly next: () => Promise<unknown>;
  readonly closed: Promise<number>;
};

/** Opens a WebSocket; rejects with the HTTP status when the server refuses. */
export async function openWebSocket(
  server: Server,
  options: { readonly headers?: Record<string, string>; readonly path?: string } = {},
): Promise<Client> {
  const socket = new WebSocket(server.wsUrl + (options.path ?? '/'), { headers: options.headers ?? {} });
  const messages: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  socket.on('message', (data: Buffer) => {
    const message: unknown = JSON.parse(data.toString('utf8'));
    const waiter = waiting.shift();
    if (waiter === undefined) messages.push(message);
    else waiter(message);
  });
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('unexpected-response', (_, response) => reject(new Error(String(response.statusCode))));
    socket.on('error', reject);
  });
  const next = (): Promise<unknown> =>
    messages.length > 0
      ? Promise.resolve(messages.shift())
      : new Promise((resolve) => {
          waiting.push(resolve);
        });
  return { socket, next, closed };
}
