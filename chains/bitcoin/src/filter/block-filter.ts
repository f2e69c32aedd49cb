import { type Bytes, bytesToHex, concatBytes, defineErrors, EMPTY_BYTES } from '@ninefold/base';
import { decodeCompactSize, encodeCompactSize } from '@ninefold/codec';
import { type Block, blockHashOf, hash256, OP } from '@ninefold/vm-bitcoin-script';
import { sipHash } from './siphash.ts';

/*
 * Compact block filters (BIP 158): the scripts of a block as a Golomb-coded set, by which a wallet
 * sees whether the block concerns it.
 */

/** Bits of a remainder. */
const P = 19n;
/** One in so many scripts matches by chance. */
const M = 784_931n;

const fail = defineErrors({
  FILTER_TRUNCATED: (c: { readonly items: number }) => `The filter ends before its ${c.items} items do`,
});

/** Both words of the key that a filter's hashes go by. */
function keyOf(blockHash: Bytes): readonly [bigint, bigint] {
  const view = new DataView(blockHash.buffer, blockHash.byteOffset, blockHash.byteLength);
  return [view.getBigUint64(0, true), view.getBigUint64(8, true)];
}

/** A hash mapped to 0 … items·M, all equally likely. */
function hashToRange(item: Bytes, items: number, [k0, k1]: readonly [bigint, bigint]): bigint {
  return (sipHash(k0, k1, item) * (BigInt(items) * M)) >> 64n;
}

/** The scripts a basic filter is of: new outputs but data, and what inputs spend. */
export function filterItems(block: Block, spent: readonly Bytes[]): Bytes[] {
  const made = block.transactions.flatMap(({ outputs }) => outputs.map(({ scriptPubKey }) => scriptPubKey));
  const items = new Map<string, Bytes>();
  for (const script of [...made.filter((one) => one[0] !== OP.OP_RETURN), ...spent]) {
    if (script.length > 0) items.set(bytesToHex(script), script);
  }
  return [...items.values()];
}

/**
 * The basic filter of a block.
 *
 * @param spent scripts of the outputs its inputs spend
 */
export function blockFilter(block: Block, spent: readonly Bytes[]): Bytes {
  return encodeFilter(filterItems(block, spent), blockHashOf(block.header));
}

/** A set of byte strings, hashed by a block's key and coded. */
export function encodeFilter(items: readonly Bytes[], blockHash: Bytes): Bytes {
  if (items.length === 0) return encodeCompactSize(0);
  const key = keyOf(blockHash);
  const values = items
    .map((item) => hashToRange(item, items.length, key))
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const bits = new BitWriter();
  let previous = 0n;
  for (const value of values) {
    const delta = value - previous;
    previous = value;
    bits.unary(Number(delta >> P));
    bits.write(Number(delta & ((1n << P) - 1n)), Number(P));
  }
  return concatBytes(encodeCompactSize(items.length), bits.finish());
}

/** The header of a filter: what commits to it and all before it (BIP 157). */
export function filterHeader(filter: Bytes, previous: Bytes): Bytes {
  return hash256(concatBytes(hash256(filter), previous));
}

/**
 * Whether a filter has any of some scripts; once in 784,931 scripts also when it has not.
 *
 * @throws `FILTER_TRUNCATED`, `COMPACT_SIZE_…`
 */
export function matchesFilter(filter: Bytes, blockHash: Bytes, scripts: readonly Bytes[]): boolean {
  const { value: items, next } = decodeCompactSize(filter, 0);
  if (items === 0 || scripts.length === 0) return false;
  const key = keyOf(blockHash);
  const wanted = new Set(scripts.map((script) => hashToRange(script, items, key)));
  const bits = new BitReader(filter.subarray(next), items);
  let value = 0n;
  for (let i = 0; i < items; i++) {
    const quotient = BigInt(bits.unary());
    value += (quotient << P) | BigInt(bits.read(Number(P)));
    if (wanted.has(value)) return true;
  }
  return false;
}

class BitWriter {
  readonly #bytes: number[] = [];
  #filled = 0;

  #bit(bit: number): void {
    if (this.#filled % 8 === 0) this.#bytes.push(0);
    const last = this.#bytes.length - 1;
    this.#bytes[last] = (this.#bytes[last] as number) | (bit << (7 - (this.#filled % 8)));
    this.#filled++;
  }

  unary(value: number): void {
    for (let i = 0; i < value; i++) this.#bit(1);
    this.#bit(0);
  }

  write(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) this.#bit((value >>> i) & 1);
  }

  finish(): Bytes {
    return this.#bytes.length === 0 ? EMPTY_BYTES : Uint8Array.from(this.#bytes);
  }
}

class BitReader {
  readonly #bytes: Bytes;
  readonly #items: number;
  #at = 0;

  constructor(bytes: Bytes, items: number) {
    this.#bytes = bytes;
    this.#items = items;
  }

  #bit(): number {
    const byte = this.#bytes[this.#at >> 3];
    if (byte === undefined) throw fail('FILTER_TRUNCATED', { items: this.#items });
    const bit = (byte >> (7 - (this.#at & 7))) & 1;
    this.#at++;
    return bit;
  }

  unary(): number {
    let value = 0;
    while (this.#bit() === 1) value++;
    return value;
  }

  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.#bit();
    return value;
  }
}
