import { describe, expect, it } from 'vitest';
import { runMutations, SAMPLE_SUBJECTS, survivorsOf, ZKVM_SUBJECTS } from '../src/mutation/report.ts';

describe('the mutation report', () => {
  it('covers each sample, finds no survivor, and each rule is needed', () => {
    const seen: string[] = [];
    const reports = runMutations(SAMPLE_SUBJECTS, 1, ({ machine }) => void seen.push(machine));
    expect(reports).toHaveLength(SAMPLE_SUBJECTS.length);
    expect(seen).toEqual(reports.map(({ machine }) => machine));
    for (const report of reports) {
      expect(report.chips.length).toBeGreaterThan(0);
      expect(survivorsOf(report)).toBe(0);
      for (const { unnoticed } of report.chips) expect(unnoticed).toEqual([]);
    }
  });

  it('covers each chip of the zkVM, and finds no survivor', () => {
    const few = { maxCells: 20, findsNeeded: false };
    for (const report of runMutations(ZKVM_SUBJECTS, 1, () => {}, few)) {
      expect(report.survivingAttacks).toEqual([]);
      expect(report.chips.flatMap(({ survivors }) => survivors)).toEqual([]);
      const steps = 'add bitwise comparison branch jump sll mul div load store'.split(' ');
      const rest = [
        'load across',
        'store across',
        'host call',
        'output',
        'memory ends',
        'registers',
        'program',
      ];
      expect(report.chips.map(({ chip }) => chip)).toEqual(expect.arrayContaining([...steps, ...rest]));
    }
  });

  it('counts survivors and attacks', () => {
    const chip = { chip: 'c', mutants: 5, killed: 3, survivors: [], noticed: [], unnoticed: [] };
    expect(survivorsOf({ machine: 'm', chips: [chip, chip], survivingAttacks: ['a'] })).toBe(5);
  });
});
