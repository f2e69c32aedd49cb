import { defineChip, type Expression } from '@ninefold/stark';
import type { Buses } from '../buses.ts';
import {
  checkedBytes,
  checkedLimbs,
  fillChecked,
  fillFrame,
  fillPairs,
  fillHighBit,
  flagOf,
  type FrameOptions,
  frame,
  goOn,
  highBit,
  limbsOfBytes,
  operationFlags,
  signExtended,
} from '../gadgets.ts';
import type { MachineOperation } from '../lower.ts';
import { multiplyBytes, productColumns } from '../products.ts';
import { LIMB, scratch, type Shape, signOf, writeBytes } from '../words.ts';
import type { StepChip } from './machine-chip.ts';

/**
 * Products of the low `width` limbs. The unsigned product is that of the bytes; the high half of a signed one
 * is less by the other factor for each negative factor.
 */
export function multiplicationChip(shape: Shape, buses: Buses, width: number): StepChip {
  const isNarrow = width < shape.limbs;
  const operations: readonly MachineOperation[] = isNarrow ? ['mulw'] : ['mul', 'mulh', 'mulhsu', 'mulhu'];
  const options = { operations, second: 'register', hasConstant: false } as const satisfies FrameOptions;
  const size = 2 * width;
  const productLimbs = isNarrow ? width : 2 * width;
  const chip = defineChip(
    operations[0] as string,
    (air) => {
      const context = { air, shape, buses };
      const row = operationFlags(context, operations);
      const { real, flags } = row;
      const [a, b] = [
        checkedBytes(context, 'a byte', size, real),
        checkedBytes(context, 'b byte', size, real),
      ];
      const [aRest, bRest] = [
        air.columns('a rest', shape.limbs - width),
        air.columns('b rest', shape.limbs - width),
      ];
      const product = checkedLimbs(context, 'product', productLimbs, real);
      const c = isNarrow ? product : checkedLimbs(context, 'c', width, real);
      const own = frame(context, row, {
        ...options,
        a: [...limbsOfBytes(a), ...aRest],
        b: [...limbsOfBytes(b), ...bRest],
        c: signExtended(context, 'sign', c, real),
      });
      goOn(context, own);
      const carries = air.columns('carry', productLimbs - 1);
      for (const carry of carries) air.send(buses.u13, [carry], real);
      // The last carry of a whole product is 0; a product's low half may have any.
      const beyond = isNarrow ? air.column('carry out') : air.constant(0);
      if (isNarrow) air.send(buses.u13, [beyond], real);
      productColumns(air, a, b, productLimbs).forEach((sum, k) => {
        const carried = k === 0 ? sum : sum.add(carries[k - 1] as Expression);
        const out = carries[k] ?? beyond;
        air.assertEqual(`product ${k}`, carried, (product[k] as Expression).add(out.mul(LIMB)));
      });
      if (isNarrow) return;

      const [mul, mulh, mulhsu, mulhu] = operations.map((name) => flags[name]) as [
        Expression,
        Expression,
        Expression,
        Expression,
      ];
      const aSigned = flagOf(air, 'a is signed', mulh.add(mulhsu));
      const aNegative = highBit(context, 'a is negative', a.at(-1) as Expression, 8, aSigned);
      const bNegative = highBit(context, 'b is negative', b.at(-1) as Expression, 8, mulh);
      air.assertZero('a has a sign only when signed', aNegative.mul(aSigned.not()));
      air.assertZero('b has a sign only when signed', bNegative.mul(mulh.not()));
      const high = flagOf(air, 'high', aSigned.add(mulhu));
      const over = air.columns('over', width);
      c.forEach((limb, i) => {
        air.when(mul, () => air.assertEqual(`low half ${i}`, limb, product[i] as Expression));
        const out = over[i] as Expression;
        air.assertZero(`at most 2 are carried from ${i}`, out.mul(out.sub(1)).mul(out.sub(2)));
        const less = aNegative.mul(own.b[i] as Expression).add(bNegative.mul(own.a[i] as Expression));
        const carried = i === 0 ? less : less.add(over[i - 1] as Expression);
        air.when(high, () =>
          air.assertEqual(
            `high half ${i}`,
            limb.add(carried),
            (product[width + i] as Expression).add(out.mul(LIMB)),
          ),
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
      const [fillA, fillB] = [
        fillPairs(columns, 'a byte', size, lookups),
        fillPairs(columns, 'b byte', size, lookups),
      ];
      const rest = shape.limbs - width;
      const [fillARest, fillBRest] = [
        fillChecked(columns, 'a rest', rest, undefined, width),
        fillChecked(columns, 'b rest', rest, undefined, width),
      ];
      const fillProduct = fillChecked(columns, 'product', productLimbs, lookups.u16);
      const fillCarries = fillChecked(columns, 'carry', productLimbs - 1, lookups.u13);
      const carryOut = isNarrow ? columns('carry out') : undefined;
      const fillC = isNarrow ? undefined : fillChecked(columns, 'c', width, lookups.u16);
      const sign = isNarrow ? fillHighBit(columns, lookups, 'sign', 16) : undefined;
      const aNegative = isNarrow ? undefined : fillHighBit(columns, lookups, 'a is negative', 8);
      const bNegative = isNarrow ? undefined : fillHighBit(columns, lookups, 'b is negative', 8);
      const aSigned = isNarrow ? undefined : columns('a is signed');
      const high = isNarrow ? undefined : columns('high');
      const fillOver = isNarrow ? undefined : fillChecked(columns, 'over', width, undefined);
      const [a, b, over] = [scratch(size), scratch(size), scratch(width)];
      const [product, carries] = [scratch(productLimbs), scratch(productLimbs)];
      return (step) => {
        const { row, program } = step;
        fill(step);
        writeBytes(step.a, a);
        writeBytes(step.b, b);
        fillA(row, a);
        fillB(row, b);
        fillARest(row, step.a);
        fillBRest(row, step.b);
        multiplyBytes(a, b, product, carries);
        fillProduct(row, product);
        fillCarries(row, carries);
        sign?.(row, step.c[width - 1] as number);
        if (carryOut !== undefined) {
          carryOut[row] = carries[productLimbs - 1] as number;
          lookups.u13(carries[productLimbs - 1] as number);
        }
        fillC?.(row, step.c);
        if (program.operation === 'mul' || program.operation === 'mulw') return;
        (high as Uint32Array)[row] = 1;
        const isASigned = program.operation !== 'mulhu';
        const isBSigned = program.operation === 'mulh';
        if (isASigned) (aSigned as Uint32Array)[row] = 1;
        if (isASigned) aNegative?.(row, a[size - 1] as number);
        if (isBSigned) bNegative?.(row, b[size - 1] as number);
        const [fromA, fromB] = [isASigned ? signOf(step.a) : 0, isBSigned ? signOf(step.b) : 0];
        let carried = 0;
        for (let i = 0; i < width; i++) {
          const less = fromA * (step.b[i] as number) + fromB * (step.a[i] as number);
          carried = ((step.c[i] as number) + carried + less - (product[width + i] as number)) / LIMB;
          over[i] = carried;
        }
        fillOver?.(row, over);
      };
    },
  };
}
