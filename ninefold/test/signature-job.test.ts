import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { SignedMessage } from '@ninefold/crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { CHECK, checkShare, packJob, unpackJob } from '../src/signature-job.ts';

const SECRET_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const privateKey = createPrivateKey({
  key: Buffer.concat([SECRET_PREFIX, Buffer.alloc(32, 7)]),
  format: 'der',
  type: 'pkcs8',
});
const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
const key = new Uint8Array(der.subarray(-32));

/** Signatures of messages of 0, 1, 2 ... bytes; those named are forged. */
function make(count: number, ...forged: readonly number[]): SignedMessage[] {
  return Array.from({ length: count }, (_, i) => {
    const message = new Uint8Array(i).fill(i);
    const signature = new Uint8Array(sign(null, message, privateKey));
    if (forged.includes(i)) signature[3]! ^= 1;
    return { signature, message, key };
  });
}

describe('a job', () => {
  it('is packed into shared memory and unpacked again', () => {
    const signed = make(12);
    const job = packJob(signed);
    expect(job.records.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(job.states.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([...job.states]).toEqual(new Array(12).fill(CHECK.waiting));
    const parts = unpackJob(job).map(({ signature, message, key: by }) => [...signature, ...message, ...by]);
    expect(parts).toEqual(signed.map(({ signature, message, key: by }) => [...signature, ...message, ...by]));
  });

  it('may be empty', () => {
    const job = packJob([]);
    expect(unpackJob(job)).toEqual([]);
    expect(job.states).toHaveLength(0);
  });
});

describe('a share', () => {
  const { waiting, taken, valid, invalid } = CHECK;
  let states: Int32Array;
  beforeEach(() => {
    states = packJob(make(20)).states;
  });

  it('is what is found from a place on', () => {
    checkShare(make(20, 3), states, 2, 1);
    expect([...states.subarray(0, 4)]).toEqual([waiting, waiting, valid, invalid]);
    const checked = states.filter((state) => state === valid || state === invalid).length;
    expect(checked).toBeGreaterThan(1);
    expect(checked).toBeLessThan(18);
  });

  it('is looked for backwards as well', () => {
    checkShare(make(20, 19), states, 19, -1);
    expect([states[19], states[18], states[0]]).toEqual([invalid, valid, waiting]);
  });

  it('ends where somebody else is at work', () => {
    states[5] = taken;
    checkShare(make(20), states, 3, 1);
    expect([...states.subarray(2, 7)]).toEqual([waiting, valid, valid, taken, waiting]);
    checkShare(make(20), states, 5, 1);
    expect([...states.subarray(5, 7)]).toEqual([taken, waiting]);
  });

  it('ends with the job', () => {
    checkShare(make(20), states, 19, 1);
    checkShare(make(20), states, 0, -1);
    expect([states[18], states[19], states[0], states[1]]).toEqual([waiting, valid, valid, waiting]);
  });

  it('answers from records in shared memory', () => {
    const job = packJob(make(20, 0, 7));
    const signed = unpackJob(job);
    for (let index = 0; index < 20; index++) checkShare(signed, job.states, index, 1);
    expect([...job.states]).toEqual(
      Array.from({ length: 20 }, (_, i) => (i % 7 === 0 && i < 14 ? invalid : valid)),
    );
  });
});
