import type { Bytes } from '@ninefold/base';
import type { VerifierFunctions } from './verifier.ts';
import { instantiateVerifier } from './verifier.ts';

/** Words of a digest. */
export const DIGEST_WORDS = 8;

/** Longest input of one hash, in words: rows of trees and what a transcript absorbs at once are shorter. */
export const MAX_HASH_WORDS: number = 2 ** 20;

/** What a hash is for, in two words: nothing that is hashed for one purpose passes for another. */
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

/** Hashes that trees and transcripts may be made with. */
export type HashName = 'blake2s' | 'keccak256';

/** Finds the first nonce of `count` from `from` on that has the work; undefined when there is none. */
export type NonceSearch = (
  personal: Personal,
  seed: Uint32Array,
  bits: number,
  from: number,
  count: number,
) => number | undefined;

/** A hash of words, and the kernel functions that compute it for many nodes of a tree. */
export type Hasher = {
  /**
   * The hash of words, which may come in parts; together at most {@link MAX_HASH_WORDS}.
   *
   * @returns a fresh array of {@link DIGEST_WORDS} words
   */
  readonly hashWords: (personal: Personal, ...parts: readonly ArrayLike<number>[]) => Uint32Array;
  /** Work: the hash of seed, nonce and 0 has zeros as the `bits` lowest bits of its first word. */
  readonly findNonce: NonceSearch;
  /** Whether `findNonce` may have given `nonce`. */
  readonly checkNonce: (personal: Personal, seed: Uint32Array, bits: number, nonce: number) => boolean;
  readonly layerTask: 'hashLayer' | 'hashLayerKeccak';
  readonly grindTask: 'grindTo' | 'grindToKeccak';
  readonly rowsKernel: 'hashRows' | 'hashRowsKeccak';
};

function createHasher(
  hash: 'blake2s' | 'keccak',
  grind: 'grind' | 'grindKeccak',
  tasks: Pick<Hasher, 'layerTask' | 'grindTask' | 'rowsKernel'>,
): Hasher {
  const hashWords: Hasher['hashWords'] = (personal, ...parts) => {
    let count = 0;
    for (const part of parts) count += part.length;
    if (count > MAX_HASH_WORDS) throw new RangeError(`A hash of ${count} words`);
    const functions = prepare(count);
    let at = base + DIGEST_WORDS;
    for (const part of parts) {
      words.set(part, at);
      at += part.length;
    }
    functions[hash](base * 4, (base + DIGEST_WORDS) * 4, count * 4, personal[0], personal[1]);
    return words.slice(base, base + DIGEST_WORDS);
  };
  return {
    ...tasks,
    hashWords,
    findNonce(personal, seed, bits, from, count) {
      const functions = prepare(DIGEST_WORDS);
      words.set(seed, base);
      const to = from + count;
      const nonce = functions[grind](base * 4, bits, from, to, personal[0], personal[1]) >>> 0;
      return nonce === to >>> 0 ? undefined : nonce;
    },
    checkNonce(personal, seed, bits, nonce) {
      if (bits === 0) return true;
      const [first] = hashWords(personal, seed, [nonce, 0]) as unknown as readonly [number];
      return first % 2 ** bits === 0;
    },
  };
}

/**
 * BLAKE2s-256 (RFC 7693) of little-endian words, personalised; and Keccak-256 as the EVM has it, of the
 * purpose's two words and then the message, all of them big-endian as the EVM packs them.
 */
export const HASHERS: Readonly<Record<HashName, Hasher>> = {
  blake2s: createHasher('blake2s', 'grind', {
    layerTask: 'hashLayer',
    grindTask: 'grindTo',
    rowsKernel: 'hashRows',
  }),
  keccak256: createHasher('keccak', 'grindKeccak', {
    layerTask: 'hashLayerKeccak',
    grindTask: 'grindToKeccak',
    rowsKernel: 'hashRowsKeccak',
  }),
};

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
