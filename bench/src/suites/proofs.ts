import type { ParameterSet } from '@ninefold/stark';
import { createKey, createPool, decodeProof, encodeProof, prove, verify } from '@ninefold/stark';
import { wideTable } from '../proofs/wide.ts';
import { median, result, suiteReport } from '../report.ts';
import type { Result } from '../report.ts';
import type { Suite } from '../suite.ts';

/** A table to prove: its height, its columns and its lookups a row. */
type Shape = {
  readonly logHeight: number;
  readonly columns: number;
  readonly lookups: number;
  readonly set: ParameterSet;
};

const SHAPES: readonly Shape[] = [
  { logHeight: 16, columns: 64, lookups: 0, set: 'p100' },
  { logHeight: 16, columns: 64, lookups: 8, set: 'p100' },
  { logHeight: 16, columns: 64, lookups: 0, set: 'p128' },
  { logHeight: 14, columns: 64, lookups: 0, set: 'evm' },
  { logHeight: 18, columns: 64, lookups: 0, set: 'p100' },
];

/** What is aimed at on the reference machine: trace cells per CPU second, verification, size. */
const GOALS = { cells: 10, verify: 50, size: 1500 } as const;

const ROUNDS = 3;

/** Proving and verifying one wide table, against the project's own goals. */
export const proofsSuite: Suite = {
  name: 'proofs',
  about:
    'proving a table, from the filled trace to the proof, code generated before: CPU time of one thread against the goal, and time by the clock of two threads against one, which takes a machine with two idle cores; cells are main columns times rows, lookup columns not counted',
  run: async ({ quick, say }) => {
    const results: Result[] = [];
    for (const shape of quick ? SHAPES.slice(0, 1) : SHAPES)
      results.push(...(await measure(shape, quick ? 1 : ROUNDS, say)));
    return suiteReport('proofs', results);
  },
};

async function measure(
  { logHeight, columns, lookups, set }: Shape,
  rounds: number,
  say: (line: string) => void,
): Promise<Result[]> {
  const { machine, trace } = wideTable(logHeight, columns, lookups);
  const key = createKey(machine, {}, set);
  const segments = [{ trace }];
  // The first proof generates and compiles the constraints' code.
  let bytes = encodeProof(prove(key, segments));
  const proving: number[] = [];
  const verifying: number[] = [];
  const clocks: Record<'one' | 'two', number[]> = { one: [], two: [] };
  const pool = await createPool({ threads: 2 });
  prove(key, segments, { pool });
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    proving.push(cpuMilliseconds(() => (bytes = encodeProof(prove(key, segments)))));
    const between = performance.now();
    clocks.one.push(between - started);
    prove(key, segments, { pool });
    clocks.two.push(performance.now() - between);
    verifying.push(
      cpuMilliseconds(() => verify(key.verifyingKey, [[]], decodeProof(key.verifyingKey, bytes))),
    );
  }
  pool.close();
  const name = `${set} 2^${logHeight} x ${columns}${lookups > 0 ? `, ${2 * lookups} messages a row` : ''}`;
  const time = median(proving);
  const rate = (milliseconds: number): number => (columns * 2 ** logHeight) / milliseconds / 1000;
  say(`${name}: ${time.toFixed(0)} ms`);
  return [
    result(`prove ${name}`, 'M cells/s', 'higher-is-better', rate(time), GOALS.cells, 'goal'),
    result(
      `two threads ${name}`,
      'M cells/s',
      'higher-is-better',
      rate(median(clocks.two)),
      rate(median(clocks.one)),
      'one thread',
    ),
    result(`verify ${name}`, 'ms CPU', 'lower-is-better', median(verifying), GOALS.verify, 'goal'),
    result(`size ${name}`, 'kB', 'lower-is-better', bytes.length / 1000, GOALS.size, 'goal'),
  ];
}

function cpuMilliseconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
