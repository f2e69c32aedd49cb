import type { MutationOptions, MutationReport, MutationSubject } from '@ninefold/stark';
import { mutateTrace, SAMPLES } from '@ninefold/stark';
import { zkvmSubject } from './zkvm.ts';

/** A machine with a valid trace, and what its mutation is to know. */
export type Subject = MutationSubject & Pick<MutationOptions, 'attacks' | 'dontCare' | 'followed'>;

/** Small machines, each of whose rules the report shows to be needed. */
export const SAMPLE_SUBJECTS: readonly (() => Subject)[] = [
  () => SAMPLES.fibonacci(6),
  () => SAMPLES.rangeCheck(6, 6),
  () => SAMPLES.memory(5),
  () => SAMPLES.walk(4),
];

/**
 * The zkVM's machines. Rules over several chips are not shown to be needed by changes within one: those have
 * tests of their own in `vms/riscv`.
 */
export const ZKVM_SUBJECTS: readonly (() => Subject)[] = [() => zkvmSubject(32), () => zkvmSubject(64)];

/** Cells of a chip that are changed at most, each in every way. */
const MAX_CELLS = 3000;

/** Mutants that nothing caught, over all chips of a report. */
export function survivorsOf({ chips, survivingAttacks }: MutationReport): number {
  return chips.reduce((total, { mutants, killed }) => total + mutants - killed, survivingAttacks.length);
}

/** Mutates the subjects, one after the other. */
export function runMutations(
  subjects: readonly (() => Subject)[],
  seed: number,
  onReport: (report: MutationReport) => void,
  options: Pick<MutationOptions, 'maxCells' | 'findsNeeded'> = {},
): MutationReport[] {
  return subjects.map((make) => {
    const { attacks = {}, dontCare = () => false, followed = [], ...subject } = make();
    const report = mutateTrace(subject, {
      seed,
      attacks,
      dontCare,
      followed,
      maxCells: MAX_CELLS,
      ...options,
    });
    onReport(report);
    return report;
  });
}
