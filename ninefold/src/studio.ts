import { randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, sep } from 'node:path';
import type { Bytes, Logger } from '@ninefold/base';
import { defineErrors, isNinefoldError } from '@ninefold/base';
import type { HttpAnswer, HttpRequest, Server } from '@ninefold/server';
import { createServer, httpRoute, rpcRoute } from '@ninefold/server';
import type { Endpoint, Studio } from '@ninefold/studio-api';
import { createStudio } from '@ninefold/studio-api';
import { openEthereumStudio } from '@ninefold/chain-ethereum';
import type { ChainUrls } from './listen.ts';
import type { Node } from './node.ts';

const fail = defineErrors({
  STUDIO_NOT_BUILT: (c: { readonly folder: string }) =>
    `The studio's page is not in ${c.folder}: run "npm run build" first`,
});

/** The studio's own port, or the next free one. */
export const DEFAULT_STUDIO_PORT = 9909;
const PORTS_TRIED = 20;

const TOKEN_BYTES = 24;
const TOKEN_HEADER = 'x-ninefold-token';

/**
 * Scripts, styles and fonts of this server alone; what a program says cannot become any of them. Chains are
 * called on their own ports.
 */
export const CONTENT_SECURITY_POLICY: string = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "worker-src 'self'",
  "connect-src 'self' http://127.0.0.1:* http://localhost:* ws://127.0.0.1:* ws://localhost:*",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const SAFE: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

export type StudioListenOptions = {
  /** 9909 or the next free one when absent, 0 for any. */
  readonly port?: number | undefined;
  readonly version: string;
  readonly readyMs: number;
  readonly logger: Logger;
  /** Where the chain answers its own clients. */
  readonly urls: ChainUrls | undefined;
  /** Folder of the built page. */
  readonly page?: string | undefined;
};

export type ListeningStudio = {
  /** With the token in its fragment: who has it may see and steer the node. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly close: () => Promise<void>;
};

/**
 * Serves the studio for a node on a port of its own. Only its own page may ask, with the token of this start.
 *
 * @throws `STUDIO_NOT_BUILT`, `SERVER_PORT_IN_USE`, `SERVER_LISTEN_FAILED`
 */
export async function listenStudio(node: Node, options: StudioListenOptions): Promise<ListeningStudio> {
  const { logger, urls, version, readyMs } = options;
  const files = pageFiles(options.page ?? builtPage());
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const studio = createStudio({
    chains: [await openEthereumStudio(node.ethereum)],
    endpoints: () => endpointsOf(urls),
    info: { version, readyMs, instance: node.ethereum.node.instance, host: `Node ${process.versions.node}` },
    memory: () => process.memoryUsage.rss(),
    logger,
  });
  const guarded = (handle: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>) =>
    httpRoute((request) => (isToken(request, token) ? handle(request) : REFUSED));
  const routes = {
    '/rpc': guarded(({ body, context }) => answerRpc(studio, body, context)),
    '/bin/*': guarded(({ path, query }) => answerBinary(studio, path, query)),
    // A page cannot give a WebSocket headers: the token stands in its path.
    [`/ws/${token}`]: rpcRoute({ dispatcher: studio.dispatcher, hub: studio.hub }),
    '/*': httpRoute((request) => answerPage(files, request)),
  };
  try {
    const server = await bind(options.port, (port) =>
      createServer({ routes, port, ownOriginOnly: true, logger: logger.child('studio') }),
    );
    return {
      url: `${server.url}/#k=${token}`,
      port: server.port,
      token,
      close: async () => {
        studio.close();
        await server.close();
      },
    };
  } catch (error) {
    studio.close();
    throw error;
  }
}

async function bind(port: number | undefined, listen: (port: number) => Promise<Server>): Promise<Server> {
  if (port !== undefined) return listen(port);
  for (let tried = 0; tried < PORTS_TRIED; tried++) {
    try {
      return await listen(DEFAULT_STUDIO_PORT + tried);
    } catch (error) {
      if (!isNinefoldError(error, 'SERVER_PORT_IN_USE')) throw error;
    }
  }
  return listen(0);
}

function endpointsOf(urls: ChainUrls | undefined): readonly Endpoint[] {
  if (urls === undefined) return [{ kind: 'in-process', url: 'in process' }];
  return [
    { kind: 'http', url: urls.http },
    { kind: 'ws', url: urls.ws },
    ...(urls.ipc === undefined ? [] : [{ kind: 'ipc' as const, url: urls.ipc }]),
  ];
}

const REFUSED: HttpAnswer = {
  status: 401,
  headers: { ...SAFE, 'content-type': 'text/plain; charset=utf-8' },
  body: 'Open the studio with the link that the node printed: it carries the token\n',
};

function isToken({ headers }: HttpRequest, token: string): boolean {
  const given = Buffer.from(String(headers[TOKEN_HEADER] ?? ''));
  const expected = Buffer.from(token);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

async function answerRpc(studio: Studio, body: Bytes, context: HttpRequest['context']): Promise<HttpAnswer> {
  const answer = await studio.dispatcher.handleText(body, context);
  return {
    headers: { ...SAFE, 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: answer ?? '',
  };
}

function answerBinary(studio: Studio, path: string, query: URLSearchParams): HttpAnswer {
  try {
    const { bytes, type } = studio.binary(path.slice('/bin/'.length), query);
    return { headers: { ...SAFE, 'content-type': type, 'cache-control': 'no-store' }, body: bytes };
  } catch (error) {
    if (!isNinefoldError(error)) throw error;
    return {
      status: 404,
      headers: { ...SAFE, 'content-type': 'application/json' },
      body: JSON.stringify(error),
    };
  }
}

/** Path of a file of the page -> where it is. */
type PageFiles = ReadonlyMap<string, string>;

function builtPage(): string {
  return join(
    dirname(createRequire(import.meta.url).resolve('@ninefold/app-studio/package.json')),
    'dist/page',
  );
}

function pageFiles(folder: string): PageFiles {
  if (!existsSync(join(folder, 'index.html'))) throw fail('STUDIO_NOT_BUILT', { folder });
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    entries.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [`/${relative(folder, file).split(sep).join('/')}`, file];
    }),
  );
}

/** A file of the page; any other path is a place in the page, which finds its own way. */
async function answerPage(files: PageFiles, { method, path, headers }: HttpRequest): Promise<HttpAnswer> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, headers: { ...SAFE, allow: 'GET, HEAD' } };
  // What another site embeds carries no Origin, but browsers tell where it comes from.
  const site = headers['sec-fetch-site'];
  if ((site === 'cross-site' || site === 'same-site') && headers['sec-fetch-mode'] !== 'navigate') {
    return {
      status: 403,
      headers: { ...SAFE, 'content-type': 'text/plain' },
      body: 'Only for its own page\n',
    };
  }
  const file = path === '/index.html' ? undefined : files.get(path);
  if (file === undefined && path.startsWith('/assets/')) return { status: 404, headers: SAFE };
  const type = TYPES[extname(file ?? 'index.html')] ?? 'application/octet-stream';
  if (file !== undefined) {
    const cache = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    return { headers: { ...SAFE, 'content-type': type, 'cache-control': cache }, body: await readFile(file) };
  }
  const html = await readFile(files.get('/index.html') as string, 'utf8');
  // The page is built to stand in any folder; here it is asked for at any depth, and has a node.
  const shell = html
    .replaceAll('"./', '"/')
    .replace('name="ninefold-node" content="page"', 'name="ninefold-node" content="server"');
  return {
    headers: { ...SAFE, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
    body: shell,
  };
}
