import { type Bus, type Chip, defineChip, type Expression, invM31 } from '@ninefold/stark';
import { addLimbs, assertAligned } from '../address.ts';
import { type Buses, memorySpace, SLOT, TIME_STEP } from '../buses.ts';
import {
  access,
  assertSum,
  checkedLimbs,
  type Columns,
  fillAccess,
  fillChecked,
  fillFrame,
  fillSum,
  flagOf,
  type FrameOptions,
  frame,
  operationFlags,
  type Touched,
} from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import { LIMB, type Shape } from '../words.ts';
import type { CallStep } from './call-system.ts';

/** The space of the words that guests reveal: above those of memory. */
export const REVEAL_SPACE: number = memorySpace(LIMB);

/** A custom instruction: `step.a` is an address, `step.b` how many words are asked for, what is revealed, or the exit code. */
export type OpenvmStep = CallStep & {
  /** The public value that is set. */
  readonly revealed?: Touched | undefined;
};

/** Buses of the interface. */
export type OpenvmBuses = {
  readonly hint: Bus;
  /** [index, low, high, highest]: a word of the public values; `highest` is 1 where no higher one was revealed. */
  readonly revealed: Bus;
};

const OPTIONS = {
  operations: ['terminate', 'hint', 'reveal'],
  second: 'either',
  hasConstant: true,
} as const satisfies FrameOptions;

/** The chip of OpenVM's own instructions: hints are the prover's to say, public values are words with addresses. */
export function openvmCallChip(shape: Shape, buses: Buses, own: OpenvmBuses): Chip {
  return defineChip(
    'openvm call',
    (air) => {
      const context = { air, shape, buses };
      const row = operationFlags(context, OPTIONS.operations);
      const { real, flags } = row;
      const [terminate, hint, reveal] = OPTIONS.operations.map((name) => flags[name]) as [
        Expression,
        Expression,
        Expression,
      ];
      const { a, b, imm, pc, time } = frame(context, row, OPTIONS);
      const [low, high] = b as [Expression, Expression];

      air.send(buses.exit, [low, high], terminate);

      // A hint has at least one word.
      const from = assertAligned(context, a, hint);
      const words = low.add(high.mul(LIMB));
      air.send(buses.u13, [high], hint);
      const inverse = air.column('inverse');
      air.when(hint, () => air.assertEqual('a hint has words', words.mul(inverse), 1));
      air.send(own.hint, [time, from.space, from.index, words], hint);

      const address = checkedLimbs(context, 'address', shape.limbs, reveal);
      assertSum(context, 'address', [a, imm], address, reveal);
      access(context, 'revealed', {
        space: REVEAL_SPACE,
        index: assertAligned(context, address, reveal).index,
        time: time.add(SLOT.MEMORY),
        before: air.columns('overwritten', shape.limbs),
        after: b,
        when: reveal,
      });

      const goesOn = flagOf(air, 'goes on', real.sub(terminate));
      air.send(buses.state, [pc.add(1), time.add(TIME_STEP)], goesOn);
    },
    { optional: true },
  );
}

/** Fills {@link openvmCallChip}. */
export function fillOpenvmCalls(
  columns: Columns,
  lookups: Lookups,
  shape: Shape,
): (row: number, step: OpenvmStep) => void {
  const { bytes, limbs } = shape;
  const fill = fillFrame(columns, lookups, shape, { ...OPTIONS, writes: false });
  const [inverse, goesOn] = [columns('inverse'), columns('goes on')];
  const fillAddress = fillChecked(columns, 'address', limbs, lookups.u16);
  const carries = fillSum(columns, 'address', limbs);
  const overwritten = fillChecked(columns, 'overwritten', limbs, undefined);
  const accessRevealed = fillAccess(columns, lookups, 'revealed');
  return (row, step) => {
    const { program, time, a, b, revealed } = step;
    fill({ ...step, row });
    if (program.operation !== 'terminate') goesOn[row] = 1;
    if (program.operation === 'hint') {
      const [low, high] = [b[0] as number, b[1] as number];
      lookups.u16((a[0] as number) / bytes);
      lookups.u13(high);
      inverse[row] = invM31(low + high * LIMB);
    }
    if (revealed !== undefined) {
      const address = addLimbs(a, program.immLimbs);
      fillAddress(row, address);
      carries(row, a, program.immLimbs);
      lookups.u16((address[0] as number) / bytes);
      overwritten(row, revealed.previous);
      accessRevealed(row, time + SLOT.MEMORY, revealed.previousTime);
    }
  };
}

/** A public value from its beginning as zero to its end. */
export type RevealedWord = {
  readonly index: number;
  readonly value: readonly number[];
  readonly time: number;
  readonly isHighest: boolean;
};

/**
 * Begins and ends each public value. The verifier takes every word of the journal off the bus once, so each
 * has one row; and the highest has been revealed, so that the journal has one length.
 */
export function revealedChip(shape: Shape, buses: Buses, { revealed }: OpenvmBuses): Chip {
  return defineChip(
    'revealed',
    (air) => {
      const real = air.flag('real');
      const [index, time] = [air.column('index'), air.column('time')];
      const value = air.columns('value', shape.limbs);
      const zeros = new Array<number>(shape.limbs).fill(0);
      air.send(buses.memory, [REVEAL_SPACE, index, 0, ...zeros], real);
      air.receive(buses.memory, [REVEAL_SPACE, index, time, ...value], real);
      const highest = air.flag('highest');
      const inverse = air.column('inverse');
      air.when(highest, () => air.assertEqual('the highest was revealed', time.mul(inverse), 1));
      air.send(revealed, [index, ...value, highest], real);
    },
    { optional: true },
  );
}

/** Fills {@link revealedChip}. */
export function fillRevealed(columns: Columns, shape: Shape): (row: number, word: RevealedWord) => void {
  const [real, index, time] = [columns('real'), columns('index'), columns('time')];
  const [highest, inverse] = [columns('highest'), columns('inverse')];
  const value = fillChecked(columns, 'value', shape.limbs, undefined);
  return (row, word) => {
    real[row] = 1;
    index[row] = word.index;
    time[row] = word.time;
    value(row, word.value);
    if (word.isHighest) {
      highest[row] = 1;
      inverse[row] = invM31(word.time);
    }
  };
}
