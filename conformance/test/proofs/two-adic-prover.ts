import type { Ext } from '../../src/proofs/plonky3/extension.ts';
import type { FibonacciValues } from '../../src/proofs/plonky3/fibonacci.ts';
import { foldPair, reverseBits } from '../../src/proofs/plonky3/fri.ts';
import type { FoldStep, MultiOpening } from '../../src/proofs/plonky3/proof.ts';
import type { SpongeDigest } from '../../src/proofs/plonky3/sponge.ts';
import { duplexTranscript } from '../../src/proofs/plonky3/sponge.ts';
import type { Transcript } from '../../src/proofs/plonky3/transcript.ts';
import { hasWork, observeAll, sampleFrom } from '../../src/proofs/plonky3/transcript.ts';
import type { TwoAdicProof } from '../../src/proofs/plonky3/two-adic.ts';
import {
  BABY_BEAR,
  BABY_BEAR_GENERATOR,
  FIXTURE_POSEIDON2,
  TWO_ADIC_SETTING,
  twoAdicGenerator,
} from '../../src/proofs/plonky3/two-adic.ts';
import { createTree } from './tree.ts';
import type { Tree } from './tree.ts';

const { add, inv, invWord, mul, mulWords, of, one, powWord, prime, scale, sub, zero } = BABY_BEAR;
const { logBlowup, logFinal, queries, foldWork, queryWork, tree: hash } = TWO_ADIC_SETTING;

/** What a prover may do wrong. */
export type Cheat = {
  /** Cells that replace the table's first evaluations, behind the commitment's back. */
  readonly wrongCodeword?: boolean;
  /** Takes this for the quotient's coordinates instead of dividing. */
  readonly quotient?: (coefficients: number[][]) => number[][];
};

/** Fibonacci's rows; a table whose first row is [left, right]. */
export function fibonacciTable(left: number, right: number, rows: number): [number, number][] {
  const table: [number, number][] = [[left, right]];
  while (table.length < rows) {
    const [a, b] = table.at(-1) as [number, number];
    table.push([b, (a + b) % prime]);
  }
  return table;
}

/** A transcript that can be asked what it would say after more words. */
function recordingTranscript(): Transcript<SpongeDigest> & { readonly fork: () => Transcript<SpongeDigest> } {
  const log: ((on: Transcript<SpongeDigest>) => unknown)[] = [];
  const own = duplexTranscript(FIXTURE_POSEIDON2);
  const both = <Result>(step: (on: Transcript<SpongeDigest>) => Result): Result => {
    log.push(step);
    return step(own);
  };
  return {
    observe: (word) => both((on) => on.observe(word)),
    observeRoot: (root) => both((on) => on.observeRoot(root)),
    sample: () => both((on) => on.sample()),
    bits: (count) => both((on) => on.bits(count)),
    fork() {
      const fresh = duplexTranscript(FIXTURE_POSEIDON2);
      for (const step of log) step(fresh);
      return fresh;
    },
  };
}

function grind(transcript: ReturnType<typeof recordingTranscript>, bits: number): number {
  let nonce = 0;
  while (!hasWork(transcript.fork(), bits, nonce)) nonce++;
  hasWork(transcript, bits, nonce);
  return nonce;
}

/** Coefficients of the polynomial with these values on shift · <g>, in the subgroup's order. */
function interpolate(values: readonly number[], shift: number): number[] {
  const log = Math.log2(values.length);
  const back = invWord(twoAdicGenerator(log));
  return values.map((_, k) => {
    const sum = values.reduce(
      (total, value, i) => (total + mulWords(value, powWord(back, (i * k) % values.length))) % prime,
      0,
    );
    return mulWords(mulWords(sum, invWord(values.length)), powWord(invWord(shift), k));
  });
}

function evaluate(coefficients: readonly number[], at: Ext): Ext {
  return coefficients.reduceRight((sum, word) => add(mul(sum, at), of(word)), zero);
}

/** Evaluations on the shifted coset of 2^log points in reversed order: a row for each point. */
function extend(columns: readonly (readonly number[])[], log: number): number[][] {
  const g = twoAdicGenerator(log);
  return Array.from({ length: 2 ** log }, (_, i) => {
    const x = of(mulWords(BABY_BEAR_GENERATOR, powWord(g, reverseBits(i, log))));
    return columns.map((column) => evaluate(column, x)[0] as number);
  });
}

/**
 * Proves the Fibonacci table as Plonky3's uni-stark does, by the definitions and slowly.
 *
 * @param table rows, a power of two of them; they need not be right
 */
export function proveTwoAdic(
  table: readonly (readonly [number, number])[],
  publicValues: FibonacciValues,
  cheat: Cheat = {},
): TwoAdicProof {
  const logRows = Math.log2(table.length);
  const log = logRows + logBlowup;
  const transcript = recordingTranscript();
  [logRows, logRows, 0].forEach(transcript.observe);
  const columns = [0, 1].map((c) =>
    interpolate(
      table.map((row) => row[c as 0 | 1]),
      1,
    ),
  );
  const traceRows = extend(columns, log);
  if (cheat.wrongCodeword === true) {
    for (const row of traceRows.slice(0, traceRows.length / 2)) row[0] = ((row[0] as number) + 1) % prime;
  }
  const trace = createTree(hash, [{ log, rows: traceRows }]);
  transcript.observeRoot(trace.root);
  publicValues.forEach(transcript.observe);
  const alpha = sampleFrom(transcript, BABY_BEAR);
  const honest = quotientOf(columns, logRows, publicValues, alpha);
  const chunks = cheat.quotient?.(honest) ?? honest;
  const quotientRows = extend(chunks, log);
  const quotient = createTree(hash, [{ log, rows: quotientRows }]);
  transcript.observeRoot(quotient.root);
  const zeta = sampleFrom(transcript, BABY_BEAR);
  const zetaNext = scale(zeta, twoAdicGenerator(logRows));
  const local = columns.map((column) => evaluate(column, zeta));
  const next = columns.map((column) => evaluate(column, zetaNext));
  const chunk = chunks.map((column) => evaluate(column, zeta));
  for (const values of [local, next, chunk]) observeAll(transcript, values);

  const batching = sampleFrom(transcript, BABY_BEAR);
  let codeword = traceRows.map((cells, i): Ext => {
    const x = of(mulWords(BABY_BEAR_GENERATOR, powWord(twoAdicGenerator(log), reverseBits(i, log))));
    let total = zero;
    let weight = one;
    for (const [own, at, values] of [
      [cells, zeta, local],
      [cells, zetaNext, next],
      [quotientRows[i] as number[], zeta, chunk],
    ] as const) {
      for (const [c, value] of values.entries()) {
        const part = mul(sub(value, of(own[c] as number)), inv(sub(at, x)));
        total = add(total, mul(weight, part));
        weight = mul(weight, batching);
      }
    }
    return total;
  });
  const layers: { readonly tree: Tree<SpongeDigest>; readonly codeword: readonly Ext[] }[] = [];
  const nonces: number[] = [];
  for (let height = log; height > logBlowup + logFinal; height--) {
    const pairs = codeword.flatMap((value, i) => (i % 2 === 0 ? [[value, codeword[i + 1] as Ext]] : []));
    const tree = createTree(hash, [{ log: height - 1, rows: pairs.map((pair) => pair.flat()) }]);
    layers.push({ tree, codeword });
    transcript.observeRoot(tree.root);
    nonces.push(grind(transcript, foldWork));
    const beta = sampleFrom(transcript, BABY_BEAR);
    codeword = pairs.map((pair, i) =>
      foldPair(
        BABY_BEAR,
        pair as [Ext, Ext],
        powWord(twoAdicGenerator(height), reverseBits(2 * i, height)),
        beta,
      ),
    );
  }
  const natural = codeword.map((_, i) => codeword[reverseBits(i, logBlowup + logFinal)] as Ext);
  const coordinates = zero.map((_, k) =>
    interpolate(
      natural.map((value) => value[k] as number),
      1,
    ),
  );
  const final = Array.from({ length: 2 ** logFinal }, (_, i) =>
    coordinates.map((column) => column[i] as number),
  );
  observeAll(transcript, final);
  layers.forEach(() => transcript.observe(1));
  const nonce = grind(transcript, queryWork);
  const indices = Array.from({ length: queries }, () => transcript.bits(log));
  const opened = (tree: Tree<SpongeDigest>, rows: readonly number[][]): MultiOpening<SpongeDigest> => ({
    rows: indices.map((index) => [rows[index] as number[]]),
    digests: tree.siblings(indices),
  });
  const steps = layers.map(({ tree, codeword: own }, round): FoldStep<SpongeDigest> => ({
    logArity: 1,
    siblings: indices.map((index) => [own[(index >> round) ^ 1] as Ext]),
    digests: tree.siblings(indices.map((index) => index >> (round + 1))),
  }));
  return {
    traceRoot: trace.root,
    quotientRoot: quotient.root,
    local,
    next,
    chunks: [chunk],
    folds: { roots: layers.map(({ tree }) => tree.root), nonces, steps, final, nonce },
    openings: [opened(trace, traceRows), opened(quotient, quotientRows)],
    logRows,
  };
}

/** Coefficients of the quotient's coordinates: constraints over the vanishing polynomial, on a coset. */
function quotientOf(
  columns: readonly (readonly number[])[],
  logRows: number,
  [first, second, result]: FibonacciValues,
  alpha: Ext,
): number[][] {
  const g = twoAdicGenerator(logRows);
  const lastRow = invWord(g);
  const values = Array.from({ length: 2 ** logRows }, (_, i): Ext => {
    const x = of(mulWords(BABY_BEAR_GENERATOR, powWord(g, i)));
    const [left, right] = columns.map((column) => evaluate(column, x)) as [Ext, Ext];
    const [nextLeft, nextRight] = columns.map((column) => evaluate(column, scale(x, g))) as [Ext, Ext];
    const vanishing = sub(BABY_BEAR.pow(x, 2 ** logRows), one);
    const isFirst = mul(vanishing, inv(sub(x, one)));
    const isLast = mul(vanishing, inv(sub(x, of(lastRow))));
    const isTransition = sub(x, of(lastRow));
    const constraints = [
      mul(isFirst, sub(left, of(first))),
      mul(isFirst, sub(right, of(second))),
      mul(isTransition, sub(right, nextLeft)),
      mul(isTransition, sub(add(left, right), nextRight)),
      mul(isLast, sub(right, of(result))),
    ];
    const combined = constraints.reduce((total, constraint) => add(mul(total, alpha), constraint));
    return mul(combined, inv(vanishing));
  });
  return zero.map((_, k) =>
    interpolate(
      values.map((value) => value[k] as number),
      BABY_BEAR_GENERATOR,
    ),
  );
}
