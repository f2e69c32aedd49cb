import type { Ext, ExtensionField } from '../field/extension.ts';
import type { VerifierMemory } from '../kernel/verifier.ts';
import type { Node } from './expression.ts';
import { reachable } from './expression.ts';
import type { CompiledChip } from './logup.ts';

/** A node that has a value of its own; wide columns are asked for coordinate by coordinate. */
export type Leaf = Exclude<Node, { readonly op: 'wide' | 'add' | 'sub' | 'mul' | 'neg' }>;

/** Values of a chip's leaves at a point. */
export type LeafValues = (leaf: Leaf) => Ext;

/** A chip's constraints as steps of the kernel `evaluateSteps`. */
type Evaluation = {
  readonly steps: Uint32Array;
  /** Leaves with their places. */
  readonly leaves: readonly (readonly [place: number, leaf: Leaf])[];
  /** Elements that the steps need in all. */
  readonly places: number;
};

const ADD = 0;
const MUL = 2;
const OPERATIONS: Readonly<Partial<Record<Node['op'], number>>> = { add: ADD, sub: 1, mul: MUL, neg: 3 };

/** Places of what every evaluation begins with: the result, the combination's base, the basis of E over M31. */
const RESULT = 0;
const COMBINATION = 1;
const BASIS = 2;

const EVALUATIONS: Readonly<Record<number, WeakMap<CompiledChip, Evaluation>>> = {
  4: new WeakMap(),
  6: new WeakMap(),
};

/** The constraints of a chip, combined by powers of `combination`, where its leaves have these values. */
export function evaluateConstraints(
  memory: VerifierMemory,
  field: ExtensionField,
  compiled: CompiledChip,
  leaf: LeafValues,
  combination: Ext,
): Ext {
  const { degree } = field;
  const known = EVALUATIONS[degree] as WeakMap<CompiledChip, Evaluation>;
  let evaluation = known.get(compiled);
  if (evaluation === undefined) known.set(compiled, (evaluation = evaluationOf(compiled, degree)));
  const { steps, leaves, places } = evaluation;

  const placed = memory.place(steps);
  const values = memory.allocate(16 * degree * places);
  const words = memory.words();
  const wordOf = (place: number, k: number): number => values / 4 + 4 * (place * degree + k);
  const put = (place: number, element: Ext): void => {
    for (let k = 0; k < degree; k++) words[wordOf(place, k)] = element[k] as number;
  };
  put(RESULT, field.zero);
  put(COMBINATION, combination);
  for (let k = 0; k < degree; k++) put(BASIS + k, field.unit(k));
  for (const [place, node] of leaves) put(place, leaf(node));
  memory.kernel.evaluateSteps(placed, steps.length / 4, values);
  return Array.from({ length: degree }, (_, k) => words[wordOf(RESULT, k)] as number);
}

function evaluationOf({ graph, constraints }: CompiledChip, degree: number): Evaluation {
  const steps: number[] = [];
  const leaves: [number, Leaf][] = [];
  let places = BASIS + degree;
  const placeOf: number[] = [];
  const at = (id: number): number => placeOf[id] as number;
  const addLeaf = (leaf: Leaf): number => {
    leaves.push([places, leaf]);
    return places++;
  };
  const compute = (operation: number, a: number, b: number): number => {
    steps.push(operation, places, a, b);
    return places++;
  };
  // A polynomial over E from its coordinates, which are polynomials over M31.
  const join = (index: number, offset: 0 | 1): number => {
    const terms = Array.from({ length: degree }, (_, k) =>
      compute(
        MUL,
        BASIS + k,
        addLeaf({ op: 'column', tree: 'interaction', index: index * degree + k, offset }),
      ),
    );
    return terms.reduce((total, term) => compute(ADD, total, term));
  };
  const roots = constraints.map(({ expression }) => expression);
  for (const id of reachable(graph, roots)) {
    const node = graph.nodes[id] as Node;
    switch (node.op) {
      case 'add':
      case 'sub':
      case 'mul':
        placeOf[id] = compute(OPERATIONS[node.op] as number, at(node.a), at(node.b));
        break;
      case 'neg':
        placeOf[id] = compute(OPERATIONS.neg as number, at(node.a), at(node.a));
        break;
      case 'wide':
        placeOf[id] = join(node.index, node.offset);
        break;
      default:
        placeOf[id] = addLeaf(node);
        break;
    }
  }
  for (const root of roots.reverse()) {
    steps.push(MUL, RESULT, RESULT, COMBINATION, ADD, RESULT, RESULT, at(root));
  }
  return { steps: new Uint32Array(steps), leaves, places };
}
