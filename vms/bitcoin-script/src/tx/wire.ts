import { type Bytes, defineErrors, EMPTY_BYTES } from '@ninefold/base';
import { decodeCompactSize, writeCompactSize } from '@ninefold/codec';

const fail = defineErrors({
  WIRE_TRUNCATED: (c: { readonly at: number; readonly needed: number; readonly available: number }) =>
    `${c.needed} bytes are needed at byte ${c.at}, ${c.available} are there`,
  WIRE_COUNT: (c: { readonly at: number; readonly count: number }) =>
    `The count ${c.count} at byte ${c.at} is larger than what follows can hold`,
  WIRE_TRAILING_BYTES: (c: { readonly at: number; readonly length: number }) =>
    `Bytes are left over: ends at byte ${c.at} of ${c.length}`,
});

/** Reads Bitcoin's wire format: little-endian integers, CompactSize counts. */
export class WireReader {
  readonly bytes: Bytes;
  readonly #view: DataView;
  at: number;

  constructor(bytes: Bytes, at = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  #take(size: number): number {
    const at = this.at;
    const available = this.bytes.length - at;
    if (size > available) throw fail('WIRE_TRUNCATED', { at, needed: size, available });
    this.at = at + size;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  /** A copy of the next `size` bytes. */
  raw(size: number): Bytes {
    const at = this.#take(size);
    return size === 0 ? EMPTY_BYTES : this.bytes.slice(at, at + size);
  }

  compactSize(): number {
    const { value, next } = decodeCompactSize(this.bytes, this.at);
    this.at = next;
    return value;
  }

  /** Bytes with their count in front. */
  blob(): Bytes {
    return this.raw(this.compactSize());
  }

  /** Items with their count in front; each takes `minimum` bytes at least, so that no count can exhaust memory. */
  list<Item>(minimum: number, read: () => Item): Item[] {
    const at = this.at;
    const count = this.compactSize();
    if (count * minimum > this.bytes.length - this.at) throw fail('WIRE_COUNT', { at, count });
    const items: Item[] = [];
    for (let i = 0; i < count; i++) items.push(read());
    return items;
  }

  /** @throws `WIRE_TRAILING_BYTES` when something is left */
  end(): void {
    if (this.at !== this.bytes.length)
      throw fail('WIRE_TRAILING_BYTES', { at: this.at, length: this.bytes.length });
  }
}

const FIRST_CAPACITY = 256;
const LONGEST_COMPACT_SIZE = 9;

/** Writes Bitcoin's wire format into a buffer that grows. */
export class WireWriter {
  #bytes: Bytes;
  #view: DataView;
  #length = 0;

  constructor(capacity: number = FIRST_CAPACITY) {
    const bytes = new Uint8Array(capacity);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  #reserve(size: number): number {
    const at = this.#length;
    if (at + size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, at + size));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = at + size;
    return at;
  }

  u8(value: number): this {
    // Reserving may replace the view: it comes first.
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  i64(value: bigint): this {
    const at = this.#reserve(8);
    this.#view.setBigInt64(at, value, true);
    return this;
  }

  raw(bytes: Bytes): this {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  compactSize(count: number): this {
    const at = this.#reserve(LONGEST_COMPACT_SIZE);
    this.#length = writeCompactSize(this.#bytes, at, count);
    return this;
  }

  blob(bytes: Bytes): this {
    return this.compactSize(bytes.length).raw(bytes);
  }

  /** What was written so far, as a copy. */
  finish(): Bytes {
    return this.#bytes.slice(0, this.#length);
  }
}
