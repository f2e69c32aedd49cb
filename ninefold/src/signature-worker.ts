import { parentPort } from 'node:worker_threads';
import { verifyEd25519Native } from './ed25519.ts';
import { CHECK, type CheckJob, RECORD_HEAD_BYTES } from './signature-checker.ts';

// Entry of the threads of `createSignatureChecker`.
parentPort?.on('message', ({ records, states }: CheckJob) => {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const starts: number[] = [];
  for (let at = 0; at < records.length; at += RECORD_HEAD_BYTES + view.getUint32(at + 96)) starts.push(at);
  // Whoever asks begins in front: from behind, the two meet in the middle.
  for (let index = starts.length - 1; index >= 0; index--) {
    if (Atomics.compareExchange(states, index, CHECK.waiting, CHECK.taken) !== CHECK.waiting) continue;
    const at = starts[index] as number;
    const end = at + RECORD_HEAD_BYTES + view.getUint32(at + 96);
    const isValid = verifyEd25519Native(
      records.subarray(at, at + 64),
      records.subarray(at + RECORD_HEAD_BYTES, end),
      records.subarray(at + 64, at + 96),
    );
    Atomics.store(states, index, isValid ? CHECK.valid : CHECK.invalid);
    Atomics.notify(states, index);
  }
});
