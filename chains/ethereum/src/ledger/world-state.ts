import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, EMPTY_BYTES, equalBytes, hexToBytes } from '@ninefold/base';
import type { NodeSource, StoredNode, Trie } from '@ninefold/state';
import { EMPTY_TRIE_ROOT, emptyTrie, openTrie, PersistentMap } from '@ninefold/state';
import type { Account, AccountChange, StateChanges } from '@ninefold/vm-evm';
import {
  decodeAccount,
  decodeSlot,
  EMPTY_CODE_HASH,
  encodeAccount,
  encodeSlot,
  hashedKey,
} from './account.ts';
import type { Dictionary, Preimages } from './dictionary.ts';
import { EMPTY_ROOT, ZERO_HASH } from './header.ts';
import type { AccountDump, AccountProof, World } from './types.ts';

/** Cached accounts and slots beyond these numbers are forgotten; the tries have them all. */
const MAX_CACHED_ACCOUNTS = 1 << 18;
const MAX_CACHED_SLOTS = 1 << 18;

/** What worlds of one chain have in common: only ever added to, so all of them may share it. */
export type WorldBacking = {
  /** Nodes that are not in memory. */
  readonly nodes: NodeSource;
  /** Code by its hash. */
  readonly codes: Dictionary;
  /** Addresses and slots by their hash, for dumps. */
  readonly preimages: Preimages;
};

/** An account as read from the trie, with the slots that were read or written since. */
type CachedAccount = {
  readonly account: Account;
  readonly storageRoot: Bytes;
  /** Zero words included: they are answers too. */
  slots: PersistentMap<Hex>;
};

/** `null` for an account that is known not to exist. */
type AccountCache = PersistentMap<CachedAccount | null>;

/**
 * The world as an account trie and a storage trie for each contract. Both are immutable and share
 * structure, and so do the flat caches in front of them: a world can be kept, forked and thrown away
 * at no cost.
 *
 * PERF: a cached read is one look-up in a persistent map; a miss hashes the key and walks the trie.
 */
export class WorldState implements World {
  readonly #accounts: Trie;
  /** Storage tries that changed since the world was opened or saved; others are opened by their root. */
  readonly #storages: PersistentMap<Trie>;
  readonly #backing: WorldBacking;
  // Only caches: they change as accounts are read, but what they answer does not.
  #cache: AccountCache;
  #root: Hex | undefined;

  /** Use {@link openWorld}. */
  constructor(accounts: Trie, storages: PersistentMap<Trie>, backing: WorldBacking, cache: AccountCache) {
    this.#accounts = accounts;
    this.#storages = storages;
    this.#backing = backing;
    this.#cache = cache.size > MAX_CACHED_ACCOUNTS ? PersistentMap.empty() : cache;
    this.#root = undefined;
  }

  root(): Hex {
    this.#root ??= bytesToHex(this.#accounts.root());
    return this.#root;
  }

  account(address: Hex): Account | undefined {
    return this.#read(address)?.account;
  }

  storage(address: Hex, slot: Hex): Hex | undefined {
    const cached = this.#read(address);
    if (cached === undefined) return undefined;
    let value = cached.slots.get(slot);
    if (value === undefined) {
      const encoded = this.#storageTrie(address, cached).get(hashedKey(slot));
      value = encoded === undefined ? ZERO_HASH : decodeSlot(encoded);
      if (cached.slots.size >= MAX_CACHED_SLOTS) cached.slots = PersistentMap.empty();
      cached.slots = cached.slots.set(slot, value);
    }
    return value === ZERO_HASH ? undefined : value;
  }

  hasStorage(address: Hex): boolean {
    const cached = this.#read(address);
    return cached !== undefined && !equalBytes(cached.storageRoot, EMPTY_TRIE_ROOT);
  }

  storageRoot(address: Hex): Hex {
    const cached = this.#read(address);
    return cached === undefined ? EMPTY_ROOT : bytesToHex(cached.storageRoot);
  }

  code(codeHash: Hex): Bytes {
    return codeHash === EMPTY_CODE_HASH ? EMPTY_BYTES : this.#backing.codes.get(codeHash);
  }

  apply(changes: StateChanges): WorldState {
    for (const [hash, code] of changes.codes) this.#backing.codes.add(hash, code);
    const leaves: (readonly [Bytes, Bytes | undefined])[] = [];
    let storages = this.#storages;
    let cache = this.#cache;
    for (const [address, change] of changes.accounts) {
      const key = hashedKey(address);
      if (change.account === undefined) {
        leaves.push([key, undefined]);
        storages = storages.delete(address);
        cache = cache.set(address, null);
        continue;
      }
      const before = change.storageCleared ? undefined : this.#read(address);
      const old = before === undefined ? emptyTrie : this.#storageTrie(address, before);
      const trie = this.#updateStorage(old, change);
      const storageRoot = trie.root();
      if (trie !== old || change.storageCleared) {
        storages = equalBytes(storageRoot, EMPTY_TRIE_ROOT)
          ? storages.delete(address)
          : storages.set(address, trie);
      }
      let slots = before?.slots ?? PersistentMap.empty<Hex>();
      for (const [slot, value] of change.storage) slots = slots.set(slot, value);
      cache = cache.set(address, { account: change.account, storageRoot, slots });
      this.#backing.preimages.note(address, key);
      leaves.push([key, encodeAccount(change.account, storageRoot)]);
    }
    return new WorldState(this.#accounts.update(leaves), storages, this.#backing, cache);
  }

  /**
   * Lets go of what was read and written: for a world that others have followed. Its tries answer
   * all the same, and as long as many worlds are kept the caches are a fifth of them.
   */
  forgetReads(): void {
    this.#cache = PersistentMap.empty();
  }

  prove(address: Hex, slots: readonly Hex[]): AccountProof {
    const cached = this.#read(address);
    const storage = cached === undefined ? emptyTrie : this.#storageTrie(address, cached);
    return {
      address,
      account: cached?.account,
      storageRoot: this.storageRoot(address),
      accountProof: this.#accounts.prove(hashedKey(address)),
      storageProofs: slots.map((slot) => ({
        slot,
        value: this.storage(address, slot),
        proof: storage.prove(hashedKey(slot)),
      })),
    };
  }

  *dump(): Generator<AccountDump, void, undefined> {
    const { preimages } = this.#backing;
    for (const [key] of this.#accounts.entries()) {
      const address = bytesToHex(preimages.get(bytesToHex(key)));
      const cached = this.#read(address) as CachedAccount;
      const storage = new Map<Hex, Hex>();
      for (const [slotKey, value] of this.#storageTrie(address, cached).entries()) {
        storage.set(bytesToHex(preimages.get(bytesToHex(slotKey))), decodeSlot(value));
      }
      yield { address, account: cached.account, code: this.code(cached.account.codeHash), storage };
    }
  }

  /** Trie nodes that are in no store yet, children first: see `Trie.unsavedNodes`. */
  unsavedNodes(): readonly StoredNode[] {
    const nodes: StoredNode[] = [];
    for (const [, trie] of this.#storages.entries()) nodes.push(...trie.unsavedNodes());
    nodes.push(...this.#accounts.unsavedNodes());
    return nodes;
  }

  /**
   * The same world once {@link unsavedNodes} are in the backing store: storage tries are found there
   * from now on. With `forget` the account trie lets go of the nodes it has read.
   */
  saved(forget: boolean): WorldState {
    for (const [, trie] of this.#storages.entries()) trie.markSaved();
    this.#accounts.markSaved();
    const { nodes } = this.#backing;
    const accounts = forget ? openTrie(this.#accounts.root(), nodes) : this.#accounts;
    return new WorldState(accounts, PersistentMap.empty(), this.#backing, this.#cache);
  }

  #read(address: Hex): CachedAccount | undefined {
    let cached = this.#cache.get(address);
    if (cached === undefined) {
      const leaf = this.#accounts.get(hashedKey(address));
      cached = leaf === undefined ? null : { ...decodeAccount(leaf), slots: PersistentMap.empty() };
      this.#cache = this.#cache.set(address, cached);
    }
    return cached ?? undefined;
  }

  #storageTrie(address: Hex, cached: CachedAccount): Trie {
    return this.#storages.get(address) ?? openTrie(cached.storageRoot, this.#backing.nodes);
  }

  #updateStorage(trie: Trie, { storage }: AccountChange): Trie {
    if (storage.size === 0) return trie;
    const entries: (readonly [Bytes, Bytes])[] = [];
    for (const [slot, value] of storage) {
      const key = hashedKey(slot);
      this.#backing.preimages.note(slot, key);
      entries.push([key, encodeSlot(value)]);
    }
    return trie.update(entries);
  }
}

/** The world with this state root, whose nodes are in `backing`. */
export function openWorld(stateRoot: Hex, backing: WorldBacking): WorldState {
  const accounts = openTrie(hexToBytes(stateRoot), backing.nodes);
  return new WorldState(accounts, PersistentMap.empty(), backing, PersistentMap.empty());
}
