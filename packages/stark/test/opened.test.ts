import { seededRng } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { pointAtStored } from '../src/circle/domain.ts';
import type { Ext } from '../src/field/extension.ts';
import { extensionOf } from '../src/field/extension.ts';
import { P } from '../src/field/m31.ts';
import { HASHERS, type HashName } from '../src/kernel/hasher.ts';
import type { PlacedRows } from '../src/kernel/verifier.ts';
import { verifierMemory } from '../src/kernel/verifier.ts';
import type { Columns } from '../src/kernel/workspace.ts';
import { addressOf } from '../src/protocol/prover-columns.ts';
import { coordinateSums, quotientTerms } from '../src/protocol/quotient.ts';
import { pointOfParameter } from '../src/circle/point.ts';
import { foldPair, quotientAt } from './definitions.ts';

const rng = seededRng(31);

describe.each([4, 6] as const)('kernels on opened rows, degree %i', (degree) => {
  const memory = verifierMemory(degree);
  const { kernel } = memory;
  const field = extensionOf(degree);
  const words = (count: number): number[] => Array.from({ length: count }, () => rng.below(P));
  const random = (): Ext => words(degree);
  const placeRows = (rows: readonly number[]): PlacedRows => ({
    rows: Uint32Array.from(rows),
    // Kernels read whole vectors of rows.
    address: memory.place([...rows, 0, 0, 0]),
  });
  const element = (columns: Columns, row: number, first = 0): Ext =>
    field.zero.map((_, k) => memory.words()[addressOf(columns, first + k) / 4 + row] as number);
  const randomColumns = (count: number, rows: number): Columns => {
    const columns = memory.columns(count, rows);
    for (let c = 0; c < count; c++) {
      for (let row = 0; row < rows; row++) memory.words()[addressOf(columns, c) / 4 + row] = rng.below(P);
    }
    return columns;
  };
  const powers = (base: Ext, count: number): number => {
    const address = memory.allocate(16 * Math.ceil(degree / 4) * count);
    kernel.powers(address, memory.place(base), count);
    return address;
  };

  it.each(Object.keys(HASHERS) as HashName[])('hash nodes by %s, one as four', (name) => {
    const { hashWords, rowsKernel } = HASHERS[name];
    for (const width of [0, 1, 15, 16, 17, 40]) {
      for (const count of [1, 2, 3, 4, 5, 9]) {
        for (const hasChildren of width === 0 ? [true] : [false, true]) {
          const pairs = Array.from({ length: count }, () => words(16));
          const rows = Array.from({ length: count }, () => words(width));
          const to = memory.allocate(32 * count);
          const from = memory.place(rows.flat());
          kernel[rowsKernel](to, hasChildren ? memory.place(pairs.flat()) : 0, from, width, count, 7, 8);
          rows.forEach((row, node) => {
            const own = hasChildren ? [...pairs[node]!, ...row] : row;
            const digest = memory.words().slice(to / 4 + 8 * node, to / 4 + 8 * node + 8);
            expect(digest).toEqual(hashWords([7, 8], own));
          });
        }
      }
    }
  });

  it('put digests beside their siblings', () => {
    const rows = [0, 1, 3, 6, 8, 9, 11];
    const digests = rows.map(() => words(8));
    const siblings = Array.from({ length: 3 }, () => words(8));
    const to = memory.allocate(64 * 5);
    const from = memory.place(siblings.flat());
    const end = kernel.pairDigests(
      to,
      placeRows(rows).address,
      rows.length,
      memory.place(digests.flat()),
      from,
    );
    expect(end).toBe(from + 3 * 32);
    const [d, s] = [digests, siblings];
    // Parents 0, 1, 3, 4, 5: the rows without their neighbours take siblings in turn.
    const expected = [d[0], d[1], s[0], d[2], d[3], s[1], d[4], d[5], s[2], d[6]].flatMap(
      (digest) => digest!,
    );
    expect(Array.from(memory.words().slice(to / 4, to / 4 + 80))).toEqual(expected);
  });

  it('know canonical words', () => {
    for (const count of [1, 3, 4, 5, 17]) {
      const list = words(count);
      expect(kernel.areCanonical(memory.place(list), count)).toBe(1);
      for (let i = 0; i < count; i++) {
        for (const wrong of [P, P + 1, 2 ** 32 - 1]) {
          expect(kernel.areCanonical(memory.place(list.with(i, wrong)), count)).toBe(0);
        }
      }
      // What comes behind does not count.
      expect(kernel.areCanonical(memory.place([...list, P]), count)).toBe(1);
    }
  });

  it('combine rows with powers', () => {
    for (const width of [1, 2, 7]) {
      for (const count of [1, 4, 6]) {
        const rows = Array.from({ length: count }, () => words(width));
        const base = random();
        const sums = randomColumns(degree, count);
        const before = rows.map((_, row) => element(sums, row));
        const placed = memory.place(rows.flat());
        kernel.combineRows(sums.address, sums.stride, placed, width, count, powers(base, width));
        const factors = field.powers(base, width);
        rows.forEach((row, i) => {
          const expected = row.reduce(
            (sum, word, w) => field.add(sum, field.scale(factors[w]!, word)),
            before[i]!,
          );
          expect(element(sums, i)).toEqual(expected);
        });
      }
    }
  });

  it('turn rows into columns', () => {
    const [width, count] = [5, 6];
    const rows = words(width * count);
    const columns = memory.columns(width, count);
    kernel.toColumns(columns.address, columns.stride, memory.place(rows), width, count);
    for (let w = 0; w < width; w++) {
      for (let r = 0; r < count; r++) {
        expect(memory.words()[addressOf(columns, w) / 4 + r]).toBe(rows[r * width + w]);
      }
    }
  });

  it('find points and quotients there, and fold them', () => {
    const log = 9;
    const level = placeRows([0, 1, 2, 7, 100, 255]);
    const { length } = level.rows;
    for (const [shift, offset] of [
      [0, 0],
      [1, 0],
      [1, 1],
    ] as const) {
      const points = memory.pointsAt(level, shift, offset, log);
      level.rows.forEach((row, i) => {
        const { x, y } = pointAtStored((row << shift) + offset, log);
        expect(memory.words()[points.address / 4 + i]).toBe(x);
        expect(memory.words()[addressOf(points, 1) / 4 + i]).toBe(y);
      });
    }
    const points = memory.pointsAt(level, 0, 0, log);
    const values = [random(), random(), random()];
    const coefficients = field.powers(random(), 3);
    const point = pointOfParameter(field, random())!;
    const terms = quotientTerms(field, point, coordinateSums(field, values, coefficients));
    const sums = randomColumns(degree, length);
    const quotients = randomColumns(degree, length);
    const before = Array.from({ length }, (_, i) => element(quotients, i));
    kernel.quotientRows(
      quotients.address,
      quotients.stride,
      sums.address,
      sums.stride,
      points.address,
      addressOf(points, 1),
      memory.place(terms.line.flat()),
      memory.place([...terms.constant, ...terms.slope]),
      length,
    );
    level.rows.forEach((row, i) => {
      const { x, y } = pointAtStored(row, log);
      const own = quotientAt(field, terms, element(sums, i), x, y);
      expect(element(quotients, i)).toEqual(field.add(before[i]!, own));
    });

    const pairs = randomColumns(2 * degree, length);
    const [a, b] = [0, degree].map((first) => Array.from({ length }, (_, i) => element(pairs, i, first)));
    const challenge = random();
    // In place, as layers are folded.
    kernel.foldRows(
      pairs.address,
      pairs.stride,
      pairs.address,
      addressOf(pairs, degree),
      pairs.stride,
      points.address,
      memory.place(challenge),
      length,
    );
    level.rows.forEach((row, i) => {
      const { x } = pointAtStored(row, log);
      expect(element(pairs, i)).toEqual(foldPair(field, a![i]!, b![i]!, x, challenge));
    });
  });

  it('evaluate steps', () => {
    const [a, b] = [random(), random()];
    const size = 16 * degree;
    const values = memory.allocate(size * 7);
    const put = (place: number, value: Ext): void =>
      value.forEach((word, k) => void (memory.words()[(values + place * size) / 4 + 4 * k] = word));
    put(0, a);
    put(1, b);
    const steps = [0, 2, 0, 1, 1, 3, 0, 1, 2, 4, 0, 1, 3, 5, 0, 0, 2, 6, 4, 5];
    kernel.evaluateSteps(memory.place(steps), 5, values);
    const at = (place: number): Ext =>
      field.zero.map((_, k) => memory.words()[(values + place * size) / 4 + 4 * k] as number);
    expect(at(2)).toEqual(field.add(a, b));
    expect(at(3)).toEqual(field.sub(a, b));
    expect(at(4)).toEqual(field.mul(a, b));
    expect(at(5)).toEqual(field.neg(a));
    expect(at(6)).toEqual(field.mul(field.mul(a, b), field.neg(a)));
  });
});

describe("a verifier's memory", () => {
  it('is empty after a reset, and gives back what was much', () => {
    const memory = verifierMemory(4);
    const first = memory.allocate(16);
    const large = memory.allocate(2 ** 25);
    memory.words()[(large + 2 ** 25) / 4 - 1] = 5;
    expect(memory.words().byteLength).toBeGreaterThan(2 ** 25);
    expect(verifierMemory(4)).toBe(memory);
    expect(memory.words().byteLength).toBeLessThan(2 ** 20);
    expect(memory.allocate(16)).toBe(first);
    // Columns are zeros, whatever stood there.
    memory.words().fill(7, first / 4, first / 4 + 100);
    const columns = memory.columns(2, 5);
    expect(columns).toMatchObject({ stride: 32, count: 2, rows: 5 });
    expect(
      memory
        .words()
        .slice(columns.address / 4, columns.address / 4 + 16)
        .every((word) => word === 0),
    ).toBe(true);
  });
});
