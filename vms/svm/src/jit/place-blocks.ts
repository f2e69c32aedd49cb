import type { FunctionBuilder, Label } from '@ninefold/wasm';
import { type Graph, type Structure, structure, walkGraph } from './structure.ts';

/** Where a block stands: what comes after it, and how code gets elsewhere. */
export type Placement = {
  /** The block whose code comes next, which needs no jump. */
  readonly following: number | undefined;
  /** Jumps to a block that is not the following one. */
  readonly branchTo: (block: number) => void;
};

/** Writes blocks one after the other, each by `emit`, with the control flow that WebAssembly has. */
export function placeBlocks(
  f: FunctionBuilder,
  graph: Graph,
  emit: (block: number, placement: Placement) => void,
): void {
  const structured = structure(graph);
  if (structured === undefined) dispatch(f, walkGraph(graph).order, emit);
  else nest(f, structured, emit);
}

/** Blocks and loops inside of each other. */
function nest(
  f: FunctionBuilder,
  { order, position, scopes }: Structure,
  emit: (block: number, placement: Placement) => void,
): void {
  const ends: number[] = [];
  const forward: (Label | undefined)[] = [];
  const back: (Label | undefined)[] = [];
  let next = 0;
  order.forEach((block, at) => {
    while (ends.at(-1) === at) {
      f.end();
      ends.pop();
    }
    for (let scope = scopes[next]; scope !== undefined && scope.start === at; scope = scopes[++next]) {
      if (scope.kind === 'loop') back[at] = f.loop();
      else forward[scope.end] = f.block();
      ends.push(scope.end);
    }
    const branchTo = (target: number): void => {
      const to = position[target] as number;
      f.br((to > at ? forward[to] : back[to]) as Label);
    };
    emit(block, { following: order[at + 1], branchTo });
  });
  for (const _ of ends) f.end();
}

/** For loops with several entries: one loop around a switch on the block that comes next. */
function dispatch(
  f: FunctionBuilder,
  order: readonly number[],
  emit: (block: number, placement: Placement) => void,
): void {
  const state = f.local('i32', 'state');
  const place = new Map(order.map((block, at) => [block, at]));
  const top = f.loop();
  const labels = order.map(() => f.block()).reverse();
  f.local_get(state).br_table(labels, labels[0] as Label);
  const branchTo = (target: number): void => {
    f.i32_const(place.get(target) as number)
      .local_set(state)
      .br(top);
  };
  order.forEach((block) => {
    f.end();
    emit(block, { following: undefined, branchTo });
  });
  f.end();
}
