import { type Bus, type Chip, defineBus, defineChip } from '@ninefold/stark';
import { memorySpace, type Buses, SLOT } from '../buses.ts';
import { type Cells, touch } from '../cells.ts';
import {
  access,
  checkedLimbs,
  type Columns,
  fillAccess,
  fillChecked,
  flagOf,
  type Touched,
} from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import { type Limbs, limbsFromBytes, type Shape } from '../words.ts';

/** A word that the host gives. */
export type HintStep = {
  /** The call's time. */
  readonly time: number;
  readonly space: number;
  readonly index: number;
  /** Words to come, with this one. */
  readonly left: number;
  readonly word: Touched & { readonly next: Limbs };
};

/** [time, space, index, left]: words of memory to be filled by the host. */
export function hintBus(): Bus {
  return defineBus('hint', 4);
}

/**
 * Writes words that the prover chooses: one after the other, all at the time of the call that asked for
 * them. A request has at least one word; that it ends with its last one is what `left` is for.
 */
export function hintChip(shape: Shape, buses: Buses, hint: Bus): Chip {
  return defineChip(
    'hint',
    (air) => {
      const context = { air, shape, buses };
      const real = air.flag('real');
      const [time, space, index, left] = [
        air.column('time'),
        air.column('space'),
        air.column('index'),
        air.column('left'),
      ];
      air.receive(hint, [time, space, index, left], real);
      access(context, 'word', {
        space,
        index,
        time: time.add(SLOT.MEMORY),
        before: air.columns('overwritten', shape.limbs),
        after: checkedLimbs(context, 'given', shape.limbs, real),
        when: real,
      });
      const last = air.flag('last');
      air.when(last, () => air.assertEqual('the last one', left, 1));
      const more = flagOf(air, 'more', real.sub(last));
      air.send(hint, [time, space, index.add(1), left.sub(1)], more);
    },
    { optional: true },
  );
}

/** Fills {@link hintChip}. */
export function fillHints(
  columns: Columns,
  lookups: Lookups,
  shape: Shape,
): (row: number, step: HintStep) => void {
  const [real, time, space, index, left, last, more] = [
    'real',
    'time',
    'space',
    'index',
    'left',
    'last',
    'more',
  ].map(columns) as Uint32Array[] & { readonly length: 7 };
  const overwritten = fillChecked(columns, 'overwritten', shape.limbs, undefined);
  const given = fillChecked(columns, 'given', shape.limbs, lookups.u16);
  const write = fillAccess(columns, lookups, 'word');
  return (row, step) => {
    const { word } = step;
    (real as Uint32Array)[row] = 1;
    (time as Uint32Array)[row] = step.time;
    (space as Uint32Array)[row] = step.space;
    (index as Uint32Array)[row] = step.index;
    (left as Uint32Array)[row] = step.left;
    overwritten(row, word.previous);
    given(row, word.next);
    write(row, step.time + SLOT.MEMORY, word.previousTime);
    ((step.left === 1 ? last : more) as Uint32Array)[row] = 1;
  };
}

/** Touches the words that a hint fills: `bytes` from the aligned `address` on, with zeros up to a whole word. */
export function takeHint(
  { shape, word }: Cells,
  time: number,
  address: number,
  bytes: Uint8Array,
): readonly HintStep[] {
  const count = Math.ceil(bytes.length / shape.bytes);
  const padded = new Uint8Array(count * shape.bytes);
  padded.set(bytes);
  const space = memorySpace(Math.floor(address / 2 ** 32));
  const first = (address % 2 ** 32) / shape.bytes;
  return Array.from({ length: count }, (_, i) => {
    const next = limbsFromBytes(padded.subarray(i * shape.bytes, (i + 1) * shape.bytes));
    const index = first + i;
    const touched = touch(word(space, index), time + SLOT.MEMORY, next);
    return { time, space, index, left: count - i, word: { ...touched, next } };
  });
}
