import { grainConstants } from './grain.ts';

/** A Poseidon2 permutation (eprint 2023/323) of words of a 31-bit prime field. */
export type Poseidon2 = {
  readonly prime: number;
  readonly width: number;
  /** A new array with the permuted state; `state` has `width` canonical words. */
  readonly permute: (state: readonly number[]) => number[];
};

/** What makes an instance, besides the constants that the Grain LFSR gives. */
export type Poseidon2Spec = {
  readonly prime: number;
  /** Exponent of the S-box. */
  readonly alpha: 3 | 5 | 7;
  readonly fullRounds: number;
  readonly partialRounds: number;
  /** Diagonal of the internal layer's matrix less the matrix of ones: its length is the width. */
  readonly diagonal: readonly Fraction[];
};

/** A rational number with a power of two below: [numerator, log2 of the denominator]. */
export type Fraction = readonly [numerator: number, log: number];

/** Round constants: a word for each word of the state in full rounds, one word in partial rounds. */
export type Poseidon2Constants = {
  /** Of the full rounds before the partial ones. */
  readonly initial: readonly (readonly number[])[];
  readonly internal: readonly number[];
  /** Of the full rounds after the partial ones. */
  readonly terminal: readonly (readonly number[])[];
};

const BABY_BEAR = 15 * 2 ** 27 + 1;
const KOALA_BEAR = 2 ** 31 - 2 ** 24 + 1;
const MERSENNE_31 = 2 ** 31 - 1;

/** 1/2^log of a list, each with a sign. */
const halves = (sign: 1 | -1, ...logs: readonly number[]): Fraction[] => logs.map((log) => [sign, log]);
const span = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
/** The beginning that all BabyBear and KoalaBear instances share: -2, 1, 2, 1/2, 3, 4, -1/2, -3, -4. */
const BEGIN: readonly Fraction[] = [
  [-2, 0],
  [1, 0],
  [2, 0],
  [1, 1],
  [3, 0],
  [4, 0],
  [-1, 1],
  [-3, 0],
  [-4, 0],
];
/** -2 and powers of two. */
const powers = (...logs: readonly number[]): Fraction[] => [
  [-2, 0],
  ...logs.map((log): Fraction => [2 ** log, 0]),
];

const rounds = (
  prime: number,
  alpha: 3 | 5 | 7,
  partialRounds: number,
  diagonal: readonly Fraction[],
): Poseidon2Spec => ({ prime, alpha, fullRounds: 8, partialRounds, diagonal });

/** The instances in use, by field and width; the external layer is circ(2, 3, 1, 1) in all of them. */
export const POSEIDON2_SPECS: {
  readonly mersenne31: Readonly<Record<16 | 24 | 32, Poseidon2Spec>>;
  readonly babybear: Readonly<Record<16 | 24 | 32, Poseidon2Spec>>;
  readonly koalabear: Readonly<Record<16 | 24, Poseidon2Spec>>;
} = {
  mersenne31: {
    16: rounds(MERSENNE_31, 5, 14, powers(...span(0, 8), 10, ...span(12, 16))),
    24: rounds(MERSENNE_31, 5, 22, powers(...span(0, 22))),
    32: rounds(MERSENNE_31, 5, 30, powers(...span(0, 30))),
  },
  babybear: {
    16: rounds(BABY_BEAR, 7, 13, [...BEGIN, ...halves(1, 8, 2, 3, 27), ...halves(-1, 8, 4, 27)]),
    24: rounds(BABY_BEAR, 7, 21, [
      ...BEGIN,
      ...halves(1, 8, 2, 3, 4, 7, 9, 27),
      ...halves(-1, 8, 2, 3, 4, 5, 6, 7, 27),
    ]),
    32: rounds(BABY_BEAR, 7, 30, [
      ...BEGIN,
      ...halves(1, 8, 2, 3, 4, 5, 6, 7, 9, 10, 12, 27),
      ...halves(-1, 8, 2, 3, 4, 5, 6, 7, 9, 10, 12, 14, 27),
    ]),
  },
  koalabear: {
    16: rounds(KOALA_BEAR, 3, 20, [...BEGIN, ...halves(1, 8, 3, 24), ...halves(-1, 8, 3, 4, 24)]),
    24: rounds(KOALA_BEAR, 3, 23, [
      ...BEGIN,
      ...halves(1, 8, 2, 3, 4, 5, 6, 24),
      ...halves(-1, 8, 3, 4, 5, 6, 7, 9, 24),
    ]),
  },
};

/**
 * Makes a permutation, by default with the Grain LFSR's round constants.
 *
 * @example createPoseidon2(POSEIDON2_SPECS.mersenne31[16]).permute(state)
 */
export function createPoseidon2(
  spec: Poseidon2Spec,
  constants: Poseidon2Constants = grainRounds(spec),
): Poseidon2 {
  const { prime, alpha } = spec;
  const { initial, internal, terminal } = constants;
  const width = spec.diagonal.length;
  const half = (prime + 1) / 2;
  const diagonal = spec.diagonal.map(([numerator, log]) => {
    let value = (numerator + prime) % prime;
    for (let i = 0; i < log; i++) value = mul(value, half, prime);
    return value;
  });
  const box = (word: number): number => {
    let power = word;
    for (let i = 1; i < alpha; i++) power = mul(power, word, prime);
    return power;
  };
  const full = (state: readonly number[], added: readonly number[]): number[] =>
    external(
      state.map((word, i) => box((word + (added[i] as number)) % prime)),
      prime,
    );
  return {
    prime,
    width,
    permute(state) {
      let words = external(state, prime);
      for (const added of initial) words = full(words, added);
      for (const added of internal) {
        words[0] = box(((words[0] as number) + added) % prime);
        const total = words.reduce((sum, word) => (sum + word) % prime, 0);
        words = words.map((word, i) => (total + mul(word, diagonal[i] as number, prime)) % prime);
      }
      for (const added of terminal) words = full(words, added);
      return words;
    },
  };
}

function grainRounds({ prime, fullRounds, partialRounds, diagonal }: Poseidon2Spec): Poseidon2Constants {
  const constant = grainConstants(prime, diagonal.length, fullRounds, partialRounds);
  const rounds = (): number[][] => Array.from({ length: fullRounds / 2 }, () => diagonal.map(constant));
  const initial = rounds();
  const internal = Array.from({ length: partialRounds }, constant);
  return { initial, internal, terminal: rounds() };
}

/** The external layer: circ(2, 3, 1, 1) on each four words, then the sum of all fours is added to each. */
function external(state: readonly number[], prime: number): number[] {
  const mixed = state.map((word, i) => {
    const start = i - (i % 4);
    const next = state[start + ((i + 1) % 4)] as number;
    const sum = [0, 1, 2, 3].reduce((total, k) => total + (state[start + k] as number), 0);
    return (sum + word + 2 * next) % prime;
  });
  const sums = [0, 1, 2, 3].map((k) =>
    mixed.reduce((total, word, i) => (i % 4 === k ? (total + word) % prime : total), 0),
  );
  return mixed.map((word, i) => (word + (sums[i % 4] as number)) % prime);
}

/** The product modulo a prime below 2^31: the upper half of one operand first. */
function mul(a: number, b: number, prime: number): number {
  const high = (a * (b >>> 16)) % prime;
  return (high * 65_536 + a * (b & 0xffff)) % prime;
}
