// Verification of Ed25519 signatures by the strict rule: S below L, neither the key nor R of small order,
// and R exactly the bytes of S B - k A, without a cofactor (RFC 8032, section 5.1.7, "Taming the many
// EdDSAs", 2020, and `verify_strict` of the library that Solana uses).
import { sha512 } from '../sha512';
import { combOf, entryOf, oddTableOf } from './keys';
import { copy, ELEMENT, inverse, mul } from './field';
import { multiplyAdd, multiplyAddKnown } from './multiply';
import { encodeWith, extractZ, hasSmallOrder, POINT } from './point';
import { isReduced, reduce } from './scalar';

/** Signatures that are settled at once, with one inversion. */
export const MAX_BATCH: u32 = 16;

// A slot: the expected point, its Z, the product of all Z up to it, and R.
const Z: usize = POINT;
const PRODUCT: usize = Z + ELEMENT;
const R: usize = PRODUCT + ELEMENT;
const SLOT: usize = 256;
const SLOTS: usize = memory.data(4096, 16); // MAX_BATCH * SLOT

const S: usize = memory.data(32);
const K: usize = memory.data(32);
const DIGEST: usize = memory.data(64);
const INVERSE: usize = memory.data(36);
const INVERSE_Z: usize = memory.data(36);
const EXPECTED: usize = memory.data(32);
const HASH_SCRATCH: usize = memory.data(960); // SHA512_SCRATCH

/** Signatures whose points are found and compared by {@link settle}. */
let waiting: u32 = 0;

/**
 * Finds the point that R has to be; false when the signature is wrong whatever that is. What is true so
 * far is settled by {@link settle}, after at most MAX_BATCH of them.
 *
 * @param input signature (64 bytes), key (32), message; overwritten
 * @param length of the message
 */
export function begin(input: usize, length: usize): bool {
  memory.copy(S, input + 32, 32);
  if (!isReduced(S) || hasSmallOrder(input)) return false;
  const entry = entryOf(input + 64);
  if (entry == 0) return false;
  const slot = SLOTS + <usize>waiting * SLOT;
  memory.copy(slot + R, input, 32);
  // R in the place of S: what is hashed is R, key, message.
  memory.copy(input + 32, input, 32);
  sha512(DIGEST, input + 32, 64 + length, HASH_SCRATCH);
  reduce(K, DIGEST);
  const comb = combOf(entry);
  if (comb != 0) multiplyAddKnown(slot, S, K, comb);
  else multiplyAdd(slot, S, K, oddTableOf(entry));
  waiting++;
  return true;
}

/** Which of the signatures that wait are right: bit i for the i-th. None waits afterwards. */
export function settle(): u32 {
  if (waiting == 0) return 0;
  // One inversion for all (Montgomery): the inverse of a product, and from it one after the other.
  let last: usize = 0;
  for (let i: u32 = 0; i < waiting; i++) {
    const slot = SLOTS + <usize>i * SLOT;
    extractZ(slot + Z, slot);
    if (i == 0) copy(slot + PRODUCT, slot + Z);
    else mul(slot + PRODUCT, last + PRODUCT, slot + Z);
    last = slot;
  }
  inverse(INVERSE, last + PRODUCT);
  let right: u32 = 0;
  while (waiting > 0) {
    waiting--;
    const slot = SLOTS + <usize>waiting * SLOT;
    if (waiting == 0) copy(INVERSE_Z, INVERSE);
    else mul(INVERSE_Z, INVERSE, slot - SLOT + PRODUCT);
    mul(INVERSE, INVERSE, slot + Z);
    encodeWith(EXPECTED, slot, INVERSE_Z);
    right |= u32(isSame(EXPECTED, slot + R)) << waiting;
  }
  return right;
}

function isSame(a: usize, b: usize): bool {
  return (
    load<u64>(a) == load<u64>(b) &&
    load<u64>(a, 8) == load<u64>(b, 8) &&
    load<u64>(a, 16) == load<u64>(b, 16) &&
    load<u64>(a, 24) == load<u64>(b, 24)
  );
}
