import {
  addM31,
  createWorkspace,
  evaluateAt,
  GENERATOR,
  mulM31,
  P,
  QM31,
  reverseBits,
  subgroupGenerator,
  subM31,
} from '@ninefold/stark';
import type { FolderResult } from '../suite.ts';
import { createCounter } from '../svm/read.ts';
import { differsList, readJson } from './read.ts';

type Vectors = {
  readonly field: { readonly p: number };
  readonly circle: {
    readonly generator: readonly [number, number];
    readonly two_adic_points: readonly {
      readonly log_order: number;
      readonly point: readonly [number, number];
    }[];
    readonly secure_generator: { readonly x: readonly number[]; readonly y: readonly number[] };
  };
  readonly fft: readonly {
    readonly log_size: number;
    readonly coeffs: readonly number[];
    readonly evals_circle_domain_order: readonly number[];
    readonly evals_bit_reversed: readonly number[];
  }[];
  readonly lde: {
    readonly log_from: number;
    readonly log_to: number;
    readonly evals_circle_domain_order: readonly number[];
  };
  readonly qm31: readonly {
    readonly a: readonly number[];
    readonly b: readonly number[];
    readonly mul: readonly number[];
    readonly inv_a: readonly number[] | null;
  }[];
  readonly m31: { readonly rows: readonly (readonly [number, number, number, number, number])[] };
};

/** Runs the vectors of M31, QM31, the circle group and the circle FFT. */
export function runFields(folder: string): FolderResult {
  const vectors = readJson<Vectors>(folder, 'm31_circle.json.gz');
  const { check, result } = createCounter('proofs/fields');
  const { circle, fft, lde, m31, qm31 } = vectors;

  check('modulus', () => differsList('p', [P], [vectors.field.p]));
  m31.rows.forEach(([a, b, sum, difference, product], i) =>
    check(`m31 ${i}`, () =>
      differsList('results', [addM31(a, b), subM31(a, b), mulM31(a, b)], [sum, difference, product]),
    ),
  );
  qm31.forEach(({ a, b, mul, inv_a }, i) =>
    check(
      `qm31 ${i}`,
      () =>
        differsList('product', QM31.mul(a, b), mul) ??
        (inv_a ? differsList('inverse', QM31.inv(a), inv_a) : undefined),
    ),
  );
  check('circle generator', () => differsList('point', [GENERATOR.x, GENERATOR.y], circle.generator));
  for (const { log_order, point } of circle.two_adic_points) {
    check(`circle point of order 2^${log_order}`, () => {
      const { x, y } = subgroupGenerator(log_order);
      return differsList('point', [x, y], point);
    });
  }
  check('circle point over QM31', () => {
    const { x, y } = circle.secure_generator;
    return differsList('norm', QM31.add(QM31.mul(x, x), QM31.mul(y, y)), QM31.one);
  });

  const workspace = createWorkspace(4, 10);
  const words = (address: number, count: number): number[] =>
    Array.from(workspace.words().subarray(address / 4, address / 4 + count));
  for (const { log_size: log, coeffs, evals_bit_reversed, evals_circle_domain_order } of fft) {
    check(`fft ${log}`, () => {
      const { address } = workspace.columns(1, 2 ** log);
      workspace.words().set(coeffs, address / 4);
      workspace.evaluate(address, log);
      const stored = words(address, 2 ** log);
      const inOrder = stored.map((_, i) => stored[reverseBits(i, log)] as number);
      workspace.interpolate(address, log);
      return (
        differsList('stored values', stored, evals_bit_reversed) ??
        differsList('values', inOrder, evals_circle_domain_order) ??
        differsList('coefficients', words(address, 2 ** log), coeffs)
      );
    });
  }
  check('low-degree extension', () => {
    const source = fft.find(({ log_size }) => log_size === lde.log_from);
    if (source === undefined) return 'no vector to extend';
    const from = workspace.columns(1, 2 ** lde.log_from).address;
    const to = workspace.columns(1, 2 ** lde.log_to).address;
    workspace.words().set(source.coeffs, from / 4);
    workspace.extend(to, from, lde.log_from, lde.log_to);
    const stored = words(to, 2 ** lde.log_to);
    const inOrder = stored.map((_, i) => stored[reverseBits(i, lde.log_to)] as number);
    return differsList('values', inOrder, lde.evals_circle_domain_order);
  });
  check('evaluation at the point over QM31', () => {
    // A polynomial that is the coordinate y, and one that is x.
    const { x, y } = circle.secure_generator;
    const basis = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => QM31.from(i === j ? 1 : 0)));
    return (
      differsList('y', evaluateAt(QM31, basis[1] ?? [], { x, y }), y) ??
      differsList('x', evaluateAt(QM31, basis[2] ?? [], { x, y }), x)
    );
  });
  return result();
}
