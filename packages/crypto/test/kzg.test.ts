import { bigintToBytes, bytesToBigint, concatBytes, hexToBytes } from '@ninefold/base';
import { sha256 } from '@noble/hashes/sha2.js';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { describe, expect, it } from 'vitest';
import { BLOB_BYTES, kzgToVersionedHash, verifyBlobKzgProof, verifyKzgProof } from '../src/kzg.ts';
import {
  blobToKzgCommitment,
  CELL_BYTES,
  CELLS_PER_EXT_BLOB,
  computeBlobKzgProof,
  computeCells,
  computeCellsAndKzgProofs,
  verifyBlobCellProofs,
  verifyCellKzgProofs,
} from '../src/kzg-setup.ts';
import { codeOf } from './support/code-of.ts';

const R = bls12_381.fields.Fr.ORDER;
const INFINITY = Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0xc0 : 0));
const word = (value: bigint) => bigintToBytes(value, 32);

// What the library of the whole setup computes for this blob, which takes it half a second each.
const blob = Uint8Array.from({ length: BLOB_BYTES }, (_, i) =>
  i % 32 === 0 ? 0x3f : (i * 7 + (i >> 8)) & 255,
);
const commitment = hexToBytes(
  '0x85975112296e17d883bafc7db20306e42f65d35d5e35108d96722f2772e7af6f73bbe7d81fc3f4425dc223cfcbf6673b',
);
const proof = hexToBytes(
  '0x81eeb5f61580f658a5d45b7ea525ff19cb82205f3744b30a3a5c988f705f758eff808853283ae68c9ffaf4f8743210c1',
);
const OPENINGS = [
  // 1 is a root of unity: an element of the blob itself is opened.
  {
    z: 1n,
    y: '0x3f070e151c232a31383f464d545b626970777e858c939aa1a8afb6bdc4cbd2d9',
    proof:
      '0x916e8a683a04ece56328510d7254102aa88df830cde777c3e4daadc3ee13c27c0f53957e60f14ae7af1f1050ee3ee199',
  },
  {
    z: R - 2n,
    y: '0x3afe81cb938b7c6a7c3ab6789de0355c5c03a04748e181ec6da104db41d05238',
    proof:
      '0xb61533d4a013fb8fc295b19a6713dd520d423af0d476d80378361072b328a07a82e7f609ef0bdf252f88ccf0249a0a5f',
  },
];

const codeOfPromise = async (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) =>
      codeOf(() => {
        throw error;
      }),
  );

describe('verifyKzgProof', () => {
  it.each(OPENINGS)('accepts the library’s proof at z = $z', ({ z, ...opening }) => {
    const [p, y] = [hexToBytes(opening.proof), hexToBytes(opening.y)];
    expect(verifyKzgProof(commitment, word(z), y, p)).toBe(true);
    expect(verifyKzgProof(commitment, word((z + 1n) % R), y, p)).toBe(false);
    expect(verifyKzgProof(commitment, word(z), word((bytesToBigint(y) + 1n) % R), p)).toBe(false);
    expect(verifyKzgProof(commitment, word(z), y, commitment)).toBe(false);
    expect(verifyKzgProof(p, word(z), y, p)).toBe(false);
  });

  it('proves constants: commitment [c], proof infinity', () => {
    const two = bls12_381.G1.Point.BASE.double().toBytes(true);
    expect(verifyKzgProof(two, word(77n), word(2n), INFINITY)).toBe(true);
    expect(verifyKzgProof(two, word(77n), word(3n), INFINITY)).toBe(false);
    expect(verifyKzgProof(INFINITY, word(77n), word(0n), INFINITY)).toBe(true);
    expect(verifyKzgProof(INFINITY, word(77n), word(1n), INFINITY)).toBe(false);
  });

  it('refuses what is malformed', () => {
    const zero = word(0n);
    expect(verifyKzgProof(INFINITY, word(R), zero, INFINITY)).toBe(false);
    expect(verifyKzgProof(INFINITY, zero, word(R), INFINITY)).toBe(false);
    expect(verifyKzgProof(INFINITY, zero, new Uint8Array(31), INFINITY)).toBe(false);
    expect(verifyKzgProof(new Uint8Array(48), zero, zero, INFINITY)).toBe(false);
    expect(verifyKzgProof(INFINITY, zero, zero, INFINITY.subarray(1))).toBe(false);
    expect(verifyKzgProof(new Uint8Array(48).fill(0xff), zero, zero, INFINITY)).toBe(false);
    // Infinity with a sign or a coordinate.
    expect(
      verifyKzgProof(
        Uint8Array.from(INFINITY, (b, i) => (i ? b : 0xe0)),
        zero,
        zero,
        INFINITY,
      ),
    ).toBe(false);
    expect(
      verifyKzgProof(
        Uint8Array.from(INFINITY, (b, i) => (i === 47 ? 1 : b)),
        zero,
        zero,
        INFINITY,
      ),
    ).toBe(false);
    // On the curve, outside the subgroup: x = 4 has a point, as 4^3 + 4 is a square.
    const outside = new Uint8Array(48);
    outside[0] = 0x80;
    outside[47] = 4;
    expect(verifyKzgProof(outside, zero, zero, INFINITY)).toBe(false);
  });
});

describe('verifyBlobKzgProof', () => {
  it('accepts the library’s proof', () => {
    expect(verifyBlobKzgProof(blob, commitment, proof)).toBe(true);
  });

  it('refuses another blob, commitment or proof, and malformed ones', () => {
    const other = blob.slice();
    other[BLOB_BYTES - 1]! ^= 1;
    expect(verifyBlobKzgProof(other, commitment, proof)).toBe(false);
    expect(verifyBlobKzgProof(blob, proof, proof)).toBe(false);
    expect(verifyBlobKzgProof(blob, commitment, commitment)).toBe(false);
    expect(verifyBlobKzgProof(blob.subarray(32), commitment, proof)).toBe(false);
    expect(verifyBlobKzgProof(blob, commitment.subarray(1), proof)).toBe(false);
    other.set(word(R), 320);
    expect(verifyBlobKzgProof(other, commitment, proof)).toBe(false);
  });

  it('knows the blob of zeros', () => {
    expect(verifyBlobKzgProof(new Uint8Array(BLOB_BYTES), INFINITY, INFINITY)).toBe(true);
  });
});

describe('kzgToVersionedHash', () => {
  it('is SHA-256 behind the version byte', () => {
    const hash = kzgToVersionedHash(commitment);
    expect(hash[0]).toBe(1);
    expect(hash.subarray(1)).toEqual(sha256(commitment).subarray(1));
  });
});

describe('the whole setup', () => {
  it('refuses blobs of another length and with elements above the order', async () => {
    const wrong = new Uint8Array(BLOB_BYTES);
    wrong.set(word(R), 64);
    for (const run of [blobToKzgCommitment, computeCells, computeCellsAndKzgProofs]) {
      expect(await codeOfPromise(run(wrong))).toBe('CRYPTO_INVALID_BLOB');
      expect(await codeOfPromise(run(new Uint8Array(32)))).toBe('CRYPTO_INVALID_LENGTH');
    }
    expect(await codeOfPromise(computeBlobKzgProof(wrong, INFINITY))).toBe('CRYPTO_INVALID_BLOB');
    expect(await codeOfPromise(computeBlobKzgProof(blob, new Uint8Array(48)))).toBe(
      'CRYPTO_INVALID_COMMITMENT',
    );
    expect(await codeOfPromise(computeBlobKzgProof(blob, new Uint8Array(47)))).toBe('CRYPTO_INVALID_LENGTH');
  });

  it('commits to a blob and proves it', async () => {
    expect(await blobToKzgCommitment(blob)).toEqual(commitment);
    expect(await computeBlobKzgProof(blob, commitment)).toEqual(proof);
  }, 60_000);

  it('extends a blob to cells with proofs that hold', async () => {
    const { cells, proofs } = await computeCellsAndKzgProofs(blob);
    expect(cells.length).toBe(CELLS_PER_EXT_BLOB);
    expect(cells.every((cell) => cell.length === CELL_BYTES)).toBe(true);
    expect(concatBytes(...cells.slice(0, 64))).toEqual(blob);
    expect(await computeCells(blob)).toEqual(cells);
    expect(await verifyBlobCellProofs(blob, commitment, proofs)).toBe(true);

    const pick = [0, 63, 64, 127];
    const four = <T>(values: readonly T[]) => pick.map((i) => values[i]!);
    const commitments = pick.map(() => commitment);
    expect(await verifyCellKzgProofs(commitments, pick, four(cells), four(proofs))).toBe(true);
    expect(await verifyCellKzgProofs(commitments, [1, 63, 64, 127], four(cells), four(proofs))).toBe(false);
    expect(
      await verifyCellKzgProofs(
        commitments,
        pick,
        four(cells),
        four(cells).map(() => proof),
      ),
    ).toBe(false);
    expect(await verifyCellKzgProofs(commitments, [0, 63, 64, 128], four(cells), four(proofs))).toBe(false);
    expect(await verifyCellKzgProofs(commitments.slice(1), pick, four(cells), four(proofs))).toBe(false);
    const garbage = four(cells).map((cell) => cell.map(() => 0xff));
    expect(await verifyCellKzgProofs(commitments, pick, garbage, four(proofs))).toBe(false);
    expect(await verifyCellKzgProofs([], [], [], [])).toBe(true);

    expect(await verifyBlobCellProofs(blob, proof, proofs)).toBe(false);
    expect(await verifyBlobCellProofs(blob, commitment, proofs.slice(1))).toBe(false);
    expect(await verifyBlobCellProofs(blob.subarray(1), commitment, proofs)).toBe(false);
  }, 60_000);
});
