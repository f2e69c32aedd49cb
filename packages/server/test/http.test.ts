import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createLogger } from '@ninefold/base';
import type { LogRecord } from '@ninefold/base';
import { createServer, DEFAULT_SERVER_LIMITS } from '@ninefold/server';
import { body, JSON_HEADERS, openWebSocket, post, raw, requestText, startNode, statusOf } from './harness.ts';

const ipv6 = await hasIpv6();

describe('calls', () => {
  it('answers with the right headers', async () => {
    const { server } = await startNode({ instance: 'node-1' });
    const response = await post(server, body('echo', ['é']));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('x-ninefold-instance')).toBe('node-1');
    expect(response.headers.get('content-length')).toBe('40');
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 1, result: ['é'] });
  });

  it('answers 204 to notifications and JSON errors with 200', async () => {
    const { server } = await startNode();
    expect((await post(server, '{"jsonrpc":"2.0","method":"echo"}')).status).toBe(204);
    const response = await post(server, '{');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ error: { code: -32700 } });
  });

  it('says over HTTP that notifications need a connection', async () => {
    const { server } = await startNode();
    expect(await (await post(server, body('subscribe', ['a']))).json()).toMatchObject({
      error: { code: -32001 },
    });
  });

  it('puts bodies together that come in pieces', async () => {
    const { server } = await startNode();
    const text = requestText({ host: 'localhost' }, body('echo', ['a'.repeat(100_000)]));
    expect(await raw(server, text)).toContain('a'.repeat(100_000));
    const chunked =
      'POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n' +
      'transfer-encoding: chunked\r\n\r\n' +
      Array.from(body('echo', [7]), (character) => `1\r\n${character}\r\n`).join('') +
      '0\r\n\r\n';
    expect(await raw(server, chunked)).toContain('"result":[7]');
  });

  it('answers pipelined requests in order on one connection', async () => {
    const { server } = await startNode();
    const first = requestText({ host: 'localhost', connection: 'keep-alive' }, body('echo', [1]));
    const second = requestText({ host: 'localhost' }, body('echo', [2]));
    const answer = await raw(server, first + second);
    expect(answer.indexOf('"result":[1]')).toBeGreaterThan(0);
    expect(answer.indexOf('"result":[2]')).toBeGreaterThan(answer.indexOf('"result":[1]'));
  });
});

describe('refusals', () => {
  it('checks the Host before the body is there', async () => {
    const { server } = await startNode();
    const head = requestText({ host: 'evil.test', 'content-length': '1000', connection: 'keep-alive' }, '');
    const answer = new Promise<string>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write(head));
      socket.once('data', (piece: Buffer) => {
        resolve(piece.toString());
        socket.destroy();
      });
    });
    expect(statusOf(await answer)).toBe(403);
  });

  it('refuses origins of other sites, and answers those of this machine', async () => {
    const { server } = await startNode();
    const evil = await post(server, body('echo'), { origin: 'https://evil.test' });
    expect(evil.status).toBe(403);
    expect(evil.headers.get('access-control-allow-origin')).toBeNull();
    const own = await post(server, body('echo'), { origin: 'http://localhost:5173' });
    expect(own.status).toBe(200);
    expect(own.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
  });

  it('answers preflight requests', async () => {
    const { server } = await startNode();
    const preflight = (origin: string): Promise<Response> =>
      fetch(server.url, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type',
        },
      });
    const allowed = await preflight('http://localhost:5173');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-headers')).toBe('content-type');
    expect((await preflight('https://evil.test')).status).toBe(403);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'takes no %s, which forms can send',
    async (type) => {
      const { server } = await startNode();
      expect((await post(server, body('echo'), { 'content-type': type })).status).toBe(415);
    },
  );

  it('takes no compressed bodies', async () => {
    const { server } = await startNode();
    expect((await post(server, body('echo'), { 'content-encoding': 'gzip' })).status).toBe(415);
  });

  it('limits the body, announced or not', async () => {
    const { server } = await startNode({ limits: { bodyBytes: 1000 } });
    const fits = body('echo', ['']);
    const exact = body('echo', ['x'.repeat(1000 - fits.length)]);
    expect((await post(server, exact)).status).toBe(200);
    expect((await post(server, `${exact} `)).status).toBe(413);
    const stream = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode(`${exact} `));
        controller.close();
      },
    });
    const init = { method: 'POST', headers: JSON_HEADERS, body: stream, duplex: 'half' };
    expect((await fetch(server.url, init as RequestInit)).status).toBe(413);
  });

  it('has a default limit of 5 MiB', async () => {
    const { server } = await startNode();
    const text = body('echo', ['']);
    const pad = (length: number): string => text + ' '.repeat(length - text.length);
    expect((await post(server, pad(5 * 1024 * 1024))).status).toBe(200);
    expect((await post(server, pad(5 * 1024 * 1024 + 1))).status).toBe(413);
  });

  it('cuts off who sends much more than was refused', async () => {
    const { server } = await startNode({ limits: { bodyBytes: 1000 } });
    const text = requestText({ host: 'localhost', 'content-length': '100000000' }, 'x'.repeat(100_000));
    await raw(server, text);
  });

  it('asks for the bearer token', async () => {
    const { server } = await startNode({ bearerToken: 'abc' });
    expect((await post(server, body('echo'))).status).toBe(401);
    expect((await post(server, body('echo'), { authorization: 'Bearer abc' })).status).toBe(200);
  });

  it('serves no other path or method', async () => {
    const { server } = await startNode();
    expect((await fetch(`${server.url}/nowhere`, { method: 'POST', headers: JSON_HEADERS })).status).toBe(
      404,
    );
    const response = await fetch(server.url, { method: 'PUT', body: '{}', headers: JSON_HEADERS });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('POST');
  });

  it('limits the connections', async () => {
    const { server } = await startNode({ limits: { connections: 1 } });
    const client = await openWebSocket(server);
    expect(await raw(server, requestText({ host: 'localhost' }))).toBe('');
    client.socket.close();
    await client.closed;
    await expect.poll(async () => statusOf(await raw(server, requestText({ host: 'localhost' })))).toBe(200);
  });
});

describe('faults', () => {
  it.each([
    'nonsense\r\n\r\n',
    'GET / HTTP/1.1\r\nhost localhost\r\n\r\n',
    'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n',
    'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    '\0\0\0\0\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
  ])('answers 400 to %j', async (text) => {
    const { server } = await startNode();
    expect(statusOf(await raw(server, text))).toBe(400);
    expect((await post(server, body('echo'))).status).toBe(200);
  });

  it('answers 431 to endless headers', async () => {
    const { server } = await startNode();
    expect(statusOf(await raw(server, `GET / HTTP/1.1\r\nx: ${'a'.repeat(40_000)}\r\n`))).toBe(431);
  });

  it('answers 408 to headers and bodies that do not end', async () => {
    const limits = { headersTimeoutMs: 50, requestTimeoutMs: 60, timeoutCheckMs: 10 };
    const { server } = await startNode({ limits });
    const slow = [
      'GET / HTTP/1.1\r\nhost: local',
      requestText({ host: 'localhost', 'content-length': '999' }),
    ];
    const answers = await Promise.all(slow.map((text) => raw(server, text)));
    expect(answers.map(statusOf)).toEqual([408, 408]);
  });

  it('survives clients that leave in the middle of a body', async () => {
    const { server } = await startNode();
    for (let i = 0; i < 20; i++) {
      await new Promise<void>((resolve) => {
        const socket = connect(server.port, '127.0.0.1', () => {
          socket.write(requestText({ host: 'localhost', 'content-length': '500' }, '{"jsonrpc"'), () => {
            if (i % 2 === 0) socket.destroy();
            else socket.resetAndDestroy();
          });
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve());
      });
    }
    expect((await post(server, body('echo'))).status).toBe(200);
  });

  it('answers who has closed his own half', async () => {
    const { server } = await startNode();
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }, () =>
        socket.end(requestText({ host: 'localhost' })),
      );
      socket.on('data', (piece: Buffer) => {
        text += piece.toString();
      });
      socket.on('end', () => resolve(text));
    });
    expect(statusOf(answer)).toBe(200);
  });

  it('tells a handler that its caller left', async () => {
    const { server, held, gate } = await startNode();
    const abort = new AbortController();
    const pending = fetch(server.url, {
      method: 'POST',
      headers: JSON_HEADERS,
      body: body('hold'),
      signal: abort.signal,
    }).catch(() => 'left');
    await expect.poll(() => held).toHaveLength(1);
    const [context] = held;
    expect(context?.cancelled()).toBe(false);
    expect(context?.signal.aborted).toBe(false);
    expect(context).toMatchObject({ transport: 'http', remoteAddress: '127.0.0.1' });
    abort.abort();
    expect(await pending).toBe('left');
    await expect.poll(() => context?.signal.aborted).toBe(true);
    expect(context?.cancelled()).toBe(true);
    gate.open();
  });

  it('tells a handler that the time is up', async () => {
    const { server } = await startNode({ limits: { executionMs: -1 } });
    expect(await (await post(server, body('expired'))).json()).toMatchObject({ result: true });
  });

  it('answers 500 to bugs and logs them', async () => {
    const records: LogRecord[] = [];
    const { server } = await startNode({ logger: createLogger({ sink: (record) => records.push(record) }) });
    for (const path of ['/broken', '/rejects', '/rest/broken']) {
      const response = await fetch(server.url + path, { method: 'POST', headers: JSON_HEADERS, body: '{}' });
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain('bug');
    }
    expect(records).toHaveLength(3);
  });
});

describe('other routes', () => {
  it('answers GET / for people, /health and /metrics for programs', async () => {
    const { server } = await startNode({ instance: 'me' });
    const page = await fetch(server.url);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('JSON-RPC')]);
    expect(await (await fetch(`${server.url}/health`)).json()).toEqual({ status: 'ok', instance: 'me' });
    const metrics = await fetch(`${server.url}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('version=0.0.4');
    expect(await metrics.text()).toContain('ninefold_http_requests_total 3\n');
    const head = await fetch(server.url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('lets a route take a tree of paths and its own types', async () => {
    const { server } = await startNode();
    const get = await fetch(`${server.url}/rest/a/b?q=1`);
    expect([get.status, await get.text()]).toEqual([201, 'GET /rest/a/b 1 0']);
    const type = { 'content-type': 'application/x-test' };
    const sent = await fetch(`${server.url}/rest/a`, { method: 'POST', body: 'abc', headers: type });
    expect(await sent.text()).toBe('POST /rest/a  3');
    const form = await fetch(`${server.url}/rest/a`, { method: 'POST', body: 'abc' });
    expect(form.status).toBe(415);
  });

  it('streams', async () => {
    const { server } = await startNode();
    const response = await fetch(`${server.url}/rest/stream`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await response.text()).toBe('data: 1\n\ndata: 2\n\n');
  });
});

describe('addresses', () => {
  it.runIf(ipv6)('listens on both loopback addresses of one port', async () => {
    const { server } = await startNode();
    for (const host of ['127.0.0.1', '::1']) {
      expect(statusOf(await raw(server, requestText({ host: 'localhost' }), host))).toBe(200);
    }
  });

  it('shows its URLs', async () => {
    const { server } = await startNode();
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect(server.wsUrl).toBe(`ws://127.0.0.1:${server.port}`);
  });

  it('says when a port is taken', async () => {
    const { server } = await startNode();
    const again = createServer({ routes: {}, port: server.port });
    await expect(again).rejects.toMatchObject({ code: 'SERVER_PORT_IN_USE' });
  });

  it('says when an address is not of this machine', async () => {
    const elsewhere = createServer({ routes: {}, host: '203.0.113.1' });
    await expect(elsewhere).rejects.toMatchObject({ code: 'SERVER_LISTEN_FAILED' });
  });

  it('warns when others can reach it', async () => {
    const records: LogRecord[] = [];
    const logger = createLogger({ sink: (record) => records.push(record) });
    const { server } = await startNode({ host: '0.0.0.0', logger });
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect(records).toMatchObject([{ level: 'warn' }]);
    await startNode({ host: 'localhost', logger });
    expect(records).toHaveLength(1);
  });
});

describe('close', () => {
  it('lets answers in flight leave, and is idempotent', async () => {
    const { server, held, gate } = await startNode();
    const pending = post(server, body('hold'));
    await expect.poll(() => held).toHaveLength(1);
    const closed = server.close();
    expect(server.close()).toBe(closed);
    gate.open();
    const response = await pending;
    expect(response.headers.get('connection')).toBe('close');
    expect(await response.json()).toMatchObject({ result: 'released' });
    await closed;
    await expect(post(server, body('echo'))).rejects.toThrow();
  });

  it('does not wait for connections without a request, nor for ever', async () => {
    const { server, held } = await startNode({ limits: { graceMs: 20 } });
    const idle = raw(server, '');
    const stuck = post(server, body('hold')).catch(() => 'cut');
    await expect.poll(() => held).toHaveLength(1);
    await server.close();
    expect(await idle).toBe('');
    expect(await stuck).toBe('cut');
  });
});

it('has the limits it promises', () => {
  const MIB = 1024 * 1024;
  expect(DEFAULT_SERVER_LIMITS).toMatchObject({
    bodyBytes: 5 * MIB,
    connections: 1024,
    headersTimeoutMs: 10_000,
    requestTimeoutMs: 60_000,
    executionMs: 5000,
    webSocketMessageBytes: 15 * MIB,
    bufferedBytes: 64 * MIB,
    webSocketsPerAddress: 128,
    pingMs: 30_000,
  });
});

async function hasIpv6(): Promise<boolean> {
  try {
    const server = await createServer({ routes: {}, host: '::1' });
    await server.close();
    return true;
  } catch {
    return false;
  }
}
