import { type Bytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { hexToBytes } from '@ninefold/base';
import { WireWriter } from '@ninefold/vm-bitcoin-script';
import type { Coins } from './coins.ts';

/*
 * MuHash3072: a hash of a set whose members may come in any order. Each is a number modulo a prime
 * of 3072 bits, the set is their product.
 */

const BYTES = 384;
const PRIME = (1n << 3072n) - 1_103_717n;

/** The hash of all coins by which `gettxoutsetinfo muhash` compares nodes, as it is hashed. */
export function muHashCoins(coins: Coins): Bytes {
  let product = 1n;
  for (const [key, coin] of coins.entries()) {
    const [txid, vout] = key.split(':') as [string, string];
    const writer = new WireWriter();
    writer.raw(hexToBytes(txid)).u32(Number(vout));
    writer.u32(coin.height * 2 + (coin.coinbase ? 1 : 0));
    writer.i64(coin.value).blob(coin.scriptPubKey);
    product = (product * elementOf(writer.finish())) % PRIME;
  }
  const bytes = new Uint8Array(BYTES);
  const digits = product.toString(16).padStart(2 * BYTES, '0');
  for (let i = 0; i < BYTES; i++) bytes[BYTES - 1 - i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return sha256(bytes);
}

/** The number of a member: a stream of ChaCha20 keyed by its hash, little-endian. */
function elementOf(data: Bytes): bigint {
  const stream = chaCha20Stream(sha256(data), BYTES);
  let digits = '';
  for (let i = BYTES - 1; i >= 0; i--) digits += (stream[i] as number).toString(16).padStart(2, '0');
  return BigInt(`0x${digits}`);
}

/** The key stream of ChaCha20 (RFC 8439) with a zero nonce, from block 0 on. */
function chaCha20Stream(key: Bytes, length: number): Bytes {
  const stream = new Uint8Array(length);
  const out = new DataView(stream.buffer);
  const words = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const start = new Uint32Array(16);
  // "expand 32-byte k"
  start.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
  for (let i = 0; i < 8; i++) start[4 + i] = words.getUint32(4 * i, true);
  const state = new Uint32Array(16);
  for (let at = 0, block = 0; at < length; at += 64, block++) {
    start[12] = block;
    state.set(start);
    for (let round = 0; round < 10; round++) {
      quarter(state, 0, 4, 8, 12);
      quarter(state, 1, 5, 9, 13);
      quarter(state, 2, 6, 10, 14);
      quarter(state, 3, 7, 11, 15);
      quarter(state, 0, 5, 10, 15);
      quarter(state, 1, 6, 11, 12);
      quarter(state, 2, 7, 8, 13);
      quarter(state, 3, 4, 9, 14);
    }
    for (let i = 0; i < 16; i++) {
      out.setUint32(at + 4 * i, ((state[i] as number) + (start[i] as number)) >>> 0, true);
    }
  }
  return stream;
}

function quarter(s: Uint32Array, a: number, b: number, c: number, d: number): void {
  const mix = (target: number, add: number, turn: number, by: number): void => {
    s[target] = ((s[target] as number) + (s[add] as number)) >>> 0;
    const mixed = (s[turn] as number) ^ (s[target] as number);
    s[turn] = (mixed << by) | (mixed >>> (32 - by));
  };
  mix(a, b, d, 16);
  mix(c, d, b, 12);
  mix(a, b, d, 8);
  mix(c, d, b, 7);
}
