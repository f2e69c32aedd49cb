import { keccakF1600 } from '@ninefold/kernels';
import {
  checkTrace,
  cloneTrace,
  createTable,
  defineMachine,
  logHeightFor,
  type Trace,
} from '@ninefold/stark';
import { describe, expect, it } from 'vitest';
import { defineKeccakBus, fillKeccak, keccakChip } from '../../src/prove/chips/keccak.ts';
import {
  IOTA,
  IOTA_BITS,
  laneAt,
  laneBeforePi,
  LANE_BITS,
  PLANE_LIMBS,
  PLANES,
  ROTATIONS,
  ROUNDS,
  STATE_LIMBS,
} from '../../src/prove/chips/keccak-f.ts';
import { limbsFromBytes, type Limbs } from '../../src/prove/words.ts';
import { callerChip, callerTable } from '../support/caller.ts';

// Wrong traces that one kind of rule alone refuses: without it they would be proved.

const bus = defineKeccakBus();
const chip = keccakChip(bus);
const caller = callerChip('caller', bus);
const machine = defineMachine({ name: 'keccak alone', chips: [chip, caller] });

const TIMES = [4, 8] as const;
const STATES = [3, 7].map((factor) => Uint8Array.from({ length: 200 }, (_, i) => i * factor + 1));
const RESULTS = STATES.map((state) => limbsFromBytes(keccakF1600(state)));

const table = createTable(chip, logHeightFor(ROUNDS * STATES.length));
const fill = fillKeccak(table.column);
STATES.forEach((state, i) => fill(ROUNDS * i, { time: TIMES[i] as number, state: limbsFromBytes(state) }));

type Call = {
  readonly time: number;
  readonly before: Limbs;
  readonly after: Limbs;
  readonly answered: number;
};

const CALLS: readonly Call[] = STATES.map((state, i) => ({
  time: TIMES[i] as number,
  before: limbsFromBytes(state),
  after: RESULTS[i] as Limbs,
  answered: TIMES[i] as number,
}));

/** The names of the rules that a trace breaks, where the caller says and hears this; numbers are left out. */
function broken(edit: (column: (name: string) => Uint32Array) => void, calls: readonly Call[]): string[] {
  const trace: Trace = cloneTrace({ [chip.name]: table });
  edit((name) => trace[chip.name]?.columns[chip.main.indexOf(name)] as Uint32Array);
  const planes = (time: number, first: number, limbs: Limbs): number[][] =>
    Array.from({ length: PLANES }, (_, y) => [
      time,
      first + y,
      ...limbs.slice(y * PLANE_LIMBS, (y + 1) * PLANE_LIMBS),
    ]);
  const messages = calls.flatMap(({ time, before, after, answered }) => [
    ...planes(time, 0, before),
    ...planes(answered, PLANES, after),
  ]);
  const violations = checkTrace(
    machine,
    { ...trace, ...callerTable(caller, messages) },
    { maxViolations: 1000 },
  );
  const names = violations.map((violation) =>
    violation.kind === 'bus' ? `bus ${violation.bus}` : violation.constraint.replace(/[ .\d]+$/, ''),
  );
  return [...new Set(names)];
}

const [first, second] = CALLS as readonly [Call, Call];
const plusOne = (limbs: Limbs, at: number): Limbs => limbs.map((limb, i) => (i === at ? limb + 1 : limb));

describe('a permutation', () => {
  it('is right as it is', () => {
    expect(broken(() => undefined, CALLS)).toEqual([]);
  });

  it('of another state is refused by theta', () => {
    const lie = broken(
      (column) => column('before.9').fill((first.before[9] as number) + 1, 0, 1),
      [{ ...first, before: plusOne(first.before, 9) }, second],
    );
    expect(lie).toEqual(['theta']);
  });

  it('with another result is refused by chi', () => {
    const lie = broken(
      (column) => column('after.9').fill((first.after[9] as number) + 1, 23, 24),
      [{ ...first, after: plusOne(first.after, 9) }, second],
    );
    expect(lie).toEqual(['chi']);
  });

  it('with another bit before iota is refused by chi there', () => {
    // Bit 7 is one that the last constant changes, or not: whichever, the result has the other one.
    const flipped = first.after.map((limb, i) => (i === 0 ? limb ^ 128 : limb));
    const lie = broken(
      (column) => {
        column('chi.7')[23] = 1 - (column('chi.7')[23] as number);
        column('after.0')[23] = flipped[0] as number;
      },
      [{ ...first, after: flipped }, second],
    );
    expect(lie).toEqual(['chi before iota']);
  });

  it('that ends as another one is refused where it leaves its own', () => {
    const lie = broken(
      (column) => {
        for (const name of chip.main.filter((name) => !/^(time|round)/.test(name))) {
          const [own, other] = [column(name).slice(12, 24), column(name).slice(36, 48)];
          column(name).set(other, 12);
          column(name).set(own, 36);
        }
      },
      [
        { ...first, after: second.after },
        { ...second, after: first.after },
      ],
    );
    expect(lie).toEqual(['the round goes on']);
  });

  it('that answers another call is refused where its time changes', () => {
    const lie = broken(
      (column) => {
        column('time').fill(8, 12, 24);
        column('time').fill(4, 36, 48);
      },
      [
        { ...first, answered: 8 },
        { ...second, answered: 4 },
      ],
    );
    expect(lie).toEqual(['time stays']);
  });

  it('without an end or a beginning is refused by the order of rounds', () => {
    const clear = (from: number, to: number) => (column: (name: string) => Uint32Array) => {
      for (let round = from; round < to; round++) column(`round.${round}`)[round] = 0;
    };
    expect(broken(clear(5, 24), [first, second])).toContain('round 5 follows');
    expect(broken(clear(0, 5), [first, second])).not.toEqual([]);
  });

  it('by other parities is refused by the parities behind theta', () => {
    const row = 23;
    let result: Limbs = [];
    const lie = (recompute: boolean): string[] =>
      broken(
        (column) => {
          const bit = (name: string, lane: number, z: number): number =>
            column(`${name}.${lane}.${(z + LANE_BITS) % LANE_BITS}`)[row] as number;
          const flip = (name: string): void => void (column(name)[row] = 1 - (column(name)[row] as number));
          flip('parity.2.5');
          for (const [x, z] of [
            [3, 5],
            [1, 6],
          ] as const) {
            for (let y = 0; y < 5; y++) flip(`mixed.${laneAt(x, y)}.${z}`);
          }
          if (!recompute) return;
          for (let x = 0; x < 5; x++) {
            for (let z = 0; z < LANE_BITS; z++) {
              column(`mixed parity.${x}.${z}`)[row] =
                bit('parity', x, z) ^
                bit('parity', laneAt(x - 1, 0), z) ^
                bit('parity', laneAt(x + 1, 0), z - 1);
            }
          }
          const limbs = new Array<number>(STATE_LIMBS).fill(0);
          for (let i = 0; i < 25 * LANE_BITS; i++) {
            const [lane, z] = [Math.floor(i / LANE_BITS), i % LANE_BITS];
            const [a, b, c] = [0, 1, 2].map((step) => {
              const source = laneBeforePi((lane % 5) + step, Math.floor(lane / 5));
              return bit('mixed', source, z - (ROTATIONS[source] as number));
            }) as [number, number, number];
            const j = lane === 0 ? IOTA_BITS.indexOf(z) : -1;
            const own = a ^ (~b & c & 1);
            if (j >= 0) column(`chi.${z}`)[row] = own;
            const output = own ^ (j < 0 ? 0 : (IOTA[row]?.[j] as number));
            limbs[i >> 4] = (limbs[i >> 4] as number) + output * 2 ** (i & 15);
          }
          limbs.forEach((limb, i) => (column(`after.${i}`)[row] = limb));
          result = limbs;
        },
        [{ ...first, after: result.length === 0 ? first.after : result }, second],
      );
    // What the caller has to hear is known after the first time.
    lie(true);
    expect(result).not.toEqual(first.after);
    expect(lie(true)).toEqual(['parity']);
    expect(lie(false)).toContain('mixed parity');
  });
});
