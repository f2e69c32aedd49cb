import type { Bytes } from '@ninefold/base';
import type { VerifierFunctions } from './verifier.ts';
import { instantiateVerifier } from './verifier.ts';

/** Words of a digest. */
export const DIGEST_WORDS = 8;

/** Longest input of one hash, in words: rows of trees and what a transcript absorbs at once are shorter. */
export const MAX_HASH_WORDS: number = 2 ** 20;

/** What a hash is for: the two words of BLAKE2s' personalisation. */
export type Personal = readonly [kind: number, index: number];

/** Four ASCII characters as the first word of a {@link Personal}. */
export function personalKind(text: string): number {
  return (
    (text.charCodeAt(0) |
      (text.charCodeAt(1) << 8) |
      (text.charCodeAt(2) << 16) |
      (text.charCodeAt(3) << 24)) >>>
    0
  );
}

const PAGE = 65_536;
let kernel: VerifierFunctions | undefined;
let words: Uint32Array = new Uint32Array(0);
/** Word index of the output; the input follows it. */
let base = 0;

/** Grows the shared instance's memory for `count` words of input. */
function prepare(count: number): VerifierFunctions {
  if (kernel === undefined) {
    kernel = instantiateVerifier(4);
    words = new Uint32Array(kernel.memory.buffer);
    base = Math.ceil((kernel.heapBase.value as number) / 64) * 16;
  }
  // The kernel pads the last block with zeros.
  const missing = (base + DIGEST_WORDS + count + 32) * 4 - words.byteLength;
  if (missing > 0) {
    kernel.memory.grow(Math.ceil(missing / PAGE));
    words = new Uint32Array(kernel.memory.buffer);
  }
  return kernel;
}

/**
 * BLAKE2s-256 of little-endian words, personalised.
 *
 * @param parts concatenated; together at most {@link MAX_HASH_WORDS}
 * @returns a fresh array of {@link DIGEST_WORDS} words
 */
export function hashWords(personal: Personal, ...parts: readonly ArrayLike<number>[]): Uint32Array {
  let count = 0;
  for (const part of parts) count += part.length;
  if (count > MAX_HASH_WORDS) throw new RangeError(`A hash of ${count} words`);
  const functions = prepare(count);
  let at = base + DIGEST_WORDS;
  for (const part of parts) {
    words.set(part, at);
    at += part.length;
  }
  functions.blake2s(base * 4, (base + DIGEST_WORDS) * 4, count * 4, personal[0], personal[1]);
  return words.slice(base, base + DIGEST_WORDS);
}

/**
 * BLAKE2s-256 of bytes (RFC 7693), as everyone computes it: without key or personalisation.
 *
 * @returns 32 bytes
 */
export function blake2s256(bytes: Bytes): Bytes {
  const functions = prepare(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes, (base + DIGEST_WORDS) * 4);
  functions.blake2s(base * 4, (base + DIGEST_WORDS) * 4, bytes.length, 0, 0);
  return new Uint8Array(words.buffer).slice(base * 4, (base + DIGEST_WORDS) * 4);
}

/**
 * The first nonce whose hash with `seed` has `bits` zero bits at the low end of its first word, within
 * `count` from `from` on; undefined when there is none.
 */
export function findNonce(
  personal: Personal,
  seed: Uint32Array,
  bits: number,
  from: number,
  count: number,
): number | undefined {
  const functions = prepare(DIGEST_WORDS);
  words.set(seed, base);
  const to = from + count;
  const nonce = functions.grind(base * 4, bits, from, to, personal[0], personal[1]) >>> 0;
  return nonce === to >>> 0 ? undefined : nonce;
}

/** A way to do what {@link findNonce} does. */
export type NonceSearch = typeof findNonce;

/** Whether {@link findNonce} may have given `nonce`. */
export function checkNonce(personal: Personal, seed: Uint32Array, bits: number, nonce: number): boolean {
  if (bits === 0) return true;
  const [first] = hashWords(personal, seed, [nonce, 0]) as unknown as readonly [number];
  return first % 2 ** bits === 0;
}
