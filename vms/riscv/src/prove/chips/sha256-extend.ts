import { type Bus, type Chip, defineBus, defineChip, type Expression } from '@ninefold/stark';
import { limbsOfBits, numberOf, numbers, xor } from '../bits.ts';
import { type Buses, SLOT } from '../buses.ts';
import { access, type Columns, fillAccess, fillChecked, named, type Touched } from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import { LIMB, type Limbs, type Shape } from '../words.ts';
import {
  callRows,
  fillBits,
  fillCallRows,
  GROUP_ROWS,
  halves,
  rotated,
  rotatedBits,
  shiftedBits,
} from './sha256-rows.ts';

// The message schedule of SHA-256 (FIPS 180-4, section 6.2.2, step 1) in memory, a machine word for each of
// its words: 16 are read, 48 are written. A row a word. The words of the 16 rows before are at hand in a
// register that shifts from row to row, whatever the rows are: around the table's end, over padding, and from
// call to call. Two of its places hold bits, for the two functions; what passes them is below 2^32.

/** Words of a message block, and of its schedule. */
export const BLOCK_WORDS = 16;
export const SCHEDULE_WORDS = 64;

const GROUPS: number = SCHEDULE_WORDS / GROUP_ROWS;
const READ_GROUPS: number = BLOCK_WORDS / GROUP_ROWS;

/** How many words back sigma0 and sigma1 look. */
const SIGMA0_BACK = 15;
const SIGMA1_BACK = 2;

const SIGMA0 = { rotations: [7, 18], shift: 3 } as const;
const SIGMA1 = { rotations: [17, 19], shift: 10 } as const;

/** Places of the register that are limbs. */
const LIMB_PLACES: readonly number[] = numbers(BLOCK_WORDS)
  .map((i) => i + 1)
  .filter((back) => back !== SIGMA0_BACK && back !== SIGMA1_BACK);

/** [time, space, index]: extend the schedule that begins at that word. */
export function defineSha256ExtendBus(): Bus {
  return defineBus('sha-256 extend', 3);
}

/** Extends the schedules that are asked for. */
export function sha256ExtendChip(shape: Shape, buses: Buses, calls: Bus): Chip {
  return defineChip(
    'sha-256 extend',
    (air) => {
      const context = { air, shape, buses };
      const rows = callRows(air, GROUPS);
      const { real, groups, steps } = rows;
      const [time, space, first] = ['time', 'space', 'first'].map(air.column) as [
        Expression,
        Expression,
        Expression,
      ];
      air.receive(calls, [time, space, first], rows.first);
      air.when(rows.goesOn, () => {
        air.assertEqual('time stays', time.next(), time);
        air.assertEqual('space stays', space.next(), space);
        air.assertEqual('first word stays', first.next(), first);
      });

      const before = air.columns('before', shape.limbs);
      const low = air.columns('word', 2);
      const reads = air.sum(groups.slice(0, READ_GROUPS));
      const writes = air.sum(groups.slice(READ_GROUPS));
      // A written word fills a machine word up with zeros; what is read stays as it is.
      const high = before.slice(2).map((limb, i) => named(air, `high.${i}`, reads.mul(limb)));
      access(context, 'cell', {
        space,
        index: first.add(numberOfRow(air.sum, groups, steps)),
        time: time.add(SLOT.MEMORY),
        before,
        after: [...low, ...high],
        when: real,
      });

      const [bits0, bits1] = [SIGMA0_BACK, SIGMA1_BACK].map((back) =>
        numbers(32).map((i) => air.flag(`back ${back}.${i}`)),
      ) as [Expression[], Expression[]];
      const limbPlaces = new Map(LIMB_PLACES.map((back) => [back, air.columns(`back ${back}`, 2)]));
      limbPlaces.set(SIGMA0_BACK, limbsOfBits(air, bits0));
      limbPlaces.set(SIGMA1_BACK, limbsOfBits(air, bits1));
      const at = (back: number): readonly Expression[] => limbPlaces.get(back) as readonly Expression[];
      for (let back = 1; back <= BLOCK_WORDS; back++) {
        const newer = back === 1 ? low : at(back - 1);
        at(back).forEach((limb, k) => {
          air.assertEqual(`word ${back} back ${k}`, limb.next(), newer[k] as Expression);
        });
      }

      const sigma = (
        bits: readonly Expression[],
        { rotations, shift }: typeof SIGMA0 | typeof SIGMA1,
      ): Expression[] => {
        const [one, two] = rotations.map((by) => rotatedBits(bits, by)) as [Expression[], Expression[]];
        const three = shiftedBits(air, bits, shift);
        return limbsOfBits(
          air,
          one.map((bit, i) => xor(xor(bit, two[i] as Expression), three[i] as Expression)),
        );
      };
      const [sigma0, sigma1] = [sigma(bits0, SIGMA0), sigma(bits1, SIGMA1)];
      let carried: Expression | undefined;
      low.forEach((limb, k) => {
        const sigmas = named(air, `sigmas.${k}`, (sigma0[k] as Expression).add(sigma1[k] as Expression));
        const terms = air.sum([sigmas, at(7)[k] as Expression, at(16)[k] as Expression]);
        const total = writes.mul(terms).add(reads.mul(before[k] as Expression));
        // Four words and a carry: 3 at most is carried on.
        const carry = numberOf(air, [air.flag(`carry ${k}.0`), air.flag(`carry ${k}.1`)]);
        air.assertEqual(
          `word ${k}`,
          carried === undefined ? total : total.add(carried),
          limb.add(carry.mul(LIMB)),
        );
        carried = carry;
      });
    },
    { optional: true },
  );
}

/** The number of a row within its call. */
function numberOfRow(
  sum: (terms: readonly Expression[]) => Expression,
  groups: readonly Expression[],
  steps: readonly Expression[],
): Expression {
  return sum([...groups.map((flag, i) => flag.mul(GROUP_ROWS * i)), ...steps.map((flag, i) => flag.mul(i))]);
}

/** A schedule that was extended: its words as they were, and since when. */
export type Sha256ExtendStep = {
  readonly time: number;
  readonly space: number;
  readonly index: number;
  readonly words: readonly Touched[];
};

/** A word of SHA-256 as memory holds it: the low 32 bits. */
export const wordOf = (limbs: Limbs): number => (((limbs[1] as number) << 16) | (limbs[0] as number)) >>> 0;

/** Fills {@link sha256ExtendChip} from `row` on, calls in the order of their rows; gives the schedule. */
export function fillSha256Extend(
  columns: Columns,
  lookups: Lookups,
  shape: Shape,
): (row: number, step: Sha256ExtendStep) => Uint32Array {
  const number = fillCallRows(columns, GROUPS);
  const [time, space, first] = ['time', 'space', 'first'].map(columns) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const before = fillChecked(columns, 'before', shape.limbs, undefined);
  const word = fillChecked(columns, 'word', 2, undefined);
  const high = fillChecked(columns, 'high', shape.limbs - 2, undefined);
  const cell = fillAccess(columns, lookups, 'cell');
  const bits0 = fillBits(columns, `back ${SIGMA0_BACK}`);
  const bits1 = fillBits(columns, `back ${SIGMA1_BACK}`);
  const limbPlaces = LIMB_PLACES.map((back) => ({
    back,
    fill: fillChecked(columns, `back ${back}`, 2, undefined),
  }));
  const sigmas = fillChecked(columns, 'sigmas', 2, undefined);
  const carries = numbers(2).map((k) => numbers(2).map((i) => columns(`carry ${k}.${i}`)));
  const height = time.length;
  // What was written to each row: zero on padding, where the register runs out.
  const words = new Uint32Array(height);
  const back = (row: number, by: number): number => words[(row - by + height) % height] as number;

  /** The register as a row sees it, and what depends on it alone. */
  const fillRegister = (row: number): void => {
    const [w15, w2] = [back(row, SIGMA0_BACK), back(row, SIGMA1_BACK)];
    bits0(row, w15);
    bits1(row, w2);
    for (const { back: by, fill } of limbPlaces) fill(row, halves(back(row, by)));
    const [low0, high0] = halves(sigmaOf(w15, SIGMA0));
    const [low1, high1] = halves(sigmaOf(w2, SIGMA1));
    sigmas(row, [low0 + low1, high0 + high1]);
  };

  return (start, step) => {
    for (let i = 0; i < SCHEDULE_WORDS; i++) {
      const row = start + i;
      const touched = step.words[i] as Touched;
      number(row, i);
      time[row] = step.time;
      space[row] = step.space;
      first[row] = step.index;
      before(row, touched.previous);
      if (i < BLOCK_WORDS) high(row, touched.previous.slice(2));
      cell(row, step.time + SLOT.MEMORY, touched.previousTime);
      const parts =
        i < BLOCK_WORDS
          ? [wordOf(touched.previous)]
          : [
              sigmaOf(back(row, SIGMA0_BACK), SIGMA0),
              sigmaOf(back(row, SIGMA1_BACK), SIGMA1),
              back(row, 7),
              back(row, 16),
            ];
      let carry = 0;
      const limbs = numbers(2).map((k) => {
        const total = parts.reduce((sum, part) => sum + (halves(part)[k] as number), carry);
        carry = total >>> 16;
        carries[k]?.forEach((column, bit) => (column[row] = (carry >> bit) & 1));
        return total & 0xffff;
      });
      word(row, limbs);
      words[row] = wordOf(limbs);
    }
    // Rows behind the call still hold its words; those of a next call are filled again with it.
    for (let i = 0; i < SCHEDULE_WORDS + BLOCK_WORDS; i++) fillRegister((start + i) % height);
    return words.slice(start, start + SCHEDULE_WORDS);
  };
}

function sigmaOf(word: number, { rotations, shift }: typeof SIGMA0 | typeof SIGMA1): number {
  const [one, two] = rotations;
  return (rotated(word, one) ^ rotated(word, two) ^ (word >>> shift)) >>> 0;
}
