import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@ninefold/base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Node } from '../src/node.ts';
import { createNode } from '../src/node.ts';
import type { ListeningStudio } from '../src/studio.ts';
import { CONTENT_SECURITY_POLICY, listenStudio } from '../src/studio.ts';

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

let page: string;
let node: Node;
let studio: ListeningStudio;

beforeAll(async () => {
  page = mkdtempSync(join(tmpdir(), 'ninefold-page-'));
  mkdirSync(join(page, 'assets'));
  writeFileSync(
    join(page, 'index.html'),
    '<!doctype html><meta name="ninefold-node" content="page" /><script src="./assets/a.js"></script>',
  );
  writeFileSync(join(page, 'assets/a.js'), 'void 0;');
  node = await createNode();
  const options = { port: 0, version: '1.2.3', readyMs: 5, logger: silentLogger, urls: undefined, page };
  studio = await listenStudio(node, options);
});

afterAll(async () => {
  await studio.close();
  await node.close();
  rmSync(page, { recursive: true, force: true });
});

function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port: studio.port, host: '127.0.0.1', path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const INFO = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ninefold_info', params: {} });
const withToken = (): Record<string, string> => ({ ...JSON_TYPE, 'x-ninefold-token': studio.token });
const rpc = (headers: Record<string, string>): Promise<Answer> =>
  ask('/rpc', { method: 'POST', headers, body: INFO });

describe('the studio port', () => {
  test('answers who has the token of this start', async () => {
    const { status, body } = await rpc(withToken());
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ result: { version: '1.2.3', readyMs: 5 } });
    expect(studio.url).toBe(`http://127.0.0.1:${studio.port}/#k=${studio.token}`);
    expect(studio.token.length).toBeGreaterThanOrEqual(32);
  });

  test.each([
    ['no token', {}],
    ['a wrong one', { 'x-ninefold-token': 'x'.repeat(32) }],
    ['an empty one', { 'x-ninefold-token': '' }],
  ])('refuses %s', async (_, headers) => {
    expect((await rpc({ ...JSON_TYPE, ...headers })).status).toBe(401);
    expect((await ask('/bin/trace/1/frames', { headers })).status).toBe(401);
  });

  test.each([
    ['another site', 'https://evil.test'],
    ['another port of this machine', 'http://127.0.0.1:3000'],
    ['another name of this machine', 'http://localhost:3000'],
    ['an extension', 'chrome-extension://abcdef'],
    ['a file', 'null'],
  ])('a page of %s reads nothing, whatever it sends', async (_, origin) => {
    for (const path of ['/', '/rpc', '/bin/trace/1/frames', '/assets/a.js', '/health', '/metrics']) {
      const method = path === '/rpc' ? 'POST' : 'GET';
      const { status, headers } = await ask(path, {
        method,
        headers: { ...withToken(), origin },
        ...(method === 'POST' && { body: INFO }),
      });
      expect(status).toBe(403);
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    const preflight = await ask('/rpc', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(403);
  });

  test('a rebound name is refused', async () => {
    expect((await rpc({ ...withToken(), host: 'evil.test' })).status).toBe(403);
  });

  test('what another site embeds is refused, a link to the page is not', async () => {
    const script = await ask('/assets/a.js', {
      headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    });
    expect(script.status).toBe(403);
    const link = await ask('/', {
      headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    });
    expect(link.status).toBe(200);
  });

  test('its own page may ask', async () => {
    const { status, headers } = await rpc({
      ...withToken(),
      origin: `http://127.0.0.1:${studio.port}`,
      host: `127.0.0.1:${studio.port}`,
    });
    expect(status).toBe(200);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('the page', () => {
  test('comes with its policy, at any depth', async () => {
    for (const path of ['/', '/n/ethereum/t/0x12/debug?s=3', '/no/such/place']) {
      const { status, headers, body } = await ask(path);
      expect(status).toBe(200);
      expect(headers['content-security-policy']).toBe(CONTENT_SECURITY_POLICY);
      expect(headers['cross-origin-opener-policy']).toBe('same-origin');
      expect(headers['cross-origin-embedder-policy']).toBe('require-corp');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(body).toContain('src="/assets/a.js"');
      expect(body).toContain('content="server"');
      expect(body).not.toContain(studio.token);
    }
  });

  test('the policy allows no script and style but the page’s own', () => {
    expect(CONTENT_SECURITY_POLICY).toContain("default-src 'none'");
    expect(CONTENT_SECURITY_POLICY).not.toContain('unsafe-inline');
    expect(CONTENT_SECURITY_POLICY).not.toContain("'unsafe-eval'");
  });

  test('assets are what they are; nothing else of the disk is served', async () => {
    const { headers, body } = await ask('/assets/a.js');
    expect(headers['content-type']).toContain('text/javascript');
    expect(headers['cache-control']).toContain('immutable');
    expect(body).toBe('void 0;');
    expect((await ask('/assets/none.js')).status).toBe(404);
    const outside = await ask('/assets/../../../../etc/passwd');
    expect(outside.body).not.toContain('root:');
    expect((await ask('/', { method: 'DELETE' })).status).toBe(405);
  });

  test('without a built page there is a clear error', async () => {
    const options = {
      port: 0,
      version: '1',
      readyMs: 0,
      logger: silentLogger,
      urls: undefined,
      page: join(page, 'none'),
    };
    await expect(listenStudio(node, options)).rejects.toMatchObject({ code: 'STUDIO_NOT_BUILT' });
  });
});

describe('the stream', () => {
  const open = (path: string): Promise<WebSocket> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${studio.port}${path}`);
      socket.on('open', () => resolve(socket));
      socket.on('error', reject);
    });

  test('is at a path that only the token knows', async () => {
    await expect(open('/ws/wrong')).rejects.toThrow('404');
    await expect(open('/ws')).rejects.toThrow('404');
  });

  test('tells of blocks in batches', async () => {
    const socket = await open(`/ws/${studio.token}`);
    const messages: {
      readonly result?: unknown;
      readonly params?: {
        readonly result: { readonly topic: string; readonly items: readonly { readonly number: string }[] };
      };
    }[] = [];
    const told = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        messages.push(JSON.parse(data.toString('utf8')));
        const [first] = messages;
        if (messages.length === 1 && first?.result !== undefined) node.ethereum.mine(3);
        if (messages.some(({ params }) => params?.result.items.at(-1)?.number === '3')) resolve();
      });
    });
    socket.send(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ninefold_subscribe', params: { topic: 'heads' } }),
    );
    await told;
    const numbers = messages.flatMap(({ params }) => params?.result.items.map(({ number }) => number) ?? []);
    expect(numbers).toEqual(['1', '2', '3']);
    socket.close();
  });
});
