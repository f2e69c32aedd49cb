import type { Chip } from './chip.ts';
import { leafName } from './chip.ts';
import type { Node } from './expression.ts';
import { expressionText, reachable } from './expression.ts';
import type { Machine } from './machine.ts';

/** Something in a machine's constraints that is wrong or looks like it. */
export type LintFinding = {
  readonly rule: LintRule;
  readonly chip: string;
  readonly what: string;
};

export type LintRule =
  /** A column that no constraint and no message reads: the prover may write anything. */
  | 'unused-column'
  /** A column that is only sent along, with nothing that ties it to the others. */
  | 'unconstrained-column'
  /** A sender's multiplicity that could be more than 0 or 1: it has to be known boolean. */
  | 'free-multiplicity'
  /** A bus that is only sent to, or only received from, with no public messages to match. */
  | 'one-sided-bus'
  /** A constraint that is zero whatever the trace is, or never. */
  | 'constant-constraint';

/**
 * Reads the constraints for the mistakes behind most published soundness bugs. Findings are to be explained
 * or repaired; none is expected.
 *
 * @param withMessages buses that public values put messages on
 */
export function lintMachine(machine: Machine, withMessages: readonly string[] = []): LintFinding[] {
  const findings: LintFinding[] = [];
  for (const { chip } of machine.chips) findings.push(...lintChip(chip));
  for (const bus of machine.buses) {
    const users = machine.chips.flatMap(({ chip }) =>
      chip.interactions.filter((interaction) => interaction.bus === bus).map(({ kind }) => ({ kind, chip })),
    );
    const kinds = new Set(users.map(({ kind }) => kind));
    if (kinds.size === 1 && !withMessages.includes(bus.name)) {
      const [kind] = kinds;
      findings.push({
        rule: 'one-sided-bus',
        chip: users[0]?.chip.name ?? '',
        what: `bus '${bus.name}' knows only ${kind}s`,
      });
    }
  }
  return findings;
}

function lintChip(chip: Chip): LintFinding[] {
  const findings: LintFinding[] = [];
  const { graph, constraints, interactions, name } = chip;
  const report = (rule: LintRule, what: string): void => void findings.push({ rule, chip: name, what });
  const columnsIn = (roots: readonly number[]): Set<number> => {
    const found = new Set<number>();
    for (const id of reachable(graph, roots)) {
      const node = graph.nodes[id] as Node;
      if (node.op === 'column' && node.tree === 'main') found.add(node.index);
    }
    return found;
  };
  const constrained = columnsIn(constraints.map(({ expression }) => expression));
  const sent = columnsIn(
    interactions.flatMap(({ kind, values, multiplicity }) =>
      kind === 'send' ? [...values, multiplicity] : [],
    ),
  );
  const received = columnsIn(
    interactions.flatMap(({ kind, values, multiplicity }) =>
      kind === 'receive' ? [...values, multiplicity] : [],
    ),
  );
  chip.main.forEach((column, index) => {
    if (constrained.has(index)) return;
    // A lookup sends the value and a table receives it: that ties it. A table's multiplicity is tied by
    // the senders.
    if (sent.has(index) || received.has(index)) {
      if (!interactions.some(({ values }) => columnsIn(values).has(index)) && sent.has(index)) {
        report('unconstrained-column', `nothing ties the multiplicity '${column}' of a send`);
      }
      return;
    }
    report('unused-column', `nothing reads column '${column}'`);
  });
  for (const { kind, bus, multiplicity } of interactions) {
    if (kind === 'send' && !isBoolean(chip, multiplicity)) {
      const text = expressionText(graph, multiplicity, (node) => leafName(chip, node));
      report('free-multiplicity', `${text} messages to '${bus.name}': nothing says that is 0 or 1`);
    }
  }
  for (const { name: constraint, expression } of constraints) {
    if (graph.degrees[expression] === 0 && graph.nodes[expression]?.op === 'constant') {
      report('constant-constraint', `'${constraint}' does not depend on the trace`);
    }
  }
  return findings;
}

/** Whether a node is 0 or 1 by its form: declared, a constant, or a product or negation of such. */
function isBoolean(chip: Chip, id: number): boolean {
  if (chip.booleans.has(id)) return true;
  const { nodes } = chip.graph;
  const node = nodes[id] as Node;
  switch (node.op) {
    case 'constant':
      return node.value <= 1;
    case 'selector':
    // A public value is the verifier's own: the prover has no choice.
    case 'public':
      return true;
    case 'column':
      // Fixed columns are the machine's own.
      return (
        node.tree === 'preprocessed' ||
        nodes.some((other, at) => isSameColumn(node, other) && chip.booleans.has(at))
      );
    case 'mul':
      return isBoolean(chip, node.a) && isBoolean(chip, node.b);
    case 'sub': {
      const one = nodes[node.a] as Node;
      return one.op === 'constant' && one.value === 1 && isBoolean(chip, node.b);
    }
    case 'add':
      return isOneHotSum(chip, id);
    default:
      return false;
  }
}

function isSameColumn(node: Node & { readonly op: 'column' }, other: Node): boolean {
  return other.op === 'column' && other.tree === node.tree && other.index === node.index;
}

/** Whether a constraint says that this sum equals something boolean. */
function isOneHotSum(chip: Chip, id: number): boolean {
  const { nodes } = chip.graph;
  return chip.constraints.some(({ expression }) => {
    const node = nodes[expression] as Node;
    return node.op === 'sub' && node.a === id && isBoolean(chip, node.b);
  });
}
