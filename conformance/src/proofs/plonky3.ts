import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { concatBytes, equalBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import { addM31, invM31, mulM31, negM31, P, subM31 } from '@ninefold/stark';
import type { FolderResult } from '../suite.ts';
import { createCounter } from '../svm/read.ts';
import type { Cubic } from './cubic.ts';
import { add, cubic, equal, inv, mul, neg, ONE, scale, sub, ZERO } from './cubic.ts';
import { PostcardReader } from './postcard.ts';

// A verifier for Plonky3's circle STARKs (uni-stark, Keccak trees and transcript, cubic extension of M31),
// for its fixture: the Fibonacci table of eight rows. What is ours here is the field, the circle and the hash.

const LOG_BLOWUP = 1;
const QUERIES = 40;
const QUERY_WORK_BITS = 8;
const DEGREE = 3;

type Digest = Uint8Array;

/** Opened rows by query and matrix, with the digests their paths share. */
type MultiOpening = { readonly rows: readonly (readonly number[])[][]; readonly siblings: readonly Digest[] };

type Proof = ReturnType<typeof readProof>;

// oxlint-disable-next-line typescript/explicit-function-return-type -- the fields say what it is
function readProof(bytes: Uint8Array) {
  const reader = new PostcardReader(bytes);
  const digest = (): Digest => reader.bytes(32);
  const element = (): number => {
    const value = new DataView(reader.bytes(4).slice().buffer).getUint32(0, true);
    if (value >= P) throw new RangeError('an element is not canonical');
    return value;
  };
  const wide = (): Cubic => [element(), element(), element()];
  const root = (): Digest => {
    const [only, ...more] = reader.list(digest);
    if (only === undefined || more.length > 0) throw new RangeError('a commitment of several roots');
    return only;
  };
  const traceRoot = root();
  const quotientRoot = root();
  const random = reader.option(root);
  const local = reader.list(wide);
  const next = reader.option(() => reader.list(wide));
  const preprocessed = [reader.option(() => reader.list(wide)), reader.option(() => reader.list(wide))];
  const chunks = reader.list(() => reader.list(wide));
  const randomValues = reader.option(() => reader.list(wide));
  if ([random, randomValues, ...preprocessed].some((part) => part !== undefined)) {
    throw new RangeError('parts that this table does not have');
  }
  const firstLayerRoot = root();
  const lambdas = reader.list(wide);
  const foldRoots = reader.list(root);
  const foldWitnesses = reader.list(element);
  const inputs = reader.list((): MultiOpening => ({
    rows: reader.list(() => reader.list(() => reader.list(element))),
    siblings: reader.list(digest),
  }));
  const firstLayerSiblings = reader.list(() => reader.list(wide));
  const firstLayerDigests = reader.list(digest);
  const folds = reader.list(() => ({
    logArity: (reader.bytes(1) as unknown as [number])[0],
    siblings: reader.list(() => reader.list(wide)),
    digests: reader.list(digest),
  }));
  const final = wide();
  const witness = element();
  const logRows = reader.integer();
  reader.end();
  return {
    traceRoot,
    quotientRoot,
    local,
    next: next ?? [],
    chunks,
    firstLayerRoot,
    lambdas,
    foldRoots,
    foldWitnesses,
    inputs,
    firstLayerSiblings,
    firstLayerDigests,
    folds,
    final,
    witness,
    logRows,
  };
}

/** A hash chain over Keccak-256: output is taken from its end, input begins with the last output. */
class Challenger {
  #input: number[] = [];
  #output: number[] = [];

  observe(bytes: ArrayLike<number>): void {
    this.#output = [];
    this.#input.push(...Array.from(bytes));
  }

  element(value: number): void {
    this.observe(littleEndian(value));
  }

  wide(values: readonly Cubic[]): void {
    for (const value of values) value.forEach((word) => this.element(word));
  }

  #word(): number {
    let word = 0;
    for (let i = 0; i < 4; i++) {
      if (this.#output.length === 0) {
        this.#output = Array.from(keccak256(Uint8Array.from(this.#input)));
        this.#input = [...this.#output];
      }
      word += (this.#output.pop() as number) * 2 ** (8 * i);
    }
    return word;
  }

  bits(count: number): number {
    return this.#word() % 2 ** count;
  }

  sample(): Cubic {
    const words: number[] = [];
    while (words.length < DEGREE) {
      const word = this.#word() % 2 ** 31;
      if (word < P) words.push(word);
    }
    return words as unknown as Cubic;
  }
}

function littleEndian(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

type Point = { readonly x: number; readonly y: number };
type WidePoint = { readonly x: Cubic; readonly y: Cubic };

/** Plonky3's generator of the circle group, and by doubling those of its subgroups. */
const GENERATORS: readonly Point[] = (() => {
  const list: Point[] = [{ x: 311014874, y: 1584694829 }];
  while (list.length < 32) list.unshift(addPoints(list[0] as Point, list[0] as Point));
  return list;
})();

function generator(log: number): Point {
  return GENERATORS[log] as Point;
}

function addPoints(a: Point, b: Point): Point {
  return {
    x: subM31(mulM31(a.x, b.x), mulM31(a.y, b.y)),
    y: addM31(mulM31(a.x, b.y), mulM31(a.y, b.x)),
  };
}

function minus({ x, y }: Point): Point {
  return { x, y: negM31(y) };
}

function times(point: Point, factor: number): Point {
  let sum: Point = { x: 1, y: 0 };
  for (let i = 0; i < factor; i++) sum = addPoints(sum, point);
  return sum;
}

/** The sum of a point and a point over M31. */
function move({ x, y }: WidePoint, by: Point): WidePoint {
  return { x: sub(scale(x, by.x), scale(y, by.y)), y: add(scale(x, by.y), scale(y, by.x)) };
}

function ofParameter(t: Cubic): WidePoint {
  const square = mul(t, t);
  const factor = inv(add(ONE, square));
  return { x: mul(sub(ONE, square), factor), y: mul(add(t, t), factor) };
}

function widen({ x, y }: Point): WidePoint {
  return { x: cubic(x), y: cubic(y) };
}

/** x doubled log - 1 times: what vanishes on the standard coset. */
function vN({ x }: WidePoint, log: number): Cubic {
  let value = x;
  for (let i = 1; i < log; i++) value = sub(scale(mul(value, value), 2), ONE);
  return value;
}

/** A twin coset: its points are shift + i g and g - shift + i g in turn. */
type Domain = { readonly log: number; readonly shift: Point };

function standard(log: number): Domain {
  return { log, shift: generator(log + 1) };
}

function nthPoint({ log, shift }: Domain, index: number): Point {
  const step = generator(log - 1);
  const half = index >> 1;
  return index % 2 === 0
    ? addPoints(shift, times(step, half))
    : addPoints(minus(shift), times(step, half + 1));
}

function vanishing({ log, shift }: Domain, at: WidePoint): Cubic {
  return sub(vN(at, log), vN(widen(shift), log));
}

function reverse(index: number, bits: number): number {
  let reversed = 0;
  for (let i = 0; i < bits; i++) reversed = reversed * 2 + ((index >> i) & 1);
  return reversed;
}

/** A committed row's place to its place in the domain's own order. */
function permute(index: number, log: number): number {
  const half = index >> 1;
  return reverse(index % 2 === 0 ? half : 2 ** log - half - 1, log);
}

/** A committed matrix' rows, one for each query. */
type Rows = { readonly log: number; readonly cells: readonly (readonly number[])[] };

/**
 * Checks rows against a root. Paths are walked together and siblings come level by level; rows of a smaller
 * height are hashed into the nodes of that height.
 *
 * @param indices of the queries among the tallest matrix' rows
 */
function checkRows(
  root: Digest,
  matrices: readonly Rows[],
  indices: readonly number[],
  siblings: readonly Digest[],
): boolean {
  const left = [...siblings];
  const top = Math.max(...matrices.map(({ log }) => log));
  /** Digests of the rows of a height, by their place there; undefined where two queries disagree. */
  const leavesAt = (log: number): Map<number, Digest> | undefined => {
    const leaves = new Map<number, Digest>();
    const own = matrices.filter((matrix) => matrix.log === log);
    if (own.length === 0) return leaves;
    for (const [query, index] of indices.entries()) {
      const words = own.flatMap(({ cells }) => cells[query] as readonly number[]);
      const leaf = keccak256(concatBytes(...words.map(littleEndian)));
      const known = leaves.get(index >> (top - log));
      if (known !== undefined && !equalBytes(known, leaf)) return undefined;
      leaves.set(index >> (top - log), leaf);
    }
    return leaves;
  };
  let nodes = leavesAt(top);
  for (let log = top - 1; log >= 0 && nodes !== undefined; log--) {
    const parents = new Map<number, Digest>();
    const joining = leavesAt(log);
    if (joining === undefined) return false;
    for (const index of [...nodes.keys()].sort((a, b) => a - b)) {
      const parent = index >> 1;
      if (parents.has(parent)) continue;
      const a: Digest | undefined = nodes.get(2 * parent) ?? left.shift();
      const b: Digest | undefined = nodes.get(2 * parent + 1) ?? left.shift();
      if (a === undefined || b === undefined) return false;
      const inner = keccak256(concatBytes(a, b));
      const joined = joining.get(parent);
      parents.set(parent, joined === undefined ? inner : keccak256(concatBytes(inner, joined)));
    }
    nodes = parents;
  }
  return nodes !== undefined && left.length === 0 && equalBytes(nodes.get(0) as Digest, root);
}

function fold(e0: Cubic, e1: Cubic, twiddle: number, beta: Cubic): Cubic {
  const difference = scale(sub(e0, e1), invM31(twiddle));
  return scale(add(add(e0, e1), mul(beta, difference)), invM31(2));
}

function power(base: Cubic, exponent: number): Cubic {
  let value = ONE;
  for (let i = 0; i < exponent; i++) value = mul(value, base);
  return value;
}

/** A matrix with the points it is opened at. */
type Matrix = {
  readonly log: number;
  readonly width: number;
  readonly points: readonly { readonly at: WidePoint; readonly values: readonly Cubic[] }[];
};

/**
 * Verifies a proof of the Fibonacci table.
 *
 * @returns what is wrong, undefined when the proof holds
 */
export function verifyPlonky3(
  bytes: Uint8Array,
  publicValues: readonly [number, number, number],
): string | undefined {
  const proof = readProof(bytes);
  const { logRows, local, next, chunks } = proof;
  if (local.length !== 2 || next.length !== 2 || chunks.length === 0 || logRows < 2 || logRows > 20) {
    return 'the shape of the opened values';
  }
  const parts = quotientDomains(logRows, chunks.length);
  if (parts === undefined || chunks.some((chunk) => chunk.length !== DEGREE))
    return 'the shape of the chunks';
  const challenger = new Challenger();
  challenger.element(logRows);
  challenger.element(logRows);
  challenger.element(0);
  challenger.observe(proof.traceRoot);
  publicValues.forEach((value) => challenger.element(value));
  const alpha = challenger.sample();
  challenger.observe(proof.quotientRoot);
  const zeta = ofParameter(challenger.sample());
  const zetaNext = move(zeta, generator(logRows));
  if (!checkConstraints(proof, parts, publicValues, alpha, zeta)) return 'the constraints at the point';

  for (const values of [local, next, ...chunks]) challenger.wide(values);
  const batching = challenger.sample();
  challenger.observe(proof.firstLayerRoot);
  const circleBeta = challenger.sample();
  const batches: readonly (readonly Matrix[])[] = [
    [
      {
        log: logRows + LOG_BLOWUP,
        width: 2,
        points: [
          { at: zeta, values: local },
          { at: zetaNext, values: next },
        ],
      },
    ],
    chunks.map((values, i) => ({
      log: (parts[i] as Domain).log + LOG_BLOWUP,
      width: DEGREE,
      points: [{ at: zeta, values }],
    })),
  ];
  const logs = [...new Set(batches.flat().map((matrix) => matrix.log))].sort((a, b) => a - b);
  const log = logs.at(-1) as number;
  const rounds = log - LOG_BLOWUP - 1;
  const counts = [proof.foldRoots.length, proof.folds.length, proof.foldWitnesses.length];
  if (counts.some((count) => count !== rounds)) return 'the number of folds';
  if (proof.lambdas.length !== logs.length || proof.inputs.length !== batches.length) {
    return 'the number of heights';
  }
  const betas = proof.foldRoots.map((root) => {
    challenger.observe(root);
    return challenger.sample();
  });
  challenger.wide([proof.final]);
  challenger.element(proof.witness);
  if (challenger.bits(QUERY_WORK_BITS) !== 0) return 'the work before the queries';
  const indices = Array.from({ length: QUERIES }, () => challenger.bits(log));

  const roots = [proof.traceRoot, proof.quotientRoot];
  for (const [batch, { rows, siblings }] of proof.inputs.entries()) {
    const matrices = batches[batch] as readonly Matrix[];
    const shaped =
      rows.length === QUERIES &&
      rows.every(
        (row) =>
          row.length === matrices.length && row.every((cells, m) => cells.length === matrices[m]?.width),
      );
    if (!shaped) return 'the shape of opened rows';
    const opened = matrices.map((matrix, m): Rows => ({
      log: matrix.log,
      cells: rows.map((row) => row[m] as readonly number[]),
    }));
    const top = Math.max(...matrices.map((matrix) => matrix.log));
    const places = indices.map((index) => index >> (log - top));
    if (!checkRows(roots[batch] as Digest, opened, places, siblings)) return 'the path of opened rows';
  }

  const firstLayer = logs.map((own): { log: number; cells: number[][] } => ({ log: own - 1, cells: [] }));
  const layers = proof.folds.map((): number[][] => []);
  for (const [query, index] of indices.entries()) {
    // Each height's quotients, folded from the circle to a line.
    const lines = new Map<number, Cubic>();
    for (const [h, own] of logs.entries()) {
      const place = index >> (log - own);
      const point = nthPoint(standard(own), permute(place, own));
      let reduced = ZERO;
      let offset = ONE;
      for (const [batch, matrices] of batches.entries()) {
        for (const [m, { log: height, width, points }] of matrices.entries()) {
          if (height !== own) continue;
          const cells = proof.inputs[batch]?.rows[query]?.[m] as readonly number[];
          const shift = power(batching, width);
          for (const { at, values } of points) {
            reduced = add(reduced, mul(offset, deepQuotient(batching, shift, point, at, cells, values)));
            offset = mul(offset, mul(shift, shift));
          }
        }
      }
      // What the quotient has outside of the FFT's space.
      const extra = mul(proof.lambdas[h] as Cubic, vN(widen(point), own - LOG_BLOWUP));
      const corrected = sub(reduced, extra);
      const sibling = proof.firstLayerSiblings[query]?.[h];
      if (sibling === undefined) return 'a sibling of the first layer';
      const pair: [Cubic, Cubic] = place % 2 === 0 ? [corrected, sibling] : [sibling, corrected];
      firstLayer[h]?.cells.push(pair.flat());
      lines.set(own - 1, fold(pair[0], pair[1], place % 2 === 0 ? point.y : negM31(point.y), circleBeta));
    }

    const top = index >> 1;
    const { shift } = standard(log);
    let twiddle = addPoints(shift, times(generator(log - 1), reverse(top >> 1, log - 2))).x;
    let value = ZERO;
    for (const [round, { logArity, siblings }] of proof.folds.entries()) {
      value = add(value, lines.get(log - 1 - round) ?? ZERO);
      const place = top >> round;
      const other = siblings[query]?.[0];
      if (logArity !== 1 || other === undefined) return 'the arity of a fold';
      const group: [Cubic, Cubic] = place % 2 === 0 ? [value, other] : [other, value];
      layers[round]?.push(group.flat());
      value = fold(group[0], group[1], twiddle, betas[round] as Cubic);
      twiddle = subM31(mulM31(2, mulM31(twiddle, twiddle)), 1);
      if ((top >> (round + 1)) % 2 === 1) twiddle = negM31(twiddle);
    }
    if (!equal(value, proof.final)) return 'the final value';
  }
  const pairs = indices.map((index) => index >> 1);
  if (!checkRows(proof.firstLayerRoot, firstLayer, pairs, proof.firstLayerDigests)) {
    return 'the path of the first layer';
  }
  for (const [round, { digests }] of proof.folds.entries()) {
    const groups = indices.map((index) => index >> (round + 2));
    const rows = [{ log: log - 2 - round, cells: layers[round] as number[][] }];
    if (!checkRows(proof.foldRoots[round] as Digest, rows, groups, digests)) return 'the path of a fold';
  }
  return undefined;
}

/** The twin cosets that the quotient's chunks live on. */
function quotientDomains(logRows: number, chunks: number): Domain[] | undefined {
  const logChunks = Math.log2(chunks);
  if (!Number.isInteger(logChunks) || logChunks > 4) return undefined;
  // A domain of the table's own size would be the table's.
  const whole = standard(logChunks === 0 ? logRows + 1 : logRows + logChunks);
  return Array.from({ length: chunks }, (_, i) => ({
    log: whole.log - logChunks,
    shift: nthPoint(whole, i),
  }));
}

/** (Re 1/v + alpha^width Im 1/v) · sum alpha^j (f_j(x) - f_j(at)), v = the complex function that vanishes at the point. */
function deepQuotient(
  alpha: Cubic,
  shift: Cubic,
  x: Point,
  at: WidePoint,
  cells: readonly number[],
  values: readonly Cubic[],
): Cubic {
  const difference = move({ x: at.x, y: neg(at.y) }, x);
  const re = sub(ONE, difference.x);
  const im = neg(difference.y);
  let sum = ZERO;
  let weight = ONE;
  cells.forEach((cell, j) => {
    sum = add(sum, mul(weight, sub(cubic(cell), values[j] as Cubic)));
    weight = mul(weight, alpha);
  });
  const vanishingPart = mul(sub(re, mul(shift, im)), inv(add(mul(re, re), mul(im, im))));
  return mul(vanishingPart, sum);
}

function checkConstraints(
  { logRows, local, next, chunks }: Proof,
  parts: readonly Domain[],
  [first, second, result]: readonly [number, number, number],
  alpha: Cubic,
  zeta: WidePoint,
): boolean {
  const domain = standard(logRows);
  const z = vanishing(domain, zeta);
  // y / (x + 1) of the difference vanishes at the point itself only.
  const simple = (by: Point): Cubic => {
    const { x, y } = move(zeta, minus(by));
    return mul(y, inv(add(x, ONE)));
  };
  const isFirst = mul(z, inv(simple(domain.shift)));
  const last = minus(domain.shift);
  const isLast = mul(z, inv(simple(last)));
  const normal = (() => {
    let product = last.x;
    let x = last.x;
    for (let i = 0; i < logRows - 2; i++) {
      x = subM31(mulM31(2, mulM31(x, x)), 1);
      product = mulM31(product, x);
    }
    return negM31(mulM31(mulM31(product, 2 ** (2 * logRows - 1) % P), last.y));
  })();
  const isTransition = sub(ONE, scale(isLast, invM31(normal)));
  const [left, right] = local as [Cubic, Cubic];
  const [nextLeft, nextRight] = next as [Cubic, Cubic];
  const constraints = [
    mul(isFirst, sub(left, cubic(first))),
    mul(isFirst, sub(right, cubic(second))),
    mul(isTransition, sub(right, nextLeft)),
    mul(isTransition, sub(add(left, right), nextRight)),
    mul(isLast, sub(right, cubic(result))),
  ];
  const combined = constraints.reduce((total, constraint) => add(mul(total, alpha), constraint), ZERO);

  const quotient = chunks.reduce((total, chunk, i) => {
    let weight = ONE;
    parts.forEach((part, j) => {
      if (j === i) return;
      const own = vanishing(part, widen((parts[i] as Domain).shift));
      weight = mul(weight, mul(vanishing(part, zeta), inv(own)));
    });
    const value = chunk.reduce(
      (sum, coordinate, k) =>
        add(sum, mul(coordinate, [0, 1, 2].map((j) => (j === k ? 1 : 0)) as unknown as Cubic)),
      ZERO,
    );
    return add(total, mul(weight, value));
  }, ZERO);
  return equal(mul(combined, inv(z)), quotient);
}

/** Runs Plonky3's circle fixture: the proof holds, and with anything changed it does not. */
export function runPlonky3(folder: string): FolderResult {
  const { check, result } = createCounter('proofs/plonky3');
  const bytes = new Uint8Array(readFileSync(join(folder, 'uni_stark_circle_v1.postcard')));
  check('circle proof', () => verifyPlonky3(bytes, [0, 1, 21]));
  check('another result', () =>
    verifyPlonky3(bytes, [0, 1, 22]) === undefined ? 'it is accepted' : undefined,
  );
  check('any byte changed', () => {
    for (let at = 0; at < bytes.length; at += 37) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ 4;
      let accepted = false;
      try {
        accepted = verifyPlonky3(changed, [0, 1, 21]) === undefined;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
      if (accepted) return `byte ${at} does not matter`;
    }
    return undefined;
  });
  return result();
}
