import { encodeErrorResult } from 'viem';
import { describe, expect, it } from 'vitest';
import { hexToBytes } from '@ninefold/base';
import { createDeadline } from '../../src/api/execution.ts';
import { revertReason } from '../../src/api/revert.ts';
import { ALICE, BOB, CAROL, createTestNode, hex, NOBODY, START, word } from '../support/rpc.ts';

// Returns: number, timestamp, gas limit, coinbase, base fee, chain id, gas price, blob base fee, prevrandao.
// Each: value PUSH1 offset MSTORE.
const ENVIRONMENT = ['43', '42', '45', '41', '48', '46', '3a', '4a', '44']
  .map((opcode, i) => `${opcode}61${(32 * i).toString(16).padStart(4, '0')}52`)
  .join('')
  .concat('6101205ff3');

// Returns storage slot 0 and the balance of the caller.
const READER = '5f545f52333160205260405ff3';

function wordsOf(output: string): readonly bigint[] {
  return (output.slice(2).match(/.{64}/g) ?? []).map((digits) => BigInt(`0x${digits}`));
}

// Calls BOB's code with all gas but reverts if it fails: DUP the success flag.
// PUSH0 ×4, PUSH0 value, PUSH20 callee, GAS, CALL, PUSH1 ok, JUMPI, PUSH0 PUSH0 REVERT, JUMPDEST, STOP
const caller = (callee: string): string => `5f5f5f5f5f73${callee.slice(2)}5af16022575f5ffd5b00`;

// Burns about `count` × 20 gas in a loop of PUSH and POP: PUSH2 n JUMPDEST PUSH1 1 SWAP1 SUB DUP1 PUSH1 3 JUMPI STOP
const loop = (count: number): string => `61${count.toString(16).padStart(4, '0')}5b600190038060035700`;

describe('eth_call', () => {
  it('runs in the block it names, for nothing', async () => {
    const { rpc } = await createTestNode();
    await rpc('anvil_mine', 2);
    await rpc('anvil_setCode', NOBODY, `0x${ENVIRONMENT}`);
    const [number, time, gasLimit, coinbase, baseFee, chainId, price, blobFee] = wordsOf(
      await rpc('eth_call', { to: NOBODY }),
    );
    expect([number, gasLimit, coinbase, baseFee, chainId, price, blobFee]).toEqual([
      2n,
      60_000_000n,
      0n,
      0n,
      31337n,
      0n,
      0n,
    ]);
    expect(time).toBe(BigInt(START / 1000) + 2n);
  });

  it('shows fees that are offered, and takes them from the balance', async () => {
    const { rpc, fault } = await createTestNode();
    await rpc('evm_mine');
    await rpc('anvil_setCode', NOBODY, `0x${ENVIRONMENT}`);
    const offer = {
      from: ALICE,
      to: NOBODY,
      gas: '0x186a0',
      maxFeePerGas: hex(2n * 10n ** 9n),
      maxPriorityFeePerGas: '0x5',
    };
    const [, , , , baseFee, , price] = wordsOf(await rpc('eth_call', offer));
    expect(price).toBe((baseFee as bigint) + 5n);
    const poor = await fault('eth_call', { ...offer, from: CAROL.replace(/..$/, '00') });
    expect([poor.code, poor.message]).toEqual([-32000, expect.stringContaining('insufficient funds')]);
    const low = await fault('eth_call', { ...offer, maxFeePerGas: '0x5' });
    expect(low.message).toContain('max fee per gas less than block base fee');
    expect((await fault('eth_call', { from: NOBODY, to: BOB, value: '0x1' })).message).toContain(
      'insufficient funds',
    );
    expect((await fault('eth_call', { to: BOB, chainId: '0x1' })).message).toContain(
      'chainId does not match',
    );
  });

  it('answers reverts with their reason and data', async () => {
    const { rpc, fault } = await createTestNode();
    const data = encodeErrorResult({
      abi: [{ type: 'error', name: 'Error', inputs: [{ type: 'string' }] }],
      errorName: 'Error',
      args: ['not today'],
    });
    // Copies its calldata to memory and reverts with it.
    await rpc('anvil_setCode', NOBODY, '0x365f5f37365ffd');
    const error = await fault('eth_call', { to: NOBODY, data });
    expect(error.toJSON()).toEqual({ code: 3, message: 'execution reverted: not today', data });
    const bare = await fault('eth_call', { to: NOBODY });
    expect(bare.toJSON()).toEqual({ code: 3, message: 'execution reverted', data: '0x' });
    const panic = `0x4e487b71${word(0x12)}`;
    expect((await fault('eth_call', { to: NOBODY, data: panic })).message).toBe(
      'execution reverted: division or modulo by zero',
    );
    expect((await fault('eth_estimateGas', { to: NOBODY, data })).toJSON()).toMatchObject({ code: 3, data });
  });

  it('answers other failures in geth’s words', async () => {
    const { rpc, fault } = await createTestNode();
    await rpc('anvil_setCode', NOBODY, '0xfe');
    expect((await fault('eth_call', { to: NOBODY })).message).toMatch(/^invalid opcode/);
    await rpc('anvil_setCode', NOBODY, '0x5b5f56');
    const endless = await fault('eth_call', { to: NOBODY, gas: '0x186a0' });
    expect([endless.code, endless.message]).toEqual([-32000, 'out of gas']);
    expect((await fault('eth_call', { to: NOBODY, gas: '0x1' })).message).toContain('intrinsic gas too low');
  });

  it('keeps to the cap on gas', async () => {
    const { rpc } = await createTestNode({ callGasCap: 100_000n });
    await rpc('anvil_setCode', NOBODY, '0x5a5f5260205ff3');
    const [gas] = wordsOf(await rpc('eth_call', { to: NOBODY, gas: '0xffffffff' }));
    expect(gas).toBe(100_000n - 21_000n - 2n);
  });

  it('pretends what it is told about accounts', async () => {
    const { rpc, fault } = await createTestNode();
    await rpc('anvil_setStorageAt', NOBODY, '0x0', `0x${word(5)}`);
    const call = { from: BOB, to: NOBODY };
    const code = `0x${READER}`;
    const read = async (overrides: object): Promise<readonly bigint[]> =>
      wordsOf(await rpc('eth_call', call, 'latest', overrides));
    expect(await read({ [NOBODY]: { code }, [BOB]: { balance: '0x7' } })).toEqual([5n, 7n]);
    expect((await read({ [NOBODY]: { code, stateDiff: { [`0x${word(0)}`]: `0x${word(9)}` } } }))[0]).toBe(9n);
    expect((await read({ [NOBODY]: { code, stateDiff: { [`0x${word(1)}`]: `0x${word(9)}` } } }))[0]).toBe(5n);
    expect((await read({ [NOBODY]: { code, state: { [`0x${word(1)}`]: `0x${word(9)}` } } }))[0]).toBe(0n);
    expect(await rpc('eth_getCode', NOBODY)).toBe('0x');
    expect((await fault('eth_call', call, 'latest', { [NOBODY]: { state: {}, stateDiff: {} } })).code).toBe(
      -32000,
    );
    expect(
      (await fault('eth_call', call, 'latest', { [NOBODY]: { movePrecompileToAddress: BOB } })).message,
    ).toContain('is not a precompile');
    expect((await fault('eth_call', call, 'latest', { nobody: {} })).code).toBe(-32602);
  });

  it('pretends what it is told about the block', async () => {
    const { rpc } = await createTestNode();
    await rpc('anvil_setCode', NOBODY, `0x${ENVIRONMENT}`);
    const overrides = {
      number: '0x64',
      time: '0xc8',
      gasLimit: '0xf4240',
      feeRecipient: BOB,
      prevRandao: `0x${word(3)}`,
      baseFeePerGas: '0x7',
      blobBaseFee: '0x9',
    };
    const fees = { from: ALICE, gas: '0x186a0', maxFeePerGas: '0x8', maxFeePerBlobGas: '0x9' };
    const seen = wordsOf(await rpc('eth_call', { ...fees, to: NOBODY }, 'latest', null, overrides));
    expect(seen).toEqual([100n, 200n, 1_000_000n, BigInt(BOB), 7n, 31337n, 7n, 9n, 3n]);
    const older = wordsOf(
      await rpc('eth_call', { to: NOBODY }, 'latest', {}, { coinbase: CAROL, random: `0x${word(4)}` }),
    );
    expect([older[3], older[8]]).toEqual([BigInt(CAROL), 4n]);
  });
});

describe('eth_estimateGas', () => {
  const setup = async (): Promise<Awaited<ReturnType<typeof createTestNode>>> => {
    const node = await createTestNode();
    await node.rpc('anvil_setCode', BOB, `0x${loop(2000)}`);
    await node.rpc('anvil_setCode', NOBODY, `0x${caller(BOB)}`);
    return node;
  };

  it('is exact: one gas less is not enough', async () => {
    const { rpc, fault } = await setup();
    for (const to of [CAROL, BOB, NOBODY]) {
      const estimate = BigInt(await rpc('eth_estimateGas', { from: ALICE, to }));
      const send = (gas: bigint): object => ({ from: ALICE, to, gas: hex(gas) });
      await rpc('eth_call', send(estimate));
      await fault('eth_call', send(estimate - 1n));
    }
  });

  it('is above the gas used where a call keeps a 64th back', async () => {
    const { rpc } = await setup();
    const gas = await rpc('eth_estimateGas', { from: ALICE, to: NOBODY });
    const hash = await rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, gas });
    const receipt = await rpc('eth_getTransactionReceipt', hash);
    expect(receipt.status).toBe('0x1');
    expect(BigInt(gas)).toBeGreaterThan(BigInt(receipt.gasUsed));
  });

  it('counts what is given back later', async () => {
    const { rpc } = await createTestNode();
    // Clears a slot that is set: the refund comes only after the gas was there.
    await rpc('anvil_setCode', NOBODY, '0x5f5f5500');
    await rpc('anvil_setStorageAt', NOBODY, '0x0', `0x${word(1)}`);
    const gas = await rpc('eth_estimateGas', { from: ALICE, to: NOBODY });
    const hash = await rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, gas });
    const receipt = await rpc('eth_getTransactionReceipt', hash);
    expect(receipt.status).toBe('0x1');
    expect(BigInt(gas) - BigInt(receipt.gasUsed)).toBe(4800n);
  });

  it('is of what the sender can pay', async () => {
    const { rpc, fault } = await createTestNode();
    await rpc('anvil_setCode', BOB, `0x${loop(2000)}`);
    const price = 2n * 10n ** 9n;
    await rpc('anvil_setBalance', NOBODY, hex(30_000n * price));
    const offer = { from: NOBODY, gasPrice: hex(price) };
    expect(await rpc('eth_estimateGas', { ...offer, to: CAROL })).toBe('0x5208');
    const poor = await fault('eth_estimateGas', { ...offer, to: BOB });
    expect(poor.message).toBe('gas required exceeds allowance (30000)');
    const value = await fault('eth_estimateGas', { ...offer, to: CAROL, value: hex(10n ** 18n) });
    expect(value.message).toBe('insufficient funds for transfer');
  });

  it('takes overrides', async () => {
    const { rpc } = await createTestNode();
    const plain = await rpc('eth_estimateGas', { to: NOBODY });
    const heavy = await rpc('eth_estimateGas', { to: NOBODY }, 'latest', {
      [NOBODY]: { code: `0x${loop(100)}` },
    });
    expect(BigInt(heavy)).toBeGreaterThan(BigInt(plain));
  });

  it('covers creations, data and access lists', async () => {
    const { rpc } = await createTestNode();
    expect(await rpc('eth_estimateGas', { data: '0x' })).toBe(hex(53_000));
    expect(await rpc('eth_estimateGas', { to: BOB, data: `0x${'11'.repeat(1000)}` })).toBe(
      hex(21_000 + 40_000),
    );
    const accessList = [{ address: CAROL, storageKeys: [`0x${word(1)}`] }];
    expect(await rpc('eth_estimateGas', { to: BOB, accessList })).toBe(hex(21_000 + 2_400 + 1_900));
  });
});

describe('eth_createAccessList', () => {
  it('lists accounts and slots a call touches', async () => {
    const { rpc } = await createTestNode();
    // SLOAD(5), BALANCE(CAROL), BALANCE of a precompile and of itself.
    await rpc('anvil_setCode', NOBODY, `0x6005545073${CAROL.slice(2)}31506001315030315000`);
    const { accessList, gasUsed } = await rpc('eth_createAccessList', { from: ALICE, to: NOBODY });
    expect(accessList).toEqual([
      { address: NOBODY, storageKeys: [`0x${word(5)}`] },
      { address: CAROL, storageKeys: [] },
    ]);
    const hash = await rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, accessList });
    expect((await rpc('eth_getTransactionReceipt', hash)).gasUsed).toBe(gasUsed);
  });

  it('says why a call failed', async () => {
    const { rpc } = await createTestNode();
    await rpc('anvil_setCode', NOBODY, '0x5f545f5ffd');
    expect(await rpc('eth_createAccessList', { to: NOBODY })).toMatchObject({
      accessList: [{ address: NOBODY }],
      error: 'execution reverted',
    });
  });
});

describe('revert reasons', () => {
  it.each([
    ['0x', undefined],
    ['0x08c379a0', undefined],
    [`0x08c379a0${word(32)}${word(2)}${'6869'.padEnd(64, '0')}`, 'hi'],
    [`0x08c379a0${word(32)}${word(500)}`, undefined],
    [`0x08c379a0${word(2n ** 255n)}${word(0)}`, undefined],
    [`0x4e487b71${word(0x11)}`, 'arithmetic underflow or overflow'],
    [`0x4e487b71${word(0x99)}`, 'unknown panic code: 0x99'],
    ['0x4e487b71', undefined],
    [`0x12345678${word(1)}`, undefined],
  ])('of %s', (data, reason) => {
    expect(revertReason(hexToBytes(data))).toBe(reason);
  });
});

describe('deadlines', () => {
  it('end when the time is over or the caller has left', () => {
    let now = 0;
    let left = false;
    const deadline = createDeadline({ now: () => now }, 5000, () => left);
    now = 5000;
    deadline.check();
    left = true;
    expect(() => deadline.check()).toThrow(expect.objectContaining({ code: -32000 }));
    left = false;
    now = 5001;
    expect(() => deadline.check()).toThrow(
      expect.objectContaining({ message: 'execution aborted (timeout = 5s)' }),
    );
  });
});
