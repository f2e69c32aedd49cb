import { type Bus, type Chip, defineChip, type Expression, invM31 } from '@ninefold/stark';
import { SP1_CALL, type Sp1Call } from '../../spec/guest-calls.ts';
import { REGISTER } from '../../spec/registers.ts';
import { assertAligned } from '../address.ts';
import { type Buses, REGISTER_SPACE, SLOT, TIME_STEP } from '../buses.ts';
import {
  access,
  type Columns,
  fillAccess,
  fillChecked,
  fillFrame,
  flagOf,
  type FrameOptions,
  frame,
  operationFlags,
  type Touched,
} from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import { LIMB, type Limbs, type Shape } from '../words.ts';
import type { CallStep } from './call-system.ts';
import type { Precompile } from './precompile.ts';

/** Calls that have a place in a proof, besides precompiles. */
export const SP1_PROVABLE: readonly Sp1Call[] = [
  'HALT',
  'WRITE',
  'COMMIT',
  'COMMIT_DEFERRED_PROOFS',
  'HINT_LEN',
  'HINT_READ',
];

/** Words of the digest of the public values, and of that of deferred proofs. */
export const DIGEST_WORDS = 8;

/** A call: `step.a` is its number. */
export type Sp1Step = CallStep & {
  /** One of {@link SP1_PROVABLE}, or a precompile. */
  readonly call: string;
  readonly a0: Touched;
  readonly a1: Touched;
  /** Of HINT_LEN: t0 since the call's number was read from it, and the length. */
  readonly answer?: (Touched & { readonly next: Limbs }) | undefined;
};

/** Buses of the interface. */
export type Sp1Buses = {
  /** [index, low, high]: a word of the digest of the public values. */
  readonly commit: Bus;
  readonly hint: Bus;
  readonly precompile: Bus;
};

const OPTIONS = { operations: ['ecall'], second: 'none', hasConstant: false } as const satisfies FrameOptions;

/**
 * The chip of `ecall` in SP1's guests. WRITE says nothing in a proof: what is public is what the words of
 * COMMIT are the digest of. Lengths and contents of hints are the prover's to say.
 */
export function sp1CallChip(
  shape: Shape,
  buses: Buses,
  own: Sp1Buses,
  precompiles: readonly Pick<Precompile, 'name' | 'code'>[],
): Chip {
  return defineChip(
    'sp1 call',
    (air) => {
      const context = { air, shape, buses };
      const row = operationFlags(context, OPTIONS.operations);
      const { real } = row;
      const { a: number, pc, time } = frame(context, row, OPTIONS);
      const known = [...SP1_PROVABLE.map((name) => ({ name, code: SP1_CALL[name] })), ...precompiles];
      const calls = known.map(({ name, code }) => ({ code, flag: air.flag(name) }));
      air.assertOneHot(
        'one call',
        calls.map(({ flag }) => flag),
        real,
      );
      const [halt, , commit, deferred, hintLength, hintRead] = calls.map(({ flag }) => flag) as [
        Expression,
        Expression,
        Expression,
        Expression,
        Expression,
        Expression,
      ];
      number.forEach((limb, i) => {
        const limbOf = (code: number): number => Math.floor(code / LIMB ** i) % LIMB;
        const expected = air.sum(calls.map(({ code, flag }) => flag.mul(limbOf(code))));
        air.assertEqual(`number ${i}`, limb, expected);
      });

      const [a0, a1] = [air.columns('a0', shape.limbs), air.columns('a1', shape.limbs)];
      const argument = (name: string, index: number, value: readonly Expression[]): void =>
        access(context, name, {
          space: REGISTER_SPACE,
          index,
          time: time.add(SLOT.RS2),
          before: value,
          after: value,
          when: real,
        });
      argument('a0', REGISTER.a0, a0);
      argument('a1', REGISTER.a1, a1);
      const at = (limbs: readonly Expression[], i: number): Expression => limbs[i] as Expression;

      air.send(buses.exit, [at(a0, 0), at(a0, 1)], halt);

      // Words of digests are 32 bits in all widths; deferred proofs there are none, whose digest is zeros.
      const indexed = commit.add(deferred);
      a0.slice(1).forEach((limb, i) => air.assertZero(`index ${i + 1}`, indexed.mul(limb)));
      air.send(own.commit, [at(a0, 0), at(a1, 0), at(a1, 1)], commit);
      air.send(buses.pair, [at(a0, 0).mul(256 / DIGEST_WORDS), at(a0, 0)], deferred);
      air.assertZero('no deferred proof, low', deferred.mul(at(a1, 0)));
      air.assertZero('no deferred proof, high', deferred.mul(at(a1, 1)));

      const answer = air.columns('answer', shape.limbs);
      for (const limb of answer) air.send(buses.u16, [limb], hintLength);
      access(context, 'answer', {
        space: REGISTER_SPACE,
        index: REGISTER.t0,
        time: time.add(SLOT.RD),
        before: number,
        after: answer,
        when: hintLength,
      });

      // A hint's length in bytes is filled up to whole words.
      const { space, index } = assertAligned(context, a0, hintRead);
      const padding = air.column('padding');
      air.send(buses.pair, [padding.mul(256 / shape.bytes), padding], hintRead);
      const wordsLow = at(a1, 0)
        .add(padding)
        .mul(2 ** 31 / shape.bytes);
      air.send(buses.u16, [wordsLow], hintRead);
      air.send(buses.u13, [at(a1, 1)], hintRead);
      a1.slice(2).forEach((limb, i) => air.assertZero(`a short hint ${i}`, hintRead.mul(limb)));
      const words = wordsLow.add(at(a1, 1).mul(LIMB / shape.bytes));
      const hasWords = air.flag('has words');
      const inverse = air.column('inverse');
      air.assertZero('only a hint has words', hasWords.mul(hintRead.not()));
      air.when(hintRead, () => {
        air.assertEqual('some words', words.mul(inverse), hasWords);
        air.assertZero('or none', hasWords.not().mul(words));
      });
      air.send(own.hint, [time, space, index, words], hasWords);

      if (precompiles.length > 0) {
        const asked = calls.slice(SP1_PROVABLE.length);
        const code = air.sum(asked.map((call) => call.flag.mul(call.code)));
        const computes = flagOf(air, 'computes', air.sum(asked.map(({ flag }) => flag)));
        air.send(own.precompile, [code, time, ...a0, ...a1], computes);
      }

      const goesOn = flagOf(air, 'goes on', real.sub(halt));
      air.send(buses.state, [pc.add(1), time.add(TIME_STEP)], goesOn);
    },
    { optional: true },
  );
}

/** Fills {@link sp1CallChip}. */
export function fillSp1Calls(
  columns: Columns,
  lookups: Lookups,
  shape: Shape,
): (row: number, step: Sp1Step) => void {
  const { bytes, limbs } = shape;
  const fill = fillFrame(columns, lookups, shape, { ...OPTIONS, writes: false });
  const [a0, a1] = [
    fillChecked(columns, 'a0', limbs, undefined),
    fillChecked(columns, 'a1', limbs, undefined),
  ];
  const [accessA0, accessA1] = [fillAccess(columns, lookups, 'a0'), fillAccess(columns, lookups, 'a1')];
  const answer = fillChecked(columns, 'answer', limbs, lookups.u16);
  const accessAnswer = fillAccess(columns, lookups, 'answer');
  const [padding, hasWords, inverse, goesOn] = ['padding', 'has words', 'inverse', 'goes on'].map(
    columns,
  ) as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  return (row, step) => {
    const { call, time } = step;
    fill({ ...step, row });
    columns(call)[row] = 1;
    const [first, second] = [step.a0.previous, step.a1.previous];
    a0(row, first);
    a1(row, second);
    accessA0(row, time + SLOT.RS2, step.a0.previousTime);
    accessA1(row, time + SLOT.RS2, step.a1.previousTime);
    if (call !== 'HALT') goesOn[row] = 1;
    if (step.answer !== undefined) {
      answer(row, step.answer.next);
      accessAnswer(row, time + SLOT.RD, step.answer.previousTime);
    }
    const [low, high] = [second[0] as number, second[1] as number];
    if (call === 'COMMIT_DEFERRED_PROOFS') {
      lookups.pair((first[0] as number) * (256 / DIGEST_WORDS), first[0] as number);
    } else if (call === 'HINT_READ') {
      const rest = -low & (bytes - 1);
      padding[row] = rest;
      lookups.u16((first[0] as number) / bytes);
      lookups.pair(rest * (256 / bytes), rest);
      lookups.u16((low + rest) / bytes);
      lookups.u13(high);
      const words = (low + rest + high * LIMB) / bytes;
      if (words > 0) {
        hasWords[row] = 1;
        inverse[row] = invM31(words);
      }
    } else if (!(SP1_PROVABLE as readonly string[]).includes(call)) columns('computes')[row] = 1;
  };
}
