import type { CompiledChip } from './logup.ts';
import type { ColumnTree, Node } from './expression.ts';
import { reachable } from './expression.ts';

/** A column of words that a chip's constraints read. */
export type Slot =
  | { readonly kind: 'column'; readonly tree: ColumnTree; readonly index: number; readonly offset: 0 | 1 }
  | { readonly kind: 'selector'; readonly row: 'first' | 'last' };

/** Where generated code finds columns and scalars. */
export type SlotTable = {
  readonly slots: readonly Slot[];
  /** The first slot of a column leaf: wide columns have `degree` of them in a row. */
  readonly slotOf: (node: Node) => number;
  /** Word offset of a scalar leaf among the scalars. */
  readonly scalarOf: (node: Node) => number;
  /** Word offset of the coefficients: an element for each constraint, doubled. */
  readonly coefficients: number;
  /** Challenges the lookup argument uses: alpha and the powers of beta. */
  readonly challenges: number;
};

/**
 * Scalars are challenges, share, coefficients, public values: nothing depends on how many of the last there are.
 *
 * @param challenges alpha and powers of beta
 */
export function createSlotTable(compiled: CompiledChip, degree: number, challenges: number): SlotTable {
  const { graph, constraints, groups } = compiled;
  const roots = [
    ...constraints.map(({ expression }) => expression),
    ...groups.flatMap(({ numerator, denominator }) => [numerator, denominator]),
  ];
  const slots: Slot[] = [];
  const places = new Map<string, number>();
  for (const id of reachable(graph, roots)) {
    const node = graph.nodes[id] as Node;
    if (node.op === 'column') {
      places.set(keyOf(node), slots.length);
      slots.push({ kind: 'column', tree: node.tree, index: node.index, offset: node.offset });
    } else if (node.op === 'selector') {
      places.set(keyOf(node), slots.length);
      slots.push({ kind: 'selector', row: node.row });
    } else if (node.op === 'wide') {
      places.set(keyOf(node), slots.length);
      for (let k = 0; k < degree; k++) {
        slots.push({
          kind: 'column',
          tree: 'interaction',
          index: node.index * degree + k,
          offset: node.offset,
        });
      }
    }
  }
  const coefficients = (challenges + 1) * degree;
  return {
    slots,
    slotOf: (node) => places.get(keyOf(node)) as number,
    scalarOf: (node) => {
      if (node.op === 'challenge') return node.index * degree;
      if (node.op === 'share') return challenges * degree;
      return coefficients + constraints.length * degree + (node as { readonly index: number }).index;
    },
    coefficients,
    challenges,
  };
}

function keyOf(node: Node): string {
  return Object.values(node).join(' ');
}
