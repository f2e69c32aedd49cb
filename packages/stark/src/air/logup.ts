import { fail } from '../errors.ts';
import type { Bus, Chip, Constraint } from './chip.ts';
import type { Graph } from './expression.ts';
import { Expression, sum } from './expression.ts';

// LogUp (eprint 2022/1530, 2023/1284): every row adds m / (alpha - fingerprint) for each message, where
// fingerprint = bus id + beta v_0 + beta^2 v_1 + …; over all chips the fractions sum to zero exactly when
// each message is received as often as it was sent, but for a chance of (messages · length) / |E|.
//
// Two fractions share a wide column where the degree allows: h d1 d2 = m1 d2 + m2 d1. The last group has
// no column of its own; it stands in the running sum's constraint, which is cyclic: on every row
//   sum' - sum + claimed / height - (columns of the other groups) = last group,
// so that adding up all rows gives the claimed sum without any boundary condition.

/** One or two fractions that are added in one constraint. */
export type FractionGroup = { readonly numerator: number; readonly denominator: number };

/** A chip with the lookup argument's constraints, ready for prover and verifier. */
export type CompiledChip = {
  readonly chip: Chip;
  /** The chip's graph and the nodes of the lookup argument. */
  readonly graph: Graph;
  /** The chip's own constraints, then those of the lookup argument. */
  readonly constraints: readonly Constraint[];
  /** Wide columns of the interaction tree: one a group, the last one the running sum. */
  readonly wideColumns: number;
  readonly groups: readonly FractionGroup[];
  /** Largest degree of a constraint; 2 at least. */
  readonly degree: number;
  /** log2 of the pieces the quotient is committed in. */
  readonly logPieces: number;
};

type Fraction = { readonly multiplicity: Expression; readonly denominator: Expression };

type Compilation = {
  readonly buses: readonly Bus[];
  readonly maxDegree: number;
  readonly compiled: CompiledChip;
};

/** The last compilation of each chip: machines that differ in public values only have theirs in common. */
const COMPILATIONS = new WeakMap<Chip, Compilation>();

/**
 * Adds the lookup argument to a chip.
 *
 * @param buses all of the machine: a bus' place is its id
 * @throws `STARK_INVALID_AIR` when a constraint's degree is above `maxDegree`
 */
export function compileChip(chip: Chip, buses: readonly Bus[], maxDegree: number): CompiledChip {
  const last = COMPILATIONS.get(chip);
  if (
    last?.maxDegree === maxDegree &&
    last.buses.length === buses.length &&
    last.buses.every((bus, i) => bus === buses[i])
  ) {
    return last.compiled;
  }
  const compiled = compile(chip, buses, maxDegree);
  COMPILATIONS.set(chip, { buses, maxDegree, compiled });
  return compiled;
}

function compile(chip: Chip, buses: readonly Bus[], maxDegree: number): CompiledChip {
  const graph = chip.graph.copy();
  const at = (id: number): Expression => new Expression(graph, id);
  const challenge = (index: number): Expression => at(graph.add({ op: 'challenge', index }));

  const fractions = chip.interactions.map(({ bus, kind, values, multiplicity }): Fraction => {
    const fingerprint = values.reduce(
      (total, value, i) => total.add(challenge(i + 1).mul(at(value))),
      at(graph.constant(buses.indexOf(bus) + 1)),
    );
    return {
      multiplicity: kind === 'send' ? at(multiplicity) : at(multiplicity).neg(),
      denominator: challenge(0).sub(fingerprint),
    };
  });

  const groups: { readonly numerator: Expression; readonly denominator: Expression }[] = [];
  for (let i = 0; i < fractions.length; i++) {
    const first = fractions[i] as Fraction;
    const second = fractions[i + 1];
    const pair = second === undefined ? undefined : addFractions(first, second);
    if (pair !== undefined && groupDegree(pair) <= maxDegree) {
      groups.push(pair);
      i++;
    } else groups.push({ numerator: first.multiplicity, denominator: first.denominator });
  }

  const constraints = [...chip.constraints];
  const columns = groups.map((_, index) => at(graph.add({ op: 'wide', index, offset: 0 })));
  groups.forEach(({ numerator, denominator }, i) => {
    let column = columns[i] as Expression;
    if (i === groups.length - 1) {
      column = column
        .next()
        .sub(column)
        .add(at(graph.add({ op: 'share' })))
        .sub(sum(graph, columns.slice(0, -1)));
    }
    const constraint = column.mul(denominator).sub(numerator);
    constraints.push({ name: `lookup ${i}`, expression: constraint.id });
  });

  let degree = 2;
  for (const { name, expression } of constraints) {
    const own = graph.degrees[expression] as number;
    if (own > maxDegree) {
      throw fail('STARK_INVALID_AIR', {
        chip: chip.name,
        what: `'${name}' has degree ${own}, above ${maxDegree}: name an intermediate value by a column`,
      });
    }
    degree = Math.max(degree, own);
  }
  return {
    chip,
    graph,
    constraints,
    wideColumns: groups.length,
    groups: groups.map(({ numerator, denominator }) => ({
      numerator: numerator.id,
      denominator: denominator.id,
    })),
    degree,
    logPieces: Math.max(1, Math.ceil(Math.log2(degree - 1))),
  };
}

function addFractions(a: Fraction, b: Fraction): { numerator: Expression; denominator: Expression } {
  return {
    numerator: a.multiplicity.mul(b.denominator).add(b.multiplicity.mul(a.denominator)),
    denominator: a.denominator.mul(b.denominator),
  };
}

function groupDegree({
  numerator,
  denominator,
}: {
  readonly numerator: Expression;
  readonly denominator: Expression;
}): number {
  return Math.max(numerator.degree, denominator.degree + 1);
}
