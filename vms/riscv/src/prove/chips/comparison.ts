import { defineChip, type Expression } from '@ninefold/stark';
import type { Buses } from '../buses.ts';
import {
  fillFrame,
  fillLessThan,
  type FrameOptions,
  frame,
  goOn,
  lessThan,
  operationFlags,
} from '../gadgets.ts';
import type { Shape } from '../words.ts';
import type { StepChip } from './machine-chip.ts';

/** 1 when the first operand is below the second, else 0. */
export function comparisonChip(shape: Shape, buses: Buses): StepChip {
  const operations = ['slt', 'sltu'] as const;
  const options = { operations, second: 'either', hasConstant: true } as const satisfies FrameOptions;
  const chip = defineChip(
    'comparison',
    (air) => {
      const context = { air, shape, buses };
      const row = operationFlags(context, operations);
      const [a, b] = [air.columns('a', shape.limbs), air.columns('b', shape.limbs)];
      const below = lessThan(context, 'compare', a, b, row.flags['slt'] as Expression, row.real);
      const c = [below, ...new Array<number>(shape.limbs - 1).fill(0)];
      goOn(context, frame(context, row, { ...options, a, b, c }));
    },
    { optional: true },
  );
  return {
    chip,
    operations,
    filler: (columns, lookups) => {
      const fill = fillFrame(columns, lookups, shape, { ...options, writes: true });
      const compare = fillLessThan(columns, lookups, 'compare', shape.limbs, true);
      return (step) => {
        fill(step);
        compare(step.row, step.a, step.b, step.program.operation === 'slt' ? 1 : 0);
      };
    },
  };
}
