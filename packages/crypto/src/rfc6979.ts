import { type Bytes, concatBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/kernels';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** HMAC-SHA-256 (RFC 2104) with a key of 32 bytes. */
export function hmacSha256(key: Bytes, ...parts: readonly Bytes[]): Bytes {
  const inner = new Uint8Array(BLOCK_BYTES).fill(INNER_PAD);
  const outer = new Uint8Array(BLOCK_BYTES).fill(OUTER_PAD);
  for (let i = 0; i < key.length; i++) {
    inner[i] = (key[i] as number) ^ INNER_PAD;
    outer[i] = (key[i] as number) ^ OUTER_PAD;
  }
  return sha256(concatBytes(outer, sha256(concatBytes(inner, ...parts))));
}

/**
 * Candidates for the nonce of a signature, 32 bytes each, as RFC 6979, section 3.2, derives them from
 * what is signed and by whom: take the first that will do.
 *
 * @param key the private key, 32 bytes
 * @param digest the hash modulo the order, 32 bytes
 */
export function* nonces(key: Bytes, digest: Bytes): Generator<Bytes, never, undefined> {
  const zero = Uint8Array.of(0);
  let v: Bytes = new Uint8Array(DIGEST_BYTES).fill(1);
  let k: Bytes = new Uint8Array(DIGEST_BYTES);
  const mac = (...parts: readonly Bytes[]): Bytes => hmacSha256(k, v, ...parts);
  k = mac(zero, key, digest);
  v = mac();
  k = mac(Uint8Array.of(1), key, digest);
  v = mac();
  for (;;) {
    v = mac();
    yield v;
    k = mac(zero);
    v = mac();
  }
}
