import type { Ext, ExtensionField } from '../field/extension.ts';
import { P } from '../field/m31.ts';
import type { Hasher, HashName, NonceSearch, Personal } from '../kernel/hasher.ts';
import { DIGEST_WORDS, HASHERS, personalKind } from '../kernel/hasher.ts';

const ABSORB = personalKind('absb');
const SQUEEZE = personalKind('sqze');
const GRIND: Personal = [personalKind('grnd'), 0];

/** What is absorbed: part of the hash, so that no message can be taken for another. */
export const MESSAGES = {
  statement: 1,
  bundle: 2,
  segment: 3,
  nonce: 4,
  interactionRoot: 5,
  claimedSums: 6,
  compositionRoot: 7,
  openedValues: 8,
  foldRoot: 9,
  finalPolynomial: 10,
} as const;

/** Nonces tried in one call of the kernel. */
const GRIND_BATCH = 2 ** 16;
const MAX_NONCE = 2 ** 32 - GRIND_BATCH;

/**
 * The Fiat–Shamir transcript: a digest that absorbs every message with its kind and length, and
 * is squeezed for challenges. Prover and verifier run the same calls.
 */
export class Transcript {
  readonly #hash: HashName;
  readonly #hasher: Hasher;
  #state: Uint32Array = new Uint32Array(DIGEST_WORDS);
  #squeezed = 0;

  constructor(hash: HashName) {
    this.#hash = hash;
    this.#hasher = HASHERS[hash];
  }

  /** Mixes in the words of a message, which may come in parts. */
  absorb(kind: (typeof MESSAGES)[keyof typeof MESSAGES], ...parts: readonly ArrayLike<number>[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    this.#state = this.#hasher.hashWords([ABSORB, kind], this.#state, [length], ...parts);
    this.#squeezed = 0;
  }

  /** A transcript of its own that goes on from here. */
  fork(): Transcript {
    const copy = new Transcript(this.#hash);
    copy.#state = this.#state;
    copy.#squeezed = this.#squeezed;
    return copy;
  }

  /** The state as words: what two transcripts that agree have in common. */
  state(): Uint32Array {
    return this.#state.slice();
  }

  /** A uniform element: words of 2p and above are thrown away, the others reduced modulo p. */
  element(field: ExtensionField): Ext {
    const words: number[] = [];
    while (words.length < field.degree) {
      for (const word of this.#squeeze()) {
        if (word < 2 * P && words.length < field.degree) words.push(word % P);
      }
    }
    return words;
  }

  /** `count` uniform integers below 2^`bits`, `bits` <= 32. */
  indices(count: number, bits: number): number[] {
    const indices: number[] = [];
    while (indices.length < count) {
      for (const word of this.#squeeze()) if (indices.length < count) indices.push(word % 2 ** bits);
    }
    return indices;
  }

  /**
   * Proof of work before a challenge: finds and absorbs a nonce. Returns undefined if there is none,
   * which has a chance of less than e^-2^11 for 20 bits.
   */
  grind(bits: number, search: NonceSearch = this.#hasher.findNonce): number | undefined {
    let nonce: number | undefined = bits === 0 ? 0 : undefined;
    for (let from = 0; nonce === undefined && from < MAX_NONCE; from += GRIND_BATCH) {
      nonce = search(GRIND, this.#state, bits, from, GRIND_BATCH);
    }
    if (nonce !== undefined) this.absorb(MESSAGES.nonce, [nonce]);
    return nonce;
  }

  /** Absorbs a prover's nonce; false when it lacks the work. */
  checkGrind(bits: number, nonce: number): boolean {
    if (bits === 0 ? nonce !== 0 : !this.#hasher.checkNonce(GRIND, this.#state, bits, nonce)) return false;
    this.absorb(MESSAGES.nonce, [nonce]);
    return true;
  }

  #squeeze(): Uint32Array {
    return this.#hasher.hashWords([SQUEEZE, this.#squeezed++], this.#state);
  }
}
