// Verification of Ed25519 signatures by the strict rule: S below L, neither the key nor R of small order,
// and R exactly the bytes of S B - k A, without a cofactor (RFC 8032, section 5.1.7, "Taming the many
// EdDSAs", 2020, and `verify_strict` of the library that Solana uses).
import { multiply } from '../limbs';
import { sha512 } from '../sha512';
import { copy, ELEMENT, inverse, mul } from './field';
import { halve } from './halves';
import { combOf, entryOf, isNew, isUsable, oddTableOf, setPoint } from './keys';
import { makeOddTable, multiplyAdd, multiplyAddKnown, ODD_TABLE } from './multiply';
import {
  decode,
  decodePair,
  encodeWith,
  extractZ,
  hasCanonicalY,
  hasSmallOrder,
  isNeutral,
  negate,
  POINT,
} from './point';
import { isReduced, negateScalar, reduce } from './scalar';

/** Signatures that are settled at once, with one inversion. */
export const MAX_BATCH: u32 = 16;

// What is known of a signature.
const WRONG: u32 = 0;
const RIGHT: u32 = 1;
/** {@link settle} will say. */
const WAITS: u32 = 2;

// A slot: the expected point, its Z, the product of all Z up to it, and R.
const Z: usize = POINT;
const PRODUCT: usize = Z + ELEMENT;
const R: usize = PRODUCT + ELEMENT;
const SLOT: usize = 272;
const SLOTS: usize = memory.data(4352, 16); // MAX_BATCH * SLOT

const S: usize = memory.data(32);
const K: usize = memory.data(32);
const DIGEST: usize = memory.data(64);
const HASH_SCRATCH: usize = memory.data(960); // SHA512_SCRATCH
const INVERSE: usize = memory.data(36);
const INVERSE_Z: usize = memory.data(36);
const EXPECTED: usize = memory.data(32);

const KEY_POINT: usize = memory.data(160, 16);
const R_POINT: usize = memory.data(160, 16);
const R_TABLE: usize = memory.data(1280, 16); // ODD_TABLE
const U: usize = memory.data(32);
const V: usize = memory.data(32);
const WIDE: usize = memory.data(64);

/** Signatures whose points are found and compared by {@link settle}. */
let waiting: u32 = 0;

/**
 * Whether a signature is right; one by a key with a comb waits for {@link settle}, which has to be called
 * after at most MAX_BATCH of them.
 *
 * @param input signature (64 bytes), key (32), message; overwritten
 * @param length of the message
 */
export function begin(input: usize, length: usize): u32 {
  memory.copy(S, input + 32, 32);
  if (!isReduced(S) || hasSmallOrder(input) || !hasCanonicalY(input)) return WRONG;
  const entry = entryOf(input + 64);
  const comb = combOf(entry);
  if (comb == 0 && !findPoints(entry, input)) return WRONG;
  const slot = SLOTS + <usize>waiting * SLOT;
  memory.copy(slot + R, input, 32);
  // R in the place of S: what is hashed is R, key, message.
  memory.copy(input + 32, input, 32);
  sha512(DIGEST, input + 32, 64 + length, HASH_SCRATCH);
  reduce(K, DIGEST);
  if (comb == 0) return u32(isSum(entry));
  multiplyAddKnown(slot, S, K, comb);
  waiting++;
  return WAITS;
}

/** R_POINT, and the entry's point if it is new: whether R is a point, and the key one that can sign. */
function findPoints(entry: usize, r: usize): bool {
  if (!isNew(entry)) return isUsable(entry) && decode(R_POINT, r);
  const found = decodePair(R_POINT, r, KEY_POINT, entry);
  setPoint(entry, (found & 2) != 0 ? KEY_POINT : 0);
  return (found & 1) != 0 && isUsable(entry);
}

/**
 * Whether S B - K A - R is the neutral element, for the key A of an entry.
 *
 * PERF: with U = V K modulo 8 L it is V S B - U A - V R that has to be neutral, and U and V have half of
 * K's bits: half the doublings, for which R had to be decoded.
 */
function isSum(entry: usize): bool {
  const isPositive = halve(U, V, K);
  multiply(WIDE, S, V, 32);
  reduce(S, WIDE);
  // With -V for V, both other terms change their sign.
  if (isPositive) negate(R_POINT, R_POINT);
  else negateScalar(S, S);
  makeOddTable(R_TABLE, R_POINT);
  multiplyAdd(KEY_POINT, S, U, oddTableOf(entry), V, R_TABLE);
  return isNeutral(KEY_POINT);
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
