import { blake2s } from '@noble/hashes/blake2.js';
import { seededRng } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import type { Poseidon2Spec } from '../src/index.ts';
import { blake2s256, createPoseidon2, POSEIDON2_SPECS } from '../src/index.ts';
import { grainConstants } from '../src/hash/grain.ts';

const INSTANCES = Object.entries(POSEIDON2_SPECS).flatMap(([field, widths]) =>
  Object.entries(widths).map(([width, spec]): [string, number, Poseidon2Spec] => [
    field,
    Number(width),
    spec,
  ]),
);

/** The permutation by matrices, on BigInt. */
function byMatrices(spec: Poseidon2Spec, state: readonly number[]): number[] {
  const { prime, alpha, fullRounds, partialRounds, diagonal } = spec;
  const p = BigInt(prime);
  const t = diagonal.length;
  const power = (base: bigint, exponent: bigint): bigint =>
    exponent === 0n ? 1n : (power((base * base) % p, exponent / 2n) * (exponent % 2n === 1n ? base : 1n)) % p;
  const next = grainConstants(prime, t, fullRounds, partialRounds);
  const circulant = [2n, 3n, 1n, 1n];
  const external = Array.from({ length: t }, (_, i) =>
    Array.from({ length: t }, (_, j) => {
      const entry = circulant[((j % 4) - (i % 4) + 4) % 4]!;
      return Math.floor(i / 4) === Math.floor(j / 4) ? 2n * entry : entry;
    }),
  );
  const internal = Array.from({ length: t }, (_, i) =>
    Array.from({ length: t }, (_, j) => {
      const [numerator, log] = diagonal[i]!;
      return i === j ? 1n + BigInt(numerator) * power(power(2n, BigInt(log)), p - 2n) : 1n;
    }),
  );
  const apply = (matrix: bigint[][], words: bigint[]): bigint[] =>
    matrix.map((row) => ((row.reduce((sum, entry, j) => sum + entry * words[j]!, 0n) % p) + p) % p);
  const full = (words: bigint[]): bigint[] =>
    apply(
      external,
      words.map((word) => power(word + BigInt(next()), BigInt(alpha))),
    );
  let words = apply(external, state.map(BigInt));
  for (let i = 0; i < fullRounds / 2; i++) words = full(words);
  for (let i = 0; i < partialRounds; i++) {
    words[0] = power(words[0]! + BigInt(next()), BigInt(alpha));
    words = apply(internal, words);
  }
  for (let i = 0; i < fullRounds / 2; i++) words = full(words);
  return words.map(Number);
}

describe('Poseidon2', () => {
  it.each(INSTANCES)('over %s of width %i is what its matrices say', (_field, width, spec) => {
    const rng = seededRng(width);
    const permutation = createPoseidon2(spec);
    expect(permutation.width).toBe(width);
    for (const state of [
      Array.from({ length: width }, (_, i) => i),
      Array.from({ length: width }, () => rng.below(spec.prime)),
      new Array<number>(width).fill(spec.prime - 1),
    ]) {
      expect(permutation.permute(state)).toEqual(byMatrices(spec, state));
    }
  });

  it('takes other round constants', () => {
    const spec = POSEIDON2_SPECS.babybear[16];
    const next = grainConstants(spec.prime, 16, spec.fullRounds, spec.partialRounds);
    const rounds = (): number[][] => Array.from({ length: 4 }, () => Array.from({ length: 16 }, next));
    const initial = rounds();
    const internal = Array.from({ length: spec.partialRounds }, next);
    const terminal = rounds();
    const state = Array.from({ length: 16 }, (_, i) => i * i);
    const expected = createPoseidon2(spec).permute(state);
    expect(createPoseidon2(spec, { initial, internal, terminal }).permute(state)).toEqual(expected);
    for (const constants of [
      { initial: terminal, internal, terminal: initial },
      { initial, internal: internal.with(12, 0), terminal },
    ]) {
      expect(createPoseidon2(spec, constants).permute(state)).not.toEqual(expected);
    }
  });

  it('has the published answer over M31', () => {
    const { permute } = createPoseidon2(POSEIDON2_SPECS.mersenne31[16]);
    expect(permute(Array.from({ length: 16 }, (_, i) => i)).slice(0, 3)).toEqual([
      187465786, 1528751313, 1237758435,
    ]);
  });
});

describe('BLAKE2s of bytes', () => {
  it('is that of others, of any length', () => {
    for (const length of [0, 1, 3, 4, 63, 64, 65, 127, 128, 129, 100_000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i % 251);
      expect(blake2s256(bytes)).toEqual(blake2s(bytes));
    }
  });
});
