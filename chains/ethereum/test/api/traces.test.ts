import { describe, expect, it } from 'vitest';
import type { TestNode } from '../support/rpc.ts';
import { ALICE, BOB, CAROL, createTestNode, deployer, hex, NOBODY, word } from '../support/rpc.ts';

const INNER = CAROL;
const OUTER = NOBODY;

// Stores 7 in slot 1, logs its topic 9, returns a word of 5.
// PUSH1 7 PUSH1 1 SSTORE PUSH1 9 PUSH0 PUSH0 LOG1 PUSH1 5 PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
const WORKER = '600760015560095f5fa160055f5260205ff3';

// Calls INNER with value 3 and four bytes of data, loads slot 2, then stops.
// PUSH4 sel PUSH0 MSTORE; PUSH1 32 PUSH0 PUSH1 4 PUSH1 28 PUSH1 3 PUSH20 inner GAS CALL POP; PUSH1 2 SLOAD POP STOP
const CALLER = `63aabbccdd5f5260205f6004601c600373${INNER.slice(2)}5af1506002545000`;

// Reverts with Error("no") after a log.
const REVERTER = `5f5fa07f08c379a0${'0'.repeat(56)}5f52602060045260026024527f6e6f${'0'.repeat(60)}60445260645ffd`;

let time = 0;
let ticking = false;

async function setup(inner: string): Promise<TestNode & { readonly hash: string }> {
  const node = await createTestNode();
  await node.rpc('anvil_setCode', INNER, `0x${inner}`);
  await node.rpc('anvil_setCode', OUTER, `0x${CALLER}`);
  await node.rpc('anvil_setStorageAt', OUTER, '0x2', `0x${word(0x22)}`);
  await node.rpc('anvil_setStorageAt', INNER, '0x1', `0x${word(1)}`);
  await node.rpc('anvil_setBalance', INNER, '0x0');
  const hash = await node.rpc('eth_sendTransaction', {
    from: ALICE,
    to: OUTER,
    value: '0xa',
    gas: '0x30d40',
    data: '0x11223344ff',
  });
  return { ...node, hash };
}

describe('the default tracer', () => {
  it('lists every instruction', async () => {
    const { rpc, hash } = await setup(WORKER);
    const { gas, failed, returnValue, structLogs } = await rpc('debug_traceTransaction', hash);
    const receipt = await rpc('eth_getTransactionReceipt', hash);
    expect([gas, failed, returnValue]).toEqual([Number(receipt.gasUsed), false, '0x']);
    expect(structLogs.map(({ op }: { op: string }) => op)).toEqual(
      (
        'PUSH4 PUSH0 MSTORE PUSH1 PUSH0 PUSH1 PUSH1 PUSH1 PUSH20 GAS CALL ' +
        'PUSH1 PUSH1 SSTORE PUSH1 PUSH0 PUSH0 LOG1 PUSH1 PUSH0 MSTORE PUSH1 PUSH0 RETURN ' +
        'POP PUSH1 SLOAD POP STOP'
      ).split(' '),
    );
    const [first, , third] = structLogs;
    expect(first).toEqual({
      pc: 0,
      op: 'PUSH4',
      gas: 200_000 - 21_000 - 5 * 16,
      gasCost: 3,
      depth: 1,
      stack: [],
    });
    expect(third).toMatchObject({ op: 'MSTORE', pc: 6, gasCost: 6, stack: ['0xaabbccdd', '0x0'] });
    const store = structLogs.find(({ op }: { op: string }) => op === 'SSTORE');
    expect(store).toMatchObject({ depth: 2, gasCost: 5000, storage: { [`0x${word(1)}`]: `0x${word(7)}` } });
    const load = structLogs.find(({ op }: { op: string }) => op === 'SLOAD');
    expect(load).toMatchObject({ gasCost: 2100, storage: { [`0x${word(2)}`]: `0x${word(0x22)}` } });
    expect(structLogs.filter((log: object) => 'storage' in log)).toHaveLength(2);
    for (const log of structLogs) expect(log).not.toHaveProperty('memory');
  });

  it('leaves out and adds what it is told to', async () => {
    const { rpc, hash } = await setup(WORKER);
    const trace = async (config: object): Promise<readonly Record<string, unknown>[]> =>
      (await rpc('debug_traceTransaction', hash, config)).structLogs;
    const bare = await trace({ disableStack: true, disableStorage: true, limit: 3 });
    expect(bare).toHaveLength(3);
    for (const log of bare) expect(Object.keys(log)).toEqual(['pc', 'op', 'gas', 'gasCost', 'depth']);
    const full = await trace({ enableMemory: true, enableReturnData: true });
    const call = full.find(({ op }) => op === 'CALL');
    expect(call?.['memory']).toEqual([`0x${word(0xaabbccdd)}`]);
    const after = full[full.findIndex(({ op }) => op === 'RETURN') + 1];
    expect(after?.['returnData']).toBe(`0x${word(5)}`);
  });

  it('marks the instruction that could not be paid', async () => {
    const { rpc } = await createTestNode();
    await rpc('anvil_setCode', NOBODY, '0x6001600155');
    const hash = await rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, gas: hex(21_000 + 6 + 3000) });
    const { failed, structLogs } = await rpc('debug_traceTransaction', hash);
    expect(failed).toBe(true);
    expect(structLogs.at(-1)).toMatchObject({ op: 'SSTORE', error: 'out of gas' });
    await rpc('anvil_setCode', NOBODY, '0x50');
    const under = await rpc(
      'debug_traceTransaction',
      await rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, gas: '0x186a0' }),
    );
    expect(under.structLogs.at(-1)).toMatchObject({
      op: 'POP',
      error: expect.stringContaining('stack underflow'),
    });
  });
});

describe('callTracer', () => {
  it('shows the tree of calls', async () => {
    const { rpc, hash } = await setup(WORKER);
    const trace = await rpc('debug_traceTransaction', hash, { tracer: 'callTracer' });
    expect(trace).toEqual({
      from: ALICE,
      gas: '0x30d40',
      gasUsed: (await rpc('eth_getTransactionReceipt', hash)).gasUsed,
      to: OUTER,
      input: '0x11223344ff',
      calls: [
        {
          from: OUTER,
          gas: expect.stringMatching(/^0x/),
          gasUsed: expect.stringMatching(/^0x/),
          to: INNER,
          input: '0xaabbccdd',
          output: `0x${word(5)}`,
          value: '0x3',
          type: 'CALL',
        },
      ],
      value: '0xa',
      type: 'CALL',
    });
    const top = await rpc('debug_traceTransaction', hash, {
      tracer: 'callTracer',
      tracerConfig: { onlyTopCall: true },
    });
    expect(top).not.toHaveProperty('calls');
  });

  it('shows logs in their places', async () => {
    const { rpc, hash } = await setup(WORKER);
    const { calls, logs } = await rpc('debug_traceTransaction', hash, {
      tracer: 'callTracer',
      tracerConfig: { withLog: true },
    });
    expect(logs).toBeUndefined();
    expect(calls[0].logs).toEqual([
      { address: INNER, topics: [`0x${word(9)}`], data: '0x', index: '0x0', position: '0x0' },
    ]);
  });

  it('shows why a call failed and forgets its logs', async () => {
    const { rpc, hash } = await setup(REVERTER);
    const { calls, error } = await rpc('debug_traceTransaction', hash, {
      tracer: 'callTracer',
      tracerConfig: { withLog: true },
    });
    expect(error).toBeUndefined();
    expect(calls[0]).toMatchObject({
      error: 'execution reverted',
      revertReason: 'no',
      output: expect.stringMatching(/^0x08c379a0/),
    });
    expect(calls[0].logs).toBeUndefined();
  });

  it('shows creations', async () => {
    const { rpc } = await createTestNode();
    const created = await rpc('eth_sendTransaction', { from: ALICE, data: deployer('00') });
    const trace = await rpc('debug_traceTransaction', created, { tracer: 'callTracer' });
    const { contractAddress } = await rpc('eth_getTransactionReceipt', created);
    expect(trace).toMatchObject({
      type: 'CREATE',
      to: contractAddress,
      input: deployer('00'),
      output: '0x00',
    });
    const failed = await rpc('eth_sendTransaction', { from: ALICE, data: '0xfe', gas: '0x186a0' });
    const broken = await rpc('debug_traceTransaction', failed, { tracer: 'callTracer' });
    expect(broken.to).toBeUndefined();
    expect(broken.error).toMatch(/^invalid opcode/);
  });
});

describe('prestateTracer', () => {
  it('shows what was there before', async () => {
    const { rpc, hash } = await setup(WORKER);
    const pre = await rpc('debug_traceTransaction', hash, { tracer: 'prestateTracer' });
    expect(Object.keys(pre).sort()).toEqual([ALICE, INNER, OUTER].sort());
    expect(pre[INNER]).toMatchObject({
      balance: '0x0',
      code: `0x${WORKER}`,
      storage: { [`0x${word(1)}`]: `0x${word(1)}` },
    });
    expect(pre[OUTER].storage).toEqual({ [`0x${word(2)}`]: `0x${word(0x22)}` });
    expect(pre[ALICE]).toEqual({ balance: hex(10_000n * 10n ** 18n) });
    const empty = await rpc('debug_traceTransaction', hash, {
      tracer: 'prestateTracer',
      tracerConfig: { includeEmpty: true },
    });
    expect(empty[`0x${'00'.repeat(20)}`]).toEqual({ balance: '0x0' });
  });

  it('shows what changed', async () => {
    const { rpc, hash } = await setup(WORKER);
    const { pre, post } = await rpc('debug_traceTransaction', hash, {
      tracer: 'prestateTracer',
      tracerConfig: { diffMode: true, disableCode: true },
    });
    expect(post[INNER]).toEqual({ balance: '0x3', storage: { [`0x${word(1)}`]: `0x${word(7)}` } });
    expect(pre[INNER].storage).toEqual({ [`0x${word(1)}`]: `0x${word(1)}` });
    expect(post[OUTER]).toEqual({ balance: '0x7' });
    expect(pre[OUTER]).not.toHaveProperty('storage');
    expect(post[ALICE].nonce).toBe(1);
    expect(pre[ALICE].nonce).toBeUndefined();
  });

  it('shows new contracts after only', async () => {
    const { rpc } = await createTestNode();
    const hash = await rpc('eth_sendTransaction', { from: ALICE, data: deployer('6001600155') });
    const { contractAddress } = await rpc('eth_getTransactionReceipt', hash);
    const { pre, post } = await rpc('debug_traceTransaction', hash, {
      tracer: 'prestateTracer',
      tracerConfig: { diffMode: true },
    });
    expect(pre).not.toHaveProperty(contractAddress);
    expect(post[contractAddress]).toMatchObject({ code: '0x6001600155', nonce: 1 });
  });
});

describe('the others', () => {
  it('count selectors', async () => {
    const { rpc, hash } = await setup(WORKER);
    expect(await rpc('debug_traceTransaction', hash, { tracer: '4byteTracer' })).toEqual({
      '0x11223344-1': 1,
      '0xaabbccdd-0': 1,
    });
    expect(await rpc('debug_traceTransaction', hash, { tracer: 'noopTracer' })).toEqual({});
  });

  it('trace whole blocks and calls that are no transactions', async () => {
    const { rpc, hash } = await setup(WORKER);
    const { blockHash, blockNumber } = await rpc('eth_getTransactionReceipt', hash);
    const config = { tracer: 'callTracer' };
    const alone = await rpc('debug_traceTransaction', hash, config);
    expect(await rpc('debug_traceBlockByNumber', blockNumber, config)).toEqual([
      { txHash: hash, result: alone },
    ]);
    expect(await rpc('debug_traceBlockByHash', blockHash, config)).toEqual([{ txHash: hash, result: alone }]);
    const call = { from: ALICE, to: OUTER, value: '0xa', gas: '0x30d40', data: '0x11223344ff' };
    const called = await rpc('debug_traceCall', call, 'latest', config);
    expect(called).toMatchObject({ to: OUTER, calls: [{ to: INNER }] });
    const pretended = await rpc('debug_traceCall', { to: BOB }, 'latest', {
      ...config,
      stateOverrides: { [BOB]: { code: '0xfe' } },
    });
    expect(pretended.error).toMatch(/^invalid opcode/);
  });

  it('trace the second transaction of a block on the state after the first', async () => {
    const { rpc } = await createTestNode({ mining: 'manual' });
    // Adds one to slot 0: PUSH1 1 PUSH0 SLOAD ADD PUSH0 SSTORE STOP
    await rpc('anvil_setCode', NOBODY, '0x60015f54015f5500');
    const send = (nonce: number): Promise<string> =>
      rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, gas: '0x186a0', nonce: hex(nonce) });
    const [, second] = [await send(0), await send(1)];
    await rpc('evm_mine');
    const { structLogs } = await rpc('debug_traceTransaction', second);
    const load = structLogs.find(({ op }: { op: string }) => op === 'SLOAD');
    expect(load.storage).toEqual({ [`0x${word(0)}`]: `0x${word(1)}` });
  });

  it('end when the time is over', async () => {
    const { rpc, fault } = await createTestNode({
      clock: { now: () => (ticking ? (time += 1000) : time) },
      timestamp: 1_000n,
    });
    await rpc('anvil_setCode', NOBODY, '0x5b5f56');
    ticking = true;
    const error = await fault('debug_traceCall', { to: NOBODY, gas: hex(10_000_000) }, 'latest', {});
    expect(error.message).toContain('execution aborted');
  });

  it('refuse what they do not know', async () => {
    const { fault, rpc } = await setup(WORKER);
    const gone = `0x${word(1)}`;
    expect((await fault('debug_traceTransaction', gone)).message).toBe('transaction not found');
    expect((await fault('debug_traceBlockByNumber', '0x0')).message).toBe('genesis is not traceable');
    expect((await fault('debug_traceBlockByHash', gone)).code).toBe(-32000);
    const { hash } = await rpc('eth_getBlockByNumber', 'latest');
    expect((await fault('debug_traceBlockByHash', hash, { tracer: 'function() {}' })).message).toContain(
      'tracer not found',
    );
    expect((await fault('debug_traceBlockByHash', hash, { limit: -1 })).code).toBe(-32602);
  });
});
