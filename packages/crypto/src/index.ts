export type { Curve25519Form } from '@ninefold/kernels';
export {
  curve25519Add,
  curve25519IsPoint,
  curve25519Subtract,
  curve25519SumOfProducts,
} from '@ninefold/kernels';
export {
  blake2f,
  blake3,
  keccak256,
  keccak256Into,
  keccakF1600,
  modexp,
  ripemd160,
  sha256,
} from '@ninefold/kernels';
export type { CryptoEngine, Secp256k1Signature } from './engine.ts';
export { useCryptoEngine } from './engine.ts';
export * as secp256k1 from './secp256k1.ts';
export * as schnorr from './schnorr.ts';
export * as musig from './musig.ts';
export { encodeDer, parseDerLax } from './der.ts';
export { sha1 } from './sha1.ts';
export type { TaggedHash } from './tagged-hash.ts';
export { taggedHash } from './tagged-hash.ts';
export { ethereumAddress } from './ethereum-address.ts';
export { p256Verify } from './p256.ts';
export type { SignedMessage } from './ed25519.ts';
export { ED25519_BATCH, isEd25519Point, verifyAllEd25519, verifyEd25519 } from './ed25519.ts';
export { bn254Add, bn254Mul, bn254Pairing } from './bn254.ts';
export {
  bls12G1Add,
  bls12G1Msm,
  bls12G2Add,
  bls12G2Msm,
  bls12MapFp2ToG2,
  bls12MapFpToG1,
  bls12Pairing,
} from './bls12-381.ts';
export { BLOB_BYTES, kzgToVersionedHash, verifyBlobKzgProof, verifyKzgProof } from './kzg.ts';
export {
  blobToKzgCommitment,
  CELL_BYTES,
  CELLS_PER_EXT_BLOB,
  computeBlobKzgProof,
  computeCells,
  computeCellsAndKzgProofs,
  verifyBlobCellProofs,
  verifyCellKzgProofs,
} from './kzg-setup.ts';
