import type { Bytes } from '@ninefold/base';
import { PersistentMap } from '@ninefold/state';
import { binaryText } from '@ninefold/vm-svm';
import { addressKey, type AddressKey } from '../tx/address-key.ts';

/**
 * Which messages were processed with which blockhash, so that none is processed twice. Never changed:
 * adding one makes another cache, and what it was stays.
 */
export class StatusCache {
  readonly #byBlockhash: PersistentMap<PersistentMap<true>>;

  private constructor(byBlockhash: PersistentMap<PersistentMap<true>>) {
    this.#byBlockhash = byBlockhash;
  }

  static empty(): StatusCache {
    return new StatusCache(PersistentMap.empty());
  }

  has(blockhash: Bytes, messageHash: Bytes): boolean {
    return this.#byBlockhash.get(addressKey(blockhash))?.has(binaryText(messageHash)) ?? false;
  }

  with(blockhash: Bytes, messageHash: Bytes): StatusCache {
    const key: AddressKey = addressKey(blockhash);
    const messages = this.#byBlockhash.get(key) ?? PersistentMap.empty<true>();
    return new StatusCache(this.#byBlockhash.set(key, messages.set(binaryText(messageHash), true)));
  }

  /** Without the messages of blockhashes that `isKept` does not want. */
  pruned(isKept: (blockhash: AddressKey) => boolean): StatusCache {
    let left = this.#byBlockhash;
    for (const [key] of this.#byBlockhash) if (!isKept(key)) left = left.delete(key);
    return new StatusCache(left);
  }
}
