import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { serveRepository } from '../src/browser/static-server.ts';

async function serve(
  extra: Readonly<Record<string, string>> = {},
  folders: Readonly<Record<string, string>> = {},
) {
  const server = await serveRepository(extra, folders);
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

test('serves folders of other files, and nothing beside them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ninefold-vectors-'));
  mkdirSync(join(folder, 'inner'));
  writeFileSync(join(folder, 'inner/file.txt'), 'inside');
  writeFileSync(`${folder}.txt`, 'beside');
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
    rmSync(`${folder}.txt`);
  });
  const get = await serve({}, { '/vectors/': folder });
  expect(await (await get('/vectors/inner/file.txt')).text()).toBe('inside');
  for (const path of ['/vectors/inner/none', '/vectors/%2e%2e/file.txt', '/vectors/.txt', '/inner/file.txt'])
    expect((await get(path)).status, path).toBe(404);
});
