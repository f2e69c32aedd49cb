import type { Job } from './job.ts';
import { loadSuite } from './job.ts';
import type { Options } from './options.ts';
import { runJobs } from './pool.ts';
import type { SuiteReport } from './report.ts';
import { describeJob, describeSuite, reportOf } from './report.ts';
import { SUITES } from './suites.ts';
import type { Tally } from './tally.ts';
import { addTallies, EMPTY_TALLY } from './tally.ts';
import { vectorsOf } from './vectors.ts';

/** A record file is cut into this many parts for each worker, so that none waits long for the last. */
const SHARDS_PER_WORKER = 3;

/**
 * Runs the suites of `options` on the vectors at `path`. A suite without vectors there is left out. Suites
 * are told of when they end, and reported in their order.
 *
 * @param progress takes lines for a human
 */
export async function runSuites(
  options: Options,
  path: string,
  progress: (text: string) => void,
): Promise<readonly SuiteReport[]> {
  const suites: SuiteRun[] = [];
  for (const name of options.suites) {
    const jobs = await jobsOf(name, path, options);
    if (jobs.length > 0) suites.push({ name, jobs, done: 0, seconds: 0, tally: EMPTY_TALLY });
  }
  const byName = new Map(suites.map((suite) => [suite.name, suite]));
  // Jobs of all suites in one queue: a suite of one long job leaves the other workers to those behind it.
  const jobs = suites.flatMap((suite) => suite.jobs);
  await runJobs(jobs, options.jobs, (job, part, seconds) => {
    const suite = byName.get(job.suite) as SuiteRun;
    suite.tally = addTallies(suite.tally, part);
    suite.seconds += seconds;
    suite.done++;
    if (options.verbose) progress(describeJob(job, part, seconds, `${suite.done}/${suite.jobs.length}`));
    if (suite.done === suite.jobs.length)
      progress(describeSuite(reportOf(suite.name, suite.tally, suite.seconds), suite.tally, options.verbose));
  });
  return suites.map(({ name, tally, seconds }) => reportOf(name, tally, seconds));
}

/** A suite while its jobs are done. */
type SuiteRun = {
  readonly name: string;
  readonly jobs: readonly Job[];
  done: number;
  /** What its jobs took, one after the other. */
  seconds: number;
  tally: Tally;
};

async function jobsOf(name: string, path: string, options: Options): Promise<readonly Job[]> {
  const entry = SUITES.find((suite) => suite.name === name);
  if (entry === undefined) return [];
  const suite = await loadSuite(name);
  const shards = suite.kind === 'folder' || options.jobs === 1 ? 1 : options.jobs * SHARDS_PER_WORKER;
  const jobs: Job[] = [];
  for (const file of await vectorsOf(entry, suite, path)) {
    for (let shard = 0; shard < shards; shard++) {
      jobs.push({ suite: name, path: file, shard, shards, filter: options.filter });
    }
  }
  return jobs;
}
