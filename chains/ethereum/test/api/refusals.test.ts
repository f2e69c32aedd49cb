import { beforeAll, describe, expect, it } from 'vitest';
import { checksumAddress } from '../../src/api/checksum.ts';
import { ALICE, BOB, createTestNode, hex, NOBODY, type TestNode } from '../support/rpc.ts';

// Calls that cannot be executed at all, in geth's words: clients tell errors apart by them.

const GWEI = 10n ** 9n;
const HASH = `0x01${'00'.repeat(31)}`;
const OTHER_VERSION = `0x02${'00'.repeat(31)}`;
const AUTHORIZATION = { chainId: '0x0', address: NOBODY, nonce: '0x0', yParity: '0x0', r: '0x1', s: '0x1' };
const nobody = checksumAddress(NOBODY);
const alice = checksumAddress(ALICE);

const ROWS: readonly (readonly [what: string, request: object, message: string])[] = [
  [
    'value that nobody has',
    { from: NOBODY, to: BOB, value: '0x1' },
    `insufficient funds for gas * price + value: address ${nobody} have 0 want 1`,
  ],
  [
    'a price that nobody can pay',
    { from: NOBODY, to: BOB, gas: '0x5208', gasPrice: hex(2n * GWEI) },
    `insufficient funds for gas * price + value: address ${nobody} have 0 want ${21_000n * 2n * GWEI}`,
  ],
  [
    'less gas than a transaction costs',
    { to: BOB, gas: '0x5207' },
    'intrinsic gas too low: have 20999, want 21000',
  ],
  [
    'less gas than its calldata costs at least',
    { to: BOB, gas: hex(21_160), data: `0x${'01'.repeat(10)}` },
    'insufficient gas for floor data gas cost: have 21160, want 21400',
  ],
  [
    'initcode beyond the limit',
    { data: `0x${'00'.repeat(49_153)}` },
    'max initcode size exceeded: code size 49153 limit 49152',
  ],
  [
    'a fee below the base fee',
    { from: ALICE, to: BOB, maxFeePerGas: '0x1' },
    `max fee per gas less than block base fee: address ${alice}, maxFeePerGas: 1, baseFee: 1000000000`,
  ],
  [
    'a tip above the fee',
    { from: ALICE, to: BOB, maxFeePerGas: hex(GWEI), maxPriorityFeePerGas: hex(GWEI + 1n) },
    `max priority fee per gas higher than max fee per gas: address ${alice}, maxPriorityFeePerGas: 1000000001, maxFeePerGas: 1000000000`,
  ],
  [
    'a blob transaction without blobs',
    { to: BOB, blobVersionedHashes: [] },
    'blob transaction missing blob hashes',
  ],
  [
    'a blob of an unknown version',
    { to: BOB, blobVersionedHashes: [HASH, OTHER_VERSION] },
    'blob 1 has invalid hash version',
  ],
  [
    'a blob transaction that creates',
    { data: '0x00', blobVersionedHashes: [HASH] },
    'blob transaction of type create',
  ],
  [
    'more blobs than a transaction may have',
    { to: BOB, blobVersionedHashes: Array.from({ length: 7 }, () => HASH) },
    'blob transaction has too many blobs',
  ],
  [
    'delegations without any',
    { from: ALICE, to: BOB, authorizationList: [] },
    `EIP-7702 transaction with empty auth list (sender ${alice})`,
  ],
  [
    'delegations that create',
    { from: ALICE, data: '0x00', authorizationList: [AUTHORIZATION] },
    `EIP-7702 transaction cannot be used to create contract (sender ${alice})`,
  ],
];

let node: TestNode;
beforeAll(async () => {
  node = await createTestNode({ initialBaseFee: GWEI });
});

describe.each(ROWS)('%s', (_what, request, message) => {
  it('is refused by eth_call, with the gas that was supplied', async () => {
    const { gas = hex(50_000_000) } = request as { readonly gas?: string };
    expect(await node.fault('eth_call', request)).toMatchObject({
      code: -32_000,
      message: `err: ${message} (supplied gas ${BigInt(gas)})`,
    });
  });

  it('is refused by the other methods that execute', async () => {
    // Less gas than any transaction needs is no limit of an estimate.
    const { gas = 'none' } = request as { readonly gas?: string };
    const methods = [
      'debug_traceCall',
      'eth_createAccessList',
      ...(gas === '0x5207' ? [] : ['eth_estimateGas']),
    ];
    for (const method of methods)
      expect((await node.fault(method, request, 'latest')).code, method).toBeLessThan(0);
  });
});

describe('calls that halt', () => {
  const HALTS: readonly (readonly [code: string, message: string])[] = [
    ['0xfe', 'invalid opcode: INVALID'],
    ['0x0c', 'invalid opcode: opcode 0xc not defined'],
    ['0x5f01', 'stack underflow (1 <=> 2)'],
    ['0x50', 'stack underflow (0 <=> 1)'],
    ['0x5f5f83', 'stack underflow (2 <=> 4)'],
    // Each round leaves one more.
    ['0x5b5f5f56', 'stack limit reached 1024 (1023)'],
    ['0x60ff56', 'invalid jump destination'],
    ['0x5f5f60015f3e', 'return data out of bounds'],
  ];

  it.each(HALTS)('%s: %s, whoever executes it', async (code, message) => {
    const other = await createTestNode();
    await other.rpc('anvil_setCode', NOBODY, code);
    const call = { from: ALICE, to: NOBODY, gas: '0xf4240' };
    expect(await other.fault('eth_call', call)).toMatchObject({ code: -32_000, message });
    expect(await other.fault('eth_estimateGas', call)).toMatchObject({ code: -32_000, message });
    expect((await other.rpc('eth_createAccessList', call)).error).toBe(message);
    expect((await other.rpc('debug_traceCall', call, 'latest', { tracer: 'callTracer' })).error).toBe(
      message,
    );
    const [{ calls }] = await other.rpc('eth_simulateV1', { blockStateCalls: [{ calls: [call] }] });
    expect(calls[0].error.message).toBe(message);
  });

  it('in a callee are told of the callee, and the caller goes on', async () => {
    const other = await createTestNode();
    await other.rpc('anvil_setCode', NOBODY, '0x5f5f01fe');
    // CALL(gas, NOBODY …), then an instruction that lacks its operands.
    await other.rpc(
      'anvil_setCode',
      BOB,
      `0x5f5f5f5f5f73${NOBODY.slice(2)}61ffff f1 50 01`.replaceAll(' ', ''),
    );
    const { error, calls } = await other.rpc('debug_traceCall', { to: BOB }, 'latest', {
      tracer: 'callTracer',
    });
    expect(error).toBe('stack underflow (0 <=> 2)');
    expect(calls[0].error).toBe('invalid opcode: INVALID');
  });

  it('by an instruction of a later fork name it', async () => {
    const other = await createTestNode({ fork: 'paris' });
    await other.rpc('anvil_setCode', NOBODY, '0x5f00');
    expect((await other.fault('eth_call', { to: NOBODY })).message).toBe('invalid opcode: PUSH0');
  });
});
