import type { Code } from './code.ts';

/** Straight-line code: control enters at its first instruction and leaves behind its last one. */
export type BasicBlock = {
  readonly start: number;
  /** Slot of the last instruction. */
  readonly last: number;
  /** Compute units: instructions that are executed when none of them fails. */
  readonly cost: number;
  /** Blocks that may follow: of a branch the one it leads to, then the one behind it. */
  readonly successors: readonly number[];
};

/** A function: what can be reached from its entry without a call. The entry is block 0. */
export type FunctionBody = {
  readonly entry: number;
  readonly blocks: readonly BasicBlock[];
  readonly instructions: number;
};

/** Straight-line code is cut here, so that a block's cost fits the word that tells of an exit. */
export const MAX_BLOCK_COST = 1024;

/** Functions beyond this stay with the interpreter: what the engine keeps on its stack grows with them. */
export const MAX_FUNCTION_BLOCKS = 4096;
export const MAX_FUNCTION_INSTRUCTIONS = 4096;

/** Operations that end a block. */
const ENDS: ReadonlySet<string> = new Set([
  'jump',
  'branch',
  'call',
  'callx',
  'exit',
  'syscall',
  'memorySyscall',
  'stop',
]);

/** Where control may go from `pc`, which ends a block. */
function successorsOf(code: Code, pc: number): readonly number[] {
  switch (code.spec(pc).kind) {
    case 'jump':
      return [code.target(pc)];
    case 'branch':
      return [code.target(pc), pc + 1];
    case 'exit':
    case 'stop':
      return [];
    default:
      return [code.next(pc)];
  }
}

/** The basic blocks of the function at `entry`; `undefined` when it is too large. */
export function findBlocks(code: Code, entry: number): FunctionBody | undefined {
  const leaders = findLeaders(code, entry);
  if (leaders === undefined) return undefined;
  const order = [...leaders.keys()];
  order.forEach((pc, index) => leaders.set(pc, index));
  const blocks = order.map((start): BasicBlock => {
    let pc = start;
    let cost = 1;
    while (!ENDS.has(code.spec(pc).kind) && !leaders.has(code.next(pc))) {
      pc = code.next(pc);
      cost++;
    }
    const successors = successorsOf(code, pc).map((target) => leaders.get(target) as number);
    return { start, last: pc, cost, successors };
  });
  const instructions = blocks.reduce((sum, { cost }) => sum + cost, 0);
  return instructions > MAX_FUNCTION_INSTRUCTIONS ? undefined : { entry, blocks, instructions };
}

/** The first slots of all blocks, the entry's first. */
function findLeaders(code: Code, entry: number): Map<number, number> | undefined {
  const leaders = new Map<number, number>([[entry, 0]]);
  const pending = [entry];
  for (let start = pending.pop(); start !== undefined; start = pending.pop()) {
    let pc = start;
    let cost = 1;
    while (!ENDS.has(code.spec(pc).kind) && cost < MAX_BLOCK_COST) {
      const next = code.next(pc);
      if (leaders.has(next)) break;
      pc = next;
      cost++;
    }
    for (const target of successorsOf(code, pc)) {
      if (leaders.has(target)) continue;
      leaders.set(target, leaders.size);
      pending.push(target);
      if (leaders.size > MAX_FUNCTION_BLOCKS) return undefined;
    }
  }
  return leaders;
}
