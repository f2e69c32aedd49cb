// Control flow as WebAssembly wants it: nested blocks and loops. Blocks are put in an order in which each
// loop is contiguous and all other jumps lead forward; then a jump forward leaves a `block` that ends where
// it leads to, and a jump back goes to the begin of a `loop`. (Ramsey, "Beyond Relooper", ICFP 2022, for why
// dominators are enough; the linear form is that of LLVM's WebAssembly back end.)

/** A control-flow graph: successors of each node. Node 0 is the entry, from which all are reached. */
export type Graph = readonly { readonly successors: readonly number[] }[];

/** A `block` or a `loop`, over positions of the order: from `start` up to but not including `end`. */
export type Scope = { readonly kind: 'block' | 'loop'; readonly start: number; readonly end: number };

/** How a graph is written. */
export type Structure = {
  /** Nodes in the order of their code. */
  readonly order: readonly number[];
  /** Position of each node. */
  readonly position: Int32Array;
  /** Outer scopes before inner ones where they begin together. */
  readonly scopes: readonly Scope[];
};

/** What is known of a graph after a walk through it. */
type Walk = {
  /** Nodes in reverse postorder: before all that they lead to, loops aside. */
  readonly order: readonly number[];
  /** Place of each node there. */
  readonly rank: Int32Array;
  readonly predecessors: readonly (readonly number[])[];
};

const NONE = -1;

/**
 * Structures a graph.
 *
 * @returns `undefined` when it is irreducible: a loop is entered at more than one node
 * @example structure([{ successors: [1] }, { successors: [1, 2] }, { successors: [] }])
 */
export function structure(graph: Graph): Structure | undefined {
  const walk = walkGraph(graph);
  const dominators = findDominators(walk);
  const loops = findLoops(walk, dominators, graph);
  if (loops === undefined) return undefined;
  const order = contiguousOrder(walk, loops);
  const position = new Int32Array(graph.length);
  order.forEach((node, at) => {
    position[node] = at;
  });
  return { order, position, scopes: findScopes(graph, order, position, loops) };
}

/** The nodes in reverse postorder, without recursion: graphs can be thousands of nodes deep. */
export function walkGraph(graph: Graph): Walk {
  const predecessors: number[][] = graph.map(() => []);
  const next = new Int32Array(graph.length);
  const isSeen = new Uint8Array(graph.length);
  const postorder: number[] = [];
  const path = [0];
  isSeen[0] = 1;
  while (path.length > 0) {
    const node = path[path.length - 1] as number;
    const { successors } = graph[node] as Graph[number];
    const index = next[node] as number;
    if (index === successors.length) {
      postorder.push(node);
      path.pop();
      continue;
    }
    next[node] = index + 1;
    const successor = successors[index] as number;
    (predecessors[successor] as number[]).push(node);
    if (isSeen[successor] === 1) continue;
    isSeen[successor] = 1;
    path.push(successor);
  }
  const order = postorder.reverse();
  const rank = new Int32Array(graph.length);
  order.forEach((node, at) => {
    rank[node] = at;
  });
  return { order, rank, predecessors };
}

/** Immediate dominators (Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm"). */
function findDominators({ order, rank, predecessors }: Walk): Int32Array {
  const dominators = new Int32Array(order.length).fill(NONE);
  dominators[0] = 0;
  const common = (first: number, second: number): number => {
    let a = first;
    let b = second;
    while (a !== b) {
      while ((rank[a] as number) > (rank[b] as number)) a = dominators[a] as number;
      while ((rank[b] as number) > (rank[a] as number)) b = dominators[b] as number;
    }
    return a;
  };
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    for (const node of order) {
      if (node === 0) continue;
      let dominator = NONE;
      for (const predecessor of predecessors[node] as number[]) {
        if (dominators[predecessor] === NONE) continue;
        dominator = dominator === NONE ? predecessor : common(predecessor, dominator);
      }
      if (dominators[node] === dominator) continue;
      dominators[node] = dominator;
      isChanged = true;
    }
  }
  return dominators;
}

/** Loops by their headers. */
type Loops = {
  /** The header of the innermost loop that each node is in; a header is in its own loop. */
  readonly header: Int32Array;
  /** The header of the loop around each header's. */
  readonly outer: Int32Array;
};

/** Natural loops; `undefined` when a jump back leads to a node that does not dominate it. */
function findLoops(
  { order, rank, predecessors }: Walk,
  dominators: Int32Array,
  graph: Graph,
): Loops | undefined {
  const header = new Int32Array(graph.length).fill(NONE);
  const outer = new Int32Array(graph.length).fill(NONE);
  // Inner loops first: a header comes behind those of the loops around it.
  for (let at = order.length - 1; at >= 0; at--) {
    const head = order[at] as number;
    const pending: number[] = [];
    for (const latch of predecessors[head] as number[]) {
      if ((rank[latch] as number) < at) continue;
      if (!isDominated(latch, head, dominators, rank)) return undefined;
      pending.push(latch);
    }
    if (pending.length === 0) continue;
    header[head] = head;
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      const top = outermost(node, { header, outer });
      if (top === head) continue;
      if (top === NONE) header[node] = head;
      else outer[top] = head;
      // An inner loop is passed as a whole.
      for (const predecessor of predecessors[top === NONE ? node : top] as number[])
        pending.push(predecessor);
    }
  }
  return { header, outer };
}

/** Header of the outermost loop that is known of around `node`. */
function outermost(node: number, { header, outer }: Loops): number {
  let top = header[node] as number;
  if (top === NONE) return NONE;
  while (outer[top] !== NONE) top = outer[top] as number;
  return top;
}

function isDominated(node: number, by: number, dominators: Int32Array, rank: Int32Array): boolean {
  let at = node;
  while ((rank[at] as number) > (rank[by] as number)) at = dominators[at] as number;
  return at === by;
}

/** Reverse postorder, but with the nodes of each loop together, at the place of its header. */
function contiguousOrder({ order }: Walk, { header, outer }: Loops): number[] {
  const bodies = new Map<number, number[]>([[NONE, []]]);
  for (const node of order) {
    const own = header[node] as number;
    if (own === node) {
      bodies.set(node, [node]);
      bodies.get(outer[node] as number)?.push(node);
    } else bodies.get(own)?.push(node);
  }
  const flat: number[] = [];
  const pending = [{ body: bodies.get(NONE) as number[], header: NONE, at: 0 }];
  for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
    const node = top.body[top.at++];
    if (node === undefined) pending.pop();
    else if (header[node] !== node || node === top.header) flat.push(node);
    else pending.push({ body: bodies.get(node) as number[], header: node, at: 0 });
  }
  return flat;
}

/** A `loop` around each loop, and a `block` up to each node that is jumped forward to. */
function findScopes(graph: Graph, order: readonly number[], position: Int32Array, loops: Loops): Scope[] {
  const scopes: Scope[] = [];
  const size = order.length;
  // The first position from which a jump skips to each position; loops by the position behind them.
  const jumpFrom = new Int32Array(size).fill(size);
  const loopEnd = new Int32Array(size);
  order.forEach((node, from) => {
    for (let head = loops.header[node] as number; head !== NONE; head = loops.outer[head] as number) {
      loopEnd[position[head] as number] = from + 1;
    }
    for (const successor of (graph[node] as Graph[number]).successors) {
      const to = position[successor] as number;
      if (to > from + 1) jumpFrom[to] = Math.min(jumpFrom[to] as number, from);
    }
  });
  const endingAt = new Map<number, number[]>();
  loopEnd.forEach((end, start) => {
    if (end === 0) return;
    scopes.push({ kind: 'loop', start, end });
    const starts = endingAt.get(end) ?? [];
    starts.push(start);
    endingAt.set(end, starts);
  });
  // Where a scope that holds a position has to begin if it ends behind all scopes so far.
  const cover = Int32Array.from({ length: size }, (_, at) => at);
  const coverFrom = (start: number, end: number): void => {
    for (let at = start + 1; at < end; at++) cover[at] = Math.min(cover[at] as number, start);
  };
  for (let end = 1; end < size; end++) {
    let start = jumpFrom[end] as number;
    if (start < size) {
      while ((cover[start] as number) < start) start = cover[start] as number;
      scopes.push({ kind: 'block', start, end });
      coverFrom(start, end);
    }
    // A block may end inside a loop, at its very end; only those that end later begin before it.
    for (const loopStart of endingAt.get(end) ?? []) coverFrom(loopStart, end);
  }
  return scopes.sort((a, b) => a.start - b.start || b.end - a.end);
}
