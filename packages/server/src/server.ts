import { randomUUID } from 'node:crypto';
import type { Server as HttpServer, RequestListener } from 'node:http';
import { createServer as createNodeServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger, Metrics } from '@ninefold/base';
import { createMetrics, isNinefoldError, silentLogger } from '@ninefold/base';
import type { AccessOptions } from './access.ts';
import { createAccess, hostName } from './access.ts';
import { createHttpHandler } from './http.ts';
import type { IpcServer } from './ipc.ts';
import { createIpcServer } from './ipc.ts';
import type { ServerLimits } from './limits.ts';
import { DEFAULT_SERVER_LIMITS } from './limits.ts';
import { listen, portOf } from './listen.ts';
import type { Routes, RpcRoute } from './routes.ts';
import { createRouter } from './routes.ts';
import type { WebSockets } from './websocket.ts';
import { createWebSockets } from './websocket.ts';

export type ServerOptions = AccessOptions & {
  readonly routes: Routes;
  /** Default: 127.0.0.1 and ::1 on the same port. */
  readonly host?: string | undefined;
  /** Default 0: any free port. */
  readonly port?: number | undefined;
  /** Path of a Unix socket on which `ipc.route` is served as well. */
  readonly ipc?: { readonly path: string; readonly route: RpcRoute } | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
  /** What `/health` and the header `x-ninefold-instance` say. Default: random. */
  readonly instance?: string | undefined;
  readonly metrics?: Metrics | undefined;
  readonly logger?: Logger | undefined;
};

export type Server = {
  /** `http://127.0.0.1:8545` */
  readonly url: string;
  /** `ws://127.0.0.1:8545` */
  readonly wsUrl: string;
  readonly port: number;
  readonly instance: string;
  /** Stops listening, lets answers in flight leave, then ends all connections. Idempotent. */
  readonly close: () => Promise<void>;
};

const LOOPBACK_V4 = '127.0.0.1';
const LOOPBACK_V6 = '::1';

// The port that IPv4 was given may be taken on IPv6; then another one is tried.
const FREE_PORT_ATTEMPTS = 10;

/**
 * Serves HTTP and WebSocket on one port, hardened against hostile web pages and clients.
 *
 * @throws `SERVER_PORT_IN_USE`, `SERVER_LISTEN_FAILED`
 * @example
 * const server = await createServer({ routes: { '/': rpcRoute({ dispatcher }) }, port: 8545 });
 * server.url; // 'http://127.0.0.1:8545'
 * await server.close();
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const {
    host,
    port = 0,
    instance = randomUUID(),
    metrics = createMetrics(),
    logger = silentLogger,
  } = options;
  const limits = { ...DEFAULT_SERVER_LIMITS, ...options.limits };
  const log = logger.child('server');
  const onError = (error: unknown): void => log.error({ error }, 'request failed');
  const findRoute = createRouter(options.routes);
  const allowedHosts = [...(options.allowedHosts ?? []), ...(host === undefined ? [] : [host])];
  const access = createAccess({ ...options, allowedHosts });
  const common = { findRoute, access, limits, instance, metrics, onError };
  const sockets: Sockets = { open: new Set(), unused: new Set() };
  let closing: Promise<void> | undefined;
  const webSockets = createWebSockets(common);
  const handler = createHttpHandler({ ...common, isClosing: () => closing !== undefined });
  const create = (): HttpServer => createHttpServer({ handler, webSockets, limits, sockets });

  const servers = await (host === undefined ? bindLoopback(create, port) : bindHost(create, host, port));
  const bound = portOf(servers[0] as HttpServer);
  let ipc: IpcServer | undefined;
  try {
    ipc = options.ipc && (await createIpcServer({ ...options.ipc, limits, onError }));
  } catch (error) {
    for (const server of servers) server.close();
    webSockets.close();
    throw error;
  }
  if (host !== undefined && !isLoopbackHost(host)) {
    log.warn({ host, port: bound }, 'other machines can reach this node');
  }

  const closeAll = async (): Promise<void> => {
    const stopped = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    webSockets.close();
    ipc?.close();
    // Node ends connections between two requests by itself, but not those before their first.
    for (const socket of sockets.unused) socket.destroy();
    const timer = setTimeout(() => {
      webSockets.terminate();
      for (const socket of sockets.open) socket.destroy();
    }, limits.graceMs);
    await Promise.all(stopped);
    clearTimeout(timer);
  };

  const shown = host === undefined || host === '0.0.0.0' || host === '::' ? LOOPBACK_V4 : host;
  const authority = `${shown.includes(':') ? `[${shown}]` : shown}:${bound}`;
  return {
    url: `http://${authority}`,
    wsUrl: `ws://${authority}`,
    port: bound,
    instance,
    close: () => (closing ??= closeAll()),
  };
}

function isLoopbackHost(host: string): boolean {
  const name = hostName(host.includes(':') ? `[${host}]` : host) ?? '';
  return name === 'localhost' || name === LOOPBACK_V6 || name.startsWith('127.');
}

type Sockets = {
  readonly open: Set<Socket>;
  /** Those of `open` without a request so far. */
  readonly unused: Set<Socket>;
};

function createHttpServer(options: {
  readonly handler: RequestListener;
  readonly webSockets: WebSockets;
  readonly limits: ServerLimits;
  readonly sockets: Sockets;
}): HttpServer {
  const { handler, webSockets, limits, sockets } = options;
  const server = createNodeServer(
    {
      noDelay: true,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.timeoutCheckMs,
    },
    (request, response) => {
      sockets.unused.delete(request.socket);
      handler(request, response);
    },
  );
  server.on('connection', (socket: Socket) => {
    if (sockets.open.size >= limits.connections) {
      socket.destroy();
      return;
    }
    sockets.open.add(socket);
    sockets.unused.add(socket);
    socket.once('close', () => {
      sockets.open.delete(socket);
      sockets.unused.delete(socket);
    });
  });
  server.on('upgrade', (request, socket, head) => {
    sockets.unused.delete(request.socket);
    webSockets.upgrade(request, socket, head);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    socket.end(
      `HTTP/1.1 ${STATUS_OF_PARSE_ERROR[error.code ?? ''] ?? '400 Bad Request'}\r\nconnection: close\r\n\r\n`,
    );
  });
  return server;
}

const STATUS_OF_PARSE_ERROR: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

async function bindHost(create: () => HttpServer, host: string, port: number): Promise<HttpServer[]> {
  const server = create();
  await listen(server, { host, port });
  return [server];
}

/** Both loopback addresses on one port: `localhost` may resolve to either. */
async function bindLoopback(create: () => HttpServer, port: number): Promise<HttpServer[]> {
  for (let attempt = 1; ; attempt++) {
    const [v4] = (await bindHost(create, LOOPBACK_V4, port)) as [HttpServer];
    try {
      const v6 = create();
      await listen(v6, { host: LOOPBACK_V6, port: portOf(v4), ipv6Only: true });
      return [v4, v6];
    } catch (error) {
      // A machine without IPv6.
      if (!isNinefoldError(error, 'SERVER_PORT_IN_USE')) return [v4];
      await new Promise((resolve) => v4.close(resolve));
      if (port !== 0 || attempt === FREE_PORT_ATTEMPTS) throw error;
    }
  }
}
