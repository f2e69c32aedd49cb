// BLAKE2s-256 (RFC 7693) on four messages at a time, with a personalisation of two words that separates
// the uses of the hash. State and message words are vectors with one lane a message.
//
// PERF: a compression of four is ten rounds of eight mixings; the message stays in memory and is read by
// the schedule's offsets.

import { MESSAGE, scratch, STATE } from './scratch';

// Byte offsets of the message vectors of each round (RFC 7693, section 2.7, times 16).
const SCHEDULE: usize = memory.data<u8>([
  0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240,
  224, 160, 64, 128, 144, 240, 208, 96, 16, 192, 0, 32, 176, 112, 80, 48,
  176, 128, 192, 0, 80, 32, 240, 208, 160, 224, 48, 96, 112, 16, 144, 64,
  112, 144, 48, 16, 208, 192, 176, 224, 32, 96, 80, 160, 64, 0, 240, 128,
  144, 0, 80, 112, 32, 64, 160, 240, 224, 16, 176, 192, 96, 128, 48, 208,
  32, 192, 96, 160, 0, 176, 128, 48, 64, 208, 112, 80, 240, 224, 16, 144,
  192, 80, 16, 240, 224, 208, 64, 160, 0, 112, 96, 48, 144, 32, 128, 176,
  208, 176, 112, 224, 192, 16, 48, 144, 80, 0, 240, 64, 128, 96, 32, 160,
  96, 240, 224, 144, 176, 48, 0, 128, 192, 32, 208, 112, 16, 64, 160, 80,
  160, 32, 128, 64, 112, 96, 16, 80, 240, 176, 144, 224, 48, 192, 208, 0,
]);

const IV0: u32 = 0x6a09e667;
const IV1: u32 = 0xbb67ae85;
const IV2: u32 = 0x3c6ef372;
const IV3: u32 = 0xa54ff53a;
const IV4: u32 = 0x510e527f;
const IV5: u32 = 0x9b05688c;
const IV6: u32 = 0x1f83d9ab;
const IV7: u32 = 0x5be0cd19;

/** Begins four hashes of 32 bytes without a key: eight state vectors, `stride` bytes apart. */
@inline
export function begin(state: usize, stride: usize, personal0: u32, personal1: u32): void {
  v128.store(state, i32x4.splat(IV0 ^ 0x01010020));
  v128.store(state + stride, i32x4.splat(IV1));
  v128.store(state + 2 * stride, i32x4.splat(IV2));
  v128.store(state + 3 * stride, i32x4.splat(IV3));
  v128.store(state + 4 * stride, i32x4.splat(IV4));
  v128.store(state + 5 * stride, i32x4.splat(IV5));
  v128.store(state + 6 * stride, i32x4.splat(IV6 ^ personal0));
  v128.store(state + 7 * stride, i32x4.splat(IV7 ^ personal1));
}

@inline
function rotr16(a: v128): v128 {
  return v128.shuffle<u8>(a, a, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}

@inline
function rotr8(a: v128): v128 {
  return v128.shuffle<u8>(a, a, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
}

@inline
function rotr12(a: v128): v128 {
  return v128.or(v128.shr<u32>(a, 12), v128.shl<u32>(a, 20));
}

@inline
function rotr7(a: v128): v128 {
  return v128.or(v128.shr<u32>(a, 7), v128.shl<u32>(a, 25));
}

@inline
function word(message: usize, schedule: usize, i: usize): v128 {
  return v128.load(message + <usize>load<u8>(schedule + i));
}

/**
 * Mixes sixteen message vectors into eight state vectors, `stride` bytes apart; `length` bytes have been read
 * with them.
 */
export function compress(state: usize, stride: usize, message: usize, length: u32, final: bool): void {
  let v0 = v128.load(state);
  let v1 = v128.load(state + stride);
  let v2 = v128.load(state + 2 * stride);
  let v3 = v128.load(state + 3 * stride);
  let v4 = v128.load(state + 4 * stride);
  let v5 = v128.load(state + 5 * stride);
  let v6 = v128.load(state + 6 * stride);
  let v7 = v128.load(state + 7 * stride);
  let v8 = i32x4.splat(IV0);
  let v9 = i32x4.splat(IV1);
  let v10 = i32x4.splat(IV2);
  let v11 = i32x4.splat(IV3);
  let v12 = i32x4.splat(IV4 ^ length);
  let v13 = i32x4.splat(IV5);
  let v14 = i32x4.splat(final ? ~IV6 : IV6);
  let v15 = i32x4.splat(IV7);

  for (let schedule = SCHEDULE; schedule < SCHEDULE + 160; schedule += 16) {
    // Columns.
    v0 = i32x4.add(i32x4.add(v0, v4), word(message, schedule, 0));
    v1 = i32x4.add(i32x4.add(v1, v5), word(message, schedule, 2));
    v2 = i32x4.add(i32x4.add(v2, v6), word(message, schedule, 4));
    v3 = i32x4.add(i32x4.add(v3, v7), word(message, schedule, 6));
    v12 = rotr16(v128.xor(v12, v0));
    v13 = rotr16(v128.xor(v13, v1));
    v14 = rotr16(v128.xor(v14, v2));
    v15 = rotr16(v128.xor(v15, v3));
    v8 = i32x4.add(v8, v12);
    v9 = i32x4.add(v9, v13);
    v10 = i32x4.add(v10, v14);
    v11 = i32x4.add(v11, v15);
    v4 = rotr12(v128.xor(v4, v8));
    v5 = rotr12(v128.xor(v5, v9));
    v6 = rotr12(v128.xor(v6, v10));
    v7 = rotr12(v128.xor(v7, v11));
    v0 = i32x4.add(i32x4.add(v0, v4), word(message, schedule, 1));
    v1 = i32x4.add(i32x4.add(v1, v5), word(message, schedule, 3));
    v2 = i32x4.add(i32x4.add(v2, v6), word(message, schedule, 5));
    v3 = i32x4.add(i32x4.add(v3, v7), word(message, schedule, 7));
    v12 = rotr8(v128.xor(v12, v0));
    v13 = rotr8(v128.xor(v13, v1));
    v14 = rotr8(v128.xor(v14, v2));
    v15 = rotr8(v128.xor(v15, v3));
    v8 = i32x4.add(v8, v12);
    v9 = i32x4.add(v9, v13);
    v10 = i32x4.add(v10, v14);
    v11 = i32x4.add(v11, v15);
    v4 = rotr7(v128.xor(v4, v8));
    v5 = rotr7(v128.xor(v5, v9));
    v6 = rotr7(v128.xor(v6, v10));
    v7 = rotr7(v128.xor(v7, v11));

    // Diagonals.
    v0 = i32x4.add(i32x4.add(v0, v5), word(message, schedule, 8));
    v1 = i32x4.add(i32x4.add(v1, v6), word(message, schedule, 10));
    v2 = i32x4.add(i32x4.add(v2, v7), word(message, schedule, 12));
    v3 = i32x4.add(i32x4.add(v3, v4), word(message, schedule, 14));
    v15 = rotr16(v128.xor(v15, v0));
    v12 = rotr16(v128.xor(v12, v1));
    v13 = rotr16(v128.xor(v13, v2));
    v14 = rotr16(v128.xor(v14, v3));
    v10 = i32x4.add(v10, v15);
    v11 = i32x4.add(v11, v12);
    v8 = i32x4.add(v8, v13);
    v9 = i32x4.add(v9, v14);
    v5 = rotr12(v128.xor(v5, v10));
    v6 = rotr12(v128.xor(v6, v11));
    v7 = rotr12(v128.xor(v7, v8));
    v4 = rotr12(v128.xor(v4, v9));
    v0 = i32x4.add(i32x4.add(v0, v5), word(message, schedule, 9));
    v1 = i32x4.add(i32x4.add(v1, v6), word(message, schedule, 11));
    v2 = i32x4.add(i32x4.add(v2, v7), word(message, schedule, 13));
    v3 = i32x4.add(i32x4.add(v3, v4), word(message, schedule, 15));
    v15 = rotr8(v128.xor(v15, v0));
    v12 = rotr8(v128.xor(v12, v1));
    v13 = rotr8(v128.xor(v13, v2));
    v14 = rotr8(v128.xor(v14, v3));
    v10 = i32x4.add(v10, v15);
    v11 = i32x4.add(v11, v12);
    v8 = i32x4.add(v8, v13);
    v9 = i32x4.add(v9, v14);
    v5 = rotr7(v128.xor(v5, v10));
    v6 = rotr7(v128.xor(v6, v11));
    v7 = rotr7(v128.xor(v7, v8));
    v4 = rotr7(v128.xor(v4, v9));
  }

  v128.store(state, v128.xor(v128.load(state), v128.xor(v0, v8)));
  v128.store(state + stride, v128.xor(v128.load(state + stride), v128.xor(v1, v9)));
  v128.store(state + 2 * stride, v128.xor(v128.load(state + 2 * stride), v128.xor(v2, v10)));
  v128.store(state + 3 * stride, v128.xor(v128.load(state + 3 * stride), v128.xor(v3, v11)));
  v128.store(state + 4 * stride, v128.xor(v128.load(state + 4 * stride), v128.xor(v4, v12)));
  v128.store(state + 5 * stride, v128.xor(v128.load(state + 5 * stride), v128.xor(v5, v13)));
  v128.store(state + 6 * stride, v128.xor(v128.load(state + 6 * stride), v128.xor(v6, v14)));
  v128.store(state + 7 * stride, v128.xor(v128.load(state + 7 * stride), v128.xor(v7, v15)));
}

/** Hashes `length` bytes; the memory up to the next multiple of 64 is overwritten with zeros. */
export function blake2s(to: usize, from: usize, length: u32, personal0: u32, personal1: u32): void {
  const state = scratch(STATE);
  const message = scratch(MESSAGE);
  const blocks: u32 = length == 0 ? 1 : (length + 63) >> 6;
  memory.fill(from + length, 0, (<usize>blocks << 6) - length);
  begin(state, 16, personal0, personal1);
  for (let block: u32 = 1; block <= blocks; block++, from += 64) {
    for (let i: usize = 0; i < 16; i++) v128.store(message + (i << 4), v128.load32_splat(from + (i << 2)));
    const final = block == blocks;
    compress(state, 16, message, final ? length : block << 6, final);
  }
  for (let i: usize = 0; i < 8; i++) store<u32>(to + (i << 2), load<u32>(state + (i << 4)));
}

/**
 * The first nonce from `from` on (`to` excluded) whose hash together with the 32 bytes of `seed` begins
 * with `bits` zero bits (those of the first little-endian word's low end), or `to`.
 */
export function grind(seed: usize, bits: u32, from: u32, to: u32, personal0: u32, personal1: u32): u32 {
  const state = scratch(STATE);
  const message = scratch(MESSAGE);
  const mask = i32x4.splat(bits == 0 ? 0 : 0xffffffff >> (32 - bits));
  for (let i: usize = 10; i < 16; i++) v128.store(message + (i << 4), i32x4.splat(0));
  for (let i: usize = 0; i < 8; i++) v128.store(message + (i << 4), v128.load32_splat(seed + (i << 2)));
  v128.store(message, i32x4.splat(0), 144);
  for (let nonce = from; nonce < to; nonce += 4) {
    v128.store(message, i32x4.add(i32x4.splat(nonce), i32x4(0, 1, 2, 3)), 128);
    begin(state, 16, personal0, personal1);
    compress(state, 16, message, 40, true);
    if (i32x4.all_true(v128.and(v128.load(state), mask))) continue;
    for (let lane: u32 = 0; lane < 4; lane++) {
      const first = load<u32>(state + (<usize>lane << 2)) & i32x4.extract_lane(mask, 0);
      if (first == 0 && nonce + lane < to) return nonce + lane;
    }
  }
  return to;
}

/** Writes what `grind` finds: a search of one thread of many. */
export function grindTo(
  target: usize,
  seed: usize,
  bits: u32,
  from: u32,
  to: u32,
  personal0: u32,
  personal1: u32,
): void {
  store<u32>(target, grind(seed, bits, from, to, personal0, personal1));
}
