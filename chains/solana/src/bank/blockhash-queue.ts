import type { Bytes } from '@ninefold/base';
import { MAX_BLOCKHASH_AGE, MAX_PROCESSING_AGE } from '../spec/slots.ts';
import { addressKey, type AddressKey } from '../tx/address-key.ts';

/** The newest blockhashes. Never changed: adding one makes another queue. */
export class BlockhashQueue {
  /** Newest first. */
  readonly hashes: readonly Bytes[];
  readonly #ages: ReadonlyMap<AddressKey, number>;

  constructor(hashes: readonly Bytes[]) {
    this.hashes = hashes.slice(0, MAX_BLOCKHASH_AGE + 1);
    this.#ages = new Map(this.hashes.map((hash, age) => [addressKey(hash), age]));
  }

  get latest(): Bytes {
    return this.hashes[0] as Bytes;
  }

  /** Whether transactions may still name the hash. */
  isRecent(hash: Bytes): boolean {
    const age = this.#ages.get(addressKey(hash));
    return age !== undefined && age <= MAX_PROCESSING_AGE;
  }

  /** How many hashes are newer; `undefined` for one that is not here. */
  ageOf(hash: Bytes): number | undefined {
    return this.#ages.get(addressKey(hash));
  }

  with(hash: Bytes): BlockhashQueue {
    return new BlockhashQueue([hash, ...this.hashes]);
  }
}
