import { defineChip, type Expression } from '@ninefold/stark';
import type { Buses } from '../buses.ts';
import {
  fillChecked,
  fillFrame,
  type FrameOptions,
  frame,
  goOn,
  limbsOfBytes,
  operationFlags,
} from '../gadgets.ts';
import { scratch, type Shape, writeBytes } from '../words.ts';
import type { StepChip } from './machine-chip.ts';

/** And, or, exclusive or, all from the bytes' conjunctions: a | b = a + b - (a & b), a ^ b = a + b - 2 (a & b). */
export function bitwiseChip(shape: Shape, buses: Buses): StepChip {
  const operations = ['and', 'or', 'xor'] as const;
  const options = { operations, second: 'either', hasConstant: true } as const satisfies FrameOptions;
  const chip = defineChip(
    'bitwise',
    (air) => {
      const context = { air, shape, buses };
      const row = operationFlags(context, operations);
      const [a, b, both] = ['a byte', 'b byte', 'both'].map((name) => air.columns(name, shape.bytes)) as [
        Expression[],
        Expression[],
        Expression[],
      ];
      a.forEach((byte, i) =>
        air.send(buses.and, [byte, b[i] as Expression, both[i] as Expression], row.real),
      );
      const c = air.columns('c', shape.limbs);
      const own = frame(context, row, { ...options, a: limbsOfBytes(a), b: limbsOfBytes(b), c });
      goOn(context, own);
      const common = limbsOfBytes(both);
      c.forEach((limb, i) => {
        const sum = (own.a[i] as Expression).add(own.b[i] as Expression);
        const and = common[i] as Expression;
        air.when(own.flags['and'] as Expression, () => air.assertEqual(`and ${i}`, limb, and));
        air.when(own.flags['or'] as Expression, () => air.assertEqual(`or ${i}`, limb, sum.sub(and)));
        air.when(own.flags['xor'] as Expression, () =>
          air.assertEqual(`xor ${i}`, limb, sum.sub(and.mul(2))),
        );
      });
    },
    { optional: true },
  );
  return {
    chip,
    operations,
    filler: (columns, lookups) => {
      const fill = fillFrame(columns, lookups, shape, { ...options, ownsA: true, ownsB: true, writes: true });
      const [fillA, fillB, fillBoth] = ['a byte', 'b byte', 'both'].map((name) =>
        fillChecked(columns, name, shape.bytes, undefined),
      ) as [ReturnType<typeof fillChecked>, ReturnType<typeof fillChecked>, ReturnType<typeof fillChecked>];
      const result = fillChecked(columns, 'c', shape.limbs, undefined);
      const [a, b, both] = [scratch(shape.bytes), scratch(shape.bytes), scratch(shape.bytes)];
      return (step) => {
        fill(step);
        writeBytes(step.a, a);
        writeBytes(step.b, b);
        for (let i = 0; i < shape.bytes; i++) {
          both[i] = (a[i] as number) & (b[i] as number);
          lookups.and(a[i] as number, b[i] as number);
        }
        fillA(step.row, a);
        fillB(step.row, b);
        fillBoth(step.row, both);
        result(step.row, step.c);
      };
    },
  };
}
