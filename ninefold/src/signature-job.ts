import { type SignedMessage, verifyAllEd25519 } from '@ninefold/crypto';

/** State of a signature in the memory that threads share. */
export const CHECK = { waiting: 0, taken: 1, valid: 2, invalid: 3 } as const;

/** Signatures that threads check together; both fields lie in shared memory. */
export type CheckJob = {
  /** One after the other: signature, key, length of the message, message. */
  readonly records: Uint8Array;
  /** One of {@link CHECK} for each. */
  readonly states: Int32Array;
};

/**
 * As many a thread takes at a time: together they take less time, but whoever needs the last of them
 * waits for all.
 */
const SHARE = 8;

/** Bytes of signature, key and length before a message. */
const RECORD_HEAD_BYTES = 100;

/** Lays signatures out for other threads. */
export function packJob(signed: readonly SignedMessage[]): CheckJob {
  const bytes = signed.reduce((sum, { message }) => sum + RECORD_HEAD_BYTES + message.length, 0);
  const records = new Uint8Array(new SharedArrayBuffer(bytes));
  const view = new DataView(records.buffer);
  let at = 0;
  for (const { signature, key, message } of signed) {
    records.set(signature, at);
    records.set(key, at + 64);
    view.setUint32(at + 96, message.length);
    records.set(message, at + RECORD_HEAD_BYTES);
    at += RECORD_HEAD_BYTES + message.length;
  }
  return { records, states: new Int32Array(new SharedArrayBuffer(4 * signed.length)) };
}

/** The inverse of {@link packJob}; the parts are views. */
export function unpackJob({ records }: CheckJob): SignedMessage[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const signed: SignedMessage[] = [];
  for (let at = 0; at < records.length;) {
    const end = at + RECORD_HEAD_BYTES + view.getUint32(at + 96);
    signed.push({
      signature: records.subarray(at, at + 64),
      key: records.subarray(at + 64, at + 96),
      message: records.subarray(at + RECORD_HEAD_BYTES, end),
    });
    at = end;
  }
  return signed;
}

/** Checks some of a job's signatures from `index` on, in the direction of `step`, that no thread has taken. */
export function checkShare(
  signed: readonly SignedMessage[],
  states: Int32Array,
  index: number,
  step: 1 | -1,
): void {
  const taken: number[] = [];
  for (let i = index; i >= 0 && i < signed.length && taken.length < SHARE; i += step) {
    if (Atomics.compareExchange(states, i, CHECK.waiting, CHECK.taken) !== CHECK.waiting) break;
    taken.push(i);
  }
  const answers = verifyAllEd25519(taken.map((i) => signed[i] as SignedMessage));
  for (const [i, isValid] of answers.entries()) {
    const place = taken[i] as number;
    Atomics.store(states, place, isValid ? CHECK.valid : CHECK.invalid);
    Atomics.notify(states, place);
  }
}
