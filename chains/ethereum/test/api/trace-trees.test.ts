import { describe, expect, it } from 'vitest';
import { ANSWER, call, create, push, REVERT, store } from '../support/bytecode.ts';
import type { TestNode } from '../support/rpc.ts';
import { ALICE, BOB, CAROL, createTestNode, deployer, hex, word } from '../support/rpc.ts';

type Frame = Record<string, unknown> & { readonly calls?: readonly Frame[] };

const at = (index: number): string => `0x${(0xc0de00 + index).toString(16).padStart(40, '0')}`;
const slot = (value: number): string => `0x${word(value)}`;

/** A node with these contracts, and a way to trace a call of the first one. */
async function setup(...codes: readonly string[]): Promise<
  TestNode & {
    // oxlint-disable-next-line typescript/no-explicit-any -- the shape depends on the tracer
    readonly trace: (tracer?: string, tracerConfig?: object, request?: object) => Promise<any>;
  }
> {
  const node = await createTestNode();
  for (const [index, code] of codes.entries()) await node.rpc('anvil_setCode', at(index), `0x${code}`);
  const trace = async (tracer?: string, tracerConfig?: object, request?: object): Promise<unknown> => {
    const hash = await node.rpc('eth_sendTransaction', {
      from: ALICE,
      to: at(0),
      gas: hex(1_000_000),
      ...request,
    });
    return node.rpc('debug_traceTransaction', hash, { tracer, tracerConfig });
  };
  return { ...node, trace };
}

const shapeOf = ({ type, calls = [] }: Frame): unknown => [type, ...calls.map(shapeOf)];

describe('callTracer', () => {
  it('names every kind of call, with the value it has in geth', async () => {
    const kinds = ['CALL', 'CALLCODE', 'DELEGATECALL', 'STATICCALL'] as const;
    const code = kinds.map((kind) => `${call(at(1), { kind, value: 3 })}50`).join('');
    const { trace } = await setup(code, '00');
    const { calls, value } = await trace('callTracer', {}, { value: '0x9' });
    expect(value).toBe('0x9');
    expect(calls.map(({ type, value }: Frame) => [type, value])).toEqual([
      ['CALL', '0x3'],
      ['CALLCODE', '0x3'],
      // A delegate sees its caller's value; a static call has none at all.
      ['DELEGATECALL', '0x9'],
      ['STATICCALL', undefined],
    ]);
    for (const frame of calls) expect(frame).toMatchObject({ from: at(0), to: at(1), input: '0x' });
  });

  it('shows creations inside creations', async () => {
    // The outer initcode creates a contract whose initcode deploys nothing.
    const inner = '5f5ff3';
    const outer = `${create(inner)}5f5ff3`;
    const { trace } = await setup(create(outer));
    const root = await trace('callTracer');
    expect(shapeOf(root)).toEqual(['CALL', ['CREATE', ['CREATE']]]);
    const [first] = root.calls;
    expect(first).toMatchObject({ from: at(0), input: `0x${outer}`, value: '0x0' });
    expect(first.calls[0]).toMatchObject({ from: first.to, input: `0x${inner}` });
  });

  it('shows a creation that reverts without an address, and the call around it unharmed', async () => {
    const { trace } = await setup(`${create(REVERT, 1)}50${store(0, 1)}`);
    const root = await trace('callTracer');
    expect(root).not.toHaveProperty('error');
    const [failed] = root.calls;
    expect(failed).toMatchObject({ type: 'CREATE2', error: 'execution reverted' });
    expect(failed).not.toHaveProperty('to');
    expect(failed).not.toHaveProperty('output');
  });

  it('shows selfdestructs as calls of the heir with all there was', async () => {
    const { trace, rpc } = await setup(`${push(CAROL, 20)}ff`);
    await rpc('anvil_setBalance', at(0), '0x7');
    const { calls } = await trace('callTracer', {}, { value: '0x5' });
    expect(calls).toEqual([
      { from: at(0), gas: '0x0', gasUsed: '0x0', to: CAROL, input: '0x', value: '0xc', type: 'SELFDESTRUCT' },
    ]);
  });

  it('keeps logs of frames that succeed inside others, none of those that fail above', async () => {
    const log = (topic: number): string => `${push(topic)}5f5fa1`;
    const { trace } = await setup(
      `${log(1)}${call(at(1))}50${log(4)}${call(at(2))}50${log(7)}`,
      `${log(2)}${call(at(3))}50`,
      `${log(5)}${call(at(3))}50${REVERT}`,
      log(3),
    );
    const root = await trace('callTracer', { withLog: true });
    type WithLogs = Frame & {
      readonly logs?: readonly { topics: string[]; index: string; position: string }[];
    };
    const seen = (frame: WithLogs): readonly unknown[] => [
      ...(frame.logs ?? []).map(({ topics, index, position }) =>
        [topics[0], index, position].map((each) => Number(each)),
      ),
      ...(frame.calls ?? []).flatMap((each) => seen(each as WithLogs)),
    ];
    expect(root.logs).toHaveLength(3);
    // Topic, number in the transaction, calls of the same frame before it.
    expect(seen(root)).toEqual([
      [1, 0, 0],
      [4, 3, 1],
      [7, 4, 2],
      [2, 1, 0],
      [3, 2, 0],
    ]);
  });

  it('tells failures apart in geth’s words', async () => {
    const codes = [
      ['fe', 'invalid opcode: INVALID'],
      ['5f0c', 'invalid opcode: opcode 0xc not defined'],
      ['5f01', 'stack underflow (1 <=> 2)'],
      ['5f5f92', 'stack underflow (2 <=> 4)'],
      ['5b5f5f56', 'stack limit reached 1024 (1023)'],
      ['5f56', 'invalid jump destination'],
      ['5b5f56', 'out of gas'],
      [REVERT, 'execution reverted'],
    ] as const;
    for (const [code, text] of codes) {
      const { trace } = await setup(code);
      const { error, gasUsed } = await trace('callTracer', {}, { gas: hex(60_000) });
      expect(error).toBe(text);
      if (text !== 'execution reverted') expect(gasUsed).toBe(hex(60_000));
    }
  });

  it('shows a call that cannot be paid for', async () => {
    const { trace } = await setup(call(at(1), { value: 200 }));
    const { calls } = await trace('callTracer');
    expect(calls).toMatchObject([
      { type: 'CALL', value: '0xc8', error: 'insufficient balance for transfer' },
    ]);
  });

  it('gives to a transaction the gas its receipt has, refunds and floor counted', async () => {
    const { trace, rpc } = await setup(store(0, 0));
    await rpc('anvil_setStorageAt', at(0), '0x0', slot(1));
    const root = await trace('callTracer');
    expect(root.gasUsed).toBe(hex(21_000 + 5_006 - 4_800));
    expect(root.gas).toBe(hex(1_000_000));
  });
});

describe('prestateTracer', () => {
  it('lists what instructions look at, whoever runs them', async () => {
    const code = `${push(BOB, 20)}3150${push(CAROL, 20)}3b50${call(at(1), { kind: 'DELEGATECALL' })}50`;
    const { trace, rpc } = await setup(code, `${push(2)}54505f5450`);
    await rpc('anvil_setStorageAt', at(0), '0x2', slot(9));
    const pre = await trace('prestateTracer');
    expect(Object.keys(pre).sort()).toEqual([ALICE, BOB, CAROL, at(0), at(1)].sort());
    // The delegate reads its caller's slots, whatever is in them.
    expect(pre[at(0)].storage).toEqual({ [slot(0)]: slot(0), [slot(2)]: slot(9) });
    expect(pre[at(1)]).not.toHaveProperty('storage');
  });

  it('leaves out code and storage when told to', async () => {
    const { trace } = await setup(`${store(1, 1)}`);
    const pre = await trace('prestateTracer', { disableCode: true, disableStorage: true });
    expect(Object.keys(pre[at(0)])).toEqual(['balance', 'codeHash']);
  });

  it('shows slots that come and go in diff mode', async () => {
    const { trace, rpc } = await setup(`${store(1, 0)}${store(2, 5)}${store(3, 7)}${push(4)}5450`);
    for (const [key, value] of [
      [1, 8],
      [3, 7],
      [4, 4],
    ] as const) {
      await rpc('anvil_setStorageAt', at(0), hex(key), slot(value));
    }
    const { pre, post } = await trace('prestateTracer', { diffMode: true });
    // Slot 1 was cleared, 2 is new, 3 was written as it was, 4 only read.
    expect(pre[at(0)].storage).toEqual({ [slot(1)]: slot(8) });
    expect(post[at(0)]).toEqual({ storage: { [slot(2)]: slot(5) } });
  });

  it('has no trace of failed calls but what was paid, in diff mode', async () => {
    const { trace } = await setup(`${store(1, 1)}${REVERT}`);
    const { pre, post } = await trace('prestateTracer', { diffMode: true });
    expect(Object.keys(pre)).toEqual([ALICE]);
    expect(post[ALICE]).toMatchObject({ nonce: 1 });
    expect(post).not.toHaveProperty(at(0));
  });

  it('says nothing of contracts that end in the transaction that made them (EIP-6780)', async () => {
    // Initcode: stores 1 in slot 0, then destroys itself in favour of CAROL.
    const initcode = `${store(0, 1)}${push(CAROL, 20)}ff`;
    const { trace } = await setup(create(initcode));
    const root = await trace('callTracer');
    const made = root.calls[0].to as string;
    expect(root.calls[0].calls).toMatchObject([{ type: 'SELFDESTRUCT', to: CAROL }]);
    // The next one of the same factory has another address, but the same fate.
    const { pre, post } = await trace('prestateTracer', { diffMode: true });
    expect(Object.keys(post).sort()).toEqual([at(0), ALICE, ...coinbase(post)].sort());
    expect(Object.keys(pre).sort()).toEqual([at(0), ALICE, ...coinbase(pre)].sort());
    expect(post).not.toHaveProperty(made);
  });

  it('follows delegations of accounts (EIP-7702)', async () => {
    const { trace, rpc } = await setup('00');
    await rpc('anvil_setCode', BOB, `0xef0100${at(0).slice(2)}`);
    const pre = await trace('prestateTracer', {}, { to: BOB });
    expect(pre[BOB].code).toBe(`0xef0100${at(0).slice(2)}`);
    expect(pre[at(0)].code).toBe('0x00');
  });
});

/** The fee recipient, where it is listed: the zero address earns tips. */
function coinbase(part: object): readonly string[] {
  return Object.keys(part).filter((address) => /^0x0{40}$/.test(address));
}

describe('4byteTracer', () => {
  it('counts calls of every kind but creations and precompiles', async () => {
    const input = { inputSize: 36 };
    const precompile = '0x0000000000000000000000000000000000000004';
    const fill = `${push(0xaabbccdd, 4)}60e01b5f52`;
    const { trace } = await setup(
      `${fill}${call(at(1), input)}50${call(at(1), { ...input, kind: 'STATICCALL' })}50` +
        `${call(at(1), { inputSize: 3 })}50${call(precompile, input)}50${create('5f5ff3')}50`,
      '00',
    );
    expect(await trace('4byteTracer', {}, { data: '0x1122334455' })).toEqual({
      '0x11223344-1': 1,
      '0xaabbccdd-32': 2,
    });
    expect(await trace('4byteTracer', {}, { to: null, data: deployer('00') })).toEqual(
      expect.not.objectContaining({ [deployer('00').slice(0, 10)]: 1 }),
    );
  });
});

describe('the struct logger', () => {
  it('counts depth, refunds and gas through calls', async () => {
    const { trace, rpc } = await setup(`${call(at(1))}50`, store(0, 0));
    await rpc('anvil_setStorageAt', at(1), '0x0', slot(1));
    const { structLogs } = await trace();
    type Entry = { op: string; depth: number; gas: number; gasCost: number; refund?: number };
    const depths = structLogs.map(({ depth }: Entry) => depth);
    expect(Math.max(...depths)).toBe(2);
    const after = structLogs.findIndex(({ op }: Entry) => op === 'SSTORE') + 1;
    // EIP-3529: 4800 for a slot that becomes zero, from the next instruction on.
    expect(structLogs.map(({ refund }: Entry) => refund ?? 0)).toEqual(
      structLogs.map((_: Entry, i: number) => (i < after ? 0 : 4_800)),
    );
    for (let i = 1; i < structLogs.length; i++) {
      const [before, now] = [structLogs[i - 1] as Entry, structLogs[i] as Entry];
      if (before.depth === now.depth) expect(now.gas).toBe(before.gas - before.gasCost);
    }
  });

  it('shows the answer of a failed transaction', async () => {
    const { trace } = await setup(`${push(0xab)}5f52601f6001fd`);
    const { failed, returnValue } = await trace();
    expect(failed).toBe(true);
    expect(returnValue).toBe(`0x${'00'.repeat(30)}ab`);
    const { trace: broken } = await setup(`${push(0xab)}5f52fe`);
    expect((await broken()).returnValue).toBe('0x');
    const { trace: good } = await setup(`${push(5)}${ANSWER}`);
    expect(await good()).toMatchObject({ failed: false, returnValue: slot(5) });
  });

  it('shows memory as it is before the instruction', async () => {
    const node = await setup(`${push(5)}5f52${push(6)}60205200`);
    const { structLogs } = await node.rpc('debug_traceCall', { to: at(0) }, 'latest', { enableMemory: true });
    const memories = structLogs.map(({ memory = [] }: { memory?: string[] }) => memory.length);
    // PUSH1 PUSH0 MSTORE PUSH1 PUSH1 MSTORE STOP
    expect(memories).toEqual([0, 0, 0, 1, 1, 1, 2]);
    expect(structLogs.at(-1).memory).toEqual([slot(5), slot(6)]);
  });
});

it('traces are of the block they are asked for', async () => {
  const { rpc } = await setup(`5f54${ANSWER}`);
  const config = { tracer: 'callTracer' };
  await rpc('evm_mine');
  await rpc('anvil_setStorageAt', at(0), '0x0', slot(2));
  await rpc('evm_mine');
  await rpc('anvil_setStorageAt', at(0), '0x0', slot(3));
  const ask = async (ref: unknown): Promise<string> =>
    (await rpc('debug_traceCall', { to: at(0) }, ref, config)).output;
  expect(await ask('latest')).toBe(slot(3));
  const stateDiff = { [slot(0)]: slot(9) };
  const pretended = { ...config, stateOverrides: { [at(0)]: { stateDiff } } };
  expect((await rpc('debug_traceCall', { to: at(0) }, 'latest', pretended)).output).toBe(slot(9));
});
