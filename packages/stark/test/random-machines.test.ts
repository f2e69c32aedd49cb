import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTrace, createKey, decodeProof, encodeProof, prove, verify } from '../src/index.ts';
import { P } from '../src/field/m31.ts';
import { chipPlan, parameters, scene } from './scene.ts';
import { secondVerify } from './second-verifier.ts';

describe('random machines', () => {
  const plans = fc.array(chipPlan, { minLength: 1, maxLength: 3 });

  it('have proofs that hold, whatever the heights and parameters', () => {
    fc.assert(
      fc.property(plans, parameters, fc.nat(1000), (chips, set, seed) => {
        const { machine, trace, fixed, publicValues } = scene(chips, seed);
        expect(checkTrace(machine, trace, { fixed, publicValues })).toEqual([]);
        const key = createKey(machine, fixed, set);
        const bytes = encodeProof(prove(key, [{ trace, publicValues }]));
        verify(key.verifyingKey, [publicValues], decodeProof(key.verifyingKey, bytes));
      }),
      { numRuns: 25 },
    );
  });

  it('have proofs that a second verifier takes', () => {
    fc.assert(
      fc.property(plans, parameters, fc.nat(1000), (chips, set, seed) => {
        const { machine, trace, fixed, publicValues } = scene(chips, seed);
        const key = createKey(machine, fixed, { ...set, queries: 1 });
        secondVerify(key.verifyingKey, [publicValues], encodeProof(prove(key, [{ trace, publicValues }])));
      }),
      { numRuns: 5 },
    );
  });

  it('have no proof of a trace with a wrong cell', () => {
    fc.assert(
      fc.property(plans, fc.nat(1000), fc.nat(), (chips, seed, at) => {
        const { machine, trace, fixed, publicValues } = scene(chips, seed);
        const tables = Object.values(trace);
        const { columns } = tables[at % tables.length]!;
        const column = columns[at % columns.length]!;
        const row = at % column.length;
        column[row] = (column[row]! + 1 + (at % 100)) % P;
        const violations = checkTrace(machine, trace, { fixed, publicValues });
        const key = createKey(machine, fixed, 'dev');
        const proof = prove(key, [{ trace, publicValues }]);
        const check = (): unknown => verify(key.verifyingKey, [publicValues], proof);
        // A copy on a row that is not real may hold anything: the checker and the verifier agree on that.
        if (violations.length === 0) check();
        else expect(check).toThrow(expect.objectContaining({ code: 'STARK_INVALID_PROOF' }));
      }),
      { numRuns: 20 },
    );
  });
});
