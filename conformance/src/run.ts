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
 * Runs the suites of `options` on the vectors at `path`. A suite without vectors there is left out.
 *
 * @param progress takes lines for a human
 */
export async function runSuites(
  options: Options,
  path: string,
  progress: (text: string) => void,
): Promise<readonly SuiteReport[]> {
  const reports: SuiteReport[] = [];
  for (const name of options.suites) {
    const jobs = await jobsOf(name, path, options);
    if (jobs.length === 0) continue;
    const started = performance.now();
    let tally: Tally = EMPTY_TALLY;
    let done = 0;
    await runJobs(jobs, options.jobs, (job, part, seconds) => {
      tally = addTallies(tally, part);
      done++;
      if (options.verbose) progress(describeJob(job, part, seconds, `${done}/${jobs.length}`));
    });
    const report = reportOf(name, tally, (performance.now() - started) / 1000);
    progress(describeSuite(report, tally, options.verbose));
    reports.push(report);
  }
  return reports;
}

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
