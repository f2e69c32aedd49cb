import { invM31, mulM31, negM31, P, subM31 } from '@ninefold/stark';
import {
  circleGenerator,
  cosetPoint,
  cosetShift,
  CUBIC,
  doubledX,
  minus,
  move,
  ofParameter,
} from './circle-group.ts';
import type { Point, WidePoint } from './circle-group.ts';
import type { Ext } from './extension.ts';
import { fibonacciHolds, FIBONACCI_WIDTH, isFibonacciShape } from './fibonacci.ts';
import type { FibonacciValues, Selectors } from './fibonacci.ts';
import { drawBetas, foldPair, foldsProblem, foldsShape, inputsProblem, pairAt, reverseBits } from './fri.ts';
import type { Chain, Matrix, OpenedAt, Setting } from './fri.ts';
import { KECCAK_TREE, keccakTranscript } from './keccak.ts';
import { rowsHold } from './merkle.ts';
import { ProofReader } from './proof.ts';
import type { Folds, MultiOpening, OpenedValues } from './proof.ts';
import { hasWork, observeAll, sampleFrom } from './transcript.ts';

// A verifier for Plonky3's circle STARKs (uni-stark, CirclePcs), as its fixture is made: the Fibonacci table
// over M31, trees and transcript over Keccak-256.

/** A proof over the circle. */
export type CircleProof = OpenedValues<Uint8Array> & {
  /** Of the quotients before they are folded to lines. */
  readonly firstLayer: {
    readonly root: Uint8Array;
    /** What each height's quotient has outside of the FFT's space. */
    readonly lambdas: readonly Ext[];
    /** By query and height. */
    readonly siblings: readonly (readonly Ext[])[];
    readonly digests: readonly Uint8Array[];
  };
  readonly folds: Folds<Uint8Array>;
  readonly openings: readonly MultiOpening<Uint8Array>[];
  readonly logRows: number;
};

/** The fixture's parameters. */
export const CIRCLE_SETTING: Setting<Uint8Array> = {
  field: CUBIC,
  tree: KECCAK_TREE,
  logBlowup: 1,
  logFinal: 0,
  queries: 40,
  foldWork: 0,
  queryWork: 8,
};

/** Above this a codeword would need more points than the circle has. */
const MAX_LOG_ROWS = 27;

/** @throws {RangeError} when the bytes are not a proof's */
export function readCircleProof(bytes: Uint8Array): CircleProof {
  const reader = new ProofReader<Uint8Array>(bytes, {
    field: CUBIC,
    word: (raw) => raw,
    digest: (from) => from.bytes(32),
  });
  const opened = reader.openedValues();
  const root = reader.root();
  const lambdas = reader.elements();
  const roots = reader.list(() => reader.root());
  const nonces = reader.list(() => reader.word());
  const openings = reader.openings();
  const siblings = reader.list(() => reader.elements());
  const digests = reader.digests();
  const steps = reader.steps();
  const final = [reader.element()];
  const nonce = reader.word();
  const logRows = reader.integer();
  reader.end();
  const folds = { roots, nonces, steps, final, nonce };
  return { ...opened, firstLayer: { root, lambdas, siblings, digests }, folds, openings, logRows };
}

/**
 * Verifies a proof of the Fibonacci table.
 *
 * @returns what is wrong, undefined when the proof holds
 */
export function verifyCircle(proof: CircleProof, publicValues: FibonacciValues): string | undefined {
  const { traceRoot, quotientRoot, local, next, chunks, firstLayer, folds, openings, logRows } = proof;
  const { field, tree, logBlowup, queries, queryWork } = CIRCLE_SETTING;
  if (!isFibonacciShape(proof, field)) return 'the shape of the opened values';
  if (logRows < 2 || logRows > MAX_LOG_ROWS) return 'the number of rows';
  // The quotient's domain would be the table's if it had its size.
  const logs = [logRows + logBlowup, logRows + 1 + logBlowup];
  const log = logRows + 1 + logBlowup;
  const problem = foldsShape(CIRCLE_SETTING, folds, log - 1 - logBlowup);
  if (problem !== undefined) return problem;
  const { lambdas, siblings } = firstLayer;
  const paired = siblings.length === queries && siblings.every(({ length }) => length === logs.length);
  // Lambdas are under no root and in no transcript: nothing else holds their shape.
  const shaped = lambdas.every(({ length }) => length === field.degree);
  if (lambdas.length !== logs.length || !shaped || !paired) return 'the number of heights';

  const transcript = keccakTranscript(P);
  // The table's log height, that without rows for hiding, and the width of no preprocessed columns.
  [logRows, logRows, 0].forEach(transcript.observe);
  transcript.observeRoot(traceRoot);
  publicValues.forEach(transcript.observe);
  const alpha = sampleFrom(transcript, field);
  transcript.observeRoot(quotientRoot);
  const zeta = ofParameter(sampleFrom(transcript, field));
  if (!fibonacciHolds(field, proof, selectorsAt(zeta, logRows), publicValues, alpha)) {
    return 'the constraints at the point';
  }

  const [chunk] = chunks as readonly [readonly Ext[]];
  for (const values of [local, next, chunk]) observeAll(transcript, values);
  const batching = sampleFrom(transcript, field);
  transcript.observeRoot(firstLayer.root);
  const circleBeta = sampleFrom(transcript, field);
  const betas = drawBetas(CIRCLE_SETTING, transcript, folds);
  if (betas === undefined) return 'the work before a fold';
  observeAll(transcript, folds.final);
  if (!hasWork(transcript, queryWork, folds.nonce)) return 'the work before the queries';
  const indices = Array.from({ length: queries }, () => transcript.bits(log));

  const trace = [
    { at: zeta, values: local },
    { at: move(zeta, circleGenerator(logRows)), values: next },
  ];
  const quotient = [{ at: zeta, values: chunk }];
  const batches: readonly (readonly Matrix<WidePoint>[])[] = [
    [{ log: logRows + logBlowup, width: FIBONACCI_WIDTH, points: trace }],
    [{ log, width: field.degree, points: quotient }],
  ];
  const roots = [traceRoot, quotientRoot];
  const wrong = inputsProblem(CIRCLE_SETTING, roots, batches, openings, indices, log);
  if (wrong !== undefined) return wrong;

  // Each height's quotient, folded from the circle to a line.
  const pairs = logs.map((own): { log: number; cells: number[][] } => ({ log: own - 1, cells: [] }));
  const chains = indices.map((index, query): Chain => {
    const values = new Map<number, Ext>();
    for (const [h, own] of logs.entries()) {
      const place = index >> (log - own);
      const point = cosetPoint(own, committedPlace(place, own));
      let reduced = field.zero;
      let weight = field.one;
      for (const [batch, matrices] of batches.entries()) {
        for (const [m, { log: height, width, points }] of matrices.entries()) {
          if (height !== own) continue;
          const cells = openings[batch]?.rows[query]?.[m] as readonly number[];
          const shift = field.pow(batching, width);
          for (const opening of points) {
            const part = deepQuotient(batching, shift, point, opening, cells);
            reduced = field.add(reduced, field.mul(weight, part));
            weight = field.mul(weight, field.mul(shift, shift));
          }
        }
      }
      const extra = field.mul(lambdas[h] as Ext, doubledX(field.of(point.x), own - logBlowup));
      const pair = pairAt(place, field.sub(reduced, extra), siblings[query]?.[h] as Ext);
      pairs[h]?.cells.push(pair.flat());
      const y = place % 2 === 0 ? point.y : negM31(point.y);
      values.set(own - 1, foldPair(field, pair, y, circleBeta));
    }
    return { place: index >> 1, values };
  });
  const places = indices.map((index) => index >> 1);
  if (!rowsHold(tree, firstLayer.root, pairs, places, firstLayer.digests)) {
    return 'the path of the first layer';
  }
  return foldsProblem(
    CIRCLE_SETTING,
    folds,
    betas,
    chains,
    log - 1,
    // A line's place stands for the first of four points of the coset that is folded to it.
    (place, own) => cosetPoint(own + 2, 2 * reverseBits(place, own)).x,
    () => folds.final[0] as Ext,
  );
}

/** A committed row's place to its place in the twin coset's own order. */
function committedPlace(place: number, log: number): number {
  const half = place >> 1;
  return reverseBits(place % 2 === 0 ? half : 2 ** log - half - 1, log);
}

/** The table's selectors; y / (x + 1) of the difference to a point vanishes at that point only. */
function selectorsAt(zeta: WidePoint, log: number): Selectors {
  const { inv, mul, of, one, scale, sub, add } = CUBIC;
  const first = cosetShift(log);
  const last = minus(first);
  const vanishing = sub(doubledX(zeta.x, log), doubledX(of(first.x), log));
  const simple = (by: Point): Ext => {
    const { x, y } = move(zeta, minus(by));
    return mul(y, inv(add(x, one)));
  };
  const isLast = mul(vanishing, inv(simple(last)));
  // The value of isLast at the last row, to subtract a one there.
  let product = last.x;
  for (let i = 0, x = last.x; i < log - 2; i++) {
    x = subM31(mulM31(2, mulM31(x, x)), 1);
    product = mulM31(product, x);
  }
  const normal = negM31(mulM31(mulM31(product, 2 ** (2 * log - 1) % P), last.y));
  return {
    isFirst: mul(vanishing, inv(simple(first))),
    isLast,
    isTransition: sub(one, scale(isLast, invM31(normal))),
    vanishing,
  };
}

/** (Re 1/v + alpha^width Im 1/v) · sum alpha^j (f_j(x) - f_j(at)), v = the complex function that vanishes at `at`. */
function deepQuotient(
  alpha: Ext,
  shift: Ext,
  x: Point,
  { at, values }: OpenedAt<WidePoint>,
  cells: readonly number[],
): Ext {
  const { add, inv, mul, of, one, sub, zero } = CUBIC;
  const difference = move({ x: at.x, y: sub(zero, at.y) }, x);
  const re = sub(one, difference.x);
  const im = sub(zero, difference.y);
  let total = zero;
  let weight = one;
  cells.forEach((cell, j) => {
    total = add(total, mul(weight, sub(of(cell), values[j] as Ext)));
    weight = mul(weight, alpha);
  });
  const vanishing = mul(sub(re, mul(shift, im)), inv(add(mul(re, re), mul(im, im))));
  return mul(vanishing, total);
}
