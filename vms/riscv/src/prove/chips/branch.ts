import { defineChip, type Expression, subM31 } from '@ninefold/stark';
import { type Buses, TIME_STEP } from '../buses.ts';
import {
  fillFrame,
  fillLessThan,
  flagOf,
  type FrameOptions,
  frame,
  lessThan,
  named,
  operationFlags,
} from '../gadgets.ts';
import { invertColumn } from '../inverses.ts';
import type { Shape } from '../words.ts';
import type { StepChip } from './machine-chip.ts';

/** Conditional branches to constant places. */
export function branchChip(shape: Shape, buses: Buses): StepChip {
  const operations = ['beq', 'bne', 'blt', 'bge', 'bltu', 'bgeu'] as const;
  const options = {
    operations,
    second: 'register',
    hasConstant: false,
    hasTarget: true,
  } as const satisfies FrameOptions;
  const chip = defineChip(
    'branch',
    (air) => {
      const context = { air, shape, buses };
      const row = operationFlags(context, operations);
      const [beq, bne, blt, bge, bltu, bgeu] = operations.map((name) => row.flags[name]) as [
        Expression,
        Expression,
        Expression,
        Expression,
        Expression,
        Expression,
      ];
      const { a, b, pc, target, time, real } = frame(context, row, options);
      const signed = flagOf(air, 'signed', blt.add(bge));
      const below = lessThan(context, 'compare', a, b, signed, real);

      // Equal: all limbs are. Not equal: some combination of the differences is 1.
      const equal = air.flag('equal');
      const differences = a.map((limb, i) => limb.sub(b[i] as Expression));
      const weights = air.columns('weight', shape.limbs);
      differences.forEach((difference, i) => air.assertZero(`equal limb ${i}`, equal.mul(difference)));
      const combination = air.sum(
        differences.map((difference, i) => difference.mul(weights[i] as Expression)),
      );
      air.when(real, () => air.assertEqual('equal or not', combination, equal.not()));

      const taken = named(
        air,
        'taken',
        air.sum([
          beq.mul(equal),
          bne.mul(equal.not()),
          blt.add(bltu).mul(below),
          bge.add(bgeu).mul(below.not()),
        ]),
      );
      const next = named(air, 'next', pc.add(1).add(taken.mul(target.sub(pc).sub(1))));
      air.send(buses.state, [next, time.add(TIME_STEP)], real);
    },
    { optional: true },
  );
  return {
    chip,
    operations,
    filler: (columns, lookups, atEnd) => {
      const fill = fillFrame(columns, lookups, shape, { ...options, writes: false });
      const compare = fillLessThan(columns, lookups, 'compare', shape.limbs, true);
      const [signed, equal, taken, next] = ['signed', 'equal', 'taken', 'next'].map(columns) as [
        Uint32Array,
        Uint32Array,
        Uint32Array,
        Uint32Array,
      ];
      const weights = Array.from({ length: shape.limbs }, (_, i) => columns(`weight.${i}`));
      atEnd(() => weights.forEach(invertColumn));
      // On padding the next address is one behind address 0.
      next.fill(1);
      return (step) => {
        const { row, a, b, program } = step;
        fill(step);
        const { operation } = program;
        const isSigned = operation === 'blt' || operation === 'bge' ? 1 : 0;
        signed[row] = isSigned;
        const below = compare(row, a, b, isSigned);
        let different = 0;
        while (different < shape.limbs && a[different] === b[different]) different++;
        const isEqual = different === shape.limbs ? 1 : 0;
        equal[row] = isEqual;
        if (isEqual === 0) {
          // Inverted at the end.
          const difference = subM31(a[different] as number, b[different] as number);
          (weights[different] as Uint32Array)[row] = difference;
        }
        taken[row] =
          operation === 'beq'
            ? isEqual
            : operation === 'bne'
              ? 1 - isEqual
              : operation === 'blt' || operation === 'bltu'
                ? below
                : 1 - below;
        next[row] = step.next;
      };
    },
  };
}
