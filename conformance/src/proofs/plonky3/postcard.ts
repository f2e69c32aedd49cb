import { bytesToHex } from '@ninefold/base';

/** Reads the postcard format: integers as LEB128, lists with their length in front, arrays without. */
export class PostcardReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bytes(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new RangeError('the file ends too early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  integer(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const [byte] = this.bytes(1) as unknown as [number];
      value += (byte & 0x7f) * factor;
      if (value > Number.MAX_SAFE_INTEGER) throw new RangeError('an integer of more than 53 bits');
      if (byte < 128) return value;
    }
  }

  list<Item>(item: () => Item): Item[] {
    const length = this.integer();
    // An item has at least a byte.
    if (length > this.#bytes.length - this.#at) throw new RangeError(`a list of ${length} items`);
    return Array.from({ length }, item);
  }

  option<Item>(item: () => Item): Item | undefined {
    const [tag] = this.bytes(1) as unknown as [number];
    if (tag > 1) throw new RangeError(`an option with tag ${tag}`);
    return tag === 0 ? undefined : item();
  }

  /** Says what is left after the last value. */
  end(): void {
    const rest = this.#bytes.subarray(this.#at);
    if (rest.length > 0) throw new RangeError(`bytes are left: ${bytesToHex(rest)}`);
  }
}
