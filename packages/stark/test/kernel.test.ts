import { seededRng } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { pointAtStored } from '../src/circle/domain.ts';
import { pointOfParameter } from '../src/circle/point.ts';
import type { Ext } from '../src/field/extension.ts';
import { addM31, invM31, mulM31, P, subM31 } from '../src/field/m31.ts';
import type { Columns } from '../src/kernel/workspace.ts';
import { columnAddresses, createWorkspace } from '../src/kernel/workspace.ts';
import { interpolateLine, lineX } from '../src/protocol/line.ts';
import {
  addressOf,
  commitColumns,
  readWide,
  selectorValues,
  traceColumns,
} from '../src/protocol/prover-columns.ts';
import { coordinateSums, quotientTerms } from '../src/protocol/quotient.ts';
import { evaluateLine, foldPair, quotientAt } from './definitions.ts';

const rng = seededRng(21);

describe.each([4, 6] as const)('kernels of degree %i', (degree) => {
  const workspace = createWorkspace(degree, 8);
  const { kernel, field } = workspace;
  const random = (): Ext => field.zero.map(() => rng.below(P));
  const randomColumns = (count: number, rows: number): Columns => {
    const columns = workspace.columns(count, rows);
    for (const address of columnAddresses(columns)) {
      for (let row = 0; row < rows; row++) workspace.words()[address / 4 + row] = rng.below(P);
    }
    return columns;
  };
  const word = (columns: Columns, index: number, row: number): number =>
    workspace.words()[addressOf(columns, index) / 4 + row] as number;

  it('combine columns with coefficients', () => {
    for (const count of [1, 4, 7, 9]) {
      const rows = 32;
      const columns = randomColumns(count, rows);
      const coefficients = Array.from({ length: count }, random);
      const sums = workspace.columns(degree, rows);
      workspace.clear(sums.address, degree * sums.stride);
      kernel.combine(
        sums.address,
        sums.stride,
        workspace.place(columnAddresses(columns)),
        workspace.place(coefficients.flat()),
        count,
        0,
        rows,
      );
      for (let row = 0; row < rows; row++) {
        const expected = coefficients.reduce(
          (sum, coefficient, i) => field.add(sum, field.scale(coefficient, word(columns, i, row))),
          field.zero,
        );
        expect(readWide(workspace, sums, row)).toEqual(expected);
      }
    }
  });

  it('combine more rows than a tile has', () => {
    const rows = 4096;
    const columns = randomColumns(5, rows);
    const coefficients = Array.from({ length: 5 }, random);
    const sums = workspace.columns(degree, rows);
    workspace.clear(sums.address, degree * sums.stride);
    const [list, factors] = [workspace.place(columnAddresses(columns)), workspace.place(coefficients.flat())];
    // In two ranges, as two threads would.
    kernel.combine(sums.address, sums.stride, list, factors, 5, 1024, rows - 1024);
    kernel.combine(sums.address, sums.stride, list, factors, 5, 0, 1024);
    for (const row of [0, 1023, 1024, 2047, 3000, 4095]) {
      const expected = coefficients.reduce(
        (sum, coefficient, i) => field.add(sum, field.scale(coefficient, word(columns, i, row))),
        field.zero,
      );
      expect(readWide(workspace, sums, row)).toEqual(expected);
    }
  });

  it('divide by the line through a point and its conjugate', () => {
    const log = 6;
    const point = pointOfParameter(field, random())!;
    const values = [random(), random()];
    const coefficients = [random(), random()];
    const terms = quotientTerms(field, point, coordinateSums(field, values, coefficients));
    const sums = randomColumns(degree, 2 ** log);
    const quotient = randomColumns(degree, 2 ** log);
    const before = Array.from({ length: 2 ** log }, (_, row) => readWide(workspace, quotient, row));
    kernel.addQuotients(
      quotient.address,
      quotient.stride,
      sums.address,
      sums.stride,
      workspace.table('x', log),
      workspace.table('y', log),
      workspace.place(terms.line.flat()),
      workspace.place([...terms.constant, ...terms.slope]),
      2 ** log,
    );
    before.forEach((known, row) => {
      const { x, y } = pointAtStored(row, log);
      const own = quotientAt(field, terms, readWide(workspace, sums, row), x, y);
      expect(readWide(workspace, quotient, row)).toEqual(field.add(known, own));
    });
  });

  it('fold circles and lines, in place too', () => {
    const log = 5;
    const challenge = random();
    const from = randomColumns(degree, 2 ** log);
    const original = Array.from({ length: 2 ** log }, (_, row) => readWide(workspace, from, row));
    const line = workspace.columns(degree, 2 ** (log - 1));
    const placed = workspace.place(challenge);
    const circle = workspace.table('1/y', log);
    kernel.fold(line.address, line.stride, from.address, from.stride, circle, placed, line.rows);
    const folded = Array.from({ length: line.rows }, (_, row) => readWide(workspace, line, row));
    folded.forEach((value, row) => {
      const { y } = pointAtStored(2 * row, log);
      expect(value).toEqual(foldPair(field, original[2 * row]!, original[2 * row + 1]!, y, challenge));
    });
    const lines = workspace.table('1/x', log);
    kernel.fold(line.address, line.stride, line.address, line.stride, lines, placed, line.rows / 2);
    for (let row = 0; row < line.rows / 2; row++) {
      const expected = foldPair(
        field,
        folded[2 * row]!,
        folded[2 * row + 1]!,
        lineX(2 * row, log - 1),
        challenge,
      );
      expect(readWide(workspace, line, row)).toEqual(expected);
    }
    const factor = random();
    const target = randomColumns(degree, 8);
    const start = Array.from({ length: 8 }, (_, row) => readWide(workspace, target, row));
    kernel.addScaled(target.address, target.stride, line.address, line.stride, workspace.place(factor), 8);
    start.forEach((value, row) => {
      const expected = field.add(value, field.mul(factor, readWide(workspace, line, row)));
      expect(readWide(workspace, target, row)).toEqual(expected);
    });
  });

  it('lift a line to a larger one', () => {
    const from = randomColumns(degree, 16);
    for (const lift of [0, 1, 2, 3]) {
      const to = randomColumns(degree, 16 * 2 ** lift);
      const before = Array.from({ length: to.rows }, (_, row) => readWide(workspace, to, row));
      for (const start of [0, 8]) {
        const rows = start === 0 ? 8 : to.rows - 8;
        kernel.addRepeated(to.address + 4 * start, to.stride, from.address, from.stride, start, lift, rows);
      }
      before.forEach((value, row) => {
        const expected = field.add(value, readWide(workspace, from, row >> lift));
        expect(readWide(workspace, to, row)).toEqual(expected);
      });
    }
  });

  it('take groups of places apart', () => {
    const from = randomColumns(1, 64);
    for (const log of [1, 2, 3]) {
      const to = workspace.columns(2 ** log, 64 / 2 ** log);
      kernel.deinterleave(to.address, to.stride, from.address, log, to.rows);
      for (let row = 0; row < 64; row++) {
        expect(word(to, row % 2 ** log, row >> log)).toBe(word(from, 0, row));
      }
    }
  });

  it('sum columns, as a whole and row by row', () => {
    const rows = 16;
    const [terms, sums] = [randomColumns(1, rows), workspace.columns(1, rows)];
    const total = Array.from({ length: rows }, (_, row) => word(terms, 0, row)).reduce(addM31, 0);
    expect(kernel.sumColumn(terms.address, rows)).toBe(total);
    const share = mulM31(total, invM31(rows));
    kernel.prefixSums(sums.address, terms.address, share, rows);
    for (let row = 0; row < rows; row++) {
      const next = word(sums, 0, (row + 1) % rows);
      // Cyclic: the last row leads back to the first.
      expect(next).toBe(subM31(addM31(word(sums, 0, row), word(terms, 0, row)), share));
    }
  });

  it('divide the fractions of a tile and add them up', () => {
    for (const rows of [4, 256]) {
      const fraction = randomColumns(2 * degree, 256);
      // Coordinates of a tile stand a tile apart.
      const tile = workspace.place(
        columnAddresses(fraction).flatMap((address) =>
          Array.from(workspace.words().subarray(address / 4, address / 4 + 256)),
        ),
      );
      const [target, total] = [workspace.columns(degree, rows), randomColumns(degree, rows)];
      const before = Array.from({ length: rows }, (_, row) => readWide(workspace, total, row));
      kernel.addFraction(target.address, target.stride, total.address, total.stride, tile, rows);
      for (let row = 0; row < rows; row += 3) {
        const part = (from: number): Ext => field.zero.map((_, k) => word(fraction, from + k, row));
        const expected = field.mul(part(0), field.inv(part(degree)));
        expect(readWide(workspace, target, row)).toEqual(expected);
        expect(readWide(workspace, total, row)).toEqual(field.add(before[row]!, expected));
      }
    }
  });

  it('count words that are not canonical', () => {
    const words = Array.from({ length: 16 }, () => rng.below(P));
    expect(kernel.countNonCanonical(workspace.place(words), 16)).toBe(0);
    const wrong = words
      .with(3, P)
      .with(8, 2 ** 32 - 1)
      .with(15, 2 ** 31);
    expect(kernel.countNonCanonical(workspace.place(wrong), 16)).toBe(3);
    expect(kernel.countNonCanonical(workspace.place(wrong), 12)).toBe(2);
  });

  it('commit columns in trace order and keep the next row beside', () => {
    const table = [0, 1].map(() => Uint32Array.from({ length: 8 }, () => rng.below(P)));
    const placed = traceColumns(workspace, table, 3);
    table.forEach((column, c) => {
      for (let row = 0; row < 8; row++) expect(word(placed, c, row + 1)).toBe(column[(row + 1) % 8]);
    });
    // Extending by nothing gives the rows themselves, in stored order.
    const values = commitColumns(workspace, 2, 3, 1, (c, address) =>
      workspace.words().set(table[c]!, address / 4),
    );
    expect(values.rows).toBe(16);
    const mark = workspace.mark();
    const selectors = selectorValues(workspace, 3, 2, 4);
    expect(selectors.rows).toBe(16);
    workspace.release(mark);
  });
});

describe('lines', () => {
  it('interpolate and evaluate', () => {
    const { field } = createWorkspace(4, 2);
    for (const log of [1, 2, 3, 5]) {
      const coefficients = Array.from({ length: 2 ** log }, () => field.zero.map(() => rng.below(P)));
      const values = coefficients.map((_, place) => evaluateLine(field, coefficients, lineX(place, log)));
      expect(interpolateLine(field, values)).toEqual(coefficients);
    }
    expect(lineX(1, 3)).toBe(P - lineX(0, 3));
  });

  it('halve the degree with each fold', () => {
    const { field } = createWorkspace(4, 2);
    const log = 4;
    const coefficients = Array.from({ length: 4 }, () => field.zero.map(() => rng.below(P)));
    const padded = [...coefficients, ...new Array<Ext>(12).fill(field.zero)];
    const values = padded.map((_, place) => evaluateLine(field, padded, lineX(place, log)));
    const challenge = field.zero.map(() => rng.below(P));
    const folded = Array.from({ length: 8 }, (_, i) =>
      foldPair(field, values[2 * i]!, values[2 * i + 1]!, lineX(2 * i, log), challenge),
    );
    const after = interpolateLine(field, folded);
    // Twice (even + challenge · odd).
    const half = [0, 1].map((i) =>
      field.scale(field.add(coefficients[2 * i]!, field.mul(challenge, coefficients[2 * i + 1]!)), 2),
    );
    expect(after).toEqual([...half, ...new Array<Ext>(6).fill(field.zero)]);
  });
});

describe('workspaces', () => {
  it('give memory back in order and know their peak', () => {
    const workspace = createWorkspace(4, 3);
    const mark = workspace.mark();
    const first = workspace.allocate(1000);
    const peak = workspace.peak();
    workspace.release(mark);
    expect(workspace.allocate(8)).toBe(first);
    expect(workspace.peak()).toBe(peak);
    expect(workspace.allocate(1) % 16).toBe(0);
    // Columns stand apart so that they do not share cache sets, and hold at least two vectors.
    const { stride } = workspace.columns(2, 4);
    expect(stride).toBeGreaterThanOrEqual(32);
    expect(stride % 4096).not.toBe(0);
  });

  it('grow to their limit and no further', () => {
    const workspace = createWorkspace(4, 3, { limit: 2 ** 20 });
    workspace.allocate(2 ** 19);
    expect(() => workspace.allocate(2 ** 20)).toThrow(
      expect.objectContaining({
        code: 'STARK_OUT_OF_MEMORY',
        context: expect.objectContaining({ limit: 2 ** 20 }),
      }),
    );
  });
});
