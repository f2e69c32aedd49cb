import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository, from `conformance/dist/browser`. */
const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.html': 'text/html; charset=utf-8',
  '.map': 'application/json',
};

export type StaticServer = { readonly url: string; readonly close: () => void };

/**
 * Serves the build as it is to browsers on this machine: no bundler, an import map says where the
 * packages are.
 *
 * @param extra text by path, besides the files
 */
export async function serveRepository(extra: Readonly<Record<string, string>>): Promise<StaticServer> {
  const pages = new Map(Object.entries({ '/': page(), ...extra }));
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').split('?', 1)[0] as string);
    const text = pages.get(path);
    const body = text ?? fileAt(path);
    if (body === undefined) {
      response.writeHead(404).end();
      return;
    }
    const type = path === '/' ? TYPES['.html'] : (TYPES[extname(path)] ?? 'text/plain; charset=utf-8');
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

function fileAt(path: string): Buffer | undefined {
  const file = join(ROOT, normalize(path));
  if (!file.startsWith(ROOT) || !existsSync(file)) return undefined;
  return readFileSync(file);
}

function page(): string {
  return `<!doctype html><title>Ninefold</title><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports: importMap() })}</script>`;
}

type Manifest = {
  readonly name: string;
  readonly main?: string;
  readonly exports?: Readonly<Record<string, unknown>> | string;
  readonly dependencies?: Readonly<Record<string, string>>;
};

/** Our packages by name, and what they depend on: subpaths there are named after their files. */
function importMap(): Readonly<Record<string, string>> {
  const imports: Record<string, string> = {};
  const add = (folder: string): void => {
    const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
    const { name, dependencies = {} } = manifest;
    if (imports[name] !== undefined) return;
    imports[name] = `/${folder}/${entryOf(manifest)}`;
    imports[`${name}/`] = `/${folder}/`;
    for (const dependency of Object.keys(dependencies)) {
      const installed = `node_modules/${dependency}`;
      if (!dependency.startsWith('@ninefold/') && existsSync(join(ROOT, installed))) add(installed);
    }
  };
  add('ninefold');
  for (const group of ['packages', 'vms', 'chains']) {
    for (const folder of readdirSync(join(ROOT, group))) {
      if (existsSync(join(ROOT, group, folder, 'package.json'))) add(`${group}/${folder}`);
    }
  }
  return imports;
}

/** The file behind a package's name for an ES module import. */
function entryOf({ exports, main = 'index.js' }: Manifest): string {
  let entry: unknown = exports;
  if (typeof entry === 'object' && entry !== null && '.' in entry)
    entry = (entry as { readonly '.': unknown })['.'];
  while (typeof entry === 'object' && entry !== null) {
    const { import: module, default: fallback } = entry as Readonly<Record<string, unknown>>;
    entry = module ?? fallback;
  }
  return (typeof entry === 'string' ? entry : main).replace(/^\.\//, '');
}
