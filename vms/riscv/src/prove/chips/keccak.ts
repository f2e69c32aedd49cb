import {
  type AirBuilder,
  type Bus,
  type Chip,
  defineBus,
  defineChip,
  type Expression,
} from '@ninefold/stark';
import { numberOf, numbers, xor } from '../bits.ts';
import { type Columns, fillChecked } from '../gadgets.ts';
import type { Limbs } from '../words.ts';
import {
  IOTA,
  IOTA_BITS,
  LANE_BITS,
  LANE_LIMBS,
  laneAt,
  laneBeforePi,
  LANES,
  PLANE_LANES,
  PLANE_LIMBS,
  PLANES,
  ROTATIONS,
  ROUNDS,
  STATE_LIMBS,
} from './keccak-f.ts';

// Keccak-f[1600], a row a round. Bits are committed to once a round, behind theta: from there chi gives the
// limbs of the round's output, and theta backwards those of its input, both in degree 3. What theta added is
// the parities of the input's columns; they are columns of their own, and right because the parities behind
// theta, which they determine too, are those of the bits.

const LIMB_BITS: number = LANE_BITS / LANE_LIMBS;

/** [time, plane, limbs…]: planes 0 to 4 of a state to be permuted, then 5 to 9 of what comes out. */
export function defineKeccakBus(): Bus {
  return defineBus('keccak', 2 + PLANE_LIMBS);
}

/** The permutation of the states that come over the bus; calls are told apart by their times. */
export function keccakChip(bus: Bus): Chip {
  return defineChip(
    'keccak',
    (air) => {
      const time = air.column('time');
      const rounds = numbers(ROUNDS).map((round) => air.flag(`round.${round}`));
      const [before, after] = [air.columns('before', STATE_LIMBS), air.columns('after', STATE_LIMBS)];
      const bits = (name: string, lanes: number): Expression[][] =>
        numbers(lanes).map((lane) => numbers(LANE_BITS).map((z) => air.flag(`${name}.${lane}.${z}`)));
      const mixed = bits('mixed', LANES);
      const parity = bits('parity', PLANE_LANES);
      const mixedParity = numbers(PLANE_LANES).map((x) => air.columns(`mixed parity.${x}`, LANE_BITS));

      // A permutation takes 24 rows in a row; where it ends, another one or padding begins.
      const [first, last] = [rounds[0] as Expression, rounds.at(-1) as Expression];
      air.assertBoolean('one round', air.sum(rounds));
      rounds.slice(1).forEach((round, i) => {
        air.assertEqual(`round ${i + 1} follows`, round.next(), rounds[i] as Expression);
      });
      air.when(air.sum(rounds.slice(0, -1)), () => {
        air.assertEqual('time stays', time.next(), time);
        before.forEach((limb, i) => {
          air.assertEqual(`the round goes on ${i}`, limb.next(), after[i] as Expression);
        });
      });

      for (let x = 0; x < PLANE_LANES; x++) {
        for (let z = 0; z < LANE_BITS; z++) {
          const own = bitOf(parity, x, z);
          const change = xor(bitOf(parity, laneAt(x - 1, 0), z), bitOf(parity, laneAt(x + 1, 0), z - 1));
          const behind = bitOf(mixedParity, x, z);
          air.assertEqual(`mixed parity ${x} ${z}`, behind, xor(own, change));
          const excess = air.sum(numbers(PLANES).map((y) => bitOf(mixed, laneAt(x, y), z))).sub(behind);
          air.assertZero(`parity ${x} ${z}`, excess.mul(excess.sub(2)).mul(excess.sub(4)));
        }
      }
      for (let lane = 0; lane < LANES; lane++) {
        for (let limb = 0; limb < LANE_LIMBS; limb++) {
          const places = numbers(LIMB_BITS).map((i) => limb * LIMB_BITS + i);
          const index = lane * LANE_LIMBS + limb;
          const x = lane % 5;
          const input = places.map((z) =>
            xor(
              bitOf(mixed, lane, z),
              xor(bitOf(parity, laneAt(x - 1, 0), z), bitOf(parity, laneAt(x + 1, 0), z - 1)),
            ),
          );
          air.assertEqual(`theta ${index}`, before[index] as Expression, numberOf(air, input));
          const output = places.map((z) =>
            lane === 0 ? iotaOf(air, rounds, mixed, z) : chiOf(mixed, lane, z),
          );
          air.assertEqual(`chi ${index}`, after[index] as Expression, numberOf(air, output));
        }
      }

      const plane = (limbs: readonly Expression[], y: number): Expression[] =>
        limbs.slice(y * PLANE_LIMBS, (y + 1) * PLANE_LIMBS);
      for (let y = 0; y < PLANES; y++) air.receive(bus, [time, y, ...plane(before, y)], first);
      for (let y = 0; y < PLANES; y++) air.receive(bus, [time, PLANES + y, ...plane(after, y)], last);
    },
    { optional: true },
  );
}

const bitOf = (lanes: readonly (readonly Expression[])[], lane: number, z: number): Expression =>
  lanes[lane]?.[(z + LANE_BITS) % LANE_BITS] as Expression;

/** A bit behind rho, pi and chi out of the bits behind theta. */
function chiOf(mixed: readonly (readonly Expression[])[], lane: number, z: number): Expression {
  const [x, y] = [lane % 5, Math.floor(lane / 5)];
  const [a, b, c] = [0, 1, 2].map((step) => {
    const source = laneBeforePi(x + step, y);
    return bitOf(mixed, source, z - (ROTATIONS[source] as number));
  }) as [Expression, Expression, Expression];
  return xor(a, b.not().mul(c));
}

/** A bit of the first lane, which iota may change: chi and the round's constant together have degree 4. */
function iotaOf(
  air: AirBuilder,
  rounds: readonly Expression[],
  mixed: readonly (readonly Expression[])[],
  z: number,
): Expression {
  const bit = chiOf(mixed, 0, z);
  const j = IOTA_BITS.indexOf(z);
  if (j < 0) return bit;
  const column = air.column(`chi.${z}`);
  air.assertEqual(`chi before iota ${z}`, column, bit);
  return xor(column, air.sum(rounds.filter((_, round) => IOTA[round]?.[j] === 1)));
}

/** A state to be permuted at a time; limbs of 16 bits, lane by lane. */
export type KeccakStep = { readonly time: number; readonly state: Limbs };

/** Fills the 24 rows from `row` on of a permutation in {@link keccakChip}, and gives its result. */
export function fillKeccak(columns: Columns): (row: number, step: KeccakStep) => Limbs {
  const time = columns('time');
  const rounds = numbers(ROUNDS).map((round) => columns(`round.${round}`));
  const before = fillChecked(columns, 'before', STATE_LIMBS, undefined);
  const after = fillChecked(columns, 'after', STATE_LIMBS, undefined);
  const bitColumns = (name: string, lanes: number): Uint32Array[] =>
    numbers(lanes * LANE_BITS).map((i) => columns(`${name}.${i >> 6}.${i & 63}`));
  const mixedColumns = bitColumns('mixed', LANES);
  const parityColumns = bitColumns('parity', PLANE_LANES);
  const mixedParityColumns = bitColumns('mixed parity', PLANE_LANES);
  const chiColumns = IOTA_BITS.map((z) => columns(`chi.${z}`));

  // PERF: bits are bytes of arrays that all calls share; lane l has those from 64 l on.
  const mixed = new Uint8Array(LANES * LANE_BITS);
  const parity = new Uint8Array(PLANE_LANES * LANE_BITS);
  const mixedParity = new Uint8Array(PLANE_LANES * LANE_BITS);
  const output = new Uint8Array(LANES * LANE_BITS);
  const put = (targets: readonly Uint32Array[], row: number, bits: Uint8Array): void => {
    for (let i = 0; i < bits.length; i++) (targets[i] as Uint32Array)[row] = bits[i] as number;
  };

  const round = (row: number, index: number, state: Limbs): number[] => {
    parity.fill(0);
    for (let i = 0; i < mixed.length; i++) {
      const bit = ((state[i >> 4] as number) >> (i & 15)) & 1;
      mixed[i] = bit;
      parity[i % parity.length] = (parity[i % parity.length] as number) ^ bit;
    }
    for (let i = 0; i < parity.length; i++) {
      const [x, z] = [i >> 6, i & 63];
      const left = parity[64 * ((x + 4) % 5) + z] as number;
      const right = parity[64 * ((x + 1) % 5) + ((z + 63) & 63)] as number;
      const change = left ^ right;
      mixedParity[i] = (parity[i] as number) ^ change;
      for (let j = i; j < mixed.length; j += parity.length) mixed[j] = (mixed[j] as number) ^ change;
    }
    for (let i = 0; i < output.length; i++) output[i] = chi(i >> 6, i & 63);
    IOTA_BITS.forEach((z, j) => {
      const bit = output[z] as number;
      (chiColumns[j] as Uint32Array)[row] = bit;
      output[z] = bit ^ (IOTA[index]?.[j] as number);
    });
    put(mixedColumns, row, mixed);
    put(parityColumns, row, parity);
    put(mixedParityColumns, row, mixedParity);
    const limbs = new Array<number>(STATE_LIMBS).fill(0);
    for (let i = 0; i < output.length; i++) {
      limbs[i >> 4] = (limbs[i >> 4] as number) + (output[i] as number) * 2 ** (i & 15);
    }
    return limbs;
  };
  const chi = (lane: number, z: number): number => {
    const [x, y] = [lane % 5, Math.floor(lane / 5)];
    return moved(x, y, z) ^ (~moved(x + 1, y, z) & moved(x + 2, y, z));
  };
  const moved = (x: number, y: number, z: number): number => {
    const source = laneBeforePi(x, y);
    return mixed[64 * source + ((z - (ROTATIONS[source] as number) + 64) & 63)] as number;
  };

  return (start, step) => {
    let { state } = step;
    for (let index = 0; index < ROUNDS; index++) {
      const row = start + index;
      time[row] = step.time;
      (rounds[index] as Uint32Array)[row] = 1;
      before(row, state);
      state = round(row, index, state);
      after(row, state);
    }
    return state;
  };
}
