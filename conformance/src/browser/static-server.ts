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
 * Serves the build to browsers on this machine: no bundler, packages' names in imports become their paths, as
 * workers have no import maps. The headers let pages share memory with workers.
 *
 * @param extra text by path, besides the files
 * @param folders folders of other files by what their paths begin with
 */
export async function serveRepository(
  extra: Readonly<Record<string, string>>,
  folders: Readonly<Record<string, string>> = {},
): Promise<StaticServer> {
  const pages = new Map(Object.entries({ '/': PAGE, ...extra }));
  const packages = packagePaths();
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').split('?', 1)[0] as string);
    const file = pages.get(path) ?? fileBelow(folders, path);
    const body = extname(path) === '.js' ? withPaths(String(file), packages) : file;
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const type = path === '/' ? TYPES['.html'] : (TYPES[extname(path)] ?? 'text/plain; charset=utf-8');
    response.writeHead(200, { 'content-type': type, ...ISOLATION }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

function fileBelow(folders: Readonly<Record<string, string>>, path: string): Buffer | undefined {
  const prefix = Object.keys(folders).find((start) => path.startsWith(start));
  if (prefix === undefined) return fileAt(ROOT, path);
  return fileAt(join(folders[prefix] as string, '/'), path.slice(prefix.length));
}

/** A file below `root`, which ends with a slash. */
function fileAt(root: string, path: string): Buffer | undefined {
  const file = join(root, normalize(`/${path}`));
  if (!file.startsWith(root) || !existsSync(file)) return undefined;
  return readFileSync(file);
}

const PAGE = '<!doctype html><title>Ninefold</title><link rel="icon" href="data:,">';

/** Without these there is no SharedArrayBuffer. */
const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
} as const;

/** What follows `from` or `import` in a module. */
const SPECIFIER = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])([@a-z][^'"]*)\2/g;

function withPaths(source: string, packages: ReadonlyMap<string, string>): string {
  return source.replace(SPECIFIER, (whole, before: string, quote: string, specifier: string) => {
    const path = pathOf(specifier, packages);
    return path === undefined ? whole : `${before}${quote}${path}${quote}`;
  });
}

function pathOf(specifier: string, packages: ReadonlyMap<string, string>): string | undefined {
  const parts = specifier.split('/');
  const name = parts.splice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  if (parts.length === 0) return packages.get(name);
  const folder = packages.get(`${name}/`);
  return folder === undefined ? undefined : folder + parts.join('/');
}

type Manifest = {
  readonly name: string;
  readonly main?: string;
  readonly exports?: Readonly<Record<string, unknown>> | string;
  readonly dependencies?: Readonly<Record<string, string>>;
};

/** Our packages by name, and what they depend on: subpaths there are named after their files. */
function packagePaths(): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  const add = (folder: string): void => {
    const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
    const { name, dependencies = {} } = manifest;
    if (paths.has(name)) return;
    paths.set(name, `/${folder}/${entryOf(manifest)}`);
    paths.set(`${name}/`, `/${folder}/`);
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
  return paths;
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
