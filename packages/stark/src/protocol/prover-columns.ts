import type { Columns, Workspace } from '../kernel/workspace.ts';

/** Address of a column. */
export function addressOf({ address, stride }: Columns, index: number): number {
  return address + index * stride;
}

/** Reads an element of E from the first `degree` columns. */
export function readWide(workspace: Workspace, columns: Columns, row: number): number[] {
  const words = workspace.words();
  return Array.from(
    { length: workspace.field.degree },
    (_, k) => words[addressOf(columns, k) / 4 + row] as number,
  );
}

/** Where `extendTrace` wants a column's rows: behind the place of its coefficients, among those of its values. */
export function traceAddress(to: number, logHeight: number): number {
  return to + 4 * 2 ** logHeight;
}

/**
 * Values on the evaluation domain of columns given in trace order. While one is written, others are transformed.
 *
 * @param write puts column `index` in trace order at an address
 */
export function commitColumns(
  workspace: Workspace,
  count: number,
  logHeight: number,
  logBlowup: number,
  write: (index: number, address: number) => void,
): Columns {
  const values = workspace.columns(count, 2 ** (logHeight + logBlowup));
  for (let c = 0; c < count; c++) {
    const to = addressOf(values, c);
    write(c, traceAddress(to, logHeight));
    workspace.extendTrace(to, logHeight, logHeight + logBlowup);
  }
  workspace.join();
  return values;
}

/** The selectors of the first and the last row, on the first 2^`logPlaces` places of the evaluation domain. */
export function selectorValues(
  workspace: Workspace,
  logHeight: number,
  logBlowup: number,
  logPlaces: number,
): Columns {
  const rows = 2 ** logHeight;
  const values = workspace.columns(2, 2 ** logPlaces);
  const mark = workspace.mark();
  const all = commitColumns(workspace, 2, logHeight, logBlowup, (index, address) => {
    workspace.clear(address, 4 * rows);
    workspace.words()[address / 4 + (index === 0 ? 0 : rows - 1)] = 1;
  });
  for (let k = 0; k < 2; k++) {
    const from = addressOf(all, k) / 4;
    workspace.words().copyWithin(addressOf(values, k) / 4, from, from + 2 ** logPlaces);
  }
  workspace.release(mark);
  return values;
}

/** Columns in trace order as they are, each followed by its first value: row r + 1 stands four bytes on. */
export function traceColumns(
  workspace: Workspace,
  columns: readonly Uint32Array[],
  logHeight: number,
): Columns {
  const rows = 2 ** logHeight;
  const placed = workspace.columns(columns.length, rows);
  const words = workspace.words();
  columns.forEach((column, c) => {
    const at = addressOf(placed, c) / 4;
    words.set(column, at);
    words[at + rows] = column[0] as number;
  });
  return placed;
}
