import { type AirBuilder, type Chip, defineChip, type Expression, invM31 } from '@ninefold/stark';
import { STANDARD_CALL, STANDARD_INPUT_ADDRESS } from '../../spec/guest-calls.ts';
import { REGISTER } from '../../spec/registers.ts';
import { assertPlace, fillPlace } from '../address.ts';
import { type Buses, JOURNAL_CELL, REGISTER_SPACE, TIME_STEP } from '../buses.ts';
import {
  access,
  type Columns,
  fillAccess,
  fillChecked,
  fillFrame,
  flagOf,
  type FrameOptions,
  frame,
  named,
  operationFlags,
  type Touched,
} from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import { LIMB, type Limbs, type Shape, toLimbs } from '../words.ts';
import type { CallStep } from './call-system.ts';
import type { OutputBuses } from './output.ts';

/** What a guest may ask of the host in a proved run. */
export const STANDARD_CALL_NAMES = ['exit', 'read input', 'write output', 'write stream'] as const;

export type StandardCall = (typeof STANDARD_CALL_NAMES)[number];

/** A step that asks the host: `step.a` is the call's number. */
export type StandardStep = CallStep & {
  readonly call: StandardCall;
  /** a0, a1, a2 and the journal's length: what they held, since when, and what they hold now. */
  readonly cells: readonly (Touched & { readonly next: Limbs })[];
};

/** Cells a call touches, one time step's slot each. */
const CELLS = [
  ['a0', REGISTER.a0],
  ['a1', REGISTER.a1],
  ['a2', REGISTER.a2],
  ['journal', JOURNAL_CELL],
] as const;

/** Calls come one slot after their number was read. */
const SLOT_OF_CELLS = 1;

/** The chip of `ecall` under the standard interface; the number that ends the run is the program's. */
export function standardCallChip(shape: Shape, buses: Buses, journalBuses: OutputBuses): Chip {
  const define = (air: AirBuilder): void => {
    const context = { air, shape, buses };
    const { limbs } = shape;
    const row = operationFlags(context, OPTIONS.operations);
    const { real } = row;
    const own = frame(context, row, OPTIONS);
    const { a: number, imm: exitNumber, pc, time } = own;
    const calls = STANDARD_CALL_NAMES.map((call) => air.flag(call));
    air.assertOneHot('one call', calls, real);
    const [exit, input, output, stream] = calls as [Expression, Expression, Expression, Expression];
    const numbers = [
      undefined,
      STANDARD_CALL.READ_INPUT,
      STANDARD_CALL.WRITE_OUTPUT,
      STANDARD_CALL.WRITE_STREAM,
    ];
    calls.forEach((call, i) => {
      number.forEach((limb, j) => {
        const own = numbers[i];
        const expected = own === undefined ? (exitNumber[j] as Expression) : j === 0 ? own : 0;
        air.when(call, () => air.assertEqual(`number of ${STANDARD_CALL_NAMES[i]} ${j}`, limb, expected));
      });
    });

    const before = CELLS.map(([name]) => air.columns(`${name} before`, limbs));
    const after = CELLS.map(([name]) => air.columns(`${name} after`, limbs));
    CELLS.forEach(([name, index], i) =>
      access(context, name, {
        space: REGISTER_SPACE,
        index,
        time: time.add(SLOT_OF_CELLS),
        before: before[i] as Expression[],
        after: after[i] as Expression[],
        when: real,
      }),
    );
    const [a0, a1, a2, journal] = before as [Expression[], Expression[], Expression[], Expression[]];
    const [a0Next, a1Next, a2Next, journalNext] = after as [
      Expression[],
      Expression[],
      Expression[],
      Expression[],
    ];
    const inputAddress = toLimbs(BigInt(STANDARD_INPUT_ADDRESS), shape);
    for (let i = 0; i < limbs; i++) {
      const at = (cell: readonly Expression[]): Expression => cell[i] as Expression;
      air.when(exit.add(output), () => air.assertEqual(`a0 stays ${i}`, at(a0Next), at(a0)));
      air.when(input, () =>
        air.assertEqual(`a0 is the input's address ${i}`, at(a0Next), inputAddress[i] as number),
      );
      air.when(stream, () => air.assertEqual(`a0 is what was written ${i}`, at(a0Next), at(a2)));
      air.when(input.not(), () => air.assertEqual(`a1 stays ${i}`, at(a1Next), at(a1)));
      air.assertEqual(`a2 stays ${i}`, at(a2Next), at(a2));
      if (i > 0) air.assertEqual(`the journal's length has one limb ${i}`, at(journalNext), at(journal));
    }
    // The input's length is the prover's to say: what is behind it is as private as what is in it.
    for (const limb of a1Next) air.send(buses.u16, [limb], input);

    air.send(buses.exit, [a0[0] as Expression, a0[1] as Expression], exit);

    // Bytes for the journal: a request that the output chip walks through, a time step for each.
    const length = (a1[0] as Expression).add((a1[1] as Expression).mul(LIMB));
    air.send(buses.u13, [a1[1] as Expression], output);
    a1.slice(2).forEach((limb, i) => air.assertZero(`output is short ${i}`, output.mul(limb)));
    a0.slice(3).forEach((limb, i) => air.assertZero(`output's address ${i}`, output.mul(limb)));
    const hasBytes = air.flag('has bytes');
    const inverse = air.column('inverse');
    air.assertZero('only output has bytes', hasBytes.mul(output.not()));
    air.when(output, () => {
      air.assertEqual('some bytes', length.mul(inverse), hasBytes);
      air.assertZero('or none', hasBytes.not().mul(length));
    });
    const written = named(air, 'written', output.mul(length));
    air.assertEqual(
      'the journal grows',
      journalNext[0] as Expression,
      (journal[0] as Expression).add(written),
    );
    const { space, index, offsets } = assertPlace(context, a0, output);
    const offset = air.sum(offsets.map((flag, i) => flag.mul(i)));
    air.send(journalBuses.output, [time, space, index, offset, length, journal[0] as Expression], hasBytes);

    const goesOn = flagOf(air, 'goes on', real.sub(exit));
    air.send(buses.state, [pc.add(1), time.add(TIME_STEP).add(written.mul(TIME_STEP))], goesOn);
  };
  // A segment may have no calls.
  return defineChip('host call', define, { optional: true });
}

const OPTIONS = { operations: ['ecall'], second: 'none', hasConstant: true } as const satisfies FrameOptions;

/** Fills {@link standardCallChip}. */
export function fillStandardCalls(
  columns: Columns,
  lookups: Lookups,
  shape: Shape,
): (row: number, step: StandardStep) => void {
  const { limbs } = shape;
  const fill = fillFrame(columns, lookups, shape, { ...OPTIONS, writes: false });
  const calls = new Map(STANDARD_CALL_NAMES.map((call) => [call, columns(call)]));
  const before = CELLS.map(([name]) => fillChecked(columns, `${name} before`, limbs, undefined));
  const after = CELLS.map(([name]) => fillChecked(columns, `${name} after`, limbs, undefined));
  const accesses = CELLS.map(([name]) => fillAccess(columns, lookups, name));
  const place = fillPlace(columns, lookups, shape);
  const [hasBytes, inverse, written, goesOn] = ['has bytes', 'inverse', 'written', 'goes on'].map(
    columns,
  ) as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  return (row, step) => {
    const { call, cells, time } = step;
    fill({ ...step, row });
    (calls.get(call) as Uint32Array)[row] = 1;
    cells.forEach(({ previousTime, previous, next }, i) => {
      before[i]?.(row, previous);
      after[i]?.(row, next);
      accesses[i]?.(row, time + SLOT_OF_CELLS, previousTime);
    });
    const [a0, a1] = cells as [StandardStep['cells'][number], StandardStep['cells'][number]];
    if (call === 'read input') a1.next.forEach(lookups.u16);
    if (call === 'write output') {
      const length = (a1.previous[0] as number) + (a1.previous[1] as number) * LIMB;
      lookups.u13(a1.previous[1] as number);
      place(row, a0.previous);
      written[row] = length;
      if (length > 0) {
        hasBytes[row] = 1;
        inverse[row] = invM31(length);
      }
    }
    if (call !== 'exit') goesOn[row] = 1;
  };
}
