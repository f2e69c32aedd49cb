import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Suite } from './suite.ts';
import { familyOf } from './suite.ts';
import { SUITES } from './suites.ts';
import type { Skips, Tally } from './tally.ts';
import { createTally } from './tally.ts';
import { readRecords } from './vectors.ts';

/** A part of a suite that one worker does in one go. */
export type Job = {
  readonly suite: string;
  /** File of a record suite, folder of a folder suite. */
  readonly path: string;
  /** Of every `shards` records the one with this index. */
  readonly shard: number;
  readonly shards: number;
  readonly filter: string | undefined;
};

const SOURCES: string = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src');

/** The cases of `suite` that are known to fail, out of its family's `skips.json`. */
export function readSkips(suite: string): Skips {
  const file = join(SOURCES, familyOf(suite), 'skips.json');
  if (!existsSync(file)) return {};
  const skips = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, Skips>>;
  return skips[suite] ?? {};
}

const loaded = new Map<string, Suite>();

/** The suite of that name, loaded once per thread. */
export async function loadSuite(name: string): Promise<Suite> {
  let suite = loaded.get(name);
  if (suite === undefined) {
    const entry = SUITES.find((candidate) => candidate.name === name);
    if (entry === undefined) throw new Error(`no suite ${name}`);
    suite = await entry.load();
    loaded.set(name, suite);
  }
  return suite;
}

/** Runs a job to its end on this thread. */
export async function runJob(job: Job): Promise<Tally> {
  const suite = await loadSuite(job.suite);
  const skips = readSkips(job.suite);
  const tally = createTally(skips, job.filter);
  if (suite.kind === 'records') {
    for await (const record of readRecords(job.path, job.shard, job.shards)) suite.run(record, tally);
    return tally.result();
  }
  const { passed, failures } = await suite.run(job.path);
  for (const failure of failures) tally.check(failure, () => failure);
  const { failed, skipped, failures: kept } = tally.result();
  return { passed, failed, skipped, failures: kept };
}
