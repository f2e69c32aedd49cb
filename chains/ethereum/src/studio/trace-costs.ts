import type { EntityRef } from '@ninefold/studio-api';
import { FRAME_WORDS } from '@ninefold/studio-api';
import type { RecordedFrame } from '@ninefold/vm-evm';
import { mnemonicOf, UNITS_PER_PROGRAM } from '@ninefold/vm-evm';
import { shortText } from './names.ts';
import type { OpenedTrace } from './opened-trace.ts';

type Group = { readonly key: string; readonly file?: string; readonly line?: number };

/** Gas and number of the steps of one instruction, function or line. */
export type CostGroup = {
  readonly own: number;
  readonly count: number;
  readonly file?: string;
  readonly line?: number;
};

/** Where the innermost failing call gave up, in the source when that is known. */
export function failurePlace(
  opened: OpenedTrace,
):
  | { readonly step: number; readonly file?: string; readonly line?: number; readonly fn?: string }
  | undefined {
  const { frames } = opened.replay.run;
  if (frames[0]?.status === 'success') return undefined;
  // The failure that was passed on: from the outermost in, as long as the last callee failed as well.
  let index = 0;
  for (;;) {
    const callee = frames.findLastIndex(
      (frame) => frame.parent === index && frame.status !== 'success' && frame.s1 > frame.s0,
    );
    if (callee < 0 || (frames[callee]?.s1 ?? 0) < (frames[index]?.s1 ?? 0) - 200) break;
    index = callee;
  }
  const step = Math.min((frames[index] as RecordedFrame).s1, opened.steps) - 1;
  if (step < 0) return undefined;
  const { unit } = opened.reader.step(step);
  const level = opened.debugs[Math.floor(unit / UNITS_PER_PROGRAM)]?.level;
  const place = level?.placeAt(unit % UNITS_PER_PROGRAM);
  const file = place && level?.files[place.file]?.path;
  const fn = functionAt(opened, step);
  return {
    step,
    ...(place && { line: place.line }),
    ...(file !== undefined && { file }),
    ...(fn !== undefined && { fn }),
  };
}

function functionAt(opened: OpenedTrace, step: number): string | undefined {
  const { words, count, names } = opened.calls;
  let found: string | undefined;
  for (let i = 0; i < count; i++) {
    const at = i * FRAME_WORDS;
    if ((words[at + 3] as number) <= step && step < (words[at + 4] as number))
      found = names[words[at + 1] as number];
  }
  return found;
}

/** Cost of the steps by instruction, by function or by line of source. */
export function costBy(opened: OpenedTrace, by: 'op' | 'function' | 'line'): ReadonlyMap<string, CostGroup> {
  const costs = opened.trace.steps.column('cost', 0, opened.steps) as Uint32Array;
  const groupOf = by === 'op' ? byOpcode(opened) : by === 'function' ? byFunction(opened) : byLine(opened);
  const rows = new Map<string, { own: number; count: number } & Omit<CostGroup, 'own' | 'count'>>();
  for (let step = 0; step < opened.steps; step++) {
    const { key, file, line } = groupOf(step);
    const row = rows.get(key);
    if (row === undefined) {
      const place = file === undefined || line === undefined ? {} : { file, line };
      rows.set(key, { own: costs[step] as number, count: 1, ...place });
    } else {
      row.own += costs[step] as number;
      row.count++;
    }
  }
  return rows;
}

function byOpcode(opened: OpenedTrace): (step: number) => Group {
  const groups = Array.from({ length: 256 }, (_, code) => ({ key: mnemonicOf(code, opened.replay.fork) }));
  return (step) => groups[opened.opcodes[step] as number] as Group;
}

function byFunction(opened: OpenedTrace): (step: number) => Group {
  const groups = opened.calls.names.map((key) => ({ key }));
  const column = functionColumn(opened);
  return (step) => groups[column[step] as number] as Group;
}

/** What the compiler's own functions cost belongs to the line that called them. */
function byLine(opened: OpenedTrace): (step: number) => Group {
  const units = opened.trace.steps.column('unit', 0, opened.steps) as Uint32Array;
  const frames = opened.trace.steps.column('frame', 0, opened.steps) as Uint32Array;
  const known = new Map<number, Group>();
  const last = new Map<number, Group>();
  return (step) => {
    const [unit, frame] = [units[step] as number, frames[step] as number];
    let group = known.get(unit);
    if (group === undefined) known.set(unit, (group = lineOf(opened, unit)));
    if (group.line === undefined) return last.get(frame) ?? group;
    last.set(frame, group);
    return group;
  };
}

function lineOf(opened: OpenedTrace, unit: number): Group {
  const program = Math.floor(unit / UNITS_PER_PROGRAM);
  const level = opened.debugs[program]?.level;
  const place = level?.placeAt(unit % UNITS_PER_PROGRAM);
  const file = place && level?.files[place.file]?.path;
  if (place === undefined || file === undefined) {
    const ref: EntityRef = opened.names.ref(opened.replay.run.programs[program]?.address ?? '0x');
    return { key: `${ref.name ?? shortText(ref.id)}, no source` };
  }
  return { key: `${file}:${place.line}`, file, line: place.line };
}

/** The name of the innermost function by step. */
function functionColumn(opened: OpenedTrace): Uint32Array {
  const column = new Uint32Array(opened.steps);
  const { words, count } = opened.calls;
  // Pre-order: inner ones come later and write over outer ones.
  for (let i = 0; i < count; i++) {
    const at = i * FRAME_WORDS;
    column.fill(words[at + 1] as number, words[at + 3], words[at + 4]);
  }
  return column;
}
