import { beforeEach, describe, expect, it } from 'vitest';
import type { BitcoinChainHandle } from '../src/chain.ts';
import { ELSEWHERE, refusal, type Rpc, twoWallets } from './rpc-scene.ts';
import type { Answer } from './support.ts';

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
const outpointsOf = (coins: readonly Answer[]): Answer[] => coins.map(({ txid, vout }) => ({ txid, vout }));

describe('locks on coins', () => {
  it('are set all or none', async () => {
    await alice('sendtoaddress', await alice('getnewaddress'), 1);
    await mine();
    const [first, second] = outpointsOf(await alice('listunspent'));
    const nowhere = { txid: first.txid, vout: 7 };
    expect(await refusal(alice('lockunspent', false, [first, nowhere]))).toBe(
      '-8 Invalid parameter, vout index out of bounds',
    );
    expect(await alice('listlockunspent')).toEqual([]);
    await alice('lockunspent', false, [first]);
    expect(await refusal(alice('lockunspent', true, [first, second]))).toBe(
      '-8 Invalid parameter, expected locked output',
    );
    expect(await alice('listlockunspent')).toEqual([first]);
  });

  it('are refused on what is no coin of the wallet, by what is wrong', async () => {
    const [coin] = outpointsOf(await alice('listunspent'));
    const lock = (output: unknown, unlock = false): Promise<string> =>
      refusal(alice('lockunspent', unlock, [output]));
    expect(await lock({ txid: '11'.repeat(32), vout: 0 })).toBe('-8 Invalid parameter, unknown transaction');
    expect(await lock({ ...coin, vout: -1 })).toBe('-8 Invalid parameter, vout cannot be negative');
    expect(await lock({ txid: coin.txid })).toBe('-3 Missing vout');
    expect(await lock({ vout: 0 })).toBe('-3 Missing txid');
    expect(await lock({ ...coin, vout: '0' })).toMatch(/^-3 JSON value of type string for field vout/);
    expect(await lock({ ...coin, txid: 'ab' })).toMatch(/^-8 txid must be of length 64/);
    expect(await lock(coin)).toBe('accepted');
    expect(await lock(coin)).toBe('-8 Invalid parameter, output already locked');
    expect(await refusal(alice('lockunspent', false, [coin], true))).toBe('accepted');
    expect(await lock(coin, true)).toBe('accepted');
    expect(await lock(coin, true)).toBe('-8 Invalid parameter, expected locked output');
    await alice('sendtoaddress', ELSEWHERE, 1);
    expect(await lock(coin)).toBe('-8 Invalid parameter, expected unspent output');
  });

  it('end when the coin is spent, and are left by an empty list', async () => {
    const [coin] = outpointsOf(await alice('listunspent'));
    await alice('lockunspent', false, [coin]);
    await alice('lockunspent', true, []);
    expect(await alice('listlockunspent')).toEqual([coin]);
    // Chosen by hand, a locked coin can be spent.
    await alice('send', { [ELSEWHERE]: 1 }, null, 'unset', 2, { inputs: [coin], add_inputs: true });
    expect(await alice('listlockunspent')).toEqual([]);
  });
});

describe('trust', () => {
  it('is not gained by passing on what is not trusted', async () => {
    const txid = await bob('sendtoaddress', await alice('getnewaddress'), 5);
    expect((await alice('getbalances')).mine).toMatchObject({ trusted: 50, untrusted_pending: 5 });
    const coin = (await alice('listunspent', 0)).find((one: Answer) => one.txid === txid);
    expect(coin.safe).toBe(false);
    const { txid: onward } = await alice('send', { [await alice('getnewaddress')]: 1 }, null, 'unset', 2, {
      inputs: [{ txid, vout: coin.vout }],
    });
    expect((await alice('gettransaction', onward)).trusted).toBe(false);
    expect((await alice('getbalances')).mine.trusted).toBe(50);
    expect(await refusal(alice('sendtoaddress', ELSEWHERE, 50.5))).toBe('-6 Insufficient funds');
    await mine();
    expect((await alice('getbalances')).mine).toMatchObject({ untrusted_pending: 0 });
    expect(await alice('getbalance')).toBeGreaterThan(54.9);
  });

  it('reaches through change of change', async () => {
    for (let i = 0; i < 3; i++) await alice('sendtoaddress', ELSEWHERE, 1);
    const [coin] = await alice('listunspent', 0);
    expect(coin).toMatchObject({ safe: true, confirmations: 0, ancestorcount: 3 });
    const { ancestorsize, ancestorfees } = coin;
    const { ancestorsize: size, fees } = await rpc('getmempoolentry', coin.txid);
    expect([ancestorsize, ancestorfees]).toEqual([size, Math.round(fees.ancestor * 1e8)]);
  });

  it('does not go so far as to spend the change of a replacement', async () => {
    const txid = await alice('sendtoaddress', ELSEWHERE, 1);
    await alice('bumpfee', txid);
    expect(await alice('listunspent', 0, 9, [], false)).toEqual([]);
    expect(await alice('listunspent', 0)).toMatchObject([{ safe: false }]);
    expect(await refusal(alice('sendtoaddress', ELSEWHERE, 1))).toBe('-6 Insufficient funds');
    await mine();
    expect(await refusal(alice('sendtoaddress', ELSEWHERE, 1))).toBe('accepted');
  });
});

describe('listing coins', () => {
  it('goes by addresses, depths and amounts', async () => {
    const addresses = await Promise.all([1, 2, 3].map(() => alice('getnewaddress')));
    for (const [i, address] of addresses.entries()) await alice('sendtoaddress', address, i + 1);
    await mine();
    const amounts = async (...params: readonly unknown[]): Promise<number[]> =>
      (await alice('listunspent', ...params))
        .map(({ amount }: Answer) => amount)
        .filter((value: number) => value <= 3);
    expect(await amounts(1, 9_999_999, addresses.slice(0, 2))).toEqual([1, 2]);
    expect(await amounts(2)).toEqual([]);
    expect(await amounts(0, 0)).toEqual([]);
    const query = (options: unknown): Promise<number[]> => amounts(1, 9_999_999, addresses, true, options);
    expect(await query({ minimumAmount: 2 })).toEqual([2, 3]);
    expect(await query({ maximumAmount: '2.0' })).toEqual([1, 2]);
    expect(await query({ maximumCount: 1 })).toEqual([1]);
    expect(await query({ minimumSumAmount: 2.5 })).toEqual([1, 2]);
    expect(await query({ maximumCount: 0, minimumAmount: 0 })).toEqual([1, 2, 3]);
    expect(await refusal(query({ minAmount: 1 }))).toBe('-3 Unexpected key minAmount');
    expect(await refusal(query({ maximumCount: 'x' }))).toBe(
      '-3 JSON value of type string for field maximumCount is not of expected type number',
    );
    const [address] = addresses;
    expect(await refusal(alice('listunspent', 1, 9, [address, address.toUpperCase()]))).toBe(
      `-8 Invalid parameter, duplicated address: ${address.toUpperCase()}`,
    );
    expect(await refusal(alice('listunspent', 1, 9, ['x']))).toBe('-5 Invalid Bitcoin address: x');
  });

  it('shows coinbases before they are ripe only where asked', async () => {
    await rpc('generatetoaddress', 1, await alice('getnewaddress'));
    const all = (options: unknown): Promise<Answer> => alice('listunspent', 1, 9_999_999, [], true, options);
    expect(await all({})).toHaveLength(1);
    expect(await all({ include_immature_coinbase: true })).toHaveLength(2);
    // A coinbase is ripe for the block after the hundredth.
    await rpc('generatetoaddress', 99, ELSEWHERE);
    expect(await all({})).toHaveLength(1);
    await mine();
    expect(await all({})).toHaveLength(2);
  });
});

describe('what was received', () => {
  it('counts ripe rewards, and those that are not where asked', async () => {
    const address = await alice('getnewaddress', 'till');
    await bob('sendtoaddress', address, 2);
    await rpc('generatetoaddress', 1, address);
    const amounts = async (...params: readonly unknown[]): Promise<number> =>
      alice('getreceivedbyaddress', address, ...params);
    expect(await amounts()).toBe(2);
    expect(await amounts(1, true)).toBeGreaterThan(52);
    expect(await amounts(2)).toBe(0);
    await bob('sendtoaddress', address, 1);
    expect(await amounts()).toBe(2);
    expect(await amounts(0)).toBe(3);
    await rpc('generatetoaddress', 100, ELSEWHERE);
    expect(await amounts()).toBeGreaterThan(53);
    expect(await alice('getreceivedbylabel', 'till')).toBe(await amounts());
    expect(await refusal(bob('getreceivedbyaddress', address))).toBe('-4 Address not found in wallet');
    expect(await refusal(alice('getreceivedbylabel', 'attic'))).toBe('-4 Label not found in wallet');
  });

  it('is told by balances of a depth', async () => {
    await bob('sendtoaddress', await alice('getnewaddress'), 2);
    await mine();
    expect(await alice('getbalance', '*', 1)).toBe(52);
    expect(await alice('getbalance', '*', 2)).toBe(50);
    expect(await refusal(alice('getbalance', 'all'))).toBe(
      '-32 dummy first argument must be excluded or set to "*".',
    );
    expect(await refusal(alice('getbalance', '*', 1.5))).toBe('-1 JSON integer out of range');
  });
});

describe('names of addresses', () => {
  it('are of those who receive and of those who are sent to', async () => {
    const address = await alice('getnewaddress', 'home');
    await alice('setlabel', ELSEWHERE, 'shop');
    expect(await alice('listlabels')).toEqual(['', 'home', 'shop']);
    expect(await alice('listlabels', 'receive')).toEqual(['', 'home']);
    expect(await alice('listlabels', 'send')).toEqual(['shop']);
    expect(await alice('getaddressesbylabel', 'home')).toEqual({ [address]: { purpose: 'receive' } });
    expect(await alice('getaddressesbylabel', 'shop')).toEqual({ [ELSEWHERE]: { purpose: 'send' } });
    expect(await refusal(alice('getaddressesbylabel', 'attic'))).toBe('-11 No addresses with label attic');
    for (const call of [alice('getnewaddress', '*'), alice('setlabel', address, '*')]) {
      expect(await refusal(call)).toBe('-11 Invalid label name');
    }
  });

  it('tell change from addresses that were given away', async () => {
    const { descriptors } = await alice('listdescriptors');
    const external = descriptors.find((one: Answer) => one.desc.startsWith('wpkh(') && !one.internal);
    const [unused] = await rpc('deriveaddresses', external.desc, [9, 9]);
    expect(await alice('getaddressinfo', unused)).toMatchObject({ ischange: true, labels: [] });
    // Whoever pays to it makes an address of it.
    await bob('sendtoaddress', unused, 1);
    expect(await alice('getaddressinfo', unused)).toMatchObject({ ischange: false, labels: [''] });
    const { index } = /\/(?<index>\d+)$/.exec(
      (await alice('getaddressinfo', await alice('getnewaddress'))).hdkeypath,
    )!.groups!;
    expect(index).toBe('10');
  });

  it('run out where there is nothing to take them from', async () => {
    await rpc('createwallet', 'blank', true, true);
    const blank: Rpc = (method, ...params) => bitcoin.request(method, params, { wallet: 'blank' });
    expect(await refusal(blank('getnewaddress'))).toBe('-4 Error: This wallet has no available keys');
    const { descriptors } = await alice('listdescriptors');
    const external = descriptors.find((one: Answer) => one.desc.startsWith('wpkh(') && !one.internal);
    await blank('importdescriptors', [{ desc: external.desc, timestamp: 'now', active: true }]);
    expect(await blank('getnewaddress')).toMatch(/^bcrt1q/);
    expect(await refusal(blank('getnewaddress', '', 'legacy'))).toBe(
      '-12 Error: No legacy addresses available.',
    );
    expect(await refusal(blank('getrawchangeaddress'))).toBe('-4 Error: This wallet has no available keys');
  });
});
