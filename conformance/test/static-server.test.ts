import { expect, onTestFinished, test } from 'vitest';
import { serveRepository } from '../src/browser/static-server.ts';

async function serve(extra: Readonly<Record<string, string>> = {}) {
  const server = await serveRepository(extra);
  onTestFinished(() => server.close());
  return (path: string) => fetch(`${server.url}${path}`);
}

/** The paths that a module imports from. */
function importsOf(source: string): readonly string[] {
  return Array.from(
    source.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g),
    ([, path]) => path as string,
  );
}

test('modules import packages by paths to files that are there', async () => {
  const get = await serve();
  for (const module of [
    '/ninefold/dist/index.js',
    '/packages/crypto/dist/index.js',
    '/vms/evm/dist/index.js',
  ]) {
    const response = await get(module);
    expect(response.headers.get('content-type')).toBe('text/javascript');
    const paths = importsOf(await response.text());
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths) expect(path, module).toMatch(/^(\.\.?)?\//);
    for (const path of paths.filter((own) => own.startsWith('/'))) {
      const imported = await get(path);
      expect(imported.status, path).toBe(200);
      await imported.arrayBuffer();
    }
  }
});

test('the page is isolated, so that it may share memory with workers', async () => {
  const get = await serve();
  const { headers } = await get('/');
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
});

test('serves what it is given besides', async () => {
  const get = await serve({ '/records.ndjson': '{}' });
  expect(await (await get('/records.ndjson')).text()).toBe('{}');
});

test('serves nothing outside of the repository', async () => {
  const get = await serve();
  for (const path of ['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/no/such/file.js']) {
    expect((await get(path)).status).toBe(404);
  }
});
