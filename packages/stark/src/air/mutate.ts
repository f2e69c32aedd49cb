import type { Rng } from '@ninefold/base';
import { seededRng } from '@ninefold/base';
import { addM31, negM31, P } from '../field/m31.ts';
import { checkTrace, rowEvaluator } from './check.ts';
import type { Chip } from './chip.ts';
import type { Machine } from './machine.ts';
import type { ChipTrace, Trace } from './trace.ts';

/** A trace that satisfies its machine, to be broken in every way. */
export type MutationSubject = {
  readonly machine: Machine;
  readonly trace: Trace;
  readonly fixed?: Trace;
  readonly publicValues?: readonly number[];
};

/** A change of one cell that nothing caught. */
export type Survivor = {
  readonly chip: string;
  readonly column: string;
  readonly row: number;
  readonly from: number;
  readonly to: number;
};

/** What happened to a chip's mutants. */
export type ChipMutations = {
  readonly chip: string;
  readonly mutants: number;
  readonly killed: number;
  readonly survivors: readonly Survivor[];
  /**
   * Rules whose removal the suite notices: constraints without which some mutant or attack gets through,
   * and messages without which the valid trace does not balance.
   */
  readonly noticed: readonly string[];
  /** The others: superfluous, or no attack has been written that only they catch. */
  readonly unnoticed: readonly string[];
};

export type MutationReport = {
  readonly machine: string;
  readonly chips: readonly ChipMutations[];
  /** Attacks that nothing caught. */
  readonly survivingAttacks: readonly string[];
};

/** Something wrong that has to be caught: another trace, other public values, or both. */
export type Attack = { readonly trace?: Trace; readonly publicValues?: readonly number[] };

/** A cell whose value does not matter, and why: its mutants are not made. */
export type DontCare = (cell: {
  readonly chip: string;
  readonly column: string;
  readonly row: number;
}) => boolean;

export type MutationOptions = {
  /** By name, for what no change of one cell shows: each has to be caught. */
  readonly attacks?: Readonly<Record<string, Attack>>;
  readonly dontCare?: DontCare;
  /** Cells of a chip that are tried at most; all when there are no more, else a sample. */
  readonly maxCells?: number;
  readonly seed?: number;
};

/** Survivors that a report names for each chip. */
const MAX_SURVIVORS = 32;

/**
 * Changes every cell of a valid trace (to its neighbours ±1, 0, 1, 2, p - 1, a limb's alias ±2^8 and ±2^16, the
 * value above and a random one) and counts what the constraints and buses catch. A change of one cell touches two
 * rows, so that a mutant costs two rows' evaluation.
 *
 * @returns for each chip its mutants and what they say about each constraint
 * @example expect(mutateTrace({ machine, trace }).chips.every(({ survivors }) => survivors.length === 0)).toBe(true);
 */
export function mutateTrace(subject: MutationSubject, options: MutationOptions = {}): MutationReport {
  const { machine, trace, fixed = {}, publicValues = [] } = subject;
  const { attacks = {}, dontCare = () => false, maxCells = Infinity, seed = 1 } = options;
  const rng = seededRng(seed);
  const noticed = new Map<string, Set<string>>(machine.chips.map(({ chip }) => [chip.name, new Set()]));
  const survivingAttacks: string[] = [];
  for (const [name, wrong] of Object.entries(attacks)) {
    const killers = attackKillers(machine, { trace, publicValues, ...wrong }, fixed);
    if (killers.length === 0) survivingAttacks.push(name);
    const [only] = killers;
    if (killers.length === 1 && only !== undefined) noticed.get(only.chip)?.add(only.what);
  }
  const chips = machine.chips.flatMap(({ chip }) => {
    const table = trace[chip.name];
    if (table === undefined) return [];
    const known = noticed.get(chip.name) as Set<string>;
    const result = mutateChip(chip, table, fixed[chip.name], publicValues, {
      dontCare,
      maxCells,
      rng,
      known,
    });
    const all = [...chip.constraints.map(({ name }) => name), ...chip.interactions.map(messageName)];
    return [
      {
        ...result,
        noticed: all.filter((name) => known.has(name)),
        unnoticed: all.filter((name) => !known.has(name)),
      },
    ];
  });
  return { machine: machine.name, chips, survivingAttacks };
}

/** The report as lines for people, a chip each. */
export function mutationText({ machine, chips, survivingAttacks }: MutationReport): string {
  const lines = chips.map(({ chip, mutants, killed, noticed, unnoticed, survivors }) => {
    const rate = mutants === 0 ? 100 : (100 * killed) / mutants;
    const rest = unnoticed.length === 0 ? '' : `; nothing depends on: ${unnoticed.join(', ')}`;
    const first = survivors[0];
    const left =
      first === undefined
        ? ''
        : `; survived: '${first.column}' row ${first.row} from ${first.from} to ${first.to}` +
          (survivors.length > 1 ? ` and ${mutants - killed - 1} more` : '');
    const rules = `${noticed.length} of ${noticed.length + unnoticed.length} rules missed if removed`;
    return `${machine}/${chip}: ${killed} of ${mutants} mutants killed (${rate.toFixed(2)} %), ${rules}${left}${rest}`;
  });
  return [...lines, ...survivingAttacks.map((name) => `${machine}: attack '${name}' was not caught`)].join(
    '\n',
  );
}

function messageName({ bus, kind }: Chip['interactions'][number], index: number): string {
  return `message ${index}: ${kind} to '${bus.name}'`;
}

type Killer = { readonly chip: string; readonly what: string };

/** Every rule that a wrong trace breaks; buses count as one rule each, of no chip. */
function attackKillers(machine: Machine, { trace, publicValues }: Required<Attack>, fixed: Trace): Killer[] {
  const violations = checkTrace(machine, trace, { fixed, publicValues, maxViolations: 1000 });
  const killers = new Map<string, Killer>();
  for (const violation of violations) {
    const killer =
      violation.kind === 'bus'
        ? { chip: '', what: violation.bus }
        : { chip: violation.chip, what: violation.constraint };
    killers.set(`${killer.chip} ${killer.what}`, killer);
  }
  return [...killers.values()];
}

function mutateChip(
  chip: Chip,
  original: ChipTrace,
  fixed: ChipTrace | undefined,
  publicValues: readonly number[],
  {
    dontCare,
    maxCells,
    rng,
    known,
  }: Required<Pick<MutationOptions, 'dontCare' | 'maxCells'>> & {
    readonly rng: Rng;
    /** Filled with the rules that alone killed a mutant. */
    readonly known: Set<string>;
  },
): Omit<ChipMutations, 'noticed' | 'unnoticed'> {
  const table: ChipTrace = { ...original, columns: original.columns.map((column) => column.slice()) };
  const evaluate = rowEvaluator(chip, table, fixed, publicValues);
  const height = 2 ** table.logHeight;
  const cells = table.columns.length * height;
  const step = Math.max(1, cells / maxCells);
  const survivors: Survivor[] = [];
  for (let row = 0; row < height; row++) {
    for (const { rule } of messagesOf(chip, evaluate(row))) known.add(rule);
  }
  let mutants = 0;
  let killed = 0;
  for (let place = 0; place < cells; place += step) {
    const cell = step === 1 ? place : Math.min(cells - 1, Math.floor(place + rng.below(1000) * step * 0.001));
    const column = Math.floor(cell / height);
    const row = cell % height;
    const name = chip.main[column] as string;
    if (dontCare({ chip: chip.name, column: name, row })) continue;
    const words = table.columns[column] as Uint32Array;
    const from = words[row] as number;
    const rows = [row, (row + height - 1) % height];
    const before = rows.map((at) => messagesOf(chip, evaluate(at)));
    for (const to of variants(words, row, rng)) {
      mutants++;
      words[row] = to;
      const killers = new Set<string>();
      const changed = new Map<string, { excess: number; readonly by: Set<string> }>();
      rows.forEach((at, i) => {
        const values = evaluate(at);
        for (const { name: rule, expression } of chip.constraints) {
          if (values[expression] !== 0) killers.add(rule);
        }
        const after = messagesOf(chip, values);
        for (const { key, times, rule } of before[i] ?? []) count(changed, key, negM31(times), rule);
        for (const { key, times, rule } of after) count(changed, key, times, rule);
      });
      // A bus is broken by every message that is not what it was: taking one away would not hide it from
      // the others.
      const loud = new Set<string>();
      for (const { excess, by } of changed.values()) if (excess !== 0) for (const rule of by) loud.add(rule);
      if (killers.size + loud.size > 0) killed++;
      else if (survivors.length < MAX_SURVIVORS)
        survivors.push({ chip: chip.name, column: name, row, from, to });
      const [only] = [...killers, ...loud];
      if (killers.size + loud.size === 1 && only !== undefined) known.add(only);
    }
    words[row] = from;
  }
  return { chip: chip.name, mutants, killed, survivors };
}

type Message = { readonly key: string; readonly times: number; readonly rule: string };

function messagesOf({ interactions }: Chip, values: readonly number[]): Message[] {
  const messages: Message[] = [];
  interactions.forEach((interaction, i) => {
    const times = values[interaction.multiplicity] as number;
    if (times === 0) return;
    const key = [interaction.bus.name, ...interaction.values.map((id) => values[id] as number)].join();
    messages.push({
      key,
      times: interaction.kind === 'send' ? times : negM31(times),
      rule: messageName(interaction, i),
    });
  });
  return messages;
}

function count(
  ledger: Map<string, { excess: number; readonly by: Set<string> }>,
  key: string,
  times: number,
  rule: string,
): void {
  const entry = ledger.get(key);
  if (entry === undefined) ledger.set(key, { excess: times, by: new Set([rule]) });
  else {
    entry.excess = addM31(entry.excess, times);
    entry.by.add(rule);
  }
}

/** Other values for a cell, each once. */
function variants(column: Uint32Array, row: number, rng: Rng): number[] {
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
