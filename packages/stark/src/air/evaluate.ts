import type { Ext, ExtensionField } from '../field/extension.ts';
import type { Node } from './expression.ts';
import { reachable } from './expression.ts';
import type { CompiledChip } from './logup.ts';

/** Values of a chip's leaves at a point. */
export type LeafValues = (node: Node) => Ext;

/** The constraints of a chip, combined by powers of `combination`, where its leaves have these values. */
export function evaluateConstraints(
  field: ExtensionField,
  { graph, constraints }: CompiledChip,
  leaf: LeafValues,
  combination: Ext,
): Ext {
  const { add, sub, mul, neg, from, zero } = field;
  const values: Ext[] = [];
  const at = (id: number): Ext => values[id] as Ext;
  for (const id of reachable(
    graph,
    constraints.map(({ expression }) => expression),
  )) {
    const node = graph.nodes[id] as Node;
    switch (node.op) {
      case 'constant':
        values[id] = from(node.value);
        break;
      case 'add':
        values[id] = add(at(node.a), at(node.b));
        break;
      case 'sub':
        values[id] = sub(at(node.a), at(node.b));
        break;
      case 'mul':
        values[id] = mul(at(node.a), at(node.b));
        break;
      case 'neg':
        values[id] = neg(at(node.a));
        break;
      default:
        values[id] = leaf(node);
        break;
    }
  }
  let total = zero;
  for (let i = constraints.length - 1; i >= 0; i--) {
    total = add(mul(total, combination), at(constraints[i]?.expression as number));
  }
  return total;
}
