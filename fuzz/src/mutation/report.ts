import type { MutationReport, Sample } from '@ninefold/stark';
import { mutateTrace, SAMPLES } from '@ninefold/stark';

/** Machines with a valid trace each, whose every cell is changed. */
export const MUTATION_SUBJECTS: Readonly<Record<string, () => Sample>> = {
  fibonacci: () => SAMPLES.fibonacci(6),
  range: () => SAMPLES.rangeCheck(6, 6),
  memory: () => SAMPLES.memory(5),
  walk: () => SAMPLES.walk(4),
};

/** Mutants that nothing caught, over all chips of a report. */
export function survivorsOf({ chips, survivingAttacks }: MutationReport): number {
  return chips.reduce((total, { mutants, killed }) => total + mutants - killed, survivingAttacks.length);
}

/** Mutates all subjects, one after the other. */
export function runMutations(seed: number, onReport: (report: MutationReport) => void): MutationReport[] {
  return Object.values(MUTATION_SUBJECTS).map((subject) => {
    const sample = subject();
    const report = mutateTrace(sample, { seed, attacks: sample.attacks });
    onReport(report);
    return report;
  });
}
