import { bytesToHex, isNinefoldError, manualClock, seededRng, utf8ToBytes } from '@ninefold/base';
import { createMemoryStore, type KvStore } from '@ninefold/state';
import { describe, expect, it } from 'vitest';
import { type BitcoinChainHandle, createBitcoin } from '../src/chain.ts';
import { hashCoins } from '../src/ledger/coins.ts';

const START = 1_700_000_000_000;
const ELSEWHERE = 'bcrt1qdsd4f5hjvemfz79thz0mh36rxffua9hx9p42wa';

/** A store that outlives the chains on it. */
function lasting(): KvStore {
  return { ...createMemoryStore(), close: async () => {} };
}

function open(store: KvStore, ms = START): Promise<BitcoinChainHandle> {
  const rng = seededRng(3);
  return createBitcoin({ store, clock: manualClock(ms), random: (length) => rng.bytes(length) });
}

const picture = async (bitcoin: BitcoinChainHandle): Promise<unknown> => ({
  tip: await bitcoin.request('getblockchaininfo'),
  coins: bytesToHex(hashCoins(bitcoin.node.chain.coins)),
  tips: await bitcoin.request('getchaintips'),
  mempool: ((await bitcoin.request('getrawmempool')) as string[]).sort(),
  wallets: await bitcoin.request('listwallets'),
});

describe('a chain with a store', () => {
  it('comes back as it was: blocks, branches, the mempool, wallets', async () => {
    const store = lasting();
    const first = await open(store);
    await first.request('createwallet', ['a']);
    const address = await first.request('getnewaddress', ['mine']);
    await first.request('generatetoaddress', [3, address]);
    await first.request('generatetoaddress', [101, ELSEWHERE]);
    const fallen = (await first.request('generatetoaddress', [2, ELSEWHERE])) as string[];
    await first.request('invalidateblock', [fallen[0]]);
    const parent = await first.request('sendtoaddress', [await first.request('getnewaddress'), 49]);
    const child = await first.request('sendtoaddress', [ELSEWHERE, 97]);
    const before = await picture(first);
    const balances = await first.request('getbalances');
    await first.close();

    const second = await open(store, START + 1000);
    expect(await picture(second)).toEqual(before);
    expect(await second.request('getbalances')).toEqual(balances);
    expect(await second.request('getaddressinfo', [address])).toMatchObject({
      ismine: true,
      labels: ['mine'],
    });
    expect(await second.request('getnewaddress')).not.toBe(address);
    await second.request('generatetoaddress', [1, ELSEWHERE]);
    expect(await second.request('gettransaction', [parent])).toMatchObject({ confirmations: 1 });
    expect(await second.request('gettransaction', [child])).toMatchObject({ confirmations: 1 });
    await second.request('reconsiderblock', [fallen[0]]);
    await second.close();
    const third = await open(store);
    expect(await third.request('getblockcount')).toBe(106);
    await third.close();
  });

  it('accepts blocks it made by a stopped clock ahead of its own', async () => {
    const store = lasting();
    const first = await open(store);
    await first.request('setmocktime', [2_000_000_000]);
    await first.request('generatetoaddress', [1, ELSEWHERE]);
    await first.close();
    const second = await open(store);
    expect(await second.request('getblockcount')).toBe(1);
    expect(second.node.mockTime).toBe(0);
    await second.close();
  });

  it('answers when a change is on disk, not before', async () => {
    const base = createMemoryStore();
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const store: KvStore = {
      ...base,
      commit: async (batch, options) => {
        expect(options?.durable).toBe(true);
        await gate;
        await base.commit(batch, options);
      },
    };
    const bitcoin = await open(store);
    let answered = false;
    const ask = async (): Promise<void> => {
      await bitcoin.request('generatetoaddress', [1, ELSEWHERE]);
      answered = true;
    };
    const answer = ask();
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(answered).toBe(false);
    release();
    await answer;
    await bitcoin.close();
  });

  it('says when it cannot write, from then on', async () => {
    const base = createMemoryStore();
    let broken = false;
    const store: KvStore = {
      ...base,
      commit: async (batch, options) => {
        if (broken) throw new Error('no space left');
        await base.commit(batch, options);
      },
    };
    const bitcoin = await open(store);
    await bitcoin.request('getblockcount');
    broken = true;
    await expect(bitcoin.request('generatetoaddress', [1, ELSEWHERE])).rejects.toMatchObject({
      code: 'BITCOIN_STORE_FAILED',
    });
    broken = false;
    await expect(bitcoin.request('getblockcount')).rejects.toMatchObject({ code: 'BITCOIN_STORE_FAILED' });
  });

  it('refuses what is damaged', async () => {
    const damaged = async (change: (store: KvStore) => Promise<void>): Promise<string> => {
      const store = lasting();
      const first = await open(store);
      await first.request('generatetoaddress', [3, ELSEWHERE]);
      await first.close();
      await change(store);
      try {
        await open(store);
      } catch (error) {
        return isNinefoldError(error) ? error.code : String(error);
      }
      return 'opens';
    };
    const keys = (store: KvStore, kind: number): Uint8Array[] =>
      [...store.range({ gte: Uint8Array.of(kind), lt: Uint8Array.of(kind + 1) })].map(([key]) => key);
    const code = 'BITCOIN_STORE_CORRUPT';
    expect(
      await damaged((store) =>
        store.commit([{ type: 'put', key: Uint8Array.of(0), value: utf8ToBytes('other') }]),
      ),
    ).toBe(code);
    expect(
      await damaged((store) =>
        store.commit([{ type: 'put', key: keys(store, 1)[1]!, value: Uint8Array.of(1, 2) }]),
      ),
    ).toBe(code);
    expect(await damaged((store) => store.commit([{ type: 'delete', key: keys(store, 1)[1]! }]))).toBe(code);
    expect(await damaged((store) => store.commit([{ type: 'delete', key: keys(store, 1)[0]! }]))).toBe(code);
    expect(
      await damaged((store) =>
        store.commit([{ type: 'put', key: Uint8Array.of(2, 1), value: utf8ToBytes('\u0001nothing') }]),
      ),
    ).toBe(code);
    expect(await damaged(async () => {})).toBe('opens');
  });
});

describe('forks', () => {
  it('begin as their parent is and go their own way', async () => {
    const parent = await createBitcoin({ clock: manualClock(START) });
    await parent.request('createwallet', ['a']);
    await parent.request('generatetoaddress', [102, await parent.request('getnewaddress')]);
    const txid = await parent.request('sendtoaddress', [ELSEWHERE, 1]);
    const child = parent.fork();
    expect(await picture(child)).toEqual(await picture(parent));
    expect(await child.request('getbalances')).toEqual(await parent.request('getbalances'));
    await child.request('generatetoaddress', [1, ELSEWHERE]);
    expect(await child.request('gettransaction', [txid])).toMatchObject({ confirmations: 1 });
    expect(await parent.request('getblockcount')).toBe(102);
    expect(await parent.request('getrawmempool')).toEqual([txid]);
    await child.request('invalidateblock', [await child.request('getblockhash', [50])]);
    expect(await child.request('getblockcount')).toBe(49);
    expect(await parent.request('getblockcount')).toBe(102);
  });
});
