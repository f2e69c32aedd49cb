import { type Bus, type Chip, defineChip, type Expression, type Operand } from '@ninefold/stark';
import { SP1_PRECOMPILE, type Sp1PrecompileName } from '../../spec/guest-calls.ts';
import { assertAligned, placeOf } from '../address.ts';
import { numbers } from '../bits.ts';
import type { Buses } from '../buses.ts';
import type { Precompile } from '../calls/precompile.ts';
import { type Columns, fillChecked } from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import { pendingRows, tablesOf } from '../pending-table.ts';
import type { Limbs, Shape } from '../words.ts';
import type { Computation, WordPlace } from './computation.ts';
import { keccakComputation } from './keccak.ts';
import { sha256CompressComputation, sha256ExtendComputation } from './sha256.ts';

// SP1's calls have addresses in a0 and a1. A row for each call takes them apart: they are of whole words, and
// what is no argument is 0.

const ARGUMENTS = ['a0', 'a1'] as const;

/** Limbs of an address, which has 48 bits at most. */
const addressLimbs = ({ limbs }: Shape): number => Math.min(3, limbs);

type Asked = { readonly time: number; readonly args: readonly Limbs[] };

/** Takes the calls with that code, and asks for the computation at their addresses. */
function askedChip(
  { name, code, pointers }: { readonly name: string; readonly code: number; readonly pointers: number },
  shape: Shape,
  buses: Buses,
  calls: Bus,
  computation: Bus,
): Chip {
  return defineChip(
    name,
    (air) => {
      const context = { air, shape, buses };
      const real = air.flag('real');
      const time = air.column('time');
      const args = ARGUMENTS.slice(0, pointers).map((argument) => air.columns(argument, addressLimbs(shape)));
      const word = (argument: number): readonly Operand[] =>
        numbers(shape.limbs).map((limb) => args[argument]?.[limb] ?? 0);
      air.receive(calls, [code, time, ...word(0), ...word(1)], real);
      const places = args.flatMap((limbs): Expression[] => {
        const { space, index } = assertAligned(context, limbs, real);
        return [space, index];
      });
      air.send(computation, [time, ...places], real);
    },
    { optional: true },
  );
}

/** Fills {@link askedChip}. */
function fillAsked(
  columns: Columns,
  lookups: Lookups,
  shape: Shape,
  pointers: number,
): (row: number, step: Asked) => void {
  const [real, time] = [columns('real'), columns('time')];
  const args = ARGUMENTS.slice(0, pointers).map((argument) =>
    fillChecked(columns, argument, addressLimbs(shape), undefined),
  );
  return (row, step) => {
    real[row] = 1;
    time[row] = step.time;
    args.forEach((fill, i) => {
      const limbs = step.args[i] as Limbs;
      fill(row, limbs);
      lookups.u16((limbs[0] as number) / shape.bytes);
    });
  };
}

function sp1Precompile<Call>(
  name: Sp1PrecompileName,
  pointers: number,
  create: (shape: Shape, buses: Buses) => Computation<Call>,
  callOf: (time: number, places: readonly WordPlace[]) => Call,
): Precompile {
  const code = SP1_PRECOMPILE[name];
  return {
    name,
    code,
    create: (shape, buses, calls) => {
      const computation = create(shape, buses);
      const chip = askedChip({ name, code, pointers }, shape, buses, calls, computation.calls);
      return {
        chips: [chip, ...computation.chips],
        recorder: (cells) => {
          const asked = pendingRows<Asked>(chip, (columns, lookups) =>
            fillAsked(columns, lookups, shape, pointers),
          );
          const work = computation.recorder(cells);
          return {
            take: (time, args) => {
              asked.push({ time, args });
              work.take(
                callOf(
                  time,
                  args.slice(0, pointers).map((limbs) => placeOf(limbs, shape)),
                ),
              );
            },
            ...tablesOf([asked, work]),
          };
        },
      };
    },
  };
}

/** The calls of SP1 that have chips. */
export const PROVABLE_SP1_PRECOMPILES: readonly Precompile[] = [
  sp1Precompile('KECCAK_PERMUTE', 1, keccakComputation, (time, [state]) => ({
    ...(state as WordPlace),
    time,
  })),
  sp1Precompile('SHA_EXTEND', 1, sha256ExtendComputation, (time, [schedule]) => ({
    ...(schedule as WordPlace),
    time,
  })),
  sp1Precompile('SHA_COMPRESS', 2, sha256CompressComputation, (time, [schedule, state]) => ({
    time,
    schedule: schedule as WordPlace,
    state: state as WordPlace,
  })),
];
