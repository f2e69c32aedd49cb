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

  it('extends a blob to 128 cells, the first half being the blob', async () => {
    const cells = await computeCells(blob);
    expect(cells.length).toBe(CELLS_PER_EXT_BLOB);
    expect(cells.every((cell) => cell.length === CELL_BYTES)).toBe(true);
    expect(concatBytes(...cells.slice(0, 64))).toEqual(blob);
  }, 60_000);

  it('checks proofs of cells', async () => {
    // The constant polynomial 5: every cell is full of fives, and every quotient is zero.
    const fives = concatBytes(...Array.from({ length: 4096 }, () => word(5n)));
    const five = bls12_381.G1.Point.BASE.multiply(5n).toBytes(true);
    const proofs = Array.from({ length: CELLS_PER_EXT_BLOB }, () => INFINITY);
    const cell = fives.subarray(0, CELL_BYTES);
    expect(await verifyBlobCellProofs(fives, five, proofs)).toBe(true);
    expect(await verifyBlobCellProofs(fives, five, proofs.slice(1))).toBe(false);
    expect(await verifyBlobCellProofs(fives.subarray(1), five, proofs)).toBe(false);

    expect(await verifyCellKzgProofs([five], [127], [cell], [INFINITY])).toBe(true);
    expect(await verifyCellKzgProofs([five], [127], [blob.subarray(0, CELL_BYTES)], [INFINITY])).toBe(false);
    expect(await verifyCellKzgProofs([commitment], [127], [cell], [INFINITY])).toBe(false);
    expect(await verifyCellKzgProofs([five], [127], [cell], [five])).toBe(false);
    expect(await verifyCellKzgProofs([five], [128], [cell], [INFINITY])).toBe(false);
    expect(await verifyCellKzgProofs([], [0], [cell], [INFINITY])).toBe(false);
    expect(await verifyCellKzgProofs([five], [0], [cell.map(() => 0xff)], [INFINITY])).toBe(false);
    expect(await verifyCellKzgProofs([], [], [], [])).toBe(true);
  }, 60_000);

  it('proves all cells of a blob', async () => {
    const { cells, proofs } = await computeCellsAndKzgProofs(blob);
    expect(proofs.length).toBe(CELLS_PER_EXT_BLOB);
    const pick = [0, 127];
    const two = <T>(values: readonly T[]) => pick.map((i) => values[i]!);
    const commitments = pick.map(() => commitment);
    expect(await verifyCellKzgProofs(commitments, pick, two(cells), two(proofs))).toBe(true);
    expect(await verifyCellKzgProofs(commitments, [1, 127], two(cells), two(proofs))).toBe(false);
  }, 240_000);
});
