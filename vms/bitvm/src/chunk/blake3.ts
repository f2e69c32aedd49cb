import { type Bytes, concatBytes } from '@ninefold/base';
import type { Program } from './program.ts';
import type { Word, WordMachine } from './words.ts';

/*
 * BLAKE3's compression of one block (specification, section 2.2), cut into its seven rounds and the final
 * exclusive or. Words are little-endian.
 */

const ROUNDS = 7;
const BLOCK_BYTES = 64;
const STATE_WORDS = 16;

/** Where round r takes word i of the message: the permutation applied r times, section 2.2, table 2. */
const PERMUTATION: readonly number[] = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const ORDERS: readonly (readonly number[])[] = (() => {
  const orders: (readonly number[])[] = [Array.from({ length: STATE_WORDS }, (_, i) => i)];
  while (orders.length < ROUNDS) {
    const last = orders[orders.length - 1] as readonly number[];
    orders.push(PERMUTATION.map((from) => last[from] as number));
  }
  return orders;
})();

/** The quarter rounds: columns, then diagonals. */
const QUARTERS: readonly (readonly [number, number, number, number])[] = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
];

// The same as SHA-256's, section 2.2.
const IV: readonly number[] = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/** Flags of a block that begins and ends a chunk which is the whole input: CHUNK_START | CHUNK_END | ROOT. */
const ONLY_BLOCK_FLAGS = 0b1011;

const rotr = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits));

const toWords = (bytes: Bytes): number[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
};

const toBytes = (words: readonly number[]): Bytes => {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(4 * i, word, true));
  return bytes;
};

function round(state: readonly number[], block: readonly number[], number: number): number[] {
  const v = state.slice();
  const order = ORDERS[number] as readonly number[];
  const get = (i: number): number => v[i] as number;
  QUARTERS.forEach(([a, b, c, d], quarter) => {
    const mix = (word: number, right: number, left: number): void => {
      v[a] = (get(a) + get(b) + (block[word] as number)) | 0;
      v[d] = rotr(get(d) ^ get(a), right);
      v[c] = (get(c) + get(d)) | 0;
      v[b] = rotr(get(b) ^ get(c), left);
    };
    mix(order[2 * quarter] as number, 16, 12);
    mix(order[2 * quarter + 1] as number, 8, 7);
  });
  return v;
}

function emitRound(
  machine: WordMachine,
  state: readonly Word[],
  block: readonly Word[],
  number: number,
): readonly Word[] {
  const v = state.slice();
  const order = ORDERS[number] as readonly number[];
  const get = (i: number): Word => v[i] as Word;
  QUARTERS.forEach(([a, b, c, d], quarter) => {
    const mix = (word: number, right: number, left: number): void => {
      v[a] = machine.add(
        { word: get(a), last: true },
        { word: get(b), last: false },
        { word: block[word] as Word, last: true },
      );
      v[d] = machine.rotateLast(machine.xorInto(get(d), get(a)), right);
      v[c] = machine.add({ word: get(c), last: true }, { word: get(d), last: false });
      v[b] = machine.rotateLast(machine.xorInto(get(b), get(c)), left);
    };
    mix(order[2 * quarter] as number, 16, 12);
    mix(order[2 * quarter + 1] as number, 8, 7);
  });
  return v;
}

const roundName = (round: number): string => (round === 0 ? 'state' : `state${round}`);

/**
 * The compression of a block as a program: variables `state` (16 words) and `block` are the input, `result`
 * is the first half of the output, a chaining value or a digest. Eight chunks.
 */
export const BLAKE3_PROGRAM: Program = {
  name: 'blake3',
  bigEndian: false,
  variables: [
    { name: 'state', bytes: 64, isInput: true },
    { name: 'block', bytes: BLOCK_BYTES, isInput: true },
    ...Array.from({ length: ROUNDS }, (_, i) => ({ name: roundName(i + 1), bytes: 64, isInput: false })),
    { name: 'result', bytes: 32, isInput: false },
  ],
  chunks: [
    ...Array.from({ length: ROUNDS }, (_, i) => ({
      name: `round ${i}`,
      inputs: [roundName(i), 'block'],
      output: roundName(i + 1),
      features: { shifts: [3], and: false },
      compute: ([state, block]: readonly Bytes[]) =>
        toBytes(round(toWords(state as Bytes), toWords(block as Bytes), i)),
      emit: (machine: WordMachine, [state, block]: readonly (readonly Word[])[]) =>
        emitRound(machine, state as readonly Word[], block as readonly Word[], i),
    })),
    {
      name: 'halves',
      inputs: [roundName(ROUNDS)],
      output: 'result',
      features: { shifts: [], and: false },
      compute: ([state]) => {
        const v = toWords(state as Bytes);
        return toBytes(v.slice(0, 8).map((word, i) => word ^ (v[i + 8] as number)));
      },
      emit: (machine, [state]) => {
        const v = state as readonly Word[];
        return v.slice(0, 8).map((word, i) => machine.xorLast(word, v[i + 8] as Word));
      },
    },
  ],
};

/** State and block of an input of up to 64 bytes, whose digest the program's result is. */
export function blake3Input(message: Bytes): { readonly state: Bytes; readonly block: Bytes } {
  const state = toBytes([...IV, ...IV.slice(0, 4), 0, 0, message.length, ONLY_BLOCK_FLAGS]);
  return { state, block: concatBytes(message, new Uint8Array(BLOCK_BYTES - message.length)) };
}
