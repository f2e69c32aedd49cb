import type { Rng } from '@ninefold/base';
import { invM31, mulM31, negM31, subM31 } from '../field/m31.ts';
import { rowEvaluator } from './check.ts';
import type { Chip } from './chip.ts';
import type { Node } from './expression.ts';
import { reachable } from './expression.ts';
import type { Machine } from './machine.ts';
import { messageLedger, messageName, messagesOf, variants } from './messages.ts';
import type { ChipTrace, Trace } from './trace.ts';

// Would anyone notice if a constraint were taken away? The answer is a trace that this constraint alone refuses.
// The search breaks it by one cell, and then makes up for what else breaks: another violated constraint is
// solved for one of its cells, as long as it is linear in it, and so on to a small depth.

/** Cells changed at most, after the first one. */
const MAX_REPAIRS = 4;

/** Rows that are tried for each constraint. */
const MAX_ROWS = 12;

/** Evaluations of a row that the search for one constraint may take. */
const MAX_EVALUATIONS = 20_000;

/** Messages that some table takes in any number: its multiplicity column is read by nothing else. */
export type Absorbed = ReadonlySet<string>;

/** Collects the messages that free multiplicities can balance. */
export function absorbedMessages(
  machine: Machine,
  trace: Trace,
  fixed: Trace,
  publicValues: readonly number[],
): Absorbed {
  const absorbed = new Set<string>();
  for (const { chip } of machine.chips) {
    const table = trace[chip.name];
    if (table === undefined) continue;
    const readers = columnReaders(chip);
    const free = chip.interactions.filter(({ multiplicity }) => {
      const node = chip.graph.nodes[multiplicity] as Node;
      return node.op === 'column' && node.tree === 'main' && (readers.get(node.index) ?? 0) === 0;
    });
    if (free.length === 0) continue;
    const evaluate = rowEvaluator(chip, table, fixed[chip.name], publicValues);
    for (let row = 0; row < 2 ** table.logHeight; row++) {
      const values = evaluate(row);
      for (const { bus, values: message } of free) {
        absorbed.add([bus.name, ...message.map((id) => values[id] as number)].join());
      }
    }
  }
  return absorbed;
}

/** How many constraints read each main column. */
function columnReaders({ graph, constraints }: Chip): Map<number, number> {
  const readers = new Map<number, number>();
  for (const { expression } of constraints) {
    const columns = new Set(cellsOf(graph.nodes, reachable(graph, [expression])).map(({ column }) => column));
    for (const column of columns) readers.set(column, (readers.get(column) ?? 0) + 1);
  }
  return readers;
}

type Cell = { readonly column: number; readonly offset: 0 | 1 };

function cellsOf(nodes: readonly Node[], ids: readonly number[]): Cell[] {
  return ids.flatMap((id) => {
    const node = nodes[id] as Node;
    return node.op === 'column' && node.tree === 'main' ? [{ column: node.index, offset: node.offset }] : [];
  });
}

/**
 * The constraints of a chip, among those named, for which the search finds a trace that only they refuse.
 *
 * @param followed buses whose messages others go on with, whatever the chip sends
 */
export function findNeeded(
  chip: Chip,
  original: ChipTrace,
  fixed: ChipTrace | undefined,
  publicValues: readonly number[],
  names: ReadonlySet<string>,
  absorbed: Absorbed,
  followed: ReadonlySet<string>,
  rng: Rng,
): string[] {
  const table: ChipTrace = { ...original, columns: original.columns.map((column) => column.slice()) };
  const evaluate = rowEvaluator(chip, table, fixed, publicValues);
  const height = 2 ** table.logHeight;
  const readers = columnReaders(chip);
  // Cells that few constraints read come first: changing them breaks the least.
  const supports = chip.constraints.map(({ expression }) =>
    cellsOf(chip.graph.nodes, reachable(chip.graph, [expression])).sort(
      (a, b) => (readers.get(a.column) ?? 0) - (readers.get(b.column) ?? 0),
    ),
  );
  const outputs = new Set(
    chip.interactions.flatMap((interaction, i) =>
      interaction.kind === 'send' && followed.has(interaction.bus.name) ? [messageName(interaction, i)] : [],
    ),
  );
  let evaluations = 0;

  const word = (column: number, row: number): number => table.columns[column]?.[row] as number;
  const write = (column: number, row: number, value: number): void => {
    (table.columns[column] as Uint32Array)[row] = value;
  };
  const rowsAround = (changed: ReadonlyMap<string, readonly [number, number]>): Set<number> => {
    const rows = new Set<number>();
    for (const [, row] of changed.values()) rows.add(row).add((row + height - 1) % height);
    return rows;
  };
  const valueAt = (index: number, row: number): number => {
    evaluations++;
    return evaluate(row)[chip.constraints[index]?.expression as number] as number;
  };

  /** Whether only `target` is violated once at most `depth` more cells are changed. */
  const repair = (
    target: number,
    changed: Map<string, readonly [number, number]>,
    depth: number,
  ): boolean => {
    let hit = false;
    let other: { readonly index: number; readonly row: number } | undefined;
    for (const row of rowsAround(changed)) {
      evaluations++;
      const values = evaluate(row);
      chip.constraints.forEach(({ expression }, index) => {
        if (values[expression] === 0) return;
        if (index === target) hit = true;
        else other ??= { index, row };
      });
    }
    if (!hit || evaluations > MAX_EVALUATIONS) return false;
    if (other === undefined) return isBalanced(changed);
    if (depth === 0) return false;
    const { index, row } = other;
    for (const { column, offset } of supports[index] ?? []) {
      const at = (row + offset) % height;
      const key = `${column} ${at}`;
      if (changed.has(key)) continue;
      const before = word(column, at);
      const solution = solve(index, row, column, at);
      if (solution !== undefined && solution !== before) {
        write(column, at, solution);
        changed.set(key, [column, at]);
        const found = repair(target, changed, depth - 1);
        changed.delete(key);
        if (found) {
          write(column, at, before);
          return true;
        }
      }
      write(column, at, before);
    }
    return false;
  };

  /** The value of a cell that makes a constraint zero, if it is linear in the cell. */
  const solve = (index: number, row: number, column: number, at: number): number | undefined => {
    const [f0, f1, f2] = [0, 1, 2].map((value) => {
      write(column, at, value);
      return valueAt(index, row);
    }) as [number, number, number];
    const slope = subM31(f1, f0);
    if (slope === 0 || subM31(f2, f1) !== slope) return undefined;
    return mulM31(negM31(f0), invM31(slope));
  };

  /**
   * Whether the messages are those of the original, or ones that tables take in any number. What is sent for
   * others to go on with may say anything, as many times as before.
   */
  const isBalanced = (changed: ReadonlyMap<string, readonly [number, number]>): boolean => {
    const ledger = messageLedger();
    const rows = [...rowsAround(changed)];
    const count = (factor: number): void => {
      for (const row of rows) {
        for (const message of messagesOf(chip, evaluate(row))) {
          const { rule } = message;
          ledger.add(outputs.has(rule) ? { ...message, key: `${rule} of row ${row}` } : message, factor);
        }
      }
    };
    count(1);
    const kept = [...changed.values()].map(([column, row]) => [column, row, word(column, row)] as const);
    for (const [column, row] of kept) write(column, row, original.columns[column]?.[row] as number);
    count(-1);
    for (const [column, row, value] of kept) write(column, row, value);
    return ledger.open().every((key) => absorbed.has(key));
  };

  const rows =
    height <= MAX_ROWS
      ? Array.from({ length: height }, (_, row) => row)
      : [0, 1, height - 2, height - 1, ...Array.from({ length: MAX_ROWS - 4 }, () => rng.below(height))];
  const isNeeded = (target: number): boolean => {
    evaluations = 0;
    for (const row of rows) {
      for (const { column, offset } of supports[target] ?? []) {
        const at = (row + offset) % height;
        const before = word(column, at);
        for (const value of variants(table.columns[column] as Uint32Array, at, rng)) {
          if (evaluations > MAX_EVALUATIONS) return false;
          write(column, at, value);
          const found = repair(target, new Map([[`${column} ${at}`, [column, at]]]), MAX_REPAIRS);
          write(column, at, before);
          if (found) return true;
        }
      }
    }
    return false;
  };
  return chip.constraints.flatMap(({ name }, index) => (names.has(name) && isNeeded(index) ? [name] : []));
}
