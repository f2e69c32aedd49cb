import { defineChip, type Expression } from '@ninefold/stark';
import type { Buses } from '../buses.ts';
import {
  checkedBytes,
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
  named,
  operationFlags,
  signExtended,
} from '../gadgets.ts';
import { amountKind, shiftedBytes, shiftFactor } from '../shift-amounts.ts';
import { scratch, type Shape, writeBytes } from '../words.ts';
import type { StepChip } from './machine-chip.ts';

/**
 * Shifts of the low `width` limbs. Each byte is multiplied by 2^k to the left, 2^(8 - k) to the right, for k
 * the amount modulo 8; the two bytes of each product are put together with their neighbours', and the bytes
 * that come out are moved by whole bytes.
 */
export function shiftChip(shape: Shape, buses: Buses, width: number): StepChip {
  const isNarrow = width < shape.limbs;
  const operations = isNarrow ? (['sllw', 'srlw', 'sraw'] as const) : (['sll', 'srl', 'sra'] as const);
  const options = { operations, second: 'either', hasConstant: true } as const satisfies FrameOptions;
  const size = 2 * width;
  const chip = defineChip(
    operations[0],
    (air) => {
      const context = { air, shape, buses };
      const row = operationFlags(context, operations);
      const { real } = row;
      const [left, rightLogical, rightArithmetic] = operations.map((name) => row.flags[name]) as [
        Expression,
        Expression,
        Expression,
      ];
      const a = checkedBytes(context, 'a byte', size, real);
      const [amount, unused] = checkedBytes(context, 'amount', 2, real) as [Expression, Expression];
      const aRest = air.columns('a rest', shape.limbs - width);
      const bRest = air.columns('b rest', shape.limbs - 1);
      const c = air.columns('c', width);
      const own = frame(context, row, {
        ...options,
        a: [...limbsOfBytes(a), ...aRest],
        b: [amount.add(unused.mul(256)), ...bRest],
        c: signExtended(context, 'sign', c, real),
      });
      goOn(context, own);

      const right = flagOf(air, 'right', rightLogical.add(rightArithmetic));
      const factor = air.column('factor');
      const moves = Array.from({ length: size }, (_, i) => air.flag(`moves.${i}`));
      air.assertOneHot('one move', moves, real);
      const moved = air.sum(moves.map((flag, i) => flag.mul(i)));
      air.send(buses.amount, [right.add(amountKind(width, 0)), amount, factor, moved], real);

      const [low, high] = [air.columns('low', size), air.columns('high', size)];
      a.forEach((byte, i) => {
        const [l, h] = [low[i], high[i]] as [Expression, Expression];
        air.assertEqual(`product ${i}`, byte.mul(factor), l.add(h.mul(256)));
        air.send(buses.pair, [l, h], real);
      });
      // What comes in from above: copies of the sign.
      const negative = highBit(context, 'negative', a.at(-1) as Expression, 8, rightArithmetic);
      air.assertZero('only arithmetic shifts have a sign', negative.mul(rightArithmetic.not()));
      const spill = named(air, 'spill', negative.mul(factor.neg().add(256)));
      const fill = negative.mul(255);
      const toLeft = low.map((l, i) => (i === 0 ? l : l.add(high[i - 1] as Expression)));
      const toRight = high.map((h, i) => h.add(i === size - 1 ? spill : (low[i + 1] as Expression)));
      const byteAt = (bytes: readonly Expression[], at: number, above: Expression): Expression =>
        at < 0 ? air.constant(0) : at < size ? (bytes[at] as Expression) : above;
      const select = (limb: number, sign: 1 | -1, bytes: readonly Expression[]): Expression =>
        air.sum(
          moves.map((flag, k) => {
            const at = 2 * limb + sign * k;
            return flag.mul(byteAt(bytes, at, fill).add(byteAt(bytes, at + 1, fill).mul(256)));
          }),
        );
      c.forEach((limb, i) => {
        air.when(left, () => air.assertEqual(`left ${i}`, limb, select(i, -1, toLeft)));
        air.when(right, () => air.assertEqual(`right ${i}`, limb, select(i, 1, toRight)));
      });
    },
    { optional: true },
  );
  return {
    chip,
    operations,
    filler: (columns, lookups) => {
      const fill = fillFrame(columns, lookups, shape, { ...options, ownsA: true, ownsB: true, writes: true });
      const fillBytes = fillPairs(columns, 'a byte', size, lookups);
      const fillAmount = fillPairs(columns, 'amount', 2, lookups);
      const fillARest = fillChecked(columns, 'a rest', shape.limbs - width, undefined, width);
      const fillBRest = fillChecked(columns, 'b rest', shape.limbs - 1, undefined, 1);
      const fillC = fillChecked(columns, 'c', width, undefined);
      const sign = isNarrow ? fillHighBit(columns, lookups, 'sign', 16) : undefined;
      const negative = fillHighBit(columns, lookups, 'negative', 8);
      const moves = Array.from({ length: size }, (_, i) => columns(`moves.${i}`));
      const [fillLow, fillHigh] = [
        fillChecked(columns, 'low', size, undefined),
        fillChecked(columns, 'high', size, undefined),
      ];
      const [bytes, amounts, low, high] = [scratch(size), scratch(2), scratch(size), scratch(size)];
      const [right, factor, spill] = ['right', 'factor', 'spill'].map(columns) as [
        Uint32Array,
        Uint32Array,
        Uint32Array,
      ];
      return (step) => {
        const { row, program } = step;
        fill(step);
        const isRight = program.operation === operations[0] ? 0 : 1;
        writeBytes(step.a, bytes);
        fillBytes(row, bytes);
        writeBytes(step.b, amounts);
        const amount = amounts[0] as number;
        fillAmount(row, amounts);
        fillARest(row, step.a);
        fillBRest(row, step.b);
        fillC(row, step.c);
        sign?.(row, step.c[width - 1] as number);
        const kind = amountKind(width, isRight);
        const by = shiftFactor(kind, amount);
        lookups.amount(kind, amount);
        right[row] = isRight;
        factor[row] = by;
        (moves[shiftedBytes(kind, amount)] as Uint32Array)[row] = 1;
        for (let i = 0; i < size; i++) {
          const product = (bytes[i] as number) * by;
          low[i] = product & 255;
          high[i] = product >> 8;
          lookups.pair(product & 255, product >> 8);
        }
        fillLow(row, low);
        fillHigh(row, high);
        if (program.operation === operations[2]) {
          const bit = negative(row, bytes[size - 1] as number);
          spill[row] = bit * (256 - by);
        }
      };
    },
  };
}
