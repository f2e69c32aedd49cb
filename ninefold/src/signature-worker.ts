import { parentPort } from 'node:worker_threads';
import { type CheckJob, checkShare, unpackJob } from './signature-job.ts';

// Entry of the threads of `createSignatureChecker`.
parentPort?.on('message', (job: CheckJob) => {
  const signed = unpackJob(job);
  // Whoever asks begins in front: from behind, the two meet in the middle.
  for (let index = signed.length - 1; index >= 0; index--) checkShare(signed, job.states, index, -1);
});
