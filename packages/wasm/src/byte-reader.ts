import type { Bytes } from '@ninefold/base';
import { decodeLeb128Signed, isNinefoldError } from '@ninefold/base';
import { fail } from './errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads the binary format (§5.2) and throws `WASM_MALFORMED` with the place of what it cannot read. */
export class ByteReader {
  readonly bytes: Bytes;
  readonly end: number;
  at: number;

  constructor(bytes: Bytes, at: number = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  fail(what: string, at: number = this.at): never {
    throw fail('WASM_MALFORMED', { at, what });
  }

  u8(): number {
    if (this.at >= this.end) this.fail('unexpected end');
    return this.bytes[this.at++] as number;
  }

  /** Unsigned LEB128 of 32 bits. */
  u32(): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      // The fifth byte has room for four bits.
      if (shift === 28 && byte > 0x0f) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return this.fail('integer too large', start);
  }

  /** Signed LEB128 of `bits` bits. */
  signed(bits: number): bigint {
    const start = this.at;
    try {
      const { value, next } = decodeLeb128Signed(this.bytes.subarray(0, this.end), start, bits);
      this.at = next;
      return value;
    } catch (error) {
      if (isNinefoldError(error, 'BASE_INVALID_LEB128')) this.fail('integer too large or cut off', start);
      throw error;
    }
  }

  /** A copy of the next `length` bytes. */
  raw(length: number): Bytes {
    if (length > this.end - this.at) this.fail(`${length} bytes wanted, ${this.end - this.at} left`);
    this.at += length;
    return this.bytes.slice(this.at - length, this.at);
  }

  name(): string {
    const start = this.at;
    const bytes = this.raw(this.u32());
    try {
      return utf8.decode(bytes);
    } catch {
      return this.fail('name is not UTF-8', start);
    }
  }

  /** Count, then each item; a count larger than the text fails at its end, not before in memory. */
  vector<Item>(read: (index: number) => Item): Item[] {
    const count = this.u32();
    const items: Item[] = [];
    for (let i = 0; i < count; i++) items.push(read(i));
    return items;
  }
}
