import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, defineErrors, hexToBytes } from '@ninefold/base';

const fail = defineErrors({
  CHAIN_MISSING_ENTRY: (c: { readonly dictionary: string; readonly hash: Hex }) =>
    `The ${c.dictionary} of ${c.hash} is not there: the state was written without it`,
});

/** Byte strings by their hash. Only grows, so it can be shared by all states of a chain. */
export type Dictionary = {
  /** @throws `CHAIN_MISSING_ENTRY` */
  readonly get: (hash: Hex) => Bytes;
  readonly add: (hash: Hex, value: Bytes) => void;
  /** What was added since this was last called: what a durable chain has to write. */
  readonly takeAdded: () => ReadonlyMap<Hex, Bytes>;
};

export type DictionaryOptions = {
  readonly fallback?: ((hash: Hex) => Bytes | undefined) | undefined;
  readonly limit?: number | undefined;
};

/**
 * A dictionary in memory. With `fallback`, entries that were taken over by it may be forgotten again
 * beyond `limit`.
 */
export function createDictionary(name: string, options: DictionaryOptions = {}): Dictionary {
  const { fallback, limit = Infinity } = options;
  const known = new Map<Hex, Bytes>();
  let added = new Map<Hex, Bytes>();
  const remember = (hash: Hex, value: Bytes): void => {
    if (known.size >= limit) known.clear();
    known.set(hash, value);
  };
  return {
    get: (hash) => {
      const value = known.get(hash) ?? added.get(hash) ?? fallback?.(hash);
      if (value === undefined) throw fail('CHAIN_MISSING_ENTRY', { dictionary: name, hash });
      if (fallback !== undefined && !known.has(hash)) remember(hash, value);
      return value;
    },
    add: (hash, value) => {
      if (known.has(hash)) return;
      remember(hash, value);
      if (fallback !== undefined) added.set(hash, value);
    },
    takeAdded: () => {
      const taken = added;
      added = new Map();
      return taken;
    },
  };
}

/** Plain keys by the hash that tries keep them under. */
export type Preimages = Pick<Dictionary, 'get' | 'takeAdded'> & {
  /** Makes `key` known by its hash; costs a look-up when it is already. */
  readonly note: (key: Hex, hashed: Bytes) => void;
};

// Noted keys beyond this are noted again when they come back, which does no harm.
const MAX_NOTED_KEYS = 1 << 17;

/** A dictionary of addresses and slots: as {@link createDictionary}, with its options. */
export function createPreimages(options: DictionaryOptions = {}): Preimages {
  const dictionary = createDictionary('preimage', options);
  const noted = new Set<Hex>();
  // PERF: only dumps and stores ask for them, so most are never put into the dictionary.
  let waiting = new Map<Hex, Bytes>();
  const enter = (): void => {
    for (const [key, hashed] of waiting) {
      dictionary.add(bytesToHex(hashed), hexToBytes(key));
      if (noted.size >= MAX_NOTED_KEYS) noted.clear();
      noted.add(key);
    }
    waiting = new Map();
  };
  return {
    get: (hash) => {
      enter();
      return dictionary.get(hash);
    },
    takeAdded: () => {
      enter();
      return dictionary.takeAdded();
    },
    note: (key, hashed) => {
      if (!waiting.has(key) && !noted.has(key)) waiting.set(key, hashed);
    },
  };
}
