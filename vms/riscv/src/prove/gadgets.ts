import type { AirBuilder, Expression, Operand } from '@ninefold/stark';
import { type Buses, REGISTER_SPACE, SLOT, TIME_STEP } from './buses.ts';
import type { Lookups } from './lookups.ts';
import { type MachineOperation, operationNumber, type PreparedRow } from './lower.ts';
import { LIMB, type Limbs, type Shape } from './words.ts';

/** What a chip is defined with. */
export type ChipContext = { readonly air: AirBuilder; readonly shape: Shape; readonly buses: Buses };

/** Columns of a table by name. */
export type Columns = (name: string) => Uint32Array;

/** 2^-16 modulo 2^31 - 1. */
const INVERSE_LIMB = 2 ** 15;

/** A cell that an instruction touched: when it was touched before, and what it held then. */
export type Touched = { readonly previousTime: number; readonly previous: Limbs };

/** What an instruction of any kind did. */
export type Step = {
  readonly row: number;
  readonly time: number;
  readonly program: PreparedRow;
  /** First operand, second operand (register or constant), result. */
  readonly a: Limbs;
  readonly b: Limbs;
  readonly c: Limbs;
  readonly rs1: Touched;
  readonly rs2: Touched;
  readonly rd: Touched;
  /** Address of the next instruction, in instructions. */
  readonly next: number;
};

/** What of an instruction its frame is filled with; `rd` of those that write one. */
export type FrameStep = Pick<Step, 'row' | 'time' | 'program' | 'a' | 'b' | 'rs1' | 'rs2'> & {
  readonly rd?: Touched | undefined;
};

/** Limbs `name.0`, … that are checked to be below 2^16 where `when` is 1. */
export function checkedLimbs(
  { air, buses }: ChipContext,
  name: string,
  count: number,
  when: Expression,
): Expression[] {
  const limbs = air.columns(name, count);
  for (const limb of limbs) air.send(buses.u16, [limb], when);
  return limbs;
}

/** Bytes `name.0`, … that are checked two by two where `when` is 1. */
export function checkedBytes(
  { air, buses }: ChipContext,
  name: string,
  count: number,
  when: Expression,
): Expression[] {
  const bytes = air.columns(name, count);
  for (let i = 0; i < count; i += 2) {
    air.send(buses.pair, [bytes[i] as Expression, bytes[i + 1] as Expression], when);
  }
  return bytes;
}

/** The limbs that bytes make. */
export function limbsOfBytes(bytes: readonly Expression[]): Expression[] {
  return Array.from({ length: bytes.length / 2 }, (_, i) =>
    (bytes[2 * i] as Expression).add((bytes[2 * i + 1] as Expression).mul(256)),
  );
}

/**
 * Writes limbs or bytes into columns `name.0`, …, from place `from` of the values on, and counts the check
 * of each.
 */
export function fillChecked(
  columns: Columns,
  name: string,
  count: number,
  check: ((value: number) => void) | undefined,
  from = 0,
): (row: number, values: readonly number[]) => void {
  const targets = Array.from({ length: count }, (_, i) => columns(`${name}.${i}`));
  if (check === undefined) {
    return (row, values) => {
      for (let i = 0; i < count; i++) (targets[i] as Uint32Array)[row] = values[from + i] as number;
    };
  }
  return (row, values) => {
    for (let i = 0; i < count; i++) {
      const value = values[from + i] as number;
      (targets[i] as Uint32Array)[row] = value;
      check(value);
    }
  };
}

/** As {@link fillChecked}, of bytes that are checked two by two. */
export function fillPairs(
  columns: Columns,
  name: string,
  count: number,
  lookups: Lookups,
): (row: number, values: readonly number[]) => void {
  const fill = fillChecked(columns, name, count, undefined);
  return (row, values) => {
    fill(row, values);
    for (let i = 0; i < count; i += 2) lookups.pair(values[i] as number, values[i + 1] as number);
  };
}

/**
 * One access to a cell: takes off the bus what it held and since when, and puts on what it holds now. That
 * the earlier time is earlier is a range check of the difference, in a low limb and 13 bits: with times below
 * 2^29 there is no other way to read it.
 */
export function access(
  { air, buses }: ChipContext,
  name: string,
  cell: {
    readonly space: Operand;
    readonly index: Operand;
    readonly time: Expression;
    readonly before: readonly Operand[];
    readonly after: readonly Operand[];
    readonly when: Expression;
  },
): void {
  const { space, index, time, before, after, when } = cell;
  const previous = air.column(`${name} previous`);
  const low = air.column(`${name} gap`);
  air.receive(buses.memory, [space, index, previous, ...before], when);
  air.send(buses.memory, [space, index, time, ...after], when);
  air.send(buses.u16, [low], when);
  air.send(buses.u13, [time.sub(previous).sub(1).sub(low).mul(INVERSE_LIMB)], when);
}

/** Fills what {@link access} added. */
export function fillAccess(
  columns: Columns,
  lookups: Lookups,
  name: string,
): (row: number, time: number, previousTime: number) => void {
  const previous = columns(`${name} previous`);
  const low = columns(`${name} gap`);
  return (row, time, previousTime) => {
    const gap = time - previousTime - 1;
    previous[row] = previousTime;
    low[row] = gap % LIMB;
    lookups.u16(gap % LIMB);
    lookups.u13(Math.floor(gap / LIMB));
  };
}

/** Which parts of an instruction a chip uses. */
export type FrameOptions = {
  readonly operations: readonly MachineOperation[];
  /** First operand, if the chip has it in another form than limbs of its own. */
  readonly a?: readonly Expression[] | undefined;
  readonly b?: readonly Expression[] | undefined;
  /** Where the second operand comes from. */
  readonly second: 'none' | 'register' | 'either';
  readonly hasConstant: boolean;
  /** The result; the instruction has no rd where absent. */
  readonly c?: readonly Operand[] | undefined;
  /** The address behind the instruction, of those that keep it. */
  readonly link?: readonly Expression[] | undefined;
  readonly hasTarget?: boolean | undefined;
};

/** Columns that every instruction has. */
export type Frame = {
  /** 1 on rows that are instructions, 0 on padding. */
  readonly real: Expression;
  readonly flags: Readonly<Record<string, Expression>>;
  readonly pc: Expression;
  readonly time: Expression;
  readonly a: readonly Expression[];
  readonly b: readonly Expression[];
  readonly imm: readonly Expression[];
  readonly target: Expression;
};

/** The flags of a chip's operations, of which a row has one, or none where it is padding. */
export function operationFlags(
  { air }: ChipContext,
  operations: readonly MachineOperation[],
): { readonly real: Expression; readonly flags: Readonly<Record<string, Expression>> } {
  const real = air.flag('real');
  const flags = operations.map((operation) => air.flag(operation));
  air.assertOneHot('one operation', flags, real);
  return {
    real,
    flags: Object.fromEntries(operations.map((operation, i) => [operation, flags[i] as Expression])),
  };
}

/** Fetch, state and registers of an instruction. The chip itself sends the next state. */
export function frame(
  context: ChipContext,
  { real, flags }: ReturnType<typeof operationFlags>,
  options: FrameOptions,
): Frame {
  const { air, shape, buses } = context;
  const { limbs } = shape;
  const zeros: readonly Operand[] = new Array<number>(limbs).fill(0);
  const pc = air.column('pc');
  const time = air.column('time');
  const rs1 = air.column('rs1');
  const a = options.a ?? air.columns('a', limbs);
  const imm = options.hasConstant ? air.columns('imm', limbs) : [];
  const link = options.link ?? [];
  const target = options.hasTarget === true ? air.column('target') : air.constant(0);
  const rs2 = options.second === 'none' ? air.constant(0) : air.column('rs2');
  const isRegister =
    options.second === 'either' ? air.flag('isRegister') : air.constant(options.second === 'none' ? 0 : 1);
  const b = options.second === 'none' ? [] : (options.b ?? air.columns('b', limbs));
  const rd = options.c === undefined ? air.constant(0) : air.column('rd');

  const operation = air.sum(
    options.operations.map((name) => (flags[name] as Expression).mul(operationNumber(name))),
  );
  air.send(
    buses.program,
    [
      pc,
      operation,
      rd,
      rs1,
      rs2,
      isRegister,
      ...(imm.length ? imm : zeros),
      ...(link.length ? link : zeros),
      target,
      ...(buses.code === undefined ? [] : [time]),
    ],
    real,
  );
  air.receive(buses.state, [pc, time], real);
  access(context, 'rs1', { space: REGISTER_SPACE, index: rs1, time, before: a, after: a, when: real });
  if (options.second === 'either') {
    air.assertZero('padding reads no register', isRegister.mul(real.not()));
    b.forEach((limb, i) => {
      air.assertZero(`the constant is operand ${i}`, isRegister.not().mul(limb.sub(imm[i] as Expression)));
    });
  }
  if (options.second !== 'none') {
    access(context, 'rs2', {
      space: REGISTER_SPACE,
      index: rs2,
      time: time.add(SLOT.RS2),
      before: b,
      after: b,
      when: options.second === 'either' ? isRegister : real,
    });
  }
  if (options.c !== undefined) {
    access(context, 'rd', {
      space: REGISTER_SPACE,
      index: rd,
      time: time.add(SLOT.RD),
      before: air.columns('overwritten', limbs),
      after: options.c,
      when: real,
    });
  }
  return { real, flags, pc, time, a, b, imm, target };
}

/** Sends the state to the next instruction in order. */
export function goOn({ air, buses }: ChipContext, { pc, time, real }: Frame): void {
  air.send(buses.state, [pc.add(1), time.add(TIME_STEP)], real);
}

/** Fills what {@link operationFlags} and {@link frame} added, except for operands in other forms. */
export function fillFrame(
  columns: Columns,
  lookups: Lookups,
  { limbs }: Shape,
  options: Omit<FrameOptions, 'a' | 'b' | 'c' | 'link'> & {
    readonly hasLink?: boolean | undefined;
    readonly ownsA?: boolean | undefined;
    readonly ownsB?: boolean | undefined;
    readonly writes: boolean;
  },
): (step: FrameStep) => void {
  const real = columns('real');
  const flags: Uint32Array[] = [];
  for (const operation of options.operations) flags[operationNumber(operation)] = columns(operation);
  const [pc, time, rs1] = [columns('pc'), columns('time'), columns('rs1')];
  const a = options.ownsA === true ? undefined : fillChecked(columns, 'a', limbs, undefined);
  const imm = options.hasConstant ? fillChecked(columns, 'imm', limbs, undefined) : undefined;
  const link = options.hasLink === true ? fillChecked(columns, 'link', limbs, undefined) : undefined;
  const target = options.hasTarget === true ? columns('target') : undefined;
  const hasSecond = options.second !== 'none';
  const rs2 = hasSecond ? columns('rs2') : undefined;
  const isRegister = options.second === 'either' ? columns('isRegister') : undefined;
  const b = hasSecond && options.ownsB !== true ? fillChecked(columns, 'b', limbs, undefined) : undefined;
  const rd = options.writes ? columns('rd') : undefined;
  const overwritten = options.writes ? fillChecked(columns, 'overwritten', limbs, undefined) : undefined;
  const accessRs1 = fillAccess(columns, lookups, 'rs1');
  const accessRs2 = hasSecond ? fillAccess(columns, lookups, 'rs2') : undefined;
  const accessRd = options.writes ? fillAccess(columns, lookups, 'rd') : undefined;
  return (step) => {
    const { row, program } = step;
    real[row] = 1;
    (flags[program.number] as Uint32Array)[row] = 1;
    pc[row] = program.pc;
    time[row] = step.time;
    rs1[row] = program.rs1;
    a?.(row, step.a);
    imm?.(row, program.immLimbs);
    link?.(row, program.linkLimbs);
    if (target !== undefined) target[row] = program.target;
    if (rs2 !== undefined) rs2[row] = program.rs2;
    if (isRegister !== undefined) isRegister[row] = program.isRegister ? 1 : 0;
    b?.(row, step.b);
    lookups.program(program.index);
    accessRs1(row, step.time, step.rs1.previousTime);
    if (program.isRegister) accessRs2?.(row, step.time + SLOT.RS2, step.rs2.previousTime);
    if (rd !== undefined) {
      const { previous, previousTime } = step.rd as Touched;
      rd[row] = program.rd;
      overwritten?.(row, previous);
      accessRd?.(row, step.time + SLOT.RD, previousTime);
    }
  };
}

/**
 * The limbs of a + b and the carries out of each, where `when` is not 0. Carries are columns `name carry.i`;
 * sums have to be known below 2^16 for this to be an addition.
 */
export function assertSum(
  { air }: ChipContext,
  name: string,
  terms: readonly (readonly Expression[])[],
  total: readonly Expression[],
  when: Expression,
): void {
  let carry: Expression | undefined;
  total.forEach((limb, i) => {
    const out = air.flag(`${name} carry.${i}`);
    let sum = air.sum(terms.map((term) => term[i] as Expression));
    if (carry !== undefined) sum = sum.add(carry);
    air.when(when, () => air.assertEqual(`${name} limb ${i}`, sum, limb.add(out.mul(LIMB))));
    carry = out;
  });
}

/** Fills the carries of {@link assertSum} of two terms. */
export function fillSum(
  columns: Columns,
  name: string,
  limbs: number,
): (row: number, a: Limbs, b: Limbs) => void {
  const carries = Array.from({ length: limbs }, (_, i) => columns(`${name} carry.${i}`));
  return (row, a, b) => {
    let carry = 0;
    for (let i = 0; i < limbs; i++) {
      carry = (a[i] as number) + (b[i] as number) + carry >= LIMB ? 1 : 0;
      (carries[i] as Uint32Array)[row] = carry;
    }
  };
}

/**
 * A bit that is the highest of a number of 8 or 16 bits, where `when` is 1: twice the rest has to be such a
 * number again.
 */
export function highBit(
  { air, buses }: ChipContext,
  name: string,
  value: Expression,
  bits: 8 | 16,
  when: Expression,
): Expression {
  const bit = air.flag(name);
  const rest = value.sub(bit.mul(2 ** (bits - 1))).mul(2);
  if (bits === 16) air.send(buses.u16, [rest], when);
  else air.send(buses.pair, [rest, 0], when);
  return bit;
}

/** Fills {@link highBit}, and gives it. */
export function fillHighBit(
  columns: Columns,
  lookups: Lookups,
  name: string,
  bits: 8 | 16,
): (row: number, value: number) => number {
  const column = columns(name);
  return (row, value) => {
    const bit = value >> (bits - 1);
    column[row] = bit;
    const rest = 2 * (value - bit * 2 ** (bits - 1));
    if (bits === 16) lookups.u16(rest);
    else lookups.pair(rest, 0);
    return bit;
  };
}

/**
 * Whether a is below b, as numbers with a sign where `signed` is 1: the last borrow of a - b. What is left
 * at each limb is checked to be one, so that borrows cannot be chosen; a signed number's highest limb is
 * moved up by half its range first.
 */
export function lessThan(
  { air, buses }: ChipContext,
  name: string,
  a: readonly Expression[],
  b: readonly Expression[],
  signed: Expression | undefined,
  when: Expression,
): Expression {
  const last = a.length - 1;
  const moved = (limb: Expression, side: string): Expression => {
    if (signed === undefined) return limb;
    const sign = air.flag(`${name} ${side} is high`);
    air.assertZero(`${name}: ${side} moves only when signed`, sign.mul(signed.not()));
    const shifted = limb.add(signed.mul(LIMB / 2)).sub(sign.mul(LIMB));
    air.send(buses.u16, [shifted], when);
    return shifted;
  };
  let borrow: Expression | undefined;
  for (let i = 0; i <= last; i++) {
    const [x, y] = [a[i] as Expression, b[i] as Expression];
    let rest = i === last ? moved(x, 'a').sub(moved(y, 'b')) : x.sub(y);
    if (borrow !== undefined) rest = rest.sub(borrow);
    borrow = air.flag(`${name} borrow.${i}`);
    air.send(buses.u16, [rest.add(borrow.mul(LIMB))], when);
  }
  return borrow as Expression;
}

/** Fills {@link lessThan}; whether a is below b. */
export function fillLessThan(
  columns: Columns,
  lookups: Lookups,
  name: string,
  limbs: number,
  canBeSigned: boolean,
): (row: number, a: Limbs, b: Limbs, signed: number) => number {
  const borrows = Array.from({ length: limbs }, (_, i) => columns(`${name} borrow.${i}`));
  const highs = canBeSigned ? [columns(`${name} a is high`), columns(`${name} b is high`)] : [];
  const moved = (row: number, side: number, limb: number, signed: number): number => {
    if (!canBeSigned) return limb;
    const high = signed & (limb >> 15);
    (highs[side] as Uint32Array)[row] = high;
    const shifted = limb + (signed * LIMB) / 2 - high * LIMB;
    lookups.u16(shifted);
    return shifted;
  };
  return (row, a, b, signed) => {
    let borrow = 0;
    for (let i = 0; i < limbs; i++) {
      const isLast = i === limbs - 1;
      const x = isLast ? moved(row, 0, a[i] as number, signed) : (a[i] as number);
      const y = isLast ? moved(row, 1, b[i] as number, signed) : (b[i] as number);
      const rest = x - y - borrow;
      borrow = rest < 0 ? 1 : 0;
      (borrows[i] as Uint32Array)[row] = borrow;
      lookups.u16(rest + borrow * LIMB);
    }
    return borrow;
  };
}

/** A flag column for a sum of flags of which one at most is set. */
export function flagOf(air: AirBuilder, name: string, value: Expression): Expression {
  const flag = air.flag(name);
  air.assertEqual(`${name} is its flags' sum`, flag, value);
  return flag;
}

/** A result of fewer limbs as a word: filled up with its sign, `name`. */
export function signExtended(
  context: ChipContext,
  name: string,
  limbs: readonly Expression[],
  when: Expression,
): readonly Expression[] {
  const missing = context.shape.limbs - limbs.length;
  if (missing === 0) return limbs;
  const sign = highBit(context, name, limbs.at(-1) as Expression, 16, when);
  return [...limbs, ...new Array<Expression>(missing).fill(sign.mul(LIMB - 1))];
}

/** A product of columns that is too high in degree to stand in a message. */
export function named(air: AirBuilder, name: string, value: Expression): Expression {
  const column = air.column(name);
  air.assertEqual(`${name} is what it is called`, column, value);
  return column;
}
