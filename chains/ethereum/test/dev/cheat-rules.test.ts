import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANSWER, store } from '../support/bytecode.ts';
import { ALICE, BOB, CAROL, createTestNode, hex, NOBODY, START, word } from '../support/rpc.ts';

const NOW = BigInt(START / 1000);
const U64_MAX = (1n << 64n) - 1n;
const U256_MAX = (1n << 256n) - 1n;
const slot = (value: number): string => `0x${word(value)}`;

type Rpc = Awaited<ReturnType<typeof createTestNode>>['rpc'];

const timeOf = async (rpc: Rpc, ref = 'latest'): Promise<bigint> =>
  BigInt((await rpc('eth_getBlockByNumber', ref)).timestamp);

async function mineAt(rpc: Rpc): Promise<bigint> {
  await rpc('evm_mine');
  return timeOf(rpc);
}

describe('accounts that are set', () => {
  it('hold the largest values there are, and no larger ones', async () => {
    const { rpc, fault } = await createTestNode();
    await rpc('anvil_setBalance', NOBODY, hex(U256_MAX));
    expect(await rpc('eth_getBalance', NOBODY)).toBe(hex(U256_MAX));
    expect((await fault('anvil_addBalance', NOBODY, '0x1')).code).toBe(-32602);
    expect(await rpc('eth_getBalance', NOBODY)).toBe(hex(U256_MAX));
    expect((await fault('anvil_setBalance', NOBODY, hex(U256_MAX + 1n))).code).toBe(-32602);
    expect((await fault('anvil_setNonce', NOBODY, hex(U64_MAX + 1n))).code).toBe(-32602);
    expect((await fault('anvil_setStorageAt', NOBODY, '0x0', `0x${'11'.repeat(33)}`)).code).toBe(-32602);
    await rpc('anvil_setNonce', ALICE, hex(U64_MAX));
    expect(await rpc('eth_getTransactionCount', ALICE)).toBe(hex(U64_MAX));
    const last = await fault('eth_sendTransaction', { from: ALICE, to: BOB, gas: '0x5208' });
    expect(last.message).toContain('nonce has max value');
  });

  it('are what contracts see, and proofs prove', async () => {
    const { rpc } = await createTestNode();
    await rpc('anvil_setCode', NOBODY, `0x475f54015f5260205ff3`);
    await rpc('anvil_setBalance', NOBODY, '0x5');
    await rpc('anvil_setStorageAt', NOBODY, '0x0', slot(7));
    expect(await rpc('eth_call', { to: NOBODY })).toBe(slot(12));
    const { balance, storageProof } = await rpc('eth_getProof', NOBODY, ['0x0']);
    expect([balance, storageProof[0].value]).toEqual(['0x5', '0x7']);
    await rpc('anvil_setCode', NOBODY, '0x');
    expect(await rpc('eth_getCode', NOBODY)).toBe('0x');
    expect(await rpc('eth_call', { to: NOBODY })).toBe('0x');
  });

  it('keep what the chain had before, in earlier blocks', async () => {
    const { rpc } = await createTestNode();
    await rpc('anvil_setBalance', NOBODY, '0x1');
    await rpc('evm_mine');
    await rpc('anvil_setBalance', NOBODY, '0x2');
    await rpc('evm_mine');
    expect(await rpc('eth_getBalance', NOBODY, '0x0')).toBe('0x1');
    expect(await rpc('eth_getBalance', NOBODY, '0x1')).toBe('0x2');
    expect(await rpc('eth_getBalance', NOBODY, '0x2')).toBe('0x2');
  });
});

describe('the next block', () => {
  it('is made of what was set, once or for good', async () => {
    const { rpc } = await createTestNode();
    await rpc('anvil_setCoinbase', CAROL);
    await rpc('evm_setBlockGasLimit', hex(20_000_000));
    await rpc('anvil_setNextBlockBaseFeePerGas', '0x7');
    await rpc('anvil_setPrevRandao', slot(5));
    await rpc('evm_setNextBlockTimestamp', hex(NOW + 50n));
    const pending = await rpc('eth_getBlockByNumber', 'pending');
    const wanted = { gasLimit: hex(20_000_000), baseFeePerGas: '0x7', timestamp: hex(NOW + 50n) };
    expect(pending).toMatchObject({ ...wanted, mixHash: slot(5) });
    await rpc('evm_mine');
    const first = await rpc('eth_getBlockByNumber', 'latest');
    expect(first).toMatchObject({ ...wanted, mixHash: slot(5), miner: CAROL });
    await rpc('evm_mine');
    const second = await rpc('eth_getBlockByNumber', 'latest');
    expect(second).toMatchObject({ gasLimit: hex(20_000_000), miner: CAROL });
    expect(second.mixHash).not.toBe(slot(5));
    expect(BigInt(second.timestamp)).toBe(NOW + 51n);
  });

  it('uses up what was set when it comes by a reorganisation', async () => {
    const { rpc } = await createTestNode();
    await rpc('anvil_mine', 2);
    await rpc('evm_setNextBlockTimestamp', hex(NOW + 500n));
    await rpc('anvil_setPrevRandao', slot(5));
    expect(await rpc('anvil_reorg', { depth: 2 })).toBeNull();
    const [one, two] = [await rpc('eth_getBlockByNumber', '0x1'), await rpc('eth_getBlockByNumber', '0x2')];
    expect([one.timestamp, one.mixHash]).toEqual([hex(NOW + 500n), slot(5)]);
    expect(BigInt(two.timestamp)).toBe(NOW + 501n);
    expect(two.mixHash).not.toBe(slot(5));
  });

  it('is never earlier than its parent, and never at no time', async () => {
    const { rpc, fault } = await createTestNode();
    await rpc('evm_mine');
    const head = await timeOf(rpc);
    for (const time of [head, head - 1n, 0n]) {
      expect((await fault('evm_setNextBlockTimestamp', hex(time))).code).toBe(-32602);
      expect((await fault('evm_mine', hex(time))).code).toBe(-32602);
    }
    expect(await rpc('eth_blockNumber')).toBe('0x1');
    // Back by the clock is no further than one second after the parent.
    await rpc('evm_setTime', 1_000);
    expect(await mineAt(rpc)).toBe(head + 1n);
    expect(await mineAt(rpc)).toBe(head + 2n);
  });

  it('has no time beyond the last one', async () => {
    const { rpc, fault } = await createTestNode();
    await rpc('evm_setNextBlockTimestamp', hex(U64_MAX));
    expect(await mineAt(rpc)).toBe(U64_MAX);
    expect((await fault('evm_mine')).code).toBe(-32602);
    expect(await rpc('eth_blockNumber')).toBe('0x1');
  });

  it('comes in steps, from whatever time was set', async () => {
    const { rpc, clock } = await createTestNode();
    await rpc('anvil_setBlockTimestampInterval', 7);
    const start = await timeOf(rpc);
    clock.advance(60_000);
    expect(await mineAt(rpc)).toBe(start + 7n);
    await rpc('evm_setNextBlockTimestamp', hex(start + 100n));
    expect([await mineAt(rpc), await mineAt(rpc)]).toEqual([start + 100n, start + 107n]);
    expect(await rpc('anvil_removeBlockTimestampInterval')).toBe(true);
    expect(await rpc('anvil_removeBlockTimestampInterval')).toBe(false);
  });

  it('is one of many, some seconds apart', async () => {
    const { rpc } = await createTestNode();
    await rpc('anvil_mine', 4, 10);
    const times = await Promise.all(['0x1', '0x2', '0x3', '0x4'].map((number) => timeOf(rpc, number)));
    expect(times.slice(1).map((time, i) => time - (times[i] as bigint))).toEqual([10n, 10n, 10n]);
    await rpc('anvil_mine', 0);
    expect(await rpc('eth_blockNumber')).toBe('0x4');
    const detailed = await rpc('evm_mine_detailed', { blocks: 2 });
    expect(detailed.map(({ number }: { number: string }) => number)).toEqual(['0x5', '0x6']);
  });
});

describe('impersonated accounts', () => {
  it('send what is theirs alone: the same fields make another transaction', async () => {
    const { rpc } = await createTestNode({ mining: 'manual' });
    const [one, two] = [NOBODY, `0x${'ab'.repeat(20)}`];
    const fields = { to: CAROL, value: '0x1', gas: '0x5208', nonce: '0x0' };
    const hashes: string[] = [];
    for (const from of [one, two]) {
      await rpc('anvil_setBalance', from, hex(10n ** 18n));
      await rpc('anvil_impersonateAccount', from);
      hashes.push(await rpc('eth_sendTransaction', { from, ...fields }));
    }
    expect(new Set(hashes).size).toBe(2);
    await rpc('evm_mine');
    const senders = await Promise.all(
      hashes.map(async (hash) => (await rpc('eth_getTransactionReceipt', hash)).from),
    );
    expect(senders).toEqual([one, two]);
    const { transactions } = await rpc('eth_getBlockByNumber', 'latest', true);
    expect(transactions.map(({ from }: { from: string }) => from).sort()).toEqual([one, two].sort());
    const trace = await rpc('debug_traceTransaction', hashes[1], { tracer: 'callTracer' });
    expect(trace).toMatchObject({ from: two, to: CAROL });
  });

  it('cannot sign, and stop when told to', async () => {
    const { rpc, fault } = await createTestNode();
    await rpc('anvil_impersonateAccount', NOBODY);
    expect((await fault('eth_sign', NOBODY, '0x12')).code).toBe(-32000);
    expect(await rpc('hardhat_stopImpersonatingAccount', NOBODY)).toBe(true);
    expect(await rpc('hardhat_stopImpersonatingAccount', NOBODY)).toBe(false);
    expect((await fault('eth_sendTransaction', { from: NOBODY, to: BOB })).message).toContain(
      'unknown account',
    );
    await rpc('anvil_autoImpersonateAccount', true);
    await rpc('anvil_setBalance', NOBODY, hex(10n ** 18n));
    expect(await rpc('eth_sendTransaction', { from: NOBODY, to: BOB })).toMatch(/^0x/);
    await rpc('anvil_autoImpersonateAccount', false);
    expect((await fault('eth_sendTransaction', { from: NOBODY, to: BOB })).message).toContain(
      'unknown account',
    );
  });
});

describe('snapshots', () => {
  it('nest: going back to one forgets all made since, and nothing else', async () => {
    type Step = { readonly kind: string; readonly value: number };
    const step: fc.Arbitrary<Step> = fc.record({
      kind: fc.constantFrom('set', 'mine', 'send', 'snapshot', 'revert'),
      value: fc.nat(1000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 16 }), async (steps) => {
        const { rpc } = await createTestNode();
        const world = { balance: 0n, height: 0, nonce: 0 };
        const kept = new Map<string, typeof world>();
        const ids: string[] = [];
        for (const each of steps) {
          if (each.kind === 'set') {
            await rpc('anvil_setBalance', NOBODY, each.value);
            world.balance = BigInt(each.value);
          } else if (each.kind === 'mine') {
            await rpc('evm_mine');
            world.height++;
          } else if (each.kind === 'send') {
            await rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, value: '0x1', gas: '0x5208' });
            world.balance++;
            world.height++;
            world.nonce++;
          } else if (each.kind === 'snapshot') {
            const id = await rpc('evm_snapshot');
            expect(kept.has(id)).toBe(false);
            kept.set(id, { ...world });
            ids.push(id);
          } else if (each.kind === 'revert' && ids.length > 0) {
            const id = ids[each.value % ids.length] as string;
            const then = kept.get(id);
            expect(await rpc('evm_revert', id)).toBe(then !== undefined);
            if (then !== undefined) {
              Object.assign(world, then);
              for (const later of ids.slice(ids.indexOf(id))) kept.delete(later);
            }
          }
          expect({
            balance: BigInt(await rpc('eth_getBalance', NOBODY)),
            height: Number(await rpc('eth_blockNumber')),
            nonce: Number(await rpc('eth_getTransactionCount', ALICE)),
          }).toEqual(world);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('bring back settings, time and the pool', async () => {
    const { rpc } = await createTestNode({ mining: 'manual' });
    await rpc('evm_setNextBlockTimestamp', hex(NOW + 77n));
    const waiting = await rpc('eth_sendTransaction', { from: ALICE, to: BOB, gas: '0x5208' });
    const id = await rpc('evm_snapshot');
    await rpc('evm_mine');
    await rpc('anvil_setCoinbase', CAROL);
    await rpc('anvil_setChainId', 99);
    await rpc('evm_increaseTime', 1_000_000);
    await rpc('eth_sendTransaction', { from: BOB, to: ALICE, gas: '0x5208' });
    expect(await rpc('evm_revert', id)).toBe(true);
    expect(await rpc('eth_chainId')).toBe(hex(31_337));
    expect(await rpc('txpool_status')).toEqual({ pending: '0x1', queued: '0x0' });
    expect(await mineAt(rpc)).toBe(NOW + 77n);
    const { transactions, miner } = await rpc('eth_getBlockByNumber', 'latest');
    expect([transactions, miner]).toEqual([[waiting], `0x${'00'.repeat(20)}`]);
  });
});

describe('dumps', () => {
  it('come out of another node as they went in', async () => {
    const one = await createTestNode();
    await one.rpc('anvil_setCode', NOBODY, `0x${store(1, 5)}5f54${ANSWER}`);
    await one.rpc('anvil_setStorageAt', NOBODY, hex(U256_MAX), `0x${'ff'.repeat(32)}`);
    await one.rpc('anvil_setBalance', BOB, hex(U256_MAX));
    await one.rpc('anvil_setNonce', CAROL, hex((1n << 53n) + 1n));
    await one.rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, gas: '0x186a0' });
    const dump = await one.rpc('anvil_dumpState');
    const two = await createTestNode();
    expect(await two.rpc('anvil_loadState', dump)).toBe(true);
    const root = async ({ rpc }: typeof one): Promise<readonly string[]> => {
      const read = [ALICE, BOB, CAROL, NOBODY].map((address) => rpc('eth_getAccount', address));
      return (await Promise.all(read)).map((account) => JSON.stringify(account));
    };
    expect(await root(two)).toEqual(await root(one));
    expect(await two.rpc('eth_getStorageAt', NOBODY, hex(U256_MAX))).toBe(`0x${'ff'.repeat(32)}`);
    expect(await two.rpc('eth_getStorageAt', NOBODY, '0x1')).toBe(slot(5));
    // Twice is as good as once.
    await two.rpc('anvil_loadState', dump);
    expect(await root(two)).toEqual(await root(one));
  });

  it('leave accounts alone that they do not have', async () => {
    const [one, two] = [await createTestNode(), await createTestNode()];
    await one.rpc('anvil_setStorageAt', NOBODY, '0x1', slot(1));
    await one.rpc('anvil_setCode', NOBODY, '0x00');
    await two.rpc('anvil_setCode', NOBODY, '0x00');
    await two.rpc('anvil_setStorageAt', NOBODY, '0x2', slot(2));
    const own = `0x${'ab'.repeat(20)}`;
    await two.rpc('anvil_setBalance', own, '0x9');
    await two.rpc('anvil_loadState', await one.rpc('anvil_dumpState'));
    expect(await two.rpc('eth_getBalance', own)).toBe('0x9');
    // An account of the dump comes with its whole storage.
    expect(await two.rpc('eth_getStorageAt', NOBODY, '0x1')).toBe(slot(1));
    expect(await two.rpc('eth_getStorageAt', NOBODY, '0x2')).toBe(slot(0));
  });
});

describe('going back', () => {
  it('leaves the chain as it was at that height', async () => {
    const { rpc, fault } = await createTestNode();
    const blocks = [await rpc('eth_getBlockByNumber', 'latest')];
    for (let value = 1; value <= 4; value++) {
      await rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, value: hex(value) });
      blocks.push(await rpc('eth_getBlockByNumber', 'latest'));
    }
    await rpc('anvil_rollback', 2);
    expect(await rpc('eth_getBlockByNumber', 'latest')).toEqual(blocks[2]);
    expect(await rpc('eth_getBalance', NOBODY)).toBe('0x3');
    expect(await rpc('eth_getTransactionCount', ALICE, 'pending')).toBe('0x2');
    expect(await rpc('eth_getBlockByNumber', '0x3')).toBeNull();
    // The branch that was left is there by hash.
    expect((await rpc('eth_getBlockByHash', blocks[4].hash)).number).toBe('0x4');
    expect((await fault('anvil_rollback', 3)).code).toBe(-32000);
    await rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, value: '0x9' });
    expect((await rpc('eth_getBlockByNumber', 'latest')).parentHash).toBe(blocks[2].hash);
    expect(await rpc('eth_getBalance', NOBODY)).toBe(hex(12));
  });
});
