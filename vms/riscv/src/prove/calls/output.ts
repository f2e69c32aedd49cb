import { type Bus, type Chip, defineChip, type Expression } from '@ninefold/stark';
import type { Place } from '../address.ts';
import { type Buses, SLOT, TIME_STEP } from '../buses.ts';
import {
  access,
  checkedBytes,
  type Columns,
  fillAccess,
  fillPairs,
  flagOf,
  limbsOfBytes,
  named,
  type Touched,
} from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import { bytesOf, type Shape } from '../words.ts';

/** A byte that goes to the journal. */
export type OutputStep = {
  /** The time of the request or of the byte before. */
  readonly time: number;
  readonly place: Place;
  /** Bytes to come, with this one. */
  readonly left: number;
  readonly position: number;
  readonly word: Touched;
};

/** Buses of what goes to the journal. */
export type OutputBuses = {
  /** [time, space, index, offset, left, position]: bytes to be written. */
  readonly output: Bus;
  /** [position, byte] of the journal. */
  readonly journal: Bus;
};

/** Reads bytes out of memory one by one, and puts them on the journal's bus with their places. */
export function outputChip(shape: Shape, buses: Buses, own: OutputBuses): Chip {
  return defineChip(
    'output',
    (air) => {
      const context = { air, shape, buses };
      const real = air.flag('real');
      const [time, space, index, left, position] = ['time', 'space', 'index', 'left', 'position'].map(
        air.column,
      ) as [Expression, Expression, Expression, Expression, Expression];
      const offsets = Array.from({ length: shape.bytes }, (_, i) => air.flag(`offset.${i}`));
      air.assertOneHot('one offset', offsets, real);
      const offset = air.sum(offsets.map((flag, i) => flag.mul(i)));
      air.receive(own.output, [time, space, index, offset, left, position], real);
      const seen = checkedBytes(context, 'seen', shape.bytes, real);
      const held = limbsOfBytes(seen);
      const now = time.add(TIME_STEP);
      access(context, 'word', {
        space,
        index,
        time: now.add(SLOT.MEMORY),
        before: held,
        after: held,
        when: real,
      });
      const byte = named(air, 'byte', air.sum(offsets.map((flag, i) => flag.mul(seen[i] as Expression))));
      air.send(own.journal, [position, byte], real);
      const last = air.flag('last');
      air.when(last, () => air.assertEqual('the last one', left, 1));
      const more = flagOf(air, 'more', real.sub(last));
      const wraps = offsets.at(-1) as Expression;
      air.send(
        own.output,
        [
          now,
          space,
          index.add(wraps),
          offset.add(1).sub(wraps.mul(shape.bytes)),
          left.sub(1),
          position.add(1),
        ],
        more,
      );
    },
    { optional: true },
  );
}

/** Fills {@link outputChip}. */
export function fillOutput(
  columns: Columns,
  lookups: Lookups,
  shape: Shape,
): (row: number, step: OutputStep) => void {
  const [real, time, space, index, left, position, byte, last, more] = [
    'real',
    'time',
    'space',
    'index',
    'left',
    'position',
    'byte',
    'last',
    'more',
  ].map(columns) as Uint32Array[] & { readonly length: 9 };
  const offsets = Array.from({ length: shape.bytes }, (_, i) => columns(`offset.${i}`));
  const seen = fillPairs(columns, 'seen', shape.bytes, lookups);
  const read = fillAccess(columns, lookups, 'word');
  return (row, step) => {
    const { place, word } = step;
    const bytes = bytesOf(word.previous);
    (real as Uint32Array)[row] = 1;
    (time as Uint32Array)[row] = step.time;
    (space as Uint32Array)[row] = place.space;
    (index as Uint32Array)[row] = place.index;
    (left as Uint32Array)[row] = step.left;
    (position as Uint32Array)[row] = step.position;
    (offsets[place.offset] as Uint32Array)[row] = 1;
    seen(row, bytes);
    read(row, step.time + TIME_STEP + SLOT.MEMORY, word.previousTime);
    (byte as Uint32Array)[row] = bytes[place.offset] as number;
    ((step.left === 1 ? last : more) as Uint32Array)[row] = 1;
  };
}
