import { fail } from '../errors.ts';
import type { Bus, Chip } from './chip.ts';
import type { CompiledChip } from './logup.ts';
import { compileChip } from './logup.ts';

/** A message the verifier itself puts on a bus (or takes, with a negative multiplicity). */
export type PublicMessage = {
  readonly bus: Bus;
  readonly values: readonly number[];
  readonly multiplicity: number;
};

/** Chips that talk over buses, and the public values of a statement about them. */
export type Machine = {
  readonly name: string;
  readonly chips: readonly CompiledChip[];
  readonly buses: readonly Bus[];
  readonly publicCount: number;
  /** Largest degree of a constraint. */
  readonly maxDegree: number;
  /** What public values put on buses. */
  readonly messages: (publicValues: readonly number[]) => readonly PublicMessage[];
};

/** Most chips of a machine. */
export const MAX_CHIPS = 256;

/** Degrees a machine may choose from: the quotient has 2, 4 or 8 pieces. */
export type MaxDegree = 3 | 5 | 9;

/**
 * Puts chips together and adds the lookup argument's constraints to each.
 *
 * @throws `STARK_INVALID_AIR`, `STARK_INVALID_MACHINE`
 * @example const machine = defineMachine({ name: 'fibonacci', chips: [fibonacci], publicCount: 2 });
 */
export function defineMachine(definition: {
  readonly name: string;
  readonly chips: readonly Chip[];
  readonly publicCount?: number;
  readonly maxDegree?: MaxDegree;
  readonly messages?: (publicValues: readonly number[]) => readonly PublicMessage[];
}): Machine {
  const { name, chips, publicCount = 0, maxDegree = 3, messages = () => [] } = definition;
  const wrong = (what: string): never => {
    throw fail('STARK_INVALID_MACHINE', { machine: name, what });
  };
  if (chips.length === 0 || chips.length > MAX_CHIPS) wrong(`${chips.length} chips`);
  if (new Set(chips.map((chip) => chip.name)).size < chips.length) wrong('two chips have one name');
  const buses = [...new Set(chips.flatMap(({ interactions }) => interactions.map(({ bus }) => bus)))];
  if (new Set(buses.map((bus) => bus.name)).size < buses.length) wrong('two buses have one name');
  for (const { graph, name: chip } of chips) {
    for (const node of graph.nodes) {
      if (node.op !== 'public') continue;
      if (!(Number.isInteger(node.index) && node.index >= 0 && node.index < publicCount)) {
        wrong(`chip '${chip}' reads public value ${node.index} of ${publicCount}`);
      }
    }
  }
  return {
    name,
    chips: chips.map((chip) => compileChip(chip, buses, maxDegree)),
    buses,
    publicCount,
    maxDegree,
    messages,
  };
}
