import { type Rng, seededRng } from '@ninefold/base';
import { createModule } from '@ninefold/wasm';
import { describe, expect, it } from 'vitest';
import { placeBlocks } from '../../src/jit/place-blocks.ts';
import { type Graph, structure, walkGraph } from '../../src/jit/structure.ts';

const END = 2;

/** The graph as a function that asks `visit(block)` for the successor to go to; END leaves it. */
function compile(graph: Graph, visit: (block: number) => number): () => void {
  const module = createModule();
  const asked = module.importFunction('host', 'visit', module.type(['i32'], ['i32']));
  const f = module.func(module.type([], []), 'walk');
  const choice = f.local('i32', 'choice');
  placeBlocks(f, graph, (block, { following, branchTo }) => {
    const [first, second] = graph[block]!.successors;
    f.i32_const(block).call(asked).local_tee(choice).i32_const(END).i32_eq().if();
    f.return().end();
    if (first === undefined) {
      f.return();
      return;
    }
    const go = (to: number): void => {
      if (to !== following) branchTo(to);
    };
    if (second !== undefined && second !== first) {
      f.local_get(choice);
      if (following === second) f.i32_eqz();
      f.if();
      go(following === second ? first : second);
      f.end();
      go(following === second ? second : first);
    } else go(first);
  });
  module.export('walk', 'func', f.index);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { host: { visit } });
  return exports['walk'] as () => void;
}

/** Follows random choices, and checks that each step goes where the graph says. */
function checkWalks(graph: Graph, rng: Rng): void {
  const path: number[] = [];
  const choices: number[] = [];
  const walk = compile(graph, (block) => {
    path.push(block);
    const choice = path.length > 60 ? END : rng.below(graph[block]!.successors.length === 2 ? 2 : 1);
    choices.push(choice);
    return choice;
  });
  for (let round = 0; round < 4; round++) {
    path.length = 0;
    choices.length = 0;
    walk();
    expect(path[0]).toBe(0);
    path.forEach((block, i) => {
      const { successors } = graph[block]!;
      const last = choices[i] === END || successors.length === 0;
      expect(path[i + 1]).toBe(last ? undefined : successors[choices[i]!]);
    });
  }
}

/** Any edges at all, forward and back; the part that is reached, renumbered. */
function randomGraph(rng: Rng): Graph {
  const size = 1 + rng.below(12);
  const edges = Array.from({ length: size }, () =>
    Array.from({ length: 1 + rng.below(2) }, () => rng.below(size)),
  );
  const reached = [0];
  for (const node of reached)
    for (const successor of edges[node]!) if (!reached.includes(successor)) reached.push(successor);
  return reached.map((node) => ({ successors: edges[node]!.map((successor) => reached.indexOf(successor)) }));
}

describe('blocks that are placed', () => {
  it('lead where the graph leads, with loops of one entry and of several', () => {
    const rng = seededRng(11);
    const kinds = { nested: 0, dispatched: 0 };
    for (let i = 0; i < 150; i++) {
      const graph = randomGraph(rng);
      if (structure(graph) === undefined) kinds.dispatched++;
      else kinds.nested++;
      checkWalks(graph, rng);
    }
    expect(Math.min(kinds.nested, kinds.dispatched)).toBeGreaterThan(5);
  });

  it('are each written once, and told what comes next', () => {
    const graph: Graph = [
      { successors: [1, 2] },
      { successors: [3] },
      { successors: [3] },
      { successors: [] },
    ];
    const module = createModule();
    const f = module.func(module.type([], []), 'walk');
    const placed: { block: number; following: number | undefined }[] = [];
    placeBlocks(f, graph, (block, { following }) => void placed.push({ block, following }));
    const order = placed.map(({ block }) => block);
    expect([...order].sort()).toEqual([0, 1, 2, 3]);
    expect(placed.map(({ following }) => following)).toEqual([...order.slice(1), undefined]);
    expect(walkGraph(graph).order[0]).toBe(order[0]);
  });
});
