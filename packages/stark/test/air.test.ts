import { describe, expect, it } from 'vitest';
import type { Chip } from '../src/index.ts';
import {
  checkSegments,
  checkTrace,
  createTable,
  defineBus,
  defineChip,
  defineMachine,
  Expression,
  lintMachine,
  logHeightFor,
  violationText,
} from '../src/index.ts';
import { expressionText, reachable } from '../src/air/expression.ts';
import { leafName } from '../src/air/chip.ts';
import { cloneTrace, fibonacci, memory, rangeCheck, SAMPLES, walk } from '../src/samples.ts';

const code = (code: string): object => expect.objectContaining({ code });

describe('expressions', () => {
  const build = (define: (a: Expression, b: Expression) => Expression): [Chip, Expression] => {
    let made: Expression | undefined;
    const chip = defineChip('c', (air) => {
      made = define(air.column('a'), air.column('b'));
      air.assertZero('made', made);
    });
    return [chip, made!];
  };

  it('are shared and folded', () => {
    const [, sum] = build((a, b) => a.add(b).sub(a.add(b)).add(0).mul(1));
    expect(sum.graph.nodes.filter(({ op }) => op === 'add')).toHaveLength(1);
    const [, constant] = build((a) => a.mul(0).add(5).mul(-1));
    expect(constant.graph.nodes[constant.id]).toEqual({ op: 'constant', value: 0x7fffffff - 5 });
    const [, negated] = build((a) => new Expression(a.graph, a.graph.constant(0)).sub(a));
    expect(negated.graph.nodes[negated.id]).toMatchObject({ op: 'neg' });
    const [, minus] = build((a) => a.mul(0).add(3).neg());
    expect(minus.graph.nodes[minus.id]).toEqual({ op: 'constant', value: 0x7fffffff - 3 });
  });

  it('know their degree and their text', () => {
    const [chip, expression] = build((a, b) =>
      a
        .mul(b.next())
        .sub(a.add(1).mul(b.sub(-2)))
        .neg(),
    );
    expect(expression.degree).toBe(2);
    const text = expressionText(chip.graph, expression.id, (node) => leafName(chip, node));
    expect(text).toBe("-(a * b' - (a + 1) * (b - -2))");
    expect(reachable(chip.graph, [expression.id]).at(-1)).toBe(expression.id);
  });

  it('see two rows', () => {
    expect(() => build((a) => a.next().next())).toThrow(TypeError);
    expect(() =>
      defineChip('c', (air) => {
        air.column('a');
        air.isFirst.next();
      }),
    ).toThrow(TypeError);
    const [, moved] = build((a, b) => a.mul(b).add(3).neg().next());
    expect(moved.degree).toBe(2);
  });

  it('belong to one chip', () => {
    const [, foreign] = build((a) => a);
    expect(() => build((a) => a.add(foreign))).toThrow(TypeError);
  });
});

describe('definitions', () => {
  it('refuse what makes no sense', () => {
    const bus = defineBus('b', 2);
    expect(() => defineBus('none', 0)).toThrow(code('STARK_INVALID_AIR'));
    expect(() => defineBus('many', 33)).toThrow(code('STARK_INVALID_AIR'));
    expect(() => defineChip('c', () => {})).toThrow(code('STARK_INVALID_AIR'));
    expect(() => defineChip('c', (air) => air.columns('a', 2).concat(air.column('a.1')))).toThrow(
      code('STARK_INVALID_AIR'),
    );
    expect(() => defineChip('c', (air) => air.send(bus, [air.column('a')]))).toThrow(
      code('STARK_INVALID_AIR'),
    );
    expect(() =>
      defineChip('c', (air) => {
        const a = air.column('a');
        air.assertZero('x', a);
        air.assertZero('x', a);
      }),
    ).toThrow(code('STARK_INVALID_AIR'));
    const { machine } = fibonacci();
    const { chip } = machine.chips[0]!;
    expect(() =>
      defineChip('c', (air) => {
        air.column('a');
        air.assertZero('foreign', new Expression(chip.graph, 0));
      }),
    ).toThrow(code('STARK_INVALID_AIR'));
    expect(() => defineMachine({ name: 'm', chips: [] })).toThrow(code('STARK_INVALID_MACHINE'));
    expect(() => defineMachine({ name: 'm', chips: [chip, chip] })).toThrow(code('STARK_INVALID_MACHINE'));
    expect(() => defineMachine({ name: 'm', chips: [chip] })).toThrow(code('STARK_INVALID_MACHINE'));
    for (const index of [-1, 0.5, 1, Number.NaN]) {
      const reader = defineChip('r', (air) => air.assertEqual('a', air.column('a'), air.public(index)));
      expect(() => defineMachine({ name: 'm', chips: [reader], publicCount: 1 }), String(index)).toThrow(
        code('STARK_INVALID_MACHINE'),
      );
    }
    const twin = (name: string): Chip =>
      defineChip(name, (air) => air.send(defineBus('same', 1), [air.column('a')]));
    expect(() => defineMachine({ name: 'm', chips: [twin('a'), twin('b')] })).toThrow(
      code('STARK_INVALID_MACHINE'),
    );
  });

  it('bound the degree', () => {
    const cubed = (power: number): Chip =>
      defineChip('c', (air) => {
        const a = air.column('a');
        let product = a;
        for (let i = 1; i < power; i++) product = product.mul(a);
        air.assertZero('power', product);
      });
    expect(() => defineMachine({ name: 'm', chips: [cubed(4)] })).toThrow(code('STARK_INVALID_AIR'));
    expect(defineMachine({ name: 'm', chips: [cubed(3)] }).chips[0]).toMatchObject({
      degree: 3,
      logPieces: 1,
    });
    expect(defineMachine({ name: 'm', chips: [cubed(5)], maxDegree: 5 }).chips[0]).toMatchObject({
      degree: 5,
      logPieces: 2,
    });
    expect(defineMachine({ name: 'm', chips: [cubed(1)] }).chips[0]).toMatchObject({
      degree: 2,
      logPieces: 1,
    });
  });

  it('pair fractions where the degree allows', () => {
    const bus = defineBus('b', 1);
    const chip = defineChip('c', (air) => {
      const a = air.column('a');
      air.send(bus, [a]);
      air.receive(bus, [a]);
      air.send(bus, [a.mul(a)]);
      air.receive(bus, [a.mul(a)]);
      air.send(bus, [a]);
    });
    const [compiled] = defineMachine({ name: 'm', chips: [chip] }).chips;
    expect(compiled).toMatchObject({ wideColumns: 4, degree: 3 });
  });
});

describe('the row checker', () => {
  it.each(Object.entries(SAMPLES))('finds nothing wrong with %s', (_name, make) => {
    const { machine, trace, fixed, publicValues } = make();
    expect(checkTrace(machine, trace, { fixed, publicValues })).toEqual([]);
  });

  it('names row, column and expression', () => {
    const { machine, trace, publicValues } = fibonacci();
    const broken = cloneTrace(trace);
    broken['fibonacci']!.columns[0]![5] = 100;
    const violations = checkTrace(machine, broken, { publicValues });
    expect(violations).toMatchObject([
      { kind: 'constraint', chip: 'fibonacci', row: 4, constraint: 'a takes b' },
      { kind: 'constraint', row: 5, constraint: 'b takes the sum' },
    ]);
    expect(violations[0]).toMatchObject({
      cells: { "a'": 100, b: 5 },
      expression: "(1 - isLast) * (a' - b)",
    });
    expect(violationText(violations[0]!)).toContain("row 4: 'a takes b'");
  });

  it('checks public values', () => {
    const { machine, trace } = fibonacci();
    expect(checkTrace(machine, trace, { publicValues: [0, 1, 5] })).toMatchObject([{ constraint: 'result' }]);
    expect(() => checkTrace(machine, trace)).toThrow(code('STARK_INVALID_MACHINE'));
  });

  it('counts messages', () => {
    const { machine, trace, fixed } = rangeCheck();
    const broken = cloneTrace(trace);
    broken['table']!.columns[0]![3]! += 1;
    const violations = checkTrace(machine, broken, { fixed });
    expect(violations).toMatchObject([{ kind: 'bus', bus: 'digits', values: [3], excess: 0x7ffffffe }]);
    expect(violationText(violations[0]!)).toContain('received 1 times too often');
    const { machine: other, trace: walked } = walk();
    const unbalanced = checkTrace(other, walked, { publicValues: [3, 7, 5] });
    expect(unbalanced.map(violationText).join()).toContain('the public values');
  });

  it('counts messages over all segments', () => {
    const bus = defineBus('relay', 1);
    const chip = defineChip('relay', (air) => {
      const [value, out] = [air.column('value'), air.flag('out')];
      air.send(bus, [value], out.mul(air.public(0)));
      air.receive(bus, [value], out.mul(air.public(0).not()));
    });
    const machine = defineMachine({ name: 'relay', chips: [chip], publicCount: 1 });
    expect(lintMachine(machine)).toEqual([]);
    const table = createTable(chip, 3);
    table.column('value')[5] = 9;
    table.column('out')[5] = 1;
    const sender = { trace: { relay: table }, publicValues: [1] };
    const receiver = { trace: { relay: table }, publicValues: [0] };
    expect(checkSegments(machine, [sender, receiver])).toEqual([]);
    expect(checkSegments(machine, [receiver, sender, sender])).toMatchObject([
      { kind: 'bus', values: [9], excess: 1 },
    ]);
    expect(() => checkSegments(machine, [sender, { trace: {}, publicValues: [0] }])).toThrow(
      code('STARK_INVALID_TRACE'),
    );
  });

  it('ends after some violations', () => {
    const { machine, trace, fixed } = memory();
    const broken = cloneTrace(trace);
    for (const column of broken['access']!.columns) column.fill(5);
    expect(checkTrace(machine, broken, { fixed, maxViolations: 3 })).toHaveLength(3);
    const { machine: range, trace: words, fixed: digits } = rangeCheck();
    const counts = cloneTrace(words);
    counts['table']!.columns[0]!.fill(9);
    expect(checkTrace(range, counts, { fixed: digits, maxViolations: 2 })).toHaveLength(2);
  });

  it('refuses tables of the wrong shape', () => {
    const { machine, trace, fixed } = rangeCheck();
    const refused = (trace: object, tables: object = fixed): void =>
      expect(() => checkTrace(machine, trace as never, { fixed: tables as never })).toThrow(
        code('STARK_INVALID_TRACE'),
      );
    refused({ words: trace['words'] });
    refused({ ...trace, words: { logHeight: 3, columns: [] } });
    refused({ ...trace, words: { logHeight: 2, columns: trace['words']!.columns } });
    refused({ ...trace, words: { logHeight: 4, columns: trace['words']!.columns } });
    refused(trace, {});
    refused(trace, { table: { logHeight: 3, columns: [new Uint32Array(8)] } });
    const broken = cloneTrace(trace);
    broken['words']!.columns[0]![0] = 0x7fffffff;
    refused(broken);
    expect(() => createTable(machine.chips[0]!.chip, 3).column('none')).toThrow(code('STARK_INVALID_TRACE'));
    expect([1, 8, 9, 1000].map(logHeightFor)).toEqual([3, 3, 4, 10]);
    for (const height of [2, 23, 3.5, -1, Number.NaN, 40]) {
      expect(() => createTable(machine.chips[0]!.chip, height)).toThrow(code('STARK_INVALID_TRACE'));
    }
  });
});

describe('the linter', () => {
  it.each(Object.entries(SAMPLES))('has no objection to %s', (name, make) => {
    expect(lintMachine(make().machine, name === 'walk' ? ['state'] : [])).toEqual([]);
  });

  it('finds the mistakes behind published bugs', () => {
    const bus = defineBus('b', 1);
    const chip = defineChip('bad', (air) => {
      air.column('unused');
      const [value, times] = [air.column('value'), air.column('times')];
      air.send(bus, [value], times);
      air.assertZero('nothing', value.mul(0));
    });
    const rules = lintMachine(defineMachine({ name: 'm', chips: [chip] })).map(({ rule }) => rule);
    expect(rules.sort()).toEqual([
      'constant-constraint',
      'free-multiplicity',
      'one-sided-bus',
      'unconstrained-column',
      'unused-column',
    ]);
  });

  it('accepts multiplicities that are boolean by their form', () => {
    const bus = defineBus('b', 1);
    const chip = defineChip('good', (air) => {
      const [a, b, c] = [air.flag('a'), air.flag('b'), air.flag('c')];
      air.assertOneHot('kind', [a, b], c);
      air.send(bus, [1], a.mul(b.not()));
      air.send(bus, [2], a.add(b));
      air.send(bus, [3], air.isFirst);
      air.send(bus, [4], a.next());
      air.send(bus, [5], air.preprocessed('fixed'));
      air.receive(bus, [6], air.column('count'));
    });
    expect(lintMachine(defineMachine({ name: 'm', chips: [chip] }))).toEqual([]);
    const sum = defineChip('sum', (air) => {
      const [a, b] = [air.flag('a'), air.flag('b')];
      air.send(bus, [1], a.add(b));
      air.receive(bus, [1], a.neg());
    });
    expect(lintMachine(defineMachine({ name: 'm', chips: [sum] })).map(({ rule }) => rule)).toEqual([
      'free-multiplicity',
    ]);
  });
});
