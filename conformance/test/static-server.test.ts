import { expect, onTestFinished, test } from 'vitest';
import { serveRepository } from '../src/browser/static-server.ts';

async function serve(extra: Readonly<Record<string, string>> = {}) {
  const server = await serveRepository(extra);
  onTestFinished(() => server.close());
  return (path: string) => fetch(`${server.url}${path}`);
}

test('the page maps our packages and what they need to files that are there', async () => {
  const get = await serve();
  const html = await (await get('/')).text();
  const { imports } = JSON.parse(/<script type="importmap">(.*?)<\/script>/s.exec(html)![1]!) as {
    imports: Record<string, string>;
  };
  expect(imports['ninefold']).toBe('/ninefold/dist/index.js');
  expect(imports['@ninefold/vm-evm']).toBe('/vms/evm/dist/index.js');
  expect(imports['@noble/curves/']).toBe('/node_modules/@noble/curves/');
  for (const name of ['@ninefold/base', '@noble/hashes', '@scure/bip32']) {
    const response = await get(imports[name]!);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/javascript');
    await response.text();
  }
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
