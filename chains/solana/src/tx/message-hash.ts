import { type Bytes, utf8ToBytes } from '@ninefold/base';
import { blake3 } from '@noble/hashes/blake3.js';

const DOMAIN: Bytes = utf8ToBytes('solana-tx-message-v1');

/** What a message is known by when it is looked for among those already processed. */
export function hashMessage(messageBytes: Bytes): Bytes {
  return blake3.create({}).update(DOMAIN).update(messageBytes).digest();
}
