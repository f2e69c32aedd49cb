import { seededRng } from '@ninefold/base';
import { keccakF1600 } from '@ninefold/kernels';
import {
  checkTrace,
  cloneTrace,
  createKey,
  createTable,
  defineMachine,
  lintMachine,
  logHeightFor,
  prove,
  type Trace,
  verify,
  violationText,
} from '@ninefold/stark';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineKeccakBus, fillKeccak, keccakChip } from '../../src/prove/chips/keccak.ts';
import { IOTA, PLANE_LIMBS, PLANES, ROTATIONS, ROUNDS } from '../../src/prove/chips/keccak-f.ts';
import type { Limbs } from '../../src/prove/words.ts';
import { callerChip, callerTable } from '../support/caller.ts';
import { survivors } from '../support/survivors.ts';

const bus = defineKeccakBus();
const chip = keccakChip(bus);
const caller = callerChip('caller', bus);
const machine = defineMachine({ name: 'keccak alone', chips: [chip, caller] });

const limbsOf = (bytes: Uint8Array): Limbs =>
  Array.from(
    { length: bytes.length / 2 },
    (_, i) => (bytes[2 * i] as number) + 256 * (bytes[2 * i + 1] as number),
  );

const bytesOf = (limbs: Limbs): Uint8Array =>
  Uint8Array.from({ length: 2 * limbs.length }, (_, i) => ((limbs[i >> 1] as number) >> (8 * (i & 1))) & 255);

const planes = (time: number, first: number, limbs: Limbs): number[][] =>
  Array.from({ length: PLANES }, (_, y) => [
    time,
    first + y,
    ...limbs.slice(y * PLANE_LIMBS, (y + 1) * PLANE_LIMBS),
  ]);

/** A trace of permutations at times 4, 8, …; what the caller hears is what the kernel computes. */
function traceOf(states: readonly Uint8Array[]): Trace {
  const table = createTable(chip, logHeightFor(ROUNDS * states.length));
  const fill = fillKeccak(table.column);
  const messages = states.flatMap((state, i) => {
    const time = 4 * (i + 1);
    fill(ROUNDS * i, { time, state: limbsOf(state) });
    return [...planes(time, 0, limbsOf(state)), ...planes(time, PLANES, limbsOf(keccakF1600(state)))];
  });
  return { [chip.name]: table, ...callerTable(caller, messages) };
}

const problems = (trace: Trace): string[] =>
  checkTrace(machine, trace, { maxViolations: 3 }).map(violationText);

/** A state that no symmetry hides anything in. */
const stateOf = (seed: number): Uint8Array => {
  const rng = seededRng(seed);
  return Uint8Array.from({ length: 200 }, () => rng.below(256));
};

describe('the parameters of Keccak-f', () => {
  it('are those of FIPS 202', () => {
    // Table 2 of section 3.2.2, from x = 0, y = 0 on.
    expect(ROTATIONS.slice(0, 10)).toEqual([0, 1, 62, 28, 27, 36, 44, 6, 55, 20]);
    // Round constants 0x1, 0x8082, …, 0x8000000080008008.
    expect(IOTA[0]).toEqual([1, 0, 0, 0, 0, 0, 0]);
    expect(IOTA[1]).toEqual([0, 1, 0, 1, 1, 0, 0]);
    expect(IOTA[23]).toEqual([0, 0, 1, 0, 1, 1, 1]);
  });
});

describe('the Keccak chip', () => {
  it('has constraints without lint and of degree 3', () => {
    expect(lintMachine(machine)).toEqual([]);
    expect(machine.chips.map(({ degree }) => degree)).toEqual([3, 2]);
  });

  it('permutes as the kernel does', () => {
    const fill = fillKeccak(createTable(chip, 5).column);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 200, maxLength: 200 }), (state) => {
        expect(bytesOf(fill(0, { time: 4, state: limbsOf(state) }))).toEqual(keccakF1600(state));
      }),
      { numRuns: 20 },
    );
  });

  it('is satisfied by permutations and by padding', () => {
    expect(problems(traceOf([]))).toEqual([]);
    expect(problems(traceOf([new Uint8Array(200), stateOf(1)]))).toEqual([]);
    // 96 rows of 128.
    expect(problems(traceOf([2, 3, 4, 5].map(stateOf)))).toEqual([]);
  });

  it('is proved and verified', () => {
    const key = createKey(machine, {}, 'dev');
    const proof = prove(key, [{ trace: traceOf([stateOf(6)]), publicValues: [] }]);
    expect(() => verify(key.verifyingKey, [[]], proof)).not.toThrow();
  });
});

describe('a wrong permutation', () => {
  const valid = traceOf([stateOf(7), stateOf(8)]);
  const edited = (edit: (column: (name: string) => Uint32Array) => void): Trace => {
    const trace = cloneTrace(valid);
    edit((name) => trace[chip.name]?.columns[chip.main.indexOf(name)] as Uint32Array);
    return trace;
  };
  const refuses = (name: string, edit: Parameters<typeof edited>[0]): void => {
    expect(problems(edited(edit)), name).not.toEqual([]);
  };
  const all = (trace: Trace): readonly Uint32Array[] => trace[chip.name]?.columns ?? [];

  it('has another result', () => {
    // The result is changed in the table and in what the caller hears.
    const trace = edited((column) => {
      const result = column('after.99');
      result[23] = (result[23] as number) ^ 1;
    });
    const message = trace['caller']?.columns[caller.main.indexOf(`value.${PLANE_LIMBS + 1}`)] as Uint32Array;
    message[9] = (message[9] as number) ^ 1;
    expect(problems(trace)).not.toEqual([]);
  });

  it('has limbs that are not below 2^16', () => {
    refuses('a limb less, the next one more', (column) => {
      (column('before.0')[0] as number) += 65_536;
      (column('before.1')[0] as number) -= 1;
    });
  });

  it('has bits that stand for each other in a sum', () => {
    // 2 · 1 + 0 = 0 · 2 + 2: not a bit any more.
    refuses('a bit of 2', (column) => {
      const z = Array.from({ length: 15 }, (_, i) => i).find(
        (i) => column(`mixed.3.${i + 1}`)[4] === 1,
      ) as number;
      column(`mixed.3.${z + 1}`)[4] = 0;
      (column(`mixed.3.${z}`)[4] as number) += 2;
    });
  });

  it('takes other parities', () => {
    // Flipped parities of a column change theta in two others, and the bits behind it with them.
    refuses('a parity', (column) => {
      column('parity.2.5')[3] = 1 - (column('parity.2.5')[3] as number);
      for (let y = 0; y < 5; y++) {
        for (const [x, z] of [
          [3, 5],
          [1, 6],
        ] as const) {
          const bit = column(`mixed.${x + 5 * y}.${z}`);
          bit[3] = 1 - (bit[3] as number);
        }
      }
    });
  });

  it('takes another round constant', () => {
    refuses('round 4 twice', (column) => {
      column('round.5')[5] = 0;
      column('round.4')[5] = 1;
    });
    refuses('no constant', (column) => (column('round.7')[7] = 0));
    refuses('two constants', (column) => (column('round.9')[7] = 1));
  });

  it('leaves a round out', () => {
    const trace = cloneTrace(valid);
    for (const column of all(trace)) column.copyWithin(12, 13, 48);
    expect(problems(trace)).not.toEqual([]);
  });

  it('has rows in another order', () => {
    const trace = cloneTrace(valid);
    for (const column of all(trace)) [column[2], column[3]] = [column[3] as number, column[2] as number];
    expect(problems(trace)).not.toEqual([]);
  });

  it('goes on with the state of another call', () => {
    const trace = cloneTrace(valid);
    // The second half of both permutations is exchanged, each whole in itself.
    for (const column of all(trace)) {
      const [first, second] = [column.slice(12, 24), column.slice(36, 48)];
      column.set(second, 12);
      column.set(first, 36);
    }
    expect(problems(trace)).not.toEqual([]);
  });

  it('answers at another time', () => {
    refuses('the last row', (column) => (column('time')[23] = 8));
    refuses('all rows', (column) => column('time').fill(8, 0, 24));
  });

  it('answers to a call that asked for the other state', () => {
    const trace = cloneTrace(valid);
    const times = trace['caller']?.columns[0] as Uint32Array;
    for (let i = 0; i < PLANES; i++) [times[5 + i], times[15 + i]] = [8, 4];
    expect(problems(trace)).not.toEqual([]);
  });

  it('is half of one', () => {
    refuses('no end', (column) => {
      for (let round = 12; round < 24; round++) column(`round.${round}`).fill(0, 0, 24);
    });
    refuses('no beginning', (column) => {
      for (let round = 0; round < 12; round++) column(`round.${round}`).fill(0, 0, 24);
    });
  });

  it('has no cell that can be anything', () => {
    expect(survivors(chip, valid, { maxCells: 40, dontCare: ({ row }) => row >= 48 })).toEqual([]);
  });
});
