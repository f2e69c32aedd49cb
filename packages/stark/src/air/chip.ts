import { fail } from '../errors.ts';
import type { Node, Operand } from './expression.ts';
import { Expression, Graph, sum } from './expression.ts';
import { toM31 } from '../field/m31.ts';

/** A named multiset that chips send messages to and receive them from; all messages have `arity` values. */
export type Bus = { readonly name: string; readonly arity: number };

/** Most values of a message. */
export const MAX_BUS_ARITY = 32;

/** @example const bytes = defineBus('bytes', 1); */
export function defineBus(name: string, arity: number): Bus {
  if (!(Number.isInteger(arity) && arity >= 1 && arity <= MAX_BUS_ARITY)) {
    throw fail('STARK_INVALID_AIR', {
      chip: name,
      what: `a bus has 1 to ${MAX_BUS_ARITY} values, not ${arity}`,
    });
  }
  return { name, arity };
}

/** An expression that has to be zero on every row. */
export type Constraint = { readonly name: string; readonly expression: number };

/** What a row adds to a bus: `values`, `multiplicity` times (sent) or minus that (received). */
export type Interaction = {
  readonly bus: Bus;
  readonly kind: 'send' | 'receive';
  readonly values: readonly number[];
  readonly multiplicity: number;
};

/** One table of a machine: its columns, what has to hold on each row, what it says on which bus. */
export type Chip = {
  readonly name: string;
  readonly graph: Graph;
  readonly main: readonly string[];
  readonly preprocessed: readonly string[];
  /** Nodes known to be 0 or 1 on every row, by a constraint of their own. */
  readonly booleans: ReadonlySet<number>;
  readonly constraints: readonly Constraint[];
  readonly interactions: readonly Interaction[];
  /** Whether a proof may come without this table, as if it had no rows. */
  readonly optional: boolean;
};

/** What a chip's definition is written with. Constraints hold on every row, the last one too. */
export type AirBuilder = {
  /** A new main column. */
  readonly column: (name: string) => Expression;
  /** `count` main columns `name.0`, `name.1`, … */
  readonly columns: (name: string, count: number) => Expression[];
  /** A main column that is 0 or 1. */
  readonly flag: (name: string) => Expression;
  /** A column fixed with the machine: tables, programs. */
  readonly preprocessed: (name: string) => Expression;
  /** 1 on the first row and 0 elsewhere. */
  readonly isFirst: Expression;
  readonly isLast: Expression;
  /** 1 on all rows but the last. */
  readonly isTransition: Expression;
  /** A public value of the statement. */
  readonly public: (index: number) => Expression;
  readonly constant: (value: number | bigint) => Expression;
  readonly sum: (terms: readonly Expression[]) => Expression;
  readonly assertZero: (name: string, expression: Expression) => void;
  readonly assertEqual: (name: string, a: Expression, b: Operand) => void;
  readonly assertBoolean: (name: string, expression: Expression) => void;
  /** Each flag is boolean and exactly one of them (none, where `total` is 0) is set. */
  readonly assertOneHot: (name: string, flags: readonly Expression[], total?: Operand) => void;
  /** The constraints stated in `body` hold where `condition` is not zero: it multiplies them. */
  readonly when: (condition: Expression, body: () => void) => void;
  /** Adds a message to a bus, `multiplicity` times (1 unless given): not subject to `when`. */
  readonly send: (bus: Bus, values: readonly Operand[], multiplicity?: Operand) => void;
  /** Takes a message from a bus: what is sent and what is received has to be the same in all. */
  readonly receive: (bus: Bus, values: readonly Operand[], multiplicity?: Operand) => void;
};

/**
 * Defines a chip. The definition runs once; the row checker, the linter, the prover's generated code and
 * the verifier all read the graph that comes out.
 *
 * @throws `STARK_INVALID_AIR`
 * @example
 * const fibonacci = defineChip('fibonacci', (air) => {
 *   const [a, b] = [air.column('a'), air.column('b')];
 *   air.when(air.isFirst, () => air.assertEqual('start', a, air.public(0)));
 *   air.when(air.isTransition, () => air.assertEqual('step', b.next(), a.add(b)));
 * });
 */
export function defineChip(
  name: string,
  define: (air: AirBuilder) => void,
  { optional = false }: { readonly optional?: boolean } = {},
): Chip {
  const graph = new Graph();
  const main: string[] = [];
  const preprocessed: string[] = [];
  const booleans = new Set<number>();
  const constraints: Constraint[] = [];
  const interactions: Interaction[] = [];
  const conditions: Expression[] = [];
  const wrong = (what: string): never => {
    throw fail('STARK_INVALID_AIR', { chip: name, what });
  };

  const leaf = (node: Node): Expression => new Expression(graph, graph.add(node));
  const constant = (value: number | bigint): Expression => leaf({ op: 'constant', value: toM31(value) });
  const lift = (operand: Operand): Expression =>
    operand instanceof Expression ? operand : constant(operand);
  const newColumn = (names: string[], tree: 'main' | 'preprocessed', column: string): Expression => {
    if (main.includes(column) || preprocessed.includes(column)) wrong(`two columns are called '${column}'`);
    names.push(column);
    return leaf({ op: 'column', tree, index: names.length - 1, offset: 0 });
  };
  const isLast = leaf({ op: 'selector', row: 'last' });
  const assertZero = (what: string, expression: Expression): void => {
    if (constraints.some((known) => known.name === what)) wrong(`two constraints are called '${what}'`);
    const guarded = conditions.reduce((inner, condition) => condition.mul(inner), expression);
    if (guarded.graph !== graph) wrong(`constraint '${what}' is made of another chip's columns`);
    constraints.push({ name: what, expression: guarded.id });
  };
  const assertBoolean = (what: string, expression: Expression): void => {
    if (conditions.length === 0) booleans.add(expression.id);
    assertZero(what, expression.mul(expression.sub(1)));
  };
  const interact = (
    kind: 'send' | 'receive',
    bus: Bus,
    values: readonly Operand[],
    multiplicity: Operand,
  ): void => {
    if (values.length !== bus.arity) {
      wrong(`bus '${bus.name}' takes ${bus.arity} values, not ${values.length}`);
    }
    interactions.push({
      bus,
      kind,
      values: values.map((value) => lift(value).id),
      multiplicity: lift(multiplicity).id,
    });
  };

  const air: AirBuilder = {
    column: (column) => newColumn(main, 'main', column),
    columns: (column, count) =>
      Array.from({ length: count }, (_, i) => newColumn(main, 'main', `${column}.${i}`)),
    flag: (column) => {
      const flag = newColumn(main, 'main', column);
      booleans.add(flag.id);
      constraints.push({ name: `${column} is boolean`, expression: flag.mul(flag.sub(1)).id });
      return flag;
    },
    preprocessed: (column) => newColumn(preprocessed, 'preprocessed', column),
    isFirst: leaf({ op: 'selector', row: 'first' }),
    isLast,
    isTransition: isLast.not(),
    public: (index) => leaf({ op: 'public', index }),
    constant,
    sum: (terms) => sum(graph, terms),
    assertZero,
    assertEqual: (what, a, b) => assertZero(what, a.sub(b)),
    assertBoolean,
    assertOneHot: (what, flags, total = 1) => {
      flags.forEach((flag, i) => {
        if (!booleans.has(flag.id)) assertBoolean(`${what}: flag ${i} is boolean`, flag);
      });
      assertZero(what, sum(graph, flags).sub(total));
    },
    when: (condition, body) => {
      conditions.push(condition);
      body();
      conditions.pop();
    },
    send: (bus, values, multiplicity = 1) => interact('send', bus, values, multiplicity),
    receive: (bus, values, multiplicity = 1) => interact('receive', bus, values, multiplicity),
  };
  define(air);
  if (main.length + preprocessed.length === 0) wrong('it has no columns');
  return { name, graph, main, preprocessed, booleans, constraints, interactions, optional };
}

/** How a chip's leaves are called in messages. */
export function leafName(chip: Chip, node: Node): string {
  switch (node.op) {
    case 'column': {
      const names = node.tree === 'main' ? chip.main : chip.preprocessed;
      return `${names[node.index] ?? `${node.tree} ${node.index}`}${node.offset === 1 ? "'" : ''}`;
    }
    case 'selector':
      return node.row === 'first' ? 'isFirst' : 'isLast';
    case 'public':
      return `public[${node.index}]`;
    case 'wide':
      return `sum ${node.index}${node.offset === 1 ? "'" : ''}`;
    case 'challenge':
      return `challenge[${node.index}]`;
    default:
      return node.op;
  }
}
