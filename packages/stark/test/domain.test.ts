import { seededRng } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import {
  evaluateAt,
  nextStored,
  pointAtStored,
  reverseBits,
  selectorExt,
  storedOfTrace,
  vanishing,
  vanishingExt,
} from '../src/circle/domain.ts';
import {
  addPoints,
  addToExtPoint,
  GENERATOR,
  IDENTITY,
  mulPoint,
  negPoint,
  pointOfParameter,
  subgroupGenerator,
} from '../src/circle/point.ts';
import type { Ext, ExtensionField } from '../src/field/extension.ts';
import { QM31, SEXTIC } from '../src/field/extension.ts';
import { addM31, mulM31, P } from '../src/field/m31.ts';
import { createWorkspace } from '../src/kernel/workspace.ts';

const rng = seededRng(1);
const randomExt = (field: ExtensionField): Ext => field.zero.map(() => rng.below(P));

describe('the circle', () => {
  it('has a generator of order 2^31', () => {
    expect(mulPoint(GENERATOR, 2 ** 30)).toEqual({ x: P - 1, y: 0 });
    expect(mulPoint(GENERATOR, 2 ** 31)).toEqual(IDENTITY);
    expect(addPoints(GENERATOR, negPoint(GENERATOR))).toEqual(IDENTITY);
  });

  it.each([QM31, SEXTIC])('has a point for each parameter of an extension', (field) => {
    const point = pointOfParameter(field, randomExt(field));
    expect(field.add(field.mul(point!.x, point!.x), field.mul(point!.y, point!.y))).toEqual(field.one);
  });

  it('has none where t^2 = -1', () => {
    expect(pointOfParameter(QM31, [0, 1, 0, 0])).toBeUndefined();
  });
});

describe('orders of a domain', () => {
  it('agree with each other', () => {
    for (const log of [1, 2, 3, 5]) {
      const seen = new Set<number>();
      for (let row = 0; row < 2 ** log; row++) {
        const point = addPoints(subgroupGenerator(log + 1), mulPoint(subgroupGenerator(log), row));
        const stored = storedOfTrace(row, log);
        expect(pointAtStored(stored, log)).toEqual(point);
        expect(vanishing(point.x, log)).toBe(0);
        seen.add(stored);
      }
      expect(seen.size).toBe(2 ** log);
    }
    expect(reverseBits(0b0011, 4)).toBe(0b1100);
  });

  it('know the next row on an evaluation domain', () => {
    for (const blowup of [1, 2]) {
      const log = 5;
      const step = subgroupGenerator(log - blowup);
      for (let stored = 0; stored < 2 ** log; stored++) {
        const next = nextStored(stored, log, blowup);
        expect(pointAtStored(next, log)).toEqual(addPoints(pointAtStored(stored, log), step));
      }
    }
  });
});

describe.each([4, 6] as const)('the kernel of degree %i', (degree) => {
  const workspace = createWorkspace(degree, 12);
  const { kernel, field } = workspace;

  it('has the tables of the domains', () => {
    for (const log of [1, 2, 3, 6]) {
      const words = workspace.words();
      const ys = workspace.table('y', log) / 4;
      const xs = workspace.table('x', log) / 4;
      for (let i = 0; i < 2 ** (log - 1); i++) {
        const { y } = pointAtStored(2 * i, log);
        expect(words[ys + i]).toBe(2 * y);
        expect(mulM31(words[workspace.table('1/y', log) / 4 + i]! / 2, y)).toBe(1);
      }
      const quads = log > 1 ? 2 ** (log - 2) : 0;
      for (let i = 0; i < quads; i++) {
        const { x } = pointAtStored(4 * i, log);
        expect(words[xs + i]).toBe(2 * x);
        expect(mulM31(words[workspace.table('1/x', log) / 4 + i]! / 2, x)).toBe(1);
      }
    }
  });

  it('evaluates and interpolates as the basis says', () => {
    for (const log of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      const size = 2 ** log;
      const coefficients = Array.from({ length: size }, () => rng.below(P));
      const column = workspace.columns(1, size);
      workspace.words().set(coefficients, column.address / 4);
      workspace.evaluate(column.address, log);
      const values = workspace.words().slice(column.address / 4, column.address / 4 + size);
      const exts = coefficients.map((c) => QM31.from(c));
      for (let i = 0; i < 8; i++) {
        const stored = rng.below(size);
        const { x, y } = pointAtStored(stored, log);
        const expected = evaluateAt(QM31, exts, { x: QM31.from(x), y: QM31.from(y) });
        expect(QM31.from(values[stored]!)).toEqual(expected);
      }
      workspace.interpolate(column.address, log);
      expect(Array.from(workspace.words().slice(column.address / 4, column.address / 4 + size))).toEqual(
        coefficients,
      );
    }
  });

  it('interpolates the first places of a larger domain', () => {
    const column = workspace.columns(1, 64);
    const coefficients = Array.from({ length: 16 }, () => rng.below(P));
    workspace.clear(column.address, 256);
    workspace.words().set(coefficients, column.address / 4);
    workspace.evaluate(column.address, 6);
    workspace.interpolate(column.address, 4, 6);
    expect(Array.from(workspace.words().slice(column.address / 4, column.address / 4 + 16))).toEqual(
      coefficients,
    );
  });

  it('reorders rows and finds the next ones', () => {
    const log = 6;
    const [from, to] = [workspace.columns(1, 64), workspace.columns(1, 64)];
    workspace.words().set(
      Array.from({ length: 64 }, (_, i) => i),
      from.address / 4,
    );
    kernel.toStored(to.address, from.address, log);
    for (let row = 0; row < 64; row++) {
      expect(workspace.words()[to.address / 4 + storedOfTrace(row, log)]).toBe(row);
    }
    for (const blowup of [1, 2, 3]) {
      kernel.nextTable(to.address, log, blowup, 0, 24);
      kernel.nextTable(to.address, log, blowup, 24, 40);
      for (let i = 0; i < 64; i++) {
        expect(workspace.words()[to.address / 4 + i]).toBe(4 * nextStored(i, log, blowup));
      }
    }
  });

  it('extends columns in trace order', () => {
    // The largest goes through blocks that do not fit the first cache.
    for (const [log, blowup] of [
      [3, 1],
      [4, 2],
      [7, 1],
      [11, 1],
      [8, 4],
    ] as const) {
      const [rows, places] = [2 ** log, 2 ** (log + blowup)];
      const values = workspace.columns(1, places).address;
      const trace = Array.from({ length: rows }, () => rng.below(P));
      const words = workspace.words();
      words.set(trace, values / 4 + rows);
      workspace.extendTrace(values, log, log + blowup);
      const coefficients = workspace.place(words.slice(values / 4, values / 4 + places));
      workspace.interpolate(coefficients, log + blowup);
      const all = workspace.words().slice(coefficients / 4, coefficients / 4 + places);
      expect(all.subarray(rows).every((word) => word === 0)).toBe(true);
      const back = workspace.place(all.subarray(0, rows));
      workspace.evaluate(back, log);
      for (let row = 0; row < rows; row++) {
        expect(workspace.words()[back / 4 + storedOfTrace(row, log)]).toBe(trace[row]);
      }
    }
  });

  it('evaluates coefficient columns at a point', () => {
    const log = 5;
    const point = pointOfParameter(field, randomExt(field))!;
    const factors: Ext[] = [];
    for (let bit = 0; bit < log; bit++) {
      const previous = factors[bit - 1];
      if (bit === 0) factors.push(point.y);
      else if (bit === 1) factors.push(point.x);
      else factors.push(field.sub(field.scale(field.mul(previous!, previous!), 2), field.one));
    }
    const weights = workspace.columns(degree, 32);
    kernel.basisWeights(weights.address, weights.stride, workspace.place(factors.flat()), log);
    const coefficients = Array.from({ length: 32 }, () => rng.below(P));
    const result = workspace.allocate(64);
    const columns = workspace.place([workspace.place(coefficients)]);
    kernel.evaluateColumns(result, columns, 1, weights.address, weights.stride, 0, 32);
    expect(Array.from(workspace.words().slice(result / 4, result / 4 + degree))).toEqual(
      evaluateAt(field, coefficients.map(field.from), point),
    );
  });
});

describe('weights of values', () => {
  it('give what the coefficients would', () => {
    for (const [log, blowup] of [
      [3, 1],
      [5, 2],
    ] as const) {
      const workspace = createWorkspace(4, log + blowup);
      const coefficients = Array.from({ length: 2 ** log }, () => rng.below(P));
      const from = workspace.place(coefficients);
      const values = workspace.columns(1, 2 ** (log + blowup)).address;
      workspace.extend(values, from, log, log + blowup);
      // Any linear functional of the coefficients: here, weights of M31.
      const plain = Array.from({ length: 2 ** log }, () => rng.below(P));
      const weights = workspace.place(plain);
      workspace.transposeInterpolation(weights, log, log + blowup);
      const dot = (a: readonly number[], b: readonly number[]): number =>
        a.reduce((sum, x, i) => addM31(sum, mulM31(x, b[i]!)), 0);
      const words = workspace.words();
      const read = (address: number): number[] =>
        Array.from(words.slice(address / 4, address / 4 + 2 ** log));
      expect(dot(read(weights), read(values))).toBe(dot(plain, coefficients));
    }
  });
});

describe('selectors', () => {
  it.each([QM31, SEXTIC])('are the interpolants of one row', (field) => {
    const log = 4;
    const workspace = createWorkspace(field.degree, log);
    const point = pointOfParameter(field, randomExt(field))!;
    for (const [selector, row] of [
      ['first', 0],
      ['last', 15],
    ] as const) {
      const column = workspace.columns(1, 16);
      workspace.clear(column.address, 64);
      workspace.words()[column.address / 4 + storedOfTrace(row, log)] = 1;
      workspace.interpolate(column.address, log);
      const coefficients = Array.from(workspace.words().slice(column.address / 4, column.address / 4 + 16));
      expect(selectorExt(field, selector, point, log)).toEqual(
        evaluateAt(field, coefficients.map(field.from), point),
      );
    }
  });

  it('vanish as the trace domain does', () => {
    const { x } = pointAtStored(3, 5);
    expect(vanishingExt(QM31, QM31.from(x), 5)).toEqual(QM31.zero);
    expect(addM31(vanishing(pointAtStored(3, 6).x, 5), 0)).not.toBe(0);
  });

  it('move points of an extension', () => {
    const { x, y } = pointAtStored(0, 4);
    const moved = addToExtPoint(QM31, { x: QM31.from(x), y: QM31.from(y) }, subgroupGenerator(4));
    const plain = addPoints({ x, y }, subgroupGenerator(4));
    expect(moved).toEqual({ x: QM31.from(plain.x), y: QM31.from(plain.y) });
  });
});
