import { openPage, serveForeign, settle } from './browser.mjs';
import { assert, test } from './suite.mjs';

const MARKUP = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
const BIDI = '\u202egnp.exe\u2066\u0000\u200b';

/** Artifacts whose every text wants to be more than text. */
function hostileArtifact(name) {
  const abi = [
    { type: 'function', name, inputs: [{ name: MARKUP, type: 'uint256' }], outputs: [] },
    { type: 'function', name: 'deep', inputs: [deep(40)], outputs: [] },
    { type: 'event', name, inputs: [{ name: BIDI, type: 'string', indexed: false }] },
    { type: 'error', name: MARKUP, inputs: [] },
    { type: 'function', name: 'endless', inputs: [{ name: 'x', type: `uint256${'[]'.repeat(30)}` }] },
  ];
  return { abi, contractName: name };
}

function deep(depth) {
  return depth === 0
    ? { name: 'x', type: 'uint256' }
    : { name: MARKUP, type: 'tuple', components: [deep(depth - 1)] };
}

/** A compilation that lies: maps beyond the text, cyclic layouts, names of a megabyte. */
function lyingBuildInfo(code) {
  const content = `// ${MARKUP}\n// ${BIDI}\ncontract X {}\n${'x'.repeat(100_000)}`;
  const cyclic = {
    storage: [{ label: MARKUP, slot: '0', offset: 0, type: 'a' }],
    types: { a: { label: 'a', encoding: 'mapping', key: 'a', value: 'a', numberOfBytes: '32' } },
  };
  const map = '99999999:5:0:i;-5:-5:0:o;1:1:7:-;:::i;a:b:c:d;0:99999999:0:i';
  const evm = {
    deployedBytecode: { object: code, sourceMap: map },
    bytecode: { object: code, sourceMap: map },
  };
  return {
    input: { sources: { [MARKUP]: { content } } },
    output: {
      sources: { [MARKUP]: { id: 0 } },
      contracts: {
        [MARKUP]: {
          [`${MARKUP}${BIDI}${'A'.repeat(1_000_000)}`]: {
            abi: hostileArtifact(MARKUP).abi,
            storageLayout: cyclic,
            evm,
          },
        },
      },
    },
  };
}

test('hostile: names, logs and sources full of markup do nothing', async ({ browser, newNode }) => {
  const node = await newNode();
  const [from] = await node.rpc('eth_accounts');
  // Logs its calldata and stores it, then calls itself without any.
  const runtime = '365f5f37365fa05f355f555f5f5f5f5f305af100';
  const length = (runtime.length / 2).toString(16).padStart(4, '0');
  const deploy = await node.rpc('eth_sendTransaction', {
    from,
    data: `0x61${length}600c5f3961${length}5ff3${runtime}`,
    gas: '0xfffff',
  });
  const { contractAddress: to } = await node.rpc('eth_getTransactionReceipt', deploy);
  const text = Buffer.from(`${MARKUP}${BIDI}`).toString('hex').padEnd(128, '0');
  const hash = await node.rpc('eth_sendTransaction', { from, to, data: `0x${text}`, gas: '0xfffff' });
  const files = [
    { name: MARKUP, text: JSON.stringify(hostileArtifact(MARKUP)) },
    { name: 'lying.json', text: JSON.stringify(lyingBuildInfo(runtime)) },
    {
      name: 'proto.json',
      text: '{"__proto__":{"abi":[]},"contracts":{"__proto__":{"constructor":{"abi":{}}}},"sources":7}',
    },
    { name: 'none.json', text: 'null' },
    { name: 'deep.json', text: `${'['.repeat(5000)}${']'.repeat(5000)}` },
  ];
  await node.request('ninefold_attachSource', { net: 'ethereum', files });
  const { page, problems, close } = await openPage(browser, node);
  const paths = [
    '/',
    '/txs',
    ...[
      '',
      '?tab=calls',
      '?tab=state',
      '?tab=events',
      '?tab=cost',
      '?tab=raw',
      '/debug?s=3',
      '/debug?s=999999&v=5-1&l=%3Cb%3E&bp=%3Cimg%3E:1&w=%3Cimg%3E&m=1~%3Cb%3E&at=stack:99999',
    ].map((tail) => `/n/ethereum/t/${hash}${tail}`),
    `/n/ethereum/a/${to}`,
    `/n/ethereum/a/${to}?tab=state`,
    `/n/ethereum/a/${encodeURIComponent(MARKUP)}`,
    `/n/${encodeURIComponent(MARKUP)}`,
    `/${encodeURIComponent(MARKUP)}`,
    '/n/ethereum/b/%E0%A4%A',
  ];
  for (const path of paths) {
    await page.goto(node.origin + path);
    await settle(page).catch((error) => assert.fail(`${path}: ${error.message}`));
    const bad = await page.evaluate(() => ({
      elements: document.querySelectorAll('main img, main script, main b').length,
      bidi: /[\u202a-\u202e\u2066-\u2069]/.test(document.body.textContent ?? ''),
      shell: document.querySelectorAll('.nav a').length,
    }));
    assert.deepEqual(bad, { elements: 0, bidi: false, shell: 7 }, path);
  }
  // Nothing ran, and the policy had nothing to stop. A location that does not exist is told, not thrown.
  assert.deepEqual(problems, []);
  await close();
  await node.close();
});

test('hostile: a lying manifest shows an error and the page lives on', async ({ browser, node, id }) => {
  const { page, close } = await openPage(browser, node);
  await page.route('**/bin/trace/*/column/unit', (route) => route.fulfill({ body: Buffer.alloc(12) }));
  await page.goto(`${node.origin}/n/ethereum/t/${id}/debug`);
  await page.getByRole('alert').getByText('has not the length its manifest tells').waitFor();
  await page.unroute('**/bin/trace/*/column/unit');
  await page.route('**/bin/trace/*/frames', (route) => route.fulfill({ body: Buffer.alloc(13) }));
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('alert').getByText('frames are cut off').waitFor();
  await page.unroute('**/bin/trace/*/frames');
  await page.route('**/rpc', async (route) => {
    const { method } = route.request().postDataJSON();
    if (method !== 'ninefold_traceLevels') return route.continue();
    const response = await route.fetch();
    const json = await response.json();
    json.result.map = [[0, 99_999_999, 7, -4, 1e9, 9], [5, 2, 0, 3, 1, 0], ...json.result.map];
    json.result.code[0] = [-5, 999, 999, '<b>'];
    return route.fulfill({ json });
  });
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('.timeline').waitFor();
  await page.keyboard.press('End');
  assert.equal(await page.locator('.timeline').getAttribute('aria-valuenow'), '5891');
  assert.equal(await page.locator('.pane-source b').count(), 0);
  await close();
});

test('hostile: a page of another origin reads nothing from the studio port', async ({
  browser,
  node,
  id,
}) => {
  const script = `
    const origin = ${JSON.stringify(node.origin)};
    const token = ${JSON.stringify(node.token)};
    const tries = {
      page: () => fetch(origin + '/').then((r) => r.text()),
      opaque: () => fetch(origin + '/', { mode: 'no-cors' }).then((r) => r.text()).then((t) => { if (t === '') throw new Error('empty'); return t; }),
      rpc: () => fetch(origin + '/rpc', { method: 'POST', headers: { 'content-type': 'application/json', 'x-ninefold-token': token }, body: '{"jsonrpc":"2.0","id":1,"method":"ninefold_accounts","params":{}}' }).then((r) => r.text()),
      plain: () => fetch(origin + '/rpc', { method: 'POST', body: '{"jsonrpc":"2.0","id":1,"method":"ninefold_accounts","params":{}}' }).then((r) => r.text()),
      bin: () => fetch(origin + '/bin/trace/1/frames', { headers: { 'x-ninefold-token': token } }).then((r) => r.text()),
      socket: () => new Promise((done, fail) => { const s = new WebSocket(origin.replace('http', 'ws') + '/ws/' + token); s.onopen = () => done('open'); s.onerror = () => fail(new Error('refused')); }),
      script: () => new Promise((done, fail) => { const s = document.createElement('script'); s.src = origin + '/assets/x.js'; s.onload = () => done('loaded'); s.onerror = () => fail(new Error('refused')); document.head.append(s); }),
      image: () => new Promise((done, fail) => { const s = new Image(); s.src = origin + '/mark.svg'; s.onload = () => done('loaded'); s.onerror = () => fail(new Error('refused')); }),
      frame: () => new Promise((done, fail) => { const f = document.createElement('iframe'); f.src = origin + '/n/ethereum/t/${id}'; f.onload = () => { try { done(f.contentWindow.document.body.innerText); } catch (e) { fail(e); } }; document.body.append(f); setTimeout(() => fail(new Error('silent')), 1500); }),
    };
    globalThis.results = Promise.all(Object.entries(tries).map(async ([name, run]) => {
      try { return name + ': ' + String(await run()).slice(0, 60); } catch { return ''; }
    }));`;
  const foreign = await serveForeign((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><body><script>${script}</script>`);
  });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(foreign.origin);
  const read = await page.evaluate(() => globalThis.results);
  await context.close();
  foreign.close();
  // An iframe of the refused page is a document of the browser's own: it must hold nothing.
  assert.deepEqual(
    read.filter((line) => line !== '' && line !== 'frame: '),
    [],
  );
});

test('hostile: without the token of this start the page only says where to find it', async ({
  browser,
  node,
}) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(node.origin);
  await page.getByText('Open the studio with the link that the node printed').waitFor();
  await page.goto(`${node.origin}/#k=${'w'.repeat(32)}`);
  await page.reload();
  await page.getByText('it carries the token').waitFor();
  assert.ok(!page.url().includes('k='));
  await context.close();
});
