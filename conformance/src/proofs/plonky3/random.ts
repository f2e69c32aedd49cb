const MASK = 2n ** 64n - 1n;
const GOLDEN_GAMMA = 0x9e3779b97f4a7c15n;

/** What a generator gives: 32 random bits a call. */
export type NextWord = () => number;

/**
 * xoshiro256++, its state filled by SplitMix64: what Rust's `SmallRng::seed_from_u64` is on 64-bit machines.
 * A word is the upper half of a step's output.
 *
 * See https://prng.di.unimi.it/xoshiro256plusplus.c and https://prng.di.unimi.it/splitmix64.c
 */
export function smallRng(seed: bigint): NextWord {
  let mix = seed;
  const filled = (): bigint => {
    mix = (mix + GOLDEN_GAMMA) & MASK;
    let z = mix;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return z ^ (z >> 31n);
  };
  return xoshiro256([filled(), filled(), filled(), filled()]);
}

/** xoshiro256++ from a state that is not all zeros. */
export function xoshiro256(state: readonly [bigint, bigint, bigint, bigint]): NextWord {
  let [a, b, c, d] = state;
  return () => {
    const output = (rotate((a + d) & MASK, 23n) + a) & MASK;
    const shifted = (b << 17n) & MASK;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 45n);
    return Number(output >> 32n);
  };
}

function rotate(word: bigint, by: bigint): bigint {
  return ((word << by) | (word >> (64n - by))) & MASK;
}
