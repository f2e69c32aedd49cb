import type { Direction, Result } from './report.ts';
import { median, result } from './report.ts';

/** Something that can be made to do a named piece of work, again and again. */
export type Contestant = {
  readonly name: string;
  /** Does the work of `caseName` once or more and gives one figure in the case's unit. */
  readonly sample: (caseName: string) => Promise<number>;
  readonly close: () => Promise<void>;
};

export type Case = { readonly name: string; readonly unit: string; readonly direction: Direction };

/**
 * Medians over `rounds`, each of which lets both do every case in turn: a machine that grows slower
 * in the middle slows both. Who begins alternates. One sample each is thrown away first.
 */
export async function compete(
  ours: Contestant,
  peer: Contestant,
  cases: readonly Case[],
  rounds: number,
): Promise<readonly Result[]> {
  const samples = new Map(cases.map(({ name }) => [name, { ours: [] as number[], peer: [] as number[] }]));
  for (let round = -1; round < rounds; round++) {
    for (const { name } of cases) {
      const order = round % 2 === 0 ? (['ours', 'peer'] as const) : (['peer', 'ours'] as const);
      for (const who of order) {
        const figure = await (who === 'ours' ? ours : peer).sample(name);
        if (round >= 0) samples.get(name)![who].push(figure);
      }
    }
  }
  return cases.map(({ name, unit, direction }) => {
    const { ours, peer: theirs } = samples.get(name)!;
    return result(name, unit, direction, median(ours), median(theirs), peer.name);
  });
}
