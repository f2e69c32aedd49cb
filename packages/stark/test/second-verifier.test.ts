import { seededRng } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import type { ParameterSet } from '../src/index.ts';
import { createKey, decodeProof, encodeProof, PARAMETER_SETS, prove, verify } from '../src/index.ts';
import type { Sample } from '../src/samples.ts';
import { cloneTrace, SAMPLES } from '../src/samples.ts';
import { scene } from './scene.ts';
import { secondVerify } from './second-verifier.ts';

function subject(
  { machine, trace, fixed, publicValues }: Sample,
  set: ParameterSet = 'dev',
): {
  readonly bytes: Uint8Array;
  readonly first: (bytes: Uint8Array, values?: readonly number[]) => boolean;
  readonly second: (bytes: Uint8Array, values?: readonly number[]) => boolean;
} {
  const key = createKey(machine, fixed, set);
  const accepts = (check: () => void): boolean => {
    try {
      check();
      return true;
    } catch {
      return false;
    }
  };
  return {
    bytes: encodeProof(prove(key, [{ trace, publicValues }])),
    first: (bytes, values = publicValues) =>
      accepts(() => void verify(key.verifyingKey, [values], decodeProof(key.verifyingKey, bytes))),
    second: (bytes, values = publicValues) => accepts(() => secondVerify(key.verifyingKey, [values], bytes)),
  };
}

describe('a second verifier', () => {
  it.each(Object.entries(SAMPLES))('accepts the proofs of %s', (_name, make) => {
    const { bytes, first, second } = subject(make());
    expect(first(bytes)).toBe(true);
    expect(second(bytes)).toBe(true);
  });

  it('accepts proofs over the sextic extension with joins and folds', () => {
    const { machine, trace, fixed } = SAMPLES.rangeCheck(7, 4);
    const key = createKey(machine, fixed, {
      name: 'dev',
      hash: 'keccak256',
      targetBits: 0,
      extensionDegree: 6,
      logBlowup: 2,
      queries: 3,
      queryGrinding: 3,
      grinding: 2,
      maxFold: 3,
      logFinal: 1,
    });
    const bytes = encodeProof(prove(key, [{ trace }]));
    verify(key.verifyingKey, [[]], decodeProof(key.verifyingKey, bytes));
    secondVerify(key.verifyingKey, [[]], bytes);
  });

  it('accepts proofs of tables of many heights: short ones are sent whole, lines are lifted', () => {
    for (const [heights, queries, maxFold] of [
      [[3, 5, 7], 16, 3],
      [[4, 3, 8], 5, 2],
      [[3, 4, 5], 12, 1],
    ] as const) {
      const { machine, trace, fixed, publicValues } = scene(
        heights.map((logHeight) => ({ logHeight, steps: [[0, 1, 2]] })),
        7,
      );
      const set = { ...PARAMETER_SETS.dev, queries, maxFold };
      const key = createKey(machine, fixed, set);
      const bytes = encodeProof(prove(key, [{ trace, publicValues }]));
      verify(key.verifyingKey, [publicValues], decodeProof(key.verifyingKey, bytes));
      secondVerify(key.verifyingKey, [publicValues], bytes);
    }
  });

  it('accepts several segments', () => {
    const { machine, trace, publicValues } = SAMPLES.walk();
    const key = createKey(machine, {}, 'dev');
    const bytes = encodeProof(
      prove(key, [
        { trace, publicValues },
        { trace, publicValues },
      ]),
    );
    secondVerify(key.verifyingKey, [publicValues, publicValues], bytes);
  });

  it('refuses what the first one refuses', () => {
    const { bytes, first, second } = subject(SAMPLES.fibonacci(3));
    const rng = seededRng(5);
    for (let round = 0; round < 60; round++) {
      const changed = bytes.slice();
      changed[rng.below(bytes.length)]! ^= 1 << rng.below(8);
      expect(first(changed)).toBe(false);
      expect(second(changed)).toBe(false);
    }
    for (const values of [[0, 1, 22], [1, 1, 21], [0, 1], []]) {
      expect(first(bytes, values)).toBe(false);
      expect(second(bytes, values)).toBe(false);
    }
    expect(second(bytes.slice(0, -4))).toBe(false);
    expect(second(new Uint8Array([...bytes, 0, 0, 0, 0]))).toBe(false);
  });

  it('refuses proofs of wrong traces', () => {
    for (const make of [() => SAMPLES.fibonacci(3), () => SAMPLES.rangeCheck(), () => SAMPLES.walk()]) {
      const sample = make();
      const trace = cloneTrace(sample.trace);
      const [table] = Object.values(trace);
      table!.columns[0]![2]! ^= 1;
      const { bytes, first, second } = subject({ ...sample, trace });
      expect(first(bytes)).toBe(false);
      expect(second(bytes)).toBe(false);
    }
  });
});
