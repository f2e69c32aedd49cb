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
 * How long another thread may take: three times what its share takes when it runs. One that the system does not
 * let run is not waited for, and one that was lost neither.
 */
const PATIENCE_MS = 1;

/** Signatures that are checked ahead, and where the next is expected to be asked for. */
type Pending = {
  readonly signed: readonly SignedMessage[];
  readonly states: Int32Array;
  next: number;
};

/**
 * Jobs that are remembered while not all of their signatures were asked for. Of older ones what is asked for is
 * checked by whoever asks.
 */
const MAX_PENDING = 16;

/** All signatures with their keys, in order. */
function signedOf(transactions: readonly Transaction[]): SignedMessage[] {
  const signed: SignedMessage[] = [];
  for (const { signatures, message, messageBytes } of transactions) {
    for (const [i, signature] of signatures.entries()) {
      const key = message.keys[i];
      if (key !== undefined) signed.push({ signature, key, message: messageBytes });
    }
  }
  return signed;
}

/**
 * Moves the job that a signature belongs to behind it; undefined for none.
 *
 * PERF: signatures are asked for in order. A map of them would cost the collector of garbage, which looks through
 * it again and again, a tenth of a check.
 */
function jobOf(pending: readonly Pending[], signature: Uint8Array): Pending | undefined {
  const isIt = (each: SignedMessage | undefined): boolean => each?.signature === signature;
  const expecting = pending.find(({ signed, next }) => isIt(signed[next]));
  const job = expecting ?? pending.find(({ signed }) => signed.some(isIt));
  if (job !== undefined) job.next = (job === expecting ? job.next : job.signed.findIndex(isIt)) + 1;
  return job;
}

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
  let pending: readonly Pending[] = [];
  let isClosed = threads === 0;

  return {
    ahead(transactions) {
      if (isClosed) return;
      const signed = signedOf(transactions);
      if (signed.length === 0) return;
      const job = packJob(signed);
      pending = [...pending.slice(1 - MAX_PENDING), { signed, states: job.states, next: 0 }];
      for (const worker of workers) worker.postMessage(job);
    },
    verify(signature, message, key) {
      const job = jobOf(pending, signature);
      if (job === undefined) return verifyEd25519(signature, message, key);
      const { signed, states, next } = job;
      if (next === signed.length) pending = pending.filter((other) => other !== job);
      const index = next - 1;
      const known = signed[index];
      if (known?.message !== message || known.key !== key) return verifyEd25519(signature, message, key);
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
