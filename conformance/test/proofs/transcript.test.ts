import { keccak256 } from '@ninefold/crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KECCAK_TREE, keccakTranscript } from '../../src/proofs/plonky3/keccak.ts';
import { smallRng, xoshiro256 } from '../../src/proofs/plonky3/random.ts';
import { duplexTranscript, spongeTree } from '../../src/proofs/plonky3/sponge.ts';
import type { Transcript } from '../../src/proofs/plonky3/transcript.ts';
import { hasWork } from '../../src/proofs/plonky3/transcript.ts';
import { FIXTURE_POSEIDON2 } from '../../src/proofs/plonky3/two-adic.ts';

const M31 = 2 ** 31 - 1;

const TRANSCRIPTS: readonly (readonly [string, () => Transcript<never>])[] = [
  ['a transcript over Keccak-256', () => keccakTranscript(M31)],
  ['a duplex sponge', () => duplexTranscript(FIXTURE_POSEIDON2)],
];

describe.each(TRANSCRIPTS)('%s', (_name, create) => {
  const after = (words: readonly number[]): number[] => {
    const transcript = create();
    words.forEach(transcript.observe);
    return Array.from({ length: 12 }, transcript.sample);
  };

  it('gives the same for the same words, and something else for others', () => {
    const words = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 20 });
    fc.assert(
      fc.property(words, words, (a, b) => {
        expect(after(a)).toEqual(after(a));
        if (a.join() !== b.join()) expect(after(a)).not.toEqual(after(b));
      }),
      { numRuns: 30 },
    );
  });

  it('is bound to trailing zeros', () => {
    const seen = Array.from({ length: 10 }, (_, length) => after(new Array<number>(length).fill(0)).join());
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('changes what comes after a word, not what came before', () => {
    const [one, other] = [create(), create()];
    expect(one.sample()).toBe(other.sample());
    one.observe(1);
    other.observe(2);
    expect(one.sample()).not.toBe(other.sample());
  });

  it('gives the lower bits of a draw', () => {
    for (const count of [0, 1, 5, 20]) {
      const bits = create().bits(count);
      expect(bits).toBeLessThan(2 ** count);
      expect(bits).toBe(create().sample() % 2 ** count);
    }
  });

  it('asks for work', () => {
    const good = Array.from({ length: 64 }, (_, nonce) => nonce).filter((nonce) =>
      hasWork(create(), 3, nonce),
    );
    expect(good.length).toBeGreaterThan(0);
    expect(good.length).toBeLessThan(32);
    expect(hasWork(create(), 0, 0)).toBe(true);
    expect(hasWork(create(), 0, 1)).toBe(false);
  });
});

describe('hashing over Keccak-256', () => {
  it('takes words as little-endian bytes', () => {
    const bytes = Uint8Array.of(1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f);
    expect(KECCAK_TREE.leaf([1, M31])).toEqual(keccak256(bytes));
    expect(KECCAK_TREE.node(bytes.slice(0, 4), bytes.slice(4))).toEqual(keccak256(bytes));
  });

  it('draws from the end of the digest, and begins again with it', () => {
    const transcript = keccakTranscript(M31);
    transcript.observe(7);
    let digest = keccak256(Uint8Array.of(7, 0, 0, 0));
    const drawn = Array.from({ length: 16 }, () => transcript.bits(8));
    const expected = [0, 1].flatMap(() => {
      const ends = Array.from({ length: 8 }, (_, i) => digest[31 - 4 * i] as number);
      digest = keccak256(digest);
      return ends;
    });
    expect(drawn).toEqual(expected);
  });
});

describe('a sponge over Poseidon2', () => {
  const { leaf, node, equal } = spongeTree(FIXTURE_POSEIDON2);
  const { permute } = FIXTURE_POSEIDON2;

  it('absorbs eight words at a time over what is there', () => {
    const cells = Array.from({ length: 11 }, (_, i) => i + 1);
    const first = permute([...cells.slice(0, 8), ...new Array<number>(8).fill(0)]);
    expect(leaf(cells)).toEqual(permute([9, 10, 11, ...first.slice(3)]).slice(0, 8));
    expect(leaf(cells.slice(0, 8))).toEqual(first.slice(0, 8));
    expect(leaf([])).toEqual(new Array<number>(8).fill(0));
  });

  it('compresses two digests', () => {
    const [a, b] = [leaf([1]), leaf([2])];
    expect(node(a, b)).toEqual(permute([...a, ...b]).slice(0, 8));
    expect(equal(node(a, b), node(b, a))).toBe(false);
    expect(equal(a, [...a])).toBe(true);
  });

  it('adds the number of words to the capacity', () => {
    const transcript = duplexTranscript(FIXTURE_POSEIDON2);
    [5, 6].forEach(transcript.observe);
    const state = permute([5, 6, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    const drawn = Array.from({ length: 9 }, transcript.sample);
    expect(drawn.slice(0, 8)).toEqual(state.slice(0, 8).reverse());
    expect(drawn[8]).toBe(permute(state)[7]);
  });
});

describe('random words', () => {
  it('are those of xoshiro256++ and SplitMix64', () => {
    // The upper halves of the reference implementations' first outputs.
    const next = xoshiro256([1n, 2n, 3n, 4n]);
    const outputs = [41943041n, 58720359n, 3588806011781223n, 3591011842654386n, 9228616714210784205n];
    for (const output of outputs) expect(next()).toBe(Number(output >> 32n));
    const seeded = smallRng(0n);
    for (const output of [5987356902031041503n, 7051070477665621255n, 6633766593972829180n]) {
      expect(seeded()).toBe(Number(output >> 32n));
    }
  });
});
