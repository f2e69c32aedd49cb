import { type AirBuilder, type Chip, defineChip } from '@ninefold/stark';
import { STANDARD_INPUT_ADDRESS } from '../../spec/guest-calls.ts';
import { type Buses, ENDS_HERE, memorySpace } from '../buses.ts';
import type { MemoryRules } from '../calls/call-system.ts';
import { type Columns, flagOf } from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import { LIMB, type Shape } from '../words.ts';

/** Where a word's first content is from: nowhere, which is zero, the program's image or the input. */
export const SOURCE = { ZERO: 0, IMAGE: 1, INPUT: 2 } as const;

/** The words of memory from their beginning to their end, in ascending order. */
export type MemoryEnds = {
  readonly count: number;
  /** Bits of the address above the low 32. */
  readonly high: Uint16Array;
  readonly index: Uint32Array;
  /** See {@link SOURCE}. */
  readonly source: Uint8Array;
  /** Contents: one half a word in RV32, two in RV64, the low one first. */
  readonly first: Uint32Array;
  readonly last: Uint32Array;
  readonly time: Uint32Array;
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
 * row, none of them can begin as anything else. All of that holds because one segment alone has such rows.
 *
 * @param rules whether words at the input's address may begin as the prover likes, and which words there are
 */
export function memoryEndsChip(shape: Shape, buses: Buses, rules: MemoryRules): Chip {
  const { hasInput } = rules;
  const define = (air: AirBuilder): void => {
    const real = air.flag('real');
    air.assertZero('memory begins in one segment', real.mul(air.public(ENDS_HERE).not()));
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
  };
  return defineChip('memory ends', define, { optional: true });
}

/** Fills {@link memoryEndsChip} with all rows in order. */
export function fillMemoryEnds(
  columns: Columns,
  lookups: Lookups,
  shape: Shape,
  rules: MemoryRules,
): (ends: MemoryEnds) => void {
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
  const firsts = Array.from({ length: shape.limbs }, (_, i) => columns(`first.${i}`));
  const lasts = Array.from({ length: shape.limbs }, (_, i) => columns(`last.${i}`));
  const limbAt = (halves: Uint32Array, row: number, i: number): number =>
    ((halves[row * (shape.limbs / 2) + (i >> 1)] as number) >>> (16 * (i & 1))) & 0xffff;
  const put = (column: Uint32Array | undefined, row: number, value: number): void => {
    (column as Uint32Array)[row] = value;
  };
  const putSource = (ends: MemoryEnds, row: number): void => {
    if (ends.source[row] === SOURCE.IMAGE) put(fromImage, row, 1);
    if (ends.source[row] !== SOURCE.INPUT) return;
    const place = (ends.index[row] as number) - inputIndex(shape);
    put(fromInput, row, 1);
    put(placeLow, row, place % LIMB);
    lookups.u16(place % LIMB);
    lookups.pair(Math.floor(place / LIMB), 0);
    for (let i = 0; i < shape.limbs; i++) lookups.u16(limbAt(ends.first, row, i));
  };
  const putStep = (ends: MemoryEnds, row: number): void => {
    put(followed, row, 1);
    const rise = (ends.high[row + 1] as number) - (ends.high[row] as number);
    if (rise > 0) {
      put(wide?.climbs, row, 1);
      lookups.u16(rise - 1);
      return;
    }
    if (wide) wide.stays[row] = 1;
    const gap = (ends.index[row + 1] as number) - (ends.index[row] as number) - 1;
    put(gapLow, row, gap % LIMB);
    lookups.u16(gap % LIMB);
    lookups.u13(Math.floor(gap / LIMB));
  };
  return (ends) => {
    for (let row = 0; row < ends.count; row++) {
      const number = ends.index[row] as number;
      const high = ends.high[row] as number;
      put(real, row, 1);
      put(index, row, number);
      put(time, row, ends.time[row] as number);
      for (let i = 0; i < shape.limbs; i++) {
        put(firsts[i], row, limbAt(ends.first, row, i));
        put(lasts[i], row, limbAt(ends.last, row, i));
      }
      const rest = Math.floor(number / LIMB);
      put(indexLow, row, number % LIMB);
      lookups.u16(number % LIMB);
      lookups.u16(rest);
      lookups.u16(rest * highFactor(shape, rules));
      lookups.u16(high);
      if (wide) wide.high[row] = high;
      putSource(ends, row);
      if (row + 1 < ends.count) putStep(ends, row);
    }
  };
}
