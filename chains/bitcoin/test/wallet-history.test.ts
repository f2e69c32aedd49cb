import { hexToBytes } from '@ninefold/base';
import { decodeTransaction, type Transaction } from '@ninefold/vm-bitcoin-script';
import { beforeEach, describe, expect, it } from 'vitest';
import type { BitcoinChainHandle } from '../src/chain.ts';
import { ELSEWHERE, refusal, type Rpc, twoWallets } from './rpc-scene.ts';
import { type Answer, P2TR } from './support.ts';

let bitcoin: BitcoinChainHandle;
let rpc: Rpc;
let alice: Rpc;
let bob: Rpc;

beforeEach(async () => {
  ({
    bitcoin,
    rpc,
    wallets: [alice, bob],
  } = await twoWallets());
});

const mine = (): Promise<Answer> => rpc('generatetoaddress', 1, ELSEWHERE);
const rawOf = async (txid: string): Promise<Transaction> =>
  decodeTransaction(hexToBytes(`0x${await rpc('getrawtransaction', txid)}`));

describe('what became of a payment', () => {
  it('that another has replaced: it waits no more, and counts its depth against it', async () => {
    const txid = await alice('sendtoaddress', ELSEWHERE, 1, 'tea', 'the shop');
    const { txid: later } = await alice('bumpfee', txid);
    const replaced = await alice('gettransaction', txid);
    expect(replaced).toMatchObject({
      confirmations: 0,
      trusted: false,
      walletconflicts: [later],
      mempoolconflicts: [later],
      replaced_by_txid: later,
      comment: 'tea',
      to: 'the shop',
      'bip125-replaceable': 'yes',
    });
    expect(await alice('gettransaction', later)).toMatchObject({
      confirmations: 0,
      trusted: true,
      walletconflicts: [txid],
      mempoolconflicts: [],
      replaces_txid: txid,
      comment: 'tea',
    });
    await mine();
    await mine();
    expect(await alice('gettransaction', later)).toMatchObject({ confirmations: 2, mempoolconflicts: [] });
    expect(await alice('gettransaction', txid)).toMatchObject({ confirmations: -2, trusted: false });
    // Off the chain again, nothing stands against it but the mempool.
    await rpc('invalidateblock', await rpc('getblockhash', 104));
    expect(await alice('gettransaction', txid)).toMatchObject({ confirmations: 0 });
  });

  it('whose parent became void: it is void as well', async () => {
    const parent = await alice('sendtoaddress', ELSEWHERE, 1);
    const child = await alice('sendtoaddress', ELSEWHERE, 1);
    const { inputs } = await rawOf(parent);
    const [{ scriptPubKey }] = await alice('listunspent', 0);
    expect(scriptPubKey).toBeDefined();
    // The same coin, spent otherwise, in a block that no mempool was asked about.
    const raw = await rpc(
      'createrawtransaction',
      [{ txid: (await rpc('getrawtransaction', parent, 1)).vin[0].txid, vout: inputs[0]!.prevout.vout }],
      { [ELSEWHERE]: 49 },
    );
    const { hex } = await alice('signrawtransactionwithwallet', raw);
    await rpc('generateblock', ELSEWHERE, [hex]);
    for (const txid of [parent, child]) {
      expect(await alice('gettransaction', txid)).toMatchObject({ confirmations: -1, mempoolconflicts: [] });
    }
    expect(await alice('getbalance')).toBe(0);
    const lines = await alice('listtransactions');
    expect(lines.filter(({ txid }: Answer) => txid === child)).toMatchObject([
      { category: 'send', confirmations: -1 },
    ]);
  });

  it('of two wallets: each sees what it paid of it', async () => {
    const [[a], [b]] = [await alice('listunspent'), await bob('listunspent')];
    const raw = await rpc('createrawtransaction', [a, b], { [ELSEWHERE]: 99.999 });
    const { hex } = await alice('signrawtransactionwithwallet', raw);
    const whole = await bob('signrawtransactionwithwallet', hex);
    expect(whole.complete).toBe(true);
    const txid = await rpc('sendrawtransaction', whole.hex);
    // Nodes count all outputs against what the wallet put in.
    const { amount, fee, details, trusted } = await alice('gettransaction', txid);
    expect([amount, fee, trusted]).toEqual([-99.999, 49.999, false]);
    expect(details).toMatchObject([{ category: 'send', amount: -99.999 }]);
    expect(await refusal(alice('bumpfee', txid))).toBe(
      "-4 Transaction contains inputs that don't belong to this wallet",
    );
  });

  it('that was given up: it is said so, and only of what waits nowhere', async () => {
    const txid = await alice('sendtoaddress', ELSEWHERE, 1);
    const abandon = (): Promise<string> => refusal(alice('abandontransaction', txid));
    expect(await abandon()).toBe('-5 Transaction not eligible for abandonment');
    const { txid: later } = await alice('bumpfee', txid);
    expect(await abandon()).toBe('accepted');
    const lines = await alice('listtransactions');
    expect(lines.find((one: Answer) => one.txid === txid).abandoned).toBe(true);
    expect(lines.find((one: Answer) => one.txid === later).abandoned).toBe(false);
    await mine();
    expect(await refusal(alice('abandontransaction', later))).toBe(
      '-5 Transaction not eligible for abandonment',
    );
    expect(await refusal(alice('abandontransaction', '22'.repeat(32)))).toBe(
      '-5 Invalid or non-wallet transaction id',
    );
  });

  it('of rewards: none stands against another', async () => {
    await rpc('generatetoaddress', 2, await alice('getnewaddress'));
    const lines = await alice('listtransactions');
    expect(lines.map(({ category }: Answer) => category)).toEqual(['generate', 'immature', 'immature']);
    for (const { walletconflicts } of lines) expect(walletconflicts).toEqual([]);
  });

  it('of a reward whose block is gone', async () => {
    await rpc('generatetoaddress', 1, await alice('getnewaddress'));
    const last = async (): Promise<Answer> => (await alice('listtransactions')).at(-1);
    expect(await last()).toMatchObject({ category: 'immature', confirmations: 1, generated: true });
    const hash = await rpc('getbestblockhash');
    await rpc('invalidateblock', hash);
    expect(await last()).toMatchObject({ category: 'orphan', confirmations: 0, abandoned: true });
    expect((await alice('getbalances')).mine.immature).toBe(0);
    await rpc('reconsiderblock', hash);
    expect(await last()).toMatchObject({ category: 'immature', confirmations: 1, abandoned: false });
  });
});

describe('whether a payment may be replaced', () => {
  it('is told by itself or by what it depends on', async () => {
    const parent = await alice('sendtoaddress', ELSEWHERE, 1, '', '', false, true);
    const child = await alice('sendtoaddress', ELSEWHERE, 1, '', '', false, false);
    expect(await alice('gettransaction', child)).toMatchObject({ 'bip125-replaceable': 'yes' });
    expect((await rpc('getmempoolentry', child))['bip125-replaceable']).toBe(true);
    await mine();
    expect(await alice('gettransaction', parent)).toMatchObject({ 'bip125-replaceable': 'no' });
    const final = await alice('sendtoaddress', ELSEWHERE, 1, '', '', false, false);
    expect(await alice('gettransaction', final)).toMatchObject({ 'bip125-replaceable': 'no' });
    expect(await refusal(alice('bumpfee', final))).toBe('-4 Transaction is not BIP 125 replaceable');
  });
});

describe('the list of payments', () => {
  it('is cut from its end', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push(await alice('sendtoaddress', ELSEWHERE, 1 + i));
    const page = async (count: number, skip: number): Promise<string[]> =>
      (await alice('listtransactions', '*', count, skip)).map(({ txid }: Answer) => txid);
    expect(await page(2, 0)).toEqual(ids.slice(3));
    expect(await page(2, 1)).toEqual(ids.slice(2, 4));
    expect(await page(2, 5)).toHaveLength(1);
    expect(await page(2, 6)).toEqual([]);
    expect(await page(2, 60)).toEqual([]);
    expect(await page(0, 0)).toEqual([]);
    expect(await page(99, 0)).toHaveLength(6);
    expect(await refusal(page(-1, 0))).toBe('-8 Negative count');
    expect(await refusal(page(1, -1))).toBe('-8 Negative from');
  });

  it('by a name holds what came in under it alone', async () => {
    const address = await alice('getnewaddress', 'till');
    await alice('setlabel', ELSEWHERE, 'till');
    const own = await alice('sendtoaddress', address, 1);
    await alice('sendtoaddress', ELSEWHERE, 1);
    const lines = await alice('listtransactions', 'till');
    expect(lines).toMatchObject([{ category: 'receive', txid: own, label: 'till', amount: 1 }]);
    const [incoming, outgoing] = (await alice('listtransactions')).filter(({ txid }: Answer) => txid === own);
    expect([incoming.category, outgoing.category]).toEqual(['receive', 'send']);
    expect((await alice('gettransaction', own)).details.map(({ category }: Answer) => category)).toEqual([
      'send',
      'receive',
    ]);
  });

  it('since a block beside the chain holds what that block had', async () => {
    const txid = await alice('sendtoaddress', ELSEWHERE, 1);
    await mine();
    const left = await rpc('getbestblockhash');
    const before = await rpc('getblockhash', 103);
    await rpc('invalidateblock', left);
    bitcoin.node.generateBlock(P2TR, []);
    const since = await alice('listsinceblock', left);
    expect(since.removed).toMatchObject([{ txid, confirmations: 0, category: 'send' }]);
    expect(since.transactions).toMatchObject([{ txid }]);
    expect((await alice('listsinceblock', before)).removed).toEqual([]);
    expect((await alice('listsinceblock', left, 1, true, false)).removed).toBeUndefined();
    expect(await alice('listsinceblock', before, 3)).toMatchObject({
      lastblock: await rpc('getblockhash', (await rpc('getblockcount')) - 2),
    });
    expect(await refusal(alice('listsinceblock', left, 0))).toBe('-8 Invalid parameter');
    expect(await refusal(alice('listsinceblock', '33'.repeat(32)))).toBe('-5 Block not found');
  });

  it('leaves change out unless it is asked for', async () => {
    await alice('sendtoaddress', ELSEWHERE, 1);
    const { transactions } = await alice('listsinceblock', await rpc('getbestblockhash'));
    expect(transactions).toHaveLength(1);
    const all = await alice('listsinceblock', await rpc('getbestblockhash'), 1, true, true, true);
    // Sent to the shop, sent as change, received as change.
    expect(all.transactions).toHaveLength(3);
  });
});

describe('looking again', () => {
  it('goes over the blocks it is told', async () => {
    const { descriptors } = await alice('listdescriptors');
    const desc = descriptors.find((one: Answer) => one.desc.startsWith('wpkh(') && !one.internal).desc;
    await rpc('createwallet', 'late', true, true);
    const late: Rpc = (method, ...params) => bitcoin.request(method, params, { wallet: 'late' });
    const start = await rpc('getblockhash', 90).then((hash) => rpc('getblockheader', hash));
    // Alice's reward is older than the two hours before that.
    bitcoin.node.setMockTime(start.time + 86_400);
    await rpc('generatetoaddress', 12, ELSEWHERE);
    const [imported] = await late('importdescriptors', [{ desc, timestamp: 'now' }]);
    expect(imported).toEqual({ success: true, warnings: ['Range not given, using default keypool range'] });
    expect(await late('getbalance')).toBe(0);
    expect(await late('rescanblockchain', 2, 50)).toEqual({ start_height: 2, stop_height: 50 });
    expect(await late('getbalance')).toBe(0);
    await late('rescanblockchain');
    expect(await late('getbalance')).toBe(50);
    const rescan = (...params: readonly unknown[]): Promise<string> =>
      refusal(late('rescanblockchain', ...params));
    expect(await rescan(-1)).toBe('-8 Invalid start_height');
    expect(await rescan(1000)).toBe('-8 Invalid start_height');
    expect(await rescan(0, 1000)).toBe('-8 Invalid stop_height');
    expect(await rescan(0, -1)).toBe('-8 Invalid stop_height');
    expect(await rescan(5, 4)).toBe('-8 stop_height must be greater than start_height');
    expect(await rescan(0.5)).toBe('-1 JSON integer out of range');
  });

  it('is done from the earliest time of what is imported', async () => {
    const { descriptors } = await alice('listdescriptors', true);
    const desc = descriptors.find((one: Answer) => one.desc.startsWith('wpkh(') && !one.internal).desc;
    await rpc('createwallet', 'heir', false, true);
    const heir: Rpc = (method, ...params) => bitcoin.request(method, params, { wallet: 'heir' });
    const attempt = (request: object): Promise<Answer> => heir('importdescriptors', [request]);
    expect(await refusal(attempt({ desc }))).toBe('-3 Missing required timestamp field for key');
    expect(await refusal(attempt({ desc, timestamp: 'then' }))).toBe(
      '-3 Expected number or "now" timestamp value for key. got type string',
    );
    const failing: readonly (readonly [object, number, string])[] = [
      [{ timestamp: 0 }, -8, 'Descriptor not found.'],
      [{ desc, timestamp: 0, label: 'x' }, -8, 'Ranged descriptors should not have a label'],
      [{ desc, timestamp: 0, range: [0, 5], next_index: 6 }, -8, 'next_index is out of range'],
      [
        { desc, timestamp: 0, range: [5, 0] },
        -8,
        'Range specified as [begin,end] must not have begin after end',
      ],
      [{ desc, timestamp: 0, range: [0, 1_000_000] }, -8, 'Range is too large'],
    ];
    for (const [request, code, message] of failing) {
      expect(await attempt(request)).toEqual([{ success: false, error: { code, message } }]);
    }
    const wif = 'cVpF924EspNh8KjYsfhgY96mmxvT6DgdWiTYMtMjuM74hJaU5psW';
    const single = async (text: string, more: object): Promise<Answer> => {
      const { checksum } = await rpc('getdescriptorinfo', text);
      return (await attempt({ desc: `${text}#${checksum}`, timestamp: 0, ...more }))[0];
    };
    expect(await single(`wpkh(${wif})`, { active: true })).toMatchObject({
      error: { code: -8, message: 'Active descriptors must be ranged' },
    });
    expect(await single(`wpkh(${wif})`, { range: 3 })).toMatchObject({
      error: { code: -8, message: 'Range should not be specified for an un-ranged descriptor' },
    });
    expect(await single(`wpkh(${wif})`, { internal: true, label: 'x' })).toMatchObject({
      error: { code: -8, message: 'Internal addresses should not have a label' },
    });
    expect(await single(`wpkh(${wif})`, { label: 'one' })).toEqual({ success: true });
    expect(await heir('listlabels')).toEqual(['one']);
    expect(await attempt({ desc, timestamp: 1, active: true })).toMatchObject([{ success: true }]);
    expect(await heir('getbalance')).toBe(50);
  });
});
