import type { Bytes } from '@ninefold/base';

// Rewards are paid over several blocks; which one pays an account follows from its address and the
// blockhash before the epoch (`EpochRewardsHasher`, SipHash-1-3 with a key of zeros).

const MASK = 2n ** 64n - 1n;
const INITIAL: readonly [bigint, bigint, bigint, bigint] = [
  0x736f_6d65_7073_6575n,
  0x646f_7261_6e64_6f6dn,
  0x6c79_6765_6e65_7261n,
  0x7465_6462_7974_6573n,
];
const FINAL_ROUNDS = 3;

const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & MASK;

type State = [bigint, bigint, bigint, bigint];

function round(v: State): void {
  v[0] = (v[0] + v[1]) & MASK;
  v[1] = rotate(v[1], 13n) ^ v[0];
  v[0] = rotate(v[0], 32n);
  v[2] = (v[2] + v[3]) & MASK;
  v[3] = rotate(v[3], 16n) ^ v[2];
  v[0] = (v[0] + v[3]) & MASK;
  v[3] = rotate(v[3], 21n) ^ v[0];
  v[2] = (v[2] + v[1]) & MASK;
  v[1] = rotate(v[1], 17n) ^ v[2];
  v[2] = rotate(v[2], 32n);
}

function absorb(v: State, word: bigint): void {
  v[3] ^= word;
  round(v);
  v[0] ^= word;
}

/** SipHash-1-3 of a message under a key of zeros. */
export function sipHash13(message: Bytes): bigint {
  const v: State = [...INITIAL];
  const whole = message.length - (message.length % 8);
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  for (let at = 0; at < whole; at += 8) absorb(v, view.getBigUint64(at, true));
  let last = BigInt(message.length & 0xff) << 56n;
  for (let at = whole; at < message.length; at++)
    last |= BigInt(message[at] as number) << BigInt(8 * (at - whole));
  absorb(v, last);
  v[2] ^= 0xffn;
  for (let i = 0; i < FINAL_ROUNDS; i++) round(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/**
 * Which of `count` blocks pays an account, from 0 on.
 *
 * @param blockhash the last one before the epoch
 */
export function partitionOf(address: Bytes, blockhash: Bytes, count: number): number {
  const seeded = new Uint8Array(blockhash.length + address.length);
  seeded.set(blockhash);
  seeded.set(address, blockhash.length);
  return Number((BigInt(count) * sipHash13(seeded)) >> 64n);
}
