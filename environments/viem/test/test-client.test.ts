import type { TestNode } from '@ninefold/environment-kit';
import { startNode } from '@ninefold/environment-kit';
import type { Address } from 'viem';
import { parseEther, parseGwei } from 'viem';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Public, Wallet } from './support.ts';
import { alice, bob, carol, publicClient, testClient, transportTo, walletClient, word } from './support.ts';

const IMPERSONATED: Address = '0x00000000219ab540356cBB839Cbe05303d7705Fa';

// Against another node than ours all tests share one chain: each takes back what it did.
describe.each(['anvil', 'hardhat'] as const)('the test client in %s mode', (mode) => {
  let node: TestNode;
  let reader: Public;
  let wallet: Wallet;
  let client: ReturnType<typeof testClient>;
  let before: `0x${string}`;

  beforeEach(async () => {
    node = await startNode();
    const transport = transportTo(node, 'http');
    reader = publicClient(transport);
    wallet = walletClient(transport);
    client = testClient(transport, mode);
    before = await client.snapshot();
  });
  afterEach(async () => {
    await client.setAutomine(true);
    await client.revert({ id: before });
    await node.close();
  });

  test('sets balances, nonces, code and storage', async () => {
    const address = privateKeyToAddress(generatePrivateKey());
    await client.setBalance({ address, value: parseEther('3') });
    await client.setNonce({ address, nonce: 7 });
    await client.setCode({ address, bytecode: '0x60005460005260206000f3' });
    await client.setStorageAt({ address, index: 0, value: word(99n) });
    expect(await reader.getBalance({ address })).toBe(parseEther('3'));
    expect(await reader.getTransactionCount({ address })).toBe(7);
    expect(await reader.getCode({ address })).toBe('0x60005460005260206000f3');
    expect((await reader.call({ to: address })).data).toBe(word(99n));
    // The change lasts: a block later it is still there.
    await client.mine({ blocks: 1 });
    expect(await reader.getStorageAt({ address, slot: '0x0' })).toBe(word(99n));
  });

  test('impersonates', async () => {
    await client.setBalance({ address: IMPERSONATED, value: parseEther('1') });
    const send = () => wallet.sendTransaction({ account: IMPERSONATED, to: bob.address, value: 5n });
    await expect(send()).rejects.toThrow();
    await client.impersonateAccount({ address: IMPERSONATED });
    const { from, status } = await reader.waitForTransactionReceipt({ hash: await send() });
    expect({ from, status }).toEqual({ from: IMPERSONATED.toLowerCase(), status: 'success' });
    await client.stopImpersonatingAccount({ address: IMPERSONATED });
    await expect(send()).rejects.toThrow();
  });

  test('takes snapshots that are good for once', async () => {
    const number = await reader.getBlockNumber();
    const balance = await reader.getBalance({ address: carol.address });
    const id = await client.snapshot();
    const hash = await wallet.sendTransaction({ to: carol.address, value: 1n });
    await reader.waitForTransactionReceipt({ hash });
    const later = await client.snapshot();
    await client.revert({ id });
    expect(await reader.getBlockNumber()).toBe(number);
    expect(await reader.getBalance({ address: carol.address })).toBe(balance);
    await expect(reader.getTransactionReceipt({ hash })).rejects.toThrow();
    // anvil 1.7 answers with an error, older ones and Hardhat with false.
    const again = reader.request({ method: 'evm_revert' as never, params: [later] as never });
    expect(await again.catch(() => false)).toBe(false);
  });

  test('mines many blocks with an interval', async () => {
    const start = await reader.getBlock();
    await client.mine({ blocks: 100, interval: 60 });
    const end = await reader.getBlock();
    expect(end.number).toBe(start.number + 100n);
    expect(end.timestamp - start.timestamp).toBeGreaterThanOrEqual(60n * 99n);
    expect((await reader.getBlock({ blockNumber: start.number + 50n })).parentHash).toMatch(
      /^0x[\da-f]{64}$/,
    );
  });

  test('moves time', async () => {
    const { timestamp } = await reader.getBlock();
    await client.increaseTime({ seconds: 1000 });
    await client.mine({ blocks: 1 });
    const moved = await reader.getBlock();
    expect(moved.timestamp).toBeGreaterThanOrEqual(timestamp + 1000n);
    const fixed = moved.timestamp + 12_345n;
    await client.setNextBlockTimestamp({ timestamp: fixed });
    await client.mine({ blocks: 1 });
    expect((await reader.getBlock()).timestamp).toBe(fixed);
  });

  test('mines on demand', async () => {
    expect(await client.getAutomine()).toBe(true);
    await client.setAutomine(false);
    expect(await client.getAutomine()).toBe(false);
    const number = await reader.getBlockNumber();
    const first = await wallet.sendTransaction({ to: bob.address, value: 1n });
    const second = await wallet.sendTransaction({ to: bob.address, value: 2n });
    expect(await reader.getBlockNumber()).toBe(number);
    await expect(reader.getTransactionReceipt({ hash: first })).rejects.toThrow();
    expect((await reader.getTransaction({ hash: first })).blockNumber).toBeNull();
    expect(await reader.getTransactionCount({ address: alice.address, blockTag: 'pending' })).toBe(
      (await reader.getTransactionCount({ address: alice.address })) + 2,
    );
    await client.mine({ blocks: 1 });
    const block = await reader.getBlock();
    expect(block.number).toBe(number + 1n);
    expect(block.transactions).toEqual([first, second]);
  });

  test('drops a transaction', async () => {
    await client.setAutomine(false);
    const hash = await wallet.sendTransaction({ to: bob.address, value: 1n });
    await client.dropTransaction({ hash });
    await client.mine({ blocks: 1 });
    expect((await reader.getBlock()).transactions).toEqual([]);
    await expect(reader.getTransaction({ hash })).rejects.toThrow();
  });

  test('replaces a transaction', async () => {
    await client.setAutomine(false);
    const nonce = await reader.getTransactionCount({ address: alice.address });
    const fees = { maxPriorityFeePerGas: parseGwei('1'), maxFeePerGas: parseGwei('10'), nonce, gas: 21_000n };
    await wallet.sendTransaction({ ...fees, to: bob.address, value: 1n });
    await expect(wallet.sendTransaction({ ...fees, to: bob.address, value: 2n })).rejects.toThrow();
    const dearer = await wallet.sendTransaction({
      ...fees,
      to: bob.address,
      value: 3n,
      maxPriorityFeePerGas: parseGwei('2'),
      maxFeePerGas: parseGwei('20'),
    });
    await client.mine({ blocks: 1 });
    expect((await reader.getBlock()).transactions).toEqual([dearer]);
  });

  test('sets what the next block has', async () => {
    await client.setCoinbase({ address: carol.address });
    await client.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei('7') });
    await client.mine({ blocks: 1 });
    const block = await reader.getBlock();
    expect(block.miner).toBe(carol.address.toLowerCase());
    expect(block.baseFeePerGas).toBe(parseGwei('7'));
  });

  test('sends for anyone who is impersonated', async () => {
    await client.setBalance({ address: IMPERSONATED, value: parseEther('1') });
    await client.impersonateAccount({ address: IMPERSONATED });
    const hash = await client.sendUnsignedTransaction({ from: IMPERSONATED, to: bob.address, value: 1n });
    expect((await reader.waitForTransactionReceipt({ hash })).status).toBe('success');
    await client.stopImpersonatingAccount({ address: IMPERSONATED });
  });

  test('switches its log', async () => {
    await client.setLoggingEnabled(true);
    await client.setLoggingEnabled(false);
  });
});

describe('the test client in anvil mode, beyond hardhat', () => {
  test('limits gas, spaces blocks, looks into the pool, dumps and loads', async () => {
    const node = await startNode();
    const transport = transportTo(node, 'http');
    const reader = publicClient(transport);
    const client = testClient(transport, 'anvil');
    const wallet = walletClient(transport);
    const before = await client.snapshot();

    await client.setBlockGasLimit({ gasLimit: 12_000_000n });
    await client.setBlockTimestampInterval({ interval: 30 });
    await client.mine({ blocks: 1 });
    const first = await reader.getBlock();
    await client.mine({ blocks: 1 });
    const second = await reader.getBlock();
    expect(second.gasLimit).toBe(12_000_000n);
    expect(second.timestamp - first.timestamp).toBe(30n);
    await client.removeBlockTimestampInterval();
    await client.setBlockGasLimit({ gasLimit: 60_000_000n });

    await client.setAutomine(false);
    const hash = await wallet.sendTransaction({ to: bob.address, value: 1n });
    expect(await client.getTxpoolStatus()).toEqual({ pending: 1, queued: 0 });
    const content = await client.getTxpoolContent();
    const [nonces] = Object.values(content.pending);
    expect(Object.values(nonces ?? {}).map((transaction) => transaction.hash)).toEqual([hash]);
    const inspected = await client.inspectTxpool();
    expect(Object.keys(inspected.pending)).toHaveLength(1);
    await client.mine({ blocks: 1 });

    const dump = await client.dumpState();
    const balance = await reader.getBalance({ address: bob.address });
    await client.setBalance({ address: bob.address, value: 0n });
    await client.loadState({ state: dump });
    expect(await reader.getBalance({ address: bob.address })).toBe(balance);

    await client.setIntervalMining({ interval: 0 });
    await client.setAutomine(true);
    await client.revert({ id: before });
    await node.close();
  });

  test('starts anew', async () => {
    const node = await startNode();
    const transport = transportTo(node, 'http');
    const client = testClient(transport, 'anvil');
    const reader = publicClient(transport);
    await walletClient(transport).sendTransaction({ to: bob.address, value: parseEther('1') });
    await client.mine({ blocks: 1 });
    await client.request({ method: 'anvil_reset' as never, params: [] as never });
    expect(await reader.getBlockNumber()).toBe(0n);
    expect(await reader.getBalance({ address: bob.address })).toBe(parseEther('10000'));
    await node.close();
  });
});
