import type { Expression } from '@ninefold/stark';
import { memorySpace } from './buses.ts';
import { assertSum, type ChipContext, type Columns, checkedLimbs, fillChecked, fillSum } from './gadgets.ts';
import type { Lookups } from './lookups.ts';
import { LIMB, type Limbs, scratch, type Shape } from './words.ts';

/** Where a byte is: its word's space and number, and its place in the word. */
export type Place = { readonly space: number; readonly index: number; readonly offset: number };

/** The place of an address given by its limbs. */
export function placeOf(address: Limbs, { bytes }: Shape): Place {
  const [first = 0, second = 0, third = 0] = address;
  return {
    space: memorySpace(third),
    index: Math.floor(first / bytes) + (LIMB / bytes) * second,
    offset: first % bytes,
  };
}

/** A place in columns: `offsets` has one flag for each byte of a word. */
export type PlaceColumns = {
  readonly space: Expression;
  readonly index: Expression;
  readonly offsets: readonly Expression[];
};

/**
 * Takes an address's limbs, each below 2^16, apart where `when` is 1. The word's number in the low limb is
 * what is left after the offset, divided by a word's bytes: below 2^16 only if the division is exact.
 */
export function assertPlace(
  { air, shape, buses }: ChipContext,
  limbs: readonly Expression[],
  when: Expression,
): PlaceColumns {
  const offsets = Array.from({ length: shape.bytes }, (_, i) => air.flag(`offset.${i}`));
  air.assertOneHot('one offset', offsets, when);
  const offset = air.sum(offsets.map((flag, i) => flag.mul(i)));
  // 2^-k is 2^(31 - k) modulo 2^31 - 1.
  const low = (limbs[0] as Expression).sub(offset).mul(2 ** 31 / shape.bytes);
  air.send(buses.u16, [low], when);
  const index = low.add((limbs[1] as Expression).mul(LIMB / shape.bytes));
  const third = limbs[2];
  return {
    space: third === undefined ? air.constant(memorySpace(0)) : third.add(memorySpace(0)),
    index,
    offsets,
  };
}

/** Takes the address of a word apart where `when` is 1: it has to be a multiple of the word's bytes. */
export function assertAligned(
  { air, shape, buses }: ChipContext,
  limbs: readonly Expression[],
  when: Expression,
): Omit<PlaceColumns, 'offsets'> {
  const [first, second, third, fourth] = limbs as readonly [Expression, Expression, Expression?, Expression?];
  const low = first.mul(2 ** 31 / shape.bytes);
  air.send(buses.u16, [low], when);
  if (fourth !== undefined) air.assertZero('an address of 48 bits', when.mul(fourth));
  const index = low.add(second.mul(LIMB / shape.bytes));
  return { space: third === undefined ? air.constant(memorySpace(0)) : third.add(memorySpace(0)), index };
}

/** Fills {@link assertPlace}; gives the place in the word. */
export function fillPlace(
  columns: Columns,
  lookups: Lookups,
  shape: Shape,
): (row: number, address: Limbs) => number {
  const offsets = Array.from({ length: shape.bytes }, (_, i) => columns(`offset.${i}`));
  return (row, address) => {
    const low = address[0] as number;
    const offset = low % shape.bytes;
    (offsets[offset] as Uint32Array)[row] = 1;
    lookups.u16((low - offset) / shape.bytes);
    return offset;
  };
}

/** Limbs of an address that are not zero by rule: 32 bits in RV32, 48 in RV64. */
const addressLimbs = ({ limbs }: Shape): number => Math.min(3, limbs);

/** The place of a + b. */
export function assertAddress(
  context: ChipContext,
  a: readonly Expression[],
  b: readonly Expression[],
  when: Expression,
): PlaceColumns {
  const { air, shape } = context;
  const address = checkedLimbs(context, 'address', addressLimbs(shape), when);
  const zeros = Array.from({ length: shape.limbs - address.length }, () => air.constant(0));
  assertSum(context, 'address', [a, b], [...address, ...zeros], when);
  return assertPlace(context, address, when);
}

/** Fills {@link assertAddress}; gives the place in the word. */
export function fillAddress(
  columns: Columns,
  lookups: Lookups,
  shape: Shape,
): (row: number, a: Limbs, b: Limbs) => number {
  const limbs = fillChecked(columns, 'address', addressLimbs(shape), lookups.u16);
  const carries = fillSum(columns, 'address', shape.limbs);
  const place = fillPlace(columns, lookups, shape);
  const address = scratch(shape.limbs);
  return (row, a, b) => {
    writeSum(a, b, address);
    limbs(row, address);
    carries(row, a, b);
    return place(row, address);
  };
}

/** The limbs of a + b, modulo the word. */
export function addLimbs(a: Limbs, b: Limbs): Limbs {
  const sum = scratch(a.length);
  writeSum(a, b, sum);
  return sum;
}

/** Writes the limbs of a + b, modulo the word, into `sum`. */
function writeSum(a: Limbs, b: Limbs, sum: number[]): void {
  let carry = 0;
  for (let i = 0; i < sum.length; i++) {
    const total = (a[i] as number) + (b[i] as number) + carry;
    carry = total >> 16;
    sum[i] = total % LIMB;
  }
}
