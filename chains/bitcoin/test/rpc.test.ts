import { bytesToHex, manualClock } from '@ninefold/base';
import { encodeTransaction } from '@ninefold/vm-bitcoin-script';
import { beforeEach, describe, expect, it } from 'vitest';
import { answerRpc } from '../src/api/http.ts';
import { amount, writeJson } from '../src/api/json.ts';
import { type BitcoinChainHandle, createBitcoin } from '../src/chain.ts';
import { ELSEWHERE, refusal } from './rpc-scene.ts';
import { type Answer, outputOf, P2A, P2TR, spend, START } from './support.ts';

let bitcoin: BitcoinChainHandle;
beforeEach(async () => {
  bitcoin = await createBitcoin({ clock: manualClock(START * 1000) });
});

const call = (method: string, ...params: readonly unknown[]): Promise<Answer> =>
  bitcoin.request(method, params);
const hexOf = (tx: Parameters<typeof encodeTransaction>[0]): string =>
  bytesToHex(encodeTransaction(tx)).slice(2);

describe('the protocol', () => {
  const ask = async (body: unknown): Promise<readonly [status: number, body: string]> => {
    const { status, body: text } = await bitcoin.rpc.handleText(
      typeof body === 'string' ? body : JSON.stringify(body),
    );
    return [status, text];
  };

  it('is that of 2010 unless a call says otherwise', async () => {
    expect(await ask({ id: 'x', method: 'getblockcount' })).toEqual([
      200,
      '{"result":0,"error":null,"id":"x"}\n',
    ]);
    expect(await ask({ jsonrpc: '1.0', id: 1, method: 'nosuch' })).toEqual([
      404,
      '{"result":null,"error":{"code":-32601,"message":"Method not found"},"id":1}\n',
    ]);
    expect((await ask({ id: 1, method: 'getblockhash', params: [7] }))[0]).toBe(500);
    expect(await ask({ jsonrpc: '2.0', id: 1, method: 'getblockcount' })).toEqual([
      200,
      '{"jsonrpc":"2.0","result":0,"id":1}\n',
    ]);
    expect(await ask({ jsonrpc: '2.0', id: 1, method: 'getblockhash', params: [7] })).toEqual([
      200,
      '{"jsonrpc":"2.0","error":{"code":-8,"message":"Block height out of range"},"id":1}\n',
    ]);
    expect(await ask({ jsonrpc: '2.0', method: 'getblockcount' })).toEqual([204, '']);
  });

  it('knows malformed requests', async () => {
    expect(await ask('{')).toEqual([
      500,
      '{"result":null,"error":{"code":-32700,"message":"Parse error"},"id":null}\n',
    ]);
    expect((await ask('3'))[1]).toContain('Top-level object parse error');
    expect((await ask({ id: 1 }))[0]).toBe(400);
    expect((await ask({ id: 1, method: 3 }))[1]).toContain('Method must be a string');
    expect((await ask({ id: 1, method: 'help', params: 3 }))[1]).toContain(
      'Params must be an array or object',
    );
    expect((await ask({ id: 1, jsonrpc: '3.0', method: 'help' }))[1]).toContain(
      'JSON-RPC version not supported',
    );
    expect((await ask('['.repeat(5000)))[1]).toContain('-32700');
  });

  it('answers batches in order, with ids as they were written', async () => {
    const [status, body] = await ask(
      '[{"id":1.0,"method":"getblockcount"},3,{"jsonrpc":"2.0","method":"getblockcount"}]',
    );
    expect(status).toBe(200);
    expect(body).toBe(
      '[{"result":0,"error":null,"id":1.0},{"result":null,"error":{"code":-32600,"message":"Invalid Request object"},"id":null}]\n',
    );
    expect(await ask('[]')).toEqual([200, '[]\n']);
  });

  it('takes parameters by position and by name, and says what is wrong with them', async () => {
    const hash = await call('getblockhash', 0);
    const byName = (params: unknown): Promise<unknown> => bitcoin.rpc.call('getblock', params);
    expect(await byName({ blockhash: hash, verbose: 0 })).toEqual(await byName([hash, 0]));
    expect(await byName({ args: [hash], verbosity: 0 })).toEqual(await byName([hash, 0]));
    expect(await refusal(byName({ hash }))).toBe('-8 Unknown named parameter hash');
    expect(await refusal(byName({ args: [hash], blockhash: hash }))).toMatch(
      /^-8 Parameter blockhash specified twice/,
    );
    expect(await refusal(call('getblock'))).toMatch(/^-1 getblock "blockhash" \( verbosity \)\n/);
    expect(await refusal(call('getblockcount', 1))).toMatch(/^-1 getblockcount\n/);
    expect(await refusal(call('getblockhash', '0'))).toBe(
      '-3 Wrong type passed:\n{\n    "Position 1 (height)": "JSON value of type string is not of expected type number"\n}',
    );
    expect(await refusal(call('getblock', 'zz'.repeat(32)))).toMatch(
      /^-8 blockhash must be hexadecimal string/,
    );
  });

  it('writes amounts with 8 decimals and big integers in full', () => {
    expect(
      writeJson({ a: amount(1n), b: [amount(-150_000_000n)], c: 2n ** 63n, d: undefined, e: null, f: 'x"' }),
    ).toBe('{"a":0.00000001,"b":[-1.50000000],"c":9223372036854775808,"e":null,"f":"x\\""}');
    expect(writeJson(0.1 + 0.2)).toBe('0.3');
  });

  it('is behind a password, by POST, with wallets in the path', async () => {
    const credentials = { user: 'u', password: 'p:w' };
    const request = { method: 'POST', path: '/', body: '{"method":"getblockcount"}' };
    const authorization = `Basic ${btoa('u:p:w')}`;
    expect((await answerRpc(request, bitcoin.rpc, credentials)).status).toBe(401);
    expect((await answerRpc({ ...request, authorization }, bitcoin.rpc, credentials)).status).toBe(200);
    expect(
      (await answerRpc({ ...request, authorization, method: 'GET' }, bitcoin.rpc, credentials)).status,
    ).toBe(405);
    expect(
      (await answerRpc({ ...request, authorization, path: '/x' }, bitcoin.rpc, credentials)).status,
    ).toBe(404);
    const inWallet = {
      ...request,
      authorization,
      path: '/wallet/no%20such',
      body: '{"method":"getbalance"}',
    };
    expect((await answerRpc(inWallet, bitcoin.rpc, credentials)).body).toContain('-18');
  });
});

describe('methods', () => {
  it('explain themselves', async () => {
    const list = (await call('help')) as string;
    for (const heading of [
      'Blockchain',
      'Control',
      'Mempool',
      'Mining',
      'Network',
      'Rawtransactions',
      'Util',
      'Wallet',
    ]) {
      expect(list).toContain(`== ${heading} ==`);
    }
    expect(await call('help', 'getblockcount')).toMatch(/^getblockcount\n\nReturns the height/);
    expect(await call('help', 'nosuch')).toBe('help: unknown command: nosuch');
    for (const name of Object.keys(bitcoin.methods)) expect(await call('help', name), name).toContain(name);
  });

  it('of the mempool: entries, relatives, who spends what', async () => {
    await call('generatetoaddress', 1, ELSEWHERE);
    bitcoin.generate(101, P2TR);
    const coinbase = outputOf(bitcoin.node.chain.at(2)!.block.transactions[0]!);
    const parent = spend([coinbase], { fee: 2000n, count: 2 });
    const txid = await call('sendrawtransaction', hexOf(parent));
    const child = await call('sendrawtransaction', hexOf(spend([outputOf(parent)], { fee: 1000n })));
    expect(await call('getmempoolentry', txid)).toMatchObject({
      descendantcount: 2,
      fees: { base: 0.00002, descendant: 0.00003 },
      spentby: [child],
      'bip125-replaceable': true,
    });
    expect(await call('getmempoolancestors', child)).toEqual([txid]);
    expect(Object.keys(await call('getmempooldescendants', txid, true))).toEqual([child]);
    expect(await call('gettxspendingprevout', [{ txid, vout: 0 }])).toEqual([
      { txid, vout: 0, spendingtxid: child },
    ]);
    expect(await call('getrawmempool', false, true)).toMatchObject({
      txids: [txid, child],
      mempool_sequence: 3,
    });
    expect(await call('gettxout', txid, 1)).toMatchObject({ confirmations: 0, value: 24.99999 });
    expect(await call('gettxout', txid, 0)).toBeNull();
    await call('prioritisetransaction', child, 0, 5000);
    expect(await call('getprioritisedtransactions')).toEqual({
      [child]: { fee_delta: 5000, in_mempool: true, modified_fee: 6000 },
    });
    expect(await refusal(call('getmempoolentry', '00'.repeat(32)))).toBe('-5 Transaction not in mempool');
    const template = await call('getblocktemplate', { rules: ['segwit'] });
    expect(template.transactions.map((one: { txid: string }) => one.txid)).toEqual([txid, child]);
    expect(template.transactions[1].depends).toEqual([1]);
    expect(await refusal(call('getblocktemplate', {}))).toMatch(
      /^-8 getblocktemplate must be called with the segwit/,
    );
  });

  it('of sending: what is refused, by code and text', async () => {
    bitcoin.generate(110, P2TR);
    const coinbase = (height: number) => outputOf(bitcoin.node.chain.at(height)!.block.transactions[0]!);
    const send = (tx: Parameters<typeof encodeTransaction>[0], ...more: unknown[]): Promise<string> =>
      refusal(call('sendrawtransaction', hexOf(tx), ...more));
    expect(await send(spend([{ ...coinbase(1), vout: 3 }]))).toBe('-25 bad-txns-inputs-missingorspent');
    expect(await send(spend([coinbase(1)], { fee: 1n }))).toMatch(/^-26 min relay fee not met, 1 < 111$/);
    expect(await send(spend([coinbase(1)], { fee: 5_000_000n }))).toMatch(
      /^-25 Fee exceeds maximum configured/,
    );
    expect(await send(spend([coinbase(1)], { fee: 5_000_000n }), 0)).toBe('accepted');
    expect(await send(spend([coinbase(1)], { fee: 5_000_000n }), 0)).toBe('accepted');
    const burn = { value: 5000n, scriptPubKey: Uint8Array.of(0x6a, 1, 7) };
    expect(await send(spend([coinbase(2)], { extra: [burn] }))).toMatch(
      /^-25 Unspendable output exceeds maximum/,
    );
    expect(await send(spend([coinbase(2)], { extra: [burn] }), null, 0.00005)).toBe('accepted');
    bitcoin.generate(1, P2TR);
    expect(await send(spend([coinbase(1)], { fee: 5_000_000n }), 0)).toBe(
      '-27 Transaction outputs already in utxo set',
    );
    expect(await call('testmempoolaccept', [hexOf(spend([coinbase(1)]))])).toMatchObject([
      { allowed: false, 'reject-reason': 'missing-inputs' },
    ]);
    expect(await call('testmempoolaccept', [hexOf(spend([coinbase(3)], { fee: 9_000_000n }))])).toMatchObject(
      [{ allowed: false, 'reject-reason': 'max-fee-exceeded' }],
    );
  });

  it('of packages: a child that pays for its parent', async () => {
    bitcoin.generate(110, P2TR);
    const coinbase = (height: number) => outputOf(bitcoin.node.chain.at(height)!.block.transactions[0]!);
    const parent = spend([coinbase(1)], { version: 3, fee: 0n, extra: [{ value: 0n, scriptPubKey: P2A }] });
    const child = spend([outputOf(parent, 1), coinbase(2)], { version: 3, fee: 3000n });
    const result = await call('submitpackage', [hexOf(parent), hexOf(child)]);
    expect(result.package_msg).toBe('success');
    const [first, second] = Object.values(result['tx-results']) as Answer[];
    expect(first.fees.base).toBe(0);
    expect(first.fees['effective-feerate']).toBe(second.fees['effective-feerate']);
    expect(first.fees['effective-includes']).toHaveLength(2);
    expect(await refusal(call('submitpackage', [hexOf(child), hexOf(parent)]))).toMatch(
      /^-25 package topology disallowed/,
    );
    expect(await refusal(call('submitpackage', []))).toMatch(/^-8 Array must contain between 1 and 25/);
  });

  it('of mining: exact blocks, proposals, what is not valid', async () => {
    bitcoin.generate(101, P2TR);
    const tx = spend([outputOf(bitcoin.node.chain.at(1)!.block.transactions[0]!)]);
    const { hash, hex } = await call('generateblock', ELSEWHERE, [hexOf(tx)], false);
    expect(await call('getblocktemplate', { mode: 'proposal', data: hex })).toBeNull();
    expect(await call('getblockcount')).toBe(101);
    expect(await call('submitblock', hex)).toBeNull();
    expect(await call('submitblock', hex)).toBe('duplicate');
    expect(await call('getbestblockhash')).toBe(hash);
    expect(await refusal(call('generateblock', ELSEWHERE, [hexOf(tx)]))).toMatch(
      /^-25 TestBlockValidity failed: bad-txns-(?:inputs-missingorspent|BIP30)$/,
    );
    expect(await refusal(call('generateblock', ELSEWHERE, ['00'.repeat(32)]))).toMatch(
      /^-5 Transaction .* not in mempool/,
    );
    expect(await refusal(call('generatetoaddress', 1, 'x'))).toBe('-5 Error: Invalid address');
    expect(await call('generatetodescriptor', 1, 'raw(51)')).toHaveLength(1);
    expect(await call('setmocktime', START + 500_000)).toBeNull();
    await call('generatetoaddress', 1, ELSEWHERE);
    expect((await call('getblockheader', await call('getbestblockhash'))).time).toBe(START + 500_000);
  });

  it('of branches: what is invalid, and what was made so', async () => {
    bitcoin.generate(3, P2TR);
    const second = await call('getblockhash', 2);
    await call('invalidateblock', second);
    expect(await call('getchaintips')).toMatchObject([
      { height: 3, branchlen: 2, status: 'invalid' },
      { height: 1, branchlen: 0, status: 'active' },
    ]);
    expect((await call('getblock', second)).confirmations).toBe(-1);
    await call('reconsiderblock', second);
    expect(await call('getblockcount')).toBe(3);
    expect(await refusal(call('invalidateblock', await call('getblockhash', 0)))).toBe('-20 invalid');
    expect(await call('verifychain')).toBe(true);
  });

  it('of proofs: a transaction in its block, and none in another', async () => {
    bitcoin.generate(105, P2TR);
    const txs = [1, 2, 3, 4].map((height) =>
      spend([outputOf(bitcoin.node.chain.at(height)!.block.transactions[0]!)]),
    );
    const ids: string[] = [];
    for (const tx of txs) ids.push(await call('sendrawtransaction', hexOf(tx)));
    await call('generatetoaddress', 1, ELSEWHERE);
    const proof = await call('gettxoutproof', [ids[2], ids[0]]);
    expect((await call('verifytxoutproof', proof)).sort()).toEqual([ids[0], ids[2]].sort());
    // Behind the header and two counts the hashes begin.
    const changed = `${proof.slice(0, 180)}${proof[180] === '0' ? '1' : '0'}${proof.slice(181)}`;
    expect(await call('verifytxoutproof', changed)).toEqual([]);
    expect(await refusal(call('verifytxoutproof', '00'))).toMatch(/^-22 /);
    expect(await refusal(call('gettxoutproof', [ids[0], ids[0]]))).toMatch(
      /^-8 Invalid parameter, duplicated/,
    );
    expect(await refusal(call('gettxoutproof', ['00'.repeat(32)]))).toBe('-5 Transaction not yet in block');
    expect(await call('getrawtransaction', ids[0], 2)).toMatchObject({ fee: 0.00001, confirmations: 1 });
    expect((await call('getblockstats', 106)).totalfee).toBe(4000);
  });

  it('of scripts and keys that are given', async () => {
    const key = 'cVpF924EspNh8KjYsfhgY96mmxvT6DgdWiTYMtMjuM74hJaU5psW';
    for (const wrap of ['pkh', 'wpkh', 'tr', 'sh(wpkh', 'combo']) {
      const text = `${wrap}(${key})${wrap.includes('(') ? ')' : ''}`;
      const { checksum, descriptor, hasprivatekeys } = await call('getdescriptorinfo', text);
      expect(hasprivatekeys).toBe(true);
      const addresses = (await call('deriveaddresses', `${text}#${checksum}`)) as string[];
      expect(await call('deriveaddresses', descriptor)).toEqual(addresses);
      const height = (await call('getblockcount')) + 1;
      await call('generatetoaddress', 1, addresses.at(-1));
      await call('generatetoaddress', 100, ELSEWHERE);
      const txid = (await call('getblock', await call('getblockhash', height))).tx[0];
      expect((await call('scantxoutset', 'start', [descriptor])).unspents).toMatchObject([{ txid, vout: 0 }]);
      const { value } = await call('gettxout', txid, 0);
      const raw = await call('createrawtransaction', [{ txid, vout: 0 }], [{ [ELSEWHERE]: value - 0.0001 }]);
      const { hex, complete } = await call('signrawtransactionwithkey', raw, [key]);
      expect(complete, wrap).toBe(true);
      await call('sendrawtransaction', hex);
      const psbt = await call('createpsbt', [{ txid, vout: 0 }], [{ [ELSEWHERE]: value - 0.0001 }]);
      expect(await call('descriptorprocesspsbt', psbt, [`${text}#${checksum}`]), wrap).toMatchObject({
        complete: true,
      });
    }
    const raw = await call(
      'createrawtransaction',
      [{ txid: '11'.repeat(32), vout: 0 }],
      [{ [ELSEWHERE]: 1 }],
    );
    expect(await refusal(call('signrawtransactionwithkey', raw, ['x']))).toBe('-5 Invalid private key');
  });

  it('of PSBTs: joined, combined, of both versions', async () => {
    const make = (n: number, version = 0): Promise<string> =>
      call(
        'createpsbt',
        [{ txid: `${n}${n}`.repeat(32), vout: 0 }],
        [{ [ELSEWHERE]: n }],
        0,
        true,
        2,
        version,
      );
    const [one, two] = [await make(1), await make(2)];
    expect((await call('decodepsbt', await call('joinpsbts', [one, two]))).tx.vin).toHaveLength(2);
    expect(await call('combinepsbt', [one, one])).toBe(one);
    expect(await refusal(call('combinepsbt', [one, two]))).toBe(
      '-8 PSBTs not compatible (different transactions)',
    );
    expect(await refusal(call('joinpsbts', [one, one]))).toMatch(/^-8 Input .* exists in multiple PSBTs$/);
    expect(await call('decodepsbt', await make(3, 2))).toMatchObject({ psbt_version: 2, tx: { version: 2 } });
    expect(await refusal(call('decodepsbt', '!!'))).toBe('-22 TX decode failed invalid base64');
    expect(await refusal(call('decodepsbt', 'AAAA'))).toMatch(/^-22 TX decode failed /);
    expect(await call('analyzepsbt', one)).toEqual({
      inputs: [{ has_utxo: false, is_final: false, next: 'updater' }],
      next: 'updater',
    });
  });

  it('wait for blocks, or for the time to be over', async () => {
    const waiting = call('waitfornewblock');
    bitcoin.generate(1, P2TR);
    expect(await waiting).toMatchObject({ height: 1 });
    expect(await call('waitforblockheight', 1)).toMatchObject({ height: 1 });
    const open = call('waitforblockheight', 9);
    await bitcoin.close();
    expect(await open).toMatchObject({ height: 1 });
    expect(await refusal(call('waitforblockheight', 1, -1))).toBe('-1 Negative timeout');
  });
});
