import { isNinefoldError } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import type { Proof } from '../src/index.ts';
import { createKey, decodeProof, encodeProof, MAX_SEGMENTS, prove, verify } from '../src/index.ts';
import { P } from '../src/field/m31.ts';
import { SAMPLES } from '../src/samples.ts';

// Every list of a proof one shorter and one longer, every word as the same residue in another form: what a
// proof says has one form, and a verifier that is given an object takes no other either.

type Path = readonly (string | number)[];

/** Paths to all lists of numbers or of lists in a value. */
function listsIn(value: unknown, path: Path = []): Path[] {
  if (value instanceof Uint32Array) return [path];
  if (Array.isArray(value)) return [path, ...value.flatMap((item, i) => listsIn(item, [...path, i]))];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => listsIn(item, [...path, key]));
}

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], value);

/** A copy of a proof with another list at a path. */
function changed(proof: Proof, path: Path, change: (list: readonly unknown[]) => readonly unknown[]): Proof {
  const copy = structuredClone(proof);
  const list = at(copy, path) as readonly unknown[];
  const other = change(Array.from(list));
  const value = list instanceof Uint32Array ? Uint32Array.from(other as number[]) : other;
  (at(copy, path.slice(0, -1)) as Record<string | number, unknown>)[path.at(-1) as string] = value;
  return copy;
}

describe.each(['memory', 'walk'] as const)('a proof of %s', (name) => {
  const { machine, trace, fixed, publicValues } = SAMPLES[name]();
  const key = createKey(machine, fixed, 'dev');
  const proof = prove(key, [{ trace, publicValues }]);
  const codeOf = (other: Proof, values = [publicValues]): string | undefined => {
    try {
      verify(key.verifyingKey, values, other);
      return undefined;
    } catch (error) {
      if (!isNinefoldError(error)) throw error;
      return error.code;
    }
  };
  const lists = listsIn(proof).filter((path) => path.length > 0);

  it('is taken as it is', () => {
    expect(codeOf(proof)).toBeUndefined();
    expect(codeOf(structuredClone(proof))).toBeUndefined();
    expect(lists.length).toBeGreaterThan(20);
  });

  it('has lists of one length only', () => {
    for (const path of lists) {
      const shorter = changed(proof, path, (list) => list.slice(0, -1));
      if ((at(proof, path) as ArrayLike<unknown>).length > 0) {
        expect(codeOf(shorter), `${path.join('.')} cut`).toBe('STARK_INVALID_PROOF');
      }
      const longer = changed(proof, path, (list) => [...list, list.at(-1) ?? 0]);
      expect(codeOf(longer), `${path.join('.')} continued`).toBe('STARK_INVALID_PROOF');
      expect(codeOf(changed(proof, path, () => [])), `${path.join('.')} emptied`).toBe(
        (at(proof, path) as ArrayLike<unknown>).length > 0 ? 'STARK_INVALID_PROOF' : undefined,
      );
    }
  });

  it('has words of one form only', () => {
    for (const path of lists) {
      const list = Array.from(at(proof, path) as ArrayLike<unknown>);
      if (list.length === 0 || !list.every((item) => typeof item === 'number')) continue;
      for (const i of [0, list.length - 1]) {
        const alias = changed(proof, path, (words) =>
          words.map((word, k) => (k === i ? ((word as number) + P) % 2 ** 32 : word)),
        );
        expect(codeOf(alias), `${path.join('.')}.${i}`).toBe('STARK_INVALID_PROOF');
      }
    }
  });

  it('is of its parameters and as many segments as are asked for', () => {
    expect(codeOf({ ...proof, parameters: 'p100' })).toBe('STARK_INVALID_PROOF');
    expect(codeOf({ ...proof, segments: [] }, [])).toBe('STARK_INVALID_PROOF');
    expect(codeOf(proof, [])).toBe('STARK_INVALID_PROOF');
    expect(codeOf(proof, [publicValues, publicValues])).toBe('STARK_INVALID_PROOF');
    const many = new Array<Proof['segments'][number]>(MAX_SEGMENTS + 1).fill(proof.segments[0]!);
    expect(
      codeOf(
        { ...proof, segments: many },
        many.map(() => publicValues),
      ),
    ).toBe('STARK_INVALID_PROOF');
  });

  it('is of public values in their one form', () => {
    for (const value of [P, -1, 0.5, Number.NaN, 2 ** 32]) {
      expect(codeOf(proof, [[...publicValues.slice(1), value]])).toBe('STARK_INVALID_PROOF');
    }
    expect(codeOf(proof, [publicValues.slice(1)])).toBe(
      publicValues.length === 0 ? undefined : 'STARK_INVALID_PROOF',
    );
    expect(codeOf(proof, [[...publicValues, 0]])).toBe('STARK_INVALID_PROOF');
  });

  it('has heights that are possible', () => {
    const [segment] = proof.segments as [Proof['segments'][number]];
    for (const height of [0, 2, 27, 4.5, -3, Number.NaN, undefined]) {
      const heights = segment.logHeights.map((own, i) => (i === 0 ? height : own));
      expect(codeOf({ ...proof, segments: [{ ...segment, logHeights: heights }] }), String(height)).toBe(
        'STARK_INVALID_PROOF',
      );
    }
  });

  it('says in its bytes how much is missing, and is read at any place of a buffer', () => {
    const bytes = encodeProof(proof);
    for (const shift of [1, 2, 4, 7]) {
      const room = new Uint8Array(bytes.length + shift + 5);
      room.set(bytes, shift);
      expect(decodeProof(key.verifyingKey, room.subarray(shift, shift + bytes.length))).toEqual(proof);
    }
    const counted = bytes.slice();
    // The number of segments.
    for (const count of [0, 2, MAX_SEGMENTS, MAX_SEGMENTS + 1, 2 ** 32 - 1]) {
      new DataView(counted.buffer).setUint32(16, count, true);
      expect(() => decodeProof(key.verifyingKey, counted), String(count)).toThrowError(
        expect.objectContaining({
          code: expect.stringMatching(/^STARK_(MALFORMED|INVALID)_PROOF$/) as unknown,
        }),
      );
    }
  });
});
