import { manualClock } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import type { MethodName, StudioChain, StudioOptions } from '../src/index.ts';
import {
  createStudio,
  MAX_ATTACHED_FILES,
  MAX_FOUND,
  MAX_PAGE,
  MAX_TRACE_STEPS,
  outOfRange,
  unsupported,
} from '../src/index.ts';
import { block, nothing, recordingChain, tx } from './support.ts';

const INFO = { version: '1', instance: 'i', readyMs: 5, host: 'node' } as unknown as StudioOptions['info'];

type Setup = {
  readonly call: (method: MethodName, params?: object) => Promise<unknown>;
  readonly one: ReturnType<typeof recordingChain>;
  readonly two: ReturnType<typeof recordingChain>;
  readonly studio: ReturnType<typeof createStudio>;
  readonly run: () => void;
  readonly waiting: () => number;
};

/** A studio over two chains; batches go out when `run` says so. */
function setUp(answers: Partial<StudioChain> = {}, options: Partial<StudioOptions> = {}): Setup {
  const [one, two] = [recordingChain('one', answers), recordingChain('two')];
  const tasks: (() => void)[] = [];
  const studio = createStudio({
    chains: [one.chain, two.chain],
    info: INFO,
    later: (_, task) => {
      tasks.push(task);
      return () => void tasks.splice(tasks.indexOf(task), 1);
    },
    ...options,
  });
  return {
    one,
    two,
    studio,
    call: async (method, params = {}) => studio.dispatcher.call(method, params as never, {}),
    run: () => tasks.shift()?.(),
    waiting: () => tasks.length,
  };
}

const refusal = (code: string): object => ({ data: { code } });

describe('methods', () => {
  it.each<[MethodName, object, readonly unknown[]]>([
    ['ninefold_getBlocks', {}, ['blocks', undefined, 50]],
    ['ninefold_getBlocks', { before: 'c', limit: 3 }, ['blocks', 'c', 3]],
    ['ninefold_getBlock', { id: '9' }, ['block', '9']],
    ['ninefold_getTransactions', {}, ['transactions', { limit: 50 }]],
    [
      'ninefold_getTransactions',
      { block: 'b', entity: 'e', status: 'failed', before: 'c', limit: 1 },
      ['transactions', { block: 'b', entity: 'e', status: 'failed', before: 'c', limit: 1 }],
    ],
    ['ninefold_getTransaction', { id: 't' }, ['transaction', 't']],
    ['ninefold_getCalls', { id: 't' }, ['calls', 't']],
    ['ninefold_getStateDiff', { id: 't' }, ['stateDiff', { id: 't' }]],
    ['ninefold_getStateDiff', { block: 'b' }, ['stateDiff', { block: 'b' }]],
    ['ninefold_getCost', { id: 't' }, ['cost', 't', 'component']],
    ['ninefold_getCost', { id: 't', by: 'line' }, ['cost', 't', 'line']],
    ['ninefold_getEntity', { id: 'e' }, ['entity', 'e', undefined]],
    ['ninefold_getEntity', { id: 'e', at: '4' }, ['entity', 'e', '4']],
    ['ninefold_faucet', { to: 'e', amount: '10' }, ['faucet', 'e', '10']],
    ['ninefold_sample', {}, ['sample', 'failing']],
    ['ninefold_sample', { name: 'readme' }, ['sample', 'readme']],
    ['ninefold_openTrace', { id: 't' }, ['record', 't', MAX_TRACE_STEPS]],
    ['ninefold_openTrace', { id: 't', maxSteps: 9 }, ['record', 't', 9]],
    ['ninefold_reference', { name: 'ADD' }, ['reference', 'ADD']],
    ['ninefold_cheat', { op: 'mine' }, ['cheat', { op: 'mine', blocks: 1 }]],
    ['ninefold_cheat', { op: 'snapshot', blocks: 4 }, ['cheat', { op: 'snapshot' }]],
    ['ninefold_cheat', { op: 'revert', id: '2' }, ['cheat', { op: 'revert', id: '2' }]],
    ['ninefold_cheat', { op: 'setTime', time: 0 }, ['cheat', { op: 'setTime', time: 0 }]],
    [
      'ninefold_cheat',
      { op: 'setBalance', account: 'a', amount: '0' },
      ['cheat', { op: 'setBalance', account: 'a', amount: '0' }],
    ],
  ])('%s %o asks the one chain it is for', async (method, params, expected) => {
    const { call, one, two } = setUp();
    await call(method, { net: 'one', ...params });
    expect(one.asked).toEqual([expected]);
    expect(two.asked).toEqual([]);
  });

  it.each<[MethodName, object]>([
    ['ninefold_getBlocks', {}],
    ['ninefold_getTransaction', { id: 't' }],
    ['ninefold_accounts', {}],
    ['ninefold_faucet', { to: 'e', amount: '1' }],
    ['ninefold_cheat', { op: 'mine' }],
    ['ninefold_openTrace', { id: 't' }],
  ])('%s of a network that is not there says so', async (method, params) => {
    await expect(setUp().call(method, { net: 'three', ...params })).rejects.toMatchObject(
      refusal('STUDIO_NOT_FOUND'),
    );
  });

  it.each<[object, string]>([
    [{ op: 'revert' }, 'snapshot'],
    [{ op: 'setTime' }, 'time'],
    [{ op: 'setBalance', amount: '1' }, 'account'],
    [{ op: 'setBalance', account: 'a' }, 'amount'],
  ])('a cheat %o says what it lacks', async (params, what) => {
    const { call, one } = setUp();
    await expect(call('ninefold_cheat', { net: 'one', ...params })).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining(what) as unknown,
      data: { code: 'STUDIO_INVALID' },
    });
    expect(one.asked).toEqual([]);
  });

  it.each<[MethodName, object]>([
    ['ninefold_getBlocks', { limit: 0 }],
    ['ninefold_getBlocks', { limit: MAX_PAGE + 1 }],
    ['ninefold_getBlocks', { limit: 1.5 }],
    ['ninefold_getTransactions', { status: 'pending' }],
    ['ninefold_faucet', { to: 'e', amount: '1e3' }],
    ['ninefold_faucet', { to: 'e', amount: '-1' }],
    ['ninefold_faucet', { to: 'e', amount: '' }],
    ['ninefold_faucet', { to: 'e', amount: '9'.repeat(81) }],
    ['ninefold_cheat', { op: 'mine', blocks: 1001 }],
    ['ninefold_cheat', { op: 'setTime', time: -1 }],
    ['ninefold_cheat', { op: 'unmine' }],
    ['ninefold_openTrace', { id: 't', maxSteps: MAX_TRACE_STEPS + 1 }],
    ['ninefold_openTrace', { id: 't', maxSteps: 0 }],
    ['ninefold_getCost', { id: 't', by: 'colour' }],
    ['ninefold_getBlock', { id: 'x'.repeat(201) }],
    [
      'ninefold_attachSource',
      { files: Array.from({ length: MAX_ATTACHED_FILES + 1 }, () => ({ name: 'a', text: '' })) },
    ],
    ['ninefold_attachSource', { files: [{ name: 'a' }] }],
  ])('%s does not take %o', async (method, params) => {
    const { call, one } = setUp();
    await expect(call(method, { net: 'one', ...params })).rejects.toMatchObject({ code: -32602 });
    expect(one.asked).toEqual([]);
  });

  it.each<[MethodName, object]>([
    ['ninefold_traceFind', { query: {}, limit: MAX_FOUND + 1 }],
    ['ninefold_traceFind', { query: { line: 0 } }],
    ['ninefold_traceFind', { query: { colour: 'red' } }],
    ['ninefold_traceFind', { query: {}, from: 2 ** 32 }],
    ['ninefold_traceState', { step: 0, parts: ['heap'] }],
    ['ninefold_traceState', { step: -1, parts: [] }],
    ['ninefold_traceOrigin', { step: 0, loc: 'x'.repeat(301) }],
    ['ninefold_traceLevels', { program: 2 ** 15 + 1 }],
  ])('%s does not take %o', async (method, params) => {
    await expect(setUp().call(method, { trace: '1', ...params })).rejects.toMatchObject({ code: -32602 });
  });

  it('words what chains refuse', async () => {
    const { call } = setUp({
      transaction: nothing,
      cheat: () => Promise.reject(unsupported('set its time', 'one')),
      calls: () => {
        throw outOfRange('Step', 9, 5);
      },
    });
    await expect(call('ninefold_getTransaction', { net: 'one', id: 't' })).rejects.toMatchObject({
      code: -32004,
      data: { code: 'STUDIO_NOT_FOUND', context: { what: 'transaction' } },
    });
    await expect(call('ninefold_cheat', { net: 'one', op: 'mine' })).rejects.toMatchObject({
      code: -32602,
      data: { code: 'STUDIO_UNSUPPORTED' },
    });
    await expect(call('ninefold_getCalls', { net: 'one', id: 't' })).rejects.toMatchObject({
      code: -32602,
      data: { code: 'STUDIO_OUT_OF_RANGE', context: { value: 9, end: 5 } },
    });
  });

  it('needs a transaction or a block for a diff', async () => {
    await expect(setUp().call('ninefold_getStateDiff', { net: 'one' })).rejects.toMatchObject(
      refusal('STUDIO_INVALID'),
    );
  });
});

describe('what is of all networks', () => {
  it('is information with what the clock and the process say', async () => {
    const clock = manualClock(500);
    const { call } = setUp({}, { clock, memory: () => 77 });
    clock.advance(1000);
    expect(await call('ninefold_info')).toEqual({ ...INFO, startedAt: 500, memory: 77 });
  });

  it('is a list of networks with where they answer', async () => {
    const { call, one } = setUp({}, { endpoints: (chain) => [{ kind: 'http', url: `http://${chain}` }] });
    await call('ninefold_networks');
    expect(one.asked).toEqual([['net', [{ kind: 'http', url: 'http://one' }]]]);
  });

  it('is the newest transactions, by time and with a limit', async () => {
    const ofOne = [tx('one', 'a', 30), tx('one', 'b', 10)];
    const { call, one, two } = setUp({ transactions: () => ({ items: ofOne, next: 'more' }) });
    expect(await call('ninefold_getTransactions', { status: 'ok', limit: 1 })).toEqual({ items: [ofOne[0]] });
    expect(one.asked).toEqual([['transactions', { limit: 1, status: 'ok' }]]);
    expect(two.asked).toEqual(one.asked);
  });

  it.each([{ before: 'c' }, { entity: 'e' }, { block: 'b' }])(
    'is no list by %o, which is of one network',
    async (params) => {
      const { call, one } = setUp();
      await expect(call('ninefold_getTransactions', params)).rejects.toMatchObject(refusal('STUDIO_INVALID'));
      expect(one.asked).toEqual([]);
    },
  );

  it('is what a search finds, the best first and no more than was asked for', async () => {
    const hit = (id: string, score: number): never =>
      ({ id, score, net: 'one', kind: 'tx', label: id }) as never;
    const { call, one } = setUp({ search: () => [hit('b', 1), hit('a', 5), hit('c', 3)] });
    const { items } = (await call('ninefold_search', { q: '  0x1 ', limit: 2 })) as {
      readonly items: readonly { readonly id: string }[];
    };
    expect(items.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(one.asked).toEqual([['search', '0x1', 2]]);
  });

  it('is accounts, of one network where it is named', async () => {
    const { call } = setUp();
    expect(await call('ninefold_accounts')).toEqual([{ id: 'one account' }, { id: 'two account' }]);
    expect(await call('ninefold_accounts', { net: 'two' })).toEqual([{ id: 'two account' }]);
  });

  it('is the pulse, of each by its own blocks', async () => {
    const clock = manualClock(10_500);
    const { call, one } = setUp({}, { clock });
    one.tell({ blocks: [block('one', 1), { ...block('one', 2), txCount: 4, failed: 1 }] });
    clock.advance(1000);
    expect(await call('ninefold_pulse', { seconds: 2 })).toEqual([
      { net: 'one', t0: 10_000, bucketMs: 1000, txs: [5, 0], failed: [1, 0], blocks: [2, 0] },
      { net: 'two', t0: 10_000, bucketMs: 1000, txs: [0, 0], failed: [0, 0], blocks: [0, 0] },
    ]);
  });
});

describe('news', () => {
  type Told = { readonly topic: string; readonly items: readonly unknown[] };

  async function listening(
    topics: readonly string[],
    answers: Partial<StudioChain> = {},
  ): Promise<{
    readonly told: Told[];
    readonly setup: Setup;
    readonly ids: unknown[];
    readonly call: (method: MethodName, params: object) => Promise<unknown>;
  }> {
    const setup = setUp(answers);
    const told: Told[] = [];
    const connection = setup.studio.hub.connect({
      send: (text) => told.push((JSON.parse(text) as { params: { result: Told } }).params.result),
    });
    const call = async (method: MethodName, params: object): Promise<unknown> => {
      const session = connection.begin();
      try {
        return await setup.studio.dispatcher.call(method, params as never, { session });
      } finally {
        session.end();
      }
    };
    const ids: unknown[] = [];
    for (const topic of topics) ids.push(await call('ninefold_subscribe', { topic }));
    return { told, setup, ids, call };
  }

  it('are told in one batch to those who asked', async () => {
    const { told, setup } = await listening(['heads', 'txs']);
    setup.one.tell({ blocks: [block('one', 1)], txs: [tx('one', 'a', 1)] });
    setup.two.tell({ blocks: [block('two', 5)] });
    expect(told).toEqual([]);
    setup.run();
    expect(told).toMatchObject([
      {
        topic: 'heads',
        seq: 1,
        items: [
          { net: 'one', number: '1' },
          { net: 'two', number: '5' },
        ],
      },
      { topic: 'txs', seq: 1, items: [{ id: 'a' }] },
    ]);
  });

  it('are told when blocks were only taken back: the head is another', async () => {
    const { told, setup } = await listening(['heads', 'pulse']);
    setup.one.tell({ reorganised: true });
    setup.run();
    expect(told).toMatchObject([
      { topic: 'heads', items: [{ net: 'one', number: '7' }] },
      { topic: 'pulse', items: ['one'] },
    ]);
    // Its count is no news: it was counted when it came.
    const pulse = (await setup.call('ninefold_pulse')) as readonly { readonly blocks: readonly number[] }[];
    expect(pulse[0]?.blocks.every((count) => count === 0)).toBe(true);
  });

  it('are those of the new blocks where some came with it', async () => {
    const { told, setup } = await listening(['heads']);
    setup.one.tell({ reorganised: true, blocks: [block('one', 3)] });
    setup.run();
    expect(told).toMatchObject([{ topic: 'heads', items: [{ number: '3' }] }]);
    expect(setup.one.asked).toEqual([]);
  });

  it('end with the subscription, and with the studio', async () => {
    const { told, setup, ids, call } = await listening(['heads']);
    expect(await call('ninefold_unsubscribe', { sub: ids[0] as string })).toBe(true);
    expect(await call('ninefold_unsubscribe', { sub: ids[0] as string })).toBe(false);
    setup.one.tell({ blocks: [block('one', 1)] });
    expect(setup.waiting()).toBe(0);
    await call('ninefold_subscribe', { topic: 'heads' });
    setup.one.tell({ blocks: [block('one', 2)] });
    expect(setup.one.listeners()).toBe(1);
    setup.studio.close();
    expect([setup.one.listeners(), setup.two.listeners(), setup.waiting()]).toEqual([0, 0, 0]);
    expect(told).toEqual([]);
  });

  it('need a transport that can tell them', async () => {
    const { call } = setUp();
    await expect(call('ninefold_subscribe', { topic: 'heads' })).rejects.toMatchObject(
      refusal('STUDIO_INVALID'),
    );
    expect(await call('ninefold_unsubscribe', { sub: '1' })).toBe(false);
    await expect(call('ninefold_subscribe', { topic: 'weather' })).rejects.toMatchObject({ code: -32602 });
  });
});

describe('traces', () => {
  const calls: unknown[] = [];
  const session = new Proxy(
    {},
    {
      get: (_, member: string) =>
        member === 'manifest'
          ? (id: string) => ({ id, steps: 10 })
          : (...args: readonly unknown[]) => {
              calls.push([member, ...args]);
              return member === 'column' || member === 'deltas' ? new Uint8Array(3) : { member };
            },
    },
  );
  const opened = async (): Promise<Setup & { readonly trace: string }> => {
    calls.length = 0;
    const setup = setUp({ record: () => session as never });
    const { id } = (await setup.call('ninefold_openTrace', { net: 'one', id: 't' })) as {
      readonly id: string;
    };
    return { ...setup, trace: id };
  };

  it.each<[MethodName, object, readonly unknown[]]>([
    ['ninefold_traceState', { step: 3, parts: ['stack'], memoryAt: 64 }, ['state', 3, ['stack'], 64]],
    ['ninefold_traceState', { step: 3, parts: [] }, ['state', 3, [], undefined]],
    ['ninefold_traceFind', { query: {} }, ['find', {}, 0, true, 100]],
    [
      'ninefold_traceFind',
      { query: { op: 'ADD' }, from: 4, dir: 'back', limit: 2 },
      ['find', { op: 'ADD' }, 4, false, 2],
    ],
    ['ninefold_traceOrigin', { step: 3, loc: 'stack:0' }, ['origin', 3, 'stack:0', 24]],
    ['ninefold_traceOrigin', { step: 3, loc: 'stack:0', dir: 'forward', max: 5 }, ['uses', 3, 'stack:0', 5]],
    ['ninefold_traceEvaluate', { step: 3, expr: 'x' }, ['evaluate', 3, 'x']],
    ['ninefold_traceLevels', { program: 2 }, ['levels', 2]],
  ])('are asked by %s %o', async (method, params, expected) => {
    const { call, trace } = await opened();
    await call(method, { trace, ...params });
    expect(calls).toEqual([expected]);
  });

  it('have their bytes below /bin/', async () => {
    const { studio, trace } = await opened();
    const bytes = (path: string, query = ''): unknown => studio.binary(path, new URLSearchParams(query));
    expect(bytes(`/trace/${trace}/column/unit`, 'from=2&to=9')).toMatchObject({
      type: 'application/octet-stream',
    });
    expect(bytes(`trace/${trace}/deltas/stack`)).toMatchObject({ type: 'application/x-ndjson' });
    expect(calls).toEqual([
      ['column', 'unit', 2, 9],
      ['deltas', 'stack', 0, 10],
    ]);
    for (const path of [
      '',
      'trace',
      `trace/${trace}`,
      `trace/${trace}/source`,
      'trace/9/frames',
      `file/${trace}`,
    ]) {
      expect(() => bytes(path), path).toThrow(expect.objectContaining({ code: 'STUDIO_NOT_FOUND' }));
    }
  });

  it('are gone when they are closed', async () => {
    const { call, trace } = await opened();
    expect(await call('ninefold_closeTrace', { trace })).toBe(true);
    expect(await call('ninefold_closeTrace', { trace })).toBe(false);
    await expect(call('ninefold_traceLevels', { trace, program: 0 })).rejects.toMatchObject(
      refusal('STUDIO_NOT_FOUND'),
    );
  });
});
