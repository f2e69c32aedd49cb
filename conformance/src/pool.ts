import { Worker } from 'node:worker_threads';
import type { Job } from './job.ts';
import { runJob } from './job.ts';
import type { Tally } from './tally.ts';

/** A job that broke off counts as one failed case. */
function brokenOff(job: Job, reason: string): Tally {
  return {
    passed: 0,
    failed: 1,
    skipped: 0,
    failures: [
      { name: `${job.suite} ${job.path} (part ${job.shard + 1} of ${job.shards})`, message: reason },
    ],
  };
}

type Done = (job: Job, tally: Tally, seconds: number) => void;

/**
 * Runs all jobs on `threads` workers, or on this thread when it is 1, and tells `done` of each. A
 * worker that dies fails its job and is replaced.
 */
export async function runJobs(jobs: readonly Job[], threads: number, done: Done): Promise<void> {
  const queue = [...jobs];
  if (threads <= 1) {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const started = performance.now();
      const tally = await runJob(job).catch((error: unknown) => brokenOff(job as Job, String(error)));
      done(job, tally, (performance.now() - started) / 1000);
    }
    return;
  }
  await Promise.all(Array.from({ length: Math.min(threads, queue.length) }, () => drain(queue, done)));
}

/** One worker after the other takes jobs off the queue until there are none. */
async function drain(queue: Job[], done: Done): Promise<void> {
  let worker: Worker | undefined;
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
    worker ??= new Worker(new URL('worker.js', import.meta.url));
    const started = performance.now();
    const { tally, alive } = await runOn(worker, job);
    done(job, tally, (performance.now() - started) / 1000);
    if (!alive) worker = undefined;
  }
  await worker?.terminate();
}

function runOn(worker: Worker, job: Job): Promise<{ readonly tally: Tally; readonly alive: boolean }> {
  return new Promise((resolve) => {
    const finish = (tally: Tally, alive: boolean): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      resolve({ tally, alive });
    };
    const onMessage = ({ tally, error }: { readonly tally?: Tally; readonly error?: string }): void =>
      finish(tally ?? brokenOff(job, error ?? 'no result'), true);
    const onError = (error: Error): void => finish(brokenOff(job, error.stack ?? error.message), false);
    const onExit = (code: number): void => finish(brokenOff(job, `worker exited with ${code}`), false);
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(job);
  });
}
