import { describe, expect, it } from 'vitest';
import { MUTATION_SUBJECTS, runMutations, survivorsOf } from '../src/mutation/report.ts';

describe('the mutation report', () => {
  it('covers each subject and finds no survivor', () => {
    const seen: string[] = [];
    const reports = runMutations(1, ({ machine }) => void seen.push(machine));
    expect(reports).toHaveLength(Object.keys(MUTATION_SUBJECTS).length);
    expect(seen).toEqual(reports.map(({ machine }) => machine));
    for (const report of reports) {
      expect(report.chips.length).toBeGreaterThan(0);
      expect(survivorsOf(report)).toBe(0);
      // Each rule is needed.
      for (const { unnoticed } of report.chips) expect(unnoticed).toEqual([]);
    }
  });

  it('counts survivors and attacks', () => {
    const chip = { chip: 'c', mutants: 5, killed: 3, survivors: [], noticed: [], unnoticed: [] };
    expect(survivorsOf({ machine: 'm', chips: [chip, chip], survivingAttacks: ['a'] })).toBe(5);
  });
});
