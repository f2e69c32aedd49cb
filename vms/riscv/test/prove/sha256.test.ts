import { seededRng } from '@ninefold/base';
import { sha256 } from '@ninefold/kernels';
import {
  type Chip,
  type DontCare,
  checkTrace,
  cloneTrace,
  createKey,
  lintMachine,
  prove,
  type Trace,
  verify,
  violationText,
} from '@ninefold/stark';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Compress, sha256Extend } from '../../src/host/accelerators/sha256.ts';
import { COMPRESS_ROWS } from '../../src/prove/chips/sha256-compress.ts';
import { SCHEDULE_WORDS, wordOf } from '../../src/prove/chips/sha256-extend.ts';
import { halves } from '../../src/prove/chips/sha256-rows.ts';
import { sha256CompressComputation, sha256ExtendComputation } from '../../src/prove/precompiles/sha256.ts';
import { type Limbs, type Shape, SHAPES } from '../../src/prove/words.ts';
import type { Xlen } from '../../src/spec/opcodes.ts';
import { BENCH_SPACE, memoryBench } from '../support/memory-bench.ts';
import { survivors } from '../support/survivors.ts';

const INITIAL = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/** Words of memory from a number on; where words are wide, the high halves hold what nobody should read. */
const image = ({ limbs }: Shape, first: number, words: ArrayLike<number>): [number, Limbs][] =>
  Array.from(words, (word, i) => [
    first + i,
    [...halves(word), ...Array.from({ length: limbs - 2 }, (_, k) => 17 + i + k)],
  ]);

const randomWords = (seed: number, count: number): Uint32Array => {
  const rng = seededRng(seed);
  return Uint32Array.from({ length: count }, () => rng.u32());
};

describe.each<Xlen>([32, 64])('SHA-256 on words of %i bits', (xlen) => {
  const shape = SHAPES[xlen];
  const extend = memoryBench(shape, sha256ExtendComputation);
  const compress = memoryBench(shape, sha256CompressComputation);
  const zeros = new Array<number>(shape.limbs - 2).fill(0);

  /** Schedules of these blocks, one behind the other from word 100 on. */
  const extended = (blocks: readonly Uint32Array[]): ReturnType<typeof extend.trace> =>
    extend.trace(
      new Map(blocks.flatMap((block, i) => image(shape, 100 + 64 * i, block))),
      blocks.map((_, i) => ({ time: 8 + 4 * i, space: BENCH_SPACE, index: 100 + 64 * i })),
      blocks.map((_, i) => [8 + 4 * i, BENCH_SPACE, 100 + 64 * i]),
    );

  /** Compressions of these schedules, one behind the other from word 100 on, into one state at word 10. */
  const compressed = (
    state: ArrayLike<number>,
    schedules: readonly Uint32Array[],
  ): ReturnType<typeof compress.trace> => {
    const at = { space: BENCH_SPACE, index: 10 };
    return compress.trace(
      new Map([...image(shape, 10, state), ...schedules.flatMap((w, i) => image(shape, 100 + 64 * i, w))]),
      schedules.map((_, i) => ({
        time: 8 + 4 * i,
        schedule: { space: BENCH_SPACE, index: 100 + 64 * i },
        state: at,
      })),
      schedules.map((_, i) => [8 + 4 * i, BENCH_SPACE, 100 + 64 * i, BENCH_SPACE, 10]),
    );
  };
  type Bench = typeof extend | typeof compress;
  const problems = ({ machine, fixed }: Pick<Bench, 'machine' | 'fixed'>, trace: Trace): string[] =>
    checkTrace(machine, trace, { fixed, maxViolations: 3 }).map(violationText);

  it('has chips without lint and of degree 3', () => {
    for (const { machine } of [extend, compress]) {
      expect(lintMachine(machine, ['and', 'pair'])).toEqual([]);
      expect(machine.chips[0]?.degree).toBe(3);
    }
  });

  it('extends schedules', () => {
    // 64 rows, with room behind the calls, and twice 64 without.
    for (const count of [0, 1, 2, 3, 4]) {
      const blocks = Array.from({ length: count }, (_, i) => randomWords(i + 1, 16));
      const { trace, cell } = extended(blocks);
      expect(problems(extend, trace), `${count} calls`).toEqual([]);
      blocks.forEach((block, i) => {
        const schedule = new Uint32Array(64);
        schedule.set(block);
        sha256Extend(schedule);
        schedule.forEach((word, j) => {
          const { value } = cell(100 + 64 * i + j);
          expect(wordOf(value)).toBe(word);
          if (j >= 16) expect(value.slice(2)).toEqual(zeros);
        });
      });
    }
  });

  it('does rounds', () => {
    for (const count of [0, 1, 3]) {
      const schedules = Array.from({ length: count }, (_, i) => randomWords(i + 5, 64));
      const { trace, cell } = compressed(INITIAL, schedules);
      expect(problems(compress, trace), `${count} calls`).toEqual([]);
      const state = Uint32Array.from(INITIAL);
      for (const schedule of schedules) sha256Compress(state, schedule);
      if (count > 0)
        state.forEach((word, i) => expect(cell(10 + i).value).toEqual([...halves(word), ...zeros]));
    }
  });

  it('holds for all words at the edges', () => {
    const edge = fc.constantFrom(0, 1, 0x7fff, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff);
    fc.assert(
      fc.property(fc.array(edge, { minLength: 72, maxLength: 72 }), (words) => {
        expect(problems(extend, extended([Uint32Array.from(words.slice(0, 16))]).trace)).toEqual([]);
        const { trace } = compressed(words.slice(64), [Uint32Array.from(words.slice(0, 64))]);
        expect(problems(compress, trace)).toEqual([]);
      }),
      { numRuns: 3 },
    );
  });

  it.runIf(xlen === 32)('is proved and verified', () => {
    for (const [bench, { trace }] of [
      [extend, extended([randomWords(1, 16)])],
      [compress, compressed(INITIAL, [randomWords(2, 64)])],
    ] as const) {
      const key = createKey(bench.machine, bench.fixed, 'dev');
      const proof = prove(key, [{ trace, publicValues: [] }]);
      expect(() => verify(key.verifyingKey, [[]], proof)).not.toThrow();
    }
  });

  describe.each([
    ['an extension', extend, extended([randomWords(11, 16), randomWords(12, 16)]).trace, SCHEDULE_WORDS],
    [
      'a compression',
      compress,
      compressed(
        INITIAL,
        [13, 14].map((seed) => randomWords(seed, 64)),
      ).trace,
      COMPRESS_ROWS,
    ],
  ] as const)('%s that is wrong', (_, bench, valid, callRows) => {
    const [chip] = bench.computation.chips as [Chip];
    const tables = (trace: Trace): readonly Uint32Array[] => trace[chip.name]?.columns ?? [];
    const refuses = (
      what: string,
      edit: (column: (name: string) => Uint32Array, trace: Trace) => void,
    ): void => {
      const trace = cloneTrace(valid);
      edit((name) => tables(trace)[chip.main.indexOf(name)] as Uint32Array, trace);
      expect(problems(bench, trace), what).not.toEqual([]);
    };

    it('leaves a row out, repeats or swaps rows', () => {
      refuses('left out', (_column, trace) => {
        for (const column of tables(trace)) column.copyWithin(20, 21, 2 * callRows);
      });
      refuses('repeated', (_column, trace) => {
        for (const column of tables(trace)) column.copyWithin(21, 20, 2 * callRows - 1);
      });
      refuses('swapped', (_column, trace) => {
        for (const column of tables(trace))
          [column[30], column[31]] = [column[31] as number, column[30] as number];
      });
    });

    it('goes on in another call', () => {
      refuses('halves exchanged', (_column, trace) => {
        for (const column of tables(trace)) {
          const [one, two] = [column.slice(32, callRows), column.slice(callRows + 32, 2 * callRows)];
          column.set(two, 32);
          column.set(one, callRows + 32);
        }
      });
    });

    it('has another time or place', () => {
      refuses('time', (column) => column('time').fill(12, 0, callRows));
      refuses('one time', (column) => (column('time')[callRows - 1] = 12));
      refuses('space', (column) => {
        for (const name of chip.main.filter((name) => name.endsWith('space')))
          column(name).fill(2, 0, callRows);
      });
    });

    it('begins late or ends early', () => {
      refuses('late', (column) => {
        for (const name of ['real', 'group.0', ...numbersOf('step', 8)]) column(name).fill(0, 0, 8);
      });
      refuses('early', (column) => {
        const last = callRows / 8 - 1;
        for (const name of ['real', `group.${last}`, ...numbersOf('step', 8)])
          column(name).fill(0, 2 * callRows - 8, 2 * callRows);
      });
      refuses('again', (column) => {
        column('group.1').fill(0, 8, 16);
        column('group.0').fill(1, 8, 16);
      });
    });

    it('has no cell that can be anything', () => {
      const dontCare: DontCare = ({ row }) => row >= 2 * callRows;
      expect(survivors(chip, valid, { maxCells: 400, dontCare })).toEqual([]);
    });
  });
});

const numbersOf = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${name}.${i}`);

describe('a hash by both chips', () => {
  it('is what SHA-256 says', () => {
    const message = Uint8Array.of(0x61, 0x62, 0x63);
    const block = new Uint8Array(64);
    block.set(message);
    block[3] = 0x80;
    block[63] = 24;
    const view = new DataView(block.buffer);
    const schedule = new Uint32Array(64);
    for (let i = 0; i < 16; i++) schedule[i] = view.getUint32(4 * i);
    sha256Extend(schedule);
    const state = Uint32Array.from(INITIAL);
    sha256Compress(state, schedule);
    const digest = new DataView(sha256(message).slice().buffer);
    state.forEach((word, i) => expect(word).toBe(digest.getUint32(4 * i)));
  });
});
