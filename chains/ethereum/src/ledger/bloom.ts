import type { Bytes } from '@ninefold/base';
import { keccak256Into } from '@ninefold/crypto';
import type { Log } from '@ninefold/vm-evm';
import { hashedKey } from './account.ts';

/** 2048 bits. */
export const BLOOM_LENGTH = 256;

/** Of the entry at hand. */
const hash = new Uint8Array(32);

/** The filter of nothing. Shared: do not write to it. */
export const EMPTY_BLOOM: Bytes = new Uint8Array(BLOOM_LENGTH);

/**
 * The filter that tells which addresses and topics these logs may have (Yellow Paper, section 4.3.1):
 * each sets three bits, taken from the first three pairs of bytes of its hash.
 */
export function logsBloom(logs: readonly Log[]): Bytes {
  if (logs.length === 0) return EMPTY_BLOOM;
  const bloom = new Uint8Array(BLOOM_LENGTH);
  for (const { address, topics } of logs) {
    // Addresses and topics come back again and again.
    addToBloom(bloom, hashedKey(address));
    for (const topic of topics) addToBloom(bloom, hashedKey(topic));
  }
  return bloom;
}

/** The filter that holds what any of `blooms` holds; of a single one that very filter. */
export function joinBlooms(blooms: readonly Bytes[]): Bytes {
  const [only] = blooms;
  if (only !== undefined && blooms.length === 1) return only;
  const joined = new Uint8Array(BLOOM_LENGTH);
  for (const bloom of blooms) {
    if (bloom === EMPTY_BLOOM) continue;
    for (let i = 0; i < BLOOM_LENGTH; i++) joined[i] = (joined[i] as number) | (bloom[i] as number);
  }
  return joined;
}

/** Whether `entry` may be in the filter; `false` is certain. */
export function bloomMayContain(bloom: Bytes, entry: Bytes): boolean {
  keccak256Into(entry, hash);
  for (let i = 0; i < 6; i += 2) {
    const bit = bitIndex(hash, i);
    if (((bloom[byteOf(bit)] as number) & maskOf(bit)) === 0) return false;
  }
  return true;
}

function addToBloom(bloom: Bytes, hash: Bytes): void {
  for (let i = 0; i < 6; i += 2) {
    const bit = bitIndex(hash, i);
    bloom[byteOf(bit)] = (bloom[byteOf(bit)] as number) | maskOf(bit);
  }
}

function bitIndex(hash: Bytes, at: number): number {
  return (((hash[at] as number) << 8) | (hash[at + 1] as number)) & 0x7ff;
}

// Bit 0 is the lowest bit of the last byte.
function byteOf(bit: number): number {
  return BLOOM_LENGTH - 1 - (bit >> 3);
}

function maskOf(bit: number): number {
  return 1 << (bit & 7);
}
