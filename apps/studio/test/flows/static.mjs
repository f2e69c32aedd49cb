import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settle } from './browser.mjs';
import { assert, test } from './suite.mjs';

const PAGE = join(dirname(fileURLToPath(import.meta.url)), '../../dist/page');
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Any static server, with the page in a folder of it. */
async function serveStatic() {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent((request.url ?? '/').split('?')[0]));
    const file = join(PAGE, path.replace(/^\/some\/folder\//, '').replace(/^\/?$/, 'index.html'));
    if (
      !path.startsWith('/some/folder/') ||
      !file.startsWith(PAGE) ||
      !existsSync(file) ||
      statSync(file).isDirectory()
    ) {
      if (path === '/some/folder/') response.setHeader('content-type', 'text/html');
      else {
        response.writeHead(404).end();
        return;
      }
    }
    const wanted = path === '/some/folder/' ? join(PAGE, 'index.html') : file;
    response.setHeader('content-type', TYPES[extname(wanted)] ?? 'application/octet-stream');
    createReadStream(wanted).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/some/folder/`, close: () => server.close() };
}

test('static: the page without a server runs a node, the example and the debugger, offline', async ({
  browser,
}) => {
  const host = await serveStatic();
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(host.url) && !request.url().startsWith('data:'))
      problems.push(request.url());
  });
  await page.goto(host.url);
  await page.getByText('One chain, in this page').waitFor({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Run a sample' }).first().click();
  await page.getByText('Unbalanced(220440, 214489)').waitFor({ timeout: 30_000 });
  // From here on nothing is asked of any server that is not here already.
  await page.getByRole('link', { name: 'Open at this step' }).click();
  await page.locator('.timeline').waitFor();
  await context.setOffline(true);
  await settle(page);
  await page.keyboard.press('ArrowLeft');
  assert.equal(await page.locator('.timeline').getAttribute('aria-valuenow'), '5890');
  await page.getByRole('searchbox', { name: 'Find in the trace' }).fill('SSTORE');
  await page.keyboard.press('Enter');
  await page.locator('.origin-node').first().waitFor();
  assert.match(page.url(), /#\/n\/ethereum\/t\/0x[\da-f]{64}\/debug/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await page.getByText('Deploy OrderBook by Account 0').waitFor();
  assert.deepEqual(problems, []);
  await context.close();
  host.close();
});

test('static: the ten lines of the README run and are debugged', async ({ browser }) => {
  const host = await serveStatic();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${host.url}#/accounts`);
  await page.getByText('Public test keys').waitFor({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Search, paste' }).click();
  await page.getByRole('combobox').fill('> ten lines');
  await page.keyboard.press('Enter');
  await page.waitForURL(/#\/n\/ethereum\/t\/0x[\da-f]{64}/, { timeout: 30_000 });
  await page.getByRole('link', { name: 'Debug' }).click();
  await page.locator('.timeline').waitFor();
  await settle(page);
  await page.keyboard.press('End');
  assert.match(await page.locator('.timeline').getAttribute('aria-valuetext'), /RETURN/);
  // No compiler told of it: bytecode alone.
  assert.equal(await page.locator('.pane-source').count(), 0);
  assert.match(await page.locator('.pane-code').innerText(), /RETURN/);
  await context.close();
  host.close();
});
