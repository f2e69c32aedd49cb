import { parentPort } from 'node:worker_threads';
import type { Job } from './job.ts';
import { runJob } from './job.ts';

// A worker of the pool: one job in, one tally out.
parentPort?.on('message', (job: Job) => {
  void runJob(job).then(
    (tally) => parentPort?.postMessage({ tally }),
    (error: unknown) =>
      parentPort?.postMessage({
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  );
});
