import type { Bytes } from '@ninefold/base';
import { verifyEd25519 } from '@ninefold/vm-svm';
import type { Transaction } from './transaction.ts';

/** Whether `signature` is a strict ed25519 signature of `message` by `key`. */
export type SignatureVerifier = (signature: Bytes, message: Bytes, key: Bytes) => boolean;

/** Whether all keys that have to sign a transaction have done so. */
export function hasValidSignatures(
  { signatures, message, messageBytes }: Transaction,
  verify: SignatureVerifier = verifyEd25519,
): boolean {
  return (
    signatures.length === message.header.signatures &&
    signatures.every((signature, i) => verify(signature, messageBytes, message.keys[i] as Bytes))
  );
}
