import { type Rng, seededRng } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { type Graph, type Structure, structure } from '../../src/jit/structure.ts';

const graph = (...successors: number[][]): Graph => successors.map((list) => ({ successors: list }));

/** Reducible by its definition: self-loops go, single-predecessor nodes are merged, one node is left. */
function isReducible(nodes: Graph): boolean {
  const next = new Map(nodes.map(({ successors }, node) => [node, new Set(successors)]));
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    for (const [node, successors] of next) {
      successors.delete(node);
      const before = [...next].filter(([, targets]) => targets.has(node)).map(([other]) => other);
      if (node === 0 || before.length !== 1) continue;
      const targets = next.get(before[0]!)!;
      targets.delete(node);
      for (const successor of successors) targets.add(successor);
      next.delete(node);
      isChanged = true;
    }
  }
  return next.size === 1;
}

/** Checks that code in this order with these scopes can make every jump of the graph. */
function checkStructure(nodes: Graph, { order, position, scopes }: Structure): void {
  expect([...order].sort((a, b) => a - b)).toEqual(nodes.map((_, i) => i));
  expect(order[0]).toBe(0);
  const open: { start: number; end: number }[] = [];
  for (const scope of scopes) {
    while (open.length > 0 && open.at(-1)!.end <= scope.start) open.pop();
    // Each lies within the one that is open.
    if (open.length > 0) expect(scope.end).toBeLessThanOrEqual(open.at(-1)!.end);
    expect(scope.end).toBeGreaterThan(scope.start);
    open.push(scope);
  }
  nodes.forEach(({ successors }, node) => {
    const from = position[node]!;
    for (const successor of successors) {
      const to = position[successor]!;
      if (to === from + 1) continue;
      const holds = ({ start, end }: { start: number; end: number }) => start <= from && from < end;
      const found = scopes.some((scope) =>
        to > from
          ? scope.kind === 'block' && scope.end === to && holds(scope)
          : scope.kind === 'loop' && scope.start === to && holds(scope),
      );
      expect(found, `jump from ${node} to ${successor}`).toBe(true);
    }
  });
}

/** A graph of which every node is reached; jumps back are rare enough for reducible ones to occur. */
function randomGraph(rng: Rng): Graph {
  const size = 1 + rng.below(14);
  const successors = Array.from({ length: size }, (_, node): number[] => {
    const forward = node + 1 < size ? [node + 1] : [];
    const any = (): number =>
      rng.below(3) === 0 ? rng.below(size) : Math.min(size - 1, node + 1 + rng.below(4));
    return rng.below(3) === 0 ? forward : [...forward, any()];
  });
  return graph(...successors);
}

describe('structured control flow', () => {
  it('has a block for a jump forward and none for what comes next', () => {
    const found = structure(graph([2, 1], [2], []))!;
    expect(found.order).toEqual([0, 1, 2]);
    expect(found.scopes).toEqual([{ kind: 'block', start: 0, end: 2 }]);
  });

  it('has a loop for a jump back, with what leaves it behind', () => {
    const found = structure(graph([1], [3, 2], [1], []))!;
    expect(found.order).toEqual([0, 1, 2, 3]);
    expect(found.scopes).toEqual([
      { kind: 'loop', start: 1, end: 3 },
      { kind: 'block', start: 1, end: 3 },
    ]);
  });

  it('keeps loops contiguous, whichever way the walk goes', () => {
    // 1 is left from its middle; 3 is reached from there alone.
    const nodes = graph([1], [2, 4], [3, 5], [], [5], [1]);
    const found = structure(nodes)!;
    const loop = found.scopes.find(({ kind }) => kind === 'loop')!;
    expect(found.order.slice(loop.start, loop.end).toSorted()).toEqual([1, 2, 4, 5]);
    checkStructure(nodes, found);
  });

  it('nests loops, also when they begin together', () => {
    const nodes = graph([1], [2], [2, 3], [1, 4], []);
    const found = structure(nodes)!;
    expect(found.scopes.filter(({ kind }) => kind === 'loop')).toEqual([
      { kind: 'loop', start: 1, end: 4 },
      { kind: 'loop', start: 2, end: 3 },
    ]);
    checkStructure(nodes, found);
  });

  it('sees that a loop with two entries is irreducible', () => {
    expect(structure(graph([1, 2], [2], [1]))).toBeUndefined();
  });

  it('is right for random graphs, and there exactly where they are reducible', () => {
    let reducible = 0;
    for (let seed = 1; seed <= 3000; seed++) {
      const nodes = randomGraph(seededRng(seed));
      const found = structure(nodes);
      expect(found !== undefined, `seed ${seed}`).toBe(isReducible(nodes));
      if (found === undefined) continue;
      reducible++;
      checkStructure(nodes, found);
    }
    expect(reducible).toBeGreaterThan(500);
  });

  it('does not recurse: long chains and deep nests are fine', () => {
    const size = 20_000;
    const chain = Array.from({ length: size }, (_, i) => (i + 1 < size ? [i + 1] : []));
    expect(structure(graph(...chain))?.order).toHaveLength(size);
    const depth = 1000;
    const nest = Array.from({ length: 2 * depth }, (_, i) => {
      const back = i < depth ? [] : [2 * depth - 1 - i];
      return i + 1 < 2 * depth ? [...back, i + 1] : back;
    });
    const found = structure(graph(...nest))!;
    expect(found.scopes.filter(({ kind }) => kind === 'loop')).toHaveLength(depth);
  });
});
