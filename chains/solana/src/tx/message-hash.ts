import { type Bytes, utf8ToBytes } from '@ninefold/base';
import { blake3 } from '@ninefold/crypto';

const DOMAIN: Bytes = utf8ToBytes('solana-tx-message-v1');

/** What a message is known by when it is looked for among those already processed. */
export function hashMessage(messageBytes: Bytes): Bytes {
  return blake3([DOMAIN, messageBytes]);
}
