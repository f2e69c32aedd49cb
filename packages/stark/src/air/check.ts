import { addM31, mulM31, negM31, subM31, toM31 } from '../field/m31.ts';
import { fail } from '../errors.ts';
import type { Bus, Chip } from './chip.ts';
import { leafName } from './chip.ts';
import type { Node } from './expression.ts';
import { expressionText, reachable } from './expression.ts';
import type { Machine } from './machine.ts';
import type { ChipTrace, Trace } from './trace.ts';
import { checkTable } from './trace.ts';

/** A place where a trace breaks its rules. */
export type Violation =
  | {
      readonly kind: 'constraint';
      readonly chip: string;
      readonly row: number;
      readonly constraint: string;
      /** The constraint as text. */
      readonly expression: string;
      /** The cells it reads, by name (`'` for the next row), with their values here. */
      readonly cells: Readonly<Record<string, number>>;
      readonly value: number;
    }
  | {
      readonly kind: 'bus';
      readonly bus: string;
      readonly values: readonly number[];
      /** Sends less receives, modulo p: zero would be right. */
      readonly excess: number;
      /** Some of the rows that sent or received it. */
      readonly rows: readonly string[];
    };

/** Violations looked for before a check ends, unless told otherwise. */
export const DEFAULT_MAX_VIOLATIONS = 16;

/** Rows named with a bus violation. */
const MAX_NAMED_ROWS = 4;

/** A violation as a sentence. */
export function violationText(violation: Violation): string {
  if (violation.kind === 'bus') {
    const { bus, values, excess, rows } = violation;
    const amount = excess > 0x3fffffff ? `received ${0x7fffffff - excess}` : `sent ${excess}`;
    return `bus '${bus}': (${values.join(', ')}) is ${amount} times too often, by ${rows.join(', ')}`;
  }
  const { chip, row, constraint, expression, cells, value } = violation;
  const shown = Object.entries(cells).map(([name, cell]) => `${name} = ${cell}`);
  return `chip '${chip}', row ${row}: '${constraint}' is ${value}: ${expression} with ${shown.join(', ')}`;
}

/**
 * Evaluates every constraint on every row and counts every message: what a proof would prove, without
 * proving it. Slow and exact; for tests and for finding what is wrong with a trace.
 *
 * @param fixed tables of preprocessed columns
 * @returns nothing when the trace is right
 * @throws `STARK_INVALID_TRACE` when a table has the wrong shape
 * @example expect(checkTrace(machine, trace, { publicValues: [1, 1] })).toEqual([]);
 */
export function checkTrace(
  machine: Machine,
  trace: Trace,
  {
    fixed = {},
    publicValues = [],
    maxViolations = DEFAULT_MAX_VIOLATIONS,
  }: {
    readonly fixed?: Trace;
    readonly publicValues?: readonly number[];
    readonly maxViolations?: number;
  } = {},
): Violation[] {
  return checkSegments(machine, [{ trace, publicValues }], { fixed, maxViolations });
}

/**
 * As {@link checkTrace}, of all segments of a proof: constraints in each, messages over all of them.
 *
 * @example checkSegments(machine, [{ trace: first }, { trace: second }], { fixed })
 */
export function checkSegments(
  machine: Machine,
  segments: readonly { readonly trace: Trace; readonly publicValues?: readonly number[] }[],
  {
    fixed = {},
    maxViolations = DEFAULT_MAX_VIOLATIONS,
  }: { readonly fixed?: Trace; readonly maxViolations?: number } = {},
): Violation[] {
  const violations: Violation[] = [];
  const ledgers = new Map<Bus, Ledger>(machine.buses.map((bus) => [bus, new Map()]));
  for (const { trace, publicValues = [] } of segments) {
    checkSegment(machine, trace, fixed, publicValues, maxViolations, violations, ledgers);
    if (violations.length >= maxViolations) return violations;
  }
  for (const [bus, ledger] of ledgers) {
    for (const { values, excess, rows } of ledger.values()) {
      if (excess === 0) continue;
      violations.push({ kind: 'bus', bus: bus.name, values, excess, rows });
      if (violations.length >= maxViolations) return violations;
    }
  }
  return violations;
}

/** Adds the violations of a segment's constraints, and its messages to the ledgers. */
function checkSegment(
  machine: Machine,
  trace: Trace,
  fixed: Trace,
  publicValues: readonly number[],
  maxViolations: number,
  violations: Violation[],
  ledgers: ReadonlyMap<Bus, Ledger>,
): void {
  if (publicValues.length !== machine.publicCount) {
    throw fail('STARK_INVALID_MACHINE', {
      machine: machine.name,
      what: `${publicValues.length} public values instead of ${machine.publicCount}`,
    });
  }
  for (const { chip } of machine.chips) {
    const table = trace[chip.name];
    if (table === undefined) {
      if (chip.optional) continue;
      throw fail('STARK_INVALID_TRACE', { chip: chip.name, what: 'it has no table' });
    }
    checkTable(chip, table, 'main');
    const own = fixed[chip.name];
    if (chip.preprocessed.length > 0) {
      if (own === undefined) {
        throw fail('STARK_INVALID_TRACE', { chip: chip.name, what: 'its fixed columns are missing' });
      }
      checkTable(chip, own, 'preprocessed');
      if (own.logHeight !== table.logHeight) {
        throw fail('STARK_INVALID_TRACE', { chip: chip.name, what: 'fixed and main heights differ' });
      }
    }
    checkChip(chip, table, own, publicValues, maxViolations, violations, ledgers);
    if (violations.length >= maxViolations) return;
  }
  for (const { bus, values, multiplicity } of machine.messages(publicValues)) {
    record(ledgers.get(bus), values, toM31(multiplicity), () => 'the public values');
  }
}

type Ledger = Map<string, { readonly values: readonly number[]; excess: number; readonly rows: string[] }>;

function record(
  ledger: Ledger | undefined,
  values: readonly number[],
  multiplicity: number,
  who: () => string,
): void {
  if (ledger === undefined || multiplicity === 0) return;
  const key = values.join();
  let entry = ledger.get(key);
  if (entry === undefined) {
    entry = { values, excess: 0, rows: [] };
    ledger.set(key, entry);
  }
  entry.excess = addM31(entry.excess, multiplicity);
  if (entry.rows.length < MAX_NAMED_ROWS) entry.rows.push(who());
}

function checkChip(
  chip: Chip,
  table: ChipTrace,
  fixed: ChipTrace | undefined,
  publicValues: readonly number[],
  maxViolations: number,
  violations: Violation[],
  ledgers: ReadonlyMap<Bus, Ledger>,
): void {
  const { graph, constraints, interactions } = chip;
  const height = 2 ** table.logHeight;
  const evaluate = rowEvaluator(chip, table, fixed, publicValues);
  const isSilent = silentRows(chip, table);
  for (let row = 0; row < height; row++) {
    if (isSilent(row)) continue;
    const values = evaluate(row);
    for (const { name, expression } of constraints) {
      const value = values[expression] as number;
      if (value === 0) continue;
      const cells: Record<string, number> = {};
      for (const id of reachable(graph, [expression])) {
        const node = graph.nodes[id] as Node;
        if (!('a' in node) && node.op !== 'constant') cells[leafName(chip, node)] = values[id] as number;
      }
      const text = expressionText(graph, expression, (node) => leafName(chip, node));
      violations.push({
        kind: 'constraint',
        chip: chip.name,
        row,
        constraint: name,
        expression: text,
        cells,
        value,
      });
      if (violations.length >= maxViolations) return;
    }
    for (const { bus, kind, values: message, multiplicity } of interactions) {
      const times = values[multiplicity] as number;
      if (times === 0) continue;
      record(
        ledgers.get(bus),
        message.map((id) => values[id] as number),
        kind === 'send' ? times : negM31(times),
        () => `'${chip.name}' row ${row} (${kind})`,
      );
    }
  }
}

/**
 * Which rows say nothing: of a chip that only answers, as tables for lookups do, those that nobody asks for.
 * Such tables are the longest of all.
 */
function silentRows(
  { graph, constraints, interactions }: Chip,
  { columns }: ChipTrace,
): (row: number) => boolean {
  const counts = interactions.map(({ multiplicity }) => {
    const node = graph.nodes[multiplicity] as Node;
    return node.op === 'column' && node.tree === 'main' && node.offset === 0
      ? columns[node.index]
      : undefined;
  });
  if (constraints.length > 0 || counts.includes(undefined)) return () => false;
  return (row) => counts.every((count) => count?.[row] === 0);
}

/** Codes of operations: rows are many, and numbers are quicker to tell apart than names. */
const [ADD, SUB, MUL, NEG] = [0, 1, 2, 3];
const OPERATION_CODES: Readonly<Partial<Record<Node['op'], number>>> = {
  add: ADD,
  sub: SUB,
  mul: MUL,
  neg: NEG,
};

/**
 * Values of all nodes of a chip on a row, in an array that the next call overwrites. Wide nodes stay 0: they
 * are the lookup argument's, and messages are counted instead.
 */
export function rowEvaluator(
  chip: Chip,
  table: ChipTrace,
  fixed: ChipTrace | undefined,
  publicValues: readonly number[],
): (row: number) => readonly number[] {
  const last = 2 ** table.logHeight - 1;
  const values = new Array<number>(chip.graph.nodes.length).fill(0);
  const columns: { readonly id: number; readonly words: Uint32Array; readonly isNext: boolean }[] = [];
  const selectors: { readonly id: number; readonly at: number }[] = [];
  const operations: number[] = [];
  chip.graph.nodes.forEach((node, id) => {
    const code = OPERATION_CODES[node.op];
    if ('a' in node && code !== undefined) operations.push(id, code, node.a, 'b' in node ? node.b : node.a);
    else if (node.op === 'constant') values[id] = node.value;
    else if (node.op === 'public') values[id] = publicValues[node.index] as number;
    else if (node.op === 'selector') selectors.push({ id, at: node.row === 'first' ? 0 : last });
    else if (node.op === 'column') {
      const words = (node.tree === 'main' ? table : fixed)?.columns[node.index];
      if (words !== undefined) columns.push({ id, words, isNext: node.offset === 1 });
    }
  });
  const steps = Int32Array.from(operations);
  return (row) => {
    const next = row === last ? 0 : row + 1;
    for (const { id, words, isNext } of columns) values[id] = words[isNext ? next : row] as number;
    for (const { id, at } of selectors) values[id] = row === at ? 1 : 0;
    for (let i = 0; i < steps.length; i += 4) {
      const a = values[steps[i + 2] as number] as number;
      const b = values[steps[i + 3] as number] as number;
      const code = steps[i + 1];
      values[steps[i] as number] =
        code === ADD ? addM31(a, b) : code === SUB ? subM31(a, b) : code === MUL ? mulM31(a, b) : negM31(a);
    }
    return values;
  };
}
