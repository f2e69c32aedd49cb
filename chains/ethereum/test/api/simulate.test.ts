import { describe, expect, it } from 'vitest';
import { MAX_SIMULATED_BLOCKS } from '../../src/api/simulate.ts';
import { ALICE, BOB, CAROL, createTestNode, hex, NOBODY, word } from '../support/rpc.ts';

const IDENTITY = '0x0000000000000000000000000000000000000004';
const TRANSFER = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';

// Adds one to slot 0 and returns it: PUSH1 1 PUSH0 SLOAD ADD DUP1 PUSH0 SSTORE PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
const COUNTER = '0x60015f5401805f555f5260205ff3';

type Call = Record<string, unknown>;

describe('eth_simulateV1', () => {
  it('runs calls one after the other, block after block, and leaves nothing behind', async () => {
    const { rpc } = await createTestNode();
    const head = await rpc('eth_getBlockByNumber', 'latest');
    const call = { from: ALICE, to: NOBODY };
    const blocks = await rpc('eth_simulateV1', {
      blockStateCalls: [
        { stateOverrides: { [NOBODY]: { code: COUNTER } }, calls: [call, call] },
        { calls: [call] },
      ],
    });
    const values = blocks.flatMap(({ calls }: { calls: Call[] }) =>
      calls.map(({ returnData }) => BigInt(returnData as string)),
    );
    expect(values).toEqual([1n, 2n, 3n]);
    expect(blocks.map(({ number }: { number: string }) => number)).toEqual(['0x1', '0x2']);
    expect(blocks[0].parentHash).toBe(head.hash);
    expect(blocks[1].parentHash).toBe(blocks[0].hash);
    expect(BigInt(blocks[1].timestamp) - BigInt(blocks[0].timestamp)).toBe(12n);
    expect(await rpc('eth_getBlockByNumber', 'latest')).toEqual(head);
    expect(await rpc('eth_getCode', NOBODY)).toBe('0x');
    expect(await rpc('eth_getTransactionCount', ALICE)).toBe('0x0');
  });

  it('starts at any block', async () => {
    const { rpc } = await createTestNode();
    await rpc('anvil_mine', 3);
    const [block] = await rpc('eth_simulateV1', { blockStateCalls: [{}] }, '0x1');
    expect(block.number).toBe('0x2');
    const { hash } = await rpc('eth_getBlockByNumber', '0x1');
    expect(block.parentHash).toBe(hash);
  });

  it('fills gaps between blocks', async () => {
    const { rpc } = await createTestNode();
    const blocks = await rpc('eth_simulateV1', { blockStateCalls: [{ blockOverrides: { number: '0x4' } }] });
    expect(blocks.map(({ number }: { number: string }) => number)).toEqual(['0x1', '0x2', '0x3', '0x4']);
  });

  it('keeps numbers and times ascending, and blocks few', async () => {
    const { rpc, fault } = await createTestNode();
    await rpc('anvil_mine', 3);
    const { timestamp } = await rpc('eth_getBlockByNumber', 'latest');
    const simulate = async (...blockStateCalls: object[]): Promise<number> =>
      (await fault('eth_simulateV1', { blockStateCalls })).code;
    expect(await simulate({ blockOverrides: { number: '0x3' } })).toBe(-38020);
    expect(await simulate({ blockOverrides: { time: timestamp } })).toBe(-38021);
    expect(await simulate()).toBe(-32602);
    expect(await simulate(...Array.from({ length: MAX_SIMULATED_BLOCKS + 1 }, () => ({})))).toBe(-38026);
    expect(await simulate({ blockOverrides: { number: hex(MAX_SIMULATED_BLOCKS + 4) } })).toBe(-38026);
  });

  it('gives everything away for nothing unless it has to validate', async () => {
    const { rpc, fault } = await createTestNode();
    const call = { from: CAROL.replace(/..$/, '00'), to: BOB };
    const [free] = await rpc('eth_simulateV1', { blockStateCalls: [{ calls: [call] }] });
    expect([free.baseFeePerGas, free.calls[0].status]).toEqual(['0x0', '0x1']);
    const validate = (more: object, blockOverrides?: object): Promise<{ code: number }> =>
      fault('eth_simulateV1', {
        blockStateCalls: [{ blockOverrides, calls: [{ ...call, ...more }] }],
        validation: true,
      });
    expect((await validate({})).code).toBe(-38012);
    expect((await validate({ maxFeePerGas: hex(10n ** 10n) })).code).toBe(-38014);
    expect((await validate({ nonce: '0x5', maxFeePerGas: hex(10n ** 10n) })).code).toBe(-38011);
    expect((await validate({ from: ALICE, gas: '0x5207', maxFeePerGas: hex(10n ** 10n) })).code).toBe(-38013);
    expect((await validate({ from: ALICE, gas: '0x5208' }, { gasLimit: '0x5207' })).code).toBe(-38015);
    await rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    expect((await validate({ from: ALICE, nonce: '0x0', maxFeePerGas: hex(10n ** 10n) })).code).toBe(-38010);
    const value = await fault('eth_simulateV1', {
      blockStateCalls: [{ calls: [{ ...call, value: '0x1' }] }],
    });
    expect(value.code).toBe(-38014);
  });

  it('charges fees that are offered', async () => {
    const { rpc } = await createTestNode();
    const price = 2n * 10n ** 9n;
    const [block] = await rpc('eth_simulateV1', {
      blockStateCalls: [
        {
          blockOverrides: { baseFeePerGas: hex(10n ** 9n), feeRecipient: NOBODY },
          stateOverrides: { [CAROL]: { code: `0x73${NOBODY.slice(2)}315f5260205ff3` } },
          calls: [
            { from: ALICE, to: BOB, maxFeePerGas: hex(price), maxPriorityFeePerGas: hex(price) },
            { from: ALICE, to: CAROL, gasPrice: hex(price) },
          ],
        },
      ],
      validation: true,
    });
    expect(BigInt(block.calls[1].returnData)).toBe(21_000n * 10n ** 9n);
  });

  it('shows transfers of ether as logs where that is asked for', async () => {
    const { rpc } = await createTestNode();
    const simulate = async (traceTransfers: boolean): Promise<{ logs: Record<string, unknown>[] }> => {
      const [block] = await rpc('eth_simulateV1', {
        blockStateCalls: [{ calls: [{ from: ALICE, to: BOB, value: '0x3' }] }],
        traceTransfers,
      });
      return block.calls[0];
    };
    expect((await simulate(false)).logs).toEqual([]);
    const [log] = (await simulate(true)).logs;
    expect(log).toMatchObject({
      address: `0x${'ee'.repeat(20)}`,
      topics: [TRANSFER, `0x${word(ALICE)}`, `0x${word(BOB)}`],
      data: `0x${word(3)}`,
      logIndex: '0x0',
    });
  });

  it('tells of failures with their codes', async () => {
    const { rpc } = await createTestNode();
    const [{ calls }] = await rpc('eth_simulateV1', {
      blockStateCalls: [
        {
          stateOverrides: { [NOBODY]: { code: '0x5f5ffd' }, [CAROL]: { code: '0xfe' } },
          calls: [{ to: NOBODY }, { to: CAROL, gas: '0x186a0' }],
        },
      ],
    });
    expect(calls[0]).toMatchObject({
      status: '0x0',
      error: { code: 3, message: 'execution reverted', data: '0x' },
    });
    expect(calls[1]).toMatchObject({ status: '0x0', gasUsed: '0x186a0', error: { code: -32015 } });
  });

  it('tells the gas before refunds, which the floor of calldata can hide', async () => {
    const { rpc } = await createTestNode();
    const simulate = async (zeros: number): Promise<Call> => {
      const [{ calls }] = await rpc('eth_simulateV1', {
        blockStateCalls: [
          {
            // Clears slot 0: PUSH0 PUSH0 SSTORE.
            stateOverrides: { [NOBODY]: { code: '0x5f5f55', state: { [`0x${word(0)}`]: `0x${word(1)}` } } },
            calls: [{ to: NOBODY, data: `0x${'00'.repeat(zeros)}` }],
          },
        ],
      });
      return calls[0];
    };
    const used = 2 * 2 + 5_000;
    // 4800 are refunded (EIP-3529).
    expect(await simulate(0)).toMatchObject({ gasUsed: hex(16_200 + used), maxUsedGas: hex(21_000 + used) });
    // 10 a zero byte in all, or 4 and the execution: here the floor is between the two sums.
    expect(await simulate(500)).toMatchObject({ gasUsed: hex(26_000), maxUsedGas: hex(23_000 + used) });
    expect(await simulate(1000)).toMatchObject({ gasUsed: hex(31_000), maxUsedGas: hex(31_000) });
  });

  it('moves precompiles', async () => {
    const { rpc, fault } = await createTestNode();
    const run = async (to: string): Promise<string> => {
      const [{ calls }] = await rpc('eth_simulateV1', {
        blockStateCalls: [
          {
            stateOverrides: { [IDENTITY]: { code: '0x', movePrecompileToAddress: NOBODY } },
            calls: [{ to, data: '0x1234' }],
          },
        ],
      });
      return calls[0].returnData;
    };
    expect(await run(NOBODY)).toBe('0x1234');
    expect(await run(IDENTITY)).toBe('0x');
    const move = { movePrecompileToAddress: NOBODY };
    const both = { [IDENTITY]: move, [NOBODY]: { balance: '0x1' } };
    expect((await fault('eth_simulateV1', { blockStateCalls: [{ stateOverrides: both }] })).code).toBe(
      -32000,
    );
  });

  it('shares one cap on gas among all calls', async () => {
    const { rpc } = await createTestNode({ callGasCap: 50_000n });
    const [{ transactions }] = await rpc('eth_simulateV1', {
      blockStateCalls: [{ calls: [{ to: BOB }, { to: BOB }] }],
      returnFullTransactions: true,
    });
    expect(transactions.map(({ gas }: { gas: string }) => Number(gas))).toEqual([50_000, 29_000]);
  });

  it('takes every type of transaction', async () => {
    const { rpc } = await createTestNode();
    const calls = [
      { to: BOB, gasPrice: '0x0' },
      { to: BOB, accessList: [] },
      { to: BOB, maxFeePerBlobGas: '0x1', blobVersionedHashes: [`0x01${'00'.repeat(31)}`] },
      { from: ALICE, data: '0x00' },
    ];
    const [{ transactions }] = await rpc('eth_simulateV1', {
      blockStateCalls: [{ calls }],
      returnFullTransactions: true,
    });
    expect(transactions.map(({ type }: { type: string }) => type)).toEqual(['0x0', '0x2', '0x3', '0x2']);
    expect(transactions[3]).toMatchObject({ from: ALICE, to: null, r: '0x0', s: '0x0' });
  });
});
