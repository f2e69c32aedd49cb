import { hexToBytes, isHex } from '@ninefold/base';
import type { FindResult, TraceQuery } from '@ninefold/studio-api';
import { invalid } from '@ninefold/studio-api';
import { STEP_FLAGS } from '@ninefold/trace';
import { disassemble, mnemonicOf, UNITS_PER_PROGRAM } from '@ninefold/vm-evm';
import type { OpenedTrace } from './opened-trace.ts';

/** The steps that a query matches, from one of them on or back to the first. */
export function findSteps(
  opened: OpenedTrace,
  query: TraceQuery,
  from: number,
  forward: boolean,
  limit: number,
): FindResult {
  const test = matcher(opened, query);
  const items: { step: number; why: string }[] = [];
  let total = 0;
  for (let step = 0; step < opened.steps; step++) {
    if (!test(step)) continue;
    total++;
    const inRange = forward ? step >= from : step <= from;
    if (!inRange || (forward && items.length >= limit)) continue;
    items.push({ step, why: mnemonicOf(opened.opcodes[step] as number, opened.replay.fork) });
    if (items.length > limit) items.shift();
  }
  return { items: forward ? items : items.reverse(), total };
}

/** All conditions of a query as one test of a step. */
function matcher(opened: OpenedTrace, query: TraceQuery): (step: number) => boolean {
  const tests: ((step: number) => boolean)[] = [];
  const { op, pc, program, file, line, value, writes, kind, minCost } = query;
  const units = opened.trace.steps.column('unit', 0, opened.steps) as Uint32Array;
  if (op !== undefined) {
    const wanted = op.toUpperCase();
    const codes = new Set<number>();
    for (let code = 0; code < 256; code++)
      if (mnemonicOf(code, opened.replay.fork) === wanted) codes.add(code);
    if (codes.size === 0) throw invalid('Query', `${op.slice(0, 20)} is no instruction of this fork`);
    tests.push((step) => codes.has(opened.opcodes[step] as number));
  }
  if (pc !== undefined) tests.push((step) => (units[step] as number) % UNITS_PER_PROGRAM === pc);
  if (program !== undefined)
    tests.push((step) => Math.floor((units[step] as number) / UNITS_PER_PROGRAM) === program);
  if (line !== undefined) {
    const wanted = unitsOfLine(opened, file, line);
    tests.push((step) => wanted.has(units[step] as number));
  }
  if (kind !== undefined) {
    const bit = {
      event: STEP_FLAGS.event,
      call: STEP_FLAGS.call,
      failure: STEP_FLAGS.failure,
      write: STEP_FLAGS.stateWrite,
      jump: STEP_FLAGS.jumpTaken,
    }[kind];
    const flags = opened.trace.steps.column('flags', 0, opened.steps) as Uint8Array;
    const failing = new Set(
      kind === 'failure'
        ? opened.replay.run.frames.filter(({ status }) => status !== 'success').map(({ s1 }) => s1 - 1)
        : [],
    );
    tests.push((step) => ((flags[step] as number) & bit) !== 0 || failing.has(step));
  }
  if (minCost !== undefined) {
    const cost = opened.trace.steps.column('cost', 0, opened.steps) as Uint32Array;
    tests.push((step) => (cost[step] as number) >= minCost);
  }
  if (value !== undefined) {
    const steps = stepsLeaving(opened, numberOf(value));
    tests.push((step) => steps.has(step));
  }
  if (writes !== undefined) {
    const steps = new Set(writersOf(opened, writes));
    tests.push((step) => steps.has(step));
  }
  if (tests.length === 0) throw invalid('Query', 'nothing is asked for');
  return (step) => tests.every((test) => test(step));
}

function unitsOfLine(opened: OpenedTrace, file: string | undefined, line: number): ReadonlySet<number> {
  const units = new Set<number>();
  opened.replay.run.programs.forEach(({ code }, program) => {
    const level = opened.debugs[program]?.level;
    if (level === undefined) return;
    for (const { pc } of disassemble(code, opened.replay.fork)) {
      const place = level.placeAt(pc);
      if (place === undefined || place.line !== line) continue;
      if (file !== undefined && level.files[place.file]?.path !== file) continue;
      units.add(program * UNITS_PER_PROGRAM + pc);
    }
  });
  return units;
}

function stepsLeaving(opened: OpenedTrace, value: bigint): ReadonlySet<number> {
  const steps = new Set<number>();
  const { slots } = opened.trace;
  if (slots === undefined) return steps;
  const digits = value === 0n ? '' : value.toString(16);
  const wanted = hexToBytes(`0x${digits.length % 2 === 0 ? '' : '0'}${digits}`).reverse();
  for (let entry = 0; entry < slots.length; entry++) {
    const stored = slots.value(entry);
    if (stored.length !== wanted.length || !stored.every((byte, i) => byte === wanted[i])) continue;
    steps.add((slots.sees.array[entry] as number) - 1);
  }
  return steps;
}

function writersOf(opened: OpenedTrace, loc: string): readonly number[] {
  const [kind, account = '', key = ''] = loc.split(':');
  if (kind !== 'storage' || !isHex(account, 20) || !isHex(key, 32))
    throw invalid('Query', 'writes of storage:ACCOUNT:KEY can be found');
  return opened.reader.stateWriters(hexToBytes(account.toLowerCase()), hexToBytes(key));
}

function numberOf(text: string): bigint {
  const plain = text.replaceAll(/[\s_,\u2009]/g, '');
  if (!/^(0x[\da-fA-F]{1,64}|\d{1,78})$/.test(plain))
    throw invalid('Query', `${text.slice(0, 40)} is no number`);
  return BigInt(plain);
}
