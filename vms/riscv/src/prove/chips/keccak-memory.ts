import { type Bus, type Chip, defineBus, defineChip, type Expression } from '@ninefold/stark';
import { numbers } from '../bits.ts';
import { type Buses, SLOT } from '../buses.ts';
import { access, type Columns, fillAccess, fillChecked, type Touched } from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import type { Limbs, Shape } from '../words.ts';
import { PLANE_LIMBS, PLANES, STATE_LIMBS } from './keccak-f.ts';

/** [time, space, index]: permute the state that begins at that word. */
export function defineKeccakCallBus(): Bus {
  return defineBus('keccak call', 3);
}

/** Words of memory that a state takes. */
export const stateWords = ({ limbs }: Shape): number => STATE_LIMBS / limbs;

/**
 * Takes states from memory and puts their permutations there, a plane a row: what memory held and what it
 * holds now is what goes in and out of the permutation of that time.
 */
export function keccakMemoryChip(shape: Shape, buses: Buses, calls: Bus, permutation: Bus): Chip {
  const words = PLANE_LIMBS / shape.limbs;
  return defineChip(
    'keccak memory',
    (air) => {
      const context = { air, shape, buses };
      const real = air.flag('real');
      const planes = numbers(PLANES).map((y) => air.flag(`plane.${y}`));
      const [time, space, index] = ['time', 'space', 'index'].map(air.column) as [
        Expression,
        Expression,
        Expression,
      ];
      air.assertOneHot('one plane', planes, real);
      planes.slice(1).forEach((plane, y) => {
        air.assertEqual(`plane ${y + 1} follows`, plane.next(), planes[y] as Expression);
      });
      air.receive(calls, [time, space, index], planes[0]);
      air.when(air.sum(planes.slice(0, -1)), () => {
        air.assertEqual('time stays', time.next(), time);
        air.assertEqual('space stays', space.next(), space);
        air.assertEqual('words go on', index.next(), index.add(words));
      });

      const [before, after] = [air.columns('before', PLANE_LIMBS), air.columns('after', PLANE_LIMBS)];
      const y = air.sum(planes.map((plane, i) => plane.mul(i)));
      air.send(permutation, [time, y, ...before], real);
      air.send(permutation, [time, y.add(PLANES), ...after], real);
      for (let word = 0; word < words; word++) {
        const [from, to] = [word * shape.limbs, (word + 1) * shape.limbs];
        access(context, `word ${word}`, {
          space,
          index: index.add(word),
          time: time.add(SLOT.MEMORY),
          before: before.slice(from, to),
          after: after.slice(from, to),
          when: real,
        });
      }
    },
    { optional: true },
  );
}

/** A state that was permuted in memory: its words as they were and since when, and its limbs now. */
export type KeccakMemoryStep = {
  readonly time: number;
  readonly space: number;
  readonly index: number;
  readonly words: readonly Touched[];
  readonly after: Limbs;
};

/** Fills the rows of {@link keccakMemoryChip} from `row` on, one for each plane. */
export function fillKeccakMemory(
  columns: Columns,
  lookups: Lookups,
  shape: Shape,
): (row: number, step: KeccakMemoryStep) => void {
  const words = PLANE_LIMBS / shape.limbs;
  const [real, time, space, index] = ['real', 'time', 'space', 'index'].map(columns) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const planes = numbers(PLANES).map((y) => columns(`plane.${y}`));
  const before = fillChecked(columns, 'before', PLANE_LIMBS, undefined);
  const after = fillChecked(columns, 'after', PLANE_LIMBS, undefined);
  const accesses = numbers(words).map((word) => fillAccess(columns, lookups, `word ${word}`));
  return (start, step) => {
    planes.forEach((plane, y) => {
      const row = start + y;
      const touched = step.words.slice(words * y, words * (y + 1));
      real[row] = 1;
      plane[row] = 1;
      time[row] = step.time;
      space[row] = step.space;
      index[row] = step.index + words * y;
      before(
        row,
        touched.flatMap(({ previous }) => previous),
      );
      after(row, step.after.slice(PLANE_LIMBS * y, PLANE_LIMBS * (y + 1)));
      touched.forEach(({ previousTime }, word) =>
        accesses[word]?.(row, step.time + SLOT.MEMORY, previousTime),
      );
    });
  };
}
