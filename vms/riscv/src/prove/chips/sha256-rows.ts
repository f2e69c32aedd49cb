import type { AirBuilder, Expression } from '@ninefold/stark';
import { numbers } from '../bits.ts';
import type { Columns } from '../gadgets.ts';

// The two chips of SHA-256 take a number of rows for each call that is a multiple of eight. Which row it is
// is told by two sets of flags: one for the group of eight, one for the place within it.

export const GROUP_ROWS = 8;

/** The flags of a call's rows: one of each set on every row of a call, none on padding. */
export type CallRows = {
  readonly real: Expression;
  readonly groups: readonly Expression[];
  readonly steps: readonly Expression[];
  /** 1 on the first row of a call; of degree 2. */
  readonly first: Expression;
  /** 1 on all rows of a call but its last; of degree 2. */
  readonly goesOn: Expression;
};

/** Rows in their order: a call is whole, and begins where there is padding or another one ends. */
export function callRows(air: AirBuilder, groupCount: number): CallRows {
  const real = air.flag('real');
  const groups = numbers(groupCount).map((i) => air.flag(`group.${i}`));
  const steps = numbers(GROUP_ROWS).map((i) => air.flag(`step.${i}`));
  air.assertOneHot('one group', groups, real);
  air.assertOneHot('one step', steps, real);
  const inside = air.sum(steps.slice(0, -1));
  steps.slice(1).forEach((step, i) => {
    air.assertEqual(`step ${i + 1} follows`, step.next(), steps[i] as Expression);
  });
  groups.forEach((group, i) => {
    air.when(inside, () => air.assertEqual(`group ${i} stays`, group.next(), group));
    const after = groups[i + 1];
    if (after === undefined) return;
    // On padding no group is set, so that none but the first one comes next.
    air.when(inside.not(), () => air.assertEqual(`group ${i + 1} follows`, after.next(), group));
  });
  const [firstGroup, lastGroup] = [groups[0] as Expression, groups.at(-1) as Expression];
  return {
    real,
    groups,
    steps,
    first: firstGroup.mul(steps[0] as Expression),
    goesOn: real.sub(lastGroup.mul(steps.at(-1) as Expression)),
  };
}

/** Fills {@link callRows}: `place` is the row's number within its call. */
export function fillCallRows(columns: Columns, groupCount: number): (row: number, place: number) => void {
  const real = columns('real');
  const groups = numbers(groupCount).map((i) => columns(`group.${i}`));
  const steps = numbers(GROUP_ROWS).map((i) => columns(`step.${i}`));
  return (row, place) => {
    real[row] = 1;
    (groups[Math.floor(place / GROUP_ROWS)] as Uint32Array)[row] = 1;
    (steps[place % GROUP_ROWS] as Uint32Array)[row] = 1;
  };
}

/** A word of 32 bits rotated to the right, or shifted where zeros come in. */
export const rotated = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** The bits of a word rotated to the right. */
export function rotatedBits(bits: readonly Expression[], by: number): Expression[] {
  return bits.map((_, i) => bits[(i + by) % bits.length] as Expression);
}

/** The bits of a word shifted to the right. */
export function shiftedBits(air: AirBuilder, bits: readonly Expression[], by: number): Expression[] {
  return bits.map((_, i) => bits[i + by] ?? air.constant(0));
}

/** Columns of a word's bits. */
export function fillBits(columns: Columns, name: string): (row: number, word: number) => void {
  const targets = numbers(32).map((i) => columns(`${name}.${i}`));
  return (row, word) => {
    for (let i = 0; i < 32; i++) (targets[i] as Uint32Array)[row] = (word >>> i) & 1;
  };
}

/** The low and the high half of a word. */
export const halves = (word: number): readonly [number, number] => [word & 0xffff, word >>> 16];
