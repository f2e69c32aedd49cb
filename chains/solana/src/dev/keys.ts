import { type Bytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { ed25519 } from '@noble/curves/ed25519.js';

/** A key that the node itself signs with. */
export type NodeKey = { readonly address: Bytes; readonly sign: (message: Bytes) => Bytes };

/**
 * The key that follows from a name: known to everybody, for development chains only.
 *
 * @example nodeKey('faucet').address
 */
export function nodeKey(name: string): NodeKey {
  const secret = sha256(utf8ToBytes(`ninefold solana ${name}`));
  return {
    address: ed25519.getPublicKey(secret),
    sign: (message) => ed25519.sign(message, secret),
  };
}
