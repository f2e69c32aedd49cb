// The studio's flows in headless Chromium, against a real node:
//
//   npm run test:studio                      all
//   npm run test:studio -- --only axe        those whose name has "axe" in it
//   npm run test:studio -- --only visual --update   write the pictures that later runs are compared with
//   npm run test:studio -- --only budget     print the measurements alone
//
// Needs a build. Without Chromium it says so and passes: nothing was looked at.
import { parseArgs } from 'node:util';
import { findChromium, launch, startNode } from './browser.mjs';
import { runTests } from './suite.mjs';
import './flows.mjs';
import './access.mjs';
import './hostile.mjs';
import './visual.mjs';
import './static.mjs';
import './budgets.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    update: { type: 'boolean', default: false },
    chromium: { type: 'string' },
  },
});

const executablePath = findChromium(values.chromium);
if (executablePath === undefined) {
  process.stdout.write('Chromium is not installed: no flow was run. Name one with --chromium.\n');
  process.stdout.write('0 passed, 0 failed, 1 skipped\n');
  process.exit(0);
}
const browser = await launch(executablePath);
const node = await startNode();
const { id } = await node.request('ninefold_sample', { net: 'ethereum' });
try {
  process.exitCode = await runTests(values.only, {
    browser,
    node,
    id,
    newNode: startNode,
    update: values.update,
  });
} finally {
  await browser.close();
  await node.close();
}
