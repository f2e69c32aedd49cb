import { defineChip, type Expression } from '@ninefold/stark';
import { type Buses, TIME_STEP } from '../buses.ts';
import {
  assertSum,
  checkedLimbs,
  fillChecked,
  fillFrame,
  fillSum,
  type FrameOptions,
  frame,
  operationFlags,
} from '../gadgets.ts';
import { LIMB, scratch, type Shape } from '../words.ts';
import type { StepChip } from './machine-chip.ts';

/**
 * Jumps to a register plus a constant, with bit 0 cleared, below 4 GiB and a multiple of 4: anything else is
 * a trap, which has no row.
 */
export function jumpChip(shape: Shape, buses: Buses): StepChip {
  const operations = ['jump'] as const;
  const options = { operations, second: 'none', hasConstant: true } as const satisfies FrameOptions;
  const chip = defineChip(
    'jump',
    (air) => {
      const context = { air, shape, buses };
      const row = operationFlags(context, operations);
      const link = air.columns('link', shape.limbs);
      const { a, imm, time, real } = frame(context, row, { ...options, c: link, link });
      const target = checkedLimbs(context, 'target', 2, real);
      const zeros = Array.from({ length: shape.limbs - 2 }, () => air.constant(0));
      assertSum(context, 'address', [a, imm], [...target, ...zeros], real);
      const odd = air.flag('odd');
      // The low limb's instructions: a number below 2^14, or it would not be a limb four times over.
      const low = air.column('low');
      air.assertEqual('the low limb', target[0] as Expression, low.mul(4).add(odd));
      air.send(buses.u16, [low], real);
      air.send(buses.u16, [low.mul(4)], real);
      const next = low.add((target[1] as Expression).mul(LIMB / 4));
      air.send(buses.state, [next, time.add(TIME_STEP)], real);
    },
    { optional: true },
  );
  return {
    chip,
    operations,
    filler: (columns, lookups) => {
      const fill = fillFrame(columns, lookups, shape, { ...options, hasLink: true, writes: true });
      const target = fillChecked(columns, 'target', 2, lookups.u16);
      const carries = fillSum(columns, 'address', shape.limbs);
      const [odd, low] = [columns('odd'), columns('low')];
      const destination = scratch(2);
      return (step) => {
        const { row, a } = step;
        const imm = step.program.immLimbs;
        fill(step);
        const sum = (a[0] as number) + (imm[0] as number);
        const first = sum % LIMB;
        destination[0] = first;
        destination[1] = ((a[1] as number) + (imm[1] as number) + (sum >> 16)) % LIMB;
        target(row, destination);
        carries(row, a, imm);
        odd[row] = first & 1;
        low[row] = first >> 2;
        lookups.u16(first >> 2);
        lookups.u16((first >> 2) * 4);
      };
    },
  };
}
