import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { STATUS_CODES } from 'node:http';
import type { Metrics } from '@ninefold/base';
import type { RawData, WebSocket, WebSocketServer } from 'ws';
import type { Access } from './access.ts';
import { createCallContext } from './call-context.ts';
import type { ServerLimits } from './limits.ts';
import type { Route, RpcRoute } from './routes.ts';

export type WebSocketOptions = {
  readonly findRoute: (path: string) => Route | undefined;
  readonly access: Access;
  readonly limits: ServerLimits;
  readonly instance: string;
  readonly metrics: Metrics;
  readonly onError: (error: unknown) => void;
};

export type WebSockets = {
  /** The listener of `node:http`'s `upgrade` event. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Says goodbye to all (1001). */
  readonly close: () => void;
  readonly terminate: () => void;
};

/** Close codes of RFC 6455 §7.4.1 and the IANA registry. */
const GOING_AWAY = 1001;
const INTERNAL_ERROR = 1011;
const TRY_AGAIN_LATER = 1013;

// Notifications wait in the hub, where the oldest can be dropped, once this much is unsent.
const NOTIFICATION_BUFFER_BYTES = 1024 * 1024;

/** JSON-RPC over WebSockets on the ports of the HTTP server. */
export function createWebSockets(options: WebSocketOptions): WebSockets {
  const { findRoute, access, limits, instance, metrics, onError } = options;
  const opened = metrics.counter('ninefold_ws_connections_total', 'WebSocket connections accepted.');
  const messages = metrics.counter('ninefold_ws_messages_total', 'WebSocket messages received.');
  const perAddress = new Map<string, number>();
  const alive = new WeakSet<WebSocket>();
  let server: WebSocketServer | undefined;
  let loading: Promise<WebSocketServer> | undefined;
  let closed = false;

  // PERF: `ws` and what it needs take 25 ms to load, of a start of 200: done when first needed.
  const load = async (): Promise<WebSocketServer> => {
    const { WebSocketServer } = await import('ws');
    server = new WebSocketServer({
      noServer: true,
      maxPayload: limits.webSocketMessageBytes,
      // A compressed message could be a thousand times its size once inflated.
      perMessageDeflate: false,
    });
    server.on('headers', (headers) => headers.push(`x-ninefold-instance: ${instance}`));
    return server;
  };

  const ping = setInterval(() => {
    for (const client of server?.clients ?? []) {
      // One that is paused cannot be heard.
      if (!alive.has(client) && !client.isPaused) client.terminate();
      alive.delete(client);
      client.ping();
    }
  }, limits.pingMs);
  ping.unref();

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', ignore);
    if (server !== undefined) {
      accept(server, request, socket, head);
      return;
    }
    loading ??= load();
    loading
      .then((loaded) => (closed ? socket.destroy() : accept(loaded, request, socket, head)))
      .catch((error: unknown) => {
        onError(error);
        socket.destroy();
      });
  };

  const accept = (server: WebSocketServer, request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const refusal = access.refuse(request.headers);
    if (refusal !== undefined) {
      refuseUpgrade(socket, refusal.status, refusal.reason);
      return;
    }
    const path = (request.url ?? '/').split('?', 1)[0] as string;
    const route = findRoute(path);
    if (route?.kind !== 'rpc') {
      refuseUpgrade(socket, 404, 'No WebSocket is served at this path');
      return;
    }
    const address = request.socket.remoteAddress ?? '';
    const count = perAddress.get(address) ?? 0;
    if (count >= limits.webSocketsPerAddress) {
      refuseUpgrade(socket, 429, `More than ${limits.webSocketsPerAddress} WebSockets of this address`);
      return;
    }
    server.handleUpgrade(request, socket, head, (client) => {
      perAddress.set(address, (perAddress.get(address) ?? 0) + 1);
      client.once('close', () => {
        const rest = (perAddress.get(address) ?? 1) - 1;
        if (rest === 0) perAddress.delete(address);
        else perAddress.set(address, rest);
      });
      opened.add();
      alive.add(client);
      client.on('pong', () => alive.add(client));
      serve(client, request.socket, route);
    });
  };

  const serve = (client: WebSocket, socket: Socket, route: RpcRoute): void => {
    let inFlight = 0;

    const send = (text: string): void => {
      if (client.readyState !== client.OPEN) return;
      client.send(text, onSent);
      if (client.bufferedAmount > limits.bufferedBytes) {
        client.close(TRY_AGAIN_LATER, 'too much is waiting to be read');
      }
    };
    const connection = route.hub?.connect({
      send,
      isReady: () => client.bufferedAmount < NOTIFICATION_BUFFER_BYTES,
    });
    const onSent = (): void => connection?.drain();

    const answer = (text: string): void => {
      const session = connection?.begin();
      const { context, release } = createCallContext('ws', socket, limits.executionMs, session);
      const finish = (answer: string | undefined): void => {
        release();
        if (answer !== undefined) send(answer);
        session?.end();
      };
      const result = route.handleText(text, context);
      if (!(result instanceof Promise)) {
        finish(result);
        return;
      }
      inFlight++;
      if (inFlight >= limits.callsInFlight) client.pause();
      result
        .then(finish)
        .catch(onBug)
        .finally(() => {
          inFlight--;
          if (client.isPaused && inFlight < limits.callsInFlight) client.resume();
        });
    };

    const onBug = (error: unknown): void => {
      onError(error);
      client.close(INTERNAL_ERROR);
    };

    client.on('message', (data: RawData) => {
      if (client.readyState !== client.OPEN) return;
      messages.add();
      try {
        answer(textOf(data));
      } catch (error) {
        onBug(error);
      }
    });
    // Malformed frames, too long messages: ws answers with the right close code by itself.
    client.on('error', ignore);
    client.on('close', () => connection?.close());
  };

  return {
    upgrade,
    close: () => {
      closed = true;
      clearInterval(ping);
      for (const client of server?.clients ?? []) client.close(GOING_AWAY);
    },
    terminate: () => {
      for (const client of server?.clients ?? []) client.terminate();
    },
  };
}

function ignore(): void {}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}

function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  const body = `${reason}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\n` +
      `content-type: text/plain\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  socket.resume();
}
