import { toBase58 } from '@ninefold/vm-svm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { walletAccount } from '../../src/bank/genesis.ts';
import { nodeKey } from '../../src/dev/keys.ts';
import { address, alice, bob, name, openWorld, SOL, type World } from './support.ts';

const TOKEN = address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
const TOKEN_2022 = address('TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb');

const mint = nodeKey('mint');
const carol = nodeKey('carol');
const keys = Array.from({ length: 25 }, (_, i) => nodeKey(`token ${i}`));

const u64 = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);

function mintData(supply: bigint, decimals: number): Uint8Array {
  const data = new Uint8Array(82);
  data.set(u64(supply), 36);
  data.set([decimals, 1], 44);
  return data;
}

function tokenData(owner: Uint8Array, amount: bigint, delegate?: Uint8Array): Uint8Array {
  const data = new Uint8Array(165);
  data.set(mint.address);
  data.set(owner, 32);
  data.set(u64(amount), 64);
  data[108] = 1;
  if (delegate !== undefined) {
    data[72] = 1;
    data.set(delegate, 76);
    data.set(u64(amount), 121);
  }
  return data;
}

describe('tokens', () => {
  let world: World;

  beforeAll(async () => {
    world = await openWorld({ standardPrograms: false });
    const put = (at: Uint8Array, owner: Uint8Array, data: Uint8Array) =>
      world.chain.setAccount(toBase58(at), { ...walletAccount(SOL), owner, data });
    put(mint.address, TOKEN, mintData(5_000_000n, 6));
    for (const [i, { address: at }] of keys.entries()) {
      const owner = i % 2 === 0 ? alice : bob;
      put(at, TOKEN, tokenData(owner.address, BigInt(100 * i), i < 3 ? carol.address : undefined));
    }
    // Of the other token program, and what looks like a token account but is nobody's program's.
    put(nodeKey('new').address, TOKEN_2022, tokenData(alice.address, 1n));
    put(nodeKey('fake').address, alice.address, tokenData(alice.address, 1n));
  });
  afterAll(() => world.chain.close());

  const pubkeys = (value: readonly { readonly pubkey: string }[]) =>
    value.map(({ pubkey }) => pubkey).toSorted();
  const namesOf = (wanted: (i: number) => boolean) =>
    keys
      .filter((_, i) => wanted(i))
      .map(name)
      .toSorted();

  it('are found by who owns them', async () => {
    const options = { encoding: 'base64' };
    const of = (owner: typeof alice, filter: object) =>
      world.call('getTokenAccountsByOwner', name(owner), filter, options);
    const even = namesOf((i) => i % 2 === 0);
    expect(pubkeys((await of(alice, { mint: name(mint) })).value)).toEqual(even);
    expect(pubkeys((await of(alice, { programId: toBase58(TOKEN) })).value)).toEqual(even);
    expect(pubkeys((await of(alice, { programId: toBase58(TOKEN_2022) })).value)).toEqual([
      name(nodeKey('new')),
    ]);
    expect((await of(carol, { mint: name(mint) })).value).toEqual([]);
  });

  it('are found by who may spend them', async () => {
    const { value } = await world.call(
      'getTokenAccountsByDelegate',
      name(carol),
      { mint: name(mint) },
      { encoding: 'jsonParsed' },
    );
    expect(pubkeys(value)).toEqual(namesOf((i) => i < 3));
    const last = value.find((each: { readonly pubkey: string }) => each.pubkey === name(keys[2]!));
    expect(last.account.data.parsed.info).toMatchObject({
      delegate: name(carol),
      delegatedAmount: { amount: '200', decimals: 6, uiAmountString: '0.0002' },
    });
  });

  it('are counted', async () => {
    expect((await world.call('getTokenAccountBalance', name(keys[7]!))).value).toEqual({
      amount: '700',
      decimals: 6,
      uiAmount: 0.0007,
      uiAmountString: '0.0007',
    });
    expect((await world.call('getTokenSupply', name(mint))).value).toMatchObject({
      amount: '5000000',
      uiAmountString: '5',
    });
  });

  it('have twenty largest holders', async () => {
    const { value } = await world.call('getTokenLargestAccounts', name(mint));
    expect(value.map((each: { readonly amount: string }) => each.amount)).toEqual(
      Array.from({ length: 20 }, (_, i) => String(100 * (24 - i))),
    );
    expect(value[0]).toMatchObject({ address: name(keys[24]!), decimals: 6 });
  });

  it('are told before and after a transaction', async () => {
    // No program is there to move them; their balances are those of the accounts it names.
    const { transfer, wire } = await import('./support.ts');
    world.chain.airdrop(name(alice), SOL);
    const { blockhash } = world.chain.node.ledger.bank;
    const sent = transfer(alice, keys[4]!.address, 1_000_000n, blockhash);
    const { value } = await world.call('simulateTransaction', wire(sent), { encoding: 'base64' });
    const balance = {
      accountIndex: 1,
      mint: name(mint),
      owner: name(alice),
      programId: toBase58(TOKEN),
      uiTokenAmount: { amount: '400', decimals: 6, uiAmount: 0.0004, uiAmountString: '0.0004' },
    };
    expect(value).toMatchObject({ err: null, preTokenBalances: [balance], postTokenBalances: [balance] });
  });

  it.each<[what: string, method: string, params: () => readonly unknown[]]>([
    ['no filter', 'getTokenAccountsByOwner', () => [name(alice)]],
    ['an unknown filter', 'getTokenAccountsByOwner', () => [name(alice), { owner: name(bob) }]],
    ['a mint that is none', 'getTokenAccountsByOwner', () => [name(alice), { mint: name(keys[0]!) }]],
    ['a program that is none', 'getTokenAccountsByDelegate', () => [name(alice), { programId: name(bob) }]],
    ['an account that is none', 'getTokenAccountBalance', () => [name(nodeKey('nobody'))]],
    ['an account of another program', 'getTokenAccountBalance', () => [name(nodeKey('fake'))]],
    ['an account for a mint', 'getTokenSupply', () => [name(keys[0]!)]],
    ['a mint for an account', 'getTokenAccountBalance', () => [name(mint)]],
    ['a mint that is not there', 'getTokenLargestAccounts', () => [name(nodeKey('nobody'))]],
  ])('are refused for %s', async (_, method, params) => {
    expect((await world.errorOf(method, ...params())).code).toBe(-32_602);
  });
});
