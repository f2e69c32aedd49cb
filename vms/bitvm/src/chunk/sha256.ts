import { type Bytes, concatBytes } from '@ninefold/base';
import type { Program } from './program.ts';
import type { Word, WordMachine } from './words.ts';

/*
 * SHA-256's compression of one block (FIPS 180-4, section 6.2.2), cut into chunks: sixteen words of the
 * message schedule, sixteen rounds, or the final sums.
 */

// Fractional parts of the cube roots of the first 64 primes, section 4.2.2.
const K: readonly number[] = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
];

/** Rounds and schedule words of a chunk. */
const STEP = 16;
const STEPS: number = K.length / STEP;

const rotr = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits));

const toWords = (bytes: Bytes): number[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i));
};

const toBytes = (words: readonly number[]): Bytes => {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(4 * i, word));
  return bytes;
};

function scheduleStep(words: readonly number[]): number[] {
  const w = words.slice();
  for (let t = STEP; t < 2 * STEP; t++) {
    const [x, y] = [w[t - 15] as number, w[t - 2] as number];
    const s0 = rotr(x, 7) ^ rotr(x, 18) ^ (x >>> 3);
    const s1 = rotr(y, 17) ^ rotr(y, 19) ^ (y >>> 10);
    w.push((s1 + (w[t - 7] as number) + s0 + (w[t - 16] as number)) | 0);
  }
  return w.slice(STEP);
}

function roundStep(state: readonly number[], words: readonly number[], step: number): number[] {
  let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number];
  for (let t = 0; t < STEP; t++) {
    const sum1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    const t1 = h + sum1 + (g ^ (e & (f ^ g))) + (K[STEP * step + t] as number) + (words[t] as number);
    const sum0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
    const t2 = sum0 + ((a & b) ^ (c & (a ^ b)));
    [a, b, c, d, e, f, g, h] = [(t1 + t2) | 0, a, b, c, (d + t1) | 0, e, f, g];
  }
  return [a, b, c, d, e, f, g, h];
}

/** W[t] = σ1(W[t-2]) + W[t-7] + σ0(W[t-15]) + W[t-16], in place of the oldest word. */
function emitScheduleStep(machine: WordMachine, words: readonly Word[]): readonly Word[] {
  const w = words.slice();
  for (let t = STEP; t < 2 * STEP; t++) {
    const at = (back: number): Word => w[t - back] as Word;
    const s0 = emitSmallSigma(machine, at(15), [7, 18, 3]);
    const s1 = emitSmallSigma(machine, at(2), [17, 19, 10]);
    w.push(
      machine.add(
        { word: at(7), last: false },
        { word: at(16), last: true },
        { word: s0, last: true },
        { word: s1, last: true },
      ),
    );
  }
  return w.slice(STEP);
}

/** Two rotations and a shift. */
function emitSmallSigma(
  machine: WordMachine,
  x: Word,
  [first, second, shift]: readonly [number, number, number],
): Word {
  const turned = machine.xorLast(machine.rotate(x, first), machine.rotate(x, second));
  return machine.xorLast(turned, machine.shiftRight(x, shift));
}

function emitRoundStep(
  machine: WordMachine,
  state: readonly Word[],
  words: readonly Word[],
  step: number,
): readonly Word[] {
  let [a, b, c, d, e, f, g, h] = state as [Word, Word, Word, Word, Word, Word, Word, Word];
  for (let t = 0; t < STEP; t++) {
    // Rotations by 6, 11 and 25 bits, and by 2 and 22, which share a shift, and 13.
    const sum1 = machine.xorLast(
      machine.xorLast(machine.rotate(e, 6), machine.rotate(e, 11)),
      machine.rotate(e, 25),
    );
    const difference = machine.xor(f, g);
    const chosen = machine.and(difference, e);
    machine.drop(difference);
    const choice = machine.xorInto(chosen, g);
    const t1 = machine.add(
      { word: h, last: true },
      { word: sum1, last: true },
      { word: choice, last: true },
      { word: words[t] as Word, last: true },
      { constant: K[STEP * step + t] as number },
    );
    const sum0 = machine.xorLast(machine.xorRotations(a, 2, 22), machine.rotate(a, 13));
    const either = machine.xor(a, b);
    const tie = machine.and(either, c);
    machine.drop(either);
    const majority = machine.xorLast(tie, machine.and(a, b));
    const next = machine.add(
      { word: t1, last: false },
      { word: sum0, last: true },
      { word: majority, last: true },
    );
    const shifted = machine.add({ word: d, last: true }, { word: t1, last: true });
    [a, b, c, d, e, f, g, h] = [next, a, b, c, shifted, e, f, g];
  }
  return [a, b, c, d, e, f, g, h];
}

const FEATURES = { shifts: [1, 2, 3], and: true } as const;
const STATE_BYTES = 32;
const BLOCK_BYTES = 64;

/**
 * The compression of a block as a program: variables `state` (32 bytes) and `block` (64) are the input,
 * `result` is the state behind it. Eight chunks.
 */
export const SHA256_PROGRAM: Program = {
  name: 'sha256',
  bigEndian: true,
  variables: [
    { name: 'state', bytes: STATE_BYTES, isInput: true },
    { name: 'block', bytes: BLOCK_BYTES, isInput: true },
    ...range(1, STEPS).map((step) => ({ name: `words${step}`, bytes: BLOCK_BYTES, isInput: false })),
    ...range(1, STEPS + 1).map((step) => ({ name: `state${step}`, bytes: STATE_BYTES, isInput: false })),
    { name: 'result', bytes: STATE_BYTES, isInput: false },
  ],
  chunks: [
    ...range(1, STEPS).map((step) => ({
      name: `schedule ${step}`,
      inputs: [wordsName(step - 1)],
      output: wordsName(step),
      features: { shifts: [1, 2, 3], and: false },
      compute: ([words]: readonly Bytes[]) => toBytes(scheduleStep(toWords(words as Bytes))),
      emit: (machine: WordMachine, [words]: readonly (readonly Word[])[]) =>
        emitScheduleStep(machine, words as readonly Word[]),
    })),
    ...range(0, STEPS).map((step) => ({
      name: `rounds ${step}`,
      inputs: [stateName(step), wordsName(step)],
      output: stateName(step + 1),
      features: FEATURES,
      compute: ([state, words]: readonly Bytes[]) =>
        toBytes(roundStep(toWords(state as Bytes), toWords(words as Bytes), step)),
      emit: (machine: WordMachine, [state, words]: readonly (readonly Word[])[]) =>
        emitRoundStep(machine, state as readonly Word[], words as readonly Word[], step),
    })),
    {
      name: 'sums',
      inputs: ['state', stateName(STEPS)],
      output: 'result',
      features: { shifts: [], and: false },
      compute: ([before, after]) => {
        const sums = toWords(before as Bytes);
        toWords(after as Bytes).forEach((word, i) => (sums[i] = ((sums[i] as number) + word) | 0));
        return toBytes(sums);
      },
      emit: (machine, [before, after]) =>
        (before as readonly Word[]).map((word, i) =>
          machine.add({ word, last: true }, { word: (after as readonly Word[])[i] as Word, last: true }),
        ),
    },
  ],
};

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function wordsName(step: number): string {
  return step === 0 ? 'block' : `words${step}`;
}

function stateName(step: number): string {
  return step === 0 ? 'state' : `state${step}`;
}

/** The state before the first block, section 5.3.3. */
export const SHA256_INITIAL_STATE: Bytes = toBytes([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

/** A message of up to 55 bytes as the one block it takes. */
export function padSha256(message: Bytes): Bytes {
  const block = concatBytes(message, new Uint8Array(BLOCK_BYTES - message.length));
  block[message.length] = 0x80;
  new DataView(block.buffer).setUint32(60, 8 * message.length);
  return block;
}
