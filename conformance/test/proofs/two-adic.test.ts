import { describe, expect, it } from 'vitest';
import { alterations } from '../../src/proofs/plonky3/alterations.ts';
import type { FibonacciValues } from '../../src/proofs/plonky3/fibonacci.ts';
import type { TwoAdicProof } from '../../src/proofs/plonky3/two-adic.ts';
import {
  BABY_BEAR,
  FIXTURE_POSEIDON2,
  readTwoAdicProof,
  twoAdicGenerator,
  verifyTwoAdic,
} from '../../src/proofs/plonky3/two-adic.ts';
import { fibonacciTable, proveTwoAdic } from './two-adic-prover.ts';

const VALUES: FibonacciValues = [0, 1, 21];

describe('a two-adic proof', () => {
  const proof = proveTwoAdic(fibonacciTable(0, 1, 8), VALUES);

  it('holds, at several sizes and from other beginnings', () => {
    expect(verifyTwoAdic(proof, VALUES)).toBeUndefined();
    for (const [left, right, rows] of [
      [3, 5, 4],
      [2, 1, 16],
    ] as const) {
      const table = fibonacciTable(left, right, rows);
      const values: FibonacciValues = [left, right, table.at(-1)?.[1] as number];
      expect(verifyTwoAdic(proveTwoAdic(table, values), values)).toBeUndefined();
    }
  });

  it('is of its public values only', () => {
    for (const values of [
      [1, 1, 21],
      [0, 2, 21],
      [0, 1, 22],
    ] as const) {
      expect(verifyTwoAdic(proof, values)).toBe('the constraints at the point');
    }
  });

  it.each(['local', 'chunks', 'folds', 'openings', 'logRows'] as const)(
    'is refused with other %s',
    (part) => {
      for (const [path, altered] of alterations(proof[part])) {
        expect(verifyTwoAdic({ ...proof, [part]: altered } as TwoAdicProof, VALUES), path).toBeTypeOf(
          'string',
        );
      }
    },
  );

  it('does not come of a wrong row', () => {
    for (const wrong of [0, 3, 7]) {
      const table = fibonacciTable(0, 1, 8).map(([left, right], i): [number, number] =>
        i === wrong ? [left, right + 1] : [left, right],
      );
      expect(verifyTwoAdic(proveTwoAdic(table, VALUES), VALUES)).toBe('the constraints at the point');
    }
  });

  it('does not come of a codeword that is no polynomial, nor of another quotient', () => {
    const table = fibonacciTable(0, 1, 16);
    const values: FibonacciValues = [0, 1, 987];
    expect(verifyTwoAdic(proveTwoAdic(table, values), values)).toBeUndefined();
    const bent = proveTwoAdic(table, values, { wrongCodeword: true });
    expect(verifyTwoAdic(bent, values)).toBe('the final value');
    const other = proveTwoAdic(table, values, {
      quotient: ([first, ...rest]) => [
        (first as number[]).map((word) => (word + 1) % BABY_BEAR.prime),
        ...rest,
      ],
    });
    expect(verifyTwoAdic(other, values)).toBe('the constraints at the point');
  });

  it('has a number of rows that the field can hold', () => {
    for (const logRows of [0, 1, 26, 64, 2 ** 40]) {
      expect(verifyTwoAdic({ ...proof, logRows }, VALUES)).toBe('the number of rows');
    }
  });
});

describe('the two-adic fixture', () => {
  it('has generators of every subgroup', () => {
    expect(twoAdicGenerator(0)).toBe(1);
    expect(twoAdicGenerator(1)).toBe(BABY_BEAR.prime - 1);
    expect(twoAdicGenerator(27)).toBe(440564289);
    for (let log = 1; log <= 27; log++) {
      const g = twoAdicGenerator(log);
      expect(BABY_BEAR.mulWords(g, g)).toBe(twoAdicGenerator(log - 1));
    }
  });

  it('has a permutation of its own', () => {
    const state = new Array<number>(16).fill(0);
    expect(FIXTURE_POSEIDON2.prime).toBe(BABY_BEAR.prime);
    expect(new Set(FIXTURE_POSEIDON2.permute(state)).size).toBe(16);
  });

  it('is not read from other bytes', () => {
    for (const bytes of [new Uint8Array(), new Uint8Array(2000), new Uint8Array(2000).fill(255)]) {
      expect(() => readTwoAdicProof(bytes)).toThrow(RangeError);
    }
  });
});
