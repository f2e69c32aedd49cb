import { mainnetFeatures, toBase58 } from '@ninefold/vm-svm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { walletAccount } from '../../src/bank/genesis.ts';
import { nodeKey } from '../../src/dev/keys.ts';
import { encodeMessage, type Message } from '../../src/tx/message.ts';
import { SYSTEM_PROGRAM } from '../../src/spec/addresses.ts';
import { address, alice, bob, name, openWorld, pay, SOL, transfer, wire, type World } from './support.ts';

// What Agave's own handlers answer at their edges (`rpc/src/rpc.rs` of version 4).

const TOKEN = address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
const carol = nodeKey('carol');

let world: World;
beforeAll(async () => {
  world = await openWorld({ standardPrograms: false, slotsPerEpoch: 64 });
  world.chain.airdrop(name(alice), 100n * SOL);
});
afterAll(() => world.chain.close());

const textOf = async (method: string, ...params: readonly unknown[]) => {
  const { code, message } = await world.errorOf(method, ...params);
  return [code, message];
};

describe('accounts', () => {
  it('are never larger than 10 MiB', async () => {
    const most = 10 * 1024 * 1024;
    expect(await world.call('getMinimumBalanceForRentExemption', most)).toBe((most + 128) * 5080);
    expect(await textOf('getMinimumBalanceForRentExemption', most + 1)).toEqual([-32_600, 'Invalid request']);
  });

  it('may be delegated from a lamport on, until a feature says more', async () => {
    expect((await world.call('getStakeMinimumDelegation')).value).toBe(1);
    const features = new Set([...mainnetFeatures(), 'stake_raise_minimum_delegation_to_1_sol']);
    const other = await openWorld({ standardPrograms: false, features });
    expect((await other.call('getStakeMinimumDelegation')).value).toBe(1_000_000_000);
    await other.chain.close();
  });

  it('of tokens are listed as JSON only where they can be parsed', async () => {
    const data = new Uint8Array(165);
    data.set(nodeKey('no mint').address);
    data.set(carol.address, 32);
    data[108] = 1;
    world.chain.setAccount(name(nodeKey('orphan')), { ...walletAccount(SOL), owner: TOKEN, data });
    const programId = toBase58(TOKEN);
    const of = async (encoding: string) =>
      (await world.call('getTokenAccountsByOwner', name(carol), { programId }, { encoding })).value;
    expect(await of('base64')).toHaveLength(1);
    expect(await of('jsonParsed')).toEqual([]);
    expect(await world.call('getProgramAccounts', programId, { encoding: 'base64' })).toHaveLength(1);
    expect(await world.call('getProgramAccounts', programId, { encoding: 'jsonParsed' })).toEqual([]);
    // One alone is shown as it is.
    const shown = await world.call('getAccountInfo', name(nodeKey('orphan')), { encoding: 'jsonParsed' });
    expect(shown.value.data[1]).toBe('base64');
  });

  it('that are no mints are refused in the words for what was asked', async () => {
    const put = (who: string, owner: Uint8Array, data: Uint8Array) =>
      world.chain.setAccount(name(nodeKey(who)), { ...walletAccount(SOL), owner, data });
    put('empty mint', TOKEN, new Uint8Array(82));
    const none = name(nodeKey('nowhere'));
    const empty = name(nodeKey('empty mint'));
    expect(await textOf('getTokenSupply', none)).toEqual([-32_602, 'Invalid param: could not find account']);
    expect(await textOf('getTokenSupply', name(alice))).toEqual([-32_602, 'Invalid param: not a Token mint']);
    expect(await textOf('getTokenSupply', empty)).toEqual([
      -32_602,
      'Invalid param: mint could not be unpacked',
    ]);
    expect(await textOf('getTokenLargestAccounts', none)).toEqual([
      -32_602,
      'Invalid param: could not find mint',
    ]);
    expect(await textOf('getTokenLargestAccounts', empty)).toEqual([
      -32_602,
      'Invalid param: Token mint could not be unpacked',
    ]);
    expect(await textOf('getTokenAccountsByOwner', name(alice), { mint: none })).toEqual([
      -32_602,
      'Invalid param: could not find mint',
    ]);
  });

  it('are compared with no more bytes than 128, however they are written', async () => {
    const filtered = (bytes: string, encoding: string) =>
      textOf('getProgramAccounts', toBase58(TOKEN), {
        encoding: 'base64',
        filters: [{ memcmp: { offset: 0, bytes, encoding } }],
      });
    expect(await filtered('1'.repeat(129), 'base58')).toEqual([-32_602, 'Invalid param: DataTooLarge']);
    expect(await filtered('z'.repeat(176), 'base58')).toEqual([-32_602, 'Invalid param: DataTooLarge']);
    expect(await filtered('A'.repeat(176), 'base64')).toEqual([-32_602, 'Invalid param: DataTooLarge']);
    expect((await filtered('0', 'base58'))[1]).toMatch(/^Invalid param: Base58DecodeError/);
    expect((await filtered('%', 'base64'))[1]).toMatch(/^Invalid param: Base64DecodeError/);
  });
});

describe('blocks', () => {
  it('are asked for up to the end of the chain, however far that is beyond it', async () => {
    expect(await world.call('getBlocks', 0, 900_000_000)).toEqual(await world.call('getBlocks', 0));
    expect(await textOf('getBlocks', 0, { minContextSlot: 1_000_000 })).toEqual([
      -32_016,
      'Minimum context slot has not been reached',
    ]);
    expect((await world.errorOf('getBlocksWithLimit', 0, 5, { minContextSlot: 1_000_000 })).code).toBe(
      -32_016,
    );
  });

  it('have a time as soon as they go on', async () => {
    const { bank } = world.chain.node.ledger;
    expect(await world.call('getBlockTime', bank.slot)).toBe(Number(bank.clock().unixTimestamp));
    expect((await world.errorOf('getBlockTime', bank.slot + 1)).code).toBe(-32_004);
  });

  it('are known to be skipped once that is final', async () => {
    const other = await openWorld({ standardPrograms: false, finalityDepth: 4 });
    await other.call('surfnet_timeTravel', { absoluteSlot: 10 });
    other.chain.endSlot();
    expect((await other.errorOf('getBlock', 5, { commitment: 'confirmed' })).code).toBe(-32_004);
    for (let i = 0; i < 5; i++) other.chain.endSlot();
    expect((await other.errorOf('getBlock', 5, { commitment: 'confirmed' })).code).toBe(-32_007);
    await other.chain.close();
  });

  it('of a range of slots are counted by leader', async () => {
    await pay(world, bob, SOL);
    const { slot } = world.chain.node.ledger.head;
    const me = await world.call('getIdentity');
    const of = async (options: object) => (await world.call('getBlockProduction', options)).value;
    expect(await of({ range: { firstSlot: 0, lastSlot: 1 } })).toEqual({
      byIdentity: { [me.identity]: [2, 2] },
      range: { firstSlot: 0, lastSlot: 1 },
    });
    expect((await of({ range: { firstSlot: 1 } })).range).toEqual({ firstSlot: 1, lastSlot: slot });
    expect((await of({ identity: name(alice) })).byIdentity).toEqual({});
    expect((await of({ identity: me.identity })).byIdentity).toEqual({ [me.identity]: [slot + 1, slot + 1] });
    expect(await textOf('getBlockProduction', { range: { firstSlot: 2, lastSlot: 1 } })).toEqual([
      -32_602,
      'lastSlot, 1, cannot be less than firstSlot, 2',
    ]);
    expect(await textOf('getBlockProduction', { range: { firstSlot: 0, lastSlot: 9999 } })).toEqual([
      -32_602,
      `lastSlot, 9999, is too large; max ${slot}`,
    ]);
    expect((await textOf('getBlockProduction', { identity: 'x' }))[0]).toBe(-32_602);
  });
});

describe('the cluster', () => {
  it('knows its leaders to the end of the next epoch', async () => {
    expect(await world.call('getSlotLeaders', 0, 0)).toEqual([]);
    expect(await world.call('getSlotLeaders', 126, 2)).toHaveLength(2);
    expect(await textOf('getSlotLeaders', 126, 3)).toEqual([
      -32_602,
      'Invalid slot range: leader schedule for epoch 2 is unavailable',
    ]);
    expect(await textOf('getSlotLeaders', 6400, 1)).toEqual([
      -32_602,
      'Invalid slot range: leader schedule for epoch 100 is unavailable',
    ]);
    expect(await world.call('getLeaderSchedule', 127)).not.toBe(null);
    expect(await world.call('getLeaderSchedule', 128)).toBe(null);
  });

  it('tells all that clients ask of a node', async () => {
    const [node] = await world.call('getClusterNodes');
    expect(Object.keys(node).toSorted()).toEqual([
      'clientId',
      'featureSet',
      'gossip',
      'pubkey',
      'pubsub',
      'rpc',
      'serveRepair',
      'shredVersion',
      'tpu',
      'tpuForwards',
      'tpuForwardsQuic',
      'tpuQuic',
      'tpuVote',
      'tvu',
      'version',
    ]);
    expect(await world.call('getAgGenesisCert')).toBe(null);
  });

  it('takes no text for a blockhash that is none', async () => {
    expect(await textOf('isBlockhashValid', 'x')).toEqual([-32_602, 'WrongSize']);
    expect(await textOf('isBlockhashValid', '0'.repeat(44))).toEqual([-32_602, 'Invalid']);
  });
});

describe('transactions', () => {
  const latest = () => world.chain.node.ledger.bank.blockhash;

  it('are listed between any two signatures of the chain', async () => {
    const first = await pay(world, carol, SOL);
    const between = await pay(world, bob, 2n * SOL);
    const second = await pay(world, carol, 3n * SOL);
    const last = await pay(world, bob, 4n * SOL);
    const list = async (options: object) =>
      (await world.call('getSignaturesForAddress', name(carol), options)).map(
        (each: { readonly signature: string }) => each.signature,
      );
    expect(await list({ before: last })).toEqual([second, first]);
    expect(await list({ before: between })).toEqual([first]);
    expect(await list({ until: between })).toEqual([second]);
    expect(await list({ before: last, until: between, limit: 5 })).toEqual([second]);
    expect(await list({ until: toBase58(new Uint8Array(64).fill(9)) })).toEqual([second, first]);
    const [newest] = await world.call('getSignaturesForAddress', name(carol), { limit: 1 });
    expect(newest).toMatchObject({ signature: second, transactionIndex: 0 });
  });

  it('show no more accounts than they have, and none when they fail', async () => {
    const sent = wire(transfer(alice, bob.address, SOL, latest()));
    const addresses = (count: number) => ({ addresses: Array.from({ length: count }, () => name(bob)) });
    const simulated = await world.call('simulateTransaction', sent, {
      encoding: 'base64',
      accounts: addresses(3),
    });
    expect(simulated.value.accounts).toHaveLength(3);
    expect(await textOf('simulateTransaction', sent, { encoding: 'base64', accounts: addresses(4) })).toEqual(
      [-32_602, 'Too many accounts provided; max 3'],
    );
    const poor = wire(transfer(alice, bob.address, 100_000n * SOL, latest()));
    const failed = await world.call('simulateTransaction', poor, {
      encoding: 'base64',
      accounts: addresses(2),
    });
    expect(failed.value.err).not.toBe(null);
    expect(failed.value.accounts).toEqual([null, null]);
  });

  it('are sent in two encodings', async () => {
    expect(await textOf('sendTransaction', 'AQ==', { encoding: 'jsonParsed' })).toEqual([
      -32_602,
      'unsupported encoding: jsonParsed. Supported encodings: base58, base64',
    ]);
    expect((await textOf('simulateTransaction', 'AQ==', { encoding: 'hex' }))[0]).toBe(-32_602);
  });

  it('with a nonce cost what they say, without a recent blockhash', async () => {
    const data = new Uint8Array(80);
    const durable = new Uint8Array(32).fill(7);
    data.set([1, 0, 0, 0, 1, 0, 0, 0]);
    data.set(alice.address, 8);
    data.set(durable, 40);
    data.set([0x88, 0x13], 72);
    const nonce = nodeKey('nonce');
    world.chain.setAccount(name(nonce), { ...walletAccount(SOL), owner: SYSTEM_PROGRAM, data });
    const recent = address('SysvarRecentB1ockHashes11111111111111111111');
    const message: Message = {
      version: 'legacy',
      header: { signatures: 1, readonlySigned: 0, readonlyUnsigned: 2 },
      keys: [alice.address, nonce.address, recent, SYSTEM_PROGRAM],
      blockhash: durable,
      instructions: [{ program: 3, accounts: Uint8Array.of(1, 2, 0), data: Uint8Array.of(4, 0, 0, 0) }],
    };
    const feeOf = async (given: Message) =>
      (await world.call('getFeeForMessage', Buffer.from(encodeMessage(given)).toString('base64'))).value;
    expect(await feeOf(message)).toBe(5000);
    expect(await feeOf({ ...message, blockhash: new Uint8Array(32).fill(8) })).toBe(null);
  });

  it('are asked about for 128 accounts at most', async () => {
    const many = Array.from({ length: 129 }, () => name(alice));
    expect(await textOf('getRecentPrioritizationFees', many)).toEqual([
      -32_602,
      'Too many inputs provided; max 128',
    ]);
    expect(await world.call('getRecentPrioritizationFees', many.slice(1))).not.toHaveLength(0);
  });
});
