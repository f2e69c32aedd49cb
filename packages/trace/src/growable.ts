import type { Bytes } from '@ninefold/base';

const FIRST_CAPACITY = 256;

/** A list of unsigned 32-bit integers in one typed array that doubles when full. */
export class GrowableU32 {
  array: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  length = 0;

  push(value: number): void {
    if (this.length === this.array.length) {
      const larger = new Uint32Array(2 * this.length);
      larger.set(this.array);
      this.array = larger;
    }
    this.array[this.length++] = value;
  }

  view(from: number, to: number): Uint32Array {
    return this.array.subarray(from, to);
  }
}

/** As {@link GrowableU32} for integers up to 2^53. */
export class GrowableF64 {
  array: Float64Array = new Float64Array(FIRST_CAPACITY);
  length = 0;

  push(value: number): void {
    if (this.length === this.array.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.array);
      this.array = larger;
    }
    this.array[this.length++] = value;
  }

  view(from: number, to: number): Float64Array {
    return this.array.subarray(from, to);
  }
}

/** Byte strings one behind the other. */
export class ByteHeap {
  bytes: Bytes = new Uint8Array(4 * FIRST_CAPACITY);
  length = 0;

  /** Appends `source[from, to)`. PERF: short values, the usual ones, are copied in a loop. */
  append(source: Bytes, from: number, to: number): void {
    const end = this.length + to - from;
    if (end > this.bytes.length) this.#grow(end);
    if (to - from > 64) this.bytes.set(source.subarray(from, to), this.length);
    else for (let i = from, at = this.length; i < to; i++, at++) this.bytes[at] = source[i] as number;
    this.length = end;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
