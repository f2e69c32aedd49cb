import type { Rng } from '@ninefold/base';
import { addM31, mulM31, negM31, P, toM31 } from '../field/m31.ts';
import type { Chip } from './chip.ts';

/** A message of a row: bus and values as one key, with how often it is sent (less received). */
export type Message = { readonly key: string; readonly times: number; readonly rule: string };

/** What an interaction is called in reports. */
export function messageName({ bus, kind }: Chip['interactions'][number], index: number): string {
  return `message ${index}: ${kind} to '${bus.name}'`;
}

/**
 * The messages of a row with these node values; those sent zero times are left out.
 *
 * @param places of the interactions looked at, all unless given
 */
export function messagesOf(
  { interactions }: Chip,
  values: readonly number[],
  places: Iterable<number> = interactions.keys(),
): Message[] {
  const messages: Message[] = [];
  for (const i of places) {
    const interaction = interactions[i] as Chip['interactions'][number];
    const times = values[interaction.multiplicity] as number;
    if (times === 0) continue;
    const key = [interaction.bus.name, ...interaction.values.map((id) => values[id] as number)].join();
    messages.push({
      key,
      times: interaction.kind === 'send' ? times : negM31(times),
      rule: messageName(interaction, i),
    });
  }
  return messages;
}

/** Counts messages that come and go. */
export type MessageLedger = {
  /** Adds a message `factor` times: -1 takes it back. */
  readonly add: (message: Message, factor: number) => void;
  /** Keys that do not balance. */
  readonly open: () => string[];
  /** Rules that have put a message on an open key. */
  readonly loud: () => Set<string>;
};

export function messageLedger(): MessageLedger {
  const entries = new Map<string, { excess: number; readonly rules: Set<string> }>();
  const unbalanced = (): [string, { readonly rules: Set<string> }][] =>
    [...entries].filter(([, { excess }]) => excess !== 0);
  return {
    add({ key, times, rule }, factor) {
      let entry = entries.get(key);
      if (entry === undefined) entries.set(key, (entry = { excess: 0, rules: new Set() }));
      entry.excess = addM31(entry.excess, mulM31(times, toM31(factor)));
      entry.rules.add(rule);
    },
    open: () => unbalanced().map(([key]) => key),
    loud: () => new Set(unbalanced().flatMap(([, { rules }]) => [...rules])),
  };
}

/** Other values for a cell, each once: neighbours, small ones, limbs' aliases, the value above, a random one. */
export function variants(column: Uint32Array, row: number, rng: Rng): number[] {
  const value = column[row] as number;
  const above = column[(row + column.length - 1) % column.length] as number;
  const candidates = [
    value + 1,
    value + P - 1,
    0,
    1,
    2,
    P - 1,
    value + 2 ** 8,
    value + P - 2 ** 8,
    value + 2 ** 16,
    value + P - 2 ** 16,
    above,
    rng.below(P),
  ].map((candidate) => candidate % P);
  return [...new Set(candidates)].filter((candidate) => candidate !== value);
}
