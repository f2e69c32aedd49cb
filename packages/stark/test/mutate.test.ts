import { describe, expect, it } from 'vitest';
import type { Sample } from '../src/index.ts';
import {
  createTable,
  defineBus,
  defineChip,
  defineMachine,
  mutateTrace,
  mutationText,
} from '../src/index.ts';
import { cloneTrace, SAMPLES } from '../src/samples.ts';

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
