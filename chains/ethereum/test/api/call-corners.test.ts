import { describe, expect, it } from 'vitest';
import { TRANSACTION_GAS_CAP } from '../../src/api/estimate.ts';
import { ANSWER, call, push, REVERT, store } from '../support/bytecode.ts';
import { ALICE, BOB, CAROL, createTestNode, hex, NOBODY, word } from '../support/rpc.ts';

const GWEI = 10n ** 9n;
const IDENTITY = '0x0000000000000000000000000000000000000004';
const POOR = `0x${'be'.repeat(20)}`;
const BLOB_HASH = `0x01${'00'.repeat(31)}`;
const slot = (value: number): string => `0x${word(value)}`;

describe('overrides of precompiles', () => {
  const code = `0x${push(7)}${ANSWER}`;

  it('run code in the place of one', async () => {
    const { rpc } = await createTestNode();
    const ask = (overrides?: object): Promise<string> =>
      rpc('eth_call', { to: IDENTITY, data: '0x1234' }, 'latest', overrides);
    expect(await ask()).toBe('0x1234');
    expect(await ask({ [IDENTITY]: { code } })).toBe(slot(7));
    // Any override takes the precompile away, also one that gives no code (geth).
    expect(await ask({ [IDENTITY]: { balance: '0x1' } })).toBe('0x');
  });

  it('move one to another address', async () => {
    const { rpc, fault } = await createTestNode();
    const overrides = { [IDENTITY]: { movePrecompileToAddress: NOBODY, code } };
    const ask = (to: string): Promise<string> => rpc('eth_call', { to, data: '0x1234' }, 'latest', overrides);
    expect(await ask(NOBODY)).toBe('0x1234');
    expect(await ask(IDENTITY)).toBe(slot(7));
    const twice = { ...overrides, [NOBODY]: { balance: '0x1' } };
    expect((await fault('eth_call', { to: NOBODY }, 'latest', twice)).code).toBe(-32000);
  });

  it('hold for estimates and traces too', async () => {
    const { rpc } = await createTestNode();
    const overrides = { [IDENTITY]: { code: `0x${store(0, 1)}` } };
    const estimate = BigInt(await rpc('eth_estimateGas', { to: IDENTITY }, 'latest', overrides));
    // PUSH1 PUSH1 SSTORE of a fresh slot: 6 + 22100.
    expect(estimate).toBe(21_000n + 22_106n);
    const trace = await rpc('debug_traceCall', { to: IDENTITY }, 'latest', { stateOverrides: overrides });
    expect(trace.structLogs.map(({ op }: { op: string }) => op)).toEqual([
      'PUSH1',
      'PUSH1',
      'SSTORE',
      'STOP',
    ]);
  });
});

describe('estimates', () => {
  it('are the floor of calldata where that is above what was used and refunded (EIP-7623)', async () => {
    const { rpc } = await createTestNode();
    await rpc('anvil_setCode', NOBODY, `0x${store(0, 0)}`);
    await rpc('anvil_setStorageAt', NOBODY, '0x0', slot(1));
    const request = { from: ALICE, to: NOBODY, data: `0x${'00'.repeat(1000)}` };
    // 21000 + 10 a zero byte is more than 21000 + 4 a zero byte + 5006 for clearing the slot.
    expect(await rpc('eth_estimateGas', request)).toBe(hex(31_000));
    const short = { ...request, data: `0x${'00'.repeat(10)}` };
    expect(await rpc('eth_estimateGas', short)).toBe(hex(21_000 + 40 + 5_006));
  });

  it.each([0, 1, 2, 3])('hold over %i calls that keep a 64th back each', async (depth) => {
    const { rpc } = await createTestNode();
    const at = (level: number): string => `0x${(0xa0 + level).toString(16).padStart(40, '0')}`;
    // The innermost works; each one further out fails when the one inside does.
    await rpc('anvil_setCode', at(0), `0x${store(0, 1)}${store(1, 1)}`);
    for (let level = 1; level <= depth; level++) {
      const inside = call(at(level - 1));
      const end = inside.length / 2 + 6;
      await rpc('anvil_setCode', at(level), `0x${inside}${push(end, 1)}57${REVERT}5b00`);
    }
    const request = { from: ALICE, to: at(depth) };
    const estimate = BigInt(await rpc('eth_estimateGas', request));
    await rpc('eth_call', { ...request, gas: hex(estimate) });
    const less = await rpc('eth_call', { ...request, gas: hex(estimate - 1n) }).catch(() => 'fails');
    expect(less).toBe('fails');
  });

  it('leave money for blobs', async () => {
    const { rpc, fault } = await createTestNode();
    const blobs = { blobVersionedHashes: [BLOB_HASH], maxFeePerBlobGas: '0x5' };
    const request = { from: POOR, to: NOBODY, data: '0x01', maxFeePerGas: hex(2n * GWEI), ...blobs };
    const blobCost = 131_072n * 5n;
    await rpc('anvil_setBalance', POOR, hex(30_000n * 2n * GWEI + blobCost));
    expect(await rpc('eth_estimateGas', request)).toBe(hex(21_040));
    await rpc('anvil_setBalance', POOR, hex(blobCost));
    const error = await fault('eth_estimateGas', request);
    expect([error.code, error.message]).toEqual([-32000, 'insufficient funds for gas * price + value']);
  });

  it('say what the sender cannot pay', async () => {
    const { rpc, fault } = await createTestNode();
    const request = { from: POOR, to: NOBODY, maxFeePerGas: hex(2n * GWEI) };
    await rpc('anvil_setBalance', POOR, hex(20_999n * 2n * GWEI));
    expect((await fault('eth_estimateGas', request)).message).toBe('gas required exceeds allowance (20999)');
    expect((await fault('eth_estimateGas', { ...request, value: hex(10n ** 18n) })).message).toBe(
      'insufficient funds for transfer',
    );
    await rpc('anvil_setBalance', POOR, hex(21_000n * 2n * GWEI));
    expect(await rpc('eth_estimateGas', request)).toBe('0x5208');
    // Without a price nobody asks for the balance.
    await rpc('anvil_setBalance', POOR, '0x0');
    expect(await rpc('eth_estimateGas', { from: POOR, to: NOBODY })).toBe('0x5208');
  });

  it('stay below the cap on transactions from Osaka on (EIP-7825)', async () => {
    // Spends all its gas whatever it gets: JUMPDEST PUSH0 JUMP.
    const endless = { [NOBODY]: { code: '0x5b5f56' } };
    const ask = async (fork: 'osaka' | 'prague'): Promise<string> => {
      const { fault } = await createTestNode({ fork });
      return (await fault('eth_estimateGas', { to: NOBODY }, 'latest', endless)).message;
    };
    expect(await ask('osaka')).toBe(`gas required exceeds allowance (${TRANSACTION_GAS_CAP})`);
    expect(await ask('prague')).toBe('gas required exceeds allowance (50000000)');
  });

  it('tell reverts from failures', async () => {
    const { rpc, fault } = await createTestNode();
    await rpc('anvil_setCode', NOBODY, `0x${push(0xabcd, 2)}5f526002601efd`);
    const reverted = await fault('eth_estimateGas', { to: NOBODY });
    expect(reverted.toJSON()).toEqual({ code: 3, message: 'execution reverted', data: '0xabcd' });
    await rpc('anvil_setCode', NOBODY, '0xfe');
    expect((await fault('eth_estimateGas', { to: NOBODY })).code).toBe(-32000);
  });
});

describe('access lists', () => {
  it('leave out what is warm anyway, even when it is offered', async () => {
    const { rpc } = await createTestNode();
    const offer = [
      { address: NOBODY, storageKeys: [] },
      { address: ALICE, storageKeys: [] },
      { address: IDENTITY, storageKeys: [] },
      { address: CAROL, storageKeys: [slot(3)] },
    ];
    const request = { from: ALICE, to: NOBODY, accessList: offer };
    const { accessList } = await rpc('eth_createAccessList', request);
    expect(accessList).toEqual([{ address: CAROL, storageKeys: [slot(3)] }]);
  });

  it('hold slots of the receiver and of everything it delegates to', async () => {
    const { rpc } = await createTestNode();
    await rpc('anvil_setCode', BOB, `0x${store(2, 1)}${push(1)}54`);
    await rpc('anvil_setCode', NOBODY, `0x${call(BOB, { kind: 'DELEGATECALL' })}`);
    const { accessList } = await rpc('eth_createAccessList', { from: ALICE, to: NOBODY });
    // Storage of a delegate is its caller's.
    expect(accessList).toEqual(
      expect.arrayContaining([
        { address: NOBODY, storageKeys: [slot(1), slot(2)] },
        { address: BOB, storageKeys: [] },
      ]),
    );
    expect(accessList).toHaveLength(2);
  });

  it('give the bare word for a revert with a reason, as geth does', async () => {
    const { rpc } = await createTestNode();
    // Copies its calldata to memory and reverts with it.
    await rpc('anvil_setCode', NOBODY, '0x365f5f37365ffd');
    const data = `0x08c379a0${word(32)}${word(2)}${'6e6f'.padEnd(64, '0')}`;
    expect((await rpc('eth_createAccessList', { to: NOBODY, data })).error).toBe('execution reverted');
    await rpc('anvil_setCode', NOBODY, '0x5b5f56');
    const endless = await rpc('eth_createAccessList', { to: NOBODY, gas: hex(50_000) });
    expect(endless).toMatchObject({ error: 'out of gas', gasUsed: hex(50_000) });
  });

  it('count for contracts that are created', async () => {
    const { rpc } = await createTestNode();
    const { accessList } = await rpc('eth_createAccessList', { from: ALICE, data: `0x${store(5, 1)}` });
    expect(accessList).toHaveLength(1);
    expect(accessList[0].storageKeys).toEqual([slot(5)]);
    const hash = await rpc('eth_sendTransaction', { from: ALICE, data: `0x${store(5, 1)}` });
    const { contractAddress } = await rpc('eth_getTransactionReceipt', hash);
    expect(accessList[0].address).toBe(contractAddress);
  });
});
