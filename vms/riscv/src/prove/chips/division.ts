import { type AirBuilder, defineChip, type Expression } from '@ninefold/stark';
import type { Buses } from '../buses.ts';
import {
  checkedBytes,
  checkedLimbs,
  type Columns,
  fillChecked,
  fillFrame,
  fillPairs,
  fillHighBit,
  fillLessThan,
  flagOf,
  type FrameOptions,
  frame,
  goOn,
  highBit,
  lessThan,
  limbsOfBytes,
  named,
  operationFlags,
  signExtended,
} from '../gadgets.ts';
import { invertColumn } from '../inverses.ts';
import type { MachineOperation } from '../lower.ts';
import { productColumns, writeProducts } from '../products.ts';
import { bytesOf, fromLimbs, LIMB, type Limbs, scratch, type Shape, signOf } from '../words.ts';
import type { StepChip } from './machine-chip.ts';

/**
 * Quotients and remainders of the low `width` limbs, from those of the absolute values: |a| = |q| |b| + |r|
 * with |r| < |b| unless b is 0. The quotient is negative when one operand is, the remainder when a is. By 0 the
 * quotient is all ones and the remainder a; the one overflow comes out right by itself.
 */
export function divisionChip(shape: Shape, buses: Buses, width: number): StepChip {
  const suffix = width < shape.limbs ? 'w' : '';
  const operations = ['div', 'divu', 'rem', 'remu'].map((name) => `${name}${suffix}` as MachineOperation);
  const [div, divu, rem, remu] = operations as [string, string, string, string];
  const options = { operations, second: 'register', hasConstant: false } as const satisfies FrameOptions;
  const size = 2 * width;
  const chip = defineChip(
    div,
    (air) => {
      const context = { air, shape, buses };
      const row = operationFlags(context, operations);
      const { real, flags } = row;
      const flag = (name: string): Expression => flags[name] as Expression;
      const c = air.columns('c', width);
      const own = frame(context, row, { ...options, c: signExtended(context, 'sign', c, real) });
      goOn(context, own);
      const [a, b] = [own.a.slice(0, width), own.b.slice(0, width)];
      const signed = flagOf(air, 'signed', flag(div).add(flag(rem)));
      const aNegative = highBit(context, 'a is negative', a.at(-1) as Expression, 16, signed);
      const bNegative = highBit(context, 'b is negative', b.at(-1) as Expression, 16, signed);
      air.assertZero('a has a sign only when signed', aNegative.mul(signed.not()));
      air.assertZero('b has a sign only when signed', bNegative.mul(signed.not()));

      const dividend = checkedLimbs(context, 'dividend', width, real);
      const divisorBytes = checkedBytes(context, 'divisor byte', size, real);
      const quotientBytes = checkedBytes(context, 'quotient byte', size, real);
      const rest = checkedLimbs(context, 'rest', width, real);
      const [divisor, ratio] = [limbsOfBytes(divisorBytes), limbsOfBytes(quotientBytes)];
      const q = checkedLimbs(context, 'q', width, real);
      const r = checkedLimbs(context, 'r', width, real);

      // Whether b is 0: its limbs' sum is below 2^18, so it is 0 with them.
      const byZero = air.flag('by zero');
      const divides = flagOf(air, 'divides', real.sub(byZero));
      b.forEach((limb, i) => air.assertZero(`zero limb ${i}`, byZero.mul(limb)));
      air.assertEqual('zero or not', air.sum(b).mul(air.column('inverse')), divides);

      const qNegative = named(
        air,
        'q is negative',
        aNegative.add(bNegative).sub(aNegative.mul(bNegative).mul(2)),
      );
      assertNegated(air, 'dividend', aNegative, a, dividend, undefined);
      assertNegated(air, 'divisor', bNegative, b, divisor, undefined);
      assertNegated(air, 'q', qNegative, ratio, q, divides);
      assertNegated(air, 'r', aNegative, rest, r, undefined);
      q.forEach((limb, i) => air.assertZero(`all ones ${i}`, byZero.mul(limb.sub(LIMB - 1))));
      c.forEach((limb, i) => {
        air.when(flag(div).add(flag(divu)), () => air.assertEqual(`quotient ${i}`, limb, q[i] as Expression));
        air.when(flag(rem).add(flag(remu)), () =>
          air.assertEqual(`remainder ${i}`, limb, r[i] as Expression),
        );
      });

      const carries = air.columns('carry', width - 1);
      for (const carry of carries) air.send(buses.u13, [carry], real);
      productColumns(air, divisorBytes, quotientBytes, 2 * width).forEach((sum, k) => {
        if (k >= width) {
          air.assertZero(`nothing above ${k}`, sum);
          return;
        }
        const carried = k === 0 ? sum : sum.add(carries[k - 1] as Expression);
        const out = carries[k] ?? air.constant(0);
        const total = (dividend[k] as Expression).add(out.mul(LIMB));
        air.assertEqual(`limb ${k}`, carried.add(rest[k] as Expression), total);
      });
      const below = lessThan(context, 'rest', rest, divisor, undefined, divides);
      air.when(divides, () => air.assertEqual('the rest is below the divisor', below, 1));
    },
    { optional: true },
  );
  return {
    chip,
    operations,
    filler: (columns, lookups, atEnd) => {
      const fill = fillFrame(columns, lookups, shape, { ...options, writes: true });
      const limbs = (name: string): ReturnType<typeof fillChecked> =>
        fillChecked(columns, name, width, lookups.u16);
      const fillC = fillChecked(columns, 'c', width, undefined);
      const sign = suffix === '' ? undefined : fillHighBit(columns, lookups, 'sign', 16);
      const [signed, byZero, divides, inverse, qNegative] = [
        'signed',
        'by zero',
        'divides',
        'inverse',
        'q is negative',
      ].map(columns) as [Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array];
      atEnd(() => invertColumn(inverse));
      const aNegative = fillHighBit(columns, lookups, 'a is negative', 16);
      const bNegative = fillHighBit(columns, lookups, 'b is negative', 16);
      const [fillDividend, fillRest, fillQ, fillR] = [
        limbs('dividend'),
        limbs('rest'),
        limbs('q'),
        limbs('r'),
      ];
      const fillDivisor = fillPairs(columns, 'divisor byte', size, lookups);
      const fillQuotient = fillPairs(columns, 'quotient byte', size, lookups);
      const negations = ['dividend', 'divisor', 'q', 'r'].map((name) => fillNegated(columns, name, width));
      const fillCarries = fillChecked(columns, 'carry', width - 1, lookups.u13);
      const compare = fillLessThan(columns, lookups, 'rest', width, false);
      return (step) => {
        const { row, program } = step;
        fill(step);
        fillC(row, step.c);
        sign?.(row, step.c[width - 1] as number);
        const [a, b] = [step.a.slice(0, width), step.b.slice(0, width)];
        const isSigned = program.operation === div || program.operation === rem;
        const [aMinus, bMinus] = isSigned ? [signOf(a), signOf(b)] : [0, 0];
        if (isSigned) {
          signed[row] = 1;
          aNegative(row, a.at(-1) as number);
          bNegative(row, b.at(-1) as number);
        }
        const [dividend, divisor] = [negated(a, aMinus), negated(b, bMinus)];
        const isZero = b.every((limb) => limb === 0);
        const [n, d] = [fromLimbs(dividend), fromLimbs(divisor)];
        const ratio = limbsOf(isZero ? 0n : n / d, width);
        const rest = limbsOf(isZero ? n : n % d, width);
        const qMinus = aMinus ^ bMinus;
        const q = isZero ? new Array<number>(width).fill(LIMB - 1) : negated(ratio, qMinus);
        const r = negated(rest, aMinus);
        fillDividend(row, dividend);
        fillDivisor(row, bytesOf(divisor));
        fillQuotient(row, bytesOf(ratio));
        fillRest(row, rest);
        fillQ(row, q);
        fillR(row, r);
        qNegative[row] = qMinus;
        (isZero ? byZero : divides)[row] = 1;
        if (!isZero) inverse[row] = b.reduce((sum, limb) => sum + limb, 0);
        negations[0]?.(row, aMinus, a);
        negations[1]?.(row, bMinus, b);
        if (!isZero) negations[2]?.(row, qMinus, ratio);
        negations[3]?.(row, aMinus, rest);
        fillCarries(row, carriesOf(divisor, ratio, rest));
        if (!isZero) compare(row, rest, divisor, 0);
      };
    },
  };
}

/** `to` is -`from` where `negative` is 1, else `from`; where `when` is 0 it may be anything. */
function assertNegated(
  air: AirBuilder,
  name: string,
  negative: Expression,
  from: readonly Expression[],
  to: readonly Expression[],
  when: Expression | undefined,
): void {
  const carries = from.map((_, i) => air.flag(`${name} negated carry.${i}`));
  const state = (): void =>
    from.forEach((limb, i) => {
      const other = to[i] as Expression;
      const sum = limb.add(other).add(i === 0 ? 0 : (carries[i - 1] as Expression));
      air.assertZero(`${name} ${i} is negated`, negative.mul(sum.sub((carries[i] as Expression).mul(LIMB))));
      air.assertZero(`${name} ${i} is kept`, negative.not().mul(other.sub(limb)));
    });
  if (when === undefined) state();
  else air.when(when, state);
}

function fillNegated(
  columns: Columns,
  name: string,
  width: number,
): (row: number, negative: number, from: Limbs) => void {
  const carries = Array.from({ length: width }, (_, i) => columns(`${name} negated carry.${i}`));
  return (row, negative, from) => {
    if (negative === 0) return;
    // Low limbs of 0 carry nothing; from the first other one on, each sum is 2^16.
    let carry = 0;
    from.forEach((limb, i) => {
      carry = carry | (limb === 0 ? 0 : 1);
      (carries[i] as Uint32Array)[row] = carry;
    });
  };
}

/** The two's complement where `negative` is 1. */
function negated(limbs: Limbs, negative: number): Limbs {
  if (negative === 0) return limbs;
  let carry = 1;
  return limbs.map((limb) => {
    const sum = (limb ^ 0xffff) + carry;
    carry = sum >> 16;
    return sum & 0xffff;
  });
}

function limbsOf(value: bigint, count: number): Limbs {
  return Array.from({ length: count }, (_, i) => Number((value >> BigInt(16 * i)) & 0xffffn));
}

/** What each limb of divisor times ratio plus rest carries into the next. */
function carriesOf(divisor: Limbs, ratio: Limbs, rest: Limbs): number[] {
  const sums = scratch(rest.length);
  writeProducts(bytesOf(divisor), bytesOf(ratio), sums);
  let carry = 0;
  return sums.map((sum, k) => {
    carry = Math.floor((sum + (rest[k] as number) + carry) / LIMB);
    return carry;
  });
}
