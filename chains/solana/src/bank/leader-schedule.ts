import { type Bytes, compareBytes } from '@ninefold/base';

/** A key and what is delegated to it. */
export type Stake = { readonly key: Bytes; readonly stake: bigint };

/** Slots that a leader has in a row. */
export const CONSECUTIVE_LEADER_SLOTS = 4;

const MASK = 2n ** 64n - 1n;

/** "expand 32-byte k", the constants of ChaCha. */
const CONSTANTS: readonly number[] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];
const ROUNDS = 20;
const BLOCK_WORDS = 16;

/** Words that a quarter round mixes: columns, then diagonals. */
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

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/** Numbers of 64 bits out of ChaCha20 with `seed` for its key and a counter from zero. */
function createStream(seed: Bytes): () => bigint {
  const view = new DataView(seed.buffer, seed.byteOffset, seed.byteLength);
  const key = Array.from({ length: 8 }, (_, i) => view.getUint32(4 * i, true));
  const words = new Uint32Array(BLOCK_WORDS);
  let block = 0;
  let next = BLOCK_WORDS;
  const refill = (): void => {
    const start = Uint32Array.from([...CONSTANTS, ...key, block, 0, 0, 0]);
    words.set(start);
    for (let round = 0; round < ROUNDS / 2; round++) {
      for (const [a, b, c, d] of QUARTERS) mix(words, a, b, c, d);
    }
    for (let i = 0; i < BLOCK_WORDS; i++) words[i] = (words[i] as number) + (start[i] as number);
    block += 1;
    next = 0;
  };
  const word = (): bigint => {
    if (next === BLOCK_WORDS) refill();
    return BigInt(words[next++] as number);
  };
  return () => {
    const low = word();
    return low | (word() << 32n);
  };
}

function mix(words: Uint32Array, a: number, b: number, c: number, d: number): void {
  for (const [first, second] of [
    [16, 12],
    [8, 7],
  ] as const) {
    words[a] = (words[a] as number) + (words[b] as number);
    words[d] = rotate((words[d] as number) ^ (words[a] as number), first);
    words[c] = (words[c] as number) + (words[d] as number);
    words[b] = rotate((words[b] as number) ^ (words[c] as number), second);
  }
}

/**
 * Who leads the slots of an epoch: drawn by stake, four slots at a time.
 *
 * @param stakes as of the end of the epoch before last; keys with no stake lead nothing
 * @returns one position in the returned `keys` for each draw
 * @example leaderSchedule(980, stakes, 432_000).leader(slotIndex)
 */
export function leaderSchedule(
  epoch: number,
  stakes: readonly Stake[],
  slots: number,
): { readonly leader: (slotIndex: number) => Bytes } {
  const sorted = stakes
    .filter(({ stake }) => stake > 0n)
    .toSorted((a, b) => (a.stake === b.stake ? compareBytes(b.key, a.key) : a.stake > b.stake ? -1 : 1));
  let total = 0n;
  const sums = sorted.map(({ stake }) => (total += stake));
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setBigUint64(0, BigInt(epoch), true);
  const draw = createStream(seed);
  // Numbers above this would favour some: they are drawn again.
  const zone = MASK - (2n ** 64n % (total || 1n));
  const pick = (): number => {
    for (;;) {
      const product = draw() * total;
      if ((product & MASK) <= zone) return firstAbove(sums, product >> 64n);
    }
  };
  const draws = Math.ceil(slots / CONSECUTIVE_LEADER_SLOTS);
  const picks = total === 0n ? [] : Array.from({ length: draws }, pick);
  return {
    leader: (slotIndex) => {
      const position = picks[Math.floor(slotIndex / CONSECUTIVE_LEADER_SLOTS)];
      return sorted[position ?? -1]?.key ?? new Uint8Array(32);
    },
  };
}

/** Position of the first sum that is larger. */
function firstAbove(sums: readonly bigint[], value: bigint): number {
  let low = 0;
  let high = sums.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] as bigint) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
