import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import { openPage, settle, startNode } from './browser.mjs';
import { encodePalettePng } from './palette-png.mjs';
import { screens } from './screens.mjs';
import { assert, test } from './suite.mjs';

/** The pictures of the documentation are what is compared with: they cannot grow old unseen. */
const PICTURES = join(dirname(fileURLToPath(import.meta.url)), '../../../../docs/studio');

/** Share of pixels that may differ, as other versions of a browser smooth text differently. */
const TOLERANCE = 0.001;

const NARROW = ['networks', 'debugger'];

for (const theme of ['dark', 'light']) {
  test(`visual: screens as in the documentation, ${theme}`, async ({ browser, update }) => {
    // A node of its own: pages of other tests must not have changed it.
    const node = await startNode();
    const { id } = await node.request('ninefold_sample', { net: 'ethereum' });
    const different = [];
    for (const width of [1440, 1024, 390]) {
      const { page, close } = await openPage(browser, node, { theme, width });
      // What differs from run to run: ports, memory, times, instances.
      await page.addInitScript(() => {
        const still = () => document.documentElement.classList.add('still');
        document.addEventListener('DOMContentLoaded', still);
      });
      for (const [name, path] of Object.entries(screens(id))) {
        if (width !== 1440 && !NARROW.includes(name)) continue;
        await page.goto(node.origin + path);
        await settle(page);
        await page.evaluate(() => {
          for (const element of document.querySelectorAll('.mono, code, dd, span, time, p, pre')) {
            if (element.childElementCount > 0) continue;
            const text = element.textContent ?? '';
            if (/127\.0\.0\.1:\d+|\d+\.\d MB|recorded in/.test(text)) {
              element.textContent = text
                .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8545')
                .replace(/[\d.]+ MB/, '96.0 MB');
            }
          }
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
            text.data = text.data
              .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8545')
              .replace(/[\d.]+ MB/, '96.0 MB')
              .replace(/recorded in .* ms/, 'recorded in 12 ms')
              .replace(/^\d+(\u2009\d+)?$/, (digits) =>
                text.parentElement?.closest('.status-bar') ? '12' : digits,
              )
              .replace(/^Node [\d.]+$/, 'Node 20.20.2');
          }
        });
        const file = join(PICTURES, `${name}-${theme}${width === 1440 ? '' : `-${width}`}.png`);
        const taken = await page.screenshot({ animations: 'disabled', caret: 'hide' });
        if (update || !existsSync(file)) {
          mkdirSync(PICTURES, { recursive: true });
          writeFileSync(file, encodePalettePng(PNG.sync.read(taken)));
          continue;
        }
        const share = difference(readFileSync(file), taken);
        if (share > TOLERANCE)
          different.push(`${name} at ${width}: ${(100 * share).toFixed(2)} % of the pixels`);
      }
      await close();
    }
    await node.close();
    assert.deepEqual(different, []);
  });
}

function difference(before, after) {
  const [a, b] = [PNG.sync.read(before), PNG.sync.read(after)];
  if (a.width !== b.width || a.height !== b.height) return 1;
  return pixelmatch(a.data, b.data, undefined, a.width, a.height, { threshold: 0.12 }) / (a.width * a.height);
}
