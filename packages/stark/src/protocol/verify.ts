import type { PublicMessage } from '../air/machine.ts';
import type { Node } from '../air/expression.ts';
import { evaluateConstraints } from '../air/evaluate.ts';
import { pointAtStored, selectorExt, vanishingExt } from '../circle/domain.ts';
import type { ExtPoint } from '../circle/point.ts';
import { doubleExtX } from '../circle/point.ts';
import { TREE_IDS } from '../commit/nodes.ts';
import type { OpenedRows } from '../commit/open.ts';
import { checkOpening, openingSize } from '../commit/open.ts';
import type { Ext, ExtensionField } from '../field/extension.ts';
import { extensionOf } from '../field/extension.ts';
import { addM31, invM31, isM31, mulM31, P, toM31 } from '../field/m31.ts';
import { DIGEST_WORDS } from '../kernel/hasher.ts';
import { absorbStatement, drawLookupChallenges, drawPoint } from './challenges.ts';
import type { VerifyingKey } from './keys.ts';
import type { HeightGroup, Layout, Opening, PlacedChip } from './layout.ts';
import { createLayout, TREES } from './layout.ts';
import { evaluateLine, foldPair, lineX } from './line.ts';
import type { Proof, SegmentProof } from './proof.ts';
import { MAX_SEGMENTS } from './proof.ts';
import type { QuotientTerms } from './quotient.ts';
import { pointsOf, quotientAt, quotientTerms } from './quotient.ts';
import type { SecurityReport } from './security.ts';
import { securityOf, securityShape } from './security.ts';
import { check, checkHeights } from './statement.ts';
import { MESSAGES, Transcript } from './transcript.ts';

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
    return createLayout(machine, logHeights, key.fixedLogHeights, parameters);
  });
  const report = securityOf(parameters, securityShape(machine, layouts));
  check(report.provenBits >= parameters.targetBits, 'its heights leave too few bits of security');
  checkMultiplicities(layouts);

  const transcript = new Transcript();
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
      layout: layouts[i] as Layout,
      lookup,
      publicValues: publicValues[i] as readonly number[],
    };
    verifySegment(context, own, segment);
    for (const claimed of segment.claimedSums) balance = field.add(balance, claimed);
    for (const message of machine.messages(context.publicValues)) {
      balance = field.add(balance, publicFraction(context, message));
    }
  });
  check(field.isZero(balance), 'what was sent is not what was received');
  return report;
}

type VerifierContext = {
  readonly key: VerifyingKey;
  readonly field: ExtensionField;
  readonly layout: Layout;
  readonly lookup: readonly Ext[];
  readonly publicValues: readonly number[];
};

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

/** What a public message adds to the balance of its bus. */
function publicFraction(
  { field, lookup, key }: VerifierContext,
  { bus, values, multiplicity }: PublicMessage,
): Ext {
  const { add, sub, scale, inv, from, isZero } = field;
  const id = key.machine.buses.indexOf(bus) + 1;
  check(id > 0 && values.length === bus.arity, 'a public message is malformed');
  let fingerprint = from(id);
  values.forEach((value, i) => {
    fingerprint = add(fingerprint, scale(lookup[i + 1] as Ext, toM31(value)));
  });
  const denominator = sub(lookup[0] as Ext, fingerprint);
  check(!isZero(denominator), 'a public message has no fraction');
  return scale(inv(denominator), toM31(multiplicity));
}

function verifySegment(context: VerifierContext, transcript: Transcript, proof: SegmentProof): void {
  const { key, field, layout } = context;
  const { grinding, queryGrinding, queries } = key.parameters;
  const { groups, fold: plan, trees } = layout;
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
  transcript.absorb(MESSAGES.openedValues, proof.opened.flat(2));
  checkIdentities(context, proof, talking, point, combination);

  work(grinding);
  const batching = transcript.element(field);
  transcript.absorb(MESSAGES.foldRoot, proof.quotientRoot);
  work(grinding);
  const circleChallenge = transcript.element(field);
  const folds = plan.layers.map(({ log, fold }, i) => {
    transcript.absorb(MESSAGES.foldRoot, proof.foldRoots[i] as Uint32Array);
    work(grinding);
    const challenge = transcript.element(field);
    const joining = groups.findIndex((group) => group.log - 1 === log - fold);
    return { log, fold, challenge, joining, factor: joining > 0 ? transcript.element(field) : field.zero };
  });
  transcript.absorb(MESSAGES.finalPolynomial, proof.finalPolynomial.flat());
  work(queryGrinding);
  const logQueries = groups[0]?.log as number;
  const indices = transcript.indices(queries, logQueries);

  // The trees that are there, in the order of the openings.
  let opening = 0;
  const open = (
    id: number,
    root: Uint32Array | undefined,
    logs: readonly number[],
  ): OpenedRows | undefined => {
    if (root === undefined) return undefined;
    const { values, siblings } = proof.openings[opening++] as SegmentProof['openings'][number];
    const claim = { id, root, logs, queries: indices, logQueries };
    check(values.length === openingSize(claim), 'an opening has the wrong size');
    check(
      values.every((word) => word < P),
      'an opened value is not canonical',
    );
    let at = 0;
    const rows = checkOpening(claim, values, () =>
      at < siblings.length ? siblings.subarray(at, (at += DIGEST_WORDS)) : undefined,
    );
    check(rows !== undefined && at === siblings.length, 'an opening does not belong to its root');
    return rows;
  };
  const roots = {
    preprocessed: key.preprocessedRoot,
    main: proof.mainRoot,
    interaction: proof.interactionRoot,
    composition: proof.compositionRoot,
  };
  const rows = Object.fromEntries(
    TREES.map((tree) => [
      tree,
      open(
        TREE_IDS[tree],
        roots[tree],
        trees[tree].map(({ log }) => log),
      ),
    ]),
  );
  const { degree } = field;
  const quotientRows = open(
    TREE_IDS.quotients,
    proof.quotientRoot,
    // One pair a group: heights differ, so each has a layer to itself.
    groups.flatMap(({ log }) => new Array<number>(2 * degree).fill(log - 1)),
  ) as OpenedRows;
  const foldRows = folds.map(
    ({ log, fold }, i) =>
      open(
        TREE_IDS.firstFold + i,
        proof.foldRoots[i],
        new Array<number>(degree * 2 ** fold).fill(log - fold),
      ) as OpenedRows,
  );

  const combiners = groups.map((group, g) =>
    createCombiner(context, group, point, proof.opened[g] as readonly Ext[], batching),
  );
  for (const query of new Set(indices)) {
    // From the columns to the committed quotients, and to the line each of them folds to.
    const lines = groups.map(({ log }, g) => {
      const place = Math.floor(query / 2 ** (logQueries - log));
      const pair = quotientRows.row(log - 1, query);
      const [a, b] = [0, 1].map((member) =>
        Array.from(pair.subarray(member * degree, (member + 1) * degree)),
      ) as readonly Ext[] as readonly [Ext, Ext];
      const expected = combiners[g]?.(
        (tree, own) => (rows[tree] as OpenedRows).row(own, query),
        place,
      ) as Ext;
      check(field.eq(place % 2 === 0 ? a : b, expected), 'a quotient is not that of the columns');
      const { y } = pointAtStored(place - (place % 2), log);
      return foldPair(field, a, b, y, circleChallenge);
    });
    let value = lines[0] as Ext;
    let place = Math.floor(query / 2);
    folds.forEach(({ log, fold, challenge, joining, factor }, i) => {
      const row = foldRows[i]?.row(log - fold, query) as Uint32Array;
      const size = 2 ** fold;
      let members = Array.from({ length: size }, (_, m): Ext =>
        Array.from(row.subarray(m * degree, (m + 1) * degree)),
      );
      check(field.eq(members[place % size] as Ext, value), 'a fold is not that of the layer above');
      let own = challenge;
      for (let step = 0; step < fold; step++) {
        const first = Math.floor(place / size) * 2 ** (fold - step);
        const before = members;
        members = Array.from({ length: before.length / 2 }, (_, m) =>
          foldPair(
            field,
            before[2 * m] as Ext,
            before[2 * m + 1] as Ext,
            lineX(first + 2 * m, log - step),
            own,
          ),
        );
        own = field.mul(own, own);
      }
      value = members[0] as Ext;
      if (joining > 0) value = field.add(value, field.mul(factor, lines[joining] as Ext));
      place = Math.floor(place / size);
    });
    const expected = evaluateLine(field, proof.finalPolynomial, lineX(place, plan.finalLog));
    check(field.eq(value, expected), 'the last fold is not the final polynomial');
  }
}

/** Whether everything is there as often as the layout says, and every word is canonical. */
function checkShape({ key, field, layout }: VerifierContext, proof: SegmentProof, talking: number): void {
  const { fold: plan, groups } = layout;
  const { opened, claimedSums, finalPolynomial, foldRoots, nonces, openings } = proof;
  check(claimedSums.length === talking, 'it has another number of claimed sums');
  check((proof.interactionRoot !== undefined) === talking > 0, 'its lookup columns are missing or too many');
  check(
    opened.length === groups.length &&
      opened.every((values, g) => values.length === groups[g]?.openings.length),
    'it opens other columns',
  );
  check(finalPolynomial.length === 2 ** plan.logFinal, 'its final polynomial has another degree');
  check(foldRoots.length === plan.layers.length, 'it has another number of folds');
  check(nonces.length === 5 + plan.layers.length, 'it has another number of nonces');
  const trees = [key.preprocessedRoot, proof.interactionRoot].filter((root) => root !== undefined).length;
  check(openings.length === trees + 3 + foldRoots.length, 'it has another number of openings');
  for (const element of [...claimedSums, ...opened.flat(), ...finalPolynomial]) {
    check(field.isElement(element), 'an element is not canonical');
  }
  for (const digest of [proof.mainRoot, proof.compositionRoot, proof.quotientRoot, ...foldRoots]) {
    checkDigest(digest);
  }
  if (proof.interactionRoot !== undefined) checkDigest(proof.interactionRoot);
}

/** At the point, each chip's combined constraints have to be what vanishes on its trace times its quotient. */
function checkIdentities(
  { field, layout, lookup, publicValues }: VerifierContext,
  proof: SegmentProof,
  talking: readonly PlacedChip[],
  point: ExtPoint,
  combination: Ext,
): void {
  const { degree } = field;
  const values = new Map<string, Ext>();
  layout.groups.forEach(({ openings }, g) => {
    openings.forEach(({ tree, place, next }, i) => {
      const { chip, column } = layout.trees[tree][place] as Layout['trees']['main'][number];
      values.set(`${tree} ${chip} ${column} ${next ? 1 : 0}`, proof.opened[g]?.[i] as Ext);
    });
  });
  layout.chips.forEach((placed, chip) => {
    const { compiled, logHeight } = placed;
    const opened = (tree: string, column: number, offset: number): Ext =>
      values.get(`${tree} ${chip} ${column} ${offset}`) as Ext;
    const wide = (tree: string, first: number, offset: number): Ext =>
      joinCoordinates(
        field,
        Array.from({ length: degree }, (_, k) => opened(tree, first + k, offset)),
      );
    const claimed = proof.claimedSums[talking.indexOf(placed)] ?? field.zero;
    const share = field.scale(claimed, invM31(2 ** logHeight));
    const leaf = (node: Node): Ext => {
      switch (node.op) {
        case 'column':
          return opened(node.tree, node.index, node.offset);
        case 'wide':
          return wide('interaction', node.index * degree, node.offset);
        case 'selector':
          return selectorExt(field, node.row, point, logHeight);
        case 'public':
          return field.from(publicValues[node.index] as number);
        case 'challenge':
          return lookup[node.index] as Ext;
        default:
          return share;
      }
    };
    const vanishes = vanishingExt(field, point.x, logHeight);
    // Piece p stands for coefficients from p N on: their basis has the factors of p's bits, which go on
    // doubling x where the trace's own ends, at what vanishes on the trace.
    let pieces = Array.from({ length: 2 ** compiled.logPieces }, (_, piece) =>
      wide('composition', piece * degree, 0),
    );
    for (let factor = vanishes; pieces.length > 1; factor = doubleExtX(field, factor)) {
      const by = factor;
      const before = pieces;
      pieces = Array.from({ length: before.length / 2 }, (_, i) =>
        field.add(before[2 * i] as Ext, field.mul(before[2 * i + 1] as Ext, by)),
      );
    }
    const combined = evaluateConstraints(field, compiled, leaf, combination);
    check(
      field.eq(combined, field.mul(vanishes, pieces[0] as Ext)),
      `the constraints of chip '${compiled.chip.name}' do not hold`,
    );
  });
}

/** The value of a polynomial over E from those of its coordinates, which are polynomials over M31. */
function joinCoordinates(field: ExtensionField, coordinates: readonly Ext[]): Ext {
  return coordinates.reduce((total, value, k) => {
    const unit = field.zero.map((_, i) => (i === k ? 1 : 0));
    return field.add(total, field.mul(unit, value));
  }, field.zero);
}

/** Computes a group's quotient at a place from the rows of the trees there. */
type Combiner = (rowOf: (tree: Opening['tree'], log: number) => Uint32Array, place: number) => Ext;

function createCombiner(
  { field, layout }: VerifierContext,
  group: HeightGroup,
  point: ExtPoint,
  opened: readonly Ext[],
  batching: Ext,
): Combiner {
  const { degree, add } = field;
  const powers = field.powers(batching, group.openings.length);
  // For each point, per tree: which words of a row get which coefficient.
  const parts = pointsOf(field, group, point).map(({ point: at, members }) => {
    const coefficients = members.map((member) => powers[member.at] as Ext);
    const terms: QuotientTerms = quotientTerms(
      field,
      at,
      members.map((member) => opened[member.at] as Ext),
      coefficients,
    );
    const trees = TREES.map((tree) => {
      const own = layout.trees[tree].flatMap(({ log }, place) => (log === group.log ? [place] : []));
      const positions: number[] = [];
      const words: number[] = [];
      members.forEach(({ opening }, i) => {
        if (opening.tree !== tree) return;
        positions.push(own.indexOf(opening.place));
        words.push(...(coefficients[i] as Ext));
      });
      return { tree, positions: Uint32Array.from(positions), words: Uint32Array.from(words) };
    }).filter(({ positions }) => positions.length > 0);
    return { terms, trees };
  });
  return (rowOf, place) => {
    const { x, y } = pointAtStored(place, group.log);
    return parts.reduce((total, { terms, trees }) => {
      const combined = new Array<number>(degree).fill(0);
      for (const { tree, positions, words } of trees) {
        const row = rowOf(tree, group.log);
        for (let i = 0; i < positions.length; i++) {
          const value = row[positions[i] as number] as number;
          for (let k = 0; k < degree; k++) {
            combined[k] = addM31(combined[k] as number, mulM31(value, words[i * degree + k] as number));
          }
        }
      }
      return add(total, quotientAt(field, terms, combined, x, y));
    }, field.zero);
  };
}
