import type { Bytes } from '@ninefold/base';
import {
  curve25519IsPoint,
  ED25519_BATCH,
  ed25519Verify,
  ed25519VerifyAll,
  type SignedMessage,
} from '@ninefold/kernels';
import { overrideOf } from './engine.ts';

export { ED25519_BATCH, type SignedMessage };

/**
 * Whether `signature` (64 bytes) is one of `message` by `key` (32 bytes) under the strict rule of
 * Ed25519, as Solana applies it: S below the order, neither the key nor R of small order, and R exactly
 * what the equation without cofactor gives. False for other lengths.
 *
 * PERF: 14 µs for a key that came several times lately, 41 µs for a new one.
 *
 * @example verifyEd25519(signature, message, key) // true
 */
export function verifyEd25519(signature: Bytes, message: Bytes, key: Bytes): boolean {
  const override = overrideOf('ed25519Verify');
  if (override === undefined) return ed25519Verify(signature, message, key);
  return signature.length === 64 && key.length === 32 && override(signature, message, key);
}

/** {@link verifyEd25519} of each; the more at once (up to {@link ED25519_BATCH}), the less time for each. */
export function verifyAllEd25519(signed: readonly SignedMessage[]): boolean[] {
  return overrideOf('ed25519Verify') === undefined
    ? ed25519VerifyAll(signed)
    : signed.map(({ signature, message, key }) => verifyEd25519(signature, message, key));
}

/**
 * Whether `bytes` are a point of edwards25519 as a key may be: 32 bytes, the lower 255 bits a y that need
 * not be below p, the last the sign of x.
 */
export function isEd25519Point(bytes: Bytes): boolean {
  return bytes.length === 32 && curve25519IsPoint('edwards', bytes);
}
