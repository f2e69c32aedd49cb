import * as fc from 'fast-check';
import { isNinefoldError, seededRng } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import type { Proof } from '../src/index.ts';
import { createKey, decodeProof, encodeProof, MAX_PROOF_BYTES, prove, verify } from '../src/index.ts';
import { SAMPLES } from '../src/samples.ts';

const code = (code: string): object => expect.objectContaining({ code });

function example(name: keyof typeof SAMPLES): {
  readonly key: ReturnType<typeof createKey>['verifyingKey'];
  readonly proof: Proof;
  readonly bytes: Uint8Array;
  readonly publicValues: readonly number[];
} {
  const { machine, trace, fixed, publicValues } = SAMPLES[name]();
  const key = createKey(machine, fixed, 'dev');
  const proof = prove(key, [{ trace, publicValues }]);
  return { key: key.verifyingKey, proof, bytes: encodeProof(proof), publicValues };
}

/** Decodes and verifies; gives the error's code, undefined when all is well. */
function outcome({ key, publicValues }: ReturnType<typeof example>, bytes: Uint8Array): string | undefined {
  try {
    verify(key, [publicValues], decodeProof(key, bytes));
    return undefined;
  } catch (error) {
    if (!isNinefoldError(error)) throw error;
    return error.code;
  }
}

const REFUSALS = ['STARK_MALFORMED_PROOF', 'STARK_INVALID_PROOF'];

describe('encoded proofs', () => {
  it.each(Object.keys(SAMPLES) as (keyof typeof SAMPLES)[])('of %s come back', (name) => {
    const { key, proof, bytes, publicValues } = example(name);
    const decoded = decodeProof(key, bytes);
    expect(decoded).toEqual(proof);
    expect(encodeProof(decoded)).toEqual(bytes);
    verify(key, [publicValues], decoded);
    // A view into a larger buffer reads the same.
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeProof(key, shifted.subarray(3))).toEqual(proof);
  });

  it('are refused when any word is changed', () => {
    const subject = example('walk');
    const { bytes } = subject;
    const rng = seededRng(7);
    for (let at = 0; at < bytes.length; at += 4) {
      const changed = bytes.slice();
      changed[at + rng.below(4)]! ^= 1 << rng.below(8);
      expect(REFUSALS, `word ${at / 4}`).toContain(outcome(subject, changed));
    }
  });

  it('are refused when words are exchanged, repeated or left out', () => {
    const subject = example('fibonacci');
    const words = subject.bytes.length / 4;
    fc.assert(
      fc.property(fc.nat(words - 1), fc.nat(words - 1), fc.integer({ min: 0, max: 2 }), (a, b, kind) => {
        const view = Array.from(new Uint32Array(subject.bytes.slice().buffer));
        if (kind === 0) [view[a], view[b]] = [view[b]!, view[a]!];
        else if (kind === 1) view.splice(a, 0, view[b]!);
        else view.splice(a, 1);
        const changed = new Uint8Array(Uint32Array.from(view).buffer);
        const same =
          changed.length === subject.bytes.length && changed.every((byte, i) => byte === subject.bytes[i]);
        if (!same) expect(REFUSALS).toContain(outcome(subject, changed));
      }),
      { numRuns: 300 },
    );
  });

  it('are refused when cut or continued', () => {
    const subject = example('fibonacci');
    const { key, bytes } = subject;
    for (let length = 0; length < bytes.length; length += 1 + Math.floor(length / 8)) {
      expect(REFUSALS).toContain(outcome(subject, bytes.slice(0, length)));
    }
    for (const more of [1, 4, 400]) {
      const longer = new Uint8Array(bytes.length + more);
      longer.set(bytes);
      expect(() => decodeProof(key, longer)).toThrow(code('STARK_MALFORMED_PROOF'));
    }
    expect(() => decodeProof(key, new Uint8Array(MAX_PROOF_BYTES + 4))).toThrow(
      code('STARK_MALFORMED_PROOF'),
    );
  });

  it('are refused when they are noise', () => {
    const subject = example('memory');
    const header = subject.bytes.slice(0, 20);
    const rng = seededRng(3);
    for (let round = 0; round < 200; round++) {
      const noise = rng.bytes(4 * rng.below(500));
      if (round % 2 === 0) noise.set(header.subarray(0, Math.min(header.length, noise.length)));
      expect(REFUSALS).toContain(outcome(subject, noise));
    }
  });

  it('say of which parameters they are', () => {
    const { bytes } = example('fibonacci');
    const { machine } = SAMPLES.fibonacci();
    const other = createKey(machine, {}, 'p100').verifyingKey;
    expect(() => decodeProof(other, bytes)).toThrow(code('STARK_MALFORMED_PROOF'));
    for (const word of [5, 99]) {
      const changed = bytes.slice();
      changed[8] = word;
      expect(() => decodeProof(example('fibonacci').key, changed)).toThrow(code('STARK_MALFORMED_PROOF'));
    }
  });
});
