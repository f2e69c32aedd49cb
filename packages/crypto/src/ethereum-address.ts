import type { Bytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/kernels';
import { requireLength } from './checks.ts';

/**
 * The address of a secp256k1 public key: the last 20 bytes of its Keccak-256 (Yellow Paper,
 * appendix F).
 *
 * @param publicKey 64 bytes, x and y
 * @throws `CRYPTO_INVALID_LENGTH`
 * @example ethereumAddress(secp256k1.publicKey(privateKey))
 */
export function ethereumAddress(publicKey: Bytes): Bytes {
  requireLength('public key', publicKey, 64);
  return keccak256(publicKey).slice(12);
}
