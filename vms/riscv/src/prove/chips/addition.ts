import { defineChip, type Expression } from '@ninefold/stark';
import type { Buses } from '../buses.ts';
import {
  checkedLimbs,
  fillChecked,
  fillFrame,
  fillHighBit,
  type FrameOptions,
  frame,
  goOn,
  operationFlags,
  signExtended,
} from '../gadgets.ts';
import type { MachineOperation } from '../lower.ts';
import { LIMB, type Shape } from '../words.ts';
import type { StepChip } from './machine-chip.ts';

/** Sums and differences of the low `width` limbs; a narrower result is sign-extended. */
export function additionChip(shape: Shape, buses: Buses, width: number): StepChip {
  const [sum, difference] = (width === shape.limbs ? ['add', 'sub'] : ['addw', 'subw']) as [
    MachineOperation,
    MachineOperation,
  ];
  const operations = [sum, difference];
  const options = { operations, second: 'either', hasConstant: true } as const satisfies FrameOptions;
  const chip = defineChip(
    sum,
    (air) => {
      const context = { air, shape, buses };
      const row = operationFlags(context, operations);
      const c = checkedLimbs(context, 'c', width, row.real);
      const own = frame(context, row, { ...options, c: signExtended(context, 'sign', c, row.real) });
      goOn(context, own);
      const [isSum, isDifference] = operations.map((name) => own.flags[name]) as [Expression, Expression];
      // A difference is checked as the sum it undoes: c + b = a.
      let carry: Expression = air.constant(0);
      for (let i = 0; i < width; i++) {
        const [a, b, result] = [own.a[i], own.b[i], c[i]] as [Expression, Expression, Expression];
        const out = air.flag(`carry.${i}`);
        const over = carry.add(b).sub(out.mul(LIMB));
        air.when(isSum, () => air.assertEqual(`sum ${i}`, a.add(over), result));
        air.when(isDifference, () => air.assertEqual(`difference ${i}`, result.add(over), a));
        carry = out;
      }
    },
    { optional: true },
  );
  return {
    chip,
    operations,
    filler: (columns, lookups) => {
      const fill = fillFrame(columns, lookups, shape, { ...options, writes: true });
      const result = fillChecked(columns, 'c', width, lookups.u16);
      const sign = width === shape.limbs ? undefined : fillHighBit(columns, lookups, 'sign', 16);
      const carries = Array.from({ length: width }, (_, i) => columns(`carry.${i}`));
      return (step) => {
        const { row, a, b, c, program } = step;
        fill(step);
        result(row, c);
        sign?.(row, c[width - 1] as number);
        const first = program.operation === sum ? a : c;
        let carry = 0;
        for (let i = 0; i < width; i++) {
          carry = (first[i] as number) + (b[i] as number) + carry >= LIMB ? 1 : 0;
          (carries[i] as Uint32Array)[row] = carry;
        }
      };
    },
  };
}
