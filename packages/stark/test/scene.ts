import * as fc from 'fast-check';
import { seededRng } from '@ninefold/base';
import type { Chip, Machine, Parameters, Trace } from '../src/index.ts';
import { createTable, defineBus, defineChip, defineMachine } from '../src/index.ts';
import { rowEvaluator } from '../src/air/check.ts';
import { P } from '../src/field/m31.ts';

/** One chip: its height, and for each derived column how it follows from others. */
export type ChipPlan = {
  readonly logHeight: number;
  readonly steps: readonly (readonly [number, number, number])[];
};

/** Free columns, derived ones (sums and products of three of the others and the next row), and a shuffled copy. */
function chipOf(index: number, { steps }: ChipPlan, buses: readonly ReturnType<typeof defineBus>[]): Chip {
  return defineChip(`chip ${index}`, (air) => {
    const columns = air.columns('free', 2);
    steps.forEach(([a, b, c], i) => {
      const pick = (at: number): (typeof columns)[0] => columns[at % columns.length]!;
      const value = pick(a).mul(pick(b)).add(pick(c)).sub(columns[0]!.next());
      const derived = air.column(`derived ${i}`);
      air.assertEqual(`step ${i}`, derived, value);
      columns.push(derived);
    });
    const copy = air.columns('copy', 2);
    const real = air.preprocessed('real');
    const [own, other] = [buses[index]!, buses[(index + 1) % buses.length]!];
    air.send(own, [columns[0]!, columns.at(-1)!], real);
    air.receive(own, copy, real);
    // An answer that nobody needs, sent and taken back by the same row.
    air.send(other, [columns[1]!, 3]);
    air.receive(other, [columns[1]!, air.constant(3)]);
    air.when(air.isFirst, () => air.assertEqual('begins', columns[0]!, air.public(index)));
  });
}

function fill(
  chip: Chip,
  { logHeight, steps }: ChipPlan,
  seed: number,
  begin: number,
): { main: Trace[string]; fixed: Trace[string] } {
  const rng = seededRng(seed);
  const rows = 2 ** logHeight;
  const table = createTable(chip, logHeight);
  const fixed = createTable(chip, logHeight, 'preprocessed');
  for (let row = 0; row < rows; row++) {
    for (const name of ['free.0', 'free.1']) table.column(name)[row] = rng.below(P);
    fixed.column('real')[row] = rng.below(4) === 0 ? 0 : 1;
  }
  table.column('free.0')[0] = begin;
  // Each step's constraint is derived - value: with zero in the column, it is minus what has to stand there.
  steps.forEach((_, i) => {
    const { expression } = chip.constraints.find(({ name }) => name === `step ${i}`)!;
    const evaluate = rowEvaluator(chip, table, fixed, [begin, begin, begin]);
    const values = Array.from({ length: rows }, (_, row) => (P - evaluate(row)[expression]!) % P);
    table.column(`derived ${i}`).set(values);
  });
  const sent = Array.from({ length: rows }, (_, row) => row).filter((row) => fixed.column('real')[row] === 1);
  const last = steps.length === 0 ? 'free.1' : `derived ${steps.length - 1}`;
  sent.forEach((row, i) => {
    const from = sent[(i + 1) % sent.length]!;
    table.column('copy.0')[row] = table.column('free.0')[from]!;
    table.column('copy.1')[row] = table.column(last)[from]!;
  });
  return { main: table, fixed };
}

export const chipPlan: fc.Arbitrary<ChipPlan> = fc.record({
  logHeight: fc.integer({ min: 3, max: 6 }),
  steps: fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)), { maxLength: 4 }),
});

/** Parameters of no security, of every kind. */
export const parameters: fc.Arbitrary<Parameters> = fc.record({
  name: fc.constant('dev' as const),
  hash: fc.constantFrom('blake2s' as const, 'keccak256' as const),
  targetBits: fc.constant(0),
  extensionDegree: fc.constantFrom(4 as const, 6 as const),
  logBlowup: fc.constantFrom(1, 2),
  queries: fc.constantFrom(1, 3, 5),
  queryGrinding: fc.constantFrom(0, 3),
  grinding: fc.constantFrom(0, 2),
  maxFold: fc.constantFrom(1, 2, 3),
  logFinal: fc.constantFrom(0, 1, 4),
});

/** A machine of the plans' chips with a trace that satisfies it. */
export function scene(
  plans: readonly ChipPlan[],
  seed: number,
): {
  readonly machine: Machine;
  readonly trace: Trace;
  readonly fixed: Trace;
  readonly publicValues: readonly number[];
} {
  const buses = plans.map((_, i) => defineBus(`bus ${i}`, 2));
  const chips = plans.map((plan, i) => chipOf(i, plan, buses));
  const begin = 11;
  const tables = chips.map((chip, i) => fill(chip, plans[i]!, seed + i, begin));
  const named = (part: 'main' | 'fixed'): Trace =>
    Object.fromEntries(chips.map((chip, i) => [chip.name, tables[i]![part]]));
  return {
    machine: defineMachine({ name: 'random', chips, publicCount: plans.length }),
    trace: named('main'),
    fixed: named('fixed'),
    publicValues: plans.map(() => begin),
  };
}
