import { openPage, settle } from './browser.mjs';
import { assert, test } from './suite.mjs';

const step = (page) => page.locator('.timeline').getAttribute('aria-valuenow').then(Number);
const told = (page) => page.locator('.timeline').getAttribute('aria-valuetext');

async function until(page, check, what) {
  for (let i = 0; i < 100; i++) {
    if (await check()) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`${what} did not come about`);
}

test('flow: fresh node, sample, debugger, step back, link, the same step in a clean profile', async ({
  browser,
  newNode,
}) => {
  const node = await newNode();
  const { page, problems, close } = await openPage(browser, node);
  await page.getByText('Nothing was sent yet').waitFor();
  await page.getByRole('button', { name: 'Run a sample' }).first().click();
  await page.waitForURL(/\/t\/0x/);
  await page.getByText('Unbalanced(220440, 214489)').waitFor();
  assert.match(await page.locator('.verdict').innerText(), /settleExactly, OrderBook\.sol line 79/);
  await page.getByRole('link', { name: 'Open at this step' }).click();
  await page.locator('.timeline').waitFor();
  await settle(page);
  assert.equal(await step(page), 5891);
  assert.match(await told(page), /REVERT, OrderBook\.sol line 79/);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('k');
  assert.equal(await step(page), 5889);
  await page.keyboard.press('ArrowRight');
  assert.equal(await step(page), 5890);
  await page.keyboard.press('Shift+ArrowLeft');
  assert.equal(await step(page), 5790);
  await page.getByRole('button', { name: 'EVM', exact: true }).click();
  await until(page, () => page.url().includes('l=sol'), 'the address');
  await page.keyboard.press('y');
  await page.getByText('Link copied').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /s=5790/);
  const other = await openPage(browser, node, { path: link.replace(node.origin, '') });
  assert.equal(await step(other.page), 5790);
  assert.equal(await other.page.locator('.pane-code').count(), 0);
  assert.equal(await other.page.locator('.pane-source').count(), 1);
  assert.deepEqual([...problems, ...other.problems], []);
  await other.close();
  await close();
  await node.close();
});

test('flow: a wrong storage value back to the calldata word and the line it came from', async ({
  browser,
  node,
  id,
}) => {
  const { page, problems, close } = await openPage(browser, node, { path: `/n/ethereum/t/${id}/debug` });
  await page.getByRole('searchbox', { name: 'Find in the trace' }).fill('SSTORE');
  await page.keyboard.press('Enter');
  await page.getByText('1 of 9').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('2 of 9').waitFor();
  assert.equal(await step(page), 1558);
  await page.locator('.pane-source .row.now').getByText('proceeds').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowRight');
  const value = page.locator('.pane-lower button', { hasText: 'proceeds[0x7099…79c8]' });
  await value.waitFor();
  assert.match(await value.innerText(), /242.743 → 364.236/);
  await value.click();
  const nodes = page.locator('.origin-node > button:first-child');
  await until(page, async () => (await nodes.count()) === 6, 'six nodes of the origin');
  const texts = await nodes.allInnerTexts();
  assert.deepEqual(
    texts.map((text) => text.split('\n')[0].trim()),
    ['CALLDATALOAD', 'MUL', 'DIV', 'SUB', 'ADD', 'SSTORE'],
  );
  assert.match(texts[0], /fills\[0\]\.amount/);
  // The other operand of SUB is the fee: followed, it leads to the wrong line.
  await page.locator('.origin-branch', { hasText: /3.757/ }).click();
  await until(
    page,
    async () => /FEE_BPS \/ 1_000/.test(await page.locator('.origin-chain').innerText()),
    'the branch',
  );
  await page.locator('.origin-node > button:first-child', { hasText: 'FEE_BPS / 1_000' }).last().click();
  await until(page, async () => /line 92/.test((await told(page)) ?? ''), 'the line of the bug');
  assert.match(await page.locator('.pane-source .row.now').innerText(), /paid - paid \* FEE_BPS \/ 1_000/);
  assert.deepEqual(problems, []);
  await close();
});

test('flow: breakpoints, runs, over, out, watches, marks', async ({ browser, node, id }) => {
  const { page, problems, close } = await openPage(browser, node, { path: `/n/ethereum/t/${id}/debug` });
  await page.locator('.pane-source .row').first().waitFor();
  // A breakpoint on the line of the second _fill, set from a step on it.
  await page.getByRole('searchbox', { name: 'Find in the trace' }).fill('OrderBook.sol:90');
  await page.keyboard.press('Enter');
  await until(page, async () => /line 90/.test((await told(page)) ?? ''), 'line 90');
  await page.keyboard.press('Escape');
  await page.keyboard.press('b');
  await page.getByText('1 breakpoints').waitFor();
  await page.keyboard.press('Home');
  const hits = [];
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('Space');
    hits.push(await step(page));
    assert.match(await told(page), /line 90/);
  }
  assert.ok(hits[0] < hits[1] && hits[1] < hits[2]);
  await page.keyboard.press('Shift+Space');
  assert.ok((await step(page)) < hits[2]);
  const before = await step(page);
  await page.keyboard.press('o');
  assert.match(await told(page), /line 9\d/);
  const after = await step(page);
  assert.ok(after > before);
  await page.keyboard.press('Shift+O');
  assert.ok((await step(page)) < after);
  const depth = () => page.locator('.call-stack li').count();
  const deep = await depth();
  await page.keyboard.press('u');
  assert.equal(await depth(), deep - 1);
  await page.keyboard.press('End');
  await page.keyboard.press('Shift+W');
  await page.getByRole('textbox', { name: 'Value to watch' }).fill('fees');
  await page.keyboard.press('Enter');
  await until(
    page,
    async () => /1.680/.test(await page.locator('.pane-lower').innerText()),
    'the watched value',
  );
  await page.locator('.timeline').focus();
  await page.keyboard.press('m');
  await until(page, () => page.url().includes('m=5891'), 'the mark in the address');
  await page.keyboard.press('w');
  await until(page, () => /v=\d/.test(page.url()), 'the zoom in the address');
  await page.keyboard.press('Shift+Z');
  assert.deepEqual(problems, []);
  await close();
});

test('flow: paste each kind of id', async ({ browser, node, id }) => {
  const { page, problems, close } = await openPage(browser, node);
  const open = async (text, title, url) => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill(text);
    await page.getByRole('option', { name: title }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(url);
  };
  await open(id, 'Transaction', `**/n/ethereum/t/${id}`);
  await open('3', 'Block 3', '**/n/ethereum/b/3');
  const block = await node.rpc('eth_getBlockByNumber', '0x5', false);
  await open(block.hash, 'Block 5', '**/n/ethereum/b/5');
  await open('0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266', 'Account 0', '**/n/ethereum/a/0xf39Fd6**');
  await open('orderb', 'OrderBook', '**/n/ethereum/a/0xe7f1**');
  await open(`https://etherscan.io/tx/${id}`, 'Transaction', `**/n/ethereum/t/${id}`);
  await page.goBack();
  await page.waitForURL('**/n/ethereum/a/0xe7f1**');
  assert.deepEqual(problems, []);
  await close();
});

test('flow: faucet, send from outside, see it live, snapshot and revert', async ({ browser, newNode }) => {
  const node = await newNode();
  const { page, problems, close } = await openPage(browser, node, { path: '/accounts' });
  await page.getByRole('button', { name: 'Faucet', exact: true }).first().click();
  await page.getByText('100 ETH for Account 0').waitFor();
  await page.getByRole('cell', { name: /10.100 ETH/ }).waitFor();
  await page.getByRole('link', { name: 'Networks' }).first().click();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('> snapshot');
  await page.keyboard.press('Enter');
  await page.getByText('Snapshot 0x1').waitFor();
  const [from, to] = await node.rpc('eth_accounts');
  await node.rpc('eth_sendTransaction', { from, to, value: '0xde0b6b3a7640000' });
  await page.getByText('Send 1 ETH to Account 1 from Account 0').waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('revert');
  await page.keyboard.press('Enter');
  await page.getByText('Back at snapshot 0x1').waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('mine');
  await page.keyboard.press('Enter');
  await page.getByText('Mined a block').waitFor();
  await page.getByText('Nothing was sent yet').waitFor();
  assert.deepEqual(problems, []);
  await close();
  await node.close();
});

test('flow: dropped build-info gives names and lines', async ({ browser, newNode }) => {
  const node = await newNode();
  const { SAMPLE_BUILD_INFO } = await import('../../../../chains/ethereum/dist/studio/sample-build-info.js');
  const info = JSON.parse(SAMPLE_BUILD_INFO);
  const [from] = await node.rpc('eth_accounts');
  const data = `0x${info.output.contracts['OrderBook.sol'].Oracle.evm.bytecode.object}`;
  await node.rpc('eth_sendTransaction', { from, data, gas: '0x2dc6c0' });
  const { page, problems, close } = await openPage(browser, node);
  await page.getByText('Deploy 0x').waitFor();
  await page
    .getByLabel('Files with sources')
    .setInputFiles([
      { name: 'build-info.json', mimeType: 'application/json', buffer: Buffer.from(SAMPLE_BUILD_INFO) },
    ]);
  await page.getByText('Two contracts read, 1 of them deployed here').waitFor();
  await page.getByText('Deploy Oracle by Account 0').waitFor();
  await page.getByLabel('Files with sources').setInputFiles([
    {
      name: 'x.json',
      mimeType: 'application/json',
      buffer: Buffer.from('{"abi":[1,null,{"type":"function"}]'),
    },
  ]);
  await page.getByText('x.json is no JSON').waitFor();
  assert.deepEqual(problems, []);
  await close();
  await node.close();
});

test('flow: the keyboard alone, focus always visible', async ({ browser, newNode }) => {
  const node = await newNode();
  const { page, problems, close } = await openPage(browser, node);
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  // Every stop of the first screen shows where one is, and Tab comes around.
  const stops = new Set();
  for (let i = 0; i < 60; i++) {
    await press('Tab');
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return 'end';
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const name = element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 40) ?? '';
      return `${outlineStyle === 'none' || outlineWidth === '0px' ? 'HIDDEN ' : ''}${element.tagName} ${name}`;
    });
    if (stop === 'end') break;
    assert.ok(!stop.startsWith('HIDDEN'), stop);
    stops.add(stop);
  }
  assert.ok(stops.size > 12, [...stops].join('\n'));
  await press('Control+k');
  await page.keyboard.type('> run a sample');
  await press('Enter');
  await page.waitForURL(/\/t\/0x/);
  await page.getByText('Unbalanced').waitFor();
  await press('Control+k');
  await page.keyboard.type(':1559');
  await press('Enter');
  await page.locator('.timeline').waitFor();
  await settle(page);
  assert.equal(await step(page), 1559);
  await press('ArrowLeft');
  assert.equal(await step(page), 1558);
  await press('f');
  await page.keyboard.type('event');
  await press('Enter', 'Escape');
  await until(page, async () => (await step(page)) > 1558, 'the next event');
  await press('Control+k', 'Escape');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await press('g', 'b');
  await page.waitForURL('**/blocks');
  await page.locator('.rows').focus();
  await press('ArrowDown', 'ArrowDown', 'Enter');
  await page.waitForURL('**/n/ethereum/b/6');
  await press('g', 'h');
  await page.waitForURL(`${node.origin}/`);
  await press('?');
  await page.waitForURL('**/keys');
  assert.deepEqual(problems, []);
  await close();
  await node.close();
});

test('flow: a lost connection is told, and comes back', async ({ browser, newNode }) => {
  const node = await newNode();
  const { page, close } = await openPage(browser, node);
  await page.getByText('Live', { exact: true }).waitFor();
  await node.close();
  await page.getByText('Reconnecting, showing block 0').waitFor();
  // What was there stays readable.
  await page.getByRole('link', { name: 'Ethereum', exact: true }).waitFor();
  await close();
});

test('flow: narrow and magnified pages lose nothing', async ({ browser, node, id }) => {
  for (const width of [1024, 720, 390, 320]) {
    const { page, problems, close } = await openPage(browser, node, { width, height: 800 });
    for (const path of [
      '/',
      `/n/ethereum/t/${id}?tab=calls`,
      `/n/ethereum/t/${id}/debug?s=1558`,
      '/accounts',
    ]) {
      await page.goto(node.origin + path);
      await settle(page);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${path} at ${width} px is ${overflow} px too wide`);
    }
    if (width <= 900) {
      await page.goto(`${node.origin}/n/ethereum/t/${id}/debug?s=1558`);
      await settle(page);
      await page.getByRole('tab', { name: 'State' }).click();
      await page.locator('.pane-stack').waitFor({ state: 'visible' });
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('link', { name: 'Blocks' }).click();
      await page.waitForURL('**/blocks');
    }
    assert.deepEqual(problems, []);
    await close();
  }
});
