import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { Bytes, Metrics } from '@ninefold/base';
import { isJsonContentType } from '@ninefold/rpc';
import type { Access } from './access.ts';
import { createCallContext } from './call-context.ts';
import type { ServerLimits } from './limits.ts';
import type { HttpAnswer, HttpRoute, Route, RpcRoute } from './routes.ts';

export type HttpOptions = {
  readonly findRoute: (path: string) => Route | undefined;
  readonly access: Access;
  readonly limits: ServerLimits;
  readonly instance: string;
  readonly metrics: Metrics;
  readonly onError: (error: unknown) => void;
  /** Whether the server is closing: answers then end their connection. */
  readonly isClosing: () => boolean;
};

type Headers = Readonly<Record<string, string>>;

/** An answer to a call on its way out. */
type Outgoing = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: string;
};

// How many times the allowed size of a body is read and thrown away after a refusal. To close at
// once would reset the connection, and the client would see no answer.
const DISCARD_FACTOR = 4;

const NO_CONTENT = 204;
const TEXT: Headers = { 'content-type': 'text/plain; charset=utf-8' };
const JSON_TYPE: Headers = { 'content-type': 'application/json' };

/**
 * The listener of `node:http`'s `request` event.
 *
 * PERF: straight from the socket's chunks to the dispatcher and back; head and body of an answer
 * leave in one write. The answers to all calls that one turn of the event loop has read leave
 * together at its end: a client that sleeps is woken once for many of them.
 */
export function createHttpHandler(
  options: HttpOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { findRoute, access, limits, instance, metrics, onError, isClosing } = options;
  const requests = metrics.counter('ninefold_http_requests_total', 'HTTP requests received.');
  const refusals = metrics.counter('ninefold_http_refused_total', 'HTTP requests refused before a handler.');

  const send = (
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    headers: Headers,
    body: string | Bytes = '',
  ): void => {
    if (response.destroyed) return;
    if (isClosing()) response.shouldKeepAlive = false;
    const lines = headLines(request, headers);
    // RFC 9110 §8.6: not with 204.
    if (status !== NO_CONTENT) lines.push('content-length', String(Buffer.byteLength(body)));
    response.writeHead(status, lines);
    if (request.method === 'HEAD') response.end();
    else response.end(body);
  };

  /** PERF: names and values in one flat list, which Node writes as it stands. */
  const headLines = (request: IncomingMessage, headers: Headers): string[] => {
    const lines = ['x-ninefold-instance', instance];
    addLines(lines, headers);
    addLines(lines, access.corsHeaders(request.headers));
    return lines;
  };

  const refuse = (
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    reason: string,
    headers: Headers = {},
  ): void => {
    refusals.add();
    discardBody(request, limits.bodyBytes * DISCARD_FACTOR);
    send(request, response, status, { ...TEXT, ...headers }, `${reason}\n`);
  };

  const fail = (request: IncomingMessage, response: ServerResponse, error: unknown): void => {
    onError(error);
    if (response.headersSent) response.destroy();
    else send(request, response, 500, TEXT, 'Internal error\n');
  };

  let outbox: Outgoing[] = [];
  const flush = (): void => {
    const answers = outbox;
    outbox = [];
    for (const { request, response, body } of answers) {
      try {
        send(request, response, 200, JSON_TYPE, body);
      } catch (error) {
        fail(request, response, error);
      }
    }
  };
  const sendSoon = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    if (outbox.length === 0) setImmediate(flush);
    outbox.push({ request, response, body });
  };

  const answerRpc = (
    route: RpcRoute,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
  ): void => {
    const { context, release } = createCallContext('http', request.socket, limits.executionMs);
    const finish = (answer: string | undefined): void => {
      release();
      if (answer === undefined) send(request, response, NO_CONTENT, {});
      else sendSoon(request, response, answer);
    };
    const onBug = (error: unknown): void => {
      release();
      fail(request, response, error);
    };
    try {
      const answer = route.handleText(body.toString('utf8'), context);
      if (answer instanceof Promise) answer.then(finish).catch(onBug);
      else finish(answer);
    } catch (error) {
      onBug(error);
    }
  };

  const answerHttp = async (
    route: HttpRoute,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
  ): Promise<void> => {
    const { context, release } = createCallContext('http', request.socket, limits.executionMs);
    try {
      const [path, query] = splitUrl(request);
      const answer = await route.handle({
        method: request.method as string,
        path,
        query: new URLSearchParams(query),
        headers: request.headers,
        body,
        context,
      });
      await sendAnswer(request, response, answer);
    } catch (error) {
      fail(request, response, error);
    } finally {
      release();
    }
  };

  const sendAnswer = async (
    request: IncomingMessage,
    response: ServerResponse,
    { status = 200, headers = JSON_TYPE, body = '' }: HttpAnswer,
  ): Promise<void> => {
    if (typeof body === 'string' || body instanceof Uint8Array) {
      send(request, response, status, headers, body);
      return;
    }
    response.writeHead(status, headLines(request, headers));
    for await (const piece of body) {
      if (response.destroyed) return;
      if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    }
    response.end();
  };

  const withBody = (
    request: IncomingMessage,
    response: ServerResponse,
    use: (body: Buffer) => void,
  ): void => {
    const tooLong = `The body is longer than ${limits.bodyBytes} bytes`;
    if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes) {
      refuse(request, response, 413, tooLong);
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= limits.bodyBytes) return;
      request.removeListener('data', onData);
      request.removeListener('end', onEnd);
      refuse(request, response, 413, tooLong);
    };
    const onEnd = (): void =>
      use(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length));
    request.on('data', onData);
    request.on('end', onEnd);
  };

  const answerBuiltin = (request: IncomingMessage, response: ServerResponse, path: string): boolean => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    if (path === '/health') {
      send(request, response, 200, JSON_TYPE, JSON.stringify({ status: 'ok', instance }));
    } else if (path === '/metrics') {
      const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' };
      send(request, response, 200, headers, metrics.render());
    } else if (findRoute(path)?.kind === 'rpc') {
      send(request, response, 200, TEXT, 'Ninefold: send JSON-RPC 2.0 here with POST or over a WebSocket.\n');
    } else return false;
    return true;
  };

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    requests.add();
    const refusal = access.refuse(request.headers);
    if (refusal !== undefined) {
      refuse(request, response, refusal.status, refusal.reason);
      return;
    }
    const [path] = splitUrl(request);
    if (request.method === 'OPTIONS') {
      discardBody(request, limits.bodyBytes);
      send(request, response, NO_CONTENT, access.preflightHeaders(request.headers));
      return;
    }
    const route = findRoute(path);
    if (route?.kind !== 'http' && answerBuiltin(request, response, path)) return;
    if (route === undefined) {
      refuse(request, response, 404, 'Nothing is served at this path');
      return;
    }
    if (route.kind === 'rpc' && request.method !== 'POST') {
      refuse(request, response, 405, 'Send JSON-RPC with POST', { allow: 'POST, GET, HEAD, OPTIONS' });
      return;
    }
    const type = request.headers['content-type'];
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'DELETE';
    if (hasBody && !(route.kind === 'rpc' ? isJsonContentType(type) : route.accepts(type))) {
      refuse(request, response, 415, 'Send content-type: application/json');
      return;
    }
    if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
      refuse(request, response, 415, 'Send the body without content-encoding');
      return;
    }
    withBody(request, response, (body) => {
      if (route.kind === 'rpc') answerRpc(route, request, response, body);
      else void answerHttp(route, request, response, body);
    });
  };

  return (request, response) => {
    // A client that leaves in the middle is no event worth more than this.
    request.on('error', ignore);
    response.on('error', ignore);
    try {
      handle(request, response);
    } catch (error) {
      fail(request, response, error);
    }
  };
}

function ignore(): void {}

function addLines(lines: string[], headers: Headers): void {
  for (const name in headers) lines.push(name, headers[name] as string);
}

/** Path and query of a request target; an absolute target (`GET http://…`) has its path. */
function splitUrl(request: IncomingMessage): readonly [path: string, query: string] {
  const { url = '/' } = request;
  const target = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*/i, '') || '/';
  const mark = target.indexOf('?');
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** Reads a body that nobody wants, up to `limit` bytes; then the client is cut off. */
function discardBody(request: IncomingMessage, limit: number): void {
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > limit) request.socket.destroy();
  });
}
