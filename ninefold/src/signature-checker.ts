import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SignatureVerifier, Transaction } from '@ninefold/chain-solana';
import { type SignedMessage, verifyEd25519 } from '@ninefold/crypto';
import { CHECK, checkShare, packJob } from './signature-job.ts';

/** Checks signatures of transactions on other threads before they are asked for. */
export type SignatureChecker = {
  /** Has the signatures of transactions checked that will soon be executed, in this order. */
  readonly ahead: (transactions: readonly Transaction[]) => void;
  /** The answer for one: known already, or found by the calling thread, which takes part. */
  readonly verify: SignatureVerifier;
  /** Ends the threads; what is left is checked by whoever asks. */
  readonly close: () => Promise<void>;
};

/**
 * How long another thread may take: twice what its share takes when it runs. One that the system does not
 * let run is not waited for, and one that was lost neither.
 */
const PATIENCE_MS = 1;

type Pending = {
  readonly signed: readonly SignedMessage[];
  readonly states: Int32Array;
  readonly index: number;
};

// Tests run on the sources, where only the built worker can be loaded.
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../dist/signature-worker.js' : './signature-worker.js',
  import.meta.url,
);

/**
 * Makes a checker with threads of its own. They do not keep the process alive.
 *
 * @param options.threads none leaves everything to the calling thread, with the same answers
 * @example
 * const checker = createSignatureChecker();
 * const svm = createSvm({ verify: checker.verify });
 * checker.ahead(transactions);
 * for (const transaction of transactions) svm.sendTransaction(transaction);
 */
export function createSignatureChecker(
  options: { readonly threads?: number | undefined } = {},
): SignatureChecker {
  const threads = options.threads ?? Math.max(1, availableParallelism() - 1);
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(WORKER);
    worker.unref();
    return worker;
  });
  const pending = new WeakMap<Uint8Array, Pending>();
  let isClosed = threads === 0;

  return {
    ahead(transactions) {
      if (isClosed) return;
      const signed = transactions.flatMap(({ signatures, message, messageBytes }) =>
        signatures.flatMap((signature, i): SignedMessage[] => {
          const key = message.keys[i];
          return key === undefined ? [] : [{ signature, key, message: messageBytes }];
        }),
      );
      const job = packJob(signed);
      for (const [index, { signature }] of signed.entries())
        pending.set(signature, { signed, states: job.states, index });
      for (const worker of workers) worker.postMessage(job);
    },
    verify(signature, message, key) {
      const entry = pending.get(signature);
      const known = entry?.signed[entry.index];
      if (entry === undefined || known?.message !== message || known.key !== key)
        return verifyEd25519(signature, message, key);
      const { signed, states, index } = entry;
      if (Atomics.load(states, index) === CHECK.waiting) checkShare(signed, states, index, 1);
      if (Atomics.load(states, index) === CHECK.taken) {
        const isLost = isClosed || Atomics.wait(states, index, CHECK.taken, PATIENCE_MS) === 'timed-out';
        if (isLost) return verifyEd25519(signature, message, key);
      }
      return Atomics.load(states, index) === CHECK.valid;
    },
    async close() {
      isClosed = true;
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
