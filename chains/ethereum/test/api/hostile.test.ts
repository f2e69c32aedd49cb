import { isRpcError } from '@ninefold/rpc';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALICE, BOB, createTestNode, deployer, hex, NOBODY, type TestNode } from '../support/rpc.ts';

// Whatever a method is given, it answers or refuses: an internal error is a bug.

const INTERNAL_ERROR = -32_603;

/** What stands where something else was expected. */
const NASTY: readonly unknown[] = [
  undefined,
  null,
  true,
  -1,
  0.5,
  1e308,
  2 ** 53,
  '',
  '0',
  '0x',
  '0x0',
  '0x00',
  '0x1',
  '-0x1',
  '0xzz',
  `0x${'f'.repeat(16)}`,
  `0x${'f'.repeat(64)}`,
  `0x1${'0'.repeat(64)}`,
  `0x${'ab'.repeat(20)}`,
  `0x${'ab'.repeat(32)}`,
  `0x${'00'.repeat(5000)}`,
  'latest',
  'earliest',
  'pending',
  'safe',
  'finalized',
  'tomorrow',
  '\u0000',
  '💥',
  [],
  [[]],
  [null],
  ['0x1', '0x2'],
  {},
  { from: 5 },
  { blockHash: `0x${'ab'.repeat(32)}` },
  { blockNumber: '0x0', blockHash: `0x${'ab'.repeat(32)}` },
  { fromBlock: '0x5', toBlock: '0x1' },
  { fromBlock: 'latest', toBlock: 'earliest' },
  { topics: [[[]]] },
  { topics: Array.from({ length: 9 }, () => null) },
  { address: Array.from({ length: 50 }, () => NOBODY) },
  { constructor: 1, __proto__: null },
  { tracer: 'callTracer', tracerConfig: { onlyTopCall: 'yes' } },
  { tracer: 'noTracer' },
  { tracer: '{ result: function() {} }' },
  { stateOverrides: { [NOBODY]: { state: {}, stateDiff: {} } } },
  { stateOverrides: { nobody: {} } },
  { blockStateCalls: [{ calls: [{ from: 'x' }] }] },
  { blockStateCalls: [{ blockOverrides: { number: '0x0', time: '0x0' } }] },
  { forking: { jsonRpcUrl: 'http://127.0.0.1:1' } },
];

const REQUEST = {
  from: fc.constantFrom(ALICE, BOB, NOBODY, '0x', 5),
  to: fc.constantFrom(ALICE, NOBODY, null, '0x', undefined),
  gas: fc.constantFrom('0x0', '0x1', '0x5208', '0xffffffffffffffff', '0x10000000000000000'),
  gasPrice: fc.constantFrom('0x0', '0x1', hex(2n ** 256n - 1n)),
  maxFeePerGas: fc.constantFrom('0x0', hex(10n ** 10n), hex(2n ** 256n - 1n)),
  maxPriorityFeePerGas: fc.constantFrom('0x0', hex(2n ** 256n - 1n)),
  maxFeePerBlobGas: fc.constantFrom('0x0', '0x1', hex(2n ** 256n - 1n)),
  value: fc.constantFrom('0x0', '0x1', hex(2n ** 256n - 1n)),
  nonce: fc.constantFrom('0x0', '0x1', '0xffffffffffffffff', '0xfffffffffffffffe'),
  data: fc.constantFrom('0x', '0xfe', '0x5b600056', '0x60006000fd', `0x${'00'.repeat(50_000)}`),
  input: fc.constantFrom('0x', '0xfe'),
  type: fc.constantFrom('0x0', '0x1', '0x2', '0x3', '0x4', '0x5', '0x7f'),
  chainId: fc.constantFrom('0x1', '0x7a69', hex(2n ** 64n)),
  accessList: fc.constantFrom([], [{ address: NOBODY, storageKeys: [`0x${'00'.repeat(32)}`] }], [{}]),
  blobVersionedHashes: fc.constantFrom([], [`0x01${'00'.repeat(31)}`], [`0x02${'00'.repeat(31)}`]),
  authorizationList: fc.constantFrom(
    [],
    [{ chainId: '0x0', address: NOBODY, nonce: '0x0', yParity: '0x0', r: '0x1', s: '0x1' }],
  ),
};

const anyRequest = fc.record(REQUEST, { requiredKeys: [] });
const anyParam = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 3, arbitrary: anyRequest },
  { weight: 1, arbitrary: fc.jsonValue() },
);
const anyParams = fc.array(anyParam, { maxLength: 4 });

/** Those that wait for something, or stop the node. */
const APART: readonly string[] = ['eth_sendRawTransactionSync', 'eth_sendTransactionSync'];

let node: TestNode;
beforeEach(async () => {
  node = await createTestNode({ accounts: 2 });
  await node.rpc('eth_sendTransaction', { from: ALICE, data: deployer('5f545f5260205ff3') });
  await node.rpc('eth_sendTransaction', { from: ALICE, to: BOB, value: '0x1' });
});
afterEach(() => node.chain.close());

/** The code of a refusal, undefined for an answer. */
async function codeOf(method: string, params: unknown): Promise<number | undefined> {
  try {
    const answer: unknown = await node.chain.request({ method, params: params as never });
    // What cannot be written as JSON never left.
    JSON.stringify(answer);
    return undefined;
  } catch (error) {
    if (isRpcError(error)) return error.code;
    throw error;
  }
}

describe('parameters of any kind', async () => {
  const { chain } = await createTestNode({ accounts: 0 });
  const methods = Object.keys(chain.methods).filter((name) => !APART.includes(name));
  await chain.close();

  it.each(methods)('%s answers or refuses', async (method) => {
    for (const single of NASTY)
      expect(await codeOf(method, [single]), JSON.stringify(single)).not.toBe(INTERNAL_ERROR);
    await fc.assert(
      fc.asyncProperty(anyParams, async (params) => {
        expect(await codeOf(method, params)).not.toBe(INTERNAL_ERROR);
      }),
      { numRuns: 12 },
    );
    // And the node lives.
    expect(await node.rpc('eth_chainId')).toMatch(/^0x/);
  });

  it.each(methods)('%s takes a list of parameters, or nothing', async (method) => {
    for (const params of [undefined, [], {}, { a: 1 }, 'x', 5, null])
      expect(await codeOf(method, params), JSON.stringify(params)).not.toBe(INTERNAL_ERROR);
  });
});
