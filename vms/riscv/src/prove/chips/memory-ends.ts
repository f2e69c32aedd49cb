import { type Chip, defineChip } from '@ninefold/stark';
import { STANDARD_INPUT_ADDRESS } from '../../host/standard.ts';
import { type Buses, memorySpace } from '../buses.ts';
import type { MemoryRules } from '../calls/call-system.ts';
import { type Columns, fillChecked, flagOf } from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import { LIMB, type Limbs, type Shape } from '../words.ts';

/** A word of memory from its beginning to its end. */
export type MemoryEnd = {
  /** Bits of the address above the low 32. */
  readonly high: number;
  readonly index: number;
  /** Where its first content is from: the program's image, the input, or nowhere: zero. */
  readonly source: 'image' | 'input' | 'zero';
  readonly first: Limbs;
  readonly last: Limbs;
  readonly time: number;
};

/** Words that hold the input: 2^24 from the input's address on. */
const LOG_INPUT_WORDS = 24;

/** Largest step between two words in the table; longer ways need rows of words that nobody touches. */
export const MAX_WORD_GAP: number = 2 ** 29;

const INVERSE_LIMB = 2 ** 15;

/** Number of the first word of the input. */
const inputIndex = ({ bytes }: Shape): number => STANDARD_INPUT_ADDRESS / bytes;

/** What the high part of a word's number has to stay below 2^16 with. */
const highFactor = ({ bytes }: Shape, { addressBits }: MemoryRules): number =>
  bytes * 2 ** (32 - addressBits);

/** Whether a word can be one of the input. */
export function isInputWord(high: number, index: number, shape: Shape): boolean {
  const place = index - inputIndex(shape);
  return high === 0 && place >= 0 && place < 2 ** LOG_INPUT_WORDS;
}

/**
 * Begins and ends every word of memory that a run touches, and every one of the program's image. Rows are in
 * strictly ascending order, so that no word begins twice; and since the image's words are each taken by one
 * row, none of them can begin as anything else.
 *
 * @param rules whether words at the input's address may begin as the prover likes, and which words there are
 */
export function memoryEndsChip(shape: Shape, buses: Buses, rules: MemoryRules): Chip {
  const { hasInput } = rules;
  return defineChip('memory ends', (air) => {
    const real = air.flag('real');
    const index = air.column('index');
    const isWide = shape.limbs > 2;
    const high = isWide ? air.column('high') : air.constant(0);
    const [first, last] = [air.columns('first', shape.limbs), air.columns('last', shape.limbs)];
    const space = high.add(memorySpace(0));
    air.send(buses.memory, [space, index, 0, ...first], real);
    air.receive(buses.memory, [space, index, air.column('time'), ...last], real);

    // A word's number is below 2 to the bits of an address, divided by a word's bytes.
    const indexLow = air.column('index low');
    const indexHigh = index.sub(indexLow).mul(INVERSE_LIMB);
    air.send(buses.u16, [indexLow], real);
    air.send(buses.u16, [indexHigh], real);
    air.send(buses.u16, [indexHigh.mul(highFactor(shape, rules))], real);

    const fromImage = air.flag('from image');
    const fromInput = hasInput ? air.flag('from input') : air.constant(0);
    if (hasInput) air.assertZero('one source', fromImage.mul(fromInput));
    const known = fromImage.add(fromInput);
    air.assertZero('padding has no source', known.mul(real.not()));
    if (isWide) air.assertZero('sources are low', known.mul(high));
    air.send(buses.u16, [high], real);
    air.receive(buses.image, [index, ...first], fromImage);
    first.forEach((limb, i) => air.assertZero(`zero ${i}`, limb.mul(known.not())));
    if (hasInput) {
      const place = index.sub(inputIndex(shape));
      const placeLow = air.column('place low');
      air.send(buses.u16, [placeLow], fromInput);
      air.send(buses.pair, [place.sub(placeLow).mul(INVERSE_LIMB), 0], fromInput);
      for (const limb of first) air.send(buses.u16, [limb], fromInput);
    }

    // From row to row: the same high part and a higher index, or a higher high part.
    air.when(air.isTransition, () => air.assertZero('padding comes last', real.not().mul(real.next())));
    const followed = flagOf(air, 'followed', air.isTransition.mul(real.next()));
    const climbs = isWide ? air.flag('climbs') : air.constant(0);
    const stays = isWide ? flagOf(air, 'stays', followed.sub(climbs)) : followed;
    const rise = high.next().sub(high);
    if (isWide) {
      air.assertZero('stays', stays.mul(rise));
      air.send(buses.u16, [rise.sub(1)], climbs);
    }
    const gap = index.next().sub(index).sub(1);
    const gapLow = air.column('gap low');
    air.send(buses.u16, [gapLow], stays);
    air.send(buses.u13, [gap.sub(gapLow).mul(INVERSE_LIMB)], stays);
  });
}

/** Fills {@link memoryEndsChip} with all rows in order. */
export function fillMemoryEnds(
  columns: Columns,
  lookups: Lookups,
  shape: Shape,
  rules: MemoryRules,
): (ends: readonly MemoryEnd[]) => void {
  const { hasInput } = rules;
  const isWide = shape.limbs > 2;
  const [real, index, time, indexLow, fromImage, followed, gapLow] = [
    'real',
    'index',
    'time',
    'index low',
    'from image',
    'followed',
    'gap low',
  ].map(columns) as Uint32Array[];
  const [fromInput, placeLow] = hasInput ? ['from input', 'place low'].map(columns) : [];
  const wide = isWide
    ? { high: columns('high'), climbs: columns('climbs'), stays: columns('stays') }
    : undefined;
  const fillFirst = fillChecked(columns, 'first', shape.limbs, undefined);
  const fillLast = fillChecked(columns, 'last', shape.limbs, undefined);
  const put = (column: Uint32Array | undefined, row: number, value: number): void => {
    (column as Uint32Array)[row] = value;
  };
  const split = (value: number): readonly [number, number] => [value % LIMB, Math.floor(value / LIMB)];
  return (ends) =>
    ends.forEach((end, row) => {
      put(real, row, 1);
      put(index, row, end.index);
      put(time, row, end.time);
      fillFirst(row, end.first);
      fillLast(row, end.last);
      const [low, rest] = split(end.index);
      put(indexLow, row, low);
      for (const value of [low, rest, rest * highFactor(shape, rules), end.high]) lookups.u16(value);
      if (end.source === 'image') put(fromImage, row, 1);
      if (end.source === 'input') {
        const [lowPlace, highPlace] = split(end.index - inputIndex(shape));
        put(fromInput, row, 1);
        put(placeLow, row, lowPlace);
        lookups.u16(lowPlace);
        lookups.pair(highPlace, 0);
        end.first.forEach(lookups.u16);
      }
      if (wide) wide.high[row] = end.high;
      const next = ends[row + 1];
      if (next === undefined) return;
      put(followed, row, 1);
      if (next.high !== end.high) {
        put(wide?.climbs, row, 1);
        lookups.u16(next.high - end.high - 1);
        return;
      }
      if (wide) wide.stays[row] = 1;
      const [lowGap, highGap] = split(next.index - end.index - 1);
      put(gapLow, row, lowGap);
      lookups.u16(lowGap);
      lookups.u13(highGap);
    });
}
