import { seededRng } from '@ninefold/base';
import { createKey, encodeProof, MAX_PROOF_BYTES, prove, SAMPLES } from '@ninefold/stark';
import { describe, expect, it } from 'vitest';
import { BOUNDS, problemsOf } from '../src/proofs/campaign.ts';
import { damages } from '../src/proofs/damage.ts';
import { refuseDamaged } from '../src/proofs/refuse.ts';
import type { Subject } from '../src/proofs/subjects.ts';

const { machine, trace, fixed, publicValues } = SAMPLES.fibonacci(3);
const key = createKey(machine, fixed, 'dev');
const subject: Subject = {
  kind: 'proof',
  name: 'fibonacci',
  sample: 'fibonacci',
  parameters: 'dev',
  root: undefined,
  logHeights: [],
  publicValues: [publicValues],
  bytes: encodeProof(prove(key, [{ trace, publicValues }])),
};
const none = { seed: 1, seconds: 0, peak: () => 0 };

describe('damaged proofs', () => {
  it('are of every kind, and never the proof itself for long', () => {
    const taken: string[] = [];
    let same = 0;
    for (const { what, bytes } of damages(subject.bytes, seededRng(1))) {
      expect(bytes.length).toBeLessThanOrEqual(MAX_PROOF_BYTES + 4);
      if (Buffer.compare(bytes, subject.bytes) === 0) same++;
      taken.push(what.replaceAll(/\d+/g, '#'));
      if (what === 'several words changed') break;
    }
    expect(new Set(taken).size).toBeGreaterThanOrEqual(12);
    expect(taken.filter((what) => what === 'byte # flipped')).toHaveLength(subject.bytes.length);
    expect(same).toBeLessThan(taken.length / 4);
  });

  it('are refused, all of them', () => {
    const refusals = refuseDamaged(subject, { ...none, seconds: 1 });
    expect(refusals.cases).toBeGreaterThan(0);
    expect(refusals.findings).toEqual([]);
  });

  it('are found when they are taken, and when they are slow or large', () => {
    // Another statement: already the intact proof is refused.
    const other = refuseDamaged({ ...subject, publicValues: [[9, 9, 9]] }, none);
    expect(other.findings).toEqual([{ what: 'intact', outcome: 'STARK_INVALID_PROOF' }]);
    expect(problemsOf(other)).toHaveLength(1);
    const { findings: _, ...good } = other;
    expect(problemsOf({ ...good, findings: [] })).toEqual([]);
    expect(
      problemsOf({
        ...good,
        findings: [],
        slowest: { milliseconds: BOUNDS.milliseconds + 1, what: 'noise' },
        peakBytes: BOUNDS.bytes + 1,
      }),
    ).toHaveLength(2);
  });
});
