import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SignatureVerifier, Transaction } from '@ninefold/chain-solana';
import { verifyEd25519Native } from './ed25519.ts';

/** State of a signature in the memory that threads share. */
export const CHECK = { waiting: 0, taken: 1, valid: 2, invalid: 3 } as const;

/** Signatures to check: one after the other as signature, key, length of the message, message. */
export type CheckJob = { readonly records: Uint8Array; readonly states: Int32Array };

/** Checks signatures of transactions on other threads before they are asked for. */
export type SignatureChecker = {
  /** Has the signatures of transactions checked that will soon be executed, in this order. */
  readonly ahead: (transactions: readonly Transaction[]) => void;
  /** The answer for one: known already, or found by the calling thread, which takes part. */
  readonly verify: SignatureVerifier;
  /** Ends the threads; what is left is checked by whoever asks. */
  readonly close: () => Promise<void>;
};

/** Bytes of signature, key and length before a message. */
export const RECORD_HEAD_BYTES = 100;

/** How long another thread may take for one signature before it is taken for lost. */
const PATIENCE_MS = 1000;

type Pending = {
  readonly message: Uint8Array;
  readonly key: Uint8Array;
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

  const check = (entry: Pending, signature: Uint8Array): boolean => {
    const isValid = verifyEd25519Native(signature, entry.message, entry.key);
    Atomics.store(entry.states, entry.index, isValid ? CHECK.valid : CHECK.invalid);
    return isValid;
  };

  return {
    ahead(transactions) {
      if (isClosed) return;
      const signed = transactions.flatMap(({ signatures, message, messageBytes }) =>
        signatures.flatMap((signature, i) => {
          const key = message.keys[i];
          return key === undefined ? [] : [{ signature, key, message: messageBytes }];
        }),
      );
      const states = new Int32Array(new SharedArrayBuffer(4 * signed.length));
      for (const [index, { signature, key, message }] of signed.entries())
        pending.set(signature, { message, key, states, index });
      const job: CheckJob = { records: packRecords(signed), states };
      for (const worker of workers) worker.postMessage(job);
    },
    verify(signature, message, key) {
      const entry = pending.get(signature);
      if (entry === undefined || entry.message !== message || entry.key !== key)
        return verifyEd25519Native(signature, message, key);
      const { states, index } = entry;
      const state = Atomics.compareExchange(states, index, CHECK.waiting, CHECK.taken);
      if (state === CHECK.waiting) return check(entry, signature);
      if (state === CHECK.taken) {
        const isLost = isClosed || Atomics.wait(states, index, CHECK.taken, PATIENCE_MS) === 'timed-out';
        if (isLost) return check(entry, signature);
      }
      return Atomics.load(states, index) === CHECK.valid;
    },
    async close() {
      isClosed = true;
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function packRecords(
  signed: readonly {
    readonly signature: Uint8Array;
    readonly key: Uint8Array;
    readonly message: Uint8Array;
  }[],
): Uint8Array {
  const bytes = signed.reduce((sum, { message }) => sum + RECORD_HEAD_BYTES + message.length, 0);
  const records = new Uint8Array(bytes);
  const view = new DataView(records.buffer);
  let at = 0;
  for (const { signature, key, message } of signed) {
    records.set(signature, at);
    records.set(key, at + 64);
    view.setUint32(at + 96, message.length);
    records.set(message, at + RECORD_HEAD_BYTES);
    at += RECORD_HEAD_BYTES + message.length;
  }
  return records;
}
