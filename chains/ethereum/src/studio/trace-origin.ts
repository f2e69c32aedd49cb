import type { Hex } from '@ninefold/base';
import { isHex } from '@ninefold/base';
import type { OriginNode } from '@ninefold/studio-api';
import { invalid, outOfRange } from '@ninefold/studio-api';
import type { PlacedValue, Source, ValuePlace } from '@ninefold/vm-evm';
import { UNITS_PER_PROGRAM } from '@ninefold/vm-evm';
import { checkStep, MAX_MEMORY_BYTES, type OpenedTrace } from './opened-trace.ts';

/** Where a value came from, back through what computed it. */
export function originOf(opened: OpenedTrace, step: number, loc: string, max: number): readonly OriginNode[] {
  checkStep(opened, step);
  return opened.flow.chain(placed(opened, loc, step), max).map((source) => originNode(opened, source));
}

/** The steps that took a stack item as an operand. */
export function usesOf(opened: OpenedTrace, step: number, loc: string, max: number): readonly OriginNode[] {
  checkStep(opened, step);
  const { place, step: at } = placed(opened, loc, step);
  if (place.in !== 'stack') throw invalid('Location', 'uses are told of stack items');
  return opened.flow.uses(at, place.frame, place.slot, max).map((use) =>
    originNode(opened, {
      step: use,
      kind: 'computed',
      mnemonic: opened.flow.specOf(use)?.mnemonic ?? 'INVALID',
      value: opened.flow.valueAt({ place, step: at }),
      inputs: opened.flow.operands(use),
      moves: 0,
    }),
  );
}

function originNode(opened: OpenedTrace, source: Source): OriginNode {
  const { step, kind, mnemonic, value, moves, inputs } = source;
  const { unit } = opened.reader.step(opened.values.mappedStep(step) ?? step);
  const level = opened.debugs[Math.floor(unit / UNITS_PER_PROGRAM)]?.level;
  const place = level?.placeAt(unit % UNITS_PER_PROGRAM);
  return {
    step,
    op: mnemonic,
    value,
    label: opened.values.of(source) ?? '',
    kind,
    skipped: moves,
    ...(place !== undefined && { line: place.line, file: level?.files[place.file]?.path ?? '' }),
    inputs: inputs.map((input) => ({
      loc: locationText(input.place),
      step: input.step,
      name: input.name,
      value: opened.flow.valueAt(input),
    })),
  };
}

function placed(opened: OpenedTrace, loc: string, step: number): PlacedValue {
  const at = Math.min(step, opened.steps - 1);
  if (at < 0) throw invalid('Location', 'the trace has no steps');
  const { frame, sp } = opened.reader.step(at);
  const [kind, a = '', b = ''] = loc.split(':');
  const number = (text: string): number => {
    if (!/^\d{1,15}$/.test(text)) throw invalid('Location', loc);
    return Number(text);
  };
  switch (kind) {
    case 'stack': {
      const slot = number(a);
      if (slot >= sp) throw outOfRange('Stack slot', slot, sp);
      return { place: { in: 'stack', frame, slot }, step: at };
    }
    case 'memory':
      return {
        place: { in: 'memory', frame, at: number(a), length: Math.min(number(b), MAX_MEMORY_BYTES) },
        step: at,
      };
    case 'calldata':
      return { place: { in: 'calldata', frame, at: number(a), length: 32 }, step: at };
    case 'storage':
      if (!isHex(a, 20) || !isHex(b, 32)) throw invalid('Location', loc);
      return {
        place: { in: 'storage', account: a.toLowerCase() as Hex, key: b.toLowerCase() as Hex },
        step,
      };
    default:
      throw invalid('Location', `${loc.slice(0, 40)}: stack, memory, calldata and storage are known`);
  }
}

function locationText(place: ValuePlace): string {
  switch (place.in) {
    case 'stack':
      return `stack:${place.slot}`;
    case 'memory':
      return `memory:${place.at}:${place.length}`;
    case 'calldata':
      return `calldata:${place.at}`;
    case 'storage':
      return `storage:${place.account}:${place.key}`;
  }
}
