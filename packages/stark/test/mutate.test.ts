import { seededRng } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Chip, ChipTrace, Machine, Sample } from '../src/index.ts';
import {
  createTable,
  defineBus,
  defineChip,
  defineMachine,
  mutateTrace,
  mutationText,
} from '../src/index.ts';
import { checkTrace, rowEvaluator } from '../src/air/check.ts';
import { messagesOf, variants } from '../src/air/messages.ts';
import { P } from '../src/field/m31.ts';
import { cloneTrace, SAMPLES } from '../src/samples.ts';
import { chipPlan, scene } from './scene.ts';

describe('mutants of single cells', () => {
  it.each(Object.entries(SAMPLES))('of %s are all killed', (_name, make) => {
    const report = mutateTrace(make());
    for (const { killed, mutants, survivors } of report.chips) {
      expect(survivors).toEqual([]);
      expect(killed).toBe(mutants);
      expect(mutants).toBeGreaterThan(50);
    }
    expect(mutationText(report)).toContain('(100.00 %)');
  });

  it('survive where nothing reads a cell, and are named', () => {
    const chip = defineChip('loose', (air) => {
      const [a, b] = [air.column('a'), air.column('b')];
      air.when(air.isFirst, () => air.assertZero('first', a));
      air.when(air.isLast, () => air.assertZero('nothing', b.sub(b)));
    });
    const machine = defineMachine({ name: 'loose', chips: [chip] });
    const trace = { loose: createTable(chip, 3) };
    const report = mutateTrace({ machine, trace });
    const [result] = report.chips;
    expect(result!.killed).toBeLessThan(result!.mutants);
    expect(result!.survivors[0]).toMatchObject({ chip: 'loose', column: 'a', row: 1, from: 0 });
    expect(result!.unnoticed).toEqual(['nothing']);
    expect(mutationText(report)).toContain("survived: 'a' row 1 from 0 to 1");
    const careless = mutateTrace(
      { machine, trace },
      { dontCare: ({ column, row }) => column === 'b' || row > 0 },
    );
    expect(careless.chips[0]).toMatchObject({ survivors: [] });
    expect(careless.chips[0]!.killed).toBe(careless.chips[0]!.mutants);
    const sampled = mutateTrace({ machine, trace }, { maxCells: 4 });
    expect(sampled.chips[0]!.mutants).toBeLessThanOrEqual(4 * 12);
  });

  it('are made of optional chips only where they are', () => {
    expect(mutateTrace(SAMPLES.walk()).chips.map(({ chip }) => chip)).toEqual(['steps']);
  });
});

describe('rules', () => {
  it('that only the search finds needed are not noticed without it', () => {
    const [searched, quick] = [true, false].map(
      (findsNeeded) => mutateTrace(SAMPLES.fibonacci(), { findsNeeded }).chips[0]!,
    );
    expect(quick).toMatchObject({ mutants: searched!.mutants, killed: searched!.killed });
    expect(searched!.unnoticed).toEqual([]);
    expect(quick!.unnoticed.length).toBeGreaterThan(0);
  });

  it('of fibonacci are each needed: boundaries by the public values, steps by the search', () => {
    const report = mutateTrace(SAMPLES.fibonacci());
    expect(report.survivingAttacks).toEqual([]);
    expect(report.chips[0]!.unnoticed).toEqual([]);
  });

  it('of the range check are each needed', () => {
    for (const { unnoticed } of mutateTrace(SAMPLES.rangeCheck()).chips) expect(unnoticed).toEqual([]);
  });

  it('that only attacks over several rows need are noticed by those', () => {
    const unnoticed = (sample: Sample, attacks: Sample['attacks']): readonly string[] =>
      mutateTrace(sample, { attacks }).chips.flatMap((chip) => chip.unnoticed);
    const [walk, memory] = [SAMPLES.walk(), SAMPLES.memory()];
    expect(unnoticed(walk, {})).toEqual(['in order']);
    expect(unnoticed(walk, walk.attacks)).toEqual([]);
    expect(unnoticed(memory, {})).toEqual(['read is boolean', 'time goes on']);
    expect(unnoticed(memory, memory.attacks)).toEqual([]);
  });

  it('that say what others go on with are needed, though a wrong cell alone does not balance', () => {
    const cells = defineBus('cells', 2);
    // Each row doubles what the row of another table left, and leaves it there for the next one.
    const twice = defineChip('twice', (air) => {
      const [before, after, time, real] = ['before', 'after', 'time', 'real'].map((name) => air.column(name));
      air.assertZero('real', real!.mul(real!.not()));
      air.receive(cells, [time!, before!], real!);
      air.assertEqual('doubled', after!, before!.add(before!));
      air.send(cells, [time!.add(1), after!], real!);
    });
    const ends = defineChip('ends', (air) => {
      const [first, last, real] = ['first', 'last', 'real'].map((name) => air.column(name));
      air.assertZero('real', real!.mul(real!.not()));
      air.send(cells, [air.constant(1), first!], real!);
      air.receive(cells, [air.constant(9), last!], real!);
    });
    const machine = defineMachine({ name: 'cells', chips: [twice, ends] });
    const [steps, edges] = [createTable(twice, 3), createTable(ends, 3)];
    for (let row = 0; row < 8; row++) {
      for (const [name, value] of Object.entries({
        before: 3 * 2 ** row,
        after: 6 * 2 ** row,
        time: row + 1,
        real: 1,
      })) {
        steps.column(name)[row] = value;
      }
    }
    for (const [name, value] of Object.entries({ first: 3, last: 3 * 256, real: 1 })) {
      edges.column(name)[0] = value;
    }
    const subject = { machine, trace: { twice: steps, ends: edges } };
    const unnoticed = (followed: readonly string[]): readonly string[] =>
      mutateTrace(subject, { followed }).chips[0]!.unnoticed;
    expect(unnoticed([])).toContain('doubled');
    expect(unnoticed(['cells'])).not.toContain('doubled');
    expect(unnoticed(['others'])).toContain('doubled');
  });

  it('that are missing let attacks through', () => {
    const bus = defineBus('b', 1);
    const define = (complete: boolean): ReturnType<typeof defineMachine> =>
      defineMachine({
        name: 'pairs',
        chips: [
          defineChip('pairs', (air) => {
            const flag = complete ? air.flag('flag') : air.column('flag');
            air.send(bus, [1], flag);
            air.receive(bus, [1], air.column('taken'));
          }),
        ],
      });
    const machine = define(true);
    const table = createTable(machine.chips[0]!.chip, 3);
    table.column('flag')[0] = 1;
    table.column('taken')[0] = 1;
    const trace = { pairs: table };
    const double = cloneTrace(trace);
    for (const column of double['pairs']!.columns) column[0] = 2;
    const attacks = { 'twice at once': { trace: double } };
    expect(mutateTrace({ machine, trace }, { attacks })).toMatchObject({
      survivingAttacks: [],
      chips: [{ unnoticed: [] }],
    });
    const report = mutateTrace({ machine: define(false), trace }, { attacks });
    expect(report.survivingAttacks).toEqual(['twice at once']);
    expect(mutationText(report)).toContain("attack 'twice at once' was not caught");
  });
});

describe('a mutant', () => {
  /** Mutants and those killed by rows that are evaluated as a whole, messages that are counted one by one. */
  function judged(
    chip: Chip,
    own: ChipTrace,
    fixed: ChipTrace | undefined,
    values: readonly number[],
  ): number[] {
    const rng = seededRng(1);
    const table = { ...own, columns: own.columns.map((column) => column.slice()) };
    const evaluate = rowEvaluator(chip, table, fixed, values);
    const height = 2 ** own.logHeight;
    const sent = (rows: readonly number[]): string => {
      const balance = new Map<string, number>();
      for (const { key, times } of rows.flatMap((row) => messagesOf(chip, evaluate(row)))) {
        balance.set(key, ((balance.get(key) ?? 0) + times) % P);
      }
      const open = [...balance].filter(([, times]) => times !== 0);
      return open
        .map((entry) => entry.join())
        .sort()
        .join();
    };
    let [mutants, killed] = [0, 0];
    for (const column of table.columns) {
      for (let row = 0; row < height; row++) {
        const rows = [row, (row + height - 1) % height];
        const [from, before] = [column[row] as number, sent(rows)];
        for (const to of variants(column, row, rng)) {
          mutants++;
          column[row] = to;
          const isBroken = rows.some((at) => {
            const nodes = evaluate(at);
            return chip.constraints.some(({ expression }) => nodes[expression] !== 0);
          });
          if (isBroken || sent(rows) !== before) killed++;
        }
        column[row] = from;
      }
    }
    return [mutants, killed];
  }

  it('is judged by what its cell changes as by all of its rows', () => {
    fc.assert(
      fc.property(fc.array(chipPlan, { minLength: 1, maxLength: 2 }), fc.nat(1000), (plans, seed) => {
        const { machine, trace, fixed, publicValues } = scene(plans, seed);
        const report = mutateTrace({ machine, trace, fixed, publicValues }, { findsNeeded: false });
        // The numbers that random changes are drawn from go on from chip to chip: the first has them alone.
        const [first] = machine.chips as [Machine['chips'][number]];
        const { name } = first.chip;
        const [mutants, killed] = judged(first.chip, trace[name]!, fixed[name], publicValues);
        expect(report.chips[0]).toMatchObject({ chip: name, mutants, killed });
      }),
      { numRuns: 20 },
    );
  });

  it('of a public value is judged as the whole trace with it', () => {
    const samples = Object.values(SAMPLES).map((make) => make());
    for (const { machine, trace, fixed, publicValues } of samples) {
      const report = mutateTrace(
        { machine, trace, fixed, publicValues },
        { maxCells: 1, findsNeeded: false },
      );
      const living = publicValues.flatMap((value, i) => {
        const forged = publicValues.with(i, (value + 1) % P);
        const violations = checkTrace(machine, trace, { fixed, publicValues: forged });
        return violations.length === 0 ? [`public value ${i} plus one`] : [];
      });
      expect(report.survivingAttacks).toEqual(living);
    }
    // And one that nobody reads.
    const chip = defineChip('c', (air) => {
      const [a] = [air.column('a')];
      air.when(air.isFirst, () => air.assertEqual('first', a, air.public(1)));
      air.assertZero('constant', a.next().sub(a));
    });
    const machine = defineMachine({ name: 'm', chips: [chip], publicCount: 2 });
    const table = createTable(chip, 3);
    table.column('a').fill(4);
    const { survivingAttacks, chips } = mutateTrace({ machine, trace: { c: table }, publicValues: [7, 4] });
    expect(survivingAttacks).toEqual(['public value 0 plus one']);
    expect(chips[0]!.noticed).toContain('first');
  });

  it('of a column that nothing reads lives, and of one that only the row above reads does not', () => {
    const chip = defineChip('c', (air) => {
      const [a, b] = [air.column('a'), air.column('b')];
      air.column('unread');
      air.assertEqual('a is the next b', a, b.next());
    });
    const table = createTable(chip, 3);
    for (let row = 0; row < 8; row++) {
      table.column('b')[row] = 10 + row;
      table.column('a')[(row + 7) % 8] = 10 + row;
    }
    const machine = defineMachine({ name: 'm', chips: [chip] });
    const { chips } = mutateTrace({ machine, trace: { c: table } });
    expect(new Set(chips[0]!.survivors.map(({ column }) => column))).toEqual(new Set(['unread']));
  });
});
