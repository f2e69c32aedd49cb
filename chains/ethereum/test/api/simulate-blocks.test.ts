import { describe, expect, it } from 'vitest';
import { ANSWER, call, push, REVERT, store } from '../support/bytecode.ts';
import { ALICE, BOB, CAROL, createTestNode, hex, NOBODY, word } from '../support/rpc.ts';

const GWEI = 10n ** 9n;
const POOR = `0x${'be'.repeat(20)}`;
const ETHER_LOGS = `0x${'ee'.repeat(20)}`;
const slot = (value: number): string => `0x${word(value)}`;

// oxlint-disable-next-line typescript/no-explicit-any -- what a method answers is for the test to know
type Blocks = any[];

async function setup(): Promise<
  Awaited<ReturnType<typeof createTestNode>> & {
    readonly simulate: (blocks: readonly object[], options?: object) => Promise<Blocks>;
    readonly refuse: (blocks: readonly object[], options?: object) => Promise<number>;
  }
> {
  const node = await createTestNode();
  return {
    ...node,
    simulate: (blockStateCalls, options) => node.rpc('eth_simulateV1', { blockStateCalls, ...options }),
    refuse: async (blockStateCalls, options) =>
      (await node.fault('eth_simulateV1', { blockStateCalls, ...options })).code,
  };
}

const answers = (blocks: Blocks): readonly bigint[] =>
  blocks.flatMap(({ calls }) => calls.map(({ returnData }: { returnData: string }) => BigInt(returnData)));

describe('simulated blocks', () => {
  it('see each other by their hashes', async () => {
    const { rpc, simulate } = await setup();
    await rpc('evm_mine');
    // BLOCKHASH(NUMBER - 1).
    const code = `0x6001430340${ANSWER}`;
    const blocks = await simulate([
      { stateOverrides: { [NOBODY]: { code } }, calls: [{ to: NOBODY }] },
      { stateOverrides: { [BOB]: { balance: '0x1' } }, calls: [{ to: NOBODY }] },
      { blockOverrides: { number: '0x6' }, calls: [{ to: NOBODY }] },
    ]);
    expect(blocks.map(({ number }) => Number(number))).toEqual([2, 3, 4, 5, 6]);
    const head = (await rpc('eth_getBlockByNumber', 'latest')).hash;
    expect(blocks[0].calls[0].returnData).toBe(head);
    expect(blocks[1].calls[0].returnData).toBe(blocks[0].hash);
    expect(blocks[4].calls[0].returnData).toBe(blocks[3].hash);
    for (let i = 1; i < blocks.length; i++) expect(blocks[i].parentHash).toBe(blocks[i - 1].hash);
  });

  it('have the environment they are given', async () => {
    const { simulate } = await setup();
    const opcodes = { NUMBER: '43', TIMESTAMP: '42', GASLIMIT: '45', COINBASE: '41', BASEFEE: '48' };
    const more = { BLOBBASEFEE: '4a', PREVRANDAO: '44' };
    const list = Object.values({ ...opcodes, ...more });
    const at = (index: number): string => `0x${(0xc0de00 + index).toString(16).padStart(40, '0')}`;
    const [block] = await simulate([
      {
        blockOverrides: {
          number: '0x1',
          time: '0xffffffff',
          gasLimit: '0x1000000',
          feeRecipient: CAROL,
          baseFeePerGas: '0x7',
          blobBaseFee: '0x9',
          prevRandao: slot(11),
        },
        stateOverrides: Object.fromEntries(list.map((op, i) => [at(i), { code: `0x${op}${ANSWER}` }])),
        calls: list.map((_, i) => ({ from: ALICE, to: at(i), gas: '0x10000' })),
      },
    ]);
    expect(answers([block])).toEqual([1n, 0xffffffffn, 0x1000000n, BigInt(CAROL), 7n, 9n, 11n]);
    expect(block).toMatchObject({
      miner: CAROL,
      gasLimit: '0x1000000',
      baseFeePerGas: '0x7',
      mixHash: slot(11),
      timestamp: '0xffffffff',
    });
  });

  it('pay withdrawals after their calls', async () => {
    const { simulate } = await setup();
    const code = `0x${push(POOR, 20)}31${ANSWER}`;
    const withdrawals = [{ index: '0x0', validatorIndex: '0x1', address: POOR, amount: '0x3' }];
    const blocks = await simulate([
      { blockOverrides: { withdrawals }, stateOverrides: { [NOBODY]: { code } }, calls: [{ to: NOBODY }] },
      { calls: [{ to: NOBODY }] },
    ]);
    // Amounts of withdrawals are in gwei (EIP-4895).
    expect(answers(blocks)).toEqual([0n, 3n * GWEI]);
    expect(blocks[0].withdrawals).toEqual(withdrawals);
    expect(blocks[1].withdrawals).toEqual([]);
  });

  it('keep overrides for those that follow, until they are overridden again', async () => {
    const { simulate } = await setup();
    const code = `0x5f54${ANSWER}`;
    const to = NOBODY;
    const blocks = await simulate([
      { stateOverrides: { [to]: { code, state: { [slot(0)]: slot(1) } } }, calls: [{ to }] },
      { calls: [{ to }] },
      { stateOverrides: { [to]: { stateDiff: { [slot(0)]: slot(2) } } }, calls: [{ to }] },
      { stateOverrides: { [to]: { stateDiff: { [slot(1)]: slot(5) } } }, calls: [{ to }] },
      { stateOverrides: { [to]: { state: { [slot(1)]: slot(5) } } }, calls: [{ to }] },
    ]);
    expect(answers(blocks)).toEqual([1n, 1n, 2n, 2n, 0n]);
  });

  it('add the gas of their calls up', async () => {
    const { simulate, refuse } = await setup();
    const calls = [{ to: BOB }, { to: BOB, data: '0x01' }];
    const [block] = await simulate([{ calls: calls.map((each) => ({ ...each, gas: '0x10000' })) }]);
    expect(block.calls.map(({ gasUsed }: { gasUsed: string }) => gasUsed)).toEqual([
      hex(21_000),
      hex(21_040),
    ]);
    expect(BigInt(block.gasUsed)).toBe(42_040n);
    expect(block.transactions).toHaveLength(2);
    const small = { gasLimit: hex(60_000) };
    // What is left of the block is what a call without a limit gets; more may not be asked for.
    const [full] = await simulate([{ blockOverrides: small, calls: [{ to: BOB }, { to: BOB }] }]);
    expect(full.gasUsed).toBe(hex(42_000));
    const greedy = [{ to: BOB }, { to: BOB, gas: hex(39_001) }];
    expect(await refuse([{ blockOverrides: small, calls: greedy }])).toBe(-38015);
  });

  it('follow base fees of the chain under validation only', async () => {
    const { rpc, simulate } = await setup();
    const { baseFeePerGas } = await rpc('eth_getBlockByNumber', 'latest');
    const [free] = await simulate([{}]);
    expect(free.baseFeePerGas).toBe('0x0');
    const [first, second] = await simulate([{}, {}], { validation: true });
    // Empty blocks: an eighth less each time (EIP-1559).
    const next = (fee: bigint): bigint => fee - fee / 8n;
    expect(BigInt(first.baseFeePerGas)).toBe(next(BigInt(baseFeePerGas)));
    expect(BigInt(second.baseFeePerGas)).toBe(next(next(BigInt(baseFeePerGas))));
  });

  it('count nonces on, whoever sends', async () => {
    const { simulate, refuse } = await setup();
    const call = { from: ALICE, to: BOB, maxFeePerGas: hex(10n * GWEI) };
    const three = [{ calls: [call, call] }, { calls: [call] }];
    const blocks = await simulate(three, { validation: true, returnFullTransactions: true });
    const nonces = blocks.flatMap(({ transactions }) =>
      transactions.map(({ nonce, from }: { nonce: string; from: string }) => [nonce, from]),
    );
    expect(nonces).toEqual([0, 1, 2].map((nonce) => [hex(nonce), ALICE]));
    const repeated = [{ calls: [call, { ...call, nonce: '0x0' }] }];
    expect(await refuse(repeated, { validation: true })).toBe(-38010);
    expect((await simulate(repeated))[0].calls[1].status).toBe('0x1');
    const last = { [ALICE]: { nonce: '0xffffffffffffffff' } };
    expect(await refuse([{ stateOverrides: last, calls: [call] }], { validation: true })).toBe(-32603);
  });
});

describe('calls of simulated blocks', () => {
  it('create contracts later ones call', async () => {
    const { simulate } = await setup();
    // Deploys `PUSH1 7 <answer>`: 8 bytes.
    const runtime = `${push(7)}${ANSWER}`;
    const initcode = `67${runtime}5f52${push(8)}${push(24)}f3`;
    const { rpc } = await createTestNode();
    const hash = await rpc('eth_sendTransaction', { from: ALICE, data: `0x${initcode}` });
    const { contractAddress: to } = await rpc('eth_getTransactionReceipt', hash);
    const creation = { from: ALICE, data: `0x${initcode}` };
    const [{ calls }] = await simulate([{ calls: [creation, { from: ALICE, to }] }]);
    expect(calls[0]).toMatchObject({ status: '0x1', returnData: `0x${runtime}` });
    expect(calls[1]).toMatchObject({ status: '0x1', returnData: slot(7) });
  });

  it('leave the rest alone when they revert', async () => {
    const { simulate } = await setup();
    const [block] = await simulate([
      {
        stateOverrides: {
          [NOBODY]: { code: `0x${store(0, 5)}${REVERT}` },
          [BOB]: { code: `0x${store(0, 5)}${push(3)}5f5fa1` },
        },
        calls: [{ to: NOBODY }, { to: BOB }, { to: NOBODY }],
      },
    ]);
    expect(block.calls.map(({ status }: { status: string }) => status)).toEqual(['0x0', '0x1', '0x0']);
    expect(block.calls[1].logs).toMatchObject([
      {
        address: BOB,
        topics: [slot(3)],
        blockHash: block.hash,
        blockNumber: block.number,
        transactionIndex: '0x1',
        transactionHash: block.transactions[1],
        removed: false,
      },
    ]);
    expect(block.calls[0].logs).toEqual([]);
  });

  it('give the words of a revert', async () => {
    const { simulate } = await setup();
    const data = `0x08c379a0${word(32)}${word(2)}${'6e6f'.padEnd(64, '0')}`;
    const [{ calls }] = await simulate([
      { stateOverrides: { [NOBODY]: { code: '0x365f5f37365ffd' } }, calls: [{ to: NOBODY, data }] },
    ]);
    expect(calls[0].error).toEqual({ code: 3, message: 'execution reverted: no', data });
    expect(calls[0].returnData).toBe('0x');
  });

  it('need the balance for their value, validated or not', async () => {
    const { simulate, refuse } = await setup();
    const calls = [{ from: POOR, to: BOB, value: '0x5' }];
    expect(await refuse([{ calls }])).toBe(-38014);
    const [block] = await simulate([{ stateOverrides: { [POOR]: { balance: '0x5' } }, calls }]);
    expect(block.calls[0].status).toBe('0x1');
    expect(await refuse([{ stateOverrides: { [POOR]: { balance: '0x4' } }, calls }])).toBe(-38014);
  });

  it('come from contracts too', async () => {
    const { simulate } = await setup();
    const stateOverrides = { [NOBODY]: { code: '0x00', balance: '0x1' } };
    for (const validation of [false, true]) {
      const price = validation ? { blockOverrides: { baseFeePerGas: '0x0' } } : {};
      const calls = [{ from: NOBODY, to: BOB, value: '0x1', gas: '0x5208' }];
      const [block] = await simulate([{ stateOverrides, calls, ...price }], { validation });
      expect(block.calls[0].status).toBe('0x1');
    }
  });
});

describe('traced transfers', () => {
  const transfers = (logs: readonly { address: string; topics: string[]; data: string }[]): unknown =>
    logs
      .filter(({ address }) => address === ETHER_LOGS)
      .map(({ topics, data }) => [...topics.slice(1), data].map((each) => BigInt(each)));

  const trace = async (stateOverrides: object, call: object): Promise<Blocks[number]> => {
    const { simulate } = await setup();
    const [block] = await simulate([{ stateOverrides, calls: [call] }], { traceTransfers: true });
    return block.calls[0];
  };

  it('are those of calls, creations and selfdestructs', async () => {
    const code = `0x${call(BOB, { value: 1 })}50${call(BOB)}50${call(BOB, { kind: 'STATICCALL' })}50${push(CAROL, 20)}ff`;
    const { logs } = await trace(
      { [NOBODY]: { code, balance: '0x5' } },
      { from: ALICE, to: NOBODY, value: '0x2' },
    );
    const [alice, nobody, bob, carol] = [ALICE, NOBODY, BOB, CAROL].map(BigInt);
    expect(transfers(logs)).toEqual([
      [alice, nobody, 2n],
      [nobody, bob, 1n],
      [nobody, carol, 6n],
    ]);
    const made = await trace({}, { from: ALICE, data: '0x', value: '0x4' });
    expect(transfers(made.logs)).toMatchObject([[alice, expect.any(BigInt), 4n]]);
  });

  it('are gone where they were undone', async () => {
    const inner = `0x${call(BOB, { value: 1 })}50${REVERT}`;
    const outer = `0x${call(CAROL, { value: 2 })}50${call(BOB, { value: 1 })}50`;
    const overrides = { [NOBODY]: { code: outer, balance: '0x9' }, [CAROL]: { code: inner } };
    const { logs } = await trace(overrides, { from: ALICE, to: NOBODY });
    expect(transfers(logs)).toEqual([[BigInt(NOBODY), BigInt(BOB), 1n]]);
    const failed = await trace({ [NOBODY]: { code: inner, balance: '0x9' } }, { to: NOBODY });
    expect(failed).toMatchObject({ status: '0x0', logs: [] });
  });
});

describe('what is asked for', () => {
  it('has to make sense', async () => {
    const { refuse } = await setup();
    expect(await refuse([{ calls: [{ to: '0x12' }] }])).toBe(-32602);
    expect(await refuse([{ blockOverrides: { number: 'one' } }])).toBe(-32602);
    expect(await refuse([{ stateOverrides: { [BOB]: { state: {}, stateDiff: {} } } }])).toBe(-32000);
    expect(await refuse([{ calls: [{ to: BOB, gasPrice: '0x1', maxFeePerGas: '0x1' }] }])).toBe(-32602);
    expect(await refuse([{ calls: [{ to: BOB, gas: '0x1' }] }])).toBe(-38013);
    const fees = { from: ALICE, to: BOB, maxFeePerGas: '0x1', maxPriorityFeePerGas: '0x2' };
    expect(await refuse([{ calls: [fees] }], { validation: true })).toBe(-32602);
    const large = { from: ALICE, data: `0x${'00'.repeat(49_153)}` };
    expect(await refuse([{ calls: [large] }])).toBe(-38025);
  });

  it('is numbered and timed in order, block after block', async () => {
    const { refuse } = await setup();
    const numbers = (...list: readonly number[]): readonly object[] =>
      list.map((number) => ({ blockOverrides: { number: hex(number) } }));
    expect(await refuse(numbers(3, 3))).toBe(-38020);
    expect(await refuse(numbers(3, 2))).toBe(-38020);
    const times = ['0xffffff00', '0xffffff00'].map((time) => ({ blockOverrides: { time } }));
    expect(await refuse(times)).toBe(-38021);
    // Gaps take twelve seconds a block: the one after them has to be later.
    const gap = [
      { blockOverrides: { time: '0xffffff00' } },
      { blockOverrides: { number: '0x4', time: '0xffffff18' } },
    ];
    expect(await refuse(gap)).toBe(-38021);
  });
});
