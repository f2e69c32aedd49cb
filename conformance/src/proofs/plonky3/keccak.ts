import { concatBytes, equalBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import type { TreeHash } from './merkle.ts';
import type { Transcript } from './transcript.ts';

/** Trees over Keccak-256: words are hashed as four little-endian bytes each. */
export const KECCAK_TREE: TreeHash<Uint8Array> = {
  leaf: (cells) => keccak256(concatBytes(...cells.map(littleEndian))),
  node: (left, right) => keccak256(concatBytes(left, right)),
  equal: equalBytes,
};

/** A hash chain over Keccak-256: output is taken from its end, input begins with the last output. */
export function keccakTranscript(prime: number): Transcript<Uint8Array> {
  let input: number[] = [];
  let output: number[] = [];
  const observeRoot = (bytes: Uint8Array): void => {
    output = [];
    input.push(...bytes);
  };
  const word = (): number => {
    let sum = 0;
    for (let i = 0; i < 4; i++) {
      if (output.length === 0) {
        output = Array.from(keccak256(Uint8Array.from(input)));
        input = [...output];
      }
      sum += (output.pop() as number) * 2 ** (8 * i);
    }
    return sum;
  };
  return {
    observe: (value) => observeRoot(littleEndian(value)),
    observeRoot,
    bits: (count) => word() % 2 ** count,
    sample() {
      for (;;) {
        const value = word() % 2 ** 31;
        if (value < prime) return value;
      }
    },
  };
}

function littleEndian(word: number): Uint8Array {
  return Uint8Array.of(word, word >>> 8, word >>> 16, word >>> 24);
}
