import { beforeEach, describe, expect, it } from 'vitest';
import type { BitcoinChainHandle } from '../src/chain.ts';
import { ELSEWHERE, refusal, type Rpc, rpcScene as scene } from './rpc-scene.ts';
import type { Answer } from './support.ts';

describe('wallets', () => {
  it('are made, listed, put away and loaded', async () => {
    const { rpc, of } = await scene();
    expect(await refusal(rpc('getbalance'))).toMatch(/^-18 No wallet is loaded/);
    expect(await rpc('createwallet', 'a')).toEqual({ name: 'a' });
    expect(await rpc('getbalance')).toBe(0);
    await rpc('createwallet', 'b', true);
    expect(await refusal(rpc('getbalance'))).toMatch(/^-19 /);
    expect(await of('b')('getwalletinfo')).toMatchObject({
      walletname: 'b',
      private_keys_enabled: false,
      blank: true,
    });
    expect(await refusal(of('c')('getbalance'))).toMatch(/^-18 Requested wallet does not exist/);
    expect(await refusal(rpc('createwallet', 'a'))).toMatch(/^-4 .*already exists/);
    await of('b')('unloadwallet');
    expect(await rpc('listwallets')).toEqual(['a']);
    expect(await refusal(rpc('loadwallet', 'a'))).toMatch(/^-35 /);
    expect(await refusal(rpc('loadwallet', 'z'))).toMatch(/^-18 /);
    expect(await rpc('loadwallet', 'b')).toEqual({ name: 'b' });
    expect(await refusal(rpc('createwallet', 'x', false, false, 'secret'))).toMatch(/^-4 /);
  });

  it('have addresses of four forms, each new one another', async () => {
    const { rpc } = await scene();
    await rpc('createwallet', 'a');
    const prefixes = { legacy: /^[mn]/, 'p2sh-segwit': /^2/, bech32: /^bcrt1q/, bech32m: /^bcrt1p/ };
    for (const [type, prefix] of Object.entries(prefixes)) {
      const address = await rpc('getnewaddress', 'mine', type);
      expect(address).toMatch(prefix);
      expect(await rpc('getnewaddress', '', type)).not.toBe(address);
      const info = await rpc('getaddressinfo', address);
      expect(info).toMatchObject({
        address,
        ismine: true,
        solvable: true,
        ischange: false,
        labels: ['mine'],
      });
      expect(info.hdkeypath).toMatch(/^m\/\d+h\/1h\/0h\/0\/0$/);
      expect(await rpc('deriveaddresses', info.desc)).toEqual([address]);
      expect(await rpc('getaddressinfo', await rpc('getrawchangeaddress', type))).toMatchObject({
        ischange: true,
      });
    }
    expect(await rpc('getaddressinfo', ELSEWHERE)).toMatchObject({ ismine: false, labels: [] });
    expect(await refusal(rpc('getnewaddress', '', 'p2x'))).toBe("-5 Unknown address type 'p2x'");
    expect(Object.keys(await rpc('getaddressesbylabel', 'mine'))).toHaveLength(4);
    expect(await rpc('listlabels')).toContain('mine');
  });
});

describe('paying', () => {
  let rpc: Rpc;
  let bitcoin: BitcoinChainHandle;
  beforeEach(async () => {
    ({ rpc, bitcoin } = await scene());
    await rpc('createwallet', 'a');
    await rpc('generatetoaddress', 1, await rpc('getnewaddress'));
    await rpc('generatetoaddress', 101, ELSEWHERE);
  });

  it('sends, takes change, and knows what it did', async () => {
    expect(await rpc('getbalances')).toMatchObject({
      mine: { trusted: 50, untrusted_pending: 0, immature: 0 },
    });
    const txid = await rpc('sendtoaddress', ELSEWHERE, 1.5);
    const { fees, vsize } = await rpc('getmempoolentry', txid);
    expect(Math.round((fees.base * 1e8) / vsize)).toBe(20);
    expect(await rpc('getbalance')).toBeCloseTo(48.5 - fees.base, 8);
    const before = await rpc('gettransaction', txid);
    expect(before).toMatchObject({
      txid,
      amount: -1.5,
      confirmations: 0,
      trusted: true,
      'bip125-replaceable': 'yes',
    });
    expect(before.fee).toBe(-fees.base);
    expect(before.details).toMatchObject([{ address: ELSEWHERE, category: 'send', amount: -1.5 }]);
    await rpc('generatetoaddress', 1, ELSEWHERE);
    expect(await rpc('gettransaction', txid)).toMatchObject({ confirmations: 1, blockheight: 103 });
    const [generated, sent] = await rpc('listtransactions');
    expect(generated).toMatchObject({ category: 'generate', amount: 50 });
    expect(sent).toMatchObject({ category: 'send', txid });
    expect(await rpc('listunspent')).toMatchObject([{ spendable: true, solvable: true, safe: true }]);
  });

  it('lets outputs of every form be spent', async () => {
    for (const type of ['legacy', 'p2sh-segwit', 'bech32', 'bech32m']) {
      await rpc('sendtoaddress', await rpc('getnewaddress', '', type), 2);
    }
    await rpc('generatetoaddress', 1, ELSEWHERE);
    expect(await rpc('listunspent', 1, 9_999_999, [], true)).toHaveLength(5);
    const result = await rpc('sendall', [ELSEWHERE], null, null, 2);
    expect(result.complete).toBe(true);
    const { vin, vout } = await rpc('getrawtransaction', result.txid, 2);
    expect([vin.length, vout.length]).toEqual([5, 1]);
    const { fees, vsize } = await rpc('getmempoolentry', result.txid);
    expect((fees.base * 1e8) / vsize).toBeGreaterThan(1.95);
    expect((fees.base * 1e8) / vsize).toBeLessThan(2.1);
    await rpc('generatetoaddress', 1, ELSEWHERE);
    expect(await rpc('getbalance')).toBe(0);
  });

  it('takes the fee from what is sent where asked', async () => {
    const txid = await rpc('sendtoaddress', ELSEWHERE, 50, '', '', true);
    const { vout, fee } = await rpc('getrawtransaction', txid, 1).then(async (tx) => ({
      ...tx,
      ...(await rpc('gettransaction', txid)),
    }));
    expect(vout).toHaveLength(1);
    expect(vout[0].value).toBeCloseTo(50 + fee, 8);
  });

  it('sends to several, and by PSBT', async () => {
    const txid = await rpc('sendmany', '', { [ELSEWHERE]: 1, [await rpc('getnewaddress')]: 2 });
    expect((await rpc('getrawtransaction', txid, 1)).vout).toHaveLength(3);
    const { psbt, fee, changepos } = await rpc('walletcreatefundedpsbt', [], [{ [ELSEWHERE]: 3 }], 0, {
      fee_rate: 5,
    });
    expect(changepos).toBe(1);
    const { inputs, fee: shown } = await rpc('decodepsbt', psbt);
    expect(shown).toBe(fee);
    expect(inputs[0].bip32_derivs[0].path).toMatch(/^m\/84h\/1h\/0h/);
    expect(await rpc('analyzepsbt', psbt)).toMatchObject({ next: 'signer' });
    const signed = await rpc('walletprocesspsbt', psbt);
    expect(signed.complete).toBe(true);
    const final = await rpc('finalizepsbt', signed.psbt);
    expect(final).toEqual({ hex: signed.hex, complete: true });
    expect(await rpc('testmempoolaccept', [final.hex])).toMatchObject([{ allowed: true }]);
    expect(await rpc('sendrawtransaction', final.hex)).toMatch(/^[\da-f]{64}$/);
    const unsent = await rpc('send', { [ELSEWHERE]: 1 }, null, 'unset', 3, { psbt: true });
    expect(unsent.complete).toBe(true);
    expect(unsent.psbt).toBeDefined();
  });

  it('funds and signs transactions that are given', async () => {
    const raw = await rpc('createrawtransaction', [], { [ELSEWHERE]: 4 });
    const funded = await rpc('fundrawtransaction', raw, { fee_rate: 2, changePosition: 0 });
    expect(funded.changepos).toBe(0);
    const { hex, complete } = await rpc('signrawtransactionwithwallet', funded.hex);
    expect(complete).toBe(true);
    await rpc('sendrawtransaction', hex);
    const other = await rpc('createrawtransaction', [{ txid: '11'.repeat(32), vout: 0 }], { [ELSEWHERE]: 4 });
    expect(await rpc('signrawtransactionwithwallet', other)).toMatchObject({
      complete: false,
      errors: [{ error: 'Input not found or already spent' }],
    });
  });

  it('pays more afterwards', async () => {
    const txid = await rpc('sendtoaddress', ELSEWHERE, 1);
    const result = await rpc('bumpfee', txid);
    expect(result.fee).toBeGreaterThan(result.origfee);
    expect(await rpc('getrawmempool')).toEqual([result.txid]);
    expect(await refusal(rpc('bumpfee', '00'.repeat(32)))).toMatch(/^-5 /);
    await rpc('generatetoaddress', 1, ELSEWHERE);
    expect(await refusal(rpc('bumpfee', result.txid))).toMatch(/^-4 Transaction has been mined/);
  });

  it('refuses what it cannot do', async () => {
    expect(await refusal(rpc('sendtoaddress', ELSEWHERE, 100))).toBe('-6 Insufficient funds');
    expect(await refusal(rpc('sendtoaddress', ELSEWHERE, 0))).toBe('-6 Transaction amount too small');
    expect(await refusal(rpc('sendtoaddress', 'nowhere', 1))).toBe('-5 Invalid Bitcoin address: nowhere');
    const [{ txid, vout }] = await rpc('listunspent');
    await rpc('lockunspent', false, [{ txid, vout }]);
    expect(await rpc('listlockunspent')).toEqual([{ txid, vout }]);
    expect(await refusal(rpc('sendtoaddress', ELSEWHERE, 1))).toBe('-6 Insufficient funds');
    await rpc('lockunspent', true);
    expect(await rpc('sendtoaddress', ELSEWHERE, 1)).toMatch(/^[\da-f]{64}$/);
  });

  it('forgets what a reorganisation has taken', async () => {
    const txid = await rpc('sendtoaddress', await rpc('getnewaddress'), 1);
    await rpc('generatetoaddress', 1, ELSEWHERE);
    expect(await rpc('gettransaction', txid)).toMatchObject({ confirmations: 1 });
    await rpc('invalidateblock', await rpc('getbestblockhash'));
    expect(await rpc('gettransaction', txid)).toMatchObject({ confirmations: 0 });
    expect(bitcoin.node.pool.get(txid)).toBeDefined();
  });

  it('signs messages by the keys of addresses', async () => {
    const address = await rpc('getnewaddress', '', 'legacy');
    const signature = await rpc('signmessage', address, 'hello');
    expect(await rpc('verifymessage', address, signature, 'hello')).toBe(true);
    expect(await rpc('verifymessage', address, signature, 'hullo')).toBe(false);
    expect(await refusal(rpc('signmessage', ELSEWHERE, 'hello'))).toBe('-3 Address does not refer to key');
  });
});

describe('descriptors of wallets', () => {
  it('are listed, and watched by another wallet', async () => {
    const { rpc, of } = await scene();
    await rpc('createwallet', 'owner');
    const owner = of('owner');
    await rpc('createwallet', 'watcher', true, true);
    const watcher = of('watcher');
    const { descriptors } = await owner('listdescriptors');
    expect(descriptors).toHaveLength(8);
    expect(descriptors.filter((one: { internal: boolean }) => one.internal)).toHaveLength(4);
    const withKeys = await owner('listdescriptors', true);
    expect(withKeys.descriptors[0].desc).toMatch(/tprv/);
    expect(await refusal(watcher('listdescriptors', true))).toMatch(/^-4 /);

    const tr = withKeys.descriptors.find(
      (one: { desc: string; internal: boolean }) => one.desc.startsWith('tr(') && !one.internal,
    );
    const publicText =
      'wpkh(tpubDCe2gsBsKXcS8zgdFCmiwDQqueA1HnpLxHj8QXUMCrRPTw1bhfJfmjsGDnwBq8seFdNeBUHGBCLWLvBVqaJJTdxkX387UNbKhKjwHUDS6so/0/*)';
    const { descriptor } = await rpc('getdescriptorinfo', publicText);
    const results = await watcher('importdescriptors', [
      { desc: descriptor, timestamp: 'now', active: true, range: [0, 30] },
      { desc: descriptor.replace(/#.*/, '#aaaaaaaa'), timestamp: 'now' },
      { desc: tr.desc, timestamp: 'now' },
    ]);
    expect(results).toMatchObject([
      { success: true },
      { success: false, error: { code: -5 } },
      { success: false, error: { code: -4 } },
    ]);
    const address = await watcher('getnewaddress');
    expect(address).toMatch(/^bcrt1q/);
    await rpc('generatetoaddress', 1, address);
    await rpc('generatetoaddress', 99, ELSEWHERE);
    expect(await watcher('getbalance')).toBe(0);
    await rpc('generatetoaddress', 1, ELSEWHERE);
    expect(await watcher('getbalance')).toBe(50);
    expect(await refusal(watcher('sendtoaddress', ELSEWHERE, 1))).toMatch(
      /^-4 Error: Private keys are disabled/,
    );
    const create = (): Promise<Answer> => watcher('walletcreatefundedpsbt', [], [{ [ELSEWHERE]: 1 }]);
    expect(await refusal(create())).toMatch(/^-4 Transaction needs a change address/);
    const change = await rpc('getdescriptorinfo', publicText.replace('/0/*', '/1/*'));
    await watcher('importdescriptors', [
      { desc: change.descriptor, timestamp: 'now', active: true, internal: true },
    ]);
    const { psbt } = await create();
    expect(await watcher('walletprocesspsbt', psbt)).toMatchObject({ complete: false });
  });

  it('spend scripts: a multisig, a lock in time, a tree of leaves', async () => {
    const { rpc, of } = await scene();
    await rpc('createwallet', 'a', false, true);
    const wallet = of('a');
    const key =
      'tprv8ZgxMBicQKsPd7Uf69XL1XwhmjHopUGep8GuEiJDZmbQz6o58LninorQAfcKZWARbtRtfnLcJ5MQ2AtHcQJCCRUcMRvmDUjyEmNUWwx8UbK';
    const other = 'cVpF924EspNh8KjYsfhgY96mmxvT6DgdWiTYMtMjuM74hJaU5psW';
    const texts = [
      `wsh(sortedmulti(2,${key}/1/*,${key}/2/*))`,
      `sh(wsh(and_v(v:pk(${key}/3/*),older(3))))`,
      `tr(50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0,{pk(${key}/4/*),and_v(v:pk(${other}),older(2))})`,
      `tr(${key}/5/*,multi_a(1,${key}/6/*))`,
      `sh(multi(1,${key}/7/*))`,
    ];
    for (const text of texts) {
      const { checksum } = await rpc('getdescriptorinfo', text);
      const desc = `${text}#${checksum}`;
      expect(await wallet('importdescriptors', [{ desc, timestamp: 'now', range: 5 }])).toMatchObject([
        { success: true },
      ]);
      const [address] = await rpc('deriveaddresses', desc, [2, 2]);
      await rpc('generatetoaddress', 1, address);
    }
    await rpc('generatetoaddress', 101, ELSEWHERE);
    const coins = await wallet('listunspent');
    expect(coins).toHaveLength(texts.length);
    for (const { txid, vout } of coins) {
      const raw = await rpc('createrawtransaction', [{ txid, vout, sequence: 3 }], { [ELSEWHERE]: 49.999 });
      const { hex, complete } = await wallet('signrawtransactionwithwallet', raw);
      expect(complete).toBe(true);
      expect(await rpc('testmempoolaccept', [hex])).toMatchObject([{ allowed: true }]);
    }
  });
});

describe('wallets in paths', () => {
  it('are named as paths are written', async () => {
    const { bitcoin } = await scene();
    await bitcoin.request('createwallet', ['my wallet', true]);
    await bitcoin.request('createwallet', ['', true]);
    const ask = async (path: string): Promise<unknown> => {
      const request = new Request(`http://node${path}`, {
        method: 'POST',
        body: '{"method":"getwalletinfo"}',
      });
      const { result } = (await (await bitcoin.fetch(request)).json()) as {
        result: { walletname: string } | null;
      };
      return result?.walletname;
    };
    expect(await ask('/wallet/my%20wallet')).toBe('my wallet');
    expect(await ask('/wallet/')).toBe('');
    expect(await ask('/')).toBeUndefined();
  });
});
