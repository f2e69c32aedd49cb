import type { TestNode } from '@ninefold/environment-kit';
import { contract, startNode } from '@ninefold/environment-kit';
import type {
  Contract as AnyContract,
  EventLog,
  JsonRpcApiProvider,
  Log,
  Signer,
  TransactionRequest,
} from 'ethers';
import {
  BrowserProvider,
  ContractFactory,
  HDNodeWallet,
  isError,
  JsonRpcProvider,
  NonceManager,
  parseEther,
  TypedDataEncoder,
  verifyMessage,
  verifyTypedData,
  WebSocketProvider,
} from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const MNEMONIC = 'test test test test test test test test test test test junk';
const wallet = (index: number) => HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`);
const alice = wallet(0);
const bob = wallet(1);
const carol = wallet(2);

// Answers are asked anew each time: here blocks come faster than the cache forgets.
const OPTIONS = { cacheTimeout: -1, polling: true, pollingInterval: 20 };

const PROVIDERS: Readonly<Record<string, (node: TestNode) => JsonRpcApiProvider>> = {
  JsonRpcProvider: ({ http }) => new JsonRpcProvider(http, undefined, OPTIONS),
  WebSocketProvider: ({ ws }) => new WebSocketProvider(ws, undefined, { cacheTimeout: -1 }),
  BrowserProvider: ({ provider }) => new BrowserProvider(provider as never, undefined, OPTIONS),
};

// Another node than ours cannot be reached without a socket.
const reachable = Object.keys(PROVIDERS).filter(
  (name) => name !== 'BrowserProvider' || process.env['NINEFOLD_TEST_RPC'] === undefined,
);

describe.each(reachable)('ethers with a %s', (providerName) => {
  let node: TestNode;
  let provider: JsonRpcApiProvider;
  let signer: Signer;
  let token: AnyContract;

  beforeAll(async () => {
    node = await startNode();
    provider = PROVIDERS[providerName]!(node);
    signer = new NonceManager(alice.connect(provider));
    const { abi, bytecode } = contract('Token');
    const deployed = await new ContractFactory(abi as never, bytecode, signer).deploy(parseEther('1000'));
    token = (await deployed.waitForDeployment()) as AnyContract;
  });
  afterAll(async () => {
    await provider.destroy();
    await node.close();
  });

  const call = (method: string, ...args: readonly unknown[]) => token.getFunction(method)(...args);
  const send = async (method: string, ...args: readonly unknown[]) => {
    const response = await token.getFunction(method).send(...args);
    const receipt = await response.wait();
    if (receipt === null) throw new Error('not mined');
    return receipt;
  };

  test('reads the chain', async () => {
    expect((await provider.getNetwork()).chainId).toBe(31_337n);
    expect(await provider.getBlockNumber()).toBeGreaterThan(0);
    expect(await provider.getBalance(carol.address)).toBe(parseEther('10000'));
    expect(await provider.getCode(await token.getAddress())).toBe(contract('Token').runtime);
    const fees = await provider.getFeeData();
    expect(fees.maxFeePerGas).toBeGreaterThan(0n);
    const block = await provider.getBlock('latest', true);
    expect(block?.prefetchedTransactions).toHaveLength(1);
    expect(block?.stateRoot).toMatch(/^0x[\da-f]{64}$/);
    expect(await provider.getBlock(1_000_000)).toBeNull();
    expect(await provider.getStorage(await token.getAddress(), 0)).toBe(
      `0x${parseEther('1000').toString(16).padStart(64, '0')}`,
    );
  });

  test('transfers a token', async () => {
    expect(await call('name')).toBe('Ninefold Test Token');
    const receipt = await send('transfer', bob.address, 5n);
    expect(receipt.status).toBe(1);
    const [event] = receipt.logs as EventLog[];
    expect(event?.eventName).toBe('Transfer');
    expect(event?.args.toObject()).toEqual({ from: alice.address, to: bob.address, value: 5n });
    expect(await call('balanceOf', bob.address)).toBe(5n);
    expect((await provider.getTransaction(receipt.hash))?.blockNumber).toBe(receipt.blockNumber);
    expect(await provider.getTransactionReceipt(receipt.hash)).toMatchObject({ gasUsed: receipt.gasUsed });
  });

  test('hears events', async () => {
    const heard: bigint[] = [];
    const filter = token.filters['Transfer']!(null, carol.address);
    void token.on(filter, (event: { readonly args: { readonly value: bigint } }) => {
      heard.push(event.args.value);
    });
    const blocks: number[] = [];
    void provider.on('block', (number: number) => blocks.push(number));
    // Subscriptions are made in the background; a call later they stand.
    await provider.getBlockNumber();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await send('transfer', carol.address, 7n);
    // A polling subscriber asks from the last event it has emitted: asked again before that, it would
    // find the same event twice.
    await expect.poll(() => heard).toEqual([7n]);
    await send('transfer', bob.address, 8n);
    await send('transfer', carol.address, 9n);
    await expect.poll(() => heard).toEqual([7n, 9n]);
    expect(blocks.length).toBeGreaterThan(0);
    await token.removeAllListeners();
    await provider.removeAllListeners();
  });

  test('queries past events', async () => {
    const receipt = await send('approve', bob.address, 77n);
    const found = (await token.queryFilter('Approval', receipt.blockNumber)) as EventLog[];
    expect(found.map(({ args }) => args['value'] as bigint)).toEqual([77n]);
    const logs: Log[] = await provider.getLogs({ blockHash: receipt.blockHash });
    expect(logs.map(({ transactionHash }) => transactionHash)).toEqual([receipt.hash]);
  });

  test('parses errors', async () => {
    const poor = token.connect(bob.connect(provider)) as AnyContract;
    const custom = await failureOf(
      poor.getFunction('transfer').staticCall(alice.address, parseEther('9999')),
    );
    expect(isError(custom, 'CALL_EXCEPTION') && custom.revert?.name).toBe('InsufficientBalance');
    const { abi, bytecode } = contract('Faults');
    const faults = (await (
      await new ContractFactory(abi as never, bytecode, signer).deploy()
    ).waitForDeployment()) as AnyContract;
    const reason = await failureOf(faults.getFunction('reason').staticCall('not today'));
    expect(isError(reason, 'CALL_EXCEPTION') && reason.reason).toBe('not today');
    const panic = await failureOf(faults.getFunction('division').staticCall(0n));
    expect(isError(panic, 'CALL_EXCEPTION') && panic.revert?.name).toBe('Panic');
    const estimated = await failureOf(faults.getFunction('custom').send(5n));
    expect(isError(estimated, 'CALL_EXCEPTION') && estimated.action).toBe('estimateGas');
    // It had counted the transaction that was never sent.
    (signer as NonceManager).reset();
    const failing = await faults.getFunction('increment').send({ gasLimit: 22_000n });
    expect(isError(await failureOf(failing.wait()), 'CALL_EXCEPTION')).toBe(true);
    (signer as NonceManager).reset();
    const funds = await failureOf(
      HDNodeWallet.createRandom()
        .connect(provider)
        .sendTransaction({ to: bob.address, value: 1n, gasLimit: 21_000n }),
    );
    expect(isError(funds, 'INSUFFICIENT_FUNDS')).toBe(true);
    const nonce = await failureOf(
      alice.connect(provider).sendTransaction({ to: bob.address, nonce: 0, gasLimit: 21_000n }),
    );
    expect(isError(nonce, 'NONCE_EXPIRED')).toBe(true);
  });

  test('signs by the node', async () => {
    const remote = await provider.getSigner(0);
    expect(await remote.getAddress()).toBe(alice.address);
    const message = 'Ninefold ✓';
    expect(verifyMessage(message, await remote.signMessage(message))).toBe(alice.address);
    const domain = { name: 'Test', chainId: 31_337 };
    const types = {
      Mail: [
        { name: 'to', type: 'address' },
        { name: 'tags', type: 'string[]' },
      ],
    };
    const value = { to: bob.address, tags: ['a', 'b'] };
    const signature = await remote.signTypedData(domain, types, value);
    expect(verifyTypedData(domain, types, value, signature)).toBe(alice.address);
    expect(TypedDataEncoder.hash(domain, types, value)).toMatch(/^0x/);
    const sent = await remote.sendTransaction({ to: carol.address, value: 1n });
    expect((await sent.wait())?.status).toBe(1);
    (signer as NonceManager).reset();
  });

  test('sends each type of transaction', async () => {
    const to = bob.address;
    const sender = alice.connect(provider);
    const kinds: readonly [number, TransactionRequest][] = [
      [0, { gasPrice: 5_000_000_000n }],
      [1, { gasPrice: 5_000_000_000n, accessList: [{ address: to, storageKeys: [] }] }],
      [2, {}],
    ];
    for (const [type, extra] of kinds) {
      const response = await sender.sendTransaction({ to, value: 1n, type, ...extra });
      const receipt = await response.wait();
      expect(receipt).toMatchObject({ status: 1, type });
      expect((await provider.getTransaction(response.hash))?.type).toBe(type);
    }
    (signer as NonceManager).reset();
  });
});

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  if (outcome === undefined) throw new Error('it should have failed');
  return outcome;
}
