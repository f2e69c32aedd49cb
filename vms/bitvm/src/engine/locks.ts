import { type Bytes, defineErrors, equalBytes } from '@ninefold/base';
import { sha256, type TaggedHash, taggedHash } from '@ninefold/crypto';
import { hash160 } from '@ninefold/vm-bitcoin-script';
import { LOCK_BYTES } from '../spec/limits.ts';
import { hashLocks } from './kernel.ts';

/*
 * Hash locks: HASH160 of 20 secret bytes. Two locks make a bit commitment: who opens the first says 0,
 * who opens the second says 1, who opens both has lied.
 */

/** What locks are for: equal numbers of different purposes have different secrets. */
export const LOCK_DOMAIN = { wire: 1, askCut: 2, askBlock: 3, askGate: 4 } as const;

const fail = defineErrors({
  LOCKS_WRONG_SIZE: (c: { readonly what: string; readonly length: number; readonly expected: number }) =>
    `The hash locks of ${c.what} take ${c.length} bytes instead of ${c.expected}`,
  LOCKS_AMBIGUOUS: (c: { readonly wire: number }) =>
    `The bit commitment of wire ${c.wire} has the same hash for 0 and for 1`,
});

let seedHash: TaggedHash | undefined;

/**
 * The seed of one dispute's locks. No two sessions share one: a bit opened in one would be open in the other.
 *
 * @param master the party's secret, 32 bytes
 * @param session what both parties call this dispute, 32 bytes
 */
export function sessionSeed(master: Bytes, session: Bytes): Bytes {
  return (seedHash ??= taggedHash('ninefold/bitvm/locks'))(master, session);
}

/** The secret that opens a lock, 20 bytes. */
export function lockPreimage(seed: Bytes, domain: number, index: number): Bytes {
  const message = new Uint8Array(40);
  message.set(seed);
  const view = new DataView(message.buffer);
  view.setUint32(32, domain, true);
  view.setUint32(36, index, true);
  return sha256(message).slice(0, LOCK_BYTES);
}

/** The locks of all wires: of wire w, lock 2w is opened for 0 and lock 2w + 1 for 1. */
export function wireLocks(seed: Bytes, wires: number): Bytes {
  return hashLocks(seed, LOCK_DOMAIN.wire, 2 * wires);
}

/** The secret that says `bit` of a wire. */
export function wirePreimage(seed: Bytes, wire: number, bit: number): Bytes {
  return lockPreimage(seed, LOCK_DOMAIN.wire, 2 * wire + bit);
}

/** Hash `index` of a list. */
export function lockAt(hashes: Bytes, index: number): Bytes {
  return hashes.subarray(LOCK_BYTES * index, LOCK_BYTES * (index + 1));
}

/**
 * What a secret says of a wire, or undefined when it is none of its two.
 */
export function openedBit(hashes: Bytes, wire: number, preimage: Bytes): 0 | 1 | undefined {
  if (preimage.length !== LOCK_BYTES) return undefined;
  const hash = hash160(preimage);
  if (equalBytes(hash, lockAt(hashes, 2 * wire + 1))) return 1;
  return equalBytes(hash, lockAt(hashes, 2 * wire)) ? 0 : undefined;
}

/**
 * Checks locks that came from the other party.
 *
 * @throws `LOCKS_WRONG_SIZE`, `LOCKS_AMBIGUOUS`
 */
export function checkLocks(what: string, hashes: Bytes, count: number): void {
  const expected = LOCK_BYTES * count;
  if (hashes.length !== expected) throw fail('LOCKS_WRONG_SIZE', { what, length: hashes.length, expected });
}

/** As {@link checkLocks} of all wires: the two locks of a wire differ. */
export function checkWireLocks(hashes: Bytes, wires: number): void {
  checkLocks('wires', hashes, 2 * wires);
  for (let wire = 0; wire < wires; wire++) {
    const zero = 2 * LOCK_BYTES * wire;
    let same = true;
    for (let i = zero; same && i < zero + LOCK_BYTES; i++) same = hashes[i] === hashes[i + LOCK_BYTES];
    if (same) throw fail('LOCKS_AMBIGUOUS', { wire });
  }
}
