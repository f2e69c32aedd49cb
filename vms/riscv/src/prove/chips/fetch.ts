import { type Bus, type Chip, defineChip, type Expression } from '@ninefold/stark';
import { type Buses, memorySpace, SLOT } from '../buses.ts';
import { access, type Columns, fillAccess, fillChecked, named, type Touched } from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import { operationNumber, type PreparedRow } from '../lower.ts';
import { codePlace, type Shape } from '../words.ts';
import { programFields } from './fixed.ts';

/** An instruction that was fetched: the word of memory it lay in. */
export type FetchStep = {
  readonly time: number;
  readonly program: PreparedRow;
  readonly word: Touched;
};

/**
 * Reads each instruction's word where and when it is executed, and has the program's table say what such a
 * word means there. A word that the table does not name cannot be executed.
 *
 * @param code the bus of the program's table
 */
export function fetchChip(shape: Shape, buses: Buses, code: Bus): Chip {
  return defineChip('fetch', (air) => {
    const context = { air, shape, buses };
    const real = air.flag('real');
    const time = air.column('time');
    const index = air.column('index');
    const fields = programFields(shape).map(air.column);
    const held = air.columns('held', shape.limbs);
    access(context, 'word', {
      space: memorySpace(0),
      index,
      time: time.add(SLOT.FETCH),
      before: held,
      after: held,
      when: real,
    });
    const isWide = shape.limbs > 2;
    const upper = isWide ? air.flag('upper') : air.constant(0);
    const half = (i: number): Expression => {
      const [low, high] = [held[i] as Expression, held[i + 2]];
      return high === undefined ? low : named(air, `half.${i}`, low.add(upper.mul(high.sub(low))));
    };
    air.send(code, [index, upper, half(0), half(1), ...fields], real);
    air.receive(buses.program, [...fields, time], real);
  });
}

/** Fills {@link fetchChip}. The program's table counts the instruction where it is executed. */
export function fillFetches(
  columns: Columns,
  lookups: Lookups,
  shape: Shape,
): (row: number, step: FetchStep) => void {
  const { limbs } = shape;
  const isWide = limbs > 2;
  const [real, time, index] = [columns('real'), columns('time'), columns('index')];
  const numbers = ['pc', 'operation', 'rd', 'rs1', 'rs2', 'isRegister', 'target'].map(columns);
  const [imm, link] = ['imm', 'link'].map((name) => fillChecked(columns, name, limbs, undefined)) as [
    (row: number, values: readonly number[]) => void,
    (row: number, values: readonly number[]) => void,
  ];
  const held = fillChecked(columns, 'held', limbs, undefined);
  const half = isWide ? fillChecked(columns, 'half', 2, undefined) : undefined;
  const upper = isWide ? columns('upper') : undefined;
  const word = fillAccess(columns, lookups, 'word');
  return (row, { time: now, program, word: touched }) => {
    const place = codePlace(program.pc, shape);
    const { pc, operation, rd, rs1, rs2, isRegister, target } = program;
    real[row] = 1;
    time[row] = now;
    index[row] = place.index;
    [pc, operationNumber(operation), rd, rs1, rs2, isRegister ? 1 : 0, target].forEach((value, i) => {
      (numbers[i] as Uint32Array)[row] = value;
    });
    imm(row, program.immLimbs);
    link(row, program.linkLimbs);
    held(row, touched.previous);
    if (upper !== undefined) upper[row] = place.upper;
    half?.(row, touched.previous.slice(2 * place.upper));
    word(row, now + SLOT.FETCH, touched.previousTime);
  };
}
