// Keccak-256, as the EVM computes it, for trees and transcripts that a contract has to follow. A hash is that of
// the purpose's two words and then the message's; words are bytes from the highest down, as the EVM packs them,
// and so are a digest's eight.

import { KECCAK256_RATE, keccakF1600 } from '../../kernels/assembly/keccak';
import { KECCAK, scratch } from './scratch';

const STATE_BYTES: usize = 200;

/** Byte of the block that the next word goes to. */
let position: usize = 0;

@inline
function begin(personal0: u32, personal1: u32): void {
  memory.fill(scratch(KECCAK), 0, STATE_BYTES);
  position = 0;
  absorb(personal0);
  absorb(personal1);
}

@inline
function absorb(word: u32): void {
  const at = scratch(KECCAK) + position;
  store<u32>(at, load<u32>(at) ^ bswap<u32>(word));
  position += 4;
  if (position == KECCAK256_RATE) {
    keccakF1600(scratch(KECCAK));
    position = 0;
  }
}

/** Ends the message: a 1 bit behind it, and one at the end of the block (the original submission's padding). */
@inline
function finish(): void {
  const state = scratch(KECCAK);
  store<u8>(state + position, load<u8>(state + position) ^ 0x01);
  store<u8>(state + KECCAK256_RATE - 1, load<u8>(state + KECCAK256_RATE - 1) ^ 0x80);
  keccakF1600(state);
}

@inline
function digestWord(w: usize): u32 {
  return bswap<u32>(load<u32>(scratch(KECCAK) + (w << 2)));
}

/** Hashes `length` bytes of words. */
export function keccak(to: usize, from: usize, length: u32, personal0: u32, personal1: u32): void {
  begin(personal0, personal1);
  for (let i: usize = 0; i < <usize>length; i += 4) absorb(load<u32>(from + i));
  finish();
  for (let w: usize = 0; w < 8; w++) store<u32>(to + (w << 2), digestWord(w));
}

/** What `hashLayer` of `merkle.ts` does, by Keccak. */
export function hashLayerKeccak(
  to: usize,
  toStride: usize,
  first: u32,
  nodes: u32,
  children: usize,
  childStride: usize,
  columns: usize,
  count: u32,
  personal0: u32,
  personal1: u32,
): void {
  for (let node = <usize>first << 2; node < (<usize>first + nodes) << 2; node += 4) {
    begin(personal0, personal1);
    if (children != 0) {
      for (let child: usize = 0; child < 8; child += 4) {
        for (let w: usize = 0; w < 8; w++) absorb(load<u32>(children + w * childStride + (node << 1) + child));
      }
    }
    for (let c: usize = 0; c < <usize>count; c++) absorb(load<u32>(<usize>load<u32>(columns + (c << 2)) + node));
    finish();
    for (let w: usize = 0; w < 8; w++) store<u32>(to + w * toStride + node, digestWord(w));
  }
}

/** What `hashRows` of `opened.ts` does, by Keccak. */
export function hashRowsKeccak(
  to: usize,
  pairs: usize,
  rows: usize,
  width: u32,
  count: u32,
  personal0: u32,
  personal1: u32,
): void {
  for (let node: u32 = 0; node < count; node++) {
    begin(personal0, personal1);
    if (pairs != 0) {
      for (let w: usize = 0; w < 16; w++) absorb(load<u32>(pairs + (w << 2)));
      pairs += 64;
    }
    for (let w: u32 = 0; w < width; w++, rows += 4) absorb(load<u32>(rows));
    finish();
    for (let w: usize = 0; w < 8; w++, to += 4) store<u32>(to, digestWord(w));
  }
}

/** What `grind` of `blake2s.ts` does, by Keccak. */
export function grindKeccak(seed: usize, bits: u32, from: u32, to: u32, personal0: u32, personal1: u32): u32 {
  const mask: u32 = bits == 0 ? 0 : 0xffffffff >> (32 - bits);
  for (let nonce = from; nonce < to; nonce++) {
    begin(personal0, personal1);
    for (let w: usize = 0; w < 8; w++) absorb(load<u32>(seed + (w << 2)));
    absorb(nonce);
    absorb(0);
    finish();
    if ((digestWord(0) & mask) == 0) return nonce;
  }
  return to;
}

/** Writes what `grindKeccak` finds: a search of one thread of many. */
export function grindToKeccak(
  target: usize,
  seed: usize,
  bits: u32,
  from: u32,
  to: u32,
  personal0: u32,
  personal1: u32,
): void {
  store<u32>(target, grindKeccak(seed, bits, from, to, personal0, personal1));
}
