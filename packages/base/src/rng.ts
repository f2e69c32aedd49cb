import type { Bytes } from './bytes.ts';

/** A reproducible stream of random numbers for tests, fuzzers and simulations. Not for secrets. */
export type Rng = {
  /** Uniform 32-bit unsigned integer. */
  readonly u32: () => number;
  /** Uniform integer in [0, limit). */
  readonly below: (limit: number) => number;
  readonly bytes: (length: number) => Bytes;
  readonly pick: <Item>(items: readonly Item[]) => Item;
};

/** The sfc32 generator of PractRand, seeded by one 32-bit number; equal seeds give equal streams. */
export function seededRng(seed: number): Rng {
  let a = seed | 0;
  let b = 0x9e3779b9 | 0;
  let c = 0x243f6a88 | 0;
  let counter = 1;
  const u32 = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  // The first outputs still show the seed.
  for (let i = 0; i < 12; i++) u32();
  const below = (limit: number): number => Math.floor((u32() / 2 ** 32) * limit);
  return {
    u32,
    below,
    bytes: (length) => Uint8Array.from({ length }, () => u32() & 0xff),
    pick: (items) => {
      if (items.length === 0) throw new RangeError('pick from an empty list');
      return items[below(items.length)] as (typeof items)[number];
    },
  };
}
