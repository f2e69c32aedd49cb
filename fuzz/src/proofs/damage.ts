import type { Rng } from '@ninefold/base';
import { MAX_PROOF_BYTES } from '@ninefold/stark';

/** Bytes that are no valid proof, and how they came about. */
export type Damaged = { readonly what: string; readonly bytes: Uint8Array };

/** Bytes flipped one by one: all of them in proofs up to this size, random ones in larger proofs. */
const MAX_FLIPS = 16_384;
/** Damages of each other kind. */
const ROUNDS = 256;
/** Header and heights of small machines. */
const HEAD_BYTES = 64;
/** Counts, heights and lengths that no proof has. */
const EXTREMES = [0, 1, 2, 3, 22, 23, 1024, 1025, 2 ** 16, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

/** First every kind of damage that has a name, then random ones without end. */
export function* damages(valid: Uint8Array, rng: Rng): Generator<Damaged> {
  const size = valid.length;
  const words = Math.floor(size / 4);
  const flips = Math.min(size, MAX_FLIPS);
  yield* longOnes(valid);
  for (let i = 0; i < flips; i++) {
    const at = size > MAX_FLIPS ? rng.below(size) : i;
    yield { what: `byte ${at} flipped`, bytes: flipped(valid, at, rng) };
  }
  for (let i = 0; i < ROUNDS; i++) {
    const length = i < 8 ? size - 1 - i : Math.floor((i * size) / ROUNDS);
    yield { what: `cut to ${length} bytes`, bytes: valid.slice(0, length) };
  }
  for (const more of [1, 4, 32, 4096]) {
    yield { what: `${more} bytes longer`, bytes: joined(valid, new Uint8Array(more)) };
  }
  for (let i = 0; i < 2 * ROUNDS; i++) {
    const at = i < ROUNDS ? Math.min(i, words - 1) : rng.below(words);
    for (const value of EXTREMES) yield { what: `word ${at} is ${value}`, bytes: withWord(valid, at, value) };
  }
  for (let i = 0; i < ROUNDS; i++) {
    const length = 4 * (1 + rng.below(64));
    const [a, b] = [rng.below(size - length), rng.below(size - length)];
    yield { what: `${length} bytes at ${a} and ${b} exchanged`, bytes: exchanged(valid, a, b, length) };
    yield {
      what: `${length} bytes at ${a} left out`,
      bytes: joined(valid.slice(0, a), valid.slice(a + length)),
    };
  }
  for (let i = 0; i < ROUNDS; i++) {
    const noise = rng.bytes(4 * rng.below(2 * words));
    yield { what: `${noise.length} bytes of noise`, bytes: noise };
    const kept = rng.below(size);
    yield { what: `noise after ${kept} bytes`, bytes: joined(valid.slice(0, kept), noise) };
  }
  for (;;) {
    let bytes = valid;
    for (let times = 1 + rng.below(4); times > 0; times--) {
      const at = rng.below(words);
      bytes = rng.below(2) === 0 ? flipped(bytes, 4 * at, rng) : withWord(bytes, at, rng.pick(EXTREMES));
    }
    yield { what: 'several words changed', bytes };
  }
}

/** As long as proofs may be, and a little longer. */
function* longOnes(valid: Uint8Array): Generator<Damaged> {
  const repeated = new Uint8Array(MAX_PROOF_BYTES);
  for (let at = 0; at < repeated.length; at += valid.length) {
    repeated.set(valid.subarray(0, repeated.length - at), at);
  }
  yield { what: 'repeated to the greatest length', bytes: repeated };
  repeated.fill(0, valid.length);
  yield { what: 'zeros to the greatest length', bytes: repeated };
  repeated.fill(1, HEAD_BYTES);
  yield { what: 'ones to the greatest length', bytes: repeated };
  yield { what: 'longer than any', bytes: new Uint8Array(MAX_PROOF_BYTES + 4) };
}

function flipped(bytes: Uint8Array, at: number, rng: Rng): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] as number) ^ (1 << rng.below(8));
  return changed;
}

function withWord(bytes: Uint8Array, word: number, value: number): Uint8Array {
  const changed = bytes.slice();
  new DataView(changed.buffer).setUint32(4 * word, value, true);
  return changed;
}

function exchanged(bytes: Uint8Array, a: number, b: number, length: number): Uint8Array {
  const changed = bytes.slice();
  changed.set(bytes.subarray(a, a + length), b);
  changed.set(bytes.subarray(b, b + length), a);
  return changed;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
