import type { Bytes } from '@ninefold/base';
import { bytesToHex, defineErrors } from '@ninefold/base';
import type { RlpValue } from '@ninefold/codec';
import { encodeRlp } from '@ninefold/codec';
import {
  CELLS_PER_EXT_BLOB,
  kzgToVersionedHash,
  verifyBlobCellProofs,
  verifyBlobKzgProof,
} from '@ninefold/crypto';
import { decodeStructure, FieldReader } from '../tx/fields.ts';
import { decodeOwnedTransaction } from '../tx/transaction.ts';
import type { BlobTransaction, SignedTransaction } from '../tx/types.ts';

/** What travels with a blob transaction but is no part of its block (EIP-4844, EIP-7594). */
export type BlobSidecar = {
  /** 0: one proof a blob. 1, from Osaka on: 128 cell proofs a blob. */
  readonly version: 0 | 1;
  readonly blobs: readonly Bytes[];
  readonly commitments: readonly Bytes[];
  readonly proofs: readonly Bytes[];
};

export type NetworkTransaction = {
  readonly transaction: SignedTransaction;
  readonly sidecar: BlobSidecar | undefined;
};

// The messages are geth's.
const fail = defineErrors({
  ETH_BLOB_SIDECAR_COUNT: (c: { readonly what: string; readonly have: number; readonly want: number }) =>
    `invalid number of ${c.have} ${c.what} compared to ${c.want}`,
  ETH_BLOB_HASH_MISMATCH: (c: { readonly index: number }) =>
    `blob ${c.index}: computed hash mismatches transaction one`,
  ETH_BLOB_PROOF_INVALID: (c: { readonly index: number }) => `invalid blob ${c.index}: kzg proof is wrong`,
});

const BLOB_TYPE = 3;
const BLOB_BYTES = 131_072;
const POINT_BYTES = 48;

/**
 * Decodes what `eth_sendRawTransaction` is given: a transaction as blocks have it, or a blob
 * transaction with its blobs around it. `raw` must not change afterwards.
 *
 * @throws as `decodeTransaction`
 */
export function decodeNetworkTransaction(raw: Bytes): NetworkTransaction {
  if (raw[0] !== BLOB_TYPE) return { transaction: decodeOwnedTransaction(raw), sidecar: undefined };
  const wrapper = decodeStructure(raw.subarray(1), 'blob sidecar');
  if (!Array.isArray(wrapper) || !Array.isArray(wrapper[0])) {
    return { transaction: decodeOwnedTransaction(raw), sidecar: undefined };
  }
  // [payload, blobs, commitments, proofs], or with the version 1 in the second place.
  const fields = new FieldReader(wrapper, 'blob sidecar', 4, 5);
  const payload = fields.list('transaction');
  if (wrapper.length === 5) fields.fixed('version', 1);
  const sidecar: BlobSidecar = {
    version: wrapper.length === 5 ? 1 : 0,
    blobs: readAll(fields.list('blobs'), 'blob', BLOB_BYTES),
    commitments: readAll(fields.list('commitments'), 'commitment', POINT_BYTES),
    proofs: readAll(fields.list('proofs'), 'proof', POINT_BYTES),
  };
  return { transaction: decodeOwnedTransaction(typed(payload)), sidecar };
}

function readAll(items: readonly RlpValue[], field: string, length: number): readonly Bytes[] {
  const fields = new FieldReader(items, 'blob sidecar', items.length);
  return items.map(() => fields.fixed(field, length));
}

function typed(payload: readonly RlpValue[]): Bytes {
  const rlp = encodeRlp(payload);
  const encoded = new Uint8Array(rlp.length + 1);
  encoded[0] = BLOB_TYPE;
  encoded.set(rlp, 1);
  return encoded;
}

/**
 * Checks that a sidecar is the one a transaction commits to. Cell proofs take the whole trusted
 * setup and about a second a blob.
 *
 * @throws `ETH_BLOB_SIDECAR_COUNT`, `ETH_BLOB_HASH_MISMATCH`, `ETH_BLOB_PROOF_INVALID`
 */
export async function verifySidecar(transaction: BlobTransaction, sidecar: BlobSidecar): Promise<void> {
  const { version, blobs, commitments, proofs } = sidecar;
  const { blobVersionedHashes: hashes } = transaction;
  const perBlob = version === 1 ? CELLS_PER_EXT_BLOB : 1;
  expectCount('blobs', blobs.length, hashes.length);
  expectCount('blob commitments', commitments.length, hashes.length);
  expectCount('blob proofs', proofs.length, hashes.length * perBlob);
  for (let index = 0; index < hashes.length; index++) {
    const commitment = commitments[index] as Bytes;
    if (bytesToHex(kzgToVersionedHash(commitment)) !== hashes[index]) {
      throw fail('ETH_BLOB_HASH_MISMATCH', { index });
    }
    const blob = blobs[index] as Bytes;
    const own = proofs.slice(index * perBlob, (index + 1) * perBlob);
    const holds =
      version === 1
        ? await verifyBlobCellProofs(blob, commitment, own)
        : verifyBlobKzgProof(blob, commitment, own[0] as Bytes);
    if (!holds) throw fail('ETH_BLOB_PROOF_INVALID', { index });
  }
}

function expectCount(what: string, have: number, want: number): void {
  if (have !== want) throw fail('ETH_BLOB_SIDECAR_COUNT', { what, have, want });
}
