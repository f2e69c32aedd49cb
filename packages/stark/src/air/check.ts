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
  for (let row = 0; row < height; row++) {
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

/** Values of all nodes of a chip on a row, in an array that the next call overwrites. */
export function rowEvaluator(
  chip: Chip,
  table: ChipTrace,
  fixed: ChipTrace | undefined,
  publicValues: readonly number[],
): (row: number) => readonly number[] {
  const { nodes } = chip.graph;
  const last = 2 ** table.logHeight - 1;
  const values = new Array<number>(nodes.length).fill(0);
  return (row) => {
    const next = row === last ? 0 : row + 1;
    for (let id = 0; id < nodes.length; id++) {
      const node = nodes[id] as Node;
      let value = 0;
      switch (node.op) {
        case 'constant':
          value = node.value;
          break;
        case 'column': {
          const columns = node.tree === 'main' ? table.columns : (fixed?.columns ?? []);
          value = columns[node.index]?.[node.offset === 0 ? row : next] ?? 0;
          break;
        }
        case 'selector':
          value = row === (node.row === 'first' ? 0 : last) ? 1 : 0;
          break;
        case 'public':
          value = publicValues[node.index] as number;
          break;
        case 'add':
          value = addM31(values[node.a] as number, values[node.b] as number);
          break;
        case 'sub':
          value = subM31(values[node.a] as number, values[node.b] as number);
          break;
        case 'mul':
          value = mulM31(values[node.a] as number, values[node.b] as number);
          break;
        case 'neg':
          value = negM31(values[node.a] as number);
          break;
        default:
          // Wide nodes are the lookup argument's; messages are counted instead.
          break;
      }
      values[id] = value;
    }
    return values;
  };
}
