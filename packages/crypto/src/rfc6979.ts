import type { Bytes } from '@ninefold/base';
import { sha256 } from '@ninefold/kernels';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** A block with the padded key, then the message: room for the longest that {@link nonces} hashes. */
const ROOM: Bytes = new Uint8Array(BLOCK_BYTES + 3 * DIGEST_BYTES + 1);

/** HMAC-SHA-256 (RFC 2104) with a key of 32 bytes. */
export function hmacSha256(key: Bytes, ...parts: readonly Bytes[]): Bytes {
  let length = BLOCK_BYTES;
  for (const part of parts) length += part.length;
  const room = length <= ROOM.length ? ROOM : new Uint8Array(length);
  padKey(room, key, INNER_PAD);
  let at = BLOCK_BYTES;
  for (const part of parts) {
    room.set(part, at);
    at += part.length;
  }
  const inner = sha256(room.subarray(0, length));
  padKey(ROOM, key, OUTER_PAD);
  ROOM.set(inner, BLOCK_BYTES);
  const digest = sha256(ROOM.subarray(0, BLOCK_BYTES + DIGEST_BYTES));
  ROOM.fill(0);
  return digest;
}

function padKey(out: Bytes, key: Bytes, pad: number): void {
  out.fill(pad, 0, BLOCK_BYTES);
  for (let i = 0; i < key.length; i++) out[i] = (key[i] as number) ^ pad;
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
