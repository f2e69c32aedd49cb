import { createPoseidon2, POSEIDON2_SPECS } from '@ninefold/stark';
import type { Poseidon2 } from '@ninefold/stark';
import { createExtension } from './extension.ts';
import type { Ext } from './extension.ts';
import { fibonacciHolds, FIBONACCI_WIDTH, isFibonacciShape } from './fibonacci.ts';
import type { FibonacciValues } from './fibonacci.ts';
import { drawBetas, foldsProblem, foldsShape, inputsProblem, reverseBits } from './fri.ts';
import type { Chain, Matrix, Setting } from './fri.ts';
import { ProofReader } from './proof.ts';
import type { Folds, MultiOpening, OpenedValues } from './proof.ts';
import { smallRng } from './random.ts';
import { duplexTranscript, spongeTree } from './sponge.ts';
import type { SpongeDigest } from './sponge.ts';
import { hasWork, observeAll, sampleFrom } from './transcript.ts';

// A verifier for Plonky3's STARKs over a two-adic field (uni-stark, TwoAdicFriPcs), as its fixture is made:
// the Fibonacci table over BabyBear, trees and transcript over Poseidon2.

/** A proof over a two-adic field. */
export type TwoAdicProof = OpenedValues<SpongeDigest> & {
  readonly folds: Folds<SpongeDigest>;
  readonly openings: readonly MultiOpening<SpongeDigest>[];
  readonly logRows: number;
};

/** BabyBear, its extension x^4 = 11. */
export const BABY_BEAR: ReturnType<typeof createExtension> = createExtension(15 * 2 ** 27 + 1, 4, 11);

/** Of the multiplicative group; also what evaluation cosets are shifted by. */
export const BABY_BEAR_GENERATOR = 31;

const TWO_ADICITY = 27;
const { prime, invWord, mulWords, powWord } = BABY_BEAR;

/** 2^-32: words are written in Montgomery form. */
const FROM_MONTGOMERY = invWord(2 ** 32 % prime);

const fromMontgomery = (raw: number): number => mulWords(raw, FROM_MONTGOMERY);

/** Plonky3's tests take Poseidon2's round constants from a generator of this seed. */
const CONSTANTS_SEED = 1n;

/** The permutation of the fixture: BabyBear's of sixteen words with other round constants. */
export const FIXTURE_POSEIDON2: Poseidon2 = (() => {
  const spec = POSEIDON2_SPECS.babybear[16];
  const next = smallRng(CONSTANTS_SEED);
  const constant = (): number => {
    for (;;) {
      const raw = next() >>> 1;
      if (raw < prime) return fromMontgomery(raw);
    }
  };
  const round = (): number[] => spec.diagonal.map(constant);
  const rounds = (): number[][] => Array.from({ length: spec.fullRounds / 2 }, round);
  // In the order they are drawn in.
  const initial = rounds();
  const terminal = rounds();
  const internal = Array.from({ length: spec.partialRounds }, constant);
  return createPoseidon2(spec, { initial, internal, terminal });
})();

/** The fixture's parameters. */
export const TWO_ADIC_SETTING: Setting<SpongeDigest> = {
  field: BABY_BEAR,
  tree: spongeTree(FIXTURE_POSEIDON2),
  logBlowup: 2,
  logFinal: 2,
  queries: 2,
  foldWork: 1,
  queryWork: 1,
};

/** A generator of the subgroup of order 2^log. */
export function twoAdicGenerator(log: number): number {
  return powWord(BABY_BEAR_GENERATOR, (prime - 1) / 2 ** log);
}

/** @throws {RangeError} when the bytes are not a proof's */
export function readTwoAdicProof(bytes: Uint8Array): TwoAdicProof {
  const reader = new ProofReader<SpongeDigest>(bytes, {
    field: BABY_BEAR,
    word: fromMontgomery,
    digest: (from) => Array.from({ length: 8 }, () => from.word()),
  });
  const opened = reader.openedValues();
  const roots = reader.list(() => reader.root());
  const nonces = reader.list(() => reader.word());
  const openings = reader.openings();
  const steps = reader.steps();
  const final = reader.elements();
  const nonce = reader.word();
  const logRows = reader.integer();
  reader.end();
  return { ...opened, folds: { roots, nonces, steps, final, nonce }, openings, logRows };
}

/**
 * Verifies a proof of the Fibonacci table.
 *
 * @returns what is wrong, undefined when the proof holds
 */
export function verifyTwoAdic(proof: TwoAdicProof, publicValues: FibonacciValues): string | undefined {
  const { traceRoot, quotientRoot, local, next, chunks, folds, openings, logRows } = proof;
  const { field, logBlowup, logFinal, queries, queryWork } = TWO_ADIC_SETTING;
  const { add, sub, mul, scale, inv, one } = field;
  const log = logRows + logBlowup;
  if (!isFibonacciShape(proof, field)) return 'the shape of the opened values';
  if (logRows < logFinal || log > TWO_ADICITY) return 'the number of rows';
  const problem = foldsShape(TWO_ADIC_SETTING, folds, logRows - logFinal);
  if (problem !== undefined) return problem;

  const transcript = duplexTranscript(FIXTURE_POSEIDON2);
  // The table's log height, that without rows for hiding, and the width of no preprocessed columns.
  [logRows, logRows, 0].forEach(transcript.observe);
  transcript.observeRoot(traceRoot);
  publicValues.forEach(transcript.observe);
  const alpha = sampleFrom(transcript, field);
  transcript.observeRoot(quotientRoot);
  const zeta = sampleFrom(transcript, field);
  const vanishing = sub(field.pow(zeta, 2 ** logRows), one);
  if (field.equal(vanishing, field.zero)) return 'the point is a row';
  const step = twoAdicGenerator(logRows);
  const toLast = sub(zeta, field.of(invWord(step)));
  const selectors = {
    isFirst: mul(vanishing, inv(sub(zeta, one))),
    isLast: mul(vanishing, inv(toLast)),
    isTransition: toLast,
    vanishing,
  };
  if (!fibonacciHolds(field, proof, selectors, publicValues, alpha)) return 'the constraints at the point';

  const [chunk] = chunks as readonly [readonly Ext[]];
  for (const values of [local, next, chunk]) observeAll(transcript, values);
  const batching = sampleFrom(transcript, field);
  const betas = drawBetas(TWO_ADIC_SETTING, transcript, folds);
  if (betas === undefined) return 'the work before a fold';
  observeAll(transcript, folds.final);
  folds.steps.forEach(({ logArity }) => transcript.observe(logArity));
  if (!hasWork(transcript, queryWork, folds.nonce)) return 'the work before the queries';
  const indices = Array.from({ length: queries }, () => transcript.bits(log));

  const trace = [
    { at: zeta, values: local },
    { at: scale(zeta, step), values: next },
  ];
  const quotient = [{ at: zeta, values: chunk }];
  const batches: readonly (readonly Matrix<Ext>[])[] = [
    [{ log, width: FIBONACCI_WIDTH, points: trace }],
    [{ log, width: field.degree, points: quotient }],
  ];
  const roots = [traceRoot, quotientRoot];
  const wrong = inputsProblem(TWO_ADIC_SETTING, roots, batches, openings, indices, log);
  if (wrong !== undefined) return wrong;

  const chains = indices.map((place, query): Chain => {
    const x = mulWords(BABY_BEAR_GENERATOR, powWord(twoAdicGenerator(log), reverseBits(place, log)));
    let reduced = field.zero;
    let weight = one;
    for (const [batch, matrices] of batches.entries()) {
      for (const [m, { points }] of matrices.entries()) {
        const cells = openings[batch]?.rows[query]?.[m] as readonly number[];
        for (const { at, values } of points) {
          const factor = inv(sub(at, field.of(x)));
          for (const [column, value] of values.entries()) {
            const difference = sub(value, field.of(cells[column] as number));
            reduced = add(reduced, mul(weight, mul(difference, factor)));
            weight = mul(weight, batching);
          }
        }
      }
    }
    return { place, values: new Map([[log, reduced]]) };
  });
  const x = (place: number, own: number): number => powWord(twoAdicGenerator(own), reverseBits(place, own));
  return foldsProblem(
    TWO_ADIC_SETTING,
    folds,
    betas,
    chains,
    log,
    (place, own) => x(2 * place, own + 1),
    (place) => {
      const last = x(place, logBlowup + logFinal);
      return folds.final.reduceRight((sum, coefficient) => add(scale(sum, last), coefficient));
    },
  );
}
