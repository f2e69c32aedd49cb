// What setting a dispute up hashes in bulk: hash locks, tap leaves, tap trees.
import { ripemd160 } from '../../../packages/kernels/assembly/ripemd160';
import { compress, sha256 } from '../../../packages/kernels/assembly/sha256';

/** First byte after the module's tables: the host's memory begins here. */
export const heapBase: usize = __heap_base;

const LOCK_BYTES: usize = 20;
const NODE_BYTES: usize = 32;
/** Room for SHA-256 and RIPEMD-160, and behind it a digest and a message. */
const SCRATCH_BYTES: usize = 448;

/**
 * out[i] = HASH160 of the first 20 bytes of SHA-256(seed ‖ domain ‖ first + i), numbers as 32-bit
 * little-endian words.
 *
 * @param seed 32 bytes
 * @param scratch 576 bytes
 */
export function lockHashes(out: usize, seed: usize, domain: u32, first: u32, count: u32, scratch: usize): void {
  const digest = scratch + SCRATCH_BYTES;
  const message = digest + NODE_BYTES;
  memory.copy(message, seed, 32);
  store<u32>(message + 32, domain);
  for (let i: u32 = 0; i < count; i++) {
    store<u32>(message + 36, first + i);
    sha256(digest, message, 40, scratch);
    sha256(digest, digest, LOCK_BYTES, scratch);
    ripemd160(out + <usize>i * LOCK_BYTES, digest, NODE_BYTES, scratch);
  }
}

/** The state of SHA-256 after the 64 bytes at `block`: what all messages under one tag begin with. */
export function midstate(state: usize, block: usize, scratch: usize): void {
  store<u32>(state, 0x6a09e667);
  store<u32>(state, 0xbb67ae85, 4);
  store<u32>(state, 0x3c6ef372, 8);
  store<u32>(state, 0xa54ff53a, 12);
  store<u32>(state, 0x510e527f, 16);
  store<u32>(state, 0x9b05688c, 20);
  store<u32>(state, 0x1f83d9ab, 24);
  store<u32>(state, 0x5be0cd19, 28);
  compress(state, block, scratch);
}

/** out = SHA-256 of a message whose first 64 bytes have gone into `mid`, and `length` more are at `input`. */
function finish(out: usize, mid: usize, input: usize, length: usize, scratch: usize): void {
  const state = scratch + 256;
  const tail = state + 32;
  memory.copy(state, mid, 32);
  const bits = <u64>(length + 64) << 3;
  for (; length >= 64; length -= 64, input += 64) compress(state, input, scratch);
  const padded: usize = length < 56 ? 64 : 128;
  memory.fill(tail, 0, padded);
  memory.copy(tail, input, length);
  store<u8>(tail + length, 0x80);
  store<u64>(tail + padded - 8, bswap<u64>(bits));
  compress(state, tail, scratch);
  if (padded == 128) compress(state, tail + 64, scratch);
  for (let i: usize = 0; i < 32; i += 4) store<u32>(out + i, bswap<u32>(load<u32>(state + i)));
}

/**
 * The hash of each of `count` messages.
 *
 * @param spans where each begins and how long it is, two words of 32 bits
 * @param scratch 448 bytes
 */
export function leafHashes(out: usize, mid: usize, spans: usize, count: u32, scratch: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const span = spans + (<usize>i << 3);
    finish(out + <usize>i * NODE_BYTES, mid, <usize>load<u32>(span), <usize>load<u32>(span, 4), scratch);
  }
}

/** Whether the node at `a` comes after the one at `b`, byte by byte. */
function isAfter(a: usize, b: usize): bool {
  for (let i: usize = 0; i < NODE_BYTES; i += 8) {
    const x = bswap<u64>(load<u64>(a + i));
    const y = bswap<u64>(load<u64>(b + i));
    if (x != y) return x > y;
  }
  return false;
}

/**
 * One level of a tree above another: pairs of nodes hashed, the smaller first; a last one without a
 * partner goes up as it is.
 *
 * @param scratch 512 bytes
 * @returns nodes of the level
 */
export function branches(out: usize, mid: usize, nodes: usize, count: u32, scratch: usize): u32 {
  const pair = scratch + SCRATCH_BYTES;
  const pairs = count >> 1;
  for (let i: u32 = 0; i < pairs; i++) {
    const left = nodes + <usize>i * 64;
    const right = left + NODE_BYTES;
    const swap = isAfter(left, right);
    memory.copy(pair, swap ? right : left, NODE_BYTES);
    memory.copy(pair + NODE_BYTES, swap ? left : right, NODE_BYTES);
    finish(out + <usize>i * NODE_BYTES, mid, pair, 64, scratch);
  }
  if (count & 1) memory.copy(out + <usize>pairs * NODE_BYTES, nodes + <usize>(count - 1) * NODE_BYTES, NODE_BYTES);
  return pairs + (count & 1);
}
