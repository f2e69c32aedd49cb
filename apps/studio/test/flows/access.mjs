import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { openPage, settle } from './browser.mjs';
import { EMPTY_SCREENS, ERROR_SCREENS, screens } from './screens.mjs';
import { assert, test } from './suite.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds, as short lines. */
async function violations(page) {
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ['violations'] }),
  );
  return found.flatMap(({ id, nodes }) =>
    nodes
      .slice(0, 3)
      .map(
        ({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.split('\n')[1] ?? ''}`,
      ),
  );
}

for (const theme of ['dark', 'light']) {
  test(`axe: every screen, full, ${theme}`, async ({ browser, node, id }) => {
    const { page, close } = await openPage(browser, node, { theme });
    const found = [];
    for (const [name, path] of Object.entries(screens(id))) {
      await page.goto(node.origin + path);
      await settle(page);
      for (const line of await violations(page)) found.push(`${name}: ${line}`);
    }
    await page.keyboard.press('Control+k');
    await page.getByRole('option').first().waitFor();
    for (const line of await violations(page)) found.push(`palette: ${line}`);
    await close();
    assert.equal([...new Set(found)].join('\n'), '');
  });

  test(`axe: every screen, empty and in error, ${theme}`, async ({ browser, newNode }) => {
    const node = await newNode();
    const { page, close } = await openPage(browser, node, { theme });
    const found = [];
    for (const [state, places] of Object.entries({ empty: EMPTY_SCREENS, error: ERROR_SCREENS })) {
      for (const [name, path] of Object.entries(places)) {
        await page.goto(node.origin + path);
        await settle(page);
        for (const line of await violations(page)) found.push(`${state} ${name}: ${line}`);
      }
    }
    await close();
    await node.close();
    assert.equal([...new Set(found)].join('\n'), '');
  });
}
