import { sha256Compress, sha256Extend } from '../../host/accelerators/sha256.ts';
import { numbers } from '../bits.ts';
import { type Buses, SLOT } from '../buses.ts';
import { type Cell, touch } from '../cells.ts';
import {
  COMPRESS_ROWS,
  COMPRESS_SLOT,
  defineSha256CompressBus,
  fillSha256Compress,
  type Sha256CompressStep,
  sha256CompressChip,
  STATE_WORDS,
} from '../chips/sha256-compress.ts';
import {
  BLOCK_WORDS,
  defineSha256ExtendBus,
  fillSha256Extend,
  SCHEDULE_WORDS,
  type Sha256ExtendStep,
  sha256ExtendChip,
  wordOf,
} from '../chips/sha256-extend.ts';
import { halves } from '../chips/sha256-rows.ts';
import type { Limbs, Shape } from '../words.ts';
import { pendingRows } from '../pending-table.ts';
import type { Computation, WordPlace } from './computation.ts';

/** Extend the message schedule that begins at a word, a machine word for each of its 64 words. */
export type Sha256ExtendCall = WordPlace & { readonly time: number };

/** Do the rounds over a schedule and a state of 8 words. */
export type Sha256CompressCall = {
  readonly time: number;
  readonly schedule: WordPlace;
  readonly state: WordPlace;
};

/** Message schedules in memory: a call sends [time, space, index]. */
export function sha256ExtendComputation(shape: Shape, buses: Buses): Computation<Sha256ExtendCall> {
  const calls = defineSha256ExtendBus();
  const chip = sha256ExtendChip(shape, buses, calls);
  return {
    calls,
    chips: [chip],
    recorder: ({ word }) => {
      const rows = pendingRows<Sha256ExtendStep>(
        chip,
        (columns, lookups) => fillSha256Extend(columns, lookups, shape),
        SCHEDULE_WORDS,
      );
      return {
        take: ({ time, space, index }) => {
          const cells = numbers(SCHEDULE_WORDS).map((i) => word(space, index + i));
          const schedule = wordsOf(cells);
          sha256Extend(schedule);
          const words = cells.map((cell, i) =>
            touch(
              cell,
              time + SLOT.MEMORY,
              i < BLOCK_WORDS ? undefined : limbsOf(schedule[i] as number, shape),
            ),
          );
          rows.push({ time, space, index, words });
        },
        tables: rows.tables,
        cut: rows.cut,
      };
    },
  };
}

/** Rounds over schedules and states in memory: a call sends [time, space, index, space, index]. */
export function sha256CompressComputation(shape: Shape, buses: Buses): Computation<Sha256CompressCall> {
  const calls = defineSha256CompressBus();
  const chip = sha256CompressChip(shape, buses, calls);
  return {
    calls,
    chips: [chip],
    recorder: ({ word }) => {
      const rows = pendingRows<Sha256CompressStep>(
        chip,
        (columns, lookups) => fillSha256Compress(columns, lookups, shape),
        COMPRESS_ROWS,
      );
      return {
        take: ({ time, schedule, state }) => {
          const scheduleCells = numbers(SCHEDULE_WORDS).map((i) => word(schedule.space, schedule.index + i));
          const stateCells = numbers(STATE_WORDS).map((i) => word(state.space, state.index + i));
          const values = wordsOf(stateCells);
          sha256Compress(values, wordsOf(scheduleCells));
          const loaded = stateCells.map((cell) => touch(cell, time + COMPRESS_SLOT.LOAD));
          const used = scheduleCells.map((cell) => touch(cell, time + COMPRESS_SLOT.ROUND));
          const stored = stateCells.map((cell, i) =>
            touch(cell, time + COMPRESS_SLOT.STORE, limbsOf(values[i] as number, shape)),
          );
          const words = [...loaded.reverse(), ...used, ...stored.reverse()];
          rows.push({ time, schedule, state, words });
        },
        tables: rows.tables,
        cut: rows.cut,
      };
    },
  };
}

/** The words of SHA-256 that cells hold, in their low 32 bits. */
const wordsOf = (cells: readonly Cell[]): Uint32Array =>
  Uint32Array.from(cells, ({ value }) => wordOf(value));

/** A word of SHA-256 as a machine word. */
const limbsOf = (word: number, { limbs }: Shape): Limbs => [...halves(word), ...numbers(limbs - 2).fill(0)];
