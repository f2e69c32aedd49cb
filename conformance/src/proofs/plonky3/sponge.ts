import type { Poseidon2 } from '@ninefold/stark';
import type { TreeHash } from './merkle.ts';
import type { Transcript } from './transcript.ts';

/** Words of a state of sixteen that take input and give output; a digest is as long. */
const RATE = 8;

/** A digest: eight words. */
export type SpongeDigest = readonly number[];

/**
 * Trees over a permutation of sixteen words: rows by an overwriting sponge without padding, nodes by the
 * permutation of both digests, cut.
 */
export function spongeTree({ width, permute }: Poseidon2): TreeHash<SpongeDigest> {
  return {
    leaf(cells) {
      let state: number[] = new Array<number>(width).fill(0);
      for (let at = 0; at < cells.length; at += RATE) {
        const block = cells.slice(at, at + RATE);
        state = permute([...block, ...state.slice(block.length)]);
      }
      return state.slice(0, RATE);
    },
    node: (left, right) => permute([...left, ...right]).slice(0, RATE),
    equal: (a, b) => a.every((word, i) => word === b[i]),
  };
}

/**
 * A duplex sponge: absorbed words replace the rate, what they do not fill is cleared, and their number is
 * added to the first word of the capacity. Output is taken from the rate's end.
 */
export function duplexTranscript({ prime, width, permute }: Poseidon2): Transcript<SpongeDigest> {
  let state: readonly number[] = new Array<number>(width).fill(0);
  let input: number[] = [];
  let output: number[] = [];
  const duplex = (): void => {
    if (input.length > 0) {
      const rate = Array.from({ length: RATE }, (_, i) => input[i] ?? 0);
      const [first, ...rest] = state.slice(RATE) as [number, ...number[]];
      state = [...rate, (first + input.length) % prime, ...rest];
    }
    state = permute(state);
    input = [];
    output = state.slice(0, RATE);
  };
  const observe = (word: number): void => {
    output = [];
    input.push(word);
    if (input.length === RATE) duplex();
  };
  const sample = (): number => {
    if (input.length > 0 || output.length === 0) duplex();
    return output.pop() as number;
  };
  return {
    observe,
    observeRoot: (root) => root.forEach(observe),
    sample,
    bits: (count) => sample() % 2 ** count,
  };
}
