import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ListeningNode, listeningNode } from './support.ts';

const ADDRESS = 'bcrt1qdsd4f5hjvemfz79thz0mh36rxffua9hx9p42wa';
let scene: ListeningNode;
beforeAll(async () => {
  scene = await listeningNode();
});
afterAll(() => scene.node.close());

/** What a command is refused with. */
async function refusal(promise: Promise<unknown>): Promise<{ code: number; message: string }> {
  try {
    await promise;
  } catch (error) {
    const { code, message } = error as { code: number; message: string };
    return { code, message };
  }
  throw new Error('it was accepted');
}

describe('bitcoin-core', () => {
  it('mines and reads blocks', async () => {
    const { client } = scene;
    const hashes = (await client.command('generatetoaddress', 101, ADDRESS)) as string[];
    expect(hashes).toHaveLength(101);
    expect(await client.command('getblockcount')).toBe(101);
    expect(await client.command('getbestblockhash')).toBe(hashes.at(-1));
    expect(await client.command('getblockchaininfo')).toMatchObject({ chain: 'regtest', blocks: 101 });
    expect(await client.command('getblockheader', hashes[0])).toMatchObject({
      height: 1,
      confirmations: 101,
    });
  });

  it('sends batches, by name and by position', async () => {
    const answers = await scene.client.command([
      { method: 'getblockhash', parameters: [0] },
      { method: 'getblockcount', parameters: [] },
    ]);
    expect(answers).toEqual(['0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206', 101]);
  });

  it('hears errors with their codes and texts', async () => {
    const { client } = scene;
    expect(await refusal(client.command('getblockhash', 5000))).toEqual({
      code: -8,
      message: 'Block height out of range',
    });
    expect(await refusal(client.command('nosuchmethod'))).toEqual({
      code: -32601,
      message: 'Method not found',
    });
    expect(await refusal(client.command('sendrawtransaction', '00'))).toMatchObject({ code: -22 });
    expect(await refusal(client.command('getblockhash', 'x'))).toMatchObject({ code: -3 });
  });

  it('is kept out with another password', async () => {
    const { urls } = scene;
    const ask = (headers: Record<string, string>, method = 'POST'): Promise<Response> =>
      fetch(urls.http, { method, headers, ...(method === 'POST' && { body: '{"method":"getblockcount"}' }) });
    const withoutAny = await ask({});
    expect(withoutAny.status).toBe(401);
    expect(withoutAny.headers.get('www-authenticate')).toBe('Basic realm="jsonrpc"');
    expect((await ask({ authorization: `Basic ${btoa('alice:wrong')}` })).status).toBe(401);
    const authorization = `Basic ${btoa('alice:secret')}`;
    expect((await ask({ authorization }, 'GET')).status).toBe(405);
    const answer = await ask({ authorization });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ result: 101, error: null, id: null });
  });

  it('waits for what comes', async () => {
    const { client, node } = scene;
    const height = node.bitcoin.node.chain.tip.height;
    const waiting = client.command('waitforblockheight', height + 1, 30_000);
    await client.command('generatetoaddress', 1, ADDRESS);
    expect(await waiting).toMatchObject({ height: height + 1 });
  });
});

describe('Esplora', () => {
  const get = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${scene.urls.esplora}${path}`);
    return answer.headers.get('content-type') === 'application/json' ? answer.json() : answer.text();
  };

  it('tells of blocks, transactions and addresses', async () => {
    const { node } = scene;
    const { tip } = node.bitcoin.node.chain;
    expect(await get('/blocks/tip/height')).toBe(String(tip.height));
    expect(await get('/blocks/tip/hash')).toBe(tip.hash);
    expect(await get('/block-height/0')).toMatch(/^0f9188f1/);
    expect(await get(`/block/${tip.hash}`)).toMatchObject({ id: tip.hash, height: tip.height, tx_count: 1 });
    const blocks = (await get('/blocks')) as { readonly height: number }[];
    expect(blocks.map(({ height }) => height)).toEqual(Array.from({ length: 10 }, (_, i) => tip.height - i));
    const [txid] = (await get(`/block/${tip.hash}/txids`)) as string[];
    expect(await get(`/tx/${txid}/status`)).toMatchObject({ confirmed: true, block_height: tip.height });
    expect(await get(`/address/${ADDRESS}`)).toMatchObject({
      address: ADDRESS,
      chain_stats: { funded_txo_count: tip.height, spent_txo_count: 0 },
    });
    const utxos = (await get(`/address/${ADDRESS}/utxo`)) as { readonly value: number }[];
    expect(utxos).toHaveLength(tip.height);
    expect(utxos[0]?.value).toBe(5_000_000_000);
  });

  it('answers what is not there with 404, and nonsense with 400', async () => {
    const statusOf = async (path: string, init?: RequestInit): Promise<number> =>
      (await fetch(`${scene.urls.esplora}${path}`, init)).status;
    expect(await statusOf(`/tx/${'00'.repeat(32)}`)).toBe(404);
    expect(await statusOf('/nothing')).toBe(404);
    expect(await statusOf('/address/nonsense')).toBe(400);
    expect(await statusOf('/tx', { method: 'POST', body: 'zz' })).toBe(400);
    expect(await statusOf('/tx', { method: 'DELETE' })).toBe(405);
  });
});
