import type { TestNode } from '@ninefold/environment-kit';
import { startNode } from '@ninefold/environment-kit';
import type { Address, Log } from 'viem';
import { erc20Abi, getContract, parseEther, parseEventLogs } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Public, Wallet } from './support.ts';
import {
  alice,
  bob,
  carol,
  deploy,
  eventually,
  publicClient,
  tokenAbi,
  TRANSPORTS,
  transportTo,
  walletClient,
} from './support.ts';

const SUPPLY = parseEther('1000');

describe.each(TRANSPORTS)('a token over %s', (transportName) => {
  let node: TestNode;
  let reader: Public;
  let wallet: Wallet;
  let token: Address;

  beforeAll(async () => {
    node = await startNode();
    const transport = transportTo(node, transportName);
    reader = publicClient(transport);
    wallet = walletClient(transport);
    token = await deploy({ reader, wallet }, 'Token', [SUPPLY]);
  });
  afterAll(() => node.close());

  const balanceOf = (owner: Address): Promise<bigint> =>
    reader.readContract({ address: token, abi: tokenAbi, functionName: 'balanceOf', args: [owner] });

  test('is read', async () => {
    const contract = getContract({ address: token, abi: tokenAbi, client: reader });
    expect(await contract.read.name()).toBe('Ninefold Test Token');
    expect(await contract.read.decimals()).toBe(18);
    expect(await contract.read.totalSupply()).toBe(SUPPLY);
    expect(await balanceOf(alice.address)).toBe(SUPPLY);
  });

  test('is transferred after a simulation', async () => {
    const before = await balanceOf(bob.address);
    const { request, result } = await reader.simulateContract({
      account: alice,
      address: token,
      abi: tokenAbi,
      functionName: 'transfer',
      args: [bob.address, 5n],
    });
    expect(result).toBe(true);
    const hash = await wallet.writeContract(request);
    const receipt = await reader.waitForTransactionReceipt({ hash });
    expect(receipt).toMatchObject({
      status: 'success',
      type: 'eip1559',
      to: token,
      contractAddress: null,
      transactionIndex: 0,
    });
    expect(receipt.from).toBe(alice.address.toLowerCase());
    expect(receipt.effectiveGasPrice).toBeGreaterThan(0n);
    const [event] = parseEventLogs({ abi: tokenAbi, eventName: 'Transfer', logs: receipt.logs });
    expect(event?.args).toEqual({ from: alice.address, to: bob.address, value: 5n });
    expect(await balanceOf(bob.address)).toBe(before + 5n);

    const transaction = await reader.getTransaction({ hash });
    expect(transaction).toMatchObject({
      hash,
      blockHash: receipt.blockHash,
      type: 'eip1559',
      chainId: 31_337,
    });
    const block = await reader.getBlock({ blockHash: receipt.blockHash, includeTransactions: true });
    expect(block.transactions.map((inside) => inside.hash)).toEqual([hash]);
    expect(block.gasUsed).toBe(receipt.gasUsed);
  });

  test('tells who watches', async () => {
    const seen: Log<bigint, number, false, undefined, true, typeof tokenAbi, 'Transfer'>[] = [];
    const blocks: bigint[] = [];
    const failures: Error[] = [];
    const stopEvents = reader.watchContractEvent({
      address: token,
      abi: tokenAbi,
      eventName: 'Transfer',
      args: { to: carol.address },
      strict: true,
      onLogs: (logs) => seen.push(...logs),
      onError: (error) => failures.push(error),
    });
    const stopBlocks = reader.watchBlocks({
      onBlock: ({ number }) => blocks.push(number),
      onError: (error) => failures.push(error),
    });
    // A watcher hears of what comes after its first round trip.
    const start = await reader.getBlockNumber();
    await eventually(() => blocks.length > 0 || transportName !== 'http', 1000).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const [to, value] of [
      [carol.address, 7n],
      [bob.address, 8n],
      [carol.address, 9n],
    ] as const) {
      const hash = await wallet.writeContract({
        address: token,
        abi: tokenAbi,
        functionName: 'transfer',
        args: [to, value],
      });
      await reader.waitForTransactionReceipt({ hash });
    }
    await eventually(() => seen.length >= 2 && (blocks.at(-1) ?? 0n) >= start + 3n);
    stopEvents();
    stopBlocks();
    expect(failures).toEqual([]);
    expect(seen.map(({ args }) => args.value)).toEqual([7n, 9n]);
  });

  test('its events are found by filters and by ranges', async () => {
    const from = await reader.getBlockNumber();
    const filter = await reader.createContractEventFilter({
      address: token,
      abi: tokenAbi,
      eventName: 'Approval',
    });
    const blockFilter = await reader.createBlockFilter();
    const hash = await wallet.writeContract({
      address: token,
      abi: tokenAbi,
      functionName: 'approve',
      args: [bob.address, 11n],
    });
    const { blockHash } = await reader.waitForTransactionReceipt({ hash });
    const changes = await reader.getFilterChanges({ filter });
    expect(changes.map(({ args }) => args.value)).toEqual([11n]);
    expect(await reader.getFilterChanges({ filter })).toEqual([]);
    expect(await reader.getFilterLogs({ filter })).toHaveLength(1);
    expect(await reader.getFilterChanges({ filter: blockFilter })).toEqual([blockHash]);
    expect(await reader.uninstallFilter({ filter })).toBe(true);

    const found = await reader.getContractEvents({
      address: token,
      abi: erc20Abi,
      eventName: 'Approval',
      args: { spender: [bob.address, carol.address] },
      fromBlock: from,
      toBlock: 'latest',
    });
    expect(found.map(({ transactionHash }) => transactionHash)).toEqual([hash]);
    expect(await reader.getLogs({ blockHash })).toHaveLength(1);
    expect(await reader.getLogs({ address: bob.address, fromBlock: 0n })).toEqual([]);
  });

  test('is used by a sender whose key the node holds', async () => {
    const transport = transportTo(node, transportName);
    const remote = walletClient(transport);
    const [first] = await remote.requestAddresses();
    expect(first).toBe(alice.address);
    const hash = await remote.writeContract({
      account: alice.address,
      address: token,
      abi: tokenAbi,
      functionName: 'transfer',
      args: [bob.address, 1n],
    });
    expect((await reader.waitForTransactionReceipt({ hash })).status).toBe('success');
  });

  test('is estimated exactly enough', async () => {
    const call = {
      address: token,
      abi: tokenAbi,
      functionName: 'transfer',
      args: [carol.address, 1n],
    } as const;
    const gas = await reader.estimateContractGas({ ...call, account: alice });
    const hash = await wallet.writeContract({ ...call, gas });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    expect(receipt.status).toBe('success');
    expect(receipt.gasUsed).toBeLessThanOrEqual(gas);
  });
});
