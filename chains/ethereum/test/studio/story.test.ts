import type { CallTree, OriginNode, TraceManifest, TraceState, TxDetail } from '@ninefold/studio-api';
import { createStudio } from '@ninefold/studio-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEthereumStudio } from '../../src/studio/studio-chain.ts';
import { createTestNode } from '../support/rpc.ts';

// A contract with a planted bug is deployed and fails; the wrong value is followed back to its line.
describe('from a failure to the line that caused it', () => {
  const net = 'ethereum';
  let call: <Result>(method: string, params: object) => Promise<Result>;
  let close: () => Promise<void>;
  let id: string;
  let trace: TraceManifest;

  beforeAll(async () => {
    const { chain } = await createTestNode();
    const studio = createStudio({
      chains: [createEthereumStudio(chain)],
      info: { version: '0', instance: 'test', readyMs: 0, host: 'test' },
    });
    call = async (method, params) =>
      (await studio.dispatcher.call(method, params as Record<string, unknown>, {})) as never;
    close = async () => {
      studio.close();
      await chain.close();
    };
    ({ id } = await call<{ readonly id: string }>('ninefold_sample', { net }));
    trace = await call<TraceManifest>('ninefold_openTrace', { net, id });
  });
  afterAll(() => close());

  it('tells the error by its name, and the place', async () => {
    const { error, status } = await call<TxDetail>('ninefold_getTransaction', { net, id });
    expect(status).toBe('failed');
    expect(error).toMatchObject({
      message: 'Unbalanced(220440, 214489)',
      where: { file: 'OrderBook.sol', line: 79, fn: 'settleExactly' },
    });
  });

  it('names calls and arguments', async () => {
    const { calls, events } = await call<CallTree>('ninefold_getCalls', { net, id });
    expect(calls.map(({ program, fn, status }) => [program.name, fn, status])).toEqual([
      ['OrderBook', 'settleExactly', 'failed'],
      ['Oracle', 'priceOf', 'ok'],
      ['Oracle', 'priceOf', 'ok'],
      ['Oracle', 'priceOf', 'ok'],
    ]);
    expect(calls[0]?.args).toMatchObject([
      {
        name: 'fills',
        value: [
          ['41', '125000'],
          ['42', '64000'],
          ['41', '31000'],
        ],
      },
      { name: 'price', value: '1002' },
    ]);
    expect(calls[1]?.ret).toMatchObject([{ value: '1000' }]);
    // What a revert took back was never said.
    expect(events).toEqual([]);
  });

  it('knows the functions inside of a program', () => {
    expect(trace.names).toEqual(
      expect.arrayContaining(['OrderBook.settleExactly', '_fill', '_crosses', 'Oracle.priceOf']),
    );
  });

  const afterFirstFill = async (): Promise<number> => {
    const { items } = await call<{ readonly items: readonly { readonly step: number }[] }>(
      'ninefold_traceFind',
      {
        trace: trace.id,
        query: { op: 'SSTORE', line: 92 },
      },
    );
    const mapped = items[0]?.step;
    expect(mapped).toBeGreaterThan(0);
    return (mapped as number) + 1;
  };

  it('follows the wrong value to the calldata word, and its other operand to the wrong line', async () => {
    const step = await afterFirstFill();
    const { storage } = await call<TraceState>('ninefold_traceState', {
      trace: trace.id,
      step,
      parts: ['storage'],
    });
    const wrong = storage?.find(({ label }) => label.startsWith('proceeds['));
    expect(wrong).toMatchObject({ before: '242743', after: '364236', type: 'uint256' });
    const chain = await call<readonly OriginNode[]>('ninefold_traceOrigin', {
      trace: trace.id,
      step,
      loc: `storage:${wrong?.entity.id}:${wrong?.key}`,
    });
    expect(chain.map(({ op, value, line }) => [op, Number(value), line])).toEqual([
      ['SSTORE', 364_236, 92],
      ['ADD', 364_236, 92],
      ['SUB', 121_493, 92],
      ['DIV', 125_250, 87],
      ['MUL', 125_250_000, 87],
      ['CALLDATALOAD', 125_000, 87],
    ]);
    expect(chain.at(-1)).toMatchObject({ kind: 'input', label: 'fills[0].amount' });
    // The fee that was kept back: ten times what it should be, in the same line.
    const fee = chain[2]?.inputs.find(({ value }) => Number(value) === 3757);
    const branch = await call<readonly OriginNode[]>('ninefold_traceOrigin', {
      trace: trace.id,
      step: fee?.step,
      loc: fee?.loc,
    });
    expect(branch[0]).toMatchObject({ op: 'DIV', line: 92, label: 'paid * FEE_BPS / 1_000' });
    expect(branch[0]?.inputs.map(({ value }) => Number(value))).toEqual([3_757_500, 1_000]);
  });

  it('names what is on the stack', async () => {
    const step = (await afterFirstFill()) - 1;
    const { stack } = await call<TraceState>('ninefold_traceState', {
      trace: trace.id,
      step,
      parts: ['stack'],
    });
    expect(stack?.[0]?.name).toBe('proceeds[o.maker]');
    expect(stack?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['f.amount * price / ONE', 'orders[f.id]']),
    );
  });

  it('watches variables by name', async () => {
    const value = (step: number): Promise<unknown> =>
      call('ninefold_traceEvaluate', { trace: trace.id, step, expr: 'fees' });
    await expect(value(trace.steps - 1)).resolves.toMatchObject({ value: '1680', type: 'uint256' });
    await expect(value(0)).rejects.toMatchObject({ data: { code: 'STUDIO_NOT_FOUND' } });
  });

  it('finds by instruction, value, line and kind', async () => {
    const find = async (query: object): Promise<number> =>
      (await call<{ readonly total: number }>('ninefold_traceFind', { trace: trace.id, query })).total;
    await expect(find({ op: 'sstore' })).resolves.toBe(9);
    await expect(find({ kind: 'event' })).resolves.toBe(3);
    await expect(find({ kind: 'failure' })).resolves.toBe(1);
    await expect(find({ value: '125250000' })).resolves.toBeGreaterThan(0);
    await expect(find({ value: '0x77777777' })).resolves.toBe(0);
    await expect(find({ file: 'OrderBook.sol', line: 79 })).resolves.toBeGreaterThan(0);
    await expect(find({})).rejects.toMatchObject({ data: { code: 'STUDIO_INVALID' } });
    await expect(find({ op: 'NOTHING' })).rejects.toMatchObject({ data: { code: 'STUDIO_INVALID' } });
  });
});
