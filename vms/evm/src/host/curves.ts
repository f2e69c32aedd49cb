import type { Bytes } from '@ninefold/base';
import { bytesToBigint, EMPTY_BYTES, equalBytes, hexToBytes, padLeft } from '@ninefold/base';
import {
  bls12G1Add,
  bls12G1Msm,
  bls12G2Add,
  bls12G2Msm,
  bls12MapFp2ToG2,
  bls12MapFpToG1,
  bls12Pairing,
  bn254Add,
  bn254Mul,
  bn254Pairing,
  ethereumAddress,
  kzgToVersionedHash,
  p256Verify,
  secp256k1,
  verifyKzgProof,
} from '@ninefold/crypto';

/** Output bytes, or `undefined` for input that fails the call. */
type CurveOperation = (input: Bytes) => Bytes | undefined;

const WORD_BYTES = 32;
const ONE: Bytes = padLeft(Uint8Array.of(1), WORD_BYTES);
const ZERO: Bytes = new Uint8Array(WORD_BYTES);

/** EIP-4844: FIELD_ELEMENTS_PER_BLOB and BLS_MODULUS, a word each. */
const POINT_EVALUATION_OUTPUT: Bytes = hexToBytes(
  '0x0000000000000000000000000000000000000000000000000000000000001000' +
    '73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001',
);

const flag = (valid: boolean | undefined): Bytes | undefined =>
  valid === undefined ? undefined : valid ? ONE : ZERO;

/**
 * Precompile 0x01: hash, v, r and s in a word each, what is missing being zero. v is 27 or 28 as a
 * whole word. Unlike in transactions s may be high. Whatever is wrong leaves no output.
 */
function ecrecover(input: Bytes): Bytes {
  const words = new Uint8Array(4 * WORD_BYTES);
  words.set(input.subarray(0, words.length));
  const [v, r, s] = [1, 2, 3].map((i) =>
    bytesToBigint(words.subarray(WORD_BYTES * i, WORD_BYTES * (i + 1))),
  ) as [bigint, bigint, bigint];
  if (v !== 27n && v !== 28n) return EMPTY_BYTES;
  const key = secp256k1.recover(words.subarray(0, WORD_BYTES), r, s, v === 27n ? 0 : 1);
  return key === undefined ? EMPTY_BYTES : padLeft(ethereumAddress(key), WORD_BYTES);
}

/** Precompile 0x0a: versioned hash 32, z 32, y 32, commitment 48, proof 48. */
function pointEvaluation(input: Bytes): Bytes | undefined {
  if (input.length !== 192) return undefined;
  const commitment = input.subarray(96, 144);
  if (!equalBytes(kzgToVersionedHash(commitment), input.subarray(0, 32))) return undefined;
  const valid = verifyKzgProof(
    commitment,
    input.subarray(32, 64),
    input.subarray(64, 96),
    input.subarray(144),
  );
  return valid ? POINT_EVALUATION_OUTPUT : undefined;
}

const OPERATIONS: ReadonlyMap<number, CurveOperation> = new Map([
  [0x01, ecrecover],
  [0x06, bn254Add],
  [0x07, bn254Mul],
  [0x08, (input: Bytes) => flag(bn254Pairing(input))],
  [0x0a, pointEvaluation],
  [0x0b, bls12G1Add],
  [0x0c, bls12G1Msm],
  [0x0d, bls12G2Add],
  [0x0e, bls12G2Msm],
  [0x0f, (input: Bytes) => flag(bls12Pairing(input))],
  [0x10, bls12MapFpToG1],
  [0x11, bls12MapFp2ToG2],
  // EIP-7951: a signature that does not verify is empty output, not a failure.
  [0x100, (input: Bytes) => (p256Verify(input) ? ONE : EMPTY_BYTES)],
]);

/**
 * The precompiles that the kernel leaves to its host, by the number of their address: output bytes,
 * or `undefined` for input that fails the call. Gas is already paid.
 *
 * @example runCurvePrecompile(0x06, new Uint8Array(128)) // 64 zero bytes: infinity plus infinity
 */
export function runCurvePrecompile(number: number, input: Bytes): Bytes | undefined {
  return OPERATIONS.get(number)?.(input);
}
