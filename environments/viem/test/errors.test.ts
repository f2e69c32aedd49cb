import type { TestNode } from '@ninefold/environment-kit';
import { startNode } from '@ninefold/environment-kit';
import type { Address } from 'viem';
import {
  BaseError,
  ContractFunctionRevertedError,
  ExecutionRevertedError,
  FeeCapTooLowError,
  InsufficientFundsError,
  InvalidParamsRpcError,
  MethodNotFoundRpcError,
  NonceTooLowError,
  parseEther,
  parseGwei,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Public, Transport, Wallet } from './support.ts';
import {
  alice,
  bob,
  deploy,
  faultsAbi,
  publicClient,
  tokenAbi,
  TRANSPORTS,
  transportTo,
  walletClient,
} from './support.ts';

describe.each(TRANSPORTS)('errors over %s', (transportName) => {
  let node: TestNode;
  let transport: Transport;
  let reader: Public;
  let wallet: Wallet;
  let faults: Address;
  let token: Address;

  beforeAll(async () => {
    node = await startNode();
    transport = transportTo(node, transportName);
    reader = publicClient(transport);
    wallet = walletClient(transport);
    faults = await deploy({ reader, wallet }, 'Faults');
    token = await deploy({ reader, wallet }, 'Token', [100n]);
  });
  afterAll(() => node.close());

  /** What a client is told about a call that must fail. */
  const revertOf = async (functionName: string, args: readonly unknown[] = []) => {
    const error = await failureOf(
      reader.simulateContract({ address: faults, abi: faultsAbi, functionName, args } as never),
    );
    const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    return reverted as ContractFunctionRevertedError;
  };

  test('a reason in words', async () => {
    expect((await revertOf('reason', ['not today'])).reason).toBe('not today');
    expect((await revertOf('reason', [''])).data?.errorName).toBe('Error');
    expect((await revertOf('reason', ['ünïcödé ✓ 中文'])).reason).toBe('ünïcödé ✓ 中文');
  });

  test('an error of the contract', async () => {
    const { data } = await revertOf('custom', [42n]);
    expect(data).toMatchObject({ errorName: 'Refused', args: [42n, 'by rule'] });
  });

  test('panics', async () => {
    const panicOf = async (name: string, args: readonly unknown[] = []) => {
      const { data } = await revertOf(name, args);
      expect(data?.errorName).toBe('Panic');
      return data?.args;
    };
    expect(await panicOf('assertion')).toEqual([0x01n]);
    expect(await panicOf('overflow', [1])).toEqual([0x11n]);
    expect(await panicOf('division', [0n])).toEqual([0x12n]);
    expect(await panicOf('outOfBounds', [0n])).toEqual([0x32n]);
  });

  test('a revert without a word', async () => {
    const error = await failureOf(reader.call({ to: faults, data: '0xb0c8f9dc' }));
    expect(error.walk((cause) => cause instanceof ExecutionRevertedError)).toBeTruthy();
    const silent = await failureOf(
      reader.simulateContract({ address: faults, abi: faultsAbi, functionName: 'silent' }),
    );
    expect(silent.walk((cause) => cause instanceof ContractFunctionRevertedError)).toBeTruthy();
  });

  test('a custom error of a write', async () => {
    const error = await failureOf(
      walletClient(transport, bob).writeContract({
        address: token,
        abi: tokenAbi,
        functionName: 'transfer',
        args: [alice.address, 5n],
      }),
    );
    const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    expect((reverted as ContractFunctionRevertedError).data).toMatchObject({
      errorName: 'InsufficientBalance',
      args: [bob.address, 0n, 5n],
    });
  });

  test('a failed transaction is mined all the same', async () => {
    const hash = await wallet.writeContract({
      address: faults,
      abi: faultsAbi,
      functionName: 'custom',
      args: [1n],
      gas: 100_000n,
    });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    expect(receipt.status).toBe('reverted');
    expect(receipt.logs).toEqual([]);
  });

  test('out of gas', async () => {
    const hash = await wallet.writeContract({
      address: faults,
      abi: faultsAbi,
      functionName: 'forever',
      gas: 60_000n,
    });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    expect(receipt).toMatchObject({ status: 'reverted', gasUsed: 60_000n });
    await failureOf(
      reader.estimateContractGas({
        address: faults,
        abi: faultsAbi,
        functionName: 'forever',
        account: alice,
      }),
    );
  });

  test('what the pool refuses', async () => {
    const poor = walletClient(transport, privateKeyToAccount(generatePrivateKey()) as never);
    const funds = await failureOf(
      poor.sendTransaction({ to: bob.address, value: parseEther('1'), gas: 21_000n }),
    );
    expect(funds.walk((cause) => cause instanceof InsufficientFundsError)).toBeTruthy();
    const nonce = await failureOf(wallet.sendTransaction({ to: bob.address, nonce: 0, gas: 21_000n }));
    expect(nonce.walk((cause) => cause instanceof NonceTooLowError)).toBeTruthy();
    const fee = await failureOf(
      wallet.sendTransaction({ to: bob.address, gas: 21_000n, maxFeePerGas: 1n, maxPriorityFeePerGas: 0n }),
    );
    expect(fee.walk((cause) => cause instanceof FeeCapTooLowError)).toBeTruthy();
    const gas = await failureOf(wallet.sendTransaction({ to: bob.address, gas: 20_000n }));
    expect(gas.message).toMatch(/intrinsic gas/i);
    const caps = await failureOf(
      wallet.sendTransaction({
        to: bob.address,
        gas: 21_000n,
        maxFeePerGas: parseGwei('3'),
        maxPriorityFeePerGas: parseGwei('4'),
      }),
    );
    expect(caps.name).toBe('TransactionExecutionError');
  });

  test('what the protocol refuses', async () => {
    const request = reader.request as (call: { method: string; params?: unknown }) => Promise<unknown>;
    const method = await failureOf(request({ method: 'eth_doesNotExist' }));
    expect(method.walk((cause) => cause instanceof MethodNotFoundRpcError)).toBeTruthy();
    const params = await failureOf(request({ method: 'eth_getBalance', params: ['0x12'] }));
    expect(params.walk((cause) => cause instanceof InvalidParamsRpcError)).toBeTruthy();
    await expect(reader.getBlock({ blockNumber: 10_000n })).rejects.toMatchObject({
      name: 'BlockNotFoundError',
    });
    await expect(reader.getTransaction({ hash: `0x${'ab'.repeat(32)}` })).rejects.toMatchObject({
      name: 'TransactionNotFoundError',
    });
  });
});

async function failureOf(promise: Promise<unknown>): Promise<BaseError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome)) throw new Error(`it should have failed: ${String(outcome.value)}`);
  expect(outcome.error).toBeInstanceOf(BaseError);
  return outcome.error as BaseError;
}
