import type { ChainConfig } from '@ninefold/chain-ethereum';
import { createDevConfig, nextDifficulty } from '@ninefold/chain-ethereum';
import type { ForkName } from '@ninefold/vm-evm';
import type { Suite } from '../suite.ts';
import { toBigint } from './state-record.ts';

/** A difficulty test as published (ethereum/tests `DifficultyTests`). */
type DifficultyTest = {
  readonly parentTimestamp: string;
  readonly parentDifficulty: string;
  /** Hash of the parent's ommers, or how many there are. */
  readonly parentUncles?: string | undefined;
  readonly currentTimestamp: string;
  readonly currentBlockNumber: string;
  readonly currentDifficulty: string;
};

type Era = { readonly fork: ForkName; readonly config: ChainConfig };

const london = createDevConfig({ fork: 'london' });
const delayed = (delay: bigint): Era => ({
  fork: 'london',
  config: { ...london, bombDelays: [...london.bombDelays, { fromBlock: 0n, delay }] },
});

/** By the name of the file's member, or a part of the file's name where the tests lie flat in it. */
const ERAS: Readonly<Record<string, Era>> = {
  Homestead: { fork: 'homestead', config: createDevConfig({ fork: 'homestead' }) },
  ArrowGlacier: delayed(10_700_000n),
  GrayGlacier: delayed(11_400_000n),
};

const NO_OMMERS = ['0x00', '0x0', '0', undefined];

function check({ fork, config }: Era, test: DifficultyTest): string | undefined {
  const difficulty = nextDifficulty(
    config,
    fork,
    { number: toBigint(test.currentBlockNumber), timestamp: toBigint(test.currentTimestamp) },
    {
      difficulty: toBigint(test.parentDifficulty),
      timestamp: toBigint(test.parentTimestamp),
      hasOmmers: !NO_OMMERS.includes(test.parentUncles),
    },
  );
  const expected = toBigint(test.currentDifficulty);
  return difficulty === expected ? undefined : `${difficulty}, expected ${expected}`;
}

function isTest(value: unknown): value is DifficultyTest {
  return typeof value === 'object' && value !== null && 'currentDifficulty' in value;
}

/** The tests in a file with the era each belongs to, however deep they lie. */
function* testsIn(
  value: unknown,
  path: readonly string[],
): Generator<readonly [string, Era, DifficultyTest]> {
  if (isTest(value)) {
    const era = Object.keys(ERAS).find((name) => path.some((part) => part.includes(name)));
    if (era !== undefined) yield [path.join(' '), ERAS[era] as Era, value];
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) yield* testsIn(member, [...path, name]);
}

/** Difficulty tests: what the formula of an era makes of a parent. A record is a file, as published. */
export const difficultySuite: Suite = {
  kind: 'records',
  accepts: (record) => String(record['name']).includes('ifficulty'),
  run: (record, cases) => {
    const { name, src: _, ...members } = record;
    for (const [path, era, test] of testsIn(members, [String(name)])) {
      cases.check(path, () => check(era, test));
    }
  },
};
