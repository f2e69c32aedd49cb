import type { Rng } from '@ninefold/base';
import { seededRng } from '@ninefold/base';
import { checkTrace, rowEvaluator } from './check.ts';
import { P, toM31 } from '../field/m31.ts';
import type { Chip } from './chip.ts';
import { dependentsOf, recompute } from './dependents.ts';
import type { Machine } from './machine.ts';
import type { Message } from './messages.ts';
import { messageLedger, messageName, messagesOf, variants } from './messages.ts';
import { absorbedMessages, findNeeded } from './removal.ts';
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
  /**
   * Whether to look for a trace that a constraint alone refuses where no mutant is one; true unless given. It
   * takes hours for a chip of thousands of constraints.
   */
  readonly findsNeeded?: boolean;
  /**
   * Buses whose messages other tables go on with, whatever they say, as with the content of memory: a rule is
   * needed when without it a row with the same inputs has another output there.
   */
  readonly followed?: readonly string[];
};

/** Survivors that a report names for each chip. */
const MAX_SURVIVORS = 32;

/**
 * Changes every cell of a valid trace (to its neighbours ±1, 0, 1, 2, p - 1, a limb's alias ±2^8 and ±2^16, the
 * value above and a random one) and counts what the constraints and buses catch. A change of one cell touches two
 * rows, and of them what is computed of the cell. Public values are changed too. For constraints that no
 * mutant depends on, a search changes several cells at once.
 *
 * @returns for each chip its mutants and what they say about each constraint
 * @example expect(mutateTrace({ machine, trace }).chips.every(({ survivors }) => survivors.length === 0)).toBe(true);
 */
export function mutateTrace(subject: MutationSubject, options: MutationOptions = {}): MutationReport {
  const { machine, trace, fixed = {}, publicValues = [] } = subject;
  const { attacks = {}, dontCare = () => false, maxCells = Infinity, seed = 1, findsNeeded = true } = options;
  const followed = new Set(options.followed);
  const rng = seededRng(seed);
  const noticed = new Map<string, Set<string>>(machine.chips.map(({ chip }) => [chip.name, new Set()]));
  const survivingAttacks: string[] = [];
  const forgeries = publicValues.map((value, i): [string, readonly Killer[]] => [
    `public value ${i} plus one`,
    forgeryKillers(machine, trace, fixed, publicValues, publicValues.with(i, (value + 1) % P)),
  ]);
  const attempts = Object.entries(attacks).map(([name, wrong]): [string, readonly Killer[]] => [
    name,
    attackKillers(machine, { trace, publicValues, ...wrong }, fixed),
  ]);
  for (const [name, killers] of [...forgeries, ...attempts]) {
    if (killers.length === 0) survivingAttacks.push(name);
    const [only] = killers;
    if (killers.length === 1 && only !== undefined) noticed.get(only.chip)?.add(only.what);
  }
  const absorbed = findsNeeded ? absorbedMessages(machine, trace, fixed, publicValues) : new Set<string>();
  const chips = machine.chips.flatMap(({ chip }) => {
    const table = trace[chip.name];
    if (table === undefined) return [];
    const known = noticed.get(chip.name) as Set<string>;
    const own = fixed[chip.name];
    const result = mutateChip(chip, table, own, publicValues, { dontCare, maxCells, rng, known });
    const rest = new Set(chip.constraints.map(({ name }) => name).filter((name) => !known.has(name)));
    if (findsNeeded) {
      for (const name of findNeeded(chip, table, own, publicValues, rest, absorbed, followed, rng)) {
        known.add(name);
      }
    }
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
    const rest = unnoticed.length === 0 ? '' : `; not shown to be needed: ${unnoticed.join(', ')}`;
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

/**
 * As {@link attackKillers}, of the valid trace with other public values: only what reads these is looked at.
 *
 * @param known those the trace is valid with
 */
function forgeryKillers(
  machine: Machine,
  trace: Trace,
  fixed: Trace,
  known: readonly number[],
  forged: readonly number[],
): Killer[] {
  const killers = new Map<string, Killer>();
  const ledger = messageLedger();
  const buses = new Map<string, string>();
  const count = (message: Message, bus: string, factor: number): void => {
    buses.set(message.key, bus);
    ledger.add(message, factor);
  };
  for (const [values, factor] of [
    [known, -1],
    [forged, 1],
  ] as const) {
    for (const { bus, values: words, multiplicity } of machine.messages(values)) {
      count({ key: [bus.name, ...words].join(), times: toM31(multiplicity), rule: '' }, bus.name, factor);
    }
  }
  for (const { chip } of machine.chips) {
    const table = trace[chip.name];
    const isReader = chip.graph.nodes.some(
      (node) => node.op === 'public' && known[node.index] !== forged[node.index],
    );
    if (table === undefined || !isReader) continue;
    const before = rowEvaluator(chip, table, fixed[chip.name], known);
    const after = rowEvaluator(chip, table, fixed[chip.name], forged);
    for (let row = 0; row < 2 ** table.logHeight; row++) {
      const values = after(row);
      for (const { name: what, expression } of chip.constraints) {
        if (values[expression] !== 0) killers.set(`${chip.name} ${what}`, { chip: chip.name, what });
      }
      chip.interactions.forEach(({ bus }, i) => {
        for (const message of messagesOf(chip, before(row), [i])) count(message, bus.name, -1);
        for (const message of messagesOf(chip, values, [i])) count(message, bus.name, 1);
      });
    }
  }
  for (const key of ledger.open()) {
    const what = buses.get(key) as string;
    killers.set(` ${what}`, { chip: '', what });
  }
  return [...killers.values()];
}

/** Node values of rows that are kept for a chip at most: 2^23 numbers. */
const MAX_KEPT_VALUES: number = 2 ** 23;

/** Rows of a valid trace by their numbers, evaluated once where there is room; who changes one restores it. */
function keptRows(
  evaluate: (row: number) => readonly number[],
  height: number,
  nodes: number,
): (row: number) => number[] {
  if (height * nodes > MAX_KEPT_VALUES) return (row) => evaluate(row).slice();
  const rows: number[][] = [];
  return (row) => (rows[row] ??= evaluate(row).slice());
}

function mutateChip(
  chip: Chip,
  table: ChipTrace,
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
  const evaluate = rowEvaluator(chip, table, fixed, publicValues);
  const dependents = dependentsOf(chip);
  const height = 2 ** table.logHeight;
  const rowOf = keptRows(evaluate, height, chip.graph.nodes.length);
  const cells = table.columns.length * height;
  const step = Math.max(1, cells / maxCells);
  const survivors: Survivor[] = [];
  const quiet = new Set(chip.interactions.keys());
  for (let row = 0; row < height && quiet.size > 0; row++) {
    const values = evaluate(row);
    for (const i of quiet) {
      const interaction = chip.interactions[i] as Chip['interactions'][number];
      if (values[interaction.multiplicity] === 0) continue;
      known.add(messageName(interaction, i));
      quiet.delete(i);
    }
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
    // The row itself, and the one above, which reads the cell as the next row's.
    const readers = ([0, 1] as const).map((offset) => {
      const own = dependents(column, offset);
      const values = rowOf((row + height - offset) % height);
      return { own, values, before: messagesOf(chip, values, own.interactions) };
    });
    for (const to of variants(words, row, rng)) {
      mutants++;
      const killers = new Set<string>();
      const ledger = messageLedger();
      for (const { own, values, before } of readers) {
        if (own.cell === undefined) continue;
        values[own.cell] = to;
        recompute(chip.graph.nodes, own.nodes, values);
        for (const { name: rule, expression } of own.constraints) {
          if (values[expression] !== 0) killers.add(rule);
        }
        for (const message of before) ledger.add(message, -1);
        for (const message of messagesOf(chip, values, own.interactions)) ledger.add(message, 1);
      }
      const loud = ledger.loud();
      if (killers.size + loud.size > 0) killed++;
      else if (survivors.length < MAX_SURVIVORS)
        survivors.push({ chip: chip.name, column: name, row, from, to });
      const [only] = [...killers, ...loud];
      if (killers.size + loud.size === 1 && only !== undefined) known.add(only);
    }
    for (const { own, values } of readers) {
      if (own.cell === undefined) continue;
      values[own.cell] = from;
      recompute(chip.graph.nodes, own.nodes, values);
    }
  }
  return { chip: chip.name, mutants, killed, survivors };
}
