import { expect, test } from 'vitest';
import type { Case, Contestant } from '../src/rounds.ts';
import { compete } from '../src/rounds.ts';

/** Gives the figures it was given, in turn, and writes down when it was asked. */
function scripted(name: string, figures: readonly number[], diary: string[]): Contestant {
  let at = 0;
  return {
    name,
    sample: (caseName) => {
      diary.push(`${name} ${caseName}`);
      return Promise.resolve(figures[at++]!);
    },
    close: () => Promise.resolve(),
  };
}

const one: Case = { name: 'a', unit: 'ms', direction: 'lower-is-better' };
const two: Case = { name: 'b', unit: '1/s', direction: 'higher-is-better' };

test('the first sample is thrown away, the rest give medians', async () => {
  const diary: string[] = [];
  const results = await compete(
    scripted('we', [99, 1, 3, 2], diary),
    scripted('they', [99, 6, 4, 5], diary),
    [one],
    3,
  );
  expect(results).toEqual([{ name: 'a', unit: 'ms', ours: 2, peer: 5, peerName: 'they', ratio: 2.5 }]);
});

test('all cases of a round come before the next round, and who begins alternates', async () => {
  const diary: string[] = [];
  const figures = [1, 1, 1, 1, 1, 1];
  await compete(scripted('we', figures, diary), scripted('they', figures, diary), [one, two], 2);
  expect(diary.join(', ')).toBe(
    'they a, we a, they b, we b, we a, they a, we b, they b, they a, we a, they b, we b',
  );
});

test('the direction of a case decides the ratio', async () => {
  const results = await compete(
    scripted('we', [1, 1, 10, 10], []),
    scripted('they', [1, 1, 5, 5], []),
    [one, two],
    1,
  );
  expect(results.map(({ ratio }) => ratio)).toEqual([0.5, 2]);
});

test('a contestant that fails ends the run', async () => {
  const broken: Contestant = {
    ...scripted('they', [], []),
    sample: () => Promise.reject(new Error('gas is wrong')),
  };
  await expect(compete(scripted('we', [1, 1], []), broken, [one], 1)).rejects.toThrow('gas is wrong');
});
