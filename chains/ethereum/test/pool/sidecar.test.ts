import type { Bytes } from '@ninefold/base';
import { bytesToHex, concatBytes, isNinefoldError } from '@ninefold/base';
import { encodeRlp } from '@ninefold/codec';
import { blobToKzgCommitment, computeBlobKzgProof, kzgToVersionedHash } from '@ninefold/crypto';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BlobSidecar } from '../../src/pool/sidecar.ts';
import { decodeNetworkTransaction, verifySidecar } from '../../src/pool/sidecar.ts';
import { signTransaction } from '../../src/tx/signature.ts';
import { encodeTransaction, transactionHash } from '../../src/tx/transaction.ts';
import type { BlobTransaction, SignedTransaction } from '../../src/tx/types.ts';
import { decodeStructure } from '../../src/tx/fields.ts';
import { ALICE, BOB, createTestNode } from '../support/rpc.ts';
import { DEFAULT_ACCOUNTS } from '../../src/dev/default-accounts.ts';
import { hexToBytes } from '@ninefold/base';

const KEY = hexToBytes(DEFAULT_ACCOUNTS[0]?.[1] as string);

let transaction: BlobTransaction;
let sidecar: BlobSidecar;

beforeAll(async () => {
  const blob = new Uint8Array(131_072);
  blob[31] = 7;
  const commitment = await blobToKzgCommitment(blob);
  const proof = await computeBlobKzgProof(blob, commitment);
  sidecar = { version: 0, blobs: [blob], commitments: [commitment], proofs: [proof] };
  transaction = signTransaction(
    {
      type: 3,
      chainId: 31337n,
      nonce: 0n,
      gasLimit: 21_000n,
      to: BOB,
      value: 0n,
      data: new Uint8Array(0),
      maxFeePerGas: 10n ** 10n,
      maxPriorityFeePerGas: 1n,
      accessList: [],
      maxFeePerBlobGas: 10n,
      blobVersionedHashes: [bytesToHex(kzgToVersionedHash(commitment))],
    },
    KEY,
  ) as BlobTransaction;
}, 60_000);

/** The form `eth_sendRawTransaction` takes. */
function network(
  signed: SignedTransaction,
  { blobs, commitments, proofs }: BlobSidecar,
  version?: number,
): Bytes {
  const payload = decodeStructure(encodeTransaction(signed).subarray(1), 'transaction');
  const marker = version === undefined ? [] : [Uint8Array.of(version)];
  return concatBytes(
    Uint8Array.of(3),
    encodeRlp([payload, ...marker, [...blobs], [...commitments], [...proofs]]),
  );
}

async function codeOf(task: () => unknown): Promise<string> {
  try {
    await task();
  } catch (error) {
    if (isNinefoldError(error)) return error.code;
    throw error;
  }
  return 'none';
}

describe('the network form', () => {
  it('is taken apart into the transaction and its blobs', () => {
    const decoded = decodeNetworkTransaction(network(transaction, sidecar));
    expect(transactionHash(decoded.transaction)).toBe(transactionHash(transaction));
    expect(decoded.sidecar).toEqual(sidecar);
  });

  it('says by a version that it has cell proofs', () => {
    const proofs = Array.from({ length: 128 }, () => new Uint8Array(48));
    const { sidecar: found } = decodeNetworkTransaction(network(transaction, { ...sidecar, proofs }, 1));
    expect(found).toMatchObject({ version: 1 });
    expect(found?.proofs).toHaveLength(128);
  });

  it('is the plain form for all other transactions, and for a blob transaction without blobs', () => {
    expect(decodeNetworkTransaction(encodeTransaction(transaction)).sidecar).toBeUndefined();
  });

  it('is refused when a part has the wrong size', async () => {
    const short = { ...sidecar, commitments: [new Uint8Array(47)] };
    expect(await codeOf(() => decodeNetworkTransaction(network(transaction, short)))).toBe(
      'ETH_INVALID_FIELD',
    );
  });

  it('gives an error for any other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          decodeNetworkTransaction(concatBytes(Uint8Array.of(3), bytes));
        } catch (error) {
          if (!isNinefoldError(error)) throw error;
        }
      }),
    );
  });
});

describe('a sidecar', () => {
  it('holds when all belongs together', async () => {
    expect(await codeOf(() => verifySidecar(transaction, sidecar))).toBe('none');
  });

  it('does not when something is missing, exchanged or wrong', async () => {
    const check = (changed: Partial<BlobSidecar>): Promise<string> =>
      codeOf(() => verifySidecar(transaction, { ...sidecar, ...changed }));
    expect(await check({ blobs: [] })).toBe('ETH_BLOB_SIDECAR_COUNT');
    expect(await check({ commitments: [] })).toBe('ETH_BLOB_SIDECAR_COUNT');
    expect(await check({ proofs: [] })).toBe('ETH_BLOB_SIDECAR_COUNT');
    expect(await check({ version: 1 })).toBe('ETH_BLOB_SIDECAR_COUNT');
    expect(await check({ commitments: sidecar.proofs })).toBe('ETH_BLOB_HASH_MISMATCH');
    expect(await check({ proofs: sidecar.commitments })).toBe('ETH_BLOB_PROOF_INVALID');
  });

  it('is kept while its transaction waits', async () => {
    const { rpc, fault, chain } = await createTestNode({ mining: 'manual' });
    const raw = bytesToHex(network(transaction, sidecar));
    const hash = await rpc('eth_sendRawTransaction', raw);
    expect(chain.node.pool.get(hash)?.sidecar?.blobs).toHaveLength(1);
    await rpc('evm_mine');
    expect(await rpc('eth_getTransactionReceipt', hash)).toMatchObject({
      status: '0x1',
      type: '0x3',
      from: ALICE,
      blobGasUsed: '0x20000',
      blobGasPrice: '0x1',
    });
    expect((await rpc('eth_getBlockByNumber', 'latest')).blobGasUsed).toBe('0x20000');
    expect(chain.node.pool.get(hash)).toBeUndefined();
    const bare = bytesToHex(encodeTransaction(transaction));
    expect((await fault('eth_sendRawTransaction', bare)).message).toBe('missing sidecar in blob transaction');
    const wrong = bytesToHex(network(transaction, { ...sidecar, proofs: sidecar.commitments }));
    expect((await fault('eth_sendRawTransaction', wrong)).code).toBe(-32003);
  });
});
