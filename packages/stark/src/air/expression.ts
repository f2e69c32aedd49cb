import { addM31, mulM31, negM31, subM31, toM31 } from '../field/m31.ts';

/** The commitments columns live in, in the order they are made. */
export type ColumnTree = 'preprocessed' | 'main' | 'interaction';

/**
 * A node of a constraint's graph. Columns are values of the row (`offset` 0) or the next one (1).
 * Wide nodes have values in the extension: challenges, wide columns (an element of E in `degree` columns
 * of the interaction tree), and what is computed from them.
 */
export type Node =
  | { readonly op: 'constant'; readonly value: number }
  | {
      readonly op: 'column';
      readonly tree: ColumnTree;
      readonly index: number;
      readonly offset: 0 | 1;
    }
  | { readonly op: 'selector'; readonly row: 'first' | 'last' }
  | { readonly op: 'public'; readonly index: number }
  /** alpha (0) and the powers of beta (1, 2, …) of the lookup argument. */
  | { readonly op: 'challenge'; readonly index: number }
  /** The chip's claimed sum divided by its height. */
  | { readonly op: 'share' }
  | { readonly op: 'wide'; readonly index: number; readonly offset: 0 | 1 }
  | { readonly op: 'add' | 'sub' | 'mul'; readonly a: number; readonly b: number }
  | { readonly op: 'neg'; readonly a: number };

/** What an expression can be combined with: integers stand for their residue. */
export type Operand = Expression | number | bigint;

/** Constraint expressions of one chip, each different node once: a node's operands come before it. */
export class Graph {
  readonly nodes: Node[] = [];
  /** Degree of each node in the trace's polynomials. */
  readonly degrees: number[] = [];
  readonly wide: boolean[] = [];
  readonly #ids: Map<number, number> = new Map();

  /** The node's number, with trivial arithmetic done at once. */
  add(node: Node): number {
    const known = this.#simplified(node);
    if (known !== undefined) return known;
    const key = keyOf(node);
    const found = this.#ids.get(key);
    if (found !== undefined) return found;
    const id = this.nodes.length;
    this.#ids.set(key, id);
    this.nodes.push(node);
    this.degrees.push(this.#degree(node));
    this.wide.push(this.#isWide(node));
    return id;
  }

  /** A graph with the same nodes that can grow on its own. */
  copy(): Graph {
    const graph = new Graph();
    this.nodes.forEach((node, id) => {
      graph.nodes[id] = node;
      graph.degrees[id] = this.degrees[id] as number;
      graph.wide[id] = this.wide[id] as boolean;
    });
    for (const [key, id] of this.#ids) graph.#ids.set(key, id);
    return graph;
  }

  constant(value: number): number {
    return this.add({ op: 'constant', value });
  }

  #degree(node: Node): number {
    switch (node.op) {
      case 'column':
      case 'selector':
      case 'wide':
        return 1;
      case 'add':
      case 'sub':
        return Math.max(this.degrees[node.a] as number, this.degrees[node.b] as number);
      case 'mul':
        return (this.degrees[node.a] as number) + (this.degrees[node.b] as number);
      case 'neg':
        return this.degrees[node.a] as number;
      default:
        return 0;
    }
  }

  #isWide(node: Node): boolean {
    if (node.op === 'challenge' || node.op === 'wide' || node.op === 'share') return true;
    if (node.op === 'neg') return this.wide[node.a] as boolean;
    return 'b' in node && ((this.wide[node.a] as boolean) || (this.wide[node.b] as boolean));
  }

  #simplified(node: Node): number | undefined {
    if (node.op === 'neg') {
      const a = this.#valueOf(node.a);
      return a === undefined ? undefined : this.constant(negM31(a));
    }
    if (!('b' in node)) return undefined;
    const a = this.#valueOf(node.a);
    const b = this.#valueOf(node.b);
    if (a !== undefined && b !== undefined) {
      return this.constant(ARITHMETIC[node.op](a, b));
    }
    if (node.op === 'mul') {
      if (a === 0 || b === 0) return this.constant(0);
      if (a === 1) return node.b;
      if (b === 1) return node.a;
    } else {
      if (b === 0) return node.a;
      if (a === 0) return node.op === 'add' ? node.b : this.add({ op: 'neg', a: node.b });
    }
    return undefined;
  }

  #valueOf(id: number): number | undefined {
    const node = this.nodes[id] as Node;
    return node.op === 'constant' ? node.value : undefined;
  }
}

const CODES: Readonly<Record<Node['op'], number>> = {
  add: 0,
  sub: 1,
  mul: 2,
  neg: 3,
  constant: 4,
  column: 5,
  selector: 6,
  public: 7,
  challenge: 8,
  share: 9,
  wide: 10,
};
const TREE_CODES: Readonly<Record<ColumnTree, number>> = { preprocessed: 0, main: 2, interaction: 4 };

/** Above every node's number and every column's index, and small enough for keys to be exact. */
const KEY_BASE = 2 ** 24;

/** What nodes are told apart by. PERF: a number, since a machine has thousands of nodes. */
function keyOf(node: Node): number {
  const code = CODES[node.op] * KEY_BASE * KEY_BASE;
  if ('b' in node) return code + node.a * KEY_BASE + node.b;
  switch (node.op) {
    case 'neg':
      return code + node.a;
    case 'constant':
      return code + node.value;
    case 'column':
      return code + (TREE_CODES[node.tree] + node.offset) * KEY_BASE + node.index;
    case 'selector':
      return code + (node.row === 'first' ? 0 : 1);
    case 'wide':
      return code + node.offset * KEY_BASE + node.index;
    case 'share':
      return code;
    default:
      return code + node.index;
  }
}

/** Arithmetic of constants. */
const ARITHMETIC: Readonly<Record<'add' | 'sub' | 'mul', (a: number, b: number) => number>> = {
  add: addM31,
  sub: subM31,
  mul: mulM31,
};

/**
 * A polynomial in a chip's columns, made by arithmetic on what {@link AirBuilder} hands out.
 *
 * @example air.assertZero('sum', a.add(b).sub(a.next()))
 */
export class Expression {
  readonly graph: Graph;
  readonly id: number;

  constructor(graph: Graph, id: number) {
    this.graph = graph;
    this.id = id;
  }

  get degree(): number {
    return this.graph.degrees[this.id] as number;
  }

  add(other: Operand): Expression {
    return this.#with('add', other);
  }

  sub(other: Operand): Expression {
    return this.#with('sub', other);
  }

  mul(other: Operand): Expression {
    return this.#with('mul', other);
  }

  neg(): Expression {
    return new Expression(this.graph, this.graph.add({ op: 'neg', a: this.id }));
  }

  /** 1 - this: the negation of a flag. */
  not(): Expression {
    return constantIn(this.graph, 1).sub(this);
  }

  /** The same expression one row further; the row after the last is the first. */
  next(): Expression {
    return new Expression(this.graph, shift(this.graph, this.id));
  }

  #with(op: 'add' | 'sub' | 'mul', other: Operand): Expression {
    const b = other instanceof Expression ? other : constantIn(this.graph, toM31(other));
    if (b.graph !== this.graph) throw new TypeError('Expressions of two chips cannot meet');
    return new Expression(this.graph, this.graph.add({ op, a: this.id, b: b.id }));
  }
}

function constantIn(graph: Graph, value: number): Expression {
  return new Expression(graph, graph.constant(value));
}

function shift(graph: Graph, id: number): number {
  const node = graph.nodes[id] as Node;
  switch (node.op) {
    case 'column':
    case 'wide':
      if (node.offset === 1)
        throw new TypeError('Constraints see two rows: next() of next() is out of sight');
      return graph.add({ ...node, offset: 1 });
    case 'selector':
      throw new TypeError('A selector has no next row');
    case 'add':
    case 'sub':
    case 'mul':
      return graph.add({ op: node.op, a: shift(graph, node.a), b: shift(graph, node.b) });
    case 'neg':
      return graph.add({ op: 'neg', a: shift(graph, node.a) });
    default:
      return id;
  }
}

/** The sum of a list: zero of none. */
export function sum(graph: Graph, terms: readonly Expression[]): Expression {
  return terms.reduce((total, term) => total.add(term), constantIn(graph, 0));
}

/** What the leaves of an expression are called. */
export type LeafName = (node: Node) => string;

/** An expression as people write it, for messages: `a * (b' - 1)`, with `'` for the next row. */
export function expressionText(graph: Graph, id: number, leafName: LeafName): string {
  const text = (id: number, tight: boolean): string => {
    const node = graph.nodes[id] as Node;
    switch (node.op) {
      case 'add':
      case 'sub': {
        const inner = `${text(node.a, false)} ${node.op === 'add' ? '+' : '-'} ${text(node.b, node.op === 'sub')}`;
        return tight ? `(${inner})` : inner;
      }
      case 'mul':
        return `${text(node.a, true)} * ${text(node.b, true)}`;
      case 'neg':
        return `-${text(node.a, true)}`;
      case 'constant':
        // Small negative numbers read better than their residues.
        return node.value > 0x7fff0000 ? `-${0x7fffffff - node.value}` : String(node.value);
      default:
        return leafName(node);
    }
  };
  return text(id, false);
}

/**
 * The nodes that expressions are made of, operands first.
 *
 * PERF: time is that of what is found, not of the graph: it is asked for each of thousands of constraints.
 */
export function reachable({ nodes }: Graph, roots: readonly number[]): number[] {
  const found = new Set(roots);
  // A set is gone through up to what was added on the way.
  for (const id of found) {
    const node = nodes[id] as Node;
    if ('a' in node) found.add(node.a);
    if ('b' in node) found.add(node.b);
  }
  // Operands have smaller numbers than what is made of them.
  return Array.from(Uint32Array.from(found).sort());
}
