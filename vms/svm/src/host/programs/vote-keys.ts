import type { Bytes } from '@ninefold/base';
import { bls12_381 } from '@noble/curves/bls12-381.js';

/** Ciphersuite of proofs of possession in draft-irtf-cfrg-bls-signature: keys in G1, proofs in G2. */
const DOMAIN = 'BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';

const { longSignatures } = bls12_381;

/**
 * Whether `proof` shows that its maker knows the secret behind `key`.
 *
 * @param key compressed point of G1, 48 bytes
 * @param proof compressed point of G2, 96 bytes
 */
export function verifyProofOfPossession(key: Bytes, proof: Bytes, message: Bytes): boolean {
  try {
    return longSignatures.verify(proof, longSignatures.hash(message, DOMAIN), key);
  } catch {
    // No points.
    return false;
  }
}
