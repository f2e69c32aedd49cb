/** One line of a suite: the same work by us and by a peer, measured in the same run. */
export type Result = {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  /** Above 1 we are better, whichever way the unit points. */
  readonly ratio: number;
};

export type SuiteReport = {
  readonly suite: string;
  readonly results: readonly Result[];
  /** Geometric mean of the ratios. */
  readonly geomean: number;
};

/** Whether more or less of a unit is the better figure. */
export type Direction = 'lower-is-better' | 'higher-is-better';

export function result(
  name: string,
  unit: string,
  direction: Direction,
  ours: number,
  peer: number,
  peerName: string,
): Result {
  const ratio = direction === 'lower-is-better' ? peer / ours : ours / peer;
  return { name, unit, ours, peer, peerName, ratio };
}

export function suiteReport(suite: string, results: readonly Result[]): SuiteReport {
  return { suite, results, geomean: geometricMean(results.map(({ ratio }) => ratio)) };
}

/** NaN of nothing. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The table people read. */
export function formatReport({ suite, results, geomean }: SuiteReport): string {
  const rows = [
    ['name', 'unit', 'ours', 'peer', 'peerName', 'ratio'],
    ...results.map(({ name, unit, ours, peer, peerName, ratio }) => [
      name,
      unit,
      significant(ours),
      significant(peer),
      peerName,
      `${ratio.toFixed(2)}x`,
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        isNumeric(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
  return [`suite ${suite}`, ...lines, `geometric mean of ${results.length}: ${geomean.toFixed(2)}x`].join(
    '\n',
  );
}

function isNumeric(column: number): boolean {
  return column === 2 || column === 3 || column === 5;
}

/** Three significant digits without an exponent. */
function significant(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}
