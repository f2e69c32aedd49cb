import { addM31, mulM31, negM31, subM31 } from '../field/m31.ts';
import type { Chip, Constraint } from './chip.ts';
import type { Node } from './expression.ts';

/** What has to be computed again when a cell of a column is another one. */
export type Dependents = {
  /** The node that is the cell; undefined when nothing reads it. */
  readonly cell: number | undefined;
  /** What is computed of it, operands first. */
  readonly nodes: readonly number[];
  readonly constraints: readonly Constraint[];
  /** Places of interactions whose values or multiplicity change with it. */
  readonly interactions: readonly number[];
};

/**
 * What depends on each main column, as a function of its index and of whether it is read on its row (0) or as
 * the next row's (1).
 *
 * PERF: of a chip with ten thousands of nodes most columns reach a few hundreds.
 */
export function dependentsOf(chip: Chip): (column: number, offset: 0 | 1) => Dependents {
  const { graph, constraints, interactions } = chip;
  const users = graph.nodes.map((): number[] => []);
  const cells = new Map<string, number>();
  graph.nodes.forEach((node, id) => {
    if ('a' in node) users[node.a]?.push(id);
    if ('b' in node) users[node.b]?.push(id);
    if (node.op === 'column' && node.tree === 'main') cells.set(`${node.index} ${node.offset}`, id);
  });
  const known = new Map<string, Dependents>();
  return (column, offset) => {
    const key = `${column} ${offset}`;
    let dependents = known.get(key);
    if (dependents === undefined) {
      const cell = cells.get(key);
      const found = new Set(cell === undefined ? [] : [cell]);
      for (const id of found) for (const user of users[id] as number[]) found.add(user);
      dependents = {
        cell,
        nodes: Array.from(Uint32Array.from(found).sort()).filter((id) => id !== cell),
        constraints: constraints.filter(({ expression }) => found.has(expression)),
        interactions: Array.from(interactions.keys()).filter((i) => {
          const { multiplicity, values } = interactions[i] as Chip['interactions'][number];
          return found.has(multiplicity) || values.some((id) => found.has(id));
        }),
      };
      known.set(key, dependents);
    }
    return dependents;
  };
}

/** Computes nodes of sums and products again, whose operands may have changed. */
export function recompute(graph: readonly Node[], nodes: readonly number[], values: number[]): void {
  for (const id of nodes) {
    const node = graph[id] as Node;
    if (!('a' in node)) continue;
    const a = values[node.a] as number;
    if (node.op === 'neg') values[id] = negM31(a);
    else {
      const b = values[node.b] as number;
      values[id] = node.op === 'add' ? addM31(a, b) : node.op === 'sub' ? subM31(a, b) : mulM31(a, b);
    }
  }
}
