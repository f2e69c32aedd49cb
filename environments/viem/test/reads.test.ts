import type { TestNode } from '@ninefold/environment-kit';
import { contract, startNode } from '@ninefold/environment-kit';
import type { Address } from 'viem';
import {
  encodeDeployData,
  encodeFunctionData,
  http,
  keccak256,
  pad,
  parseEther,
  parseGwei,
  toHex,
  zeroAddress,
} from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Public, Wallet } from './support.ts';
import {
  alice,
  bob,
  carol,
  deploy,
  publicClient,
  tokenAbi,
  TRANSPORTS,
  transportTo,
  walletClient,
  word,
} from './support.ts';

const SUPPLY = 1_000_000n;
/** `balanceOf` is the second variable of the token's storage. */
const balanceSlot = (owner: Address) => keccak256(`${pad(owner)}${word(1n).slice(2)}`);

describe.each(TRANSPORTS)('reading over %s', (transportName) => {
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

  test('the chain', async () => {
    expect(await reader.getChainId()).toBe(31_337);
    expect(await reader.request({ method: 'net_version' as never })).toBe('31337');
    expect(await reader.getGasPrice()).toBeGreaterThan(0n);
    expect(await reader.estimateMaxPriorityFeePerGas()).toBeGreaterThanOrEqual(0n);
    expect(await reader.getBlobBaseFee()).toBeGreaterThan(0n);
    const fees = await reader.estimateFeesPerGas();
    expect(fees.maxFeePerGas).toBeGreaterThan(fees.maxPriorityFeePerGas);
    const history = await reader.getFeeHistory({ blockCount: 2, rewardPercentiles: [25, 75] });
    expect(history.baseFeePerGas).toHaveLength(history.gasUsedRatio.length + 1);
    expect(history.reward?.every((rewards) => rewards.length === 2)).toBe(true);
  });

  test('blocks', async () => {
    const latest = await reader.getBlock();
    expect(latest.number).toBeGreaterThan(0n);
    expect(latest.withdrawals).toEqual([]);
    expect(latest.size).toBeGreaterThan(500n);
    expect(latest.stateRoot).toMatch(/^0x[\da-f]{64}$/);
    expect(latest.baseFeePerGas).toBeGreaterThan(0n);
    const genesis = await reader.getBlock({ blockTag: 'earliest' });
    expect(genesis).toMatchObject({ number: 0n, transactions: [] });
    const next = await reader.getBlock({ blockNumber: 1n });
    expect(next.parentHash).toBe(genesis.hash);
    expect(await reader.getBlockTransactionCount({ blockNumber: 1n })).toBe(next.transactions.length);
    expect((await reader.getBlock({ blockTag: 'pending' })).number).toBe(latest.number + 1n);
    for (const blockTag of ['safe', 'finalized'] as const) {
      expect((await reader.getBlock({ blockTag })).number).toBeLessThanOrEqual(latest.number);
    }
  });

  test('accounts', async () => {
    const { runtime } = contract('Token');
    // Immutables and constants are inlined, so the code is as solc says.
    expect(await reader.getCode({ address: token })).toBe(runtime);
    expect(await reader.getCode({ address: bob.address })).toBeUndefined();
    expect(await reader.getTransactionCount({ address: token })).toBe(1);
    expect(await reader.getTransactionCount({ address: alice.address, blockTag: 'pending' })).toBe(1);
    expect(await reader.getBalance({ address: carol.address })).toBe(parseEther('10000'));
    expect(await reader.getStorageAt({ address: token, slot: toHex(0) })).toBe(word(SUPPLY));
    expect(await reader.getStorageAt({ address: token, slot: balanceSlot(alice.address) })).toBe(
      word(SUPPLY),
    );
    expect(await reader.getStorageAt({ address: token, slot: toHex(99) })).toBe(word(0n));
  });

  test('calls of many kinds', async () => {
    const data = encodeFunctionData({ abi: tokenAbi, functionName: 'balanceOf', args: [alice.address] });
    const atGenesis = await reader.call({ to: token, data, blockNumber: 0n });
    expect(atGenesis.data).toBeUndefined();
    const { data: now } = await reader.call({ to: token, data });
    expect(now).toBe(word(SUPPLY));
    const { data: overridden } = await reader.call({
      to: token,
      data,
      stateOverride: [{ address: token, stateDiff: [{ slot: balanceSlot(alice.address), value: word(7n) }] }],
    });
    expect(overridden).toBe(word(7n));
    const { data: elsewhere } = await reader.call({
      to: bob.address,
      data: '0x',
      stateOverride: [{ address: bob.address, code: '0x4660005260206000f3', balance: 1n, nonce: 9 }],
    });
    expect(elsewhere).toBe(word(31_337n));
    const { data: timed } = await reader.call({
      to: bob.address,
      stateOverride: [{ address: bob.address, code: '0x4260005260206000f3' }],
      blockOverrides: { time: 12_345n },
    });
    expect(timed).toBe(word(12_345n));
    const { bytecode } = contract('Token');
    const { data: undeployed } = await reader.call({
      code: encodeDeployData({ abi: tokenAbi, bytecode, args: [5n] }),
      data: encodeFunctionData({ abi: tokenAbi, functionName: 'totalSupply' }),
    });
    expect(undeployed).toBe(word(5n));
  });

  test('proofs', async () => {
    const slot = balanceSlot(alice.address);
    const proof = await reader.getProof({ address: token, storageKeys: [slot, word(99n)] });
    expect(proof).toMatchObject({ nonce: 1, balance: 0n, codeHash: keccak256(contract('Token').runtime) });
    expect(proof.storageProof.map(({ value }) => value)).toEqual([SUPPLY, 0n]);
    const { stateRoot } = await reader.getBlock();
    expect(keccak256(proof.accountProof[0]!)).toBe(stateRoot);
    expect(keccak256(proof.storageProof[0]!.proof[0]!)).toBe(proof.storageHash);
  });

  test('access lists', async () => {
    const data = encodeFunctionData({ abi: tokenAbi, functionName: 'transfer', args: [bob.address, 1n] });
    const { accessList, gasUsed } = await reader.createAccessList({ account: alice, to: token, data });
    expect(gasUsed).toBeGreaterThan(21_000n);
    expect(accessList.map(({ address }) => address.toLowerCase())).toEqual([token.toLowerCase()]);
    const slots = [balanceSlot(alice.address), balanceSlot(bob.address)];
    expect([...(accessList[0]?.storageKeys ?? [])].toSorted()).toEqual(slots.toSorted());
    const hash = await wallet.sendTransaction({
      to: token,
      data,
      accessList,
      type: 'eip2930',
      gasPrice: parseGwei('5'),
    });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    expect(receipt).toMatchObject({ type: 'eip2930', status: 'success' });
    expect((await reader.getTransaction({ hash })).accessList).toEqual(accessList);
  });

  test('legacy transactions', async () => {
    const hash = await wallet.sendTransaction({
      to: bob.address,
      value: 3n,
      type: 'legacy',
      gasPrice: parseGwei('5'),
      data: '0x1234',
    });
    expect(await reader.waitForTransactionReceipt({ hash })).toMatchObject({
      type: 'legacy',
      effectiveGasPrice: parseGwei('5'),
    });
    const transaction = await reader.getTransaction({ hash });
    expect(transaction).toMatchObject({ type: 'legacy', value: 3n, input: '0x1234', chainId: 31_337 });
    expect([27n + 2n * 31_337n + 8n, 28n + 2n * 31_337n + 8n]).toContain(transaction.v);
  });

  test('simulated calls', async () => {
    const transfer = { to: token, abi: tokenAbi, functionName: 'transfer' } as const;
    const { results } = await reader.simulateCalls({
      account: alice.address,
      calls: [
        { ...transfer, args: [carol.address, 10n] as const },
        { ...transfer, args: [carol.address, SUPPLY * 2n] as const },
        { to: bob.address, value: 1n },
      ],
    });
    expect(results.map(({ status }) => status)).toEqual(['success', 'failure', 'success']);
    expect(results[0]!.logs).toHaveLength(1);
    expect(results[1]!.error?.message).toContain('InsufficientBalance');
  });

  test('simulated blocks', async () => {
    const head = await reader.getBlock();
    const blocks = await reader.simulateBlocks({
      blocks: [
        {
          blockOverrides: { number: head.number + 1n, time: head.timestamp + 100n },
          stateOverrides: [{ address: zeroAddress, balance: parseEther('2') }],
          calls: [
            { account: zeroAddress, to: bob.address, value: parseEther('1') },
            {
              account: alice.address,
              to: token,
              abi: tokenAbi,
              functionName: 'balanceOf',
              args: [alice.address],
            },
          ],
        },
        { calls: [{ account: zeroAddress, to: bob.address, value: parseEther('1') }] },
      ],
    });
    expect(blocks.map(({ number }) => number)).toEqual([head.number + 1n, head.number + 2n]);
    expect(blocks[0]?.timestamp).toBe(head.timestamp + 100n);
    expect(blocks.map(({ calls }) => calls.map(({ status }) => status))).toEqual([
      ['success', 'success'],
      ['success'],
    ]);
    expect(await reader.getBlockNumber()).toBe(head.number);
  });

  test('a receipt of each transaction of a block', async () => {
    const { hash, transactions } = await reader.getBlock({ blockNumber: 1n });
    const receipts = (await reader.request({
      method: 'eth_getBlockReceipts' as never,
      params: [hash] as never,
    })) as {
      transactionHash: string;
    }[];
    expect(receipts.map(({ transactionHash }) => transactionHash)).toEqual(transactions);
    expect(await reader.getTransaction({ blockHash: hash, index: 0 })).toMatchObject({
      hash: transactions[0],
    });
    expect(await reader.getTransactionConfirmations({ hash: transactions[0]! })).toBeGreaterThan(0n);
  });
});

describe('many calls at once', () => {
  let node: TestNode;
  let token: Address;
  beforeAll(async () => {
    node = await startNode();
    const transport = transportTo(node, 'http');
    token = await deploy({ reader: publicClient(transport), wallet: walletClient(transport) }, 'Token', [
      SUPPLY,
    ]);
  });
  afterAll(() => node.close());

  test('in one JSON-RPC batch', async () => {
    const reader = publicClient(http(node.http, { batch: { wait: 5 } }));
    const [number, balance, code, name] = await Promise.all([
      reader.getBlockNumber(),
      reader.getBalance({ address: carol.address }),
      reader.getCode({ address: token }),
      reader.readContract({ address: token, abi: tokenAbi, functionName: 'name' }),
    ]);
    expect({ number, balance, name }).toEqual({
      number: 1n,
      balance: parseEther('10000'),
      name: 'Ninefold Test Token',
    });
    expect(code).toBe(contract('Token').runtime);
  });

  test('in one call without a deployed multicall contract', async () => {
    const reader = publicClient(http(node.http));
    const read = { address: token, abi: tokenAbi } as const;
    const results = await reader.multicall({
      deployless: true,
      contracts: [
        { ...read, functionName: 'name' },
        { ...read, functionName: 'balanceOf', args: [alice.address] },
        { ...read, functionName: 'transferFrom', args: [alice.address, bob.address, 1n] } as never,
      ],
    });
    expect(results.map(({ status }) => status)).toEqual(['success', 'success', 'failure']);
    expect(results[1]).toMatchObject({ result: SUPPLY });
  });
});
