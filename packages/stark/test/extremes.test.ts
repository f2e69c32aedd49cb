import { describe, expect, it } from 'vitest';
import { evaluateAt, pointAtStored } from '../src/circle/domain.ts';
import { mulPoint, pointOfParameter, subgroupGenerator } from '../src/circle/point.ts';
import type { Ext, ExtensionField } from '../src/field/extension.ts';
import { extensionOf, QM31, SEXTIC } from '../src/field/extension.ts';
import { addM31, invM31, mulM31, negM31, P, powM31, subM31, toM31 } from '../src/field/m31.ts';
import { verifierMemory } from '../src/kernel/verifier.ts';
import type { Columns } from '../src/kernel/workspace.ts';
import { columnAddresses, createWorkspace } from '../src/kernel/workspace.ts';
import { addressOf, readWide } from '../src/protocol/prover-columns.ts';

// Where sums are reduced late, the largest operands decide whether there was room for them: random ones
// never come near.

const PRIME = BigInt(P);
/** Words whose products and sums come nearest to the ends of 31, 32 and 64 bits. */
const EDGES = [0, 1, 2, 2 ** 16 - 1, 2 ** 16, 2 ** 30 - 1, 2 ** 30, 2 ** 30 + 1, P - 2, P - 1];

const modulo = (value: bigint): number => Number(((value % PRIME) + PRIME) % PRIME);

describe('M31 at its ends', () => {
  it('adds, subtracts and multiplies all pairs of them', () => {
    for (const a of EDGES) {
      for (const b of EDGES) {
        const [x, y] = [BigInt(a), BigInt(b)];
        expect([addM31(a, b), subM31(a, b), mulM31(a, b)], `${a} ${b}`).toEqual(
          [x + y, x - y, x * y].map(modulo),
        );
      }
    }
  });

  it('inverts and negates them', () => {
    for (const a of EDGES) {
      expect(mulM31(a, invM31(a)), String(a)).toBe(a === 0 ? 0 : 1);
      expect(invM31(a)).toBe(powM31(a, P - 2));
      expect(addM31(a, negM31(a))).toBe(0);
    }
  });

  it('takes integers of any size to one word, and never to minus zero', () => {
    for (const value of [0, -0, P, -P, 2 * P, -2 * P, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      const word = toM31(value);
      expect(word).toBe(modulo(BigInt(value)));
      expect(toM31(BigInt(value))).toBe(word);
    }
  });
});

/** Products by the definition of the tower, in integers. */
function product({ half, c, kappa }: ExtensionField, a: Ext, b: Ext): Ext {
  const base = (x: readonly bigint[], y: readonly bigint[]): bigint[] => {
    const out = new Array<bigint>(half).fill(0n);
    x.forEach((p, i) =>
      y.forEach((q, j) => (out[(i + j) % half]! += p * q * (i + j < half ? 1n : BigInt(c)))),
    );
    return out;
  };
  const big = (words: Ext): bigint[] => words.map(BigInt);
  const [a0, a1, b0, b1] = [a.slice(0, half), a.slice(half), b.slice(0, half), b.slice(half)].map(big) as [
    bigint[],
    bigint[],
    bigint[],
    bigint[],
  ];
  const upper = base(big(kappa as Ext), base(a1, b1));
  const low = base(a0, b0).map((x, i) => x + upper[i]!);
  const high = base(a0, b1).map((x, i) => x + base(a1, b0)[i]!);
  return [...low, ...high].map(modulo);
}

describe.each([QM31, SEXTIC])('an extension at its ends', (field) => {
  const { degree, half } = field;
  /** Elements of ends alone, and those with nothing in one half or all but one coordinate. */
  const elements: readonly Ext[] = [
    ...[P - 1, 2 ** 30, 1].map((word) => new Array<number>(degree).fill(word)),
    Array.from({ length: degree }, (_, k) => (k % 2 === 0 ? P - 1 : 0)),
    Array.from({ length: degree }, (_, k) => (k < half ? P - 1 : 0)),
    Array.from({ length: degree }, (_, k) => (k < half ? 0 : P - 1)),
    ...Array.from({ length: degree }, (_, k) => field.scale(field.unit(k), P - 1)),
  ];

  it('multiplies as the tower is defined', () => {
    for (const a of elements) for (const b of elements) expect(field.mul(a, b)).toEqual(product(field, a, b));
  });

  it('inverts them', () => {
    for (const a of elements) expect(field.mul(a, field.inv(a))).toEqual(field.one);
    expect(field.inv(field.zero)).toEqual(field.zero);
  });

  it('has powers from none on', () => {
    const [a] = elements as [Ext];
    expect(field.pow(a, 0)).toEqual(field.one);
    expect(field.pow(field.zero, 0)).toEqual(field.one);
    expect(field.powers(a, 0)).toEqual([]);
    const exponent = 2 ** 31 + 5;
    expect(field.pow(a, exponent)).toEqual(
      field.mul(field.pow(field.pow(a, 2 ** 16), 2 ** 15), field.pow(a, 5)),
    );
  });
});

describe('the circle at its ends', () => {
  it('has subgroups of each order, down to one point', () => {
    for (let log = 0; log <= 31; log++) {
      const generator = subgroupGenerator(log);
      expect(mulPoint(generator, 2 ** log)).toEqual({ x: 1, y: 0 });
      if (log > 0) expect(mulPoint(generator, 2 ** (log - 1))).toEqual({ x: P - 1, y: 0 });
    }
  });

  it('has the neutral point for the parameter 0', () => {
    expect(pointOfParameter(QM31, QM31.zero)).toEqual({ x: QM31.one, y: QM31.zero });
    expect(pointOfParameter(SEXTIC, SEXTIC.one)).toEqual({ x: SEXTIC.zero, y: SEXTIC.one });
  });
});

describe('transforms of the largest words', () => {
  const MAX_LOG = 14;
  const workspace = createWorkspace(4, MAX_LOG);
  const column = workspace.columns(1, 2 ** MAX_LOG).address;
  const valueAt = (place: number): number => workspace.words()[column / 4 + place]!;
  const read = (count: number): Uint32Array => workspace.words().slice(column / 4, column / 4 + count);

  it.each(Array.from({ length: MAX_LOG }, (_, i) => i + 1))(
    'of 2^%i come back, and are what they say',
    (log) => {
      const size = 2 ** log;
      for (const pattern of [
        () => P - 1,
        (i: number) => (i % 2 === 0 ? P - 1 : 0),
        (i: number) => EDGES[(7 * i + (i >> 4)) % EDGES.length]!,
        (i: number) => (i === size - 1 ? 1 : 0),
      ]) {
        const coefficients = Uint32Array.from({ length: size }, (_, i) => pattern(i));
        workspace.words().set(coefficients, column / 4);
        workspace.evaluate(column, log);
        const elements = Array.from(coefficients, QM31.from);
        // All places of small domains, of large ones the ends and the seams of blocks.
        const places =
          log <= 4 ? Array.from(coefficients.keys()) : [0, 1, 4, size / 2 - 1, size / 2, size - 1];
        for (const place of places) {
          const { x, y } = pointAtStored(place, log);
          const expected = evaluateAt(QM31, elements, { x: QM31.from(x), y: QM31.from(y) });
          expect(QM31.from(valueAt(place)), `place ${place}`).toEqual(expected);
        }
        expect(read(size).every((word) => word < P)).toBe(true);
        workspace.interpolate(column, log);
        expect(read(size)).toEqual(coefficients);
      }
    },
  );
});

describe.each([4, 6] as const)('kernels on the largest words, degree %i', (degree) => {
  const workspace = createWorkspace(degree, 6);
  const { kernel, field } = workspace;
  const largest: Ext = new Array<number>(degree).fill(P - 1);
  const filled = (count: number, rows: number): Columns => {
    const columns = workspace.columns(count, rows);
    for (const address of columnAddresses(columns))
      workspace.words().fill(P - 1, address / 4, address / 4 + rows);
    return columns;
  };

  it.each([1, 3, 4, 5, 8, 63, 64, 500])('combine %i columns', (count) => {
    const rows = 16;
    const columns = filled(count, rows);
    const sums = filled(degree, rows);
    const list = workspace.place(columnAddresses(columns));
    const factors = workspace.place(new Array<number>(count * degree).fill(P - 1));
    kernel.combine(sums.address, sums.stride, list, factors, count, 0, rows);
    // (p - 1)^2 = 1, and what was there is -1.
    const expected = new Array<number>(degree).fill(modulo(BigInt(count) - 1n));
    for (let row = 0; row < rows; row++) expect(readWide(workspace, sums, row)).toEqual(expected);
  });

  it.each([8, 512, 520, 4096])('multiply columns of %i rows with weights', (rows) => {
    const columns = filled(3, rows);
    const weights = filled(degree, rows);
    const to = workspace.allocate(4 * 3 * degree);
    kernel.evaluateColumns(
      to,
      workspace.place(columnAddresses(columns)),
      3,
      weights.address,
      weights.stride,
      0,
      rows,
    );
    expect(Array.from(workspace.words().slice(to / 4, to / 4 + 3 * degree))).toEqual(
      new Array<number>(3 * degree).fill(rows),
    );
  });

  it('sum columns, whole and before each row', () => {
    const rows = 4096;
    const [terms, sums] = [filled(1, rows), workspace.columns(1, rows)];
    expect(kernel.sumColumn(terms.address, rows)).toBe(P - rows);
    kernel.prefixSums(sums.address, terms.address, 1, rows);
    // Each term is -1, less a share of 1.
    for (const row of [0, 1, 2, rows - 1]) {
      expect(workspace.words()[sums.address / 4 + row]).toBe(row === 0 ? 0 : P - 2 * row);
    }
    kernel.prefixSums(sums.address, terms.address, P - 1, rows);
    expect(workspace.words().slice(sums.address / 4, sums.address / 4 + rows)).toEqual(new Uint32Array(rows));
  });

  it('divide fractions', () => {
    const tile = workspace.place(new Array<number>(2 * degree * 256).fill(P - 1));
    const [target, total] = [workspace.columns(degree, 256), filled(degree, 256)];
    kernel.addFraction(target.address, target.stride, total.address, total.stride, tile, 256);
    for (const row of [0, 1, 255]) {
      expect(readWide(workspace, target, row)).toEqual(field.one);
      expect(readWide(workspace, total, row)).toEqual(field.add(largest, field.one));
    }
  });

  it('fold and scale', () => {
    const from = filled(degree, 16);
    const to = workspace.columns(degree, 8);
    const placed = workspace.place(largest);
    kernel.fold(to.address, to.stride, from.address, from.stride, workspace.table('1/y', 4), placed, 8);
    // Places are alike: nothing is odd in them.
    for (let row = 0; row < 8; row++) {
      expect(readWide(workspace, to, row)).toEqual(new Array<number>(degree).fill(P - 2));
    }
    const sums = filled(degree, 8);
    kernel.addScaled(sums.address, sums.stride, filled(degree, 8).address, sums.stride, placed, 8);
    const expected = field.add(largest, product(field, largest, largest));
    for (let row = 0; row < 8; row++) expect(readWide(workspace, sums, row)).toEqual(expected);
  });

  it('combine opened rows and their powers', () => {
    const memory = verifierMemory(degree);
    const { kernel: verifier } = memory;
    for (const width of [1, 2, 3, 1000]) {
      for (const count of [1, 3, 5]) {
        const size = 16 * Math.ceil(degree / 4);
        const powers = memory.allocate(size * width);
        verifier.powers(powers, memory.place(largest), width);
        const rows = memory.place(new Array<number>(width * count).fill(P - 1));
        const sums = memory.columns(degree, count);
        for (let k = 0; k < degree; k++) {
          memory.words().fill(P - 1, addressOf(sums, k) / 4, addressOf(sums, k) / 4 + count);
        }
        verifier.combineRows(sums.address, sums.stride, rows, width, count, powers);
        const own = extensionOf(degree);
        const total = own.powers(largest, width).reduce((sum, power) => own.sub(sum, power), largest);
        for (let row = 0; row < count; row++) {
          const found = total.map((_, k) => memory.words()[addressOf(sums, k) / 4 + row]);
          expect(found, `${width} ${count} ${row}`).toEqual(total);
        }
      }
    }
  });
});
