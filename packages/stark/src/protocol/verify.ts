import type { PublicMessage } from '../air/machine.ts';
import type { Ext } from '../field/extension.ts';
import { extensionOf } from '../field/extension.ts';
import { isM31, P, toM31 } from '../field/m31.ts';
import { DIGEST_WORDS } from '../kernel/hasher.ts';
import { verifierMemory } from '../kernel/verifier.ts';
import { absorbStatement, drawLookupChallenges, drawPoint } from './challenges.ts';
import { checkIdentities } from './identities.ts';
import type { VerifyingKey } from './keys.ts';
import type { Layout } from './layout.ts';
import { layoutOf } from './layout.ts';
import type { Proof, SegmentProof } from './proof.ts';
import { MAX_SEGMENTS } from './proof.ts';
import { checkQueries } from './queries.ts';
import type { SecurityReport } from './security.ts';
import { securityOf, securityShape } from './security.ts';
import { check, checkHeights } from './statement.ts';
import { MESSAGES, Transcript } from './transcript.ts';
import type { VerifierContext } from './verifier-context.ts';

/**
 * Checks a proof against what it is said to prove, and says how much that is worth.
 *
 * @param publicValues of each segment
 * @throws `STARK_INVALID_PROOF` when the proof does not hold or has not the form its heights ask for
 * @example const { provenBits } = verify(key.verifyingKey, [[0, 1, 610]], proof);
 */
export function verify(
  key: VerifyingKey,
  publicValues: readonly (readonly number[])[],
  proof: Proof,
): SecurityReport {
  const { machine, parameters } = key;
  const field = extensionOf(parameters.extensionDegree);
  check(proof.parameters === parameters.name, 'it was made with other parameters');
  check(proof.segments.length === publicValues.length, 'it has another number of segments');
  check(proof.segments.length > 0 && proof.segments.length <= MAX_SEGMENTS, 'it has no or too many segments');
  for (const values of publicValues) {
    check(values.length === machine.publicCount && values.every(isM31), 'its public values are malformed');
  }

  const layouts = proof.segments.map(({ logHeights }) => {
    checkHeights(key, logHeights);
    return layoutOf(key, logHeights);
  });
  const report = securityOf(parameters, securityShape(machine, layouts));
  check(report.provenBits >= parameters.targetBits, 'its heights leave too few bits of security');
  checkMultiplicities(layouts);

  const transcript = new Transcript(parameters.hash);
  proof.segments.forEach(({ logHeights, mainRoot }, i) => {
    checkDigest(mainRoot);
    absorbStatement(transcript, key, publicValues[i] as readonly number[], logHeights, mainRoot);
  });
  transcript.absorb(MESSAGES.bundle, [proof.segments.length]);
  check(transcript.checkGrind(parameters.grinding, proof.lookupNonce), 'it lacks work');
  const lookup = drawLookupChallenges(transcript, field, machine);

  let balance = field.zero;
  proof.segments.forEach((segment, i) => {
    const own = transcript.fork();
    own.absorb(MESSAGES.segment, [i]);
    const context: VerifierContext = {
      key,
      field,
      memory: verifierMemory(parameters.extensionDegree),
      layout: layouts[i] as Layout,
      lookup,
      publicValues: publicValues[i] as readonly number[],
    };
    verifySegment(context, own, segment);
    for (const claimed of segment.claimedSums) balance = field.add(balance, claimed);
    balance = field.add(balance, publicFractions(context, machine.messages(context.publicValues)));
  });
  check(field.isZero(balance), 'what was sent is not what was received');
  return report;
}

function checkDigest(digest: Uint32Array): void {
  check(digest.length === DIGEST_WORDS, 'a digest has the wrong length');
}

/** Multiplicities are counted modulo p: with as many messages, sent and not received ones could meet. */
function checkMultiplicities(layouts: readonly Layout[]): void {
  let messages = 0;
  for (const { chips } of layouts) {
    for (const { compiled, logHeight } of chips) {
      messages += compiled.chip.interactions.length * 2 ** logHeight;
    }
  }
  check(messages < P, 'its tables send more messages than can be counted');
}

/** What public messages add to the balance of their buses: the sum of their fractions, with one inversion. */
function publicFractions({ field, lookup, key }: VerifierContext, messages: readonly PublicMessage[]): Ext {
  const { add, sub, mul, scale, inv, from, isZero, zero, one } = field;
  const { buses } = key.machine;
  let numerator = zero;
  let denominator = one;
  for (const { bus, values, multiplicity } of messages) {
    const id = buses.indexOf(bus) + 1;
    check(id > 0 && values.length === bus.arity, 'a public message is malformed');
    let fingerprint = from(id);
    values.forEach((value, i) => {
      fingerprint = add(fingerprint, scale(lookup[i + 1] as Ext, toM31(value)));
    });
    const own = sub(lookup[0] as Ext, fingerprint);
    numerator = add(mul(numerator, own), scale(denominator, toM31(multiplicity)));
    denominator = mul(denominator, own);
  }
  check(!isZero(denominator), 'a public message has no fraction');
  return mul(numerator, inv(denominator));
}

function verifySegment(context: VerifierContext, transcript: Transcript, proof: SegmentProof): void {
  const { key, field, layout } = context;
  const { grinding, queryGrinding, queries } = key.parameters;
  const { groups, fold: plan } = layout;
  const talking = layout.chips.filter(({ compiled }) => compiled.groups.length > 0);
  checkShape(context, proof, talking.length);
  let nonce = 0;
  const work = (bits: number): void => {
    check(transcript.checkGrind(bits, proof.nonces[nonce++] as number), 'it lacks work');
  };

  if (proof.interactionRoot !== undefined) transcript.absorb(MESSAGES.interactionRoot, proof.interactionRoot);
  transcript.absorb(MESSAGES.claimedSums, proof.claimedSums.flat());
  work(grinding);
  const combination = transcript.element(field);
  transcript.absorb(MESSAGES.compositionRoot, proof.compositionRoot);
  work(grinding);
  const point = drawPoint(transcript, field);
  transcript.absorb(MESSAGES.openedValues, ...proof.opened);
  checkIdentities(context, proof, talking, point, combination);

  work(grinding);
  const batching = transcript.element(field);
  transcript.absorb(MESSAGES.foldRoot, proof.quotientRoot);
  work(grinding);
  const circleChallenge = transcript.element(field);
  const factorsOf = (joining: readonly number[]): readonly Ext[] =>
    joining.map(() => transcript.element(field));
  const folds = plan.layers.map((layer, i) => {
    const factors = factorsOf(layer.joining);
    transcript.absorb(MESSAGES.foldRoot, proof.foldRoots[i] as Uint32Array);
    work(grinding);
    return { ...layer, factors, challenge: transcript.element(field) };
  });
  const lastFactors = factorsOf(plan.joining);
  transcript.absorb(MESSAGES.finalPolynomial, proof.finalPolynomial.flat());
  work(queryGrinding);
  const logQueries = groups[0]?.log as number;
  const indices = transcript.indices(queries, logQueries);

  checkQueries(context, proof, { point, batching, circleChallenge, folds, lastFactors, indices });
}

/** Whether everything is there as often as the layout says, and every word is canonical. */
function checkShape({ key, field, layout }: VerifierContext, proof: SegmentProof, talking: number): void {
  const { fold: plan, groups } = layout;
  const { opened, claimedSums, finalPolynomial, foldRoots, nonces, openings } = proof;
  check(claimedSums.length === talking, 'it has another number of claimed sums');
  check((proof.interactionRoot !== undefined) === talking > 0, 'its lookup columns are missing or too many');
  check(
    opened.length === groups.length &&
      opened.every((values, g) => values.length === field.degree * (groups[g]?.openings.length ?? 0)),
    'it opens other columns',
  );
  check(finalPolynomial.length === 2 ** plan.logFinal, 'its final polynomial has another degree');
  check(foldRoots.length === plan.layers.length, 'it has another number of folds');
  check(nonces.length === 5 + plan.layers.length, 'it has another number of nonces');
  const trees = [key.preprocessedRoot, proof.interactionRoot].filter((root) => root !== undefined).length;
  check(openings.length === trees + 3 + foldRoots.length, 'it has another number of openings');
  for (const element of [...claimedSums, ...finalPolynomial]) {
    check(field.isElement(element), 'an element is not canonical');
  }
  check(
    opened.every((values) => values.every((word) => word < P)),
    'an opened value is not canonical',
  );
  for (const digest of [proof.mainRoot, proof.compositionRoot, proof.quotientRoot, ...foldRoots]) {
    checkDigest(digest);
  }
  if (proof.interactionRoot !== undefined) checkDigest(proof.interactionRoot);
}
