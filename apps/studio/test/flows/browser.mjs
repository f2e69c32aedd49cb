// Headless Chromium for the flows, and a node for it to look at.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import { manualClock, silentLogger } from '../../../../packages/base/dist/index.js';
import { createNode } from '../../../../ninefold/dist/index.js';
import { listenStudio } from '../../../../ninefold/dist/studio.js';

const CHROMIUM_PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

// A browser that talks to nobody but this test.
const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--font-render-hinting=none',
];

/** 2026-01-01: nodes and pages of the flows have one time. */
export const START = 1_767_225_600_000;

/** The browser's program, undefined when none is installed. */
export function findChromium(named) {
  return named ?? CHROMIUM_PATHS.find((path) => existsSync(path));
}

export function launch(executablePath) {
  return chromium.launch({ executablePath, headless: true, args: CHROMIUM_FLAGS });
}

/** A node with a clock of its own, its studio, and a way to ask it. */
export async function startNode() {
  const clock = manualClock(START);
  const node = await createNode({ clock, chains: { ethereum: { clock } } });
  const { ethereum: urls } = await node.listen({ port: 0 });
  const studio = await listenStudio(node, {
    port: 0,
    version: '0.1.0',
    readyMs: 312,
    logger: silentLogger,
    urls,
  });
  const request = async (method, params) => {
    const response = await fetch(new URL('/rpc', studio.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-ninefold-token': studio.token },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = await response.json();
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  return {
    clock,
    node,
    url: studio.url,
    origin: new URL(studio.url).origin,
    token: studio.token,
    request,
    rpc: (method, ...params) => node.ethereum.request({ method, params }),
    close: async () => {
      await studio.close();
      await node.close();
    },
  };
}

/**
 * A page of the studio. Whatever goes wrong in it, and whatever its policy had to stop, is remembered in
 * `problems`.
 */
export async function openPage(browser, node, options = {}) {
  const { theme = 'dark', width = 1440, height = 900, path = '/', fresh = true } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    deviceScaleFactor: 1,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(`page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  if (fresh) await page.clock.setFixedTime(node.clock.now() + 4200);
  await page.goto(node.url);
  await page.waitForSelector('.header');
  if (path !== '/') await page.goto(node.origin + path);
  await settle(page);
  return { page, problems, close: () => context.close() };
}

/** Waits until nothing is loading and the fonts are there. */
export async function settle(page) {
  await page.waitForFunction(
    () =>
      document.querySelector('.skeleton, .recording') === null &&
      document.querySelector('main')?.childElementCount > 0,
    undefined,
    { timeout: 20_000 },
  );
  await page.evaluate(() => document.fonts.ready);
  await page.waitForFunction(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))),
  );
  await new Promise((resolve) => setTimeout(resolve, 120));
}

/** A server of another origin on this machine. */
export async function serveForeign(handler) {
  const server = createServer(handler);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
