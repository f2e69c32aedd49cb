import type { Bytes } from '@ninefold/base';
import { utf8ToBytes } from '@ninefold/base';

const FLOAT_SCRATCH = new DataView(new ArrayBuffer(8));

/** A growing byte string with the integer and vector forms of the binary format (§5.2). */
export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity: number = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes);
    this.bytes = larger;
  }

  u8(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** Unsigned LEB128 of a 32-bit integer. */
  u32(value: number): void {
    this.reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** Signed LEB128 of a 32-bit integer. */
  s32(value: number): void {
    this.reserve(5);
    let rest = value | 0;
    while (rest < -0x40 || rest > 0x3f) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.bytes[this.length++] = rest & 0x7f;
  }

  /** Signed LEB128 of a 64-bit integer. PERF: two 32-bit halves, no BigInt per group. */
  s64(value: bigint): void {
    let low = Number(BigInt.asIntN(32, value));
    let high = Number(BigInt.asIntN(32, value >> 32n));
    this.reserve(10);
    // While the high half is more than the sign of the low one, groups of seven go out.
    while (high !== low >> 31 || low < -0x40 || low > 0x3f) {
      this.bytes[this.length++] = (low & 0x7f) | 0x80;
      low = (low >>> 7) | (high << 25);
      high >>= 7;
    }
    this.bytes[this.length++] = low & 0x7f;
  }

  f32(value: number): void {
    FLOAT_SCRATCH.setFloat32(0, value, true);
    for (let i = 0; i < 4; i++) this.u8(FLOAT_SCRATCH.getUint8(i));
  }

  f64(value: number): void {
    FLOAT_SCRATCH.setFloat64(0, value, true);
    for (let i = 0; i < 8; i++) this.u8(FLOAT_SCRATCH.getUint8(i));
  }

  raw(bytes: Bytes | readonly number[]): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Length, then bytes. */
  sized(bytes: Bytes): void {
    this.u32(bytes.length);
    this.raw(bytes);
  }

  name(text: string): void {
    this.sized(utf8ToBytes(text));
  }

  /** Count, then each item. */
  vector<Item>(items: readonly Item[], write: (item: Item, index: number) => void): void {
    this.u32(items.length);
    for (const [index, item] of items.entries()) write(item, index);
  }

  /** A view of what was written. */
  view(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }
}
