export { bls12G1Add, bls12G1Msm, bls12G2Add, bls12G2Msm, bls12Pairing } from './bls12-381.ts';
export { blake3 } from './blake3.ts';
export { bn254Add, bn254Mul, bn254Pairing, p256Verify } from './curves.ts';
export type { Curve25519Form, SignedMessage } from './ed25519.ts';
export {
  curve25519Add,
  curve25519IsPoint,
  curve25519Subtract,
  curve25519SumOfProducts,
  ED25519_BATCH,
  ed25519Verify,
  ed25519VerifyAll,
} from './ed25519.ts';
export { blake2f, keccak256, keccak256Into, keccakF1600, ripemd160, sha256 } from './hashes.ts';
export type { Kernel } from './instance.ts';
export { createKernel, MAX_INPUT_BYTES } from './instance.ts';
export { modexp } from './modexp.ts';
export {
  secp256k1Add,
  secp256k1Combine,
  secp256k1Derive,
  secp256k1Invert,
  secp256k1Parse,
  secp256k1Recover,
  secp256k1Sign,
  secp256k1Verify,
} from './secp256k1.ts';
