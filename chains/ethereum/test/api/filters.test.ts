import { describe, expect, it } from 'vitest';
import { FILTER_LIFETIME_MS, Filters, MAX_FILTER_CHANGES, MAX_FILTERS } from '../../src/api/filters.ts';
import { manualClock } from '@ninefold/base';
import type { TestNode } from '../support/rpc.ts';
import { ALICE, BOB, createTestNode, deployer, hex, word } from '../support/rpc.ts';

// Logs its calldata's second word under its first as topic.
// CALLDATALOAD(32) PUSH0 MSTORE CALLDATALOAD(0) PUSH1 32 PUSH0 LOG1 STOP
const LOGGER = '6020355f525f3560205fa100';

type Setup = TestNode & {
  readonly logger: string;
  readonly log: (topic: number, data?: number) => Promise<string>;
};

async function setup(): Promise<Setup> {
  const node = await createTestNode();
  const hash = await node.rpc('eth_sendTransaction', { from: ALICE, data: deployer(LOGGER) });
  const logger: string = (await node.rpc('eth_getTransactionReceipt', hash)).contractAddress;
  const log = (topic: number, data = 0): Promise<string> =>
    node.rpc('eth_sendTransaction', { from: ALICE, to: logger, data: `0x${word(topic)}${word(data)}` });
  return { ...node, logger, log };
}

const topic = (value: number): string => `0x${word(value)}`;
const topicsOf = (logs: readonly { readonly topics: readonly string[] }[]): readonly bigint[] =>
  logs.map(({ topics }) => BigInt(topics[0] as string));

describe('eth_getLogs', () => {
  it('finds logs by contract, topic and range', async () => {
    const { rpc, logger, log } = await setup();
    for (const value of [1, 2, 1, 3]) await log(value);
    const all = { fromBlock: 'earliest' };
    expect(topicsOf(await rpc('eth_getLogs', all))).toEqual([1n, 2n, 1n, 3n]);
    expect(topicsOf(await rpc('eth_getLogs', { ...all, topics: [topic(1)] }))).toEqual([1n, 1n]);
    expect(topicsOf(await rpc('eth_getLogs', { ...all, topics: [[topic(2), topic(3)]] }))).toEqual([2n, 3n]);
    expect(topicsOf(await rpc('eth_getLogs', { ...all, address: logger, topics: [null] }))).toHaveLength(4);
    expect(await rpc('eth_getLogs', { ...all, topics: [null, topic(1)] })).toEqual([]);
    expect(await rpc('eth_getLogs', { ...all, address: BOB })).toEqual([]);
    expect(topicsOf(await rpc('eth_getLogs', { fromBlock: '0x2', toBlock: '0x3' }))).toEqual([1n, 2n]);
    expect(topicsOf(await rpc('eth_getLogs', {}))).toEqual([3n]);
    const { hash } = await rpc('eth_getBlockByNumber', '0x3');
    expect(topicsOf(await rpc('eth_getLogs', { blockHash: hash }))).toEqual([2n]);
  });

  it('tells everything about a log', async () => {
    const { rpc, logger, log } = await setup();
    const transactionHash = await log(7, 9);
    const [found] = await rpc('eth_getLogs', {});
    const block = await rpc('eth_getBlockByNumber', 'latest');
    expect(found).toEqual({
      address: logger,
      topics: [topic(7)],
      data: topic(9),
      blockNumber: block.number,
      blockHash: block.hash,
      blockTimestamp: block.timestamp,
      transactionHash,
      transactionIndex: '0x0',
      logIndex: '0x0',
      removed: false,
    });
    expect((await rpc('eth_getTransactionReceipt', transactionHash)).logs).toEqual([found]);
  });

  it('numbers logs through a block', async () => {
    const { rpc, log } = await setup();
    await rpc('evm_setAutomine', false);
    const [first, second] = [log(1), log(2)];
    await Promise.all([first, second]);
    await rpc('evm_mine');
    const logs = await rpc('eth_getLogs', {});
    expect(logs.map(({ logIndex }: { logIndex: string }) => logIndex)).toEqual(['0x0', '0x1']);
    expect((await rpc('eth_getTransactionReceipt', await second)).logs[0].logIndex).toBe('0x1');
  });

  it('refuses ranges that are none, too large or of unknown blocks', async () => {
    const { fault } = await setup();
    expect((await fault('eth_getLogs', { fromBlock: '0x5', toBlock: '0x1' })).code).toBe(-32602);
    expect((await fault('eth_getLogs', { blockHash: topic(1) })).code).toBe(-32000);
    const small = await createTestNode({ maxLogBlocks: 2n });
    await small.rpc('anvil_mine', 5);
    expect((await small.fault('eth_getLogs', { fromBlock: '0x0' })).code).toBe(-32602);
  });
});

describe('filters', () => {
  it('hand out what is new since they were asked last', async () => {
    const { rpc, log } = await setup();
    const logs = await rpc('eth_newFilter', { topics: [topic(1)] });
    const blocks = await rpc('eth_newBlockFilter');
    const pending = await rpc('eth_newPendingTransactionFilter');
    const sent = [await log(1), await log(2)];
    expect(topicsOf(await rpc('eth_getFilterChanges', logs))).toEqual([1n]);
    expect(await rpc('eth_getFilterChanges', logs)).toEqual([]);
    const hashes = [await rpc('eth_getBlockByNumber', '0x2'), await rpc('eth_getBlockByNumber', '0x3')].map(
      ({ hash }) => hash,
    );
    expect(await rpc('eth_getFilterChanges', blocks)).toEqual(hashes);
    expect(await rpc('eth_getFilterChanges', pending)).toEqual(sent);
    await rpc('evm_mine');
    expect(await rpc('eth_getFilterChanges', pending)).toEqual([]);
  });

  it('keep to their range', async () => {
    const { rpc, log } = await setup();
    const filter = await rpc('eth_newFilter', { fromBlock: '0x3', toBlock: '0x4' });
    for (const value of [1, 2, 3, 4]) await log(value);
    expect(topicsOf(await rpc('eth_getFilterChanges', filter))).toEqual([2n, 3n]);
    expect(topicsOf(await rpc('eth_getFilterLogs', filter))).toEqual([2n, 3n]);
  });

  it('take logs back when their block is left', async () => {
    const { rpc, log } = await setup();
    const filter = await rpc('eth_newFilter', {});
    const blocks = await rpc('eth_newBlockFilter');
    await log(1);
    await log(2);
    await rpc('eth_getFilterChanges', filter);
    await rpc('eth_getFilterChanges', blocks);
    await rpc('anvil_reorg', { depth: 2 });
    const changes = await rpc('eth_getFilterChanges', filter);
    expect(topicsOf(changes)).toEqual([2n, 1n]);
    expect(changes.every(({ removed }: { removed: boolean }) => removed)).toBe(true);
    expect(await rpc('eth_getFilterChanges', blocks)).toHaveLength(2);
  });

  it('end when told to', async () => {
    const { rpc, fault } = await setup();
    const filter = await rpc('eth_newBlockFilter');
    expect(await rpc('eth_uninstallFilter', filter)).toBe(true);
    expect(await rpc('eth_uninstallFilter', filter)).toBe(false);
    expect((await fault('eth_getFilterChanges', filter)).message).toBe('filter not found');
    expect((await fault('eth_getFilterLogs', await rpc('eth_newBlockFilter'))).code).toBe(-32000);
  });

  it('are forgotten when nobody asks', async () => {
    const { rpc, fault, clock } = await setup();
    const [used, unused] = [await rpc('eth_newBlockFilter'), await rpc('eth_newBlockFilter')];
    clock.advance(FILTER_LIFETIME_MS - 1);
    await rpc('eth_getFilterChanges', used);
    clock.advance(2);
    expect((await fault('eth_getFilterChanges', unused)).code).toBe(-32000);
    await rpc('eth_getFilterChanges', used);
  });

  it('are limited in number and in what they gather', () => {
    const filters = new Filters(manualClock(0));
    const id = filters.add('pending');
    for (let i = 0; i < MAX_FILTER_CHANGES + 5; i++) filters.onPending(`0x${word(i)}`);
    const changes = filters.take(id);
    expect(changes).toHaveLength(MAX_FILTER_CHANGES);
    expect(changes[0]).toBe(`0x${word(5)}`);
    for (let i = 1; i < MAX_FILTERS; i++) filters.add('blocks');
    expect(() => filters.add('blocks')).toThrow(expect.objectContaining({ code: -32000 }));
    filters.clear();
    expect(filters.size).toBe(0);
  });
});

describe('subscriptions', () => {
  it('are told of heads, logs and pending transactions', async () => {
    const { rpc, log, chain } = await setup();
    const messages: { subscription: string; result: Record<string, unknown> }[] = [];
    chain.provider.on('message', ({ data }) => messages.push(data as never));
    const heads = await rpc('eth_subscribe', 'newHeads');
    const logs = await rpc('eth_subscribe', 'logs', { topics: [topic(1)] });
    const hashes = await rpc('eth_subscribe', 'newPendingTransactions');
    const full = await rpc('eth_subscribe', 'newPendingTransactions', true);
    // A provider's subscriptions speak from the next task on.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const of = (id: string): Record<string, unknown>[] =>
      messages.filter(({ subscription }) => subscription === id).map(({ result }) => result);
    const sent = [await log(1), await log(2)];
    expect(of(heads).map(({ number }) => number)).toEqual(['0x2', '0x3']);
    expect(of(heads)[0]).not.toHaveProperty('transactions');
    expect(of(logs)).toHaveLength(1);
    expect(of(hashes)).toEqual(sent);
    expect(of(full)[0]).toMatchObject({ hash: sent[0], from: ALICE, blockHash: null });
    await rpc('anvil_reorg', { depth: 2 });
    expect(of(logs).map(({ removed }) => removed)).toEqual([false, true]);
    expect(await rpc('eth_unsubscribe', heads)).toBe(true);
    const before = of(heads).length;
    await rpc('evm_mine');
    expect(of(heads)).toHaveLength(before);
  });

  it('need a topic that exists and a place to be told', async () => {
    const { fault, chain } = await setup();
    expect((await fault('eth_subscribe', 'gossip')).code).toBe(-32602);
    expect((await fault('eth_subscribe', 'logs', { address: 5 })).code).toBe(-32602);
    expect((await fault('eth_unsubscribe', '0x99')).code).toBe(-32602);
    const answer = chain.dispatcher.handleText(
      '{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}',
      {},
    );
    expect(JSON.parse(answer as string).error.code).toBe(-32001);
  });
});

describe('a reorganisation by import', () => {
  it('brings transactions of the abandoned branch back to the pool', async () => {
    const one = await createTestNode();
    const other = await createTestNode();
    const hash = await one.rpc('eth_sendTransaction', { from: ALICE, to: BOB, value: '0x1' });
    await one.rpc('evm_setAutomine', false);
    await other.rpc('anvil_mine', 2);
    for (const number of [1, 2]) {
      const raw = await other.rpc('debug_getRawBlock', hex(number));
      one.chain.node.chain.importBlock(Buffer.from(raw.slice(2), 'hex'));
    }
    expect(await one.rpc('eth_blockNumber')).toBe('0x2');
    expect(await one.rpc('eth_getTransactionReceipt', hash)).toBeNull();
    expect((await one.rpc('txpool_status')).pending).toBe('0x1');
    await one.rpc('evm_mine');
    expect((await one.rpc('eth_getTransactionReceipt', hash)).blockNumber).toBe('0x3');
  });
});
