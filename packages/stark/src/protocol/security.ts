import type { Machine } from '../air/machine.ts';
import type { HeightGroup, Layout } from './layout.ts';
import type { Parameters } from './parameters.ts';

// Round-by-round soundness in bits: what an attacker gains in each round is bounded on its own, and the
// weakest round counts. Formulas: Circle STARKs (eprint 2024/278), proximity gaps (2020/654, 2025/2055).
// The conjectures up to capacity are disproved (2025/2010, 2025/2046): `heuristic` is their old figure,
// for comparison with systems that state only that.

/** The rounds a prover could cheat in. */
export type SecurityRounds = {
  /** Lookup argument: (messages · length) / |E|. */
  readonly lookup: number;
  /** Random combination of constraints. */
  readonly constraints: number;
  /** The identity of polynomials at one point. */
  readonly point: number;
  /** Random combination of quotients. */
  readonly batching: number;
  /** Each folding. */
  readonly folding: number;
  readonly queries: number;
};

/** How a regime's list of codewords near a word is bounded. */
export type Regime = 'unique decoding' | 'Johnson';

export type SecurityReport = {
  readonly parameters: string;
  /** The weakest round in the better regime. */
  readonly provenBits: number;
  readonly regime: Regime;
  readonly rounds: SecurityRounds;
  /** Queries as random words would need them, capped by the field. */
  readonly heuristicBits: number;
  /** Collisions of 256-bit digests. */
  readonly hashBits: number;
  /** False for the set that is for tests only. */
  readonly secure: boolean;
};

/** Collision resistance of the trees and the transcript. */
export const HASH_BITS = 128;

/** What the bounds depend on, over all segments of a proof. */
export type SecurityShape = {
  /** log2 of the largest evaluation domain. */
  readonly logDomain: number;
  /** log2 of the largest trace. */
  readonly logHeight: number;
  /** Most openings of one height. */
  readonly openings: number;
  /** Tables in all segments, and the most constraints of one. */
  readonly tables: number;
  readonly constraints: number;
  readonly maxDegree: number;
  /** Messages of all rows of all tables. */
  readonly messages: number;
  /** Values of the longest message, with the bus' id. */
  readonly messageLength: number;
  /** Whether a line is lifted to a larger one, which is proven for unique decoding only (see `fold.ts`). */
  readonly isLifted: boolean;
};

/** Gathers a shape from the layouts of a proof's segments. */
export function securityShape(machine: Machine, layouts: readonly Layout[]): SecurityShape {
  const chips = layouts.flatMap((layout) => layout.chips);
  const groups = layouts.flatMap((layout) => layout.groups);
  return {
    logDomain: Math.max(...groups.map(({ log }) => log)),
    logHeight: Math.max(...groups.map(({ logHeight }) => logHeight)),
    openings: Math.max(...groups.map(({ openings }) => openings.length)),
    tables: chips.length,
    constraints: Math.max(...chips.map(({ compiled }) => compiled.constraints.length)),
    maxDegree: machine.maxDegree,
    messages: chips.reduce(
      (total, { compiled, logHeight }) => total + compiled.chip.interactions.length * 2 ** logHeight,
      0,
    ),
    messageLength: 1 + Math.max(0, ...machine.buses.map(({ arity }) => arity)),
    isLifted: layouts.some(({ fold, groups: own }) =>
      fold.layers.some(({ log, joining }) =>
        joining.some(
          (group) => (own[group] as HeightGroup).log - (fold.quotientFolds[group] as number) !== log,
        ),
      ),
    ),
  };
}

/** The multiplicities of Johnson's bound that are tried: more gain less than they cost. */
const MULTIPLICITIES = [3, 4, 5, 7, 10, 15, 20, 30, 50, 100] as const;

/**
 * Bits of security of a parameter set at a shape.
 *
 * @example securityOf(PARAMETER_SETS.p100, shape).provenBits >= 100
 */
export function securityOf(parameters: Parameters, shape: SecurityShape): SecurityReport {
  const { logBlowup, queries, queryGrinding, extensionDegree, targetBits, name } = parameters;
  const field = extensionDegree * Math.log2(0x7fffffff);
  const candidates = [
    { regime: 'unique decoding' as const, rounds: regimeRounds(parameters, shape, undefined) },
    ...(shape.isLifted ? [] : MULTIPLICITIES).map((m) => ({
      regime: 'Johnson' as const,
      rounds: regimeRounds(parameters, shape, m),
    })),
  ].map((candidate) => ({ ...candidate, bits: weakest(candidate.rounds) }));
  const best = candidates.reduce((a, b) => (b.bits > a.bits ? b : a));
  return {
    parameters: name,
    provenBits: Math.min(best.bits, HASH_BITS),
    regime: best.regime,
    rounds: best.rounds,
    heuristicBits: Math.min(
      logBlowup * queries + queryGrinding,
      field - shape.logDomain,
      weakest({ ...best.rounds, queries: Infinity }),
      HASH_BITS,
    ),
    hashBits: HASH_BITS,
    secure: targetBits > 0,
  };
}

function weakest(rounds: SecurityRounds): number {
  return Math.min(...Object.values(rounds));
}

/**
 * The rounds' bits in one regime.
 *
 * @param m Johnson's multiplicity, undefined for unique decoding
 */
export function regimeRounds(
  parameters: Parameters,
  shape: SecurityShape,
  m: number | undefined,
): SecurityRounds {
  const { logBlowup, queries, queryGrinding, grinding, extensionDegree, maxFold } = parameters;
  const { log2 } = Math;
  const field = extensionDegree * log2(0x7fffffff);
  const rho = 2 ** -logBlowup;
  // log2 of the exceptions to a proximity gap of a line, and of the codewords near a word.
  const exceptions =
    m === undefined ? shape.logDomain : log2((2 * (m + 0.5) ** 5) / (3 * rho ** 1.5)) + shape.logDomain;
  const list = m === undefined ? 0 : log2((m + 0.5) / Math.sqrt(rho));
  const agreement = m === undefined ? (1 + rho) / 2 : Math.sqrt(rho) * (1 + 1 / (2 * m));
  return {
    lookup: field - log2(Math.max(2, shape.messages) * shape.messageLength) + grinding,
    constraints: field - log2(shape.constraints * shape.tables) - list + grinding,
    // Two circle polynomials of degree d agree in at most 2d points; the next row's point is one more.
    point: field - log2(2 * (shape.maxDegree + 1) * 2 ** shape.logHeight * shape.tables) - list + grinding,
    batching: field - exceptions - log2(shape.openings) + grinding,
    // One challenge for all folds of a layer makes it a curve of degree 2^folds - 1.
    folding: field - exceptions - log2(2 ** maxFold - 1) + grinding,
    queries: agreement < 1 ? -queries * log2(agreement) + queryGrinding : 0,
  };
}

/** The report in one line. */
export function securityText(report: SecurityReport): string {
  const { parameters, provenBits, regime, heuristicBits, hashBits, secure } = report;
  const warning = secure ? '' : 'INSECURE, for tests only: ';
  return `${warning}${parameters}: ${provenBits.toFixed(1)} bits proven (${regime}), ${heuristicBits.toFixed(1)} heuristic, hash ${hashBits}`;
}
