import { isNinefoldError } from '@ninefold/base';
import type { Account, Entity, Page, SearchHit, Tx, TxDetail } from '@ninefold/studio-api';
import { createStudio } from '@ninefold/studio-api';
import { FORKS, isAtLeast } from '@ninefold/vm-evm';
import { describe, expect, it } from 'vitest';
import type { EthereumChainOptions } from '../../src/options.ts';
import { SAMPLE_BUILD_INFO } from '../../src/studio/sample-build-info.ts';
import { Names } from '../../src/studio/names.ts';
import { createEthereumStudio } from '../../src/studio/studio-chain.ts';
import { Views } from '../../src/studio/views.ts';
import { ALICE, BOB, CAROL, createTestNode, deployer, hex, NOBODY } from '../support/rpc.ts';

const net = 'ethereum';

/** A node, and its studio by the methods a page uses. */
async function createStudioNode(options: EthereumChainOptions = {}) {
  const node = await createTestNode(options);
  const studio = createStudio({
    chains: [createEthereumStudio(node.chain)],
    info: { version: '0', instance: 'test', readyMs: 0, host: 'test' },
  });
  const call = async <Result>(method: string, params: object = {}): Promise<Result> =>
    (await studio.dispatcher.call(
      `ninefold_${method}`,
      (method === 'search' ? params : { net, ...params }) as Record<string, unknown>,
      {},
    )) as Result;
  /** What the method refuses with. */
  const refusal = async (method: string, params: object = {}): Promise<string> => {
    const answer = await call(method, params).catch((error: unknown) => error);
    const { data } = answer as { readonly data?: { readonly code?: string } };
    if (isNinefoldError(answer)) return answer.code;
    return data?.code ?? `answered ${JSON.stringify(answer)}`;
  };
  return { ...node, call, refusal };
}

describe('what is asked for and not there', () => {
  it.each<[string, object, string]>([
    ['getTransaction', { id: `0x${'ab'.repeat(32)}` }, 'STUDIO_NOT_FOUND'],
    ['getTransaction', { id: 'latest' }, 'STUDIO_NOT_FOUND'],
    ['getCalls', { id: `0x${'ab'.repeat(32)}` }, 'STUDIO_NOT_FOUND'],
    ['getCost', { id: `0x${'ab'.repeat(32)}`, by: 'op' }, 'STUDIO_NOT_FOUND'],
    ['openTrace', { id: `0x${'ab'.repeat(32)}` }, 'STUDIO_NOT_FOUND'],
    ['getStateDiff', { id: `0x${'ab'.repeat(32)}` }, 'STUDIO_NOT_FOUND'],
    ['getStateDiff', { block: '7' }, 'STUDIO_NOT_FOUND'],
    ['getStateDiff', {}, 'STUDIO_INVALID'],
    ['getBlock', { id: '7' }, 'STUDIO_NOT_FOUND'],
    ['getBlock', { id: `0x${'ab'.repeat(32)}` }, 'STUDIO_NOT_FOUND'],
    ['getBlock', { id: '-1' }, 'STUDIO_NOT_FOUND'],
    ['getBlocks', { before: '7' }, 'STUDIO_NOT_FOUND'],
    ['getTransactions', { block: '7' }, 'STUDIO_NOT_FOUND'],
    ['getTransactions', { before: 'yesterday' }, 'STUDIO_INVALID'],
    ['getEntity', { id: 'vitalik' }, 'STUDIO_NOT_FOUND'],
    ['getEntity', { id: ALICE, at: '7' }, 'STUDIO_NOT_FOUND'],
    ['reference', { name: 'NOP' }, 'STUDIO_NOT_FOUND'],
    ['faucet', { to: 'alice', amount: '1' }, 'STUDIO_INVALID'],
    ['faucet', { to: ALICE, amount: (2n ** 256n).toString() }, 'STUDIO_INVALID'],
    ['cheat', { op: 'revert' }, 'STUDIO_INVALID'],
    ['cheat', { op: 'setTime' }, 'STUDIO_INVALID'],
    ['cheat', { op: 'setTime', time: 1000 }, 'STUDIO_INVALID'],
    ['cheat', { op: 'setBalance', account: ALICE }, 'STUDIO_INVALID'],
    ['cheat', { op: 'setBalance', account: 'alice', amount: '1' }, 'STUDIO_INVALID'],
    ['cheat', { op: 'setBalance', account: ALICE, amount: (2n ** 256n).toString() }, 'STUDIO_INVALID'],
  ])('%s %j', async (method, params, code) => {
    const { refusal } = await createStudioNode();
    expect(await refusal(method, params)).toBe(code);
  });

  it('a network', async () => {
    const { refusal } = await createStudioNode();
    expect(await refusal('getBlocks', { net: 'solana' })).toBe('STUDIO_NOT_FOUND');
  });
});

describe('cheats', () => {
  it('mine, give, set balances and time, and take all of it back', async () => {
    const { call, rpc } = await createStudioNode();
    const before = BigInt(await rpc('eth_getBalance', BOB, 'latest'));
    const snapshot = await call<string>('cheat', { op: 'snapshot' });
    expect(await call('cheat', { op: 'mine', blocks: 3 })).toBe('3');
    await call('faucet', { to: BOB.toUpperCase().replace('0X', '0x'), amount: '5' });
    expect(BigInt(await rpc('eth_getBalance', BOB, 'latest'))).toBe(before + 5n);
    await call('cheat', { op: 'setBalance', account: BOB, amount: '7' });
    expect(await rpc('eth_getBalance', BOB, 'latest')).toBe('0x7');
    const later = 2_000_000_000_000;
    expect(await call('cheat', { op: 'setTime', time: later + 999 })).toBe(true);
    await call('cheat', { op: 'mine' });
    const { timestamp } = await rpc('eth_getBlockByNumber', 'latest', false);
    expect(BigInt(timestamp)).toBe(2_000_000_000n);
    expect(await call('cheat', { op: 'revert', id: snapshot })).toBe(true);
    expect(await rpc('eth_blockNumber')).toBe('0x0');
    expect(BigInt(await rpc('eth_getBalance', BOB, 'latest'))).toBe(before);
  });
});

describe('a transaction that waits', () => {
  it('is shown as far as it is known', async () => {
    const { call, rpc } = await createStudioNode({ mining: 'manual' });
    const id = await rpc('eth_sendTransaction', { from: ALICE, to: BOB, value: '0x5', gas: '0x5208' });
    const waiting = await call<TxDetail>('getTransaction', { id });
    expect(waiting).toMatchObject({ id, status: 'pending', traceable: false, cost: [], moved: [] });
    expect(waiting.raw).toMatch(/^0x02/);
    expect((await call<Page<SearchHit>>('search', { q: id })).items).toMatchObject([{ kind: 'tx', id }]);
    await rpc('evm_mine');
    expect((await call<TxDetail>('getTransaction', { id })).status).toBe('ok');
  });
});

describe('search', () => {
  it('takes hashes, addresses, numbers of blocks and names, in any case', async () => {
    const { call, rpc } = await createStudioNode();
    await rpc('evm_mine');
    const { hash } = await rpc('eth_getBlockByNumber', 'latest', false);
    const find = async (q: string, limit?: number) =>
      (await call<Page<SearchHit>>('search', { q, limit })).items;
    expect(await find(`  ${hash.toUpperCase().replace('0X', '0x')} `)).toMatchObject([
      { kind: 'block', id: '1' },
    ]);
    expect(await find('1')).toMatchObject([{ kind: 'block', id: '1' }]);
    expect(await find('42')).toEqual([]);
    expect(await find('')).toEqual([]);
    expect(await find('99999999999999999999')).toEqual([]);
    expect((await find(NOBODY)).map(({ kind }) => kind)).toEqual(['entity']);
    expect(await find(`0x${'ab'.repeat(32)}`)).toEqual([]);
    expect(await find('(.*')).toEqual([]);
  });

  it('finds contracts by the names of their sources', async () => {
    const { call } = await createStudioNode();
    await call('sample');
    const { items } = await call<Page<SearchHit>>('search', { q: 'orderb' });
    expect(items).toMatchObject([{ kind: 'program', label: 'OrderBook' }]);
  });
});

describe('lists of transactions', () => {
  it('are filtered by block, by account and by what became of them', async () => {
    const { call, rpc } = await createStudioNode();
    const ids = [
      await rpc('eth_sendTransaction', { from: ALICE, to: BOB, value: '0x1' }),
      await rpc('eth_sendTransaction', { from: BOB, to: CAROL, value: '0x1' }),
      await rpc('eth_sendTransaction', { from: CAROL, data: '0xfe', gas: '0xfffff' }),
    ];
    const list = async (filter: object) =>
      (await call<Page<Tx>>('getTransactions', filter)).items.map(({ id }) => ids.indexOf(id));
    expect(await list({})).toEqual([2, 1, 0]);
    expect(await list({ block: '2' })).toEqual([1]);
    expect(await list({ entity: BOB })).toEqual([1, 0]);
    expect(await list({ entity: CAROL.toUpperCase().replace('0X', '0x') })).toEqual([2, 1]);
    expect(await list({ status: 'failed' })).toEqual([2]);
    expect(await list({ status: 'ok', entity: CAROL })).toEqual([1]);
    expect(await list({ entity: NOBODY })).toEqual([]);
  });

  it('go on where a walk through empty blocks ended', async () => {
    const { chain, rpc } = await createTestNode();
    const hashes = [await rpc('eth_sendTransaction', { from: ALICE, to: BOB })];
    await rpc('anvil_mine', '0x7');
    hashes.unshift(await rpc('eth_sendTransaction', { from: ALICE, to: BOB }));
    const views = new Views(chain.node, new Names(chain.node, net), 3);
    const found: string[] = [];
    const sizes: number[] = [];
    let before: string | undefined;
    do {
      const page = views.transactions({ limit: 5, before });
      found.push(...page.items.map(({ id }) => id));
      sizes.push(page.items.length);
      before = page.next;
    } while (before !== undefined);
    expect(found).toEqual(hashes);
    // Ten blocks, three a walk.
    expect(sizes).toEqual([1, 0, 1, 0]);
    // Cursors beyond what is there are the user's, and cost nothing.
    expect(views.transactions({ limit: 5, before: '1/999999999' }).items).toHaveLength(1);
    expect(views.transactions({ limit: 5, before: '99999999999999999999/1' }).items).toEqual([]);
  });

  it('of all networks are the newest of each', async () => {
    const { call, rpc } = await createStudioNode();
    const id = await rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    const { items } = await call<Page<Tx>>('getTransactions', { net: undefined, limit: 1 });
    expect(items.map((tx) => tx.id)).toEqual([id]);
  });
});

describe('accounts', () => {
  it('are those of the node, with the paths they come from', async () => {
    const path = "m/44'/60'/1'/0";
    const { call, chain } = await createStudioNode({ accounts: 2, derivationPath: path });
    const accounts = await call<readonly Account[]>('accounts');
    expect(accounts.map((each) => each.path)).toEqual([`${path}/0`, `${path}/1`]);
    expect(accounts.map(({ ref }) => ref.id.toLowerCase())).toEqual(
      chain.accounts.map(({ address }) => address),
    );
  });

  it('are shown as they were in any block', async () => {
    const { call, rpc } = await createStudioNode();
    await rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, value: hex(10n ** 18n) });
    const at = async (block?: string) =>
      (await call<Entity>('getEntity', { id: NOBODY, at: block })).balances;
    expect(await at('0')).toMatchObject([{ amount: '0' }]);
    expect(await at()).toMatchObject([{ amount: (10n ** 18n).toString() }]);
  });
});

describe('the sample', () => {
  it.each(FORKS.map(({ name }) => name).filter((name) => !isAtLeast(name, 'amsterdam')))(
    'on a chain of %s fails as it is meant to, or says which fork it needs',
    async (fork) => {
      const { call, refusal } = await createStudioNode({ fork });
      if (!isAtLeast(fork, 'shanghai')) {
        expect(await refusal('sample')).toBe('STUDIO_INVALID');
        return;
      }
      const { id } = await call<{ readonly id: string }>('sample');
      expect(await call('getTransaction', { id })).toMatchObject({
        status: 'failed',
        error: { message: 'Unbalanced(220440, 214489)' },
      });
    },
  );

  it('needs an account', async () => {
    const { refusal } = await createStudioNode({ accounts: 0 });
    expect(await refusal('sample')).toBe('STUDIO_INVALID');
    expect(await refusal('sample', { name: 'readme' })).toBe('STUDIO_INVALID');
  });

  it('mines where nobody else does', async () => {
    const { call } = await createStudioNode({ mining: 'manual' });
    const { id } = await call<{ readonly id: string }>('sample', { name: 'readme' });
    expect((await call<TxDetail>('getTransaction', { id })).status).toBe('ok');
    const failing = await call<{ readonly id: string }>('sample');
    expect((await call<TxDetail>('getTransaction', { id: failing.id })).status).toBe('failed');
  });
});

describe('sources', () => {
  it('that are attached later name what has happened before', async () => {
    const { call, rpc } = await createStudioNode();
    const runtime = '602a5f5260205ff3';
    const hash = await rpc('eth_sendTransaction', { from: ALICE, data: deployer(runtime) });
    const { contractAddress } = await rpc('eth_getTransactionReceipt', hash);
    await rpc('eth_sendTransaction', { from: ALICE, to: contractAddress });
    const none = await call('attachSource', { files: [{ name: 'x.json', text: '{' }] });
    expect(none).toMatchObject({ programs: [], matched: 0 });
    const result = await call<{ readonly programs: readonly string[] }>('attachSource', {
      files: [{ name: 'OrderBook.json', text: SAMPLE_BUILD_INFO }],
    });
    expect(result.programs).toEqual(expect.arrayContaining(['OrderBook', 'Oracle']));
  });
});
