import { describe, expect, it } from 'vitest';
import { push } from '../support/bytecode.ts';
import type { TestNode } from '../support/rpc.ts';
import { ALICE, BOB, createTestNode, hex, NOBODY, word } from '../support/rpc.ts';

const topic = (value: number): string => `0x${word(value)}`;
const COUNTER = `0x${'c0'.repeat(20)}`;

type Log = { topics: string[]; removed: boolean; blockHash: string; blockNumber: string; logIndex: string };

/** A node with two contracts that log what they are called with, under one and two topics. */
async function setup(): Promise<
  TestNode & {
    readonly log: (value: number, to?: string) => Promise<string>;
    readonly sent: (value: number) => object;
  }
> {
  const node = await createTestNode();
  // CALLDATALOAD(0) PUSH0 PUSH0 LOG1 STOP; the other one has 7 as second topic.
  await node.rpc('anvil_setCode', NOBODY, '0x5f355f5fa100');
  await node.rpc('anvil_setCode', COUNTER, `0x${push(7)}5f355f5fa200`);
  const request = (value: number, to = NOBODY): object => ({
    from: ALICE,
    to,
    data: topic(value),
    gas: '0x186a0',
  });
  return {
    ...node,
    log: (value, to) => node.rpc('eth_sendTransaction', request(value, to)),
    sent: (value) => ({ ...request(value), nonce: '0x0' }),
  };
}

const values = (logs: readonly Log[]): readonly [number, boolean][] =>
  logs.map(({ topics, removed }) => [Number(topics[0]), removed]);

describe('log queries', () => {
  it('match topics by place: anything, one, or one of many', async () => {
    const { rpc, log } = await setup();
    for (const value of [1, 2, 3]) {
      await log(value);
      await log(value, COUNTER);
    }
    const find = async (topics: unknown, address?: unknown): Promise<readonly number[]> => {
      const logs: Log[] = await rpc('eth_getLogs', { fromBlock: 'earliest', topics, address });
      return logs.map(({ topics }) => 10 * topics.length + Number(topics[0]));
    };
    expect(await find([])).toEqual([11, 21, 12, 22, 13, 23]);
    expect(await find([null])).toEqual([11, 21, 12, 22, 13, 23]);
    // A place asks for a topic to be there, whatever it is.
    expect(await find([null, null])).toEqual([21, 22, 23]);
    expect(await find([null, []])).toEqual([21, 22, 23]);
    expect(await find([null, null, null])).toEqual([]);
    expect(await find([topic(2)])).toEqual([12, 22]);
    expect(await find([[topic(1), topic(3)], topic(7)])).toEqual([21, 23]);
    expect(await find([[topic(1), null]])).toEqual([11, 21, 12, 22, 13, 23]);
    expect(await find([topic(7)])).toEqual([]);
    expect(await find([topic(1)], NOBODY)).toEqual([11]);
    expect(await find([topic(1)], [NOBODY, COUNTER])).toEqual([11, 21]);
    expect(await find([topic(1)], [])).toEqual([11, 21]);
    expect(await find([], BOB)).toEqual([]);
  });

  it('are limited in what they ask for', async () => {
    const { fault } = await setup();
    const code = async (filter: object): Promise<number> => (await fault('eth_getLogs', filter)).code;
    expect(await code({ topics: [null, null, null, null, null] })).toBe(-32602);
    expect(await code({ address: Array.from({ length: 1001 }, () => BOB) })).toBe(-32602);
    expect(await code({ topics: [Array.from({ length: 1001 }, () => topic(1))] })).toBe(-32602);
    expect(await code({ address: '0x12' })).toBe(-32602);
    expect(await code({ topics: 'all' })).toBe(-32602);
    expect(await code({ blockHash: topic(1), fromBlock: '0x0' })).toBe(-32602);
    expect(await code({ blockHash: topic(1), toBlock: 'latest' })).toBe(-32602);
    expect(await code({ fromBlock: '0x2', toBlock: '0x1' })).toBe(-32602);
    expect(await code({ fromBlock: '0x1', toBlock: 'earliest' })).toBe(-32602);
  });

  it('are limited in blocks and results', async () => {
    const node = await createTestNode({ maxLogBlocks: 3n, maxLogResults: 2 });
    await node.rpc('anvil_setCode', NOBODY, '0x5f355f5fa100');
    for (let i = 0; i < 3; i++) {
      await node.rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, data: topic(i), gas: '0x186a0' });
    }
    const count = async (fromBlock: number, toBlock: number): Promise<number> =>
      (await node.rpc('eth_getLogs', { fromBlock: hex(fromBlock), toBlock: hex(toBlock) })).length;
    expect(await count(0, 2)).toBe(2);
    expect(await count(2, 3)).toBe(2);
    const wide = await node.fault('eth_getLogs', { fromBlock: '0x0', toBlock: '0x3' });
    expect([wide.code, wide.message]).toEqual([-32602, 'exceed maximum block range: 3']);
    const many = await node.fault('eth_getLogs', { fromBlock: '0x1', toBlock: '0x3' });
    expect(many.code).toBe(-32602);
    // One block is never too many blocks.
    const { hash } = await node.rpc('eth_getBlockByNumber', '0x3');
    expect(await node.rpc('eth_getLogs', { blockHash: hash })).toHaveLength(1);
  });

  it('find blocks of abandoned branches by hash alone', async () => {
    const { rpc, log, sent } = await setup();
    await log(1);
    const old = (await rpc('eth_getBlockByNumber', 'latest')).hash;
    await rpc('anvil_reorg', { depth: 1, tx_block_pairs: [[sent(2), 0]] });
    const all: Log[] = await rpc('eth_getLogs', { fromBlock: 'earliest' });
    expect(values(all)).toEqual([[2, false]]);
    expect(values(await rpc('eth_getLogs', { blockHash: old }))).toEqual([[1, false]]);
  });
});

describe('over a reorganisation', () => {
  it('log filters take back, newest first, then give anew', async () => {
    const { rpc, log, sent } = await setup();
    const all = await rpc('eth_newFilter', {});
    const some = await rpc('eth_newFilter', { topics: [topic(2)] });
    await log(1);
    await log(2);
    expect(values(await rpc('eth_getFilterChanges', all))).toEqual([
      [1, false],
      [2, false],
    ]);
    const [kept]: Log[] = await rpc('eth_getFilterChanges', some);
    await rpc('anvil_reorg', { depth: 2, tx_block_pairs: [[sent(3), 1]] });
    const changes: Log[] = await rpc('eth_getFilterChanges', all);
    expect(values(changes)).toEqual([
      [2, true],
      [1, true],
      [3, false],
    ]);
    expect(changes[0]).toEqual({ ...kept, removed: true });
    expect(values(await rpc('eth_getFilterChanges', some))).toEqual([[2, true]]);
    expect(values(await rpc('eth_getFilterLogs', all))).toEqual([[3, false]]);
    expect(await rpc('eth_getFilterChanges', all)).toEqual([]);
  });

  it('block filters give the new branch', async () => {
    const { rpc, log } = await setup();
    const filter = await rpc('eth_newBlockFilter');
    await log(1);
    await log(2);
    const before = await rpc('eth_getFilterChanges', filter);
    expect(before).toHaveLength(2);
    await rpc('anvil_reorg', { depth: 2 });
    const after = await rpc('eth_getFilterChanges', filter);
    const chain = await Promise.all(['0x1', '0x2'].map((number) => rpc('eth_getBlockByNumber', number)));
    expect(after).toEqual(chain.map(({ hash }) => hash));
    expect(after).not.toEqual(before);
  });

  it('subscriptions hear heads and logs in order', async () => {
    const { rpc, log, sent, chain } = await setup();
    const heard: { subscription: string; result: Log & { hash: string } }[] = [];
    chain.provider.on('message', ({ data }) => heard.push(data as never));
    const heads = await rpc('eth_subscribe', 'newHeads');
    const logs = await rpc('eth_subscribe', 'logs', { address: NOBODY, topics: [[topic(1), topic(3)]] });
    await new Promise((resolve) => setTimeout(resolve, 0));
    const of = (id: string): (Log & { hash: string })[] =>
      heard.filter(({ subscription }) => subscription === id).map(({ result }) => result);
    await log(1);
    await log(2);
    await rpc('anvil_reorg', { depth: 2, tx_block_pairs: [[sent(3), 0]] });
    expect(values(of(logs))).toEqual([
      [1, false],
      [1, true],
      [3, false],
    ]);
    const latest = await rpc('eth_getBlockByNumber', 'latest');
    expect(of(heads).at(-1)?.hash).toBe(latest.hash);
    const [first, removed] = of(logs);
    expect(removed).toEqual({ ...first, removed: true });
  });

  it('receipts and transactions are of the branch that is canonical', async () => {
    const { rpc, log, sent } = await setup();
    const hash = await log(1);
    const snapshot = await rpc('evm_snapshot');
    await rpc('anvil_reorg', { depth: 1, tx_block_pairs: [[sent(3), 0]] });
    expect(await rpc('eth_getTransactionReceipt', hash)).toBeNull();
    const [{ transactionHash }] = await rpc('eth_getBlockReceipts', 'latest');
    expect(transactionHash).not.toBe(hash);
    expect(await rpc('evm_revert', snapshot)).toBe(true);
    expect((await rpc('eth_getTransactionReceipt', hash)).status).toBe('0x1');
    expect(await rpc('eth_getTransactionReceipt', transactionHash)).toBeNull();
  });
});
