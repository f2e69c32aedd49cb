import {
  type AirBuilder,
  type Bus,
  type Chip,
  defineBus,
  defineChip,
  type Expression,
} from '@ninefold/stark';
import { SHA256_CONSTANTS } from '../../host/accelerators/sha256.ts';
import { choose, limbsOfBits, majority, numberOf, numbers, xor } from '../bits.ts';
import type { Buses } from '../buses.ts';
import { access, type Columns, fillAccess, fillChecked, named, type Touched } from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import { LIMB, type Shape } from '../words.ts';
import { SCHEDULE_WORDS, wordOf } from './sha256-extend.ts';
import { callRows, fillBits, fillCallRows, GROUP_ROWS, halves, rotated, rotatedBits } from './sha256-rows.ts';

// The 64 rounds of SHA-256 (FIPS 180-4, section 6.2.2, steps 2 to 4) over a schedule and a state in memory, a
// machine word for each of their words. Every row of a call touches one word:
//
//   8 rows read the state from its last word on; each word enters at a, and what is there moves on;
//   64 rows read a word of the schedule and do a round;
//   8 rows write the state from its last word on: what has come to h is added to what memory holds.
//
// On every row, real or not, b to d and f to h take what was in a to c and e to g.

/** Words of the state. */
export const STATE_WORDS = 8;

/** Rows of a call. */
export const COMPRESS_ROWS: number = STATE_WORDS + SCHEDULE_WORDS + STATE_WORDS;

const GROUPS: number = COMPRESS_ROWS / GROUP_ROWS;

/** Offsets to a call's time at which the state is read, the schedule is read, the state is written. */
export const COMPRESS_SLOT = { LOAD: 1, ROUND: 2, STORE: 3 } as const;

const SUM0 = [2, 13, 22] as const;
const SUM1 = [6, 11, 25] as const;

/** Bits of a carry out of at most seven words. */
const CARRY_BITS = 3;

/** [time, space of the schedule, index, space of the state, index] of a compression to be done. */
export function defineSha256CompressBus(): Bus {
  return defineBus('sha-256 compress', 5);
}

/** Does the compressions that are asked for. */
export function sha256CompressChip(shape: Shape, buses: Buses, calls: Bus): Chip {
  return defineChip(
    'sha-256 compress',
    (air) => {
      const context = { air, shape, buses };
      const rows = callRows(air, GROUPS);
      const { real, groups, steps } = rows;
      const load = groups[0] as Expression;
      const store = groups.at(-1) as Expression;
      const rounds = groups.slice(1, -1);
      const round = air.sum(rounds);
      const time = air.column('time');
      const own = ['schedule space', 'schedule', 'state space', 'state'].map(air.column);
      const [scheduleSpace, schedule, stateSpace, state] = own as [
        Expression,
        Expression,
        Expression,
        Expression,
      ];
      air.receive(calls, [time, scheduleSpace, schedule, stateSpace, state], rows.first);
      air.when(rows.goesOn, () => {
        [time, ...own].forEach((column, i) => air.assertEqual(`call stays ${i}`, column.next(), column));
      });

      const ends = load.add(store);
      const step = air.sum(steps.map((flag, i) => flag.mul(i)));
      const roundNumber = air.sum(rounds.map((flag, i) => flag.mul(GROUP_ROWS * i))).add(step);
      const space = named(air, 'space', round.mul(scheduleSpace).add(ends.mul(stateSpace)));
      const index = named(
        air,
        'index',
        round.mul(schedule.add(roundNumber)).add(ends.mul(state.add(STATE_WORDS - 1).sub(step))),
      );
      const before = air.columns('before', shape.limbs);

      const bits = (name: string): Expression[] => numbers(32).map((i) => air.flag(`${name}.${i}`));
      const [a, e] = [bits('a'), bits('e')];
      const [b, c, f, g] = ['b', 'c', 'f', 'g'].map((name) => air.columns(name, 32)) as [
        Expression[],
        Expression[],
        Expression[],
        Expression[],
      ];
      const [d, h] = [air.columns('d', 2), air.columns('h', 2)];
      const moves = (name: string, to: readonly Expression[], from: readonly Expression[]): void =>
        to.forEach((value, i) => air.assertEqual(`${name} ${i}`, value.next(), from[i] as Expression));
      moves('b', b, a);
      moves('c', c, b);
      moves('d', d, limbsOfBits(air, c));
      moves('f', f, e);
      moves('g', g, f);
      moves('h', h, limbsOfBits(air, g));

      const sums0 = mixed(air, 'sums of a', a, SUM0, (i) =>
        majority(a[i] as Expression, b[i] as Expression, c[i] as Expression),
      );
      const sums1 = mixed(air, 'sums of e', e, SUM1, (i) =>
        choose(e[i] as Expression, f[i] as Expression, g[i] as Expression),
      );
      const [newA, newE] = [a, e].map((word) => limbsOfBits(air, word).map((limb) => limb.next())) as [
        Expression[],
        Expression[],
      ];
      let carriedA = air.constant(0);
      let carriedE = air.constant(0);
      for (let k = 0; k < 2; k++) {
        const [word, last] = [before[k] as Expression, h[k] as Expression];
        // On rows without a round there is no constant either.
        const constant = air.sum(
          rounds.map((flag, i) => flag.mul(constantIn(air, steps, GROUP_ROWS * i, k))),
        );
        const first = round.mul(air.sum([last, sums1[k] as Expression, word])).add(constant);
        const second = round.mul(sums0[k] as Expression);
        const taken = ends.mul(word).add(store.mul(last));
        const [carryA, carryE] = ['a', 'e'].map((name) =>
          numberOf(
            air,
            numbers(CARRY_BITS).map((i) => air.flag(`carry of ${name} ${k}.${i}`)),
          ),
        ) as [Expression, Expression];
        air.assertEqual(
          `a ${k}`,
          air.sum([first, second, taken, carriedA]),
          (newA[k] as Expression).add(carryA.mul(LIMB)),
        );
        air.assertEqual(
          `e ${k}`,
          air.sum([first, d[k] as Expression, carriedE]),
          (newE[k] as Expression).add(carryE.mul(LIMB)),
        );
        [carriedA, carriedE] = [carryA, carryE];
      }

      // What is written is what enters at a; it fills a machine word up with zeros.
      const after = before.map((limb, k) =>
        named(
          air,
          `after.${k}`,
          k < 2 ? limb.add(store.mul((newA[k] as Expression).sub(limb))) : store.not().mul(limb),
        ),
      );
      access(context, 'cell', {
        space,
        index,
        time: air.sum([
          time,
          load.mul(COMPRESS_SLOT.LOAD),
          round.mul(COMPRESS_SLOT.ROUND),
          store.mul(COMPRESS_SLOT.STORE),
        ]),
        before,
        after,
        when: real,
      });
    },
    { optional: true },
  );
}

/** The limbs of the word's sum of rotations and another function of bits, not carried. */
function mixed(
  air: AirBuilder,
  name: string,
  word: readonly Expression[],
  rotations: readonly [number, number, number],
  other: (bit: number) => Expression,
): Expression[] {
  const [one, two, three] = rotations.map((by) => rotatedBits(word, by)) as [
    Expression[],
    Expression[],
    Expression[],
  ];
  const rotation = limbsOfBits(
    air,
    one.map((bit, i) => xor(xor(bit, two[i] as Expression), three[i] as Expression)),
  );
  const others = limbsOfBits(
    air,
    word.map((_, i) => other(i)),
  );
  return rotation.map((limb, k) => named(air, `${name}.${k}`, limb.add(others[k] as Expression)));
}

/** A limb of the constant of the round that the step's flag tells, from the round `first` on. */
function constantIn(air: AirBuilder, steps: readonly Expression[], first: number, limb: number): Expression {
  return air.sum(
    steps.map((flag, i) => flag.mul(halves(SHA256_CONSTANTS[first + i] as number)[limb] as number)),
  );
}

/** A compression: words as they were and since when, the state's before and after the rounds. */
export type Sha256CompressStep = {
  readonly time: number;
  readonly schedule: { readonly space: number; readonly index: number };
  readonly state: { readonly space: number; readonly index: number };
  /** Words of the state from the last one on, of the schedule, and of the state from the last one on again. */
  readonly words: readonly Touched[];
};

/** The registers a to h. */
type Registers = readonly [number, number, number, number, number, number, number, number];

/** Fills {@link sha256CompressChip} from `row` on, calls in the order of their rows; gives the new state. */
export function fillSha256Compress(
  columns: Columns,
  lookups: Lookups,
  shape: Shape,
): (row: number, step: Sha256CompressStep) => Uint32Array {
  const number = fillCallRows(columns, GROUPS);
  const [time, scheduleSpace, schedule, stateSpace, state, space, index] = [
    'time',
    'schedule space',
    'schedule',
    'state space',
    'state',
    'space',
    'index',
  ].map(columns) as Uint32Array[] & { readonly length: 7 };
  const before = fillChecked(columns, 'before', shape.limbs, undefined);
  const after = fillChecked(columns, 'after', shape.limbs, undefined);
  const cell = fillAccess(columns, lookups, 'cell');
  const bits = ['a', 'b', 'c', 'e', 'f', 'g'].map((name) => fillBits(columns, name));
  const limbs = ['d', 'h'].map((name) => fillChecked(columns, name, 2, undefined));
  const sums = ['sums of a', 'sums of e'].map((name) => fillChecked(columns, name, 2, undefined));
  const carries = ['a', 'e'].map((name) =>
    numbers(2).map((k) => numbers(CARRY_BITS).map((i) => columns(`carry of ${name} ${k}.${i}`))),
  );

  /** Adds words, keeping the carries of one of the two new registers. */
  const add = (row: number, which: number, words: readonly number[]): number => {
    let carry = 0;
    const total = numbers(2).map((k) => {
      const sum = words.reduce((all, word) => all + (halves(word)[k] as number), carry);
      carry = sum >>> 16;
      carries[which]?.[k]?.forEach((column, bit) => (column[row] = (carry >> bit) & 1));
      return sum & 0xffff;
    });
    return wordOf(total);
  };

  /** Fills what depends on the registers of a row, and gives the words that a round adds up. */
  const fillRegisters = (
    row: number,
    [a, b, c, d, e, f, g, h]: Registers,
  ): { readonly [K in 'one' | 'two']: readonly number[] } => {
    [a, b, c, e, f, g].forEach((word, i) => bits[i]?.(row, word));
    [d, h].forEach((word, i) => limbs[i]?.(row, halves(word)));
    const one = [sumOf(e, SUM1), ((e & f) ^ (~e & g)) >>> 0];
    const two = [sumOf(a, SUM0), ((a & b) ^ (a & c) ^ (b & c)) >>> 0];
    [two, one].forEach(([x = 0, y = 0], i) => {
      const [[lowX, highX], [lowY, highY]] = [halves(x), halves(y)];
      sums[i]?.(row, [lowX + lowY, highX + highY]);
    });
    return { one, two };
  };

  let registers: Registers = [0, 0, 0, 0, 0, 0, 0, 0];
  /** Moves on with what enters at a and e. */
  const move = (a: number, e: number): void => {
    const [oldA, b, c, , oldE, f, g] = registers;
    registers = [a, oldA, b, c, e, oldE, f, g];
  };

  return (start, step) => {
    const result = new Uint32Array(STATE_WORDS);
    for (let i = 0; i < COMPRESS_ROWS; i++) {
      const row = start + i;
      const touched = step.words[i] as Touched;
      const word = wordOf(touched.previous);
      const { one, two } = fillRegisters(row, registers);
      const [, , , d, , , , h] = registers;
      const isStore = i >= STATE_WORDS + SCHEDULE_WORDS;
      const isRound = !isStore && i >= STATE_WORDS;
      const roundNumber = i - STATE_WORDS;
      const first = isRound ? [h, ...one, SHA256_CONSTANTS[roundNumber] as number, word] : [];
      const newA = add(row, 0, isRound ? [...first, ...two] : isStore ? [word, h] : [word]);
      const newE = add(row, 1, [...first, d]);
      move(newA, newE);

      number(row, i);
      (time as Uint32Array)[row] = step.time;
      (scheduleSpace as Uint32Array)[row] = step.schedule.space;
      (schedule as Uint32Array)[row] = step.schedule.index;
      (stateSpace as Uint32Array)[row] = step.state.space;
      (state as Uint32Array)[row] = step.state.index;
      const place = STATE_WORDS - 1 - (i % GROUP_ROWS);
      (space as Uint32Array)[row] = isRound ? step.schedule.space : step.state.space;
      (index as Uint32Array)[row] = isRound ? step.schedule.index + roundNumber : step.state.index + place;
      before(row, touched.previous);
      after(row, isStore ? [...halves(newA), ...touched.previous.slice(2).fill(0)] : touched.previous);
      const slot = isStore ? COMPRESS_SLOT.STORE : isRound ? COMPRESS_SLOT.ROUND : COMPRESS_SLOT.LOAD;
      cell(row, step.time + slot, touched.previousTime);
      if (isStore) result[place] = newA;
    }
    // Behind the last call the registers run out within as many rows as there are; there are twice as many at
    // least, since a table's height is no multiple of a call's rows. A next call's rows are filled again with it.
    const kept = registers;
    for (let i = 0; i < STATE_WORDS; i++) {
      const row = (start + COMPRESS_ROWS + i) % time!.length;
      fillRegisters(row, registers);
      move(0, add(row, 1, [registers[3]]));
    }
    registers = kept;
    return result;
  };
}

function sumOf(word: number, [one, two, three]: readonly [number, number, number]): number {
  return (rotated(word, one) ^ rotated(word, two) ^ rotated(word, three)) >>> 0;
}
