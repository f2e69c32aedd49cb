import type { Trace } from '@ninefold/trace';
import { FRAME_FLAGS, FRAME_WORDS } from '@ninefold/studio-api';
import type { ProgramDebug, RecordedRun } from '@ninefold/vm-evm';
import { UNITS_PER_PROGRAM } from '@ninefold/vm-evm';

/** Frames of functions inside of programs; beyond, only calls between programs are told. */
export const MAX_INTERNAL_FRAMES = 500_000;

const NO_PARENT = 0xffffffff;
const JUMP = 0x56;

/** Calls and the functions inside of them as one tree, and the names its nodes refer to. */
export type TracedCalls = {
  readonly words: Uint32Array;
  readonly count: number;
  readonly names: readonly string[];
};

/**
 * Joins the calls of a trace with the functions its programs go through. The compiler marks the jumps that
 * enter and leave functions; where its marks do not pair, a function ends with its call.
 *
 * PERF: one pass over the steps, a look-up for each JUMP.
 */
export function traceCalls(
  run: RecordedRun,
  trace: Trace,
  debugs: readonly (ProgramDebug | undefined)[],
  nameOf: (frame: number) => string,
): TracedCalls {
  const names: string[] = [];
  const numbers = new Map<string, number>();
  const nameNumber = (name: string): number => {
    let number = numbers.get(name);
    if (number === undefined) {
      number = names.push(name) - 1;
      numbers.set(name, number);
    }
    return number;
  };

  const out: number[] = [];
  let count = 0;
  // Open nodes from the outermost in; internal ones know the call they are in.
  const open: { readonly node: number; readonly frame: number; readonly internal: boolean }[] = [];
  const push = (frame: number, name: string, s0: number, flags: number): void => {
    const parent = open.at(-1)?.node ?? NO_PARENT;
    const { program } = trace.frames[frame] ?? { program: 0 };
    out.push(program, nameNumber(name), open.length, s0, s0, parent, flags);
    open.push({ node: count++, frame, internal: (flags & FRAME_FLAGS.internal) !== 0 });
  };
  const pop = (s1: number): void => {
    const last = open.pop();
    if (last !== undefined) out[last.node * FRAME_WORDS + 4] = s1;
  };

  const { steps } = trace;
  const { frames } = trace;
  let next = 0;
  let internals = 0;
  for (let step = 0; step < steps.length; step++) {
    const chunk = steps.chunkOf(step);
    const at = step % 65_536;
    const frame = chunk.frame[at] as number;
    while (open.length > 0 && (frames[(open.at(-1) as { frame: number }).frame]?.end ?? 0) <= step) pop(step);
    while (next < frames.length && (frames[next]?.start ?? 0) <= step) {
      while (
        open.length > 0 &&
        (frames[(open.at(-1) as { frame: number }).frame]?.end ?? 0) <= (frames[next]?.start ?? 0)
      ) {
        pop(frames[next]?.start ?? 0);
      }
      const { kind, status } = run.frames[run.tracedFrames[next] ?? 0] ?? { kind: 'CALL', status: 'success' };
      const flags =
        (status === 'success' ? 0 : FRAME_FLAGS.failed) |
        (kind === 'STATICCALL' ? FRAME_FLAGS.static : 0) |
        (kind === 'CREATE' || kind === 'CREATE2' ? FRAME_FLAGS.create : 0);
      push(next, nameOf(next), frames[next]?.start ?? 0, flags);
      next++;
    }
    const unit = chunk.unit[at] as number;
    const level = debugs[Math.floor(unit / UNITS_PER_PROGRAM)]?.level;
    if (level === undefined) continue;
    const pc = unit % UNITS_PER_PROGRAM;
    const entry = level.entryAt(pc);
    if (entry === undefined || entry.jump === '-') continue;
    const program = run.programs[Math.floor(unit / UNITS_PER_PROGRAM)];
    if (program?.code[pc] !== JUMP) continue;
    if (entry.jump === 'i') {
      if (internals++ >= MAX_INTERNAL_FRAMES || step + 1 >= steps.length) continue;
      const following = (steps.chunkOf(step + 1).unit[(step + 1) % 65_536] as number) % UNITS_PER_PROGRAM;
      const name = level.functionAt(following);
      // Helpers that the compiler made up are of no interest, but their end has to pair.
      push(frame, name ?? '', step + 1, FRAME_FLAGS.internal);
    } else if (open.at(-1)?.internal === true && open.at(-1)?.frame === frame) pop(step + 1);
  }
  while (open.length > 0) pop(steps.length);
  return withoutNameless({ words: Uint32Array.from(out), count, names });
}

/** The tree without functions that have no name: their callees move up. */
function withoutNameless({ words, count, names }: TracedCalls): TracedCalls {
  const kept = new Uint32Array(words.length);
  const newIndex = new Int32Array(count);
  const depths = new Int32Array(count);
  let size = 0;
  for (let i = 0; i < count; i++) {
    const at = i * FRAME_WORDS;
    const parent = words[at + 5] as number;
    const above = parent === NO_PARENT ? -1 : (newIndex[parent] as number);
    if (names[words[at + 1] as number] === '') {
      newIndex[i] = above;
      continue;
    }
    const depth = above < 0 ? 0 : (depths[above] as number) + 1;
    kept.set(words.subarray(at, at + FRAME_WORDS), size * FRAME_WORDS);
    kept[size * FRAME_WORDS + 2] = depth;
    kept[size * FRAME_WORDS + 5] = above < 0 ? NO_PARENT : above;
    depths[size] = depth;
    newIndex[i] = size++;
  }
  return { words: kept.slice(0, size * FRAME_WORDS), count: size, names };
}
