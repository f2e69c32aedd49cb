import { type Bytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/kernels';

/** A hash function whose digests no other tag's can meet (BIP 340, "Design"). */
export type TaggedHash = (...parts: readonly Bytes[]) => Bytes;

/**
 * `parts => sha256(sha256(tag) ‖ sha256(tag) ‖ parts)`.
 *
 * @example taggedHash('TapLeaf')(Uint8Array.of(0xc0), script)
 */
export function taggedHash(tag: string): TaggedHash {
  const tagHash = sha256(utf8ToBytes(tag));
  return (...parts) => {
    let length = 64;
    for (const part of parts) length += part.length;
    const input = new Uint8Array(length);
    input.set(tagHash);
    input.set(tagHash, 32);
    let at = 64;
    for (const part of parts) {
      input.set(part, at);
      at += part.length;
    }
    return sha256(input);
  };
}
